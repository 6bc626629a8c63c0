"""One kept file on its way through the night, and how it stands in the vault's log, in its receipt and in the lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration.intake.lake import SUBMISSIONS
from orchestration.intake.vault import Vault


@dataclass(frozen=True)
class Submission:
    """One kept file on its way through the night. `refusal`: the sentence that already rejects it."""

    submission_id: str
    seq: int
    sender: str
    feed: str
    name: str
    sha256: str
    original: Path
    bytes: int
    received_on: date
    refusal: str | None = None


def senders(submissions: Sequence[Submission]) -> pa.Table:
    """What the rows of a batch are joined with: _file, participant_id, submission_seq, received_on."""
    return pa.table(
        {
            "_file": pa.array(range(len(submissions)), pa.int32()),
            "participant_id": pa.array([s.sender for s in submissions], pa.string()),
            "submission_seq": pa.array([s.seq for s in submissions], pa.int32()),
            "received_on": pa.array([s.received_on for s in submissions], pa.date32()),
        }
    )


def identity(submission: Submission) -> dict[str, Any]:
    """The facts of receipt, for the receipt; the only wall clock of the intake stands here."""
    return {
        "submission_id": submission.submission_id,
        "sha256": submission.sha256,
        "participant_id": submission.sender,
        "feed": submission.feed,
        "file": submission.name,
        "bytes": submission.bytes,
        "received_at": submission.received_on.isoformat(),
        "taken_in_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def register_row(submission: Submission, content: dict[str, Any]) -> dict[str, Any]:
    """One row of `lake/submissions`, from a receipt's content."""
    own = {"submission_seq": submission.seq, "received_on": submission.received_on}
    return {name: own.get(name, content.get(name)) for name in SUBMISSIONS.names}


def to_event(submission: Submission, verdict: str) -> dict[str, Any]:
    """As the `taken_in` event of the vault's log names it."""
    return {
        "verdict": verdict,
        "submission_id": submission.submission_id,
        "seq": submission.seq,
        "sender": submission.sender,
        "feed": submission.feed,
        "name": submission.name,
        "sha256": submission.sha256,
        "refusal": submission.refusal,
        "original": submission.original.name,
    }


def from_event(vault: Vault, item: dict[str, Any], event: dict[str, Any]) -> Submission:
    """The submission that an event of the log names."""
    original = vault.submission(item["submission_id"]) / item["original"]
    return Submission(
        item["submission_id"], item["seq"], item["sender"], item["feed"], item["name"], item["sha256"], original,
        original.stat().st_size, date.fromisoformat(event["as_of"]), item["refusal"],
    )  # fmt: skip
