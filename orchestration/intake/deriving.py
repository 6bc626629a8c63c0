"""Derive from kept files: check a batch in bulk, then write its accepted rows, its quarantine, its names and its register.

The same derivation serves the night that takes files in and every later one that finds the lake incomplete.
"""

from __future__ import annotations

import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from orchestration.contracts import intake_contracts
from orchestration.engine import engine
from orchestration.errors import EvenhandError
from orchestration.intake.checking import FileVerdict, check_batch, refused
from orchestration.intake.erasure import erased_ids, finish_erasures
from orchestration.intake.lake import ensure_feeds_exist, remove_batches_unknown_to, write_rows, write_submissions
from orchestration.intake.names import write_names
from orchestration.intake.questions import NOTHING_ASKED, Asked, ask
from orchestration.intake.reading import ReadFile, UnreadableFileError, read_file
from orchestration.intake.receipts import receipt
from orchestration.intake.submission import Submission, from_event, identity, register_row, senders
from orchestration.intake.vault import Vault
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.workspace import Workspace

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"

log = logging.getLogger("evenhand.intake")


def restore_lake(workspace: Workspace, settings: Settings) -> None:
    """Make the lake what the vault's log says: remove unfinished batches, derive missing ones again.

    Raises `EvenhandError` where the secret is missing or another than the first night's.
    """
    vault, contracts = Vault(workspace.vault), intake_contracts()
    _refuse_another_secret(vault, settings.require_secret())
    finish_erasures(workspace)
    taken, gone = vault.events("taken_in"), erased_ids(vault.events())
    for folder in (workspace.lake, vault.names, vault.root / "quarantine"):
        remove_batches_unknown_to({event["batch"] for event in taken}, folder)
    ensure_feeds_exist(workspace.lake, contracts)
    for event in taken:
        if not _is_derived(workspace, event, gone):
            submissions = [from_event(vault, item, event) for item in event["submissions"] if item["submission_id"] not in gone]
            check_and_write(workspace, settings, event["batch"], submissions)
            log.info("derived batch %s of the lake again from the vault", event["batch"])


def _refuse_another_secret(vault: Vault, secret: str) -> None:
    """Pseudonyms made with another secret would tear every project in two: the first night's secret holds."""
    fingerprint = hashlib.sha256(f"fingerprint:{secret}".encode()).hexdigest()[:16]
    known = vault.events("keys")
    if not known:
        vault.append("keys", secret_fingerprint=fingerprint)
    elif known[0]["secret_fingerprint"] != fingerprint:
        raise EvenhandError("EVENHAND_SECRET is not the secret this workspace began with: restore that one.")


def _is_derived(workspace: Workspace, event: dict[str, Any], gone: set[str]) -> bool:
    """Whether the lake holds a batch: its register and, where any of its files was read and not rejected, its rows."""
    submissions = [s for s in event["submissions"] if s["submission_id"] not in gone]
    folders = {"submissions"} | {s["feed"] for s in submissions if s["verdict"] != "rejected"}
    return all((workspace.lake / folder / f"{event['batch']}.parquet").exists() for folder in folders)


def check_and_write(
    workspace: Workspace, settings: Settings, batch: str, submissions: list[Submission]
) -> list[tuple[Submission, dict[str, Any], FileVerdict]]:
    """Check a batch and write what is derived from it: lake, quarantine, register. Returns each one's receipt and verdict."""
    vault, secret = Vault(workspace.vault), settings.require_secret()
    outcomes = _read_all(submissions, settings)
    readable = [(s, o) for s, o in zip(submissions, outcomes, strict=True) if isinstance(o, ReadFile)]
    verdicts = {s.submission_id: refused(o) for s, o in zip(submissions, outcomes, strict=True) if isinstance(o, str)}
    asked: dict[str, Asked] = {}
    if readable:
        contract = intake_contracts()[readable[0][0].feed]
        with engine(settings) as connection:
            judged = check_batch(connection, contract, [file for _, file in readable], SEEDS)
            verdicts |= {s.submission_id: verdict for (s, _), verdict in zip(readable, judged, strict=True)}
            lake_file = workspace.lake / contract.name / f"{batch}.parquet"
            write_rows(
                connection,
                contract,
                senders([s for s, _ in readable]),
                secret,
                lake_file,
                vault.quarantine(contract.name, batch),
            )
            write_names(connection, contract, vault, batch)
            by_file = ask(connection, contract, workspace.lake, submissions[0].received_on)
            asked = {readable[number][0].submission_id: questions for number, questions in by_file.items()}
    assumed = {s.submission_id: dict(file.assumed) for s, file in readable}
    receipts = [
        receipt(identity(s), verdicts[s.submission_id], assumed.get(s.submission_id, {}), asked.get(s.submission_id, NOTHING_ASKED))
        for s in submissions
    ]
    register = [register_row(s, r) for s, r in zip(submissions, receipts, strict=True)]
    write_submissions(register, workspace.lake / "submissions" / f"{batch}.parquet")
    return [(s, r, verdicts[s.submission_id]) for s, r in zip(submissions, receipts, strict=True)]


def _read_all(submissions: list[Submission], settings: Settings) -> list[ReadFile | str]:
    with ThreadPoolExecutor(settings.threads) as pool:
        return list(pool.map(lambda s: _read(s, settings), submissions))


def _read(submission: Submission, settings: Settings) -> ReadFile | str:
    if submission.refusal:
        return submission.refusal
    try:
        return read_file(submission.original, intake_contracts()[submission.feed], settings)
    except UnreadableFileError as reason:
        return str(reason)
