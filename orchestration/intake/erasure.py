"""Erase a participant's submissions on request. The one exception to "nothing in the vault is ever removed".

What goes: files as sent, quarantined rows, names, rows of the lake, and everything derived from them (warehouse,
candidates, the participant's own reports). What stays: the log, with an event `erased` that names submissions and
digests and no value; the receipts, without what they quoted; the ledger of editions; and a file TOMBSTONE in every emptied folder. The event comes
first: an erasure that a crash interrupts is finished by the next run.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from orchestration.errors import EvenhandError
from orchestration.intake.arrivals import OPERATOR
from orchestration.intake.receipt_page import write_receipt_page
from orchestration.intake.receipts import read_receipt, write_receipt
from orchestration.intake.vault import Vault
from orchestration.workspace import Workspace, write_atomically

TOMBSTONE = "TOMBSTONE"
ERASED = "erased"


@dataclass(frozen=True)
class Erasure:
    """What is about to be erased, or was: the submissions of one participant, and how many of its files wait in landing."""

    participant_id: str
    submissions: tuple[dict[str, Any], ...]
    waiting: int = 0

    @property
    def sentence(self) -> str:
        count = len(self.submissions)
        more = f" and {self.waiting:,} file{'s' if self.waiting != 1 else ''} that still wait{'s' if self.waiting == 1 else ''} in landing"
        return f"{count:,} submission{'s' if count != 1 else ''} of {self.participant_id}" + more * bool(self.waiting)


def erased_ids(events: list[dict[str, Any]]) -> set[str]:
    """Submissions that were erased, from the vault's log."""
    return {s["submission_id"] for event in events if event["event"] == ERASED for s in event["submissions"]}


def plan_erasure(workspace: Workspace, participant_id: str) -> Erasure:
    """What erasing a participant would take. Raises `EvenhandError` where there is nothing of it."""
    if participant_id == OPERATOR:
        raise EvenhandError("The operator's files are the registry of everybody and cannot be erased.")
    events = Vault(workspace.vault).events()
    gone = erased_ids(events)
    found = [s for event in events if event["event"] == "taken_in" for s in event["submissions"] if s["sender"] == participant_id]
    own = tuple({"submission_id": s["submission_id"], "sha256": s["sha256"]} for s in found if s["submission_id"] not in gone)
    if not own:
        raise EvenhandError(f"There is no submission of {participant_id!r} that could be erased; 'evenhand status' lists them.")
    waiting = sum(path.is_file() or path.is_symlink() for path in (workspace.landing / participant_id).rglob("*"))
    return Erasure(participant_id, own, waiting)


def erase(workspace: Workspace, erasure: Erasure, on: date) -> None:
    """Log the erasure, then do it. The caller derives the lake again (`restore_lake`), which also finishes a broken-off one."""
    shutil.rmtree(workspace.landing / erasure.participant_id, ignore_errors=True)
    Vault(workspace.vault).append(
        ERASED,
        as_of=on.isoformat(),
        participant_id=erasure.participant_id,
        submissions=list(erasure.submissions),
        count=len(erasure.submissions),
    )
    finish_erasures(workspace)


def finish_erasures(workspace: Workspace) -> None:
    """Make the folders what the log says about erasures. Where all is done already, nothing changes."""
    vault = Vault(workspace.vault)
    events = vault.events()
    for event in events:
        if event["event"] == ERASED and not _is_done(vault, event):
            _erase(workspace, vault, events, event)


def not_rebuildable(events: list[dict[str, Any]], as_of: str) -> str | None:
    """The sentence for an edition of `as_of` that cannot be derived again because some of its submissions were erased."""
    gone = erased_ids(events)
    taken = [s for event in events if event["event"] == "taken_in" and event["as_of"] <= as_of for s in event["submissions"]]
    missing = sum(s["submission_id"] in gone and s["verdict"] != "rejected" for s in taken)
    return f"not rebuildable: {missing:,} submission{'s' if missing != 1 else ''} erased" if missing else None


def _is_done(vault: Vault, event: dict[str, Any]) -> bool:
    """The last tombstone is written last."""
    return (vault.submission(event["submissions"][-1]["submission_id"]) / TOMBSTONE).exists()


def _erase(workspace: Workspace, vault: Vault, events: list[dict[str, Any]], event: dict[str, Any]) -> None:
    ids = {s["submission_id"] for s in event["submissions"]}
    for taken in events:
        if taken["event"] == "taken_in" and any(s["submission_id"] in ids for s in taken["submissions"]):
            _forget_batch(workspace, vault, taken["batch"])
    _forget_derived(workspace, vault, event["participant_id"])
    for submission in event["submissions"]:
        _bury(vault.submission(submission["submission_id"]), event, submission)


def _forget_batch(workspace: Workspace, vault: Vault, batch: str) -> None:
    """The batch's rows go whole, others' too: they are derived again, without those that were erased."""
    for path in [*workspace.lake.glob(f"*/{batch}.parquet"), *vault.root.glob(f"quarantine/*/{batch}.parquet")]:
        path.unlink()


def _forget_derived(workspace: Workspace, vault: Vault, participant_id: str) -> None:
    shutil.rmtree(vault.names / participant_id, ignore_errors=True)
    for release in workspace.reports.glob("*"):
        shutil.rmtree(release / participant_id, ignore_errors=True)
    shutil.rmtree(workspace.lake / "vendor_identities", ignore_errors=True)
    for folder in workspace.candidate.glob("*"):
        shutil.rmtree(folder) if folder.is_dir() else folder.unlink()
    workspace.warehouse.unlink(missing_ok=True)
    workspace.warehouse.with_name(workspace.warehouse.name + ".wal").unlink(missing_ok=True)


def _bury(folder: Path, event: dict[str, Any], submission: dict[str, Any]) -> None:
    for original in folder.glob("original*"):
        original.unlink()
    _redact(folder)
    words = (
        f"Erased on {event['as_of']} on request. The file as received had the SHA-256 digest\n{submission['sha256']}\n"
        "Its receipt stays, without the values it quoted.\n"
    )
    write_atomically(folder / TOMBSTONE, words)


def _redact(folder: Path) -> None:
    """Verdict, counts and digest stay; what the receipt quoted from the file, and the file's own name, go."""
    content = read_receipt(folder)
    ending = PurePosixPath(str(content["file"])).suffix
    content |= {"file": f"{content['feed']}{ending}", "sentence": None, "problems": [], "questions": [], "assumed": {}}
    write_receipt(folder, content)
    write_receipt_page(folder, content)
