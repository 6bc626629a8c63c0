"""Take in what landed: freeze the list, keep every byte, check in bulk, write receipts and the lake, then commit.

The commit of a batch is its `taken_in` event. Until then the landed files stay where they are and a killed run is
simply repeated; after it they are removed. Deleting the lake and running again derives the same files from the vault.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from orchestration.contracts import TableContract, intake_contracts
from orchestration.intake.arrivals import OPERATOR, Arrival, list_arrivals
from orchestration.intake.checking import FileVerdict
from orchestration.intake.clearing import clear, finish_clearing, note
from orchestration.intake.deriving import check_and_write, restore_lake
from orchestration.intake.keeping import keep_all
from orchestration.intake.questions import DECLARING_FEED
from orchestration.intake.receipt_page import write_receipt_page
from orchestration.intake.receipts import write_receipt
from orchestration.intake.submission import Submission, to_event
from orchestration.intake.vault import Vault
from orchestration.settings import Settings
from orchestration.workspace import Workspace

BATCH_BYTES = 96 * 1024 * 1024
BATCH_FILES = 2000


@dataclass
class IntakeSummary:
    """Counts of one intake, by feed: files, rows read, accepted, quarantined, collapsed; and files by verdict."""

    files: int = 0
    repeated: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    feeds: dict[str, dict[str, int]] = field(default_factory=dict)

    def count(self, submission: Submission, verdict: FileVerdict) -> None:
        self.files += 1
        self.verdicts[verdict.verdict] = self.verdicts.get(verdict.verdict, 0) + 1
        feed = self.feeds.setdefault(submission.feed, {"files": 0, "read": 0, "accepted": 0, "quarantined": 0, "collapsed": 0})
        feed["files"] += 1
        for name in ("read", "accepted", "quarantined", "collapsed"):
            feed[name] += getattr(verdict, f"rows_{name}")


def take_in(workspace: Workspace, settings: Settings, as_of: date) -> IntakeSummary:
    """Take in every finished file in landing; afterwards landing holds only what came later or is still being written.

    Raises `EvenhandError` where the secret is missing or the vault's log was tampered with.
    """
    vault, contracts = Vault(workspace.vault), intake_contracts()
    restore_lake(workspace, settings)
    summary = IntakeSummary()
    finish_clearing(vault, {event["batch"] for event in vault.events("taken_in")})
    frozen = list_arrivals(workspace.landing, contracts)
    if frozen:
        vault.append("night", as_of=as_of.isoformat(), frozen=[arrival.name for arrival in frozen])
    for batch in _batches(frozen, contracts):
        _take_batch(workspace, settings, vault, as_of, batch, summary)
    return summary


def _batches(arrivals: list[Arrival], contracts: dict[str, TableContract]) -> Iterator[list[Arrival]]:
    """Files of one feed at a time, the registry first, then projects, in file-name order, bounded in bytes and files."""
    order = sorted(arrivals, key=lambda a: (a.sender != OPERATOR, a.feed != DECLARING_FEED, a.feed if a.feed in contracts else "", a.name))
    batch: list[Arrival] = []
    size = 0
    for arrival in order:
        full = len(batch) >= BATCH_FILES or size > BATCH_BYTES
        if batch and (full or arrival.feed != batch[-1].feed or arrival.sender == OPERATOR):
            yield batch
            batch, size = [], 0
        batch.append(arrival)
        size += arrival.path.lstat().st_size
    if batch:
        yield batch


def _take_batch(
    workspace: Workspace, settings: Settings, vault: Vault, as_of: date, arrivals: list[Arrival], summary: IntakeSummary
) -> None:
    kept, repeated = keep_all(workspace, vault, as_of, arrivals)
    verdicts: dict[str, str] = {}
    if kept:
        batch = hashlib.sha256("".join(s.submission_id for s in kept).encode()).hexdigest()[:16]
        batch = f"{as_of.isoformat()}-{kept[0].seq:08d}-{batch}"
        for submission, content, verdict in check_and_write(workspace, settings, batch, kept):
            write_receipt(vault.submission(submission.submission_id), content)
            write_receipt_page(vault.submission(submission.submission_id), content)
            verdicts[submission.submission_id] = verdict.verdict
            summary.count(submission, verdict)
        os.sync()
        events = [to_event(s, verdicts[s.submission_id]) for s in kept]
        note(vault, batch, arrivals)
        vault.append("taken_in", batch=batch, as_of=as_of.isoformat(), submissions=events)
    if repeated:
        vault.append("repeated", as_of=as_of.isoformat(), submissions=repeated)
    summary.repeated += len(repeated)
    clear(vault, arrivals)
