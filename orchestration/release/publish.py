"""Publish one due candidate: stage it, check the staged bytes again, describe, sign, rename. Or refuse.

An asset check stops a red run early, but a run may leave that check out; so the gate is called here on the very bytes
that are about to leave (ARCHITECTURE, rule 3). Folders are written beside their final name and renamed;
`releases/current` is moved last; a killed run is finished or repeated by the next one.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration import __version__
from orchestration.contracts import Policy, Profile, TableContract, intake_contracts
from orchestration.disclosure.audit.run import AUDIT
from orchestration.disclosure.coming import Candidate
from orchestration.disclosure.datasets import DATASETS
from orchestration.disclosure.rows import content_digest
from orchestration.errors import EvenhandError
from orchestration.gate import GateResult, checks_page
from orchestration.intake.erasure import erased_ids
from orchestration.intake.vault import Vault, file_digest
from orchestration.release.catalogue import refuse_changed_meaning
from orchestration.release.checking import CATALOGUE, Checker
from orchestration.release.editions import Editions, changes_nothing
from orchestration.release.manifest import MANIFEST, describe_files, merkle_root, public_key_hex, sign, to_text
from orchestration.release.method import method_text
from orchestration.release.money import money_inputs
from orchestration.release.plan import NextEdition, history, newest_year
from orchestration.settings import Settings
from orchestration.sql import literal
from orchestration.workspace import Workspace, write_atomically

CHECKS = "checks.html"
PUBLIC_KEY = "evenhand.pub"
CURRENT = "current"


class GateRefusedError(EvenhandError):
    """The gate is red: nothing is published and the old release stays current."""


@dataclass(frozen=True)
class Publisher:
    """Everything a publication needs to know besides the candidate."""

    workspace: Workspace
    settings: Settings
    profile: Profile
    policy: Policy
    contracts: Mapping[str, TableContract]
    as_of: date

    @property
    def vault(self) -> Vault:
        return Vault(self.workspace.vault)

    @property
    def editions(self) -> Editions:
        return Editions(self.workspace, self.as_of, self.profile.min_age_months)

    @property
    def checker(self) -> Checker:
        return Checker(self.contracts, self.profile, self.policy, self.editions)


def check_candidate(publisher: Publisher, candidate: Candidate) -> GateResult:
    """The gate over the candidate where it lies; leaves `checks.html` in its folder, red or green."""
    result = publisher.checker.check(candidate, candidate.folder)
    write_atomically(candidate.folder / CHECKS, checks_page(result))
    return result


def publish(publisher: Publisher, candidate: Candidate, edition: NextEdition) -> Path | None:
    """Publish the candidate and return its folder; None where it is a revision that changes nothing.

    Raises `GateRefusedError` where the gate is red, `EvenhandError` where a key is missing or a published KPI changed.
    """
    _refuse_another_key(publisher)
    refuse_changed_meaning(publisher.workspace.releases, candidate.folder / CATALOGUE)
    digest = content_digest(candidate.folder)
    if changes_nothing(candidate.folder, edition):
        _log(publisher, "revision_unchanged", edition, digest)
        return None
    staging = _stage(publisher, candidate)
    result = publisher.checker.check(candidate, staging)
    if not result.passed:
        write_atomically(candidate.folder / CHECKS, checks_page(result))
        shutil.rmtree(staging)
        raise refusal(candidate, result)
    (staging / CHECKS).write_text(checks_page(result), "utf-8")
    (staging / MANIFEST).write_text(to_text(_manifest(publisher, edition, staging, digest)), "utf-8")
    return _release(publisher, candidate, edition, staging, digest)


def _refuse_another_key(publisher: Publisher) -> None:
    """Readers hold the public key of the first release; one signed with another would verify for nobody."""
    path = publisher.workspace.releases / PUBLIC_KEY
    if path.exists() and path.read_text("utf-8").strip() != public_key_hex(publisher.settings.require_signing_key()):
        raise EvenhandError(f"EVENHAND_SIGNING_KEY is not the key of {path}: restore the key that signed the earlier releases.")


def refusal(candidate: Candidate, result: GateResult) -> GateRefusedError:
    """The one sentence of a red gate; the figures are on the checks page."""
    failed = [o.name for o in result.outcomes if not o.passed and o.severity == "error"]
    return GateRefusedError(
        f"The gate refuses {candidate.release_id}: {len(failed)} of {len(result.outcomes)} checks failed ({', '.join(failed[:3])}"
        f"{', ...' if len(failed) > 3 else ''}). Nothing was published; see {candidate.folder / CHECKS}."
    )


def finish_interrupted(publisher: Publisher) -> None:
    """Bring what a killed run left behind to one of two ends: a release renamed into place is logged, anything less is removed."""
    from orchestration.release.shelf import read_manifest, verify

    releases, logged = publisher.workspace.releases, {s.release_id for s in history(publisher.vault.events())}
    for leftover in releases.glob(".staging-*"):
        shutil.rmtree(leftover)
    own_key = public_key_hex(publisher.settings.require_signing_key())
    for folder in sorted(p for p in releases.iterdir() if p.is_dir() and p.name not in logged):
        if not publisher.vault.edition(folder.name).exists() or verify(folder, own_key):
            raise EvenhandError(
                f"{folder} is no release of this house (unknown to the vault, or not as signed): move it out of {releases}."
            )
        manifest = read_manifest(folder)
        if manifest["release_id"] != folder.name:
            raise EvenhandError(f"{folder} is a copy of {manifest['release_id']}: move it out of {releases}.")
        facts = {name: manifest[name] for name in ("release_id", "period", "revision", "content_sha256")}
        publisher.vault.append("released", as_of=manifest["published_on"], **facts)
    _point_to_current(publisher)


def _stage(publisher: Publisher, candidate: Candidate) -> Path:
    staging = publisher.workspace.releases / f".staging-{candidate.release_id}"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    shutil.copyfile(candidate.folder / CATALOGUE, staging / CATALOGUE)
    if (candidate.folder / AUDIT).is_file():
        shutil.copyfile(candidate.folder / AUDIT, staging / AUDIT)
    with duckdb.connect(config={"threads": 1}) as connection:
        for dataset in DATASETS:
            table = dataset.file(staging)
            shutil.copyfile(dataset.file(candidate.folder), table)
            source, target = literal(str(table)), literal(str(table.with_suffix(".csv")))
            connection.execute(f"copy (from read_parquet({source})) to {target} (format csv, header true)")
    method = method_text(publisher.profile, publisher.policy, __version__, file_digest(staging / CATALOGUE)[:12])
    (staging / "method.md").write_text(method, "utf-8")
    return staging


def _manifest(publisher: Publisher, edition: NextEdition, staging: Path, digest: str) -> dict[str, Any]:
    feeds = {f"intake/{name}": contract.version for name, contract in intake_contracts().items()}
    tables = {f"release/{dataset.name}": publisher.contracts[dataset.name].version for dataset in DATASETS}
    manifest = {
        "release_id": edition.release_id,
        "period": edition.period.label,
        "revision": edition.revision,
        "replaces": edition.replaces.release_id if edition.replaces else None,
        "published_on": publisher.as_of.isoformat(),
        "profile": publisher.profile.name,
        "label": publisher.settings.label,
        "code_version": __version__,
        "policy_version": publisher.policy.version,
        "contract_versions": {**feeds, **tables},
        "library_versions": _library_versions(),
        "money": money_inputs(publisher.workspace),
        "content_sha256": digest,
        "submissions_merkle_root": merkle_root(_included_submissions(publisher.vault, publisher.as_of)),
        "files": describe_files(staging),
    }
    return sign(manifest, publisher.settings.require_signing_key())


def _library_versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "pyarrow", "currencyconverter")}


def _included_submissions(vault: Vault, as_of: date) -> list[bytes]:
    gone = erased_ids(vault.events())
    taken = [event for event in vault.events("taken_in") if event["as_of"] <= as_of.isoformat()]
    accepted = [s for event in taken for s in event["submissions"] if s["verdict"] != "rejected" and s["submission_id"] not in gone]
    return [f"{s['submission_id']}:{s['sha256']}".encode() for s in sorted(accepted, key=lambda s: s["seq"])]


def _release(publisher: Publisher, candidate: Candidate, edition: NextEdition, staging: Path, digest: str) -> Path:
    _keep_contributors(publisher, candidate)
    folder = publisher.workspace.releases / edition.release_id
    staging.rename(folder)
    _log(publisher, "released", edition, digest)
    _point_to_current(publisher)
    return folder


def _keep_contributors(publisher: Publisher, candidate: Candidate) -> None:
    """Who is in each served cell, by dataset; the file of the benchmark comes last and says that all are there."""
    publisher.vault.edition(candidate.release_id).parent.mkdir(parents=True, exist_ok=True)
    for dataset in reversed([d for d in DATASETS if d.contributors]):
        target = publisher.vault.ledger(candidate.release_id, dataset.name)
        shutil.copyfile(candidate.ledger(dataset.name), target.with_suffix(".tmp"))
        target.with_suffix(".tmp").replace(target)


def _log(publisher: Publisher, kind: str, edition: NextEdition, digest: str) -> None:
    publisher.vault.append(
        kind,
        as_of=publisher.as_of.isoformat(),
        release_id=edition.release_id,
        period=edition.period.label,
        revision=edition.revision,
        content_sha256=digest,
    )


def _point_to_current(publisher: Publisher) -> None:
    releases = publisher.workspace.releases
    key = releases / PUBLIC_KEY
    if not key.exists():
        write_atomically(key, public_key_hex(publisher.settings.require_signing_key()) + "\n")
    current = newest_year(history(publisher.vault.events()))
    pointer = releases / CURRENT
    if current and (not pointer.exists() or pointer.read_text("utf-8").strip() != current):
        write_atomically(pointer, current + "\n")
