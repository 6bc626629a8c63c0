"""The attacks again on a release that was published, from its own bytes, the vault's ledger and the editions served before it."""

from __future__ import annotations

from orchestration.contracts import disclosure_policy
from orchestration.disclosure.audit.editions import PublishedEdition, read_edition
from orchestration.disclosure.audit.run import Claim, audit, stacked
from orchestration.disclosure.datasets import DATASETS
from orchestration.errors import EvenhandError
from orchestration.intake.vault import Vault
from orchestration.release.editions import ledgers
from orchestration.release.plan import history
from orchestration.release.publish import PUBLIC_KEY
from orchestration.release.shelf import find_release, read_manifest, read_public_key, verify
from orchestration.workspace import Workspace


def audit_release(workspace: Workspace, release_id: str, threads: int = 1) -> tuple[str, tuple[Claim, ...]]:
    """The id of the release and what became of each claim. threads: how many cells are attacked at a time.

    Raises `EvenhandError` where the vault does not know it, or it or an edition before it is not as it was signed.
    """
    folder = find_release(workspace.releases, release_id)
    profile = disclosure_policy().profile(str(read_manifest(folder)["profile"]))
    vault = Vault(workspace.vault)
    served = [edition.release_id for edition in history(vault.events()) if not edition.skipped]
    before = stacked(served[: served.index(folder.name)], folder.name) if folder.name in served else []
    if unknown := [name for name in (*before, folder.name) if name not in served or not vault.edition(name).is_file()]:
        raise EvenhandError(f"The vault does not know who stood behind {unknown[0]}: only releases of this house can be attacked.")
    public_key = read_public_key(workspace.releases / PUBLIC_KEY)
    for name in (*before, folder.name):
        if problems := verify(workspace.releases / name, public_key):
            raise EvenhandError(f"{name} is not as it was signed ({problems[0]}): restore {workspace.releases / name} from a backup.")
    readings = {dataset.name: dataset.reading for dataset in DATASETS if dataset.reading}

    def read(name: str) -> PublishedEdition:
        return read_edition(name, workspace.releases / name, ledgers(lambda dataset: vault.ledger(name, dataset)), profile, readings)

    return folder.name, audit(read(folder.name), [read(name) for name in before], profile, {}, threads=threads).claims


def claim_line(claim: Claim) -> str:
    """One claim in one line, for people."""
    narrowest = "" if claim.narrowest is None else f", narrowest interval {claim.narrowest:.1%} of the typical range"
    return f"{'holds ' if claim.passed else 'BROKEN'}  {claim.says} ({claim.count:,} {claim.tried}: {claim.broken} broken{narrowest})"
