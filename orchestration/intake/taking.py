"""Take in what landed: freeze the list, keep every byte, check in bulk, write receipts and the lake, then commit.

The commit of a batch is its `taken_in` event. Until then the landed files stay where they are and a killed run is
simply repeated; after it they are removed. Deleting the lake and running again derives the same files from the vault.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.contracts import TableContract, intake_contracts
from orchestration.errors import EvenhandError
from orchestration.intake.arrivals import OPERATOR, Arrival, list_arrivals
from orchestration.intake.checking import FileVerdict, check_batch, refused
from orchestration.intake.clearing import clear, finish_clearing, note
from orchestration.intake.erasure import ERASED, erased_ids, finish_erasures
from orchestration.intake.lake import (
    SUBMISSIONS,
    ensure_feeds_exist,
    remove_batches_unknown_to,
    write_rows,
    write_submissions,
)
from orchestration.intake.names import write_names
from orchestration.intake.questions import DECLARING_FEED, NOTHING_ASKED, Asked, ask
from orchestration.intake.reading import ReadFile, UnreadableFileError, read_file
from orchestration.intake.receipt_page import write_receipt_page
from orchestration.intake.receipts import receipt, write_receipt
from orchestration.intake.vault import Vault
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.workspace import Workspace

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
BATCH_BYTES = 96 * 1024 * 1024
BATCH_FILES = 2000
REGISTRY = "participants"

log = logging.getLogger("evenhand.intake")


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


def _refuse_another_secret(vault: Vault, secret: str) -> None:
    """Pseudonyms made with another secret would tear every project in two: the first night's secret holds."""
    fingerprint = hashlib.sha256(f"fingerprint:{secret}".encode()).hexdigest()[:16]
    known = vault.events("keys")
    if not known:
        vault.append("keys", secret_fingerprint=fingerprint)
    elif known[0]["secret_fingerprint"] != fingerprint:
        raise EvenhandError("EVENHAND_SECRET is not the secret this workspace began with: restore that one.")


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
            submissions = [_from_event(vault, item, event) for item in event["submissions"] if item["submission_id"] not in gone]
            _check_and_write(workspace, settings, event["batch"], submissions)
            log.info("derived batch %s of the lake again from the vault", event["batch"])


def _is_derived(workspace: Workspace, event: dict[str, Any], gone: set[str]) -> bool:
    """Whether the lake holds a batch: its register and, where any of its files was read and not rejected, its rows."""
    submissions = [s for s in event["submissions"] if s["submission_id"] not in gone]
    folders = {"submissions"} | {s["feed"] for s in submissions if s["verdict"] != "rejected"}
    return all((workspace.lake / folder / f"{event['batch']}.parquet").exists() for folder in folders)


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
    kept, repeated = _keep_all(workspace, vault, as_of, arrivals)
    verdicts: dict[str, str] = {}
    if kept:
        batch = hashlib.sha256("".join(s.submission_id for s in kept).encode()).hexdigest()[:16]
        batch = f"{as_of.isoformat()}-{kept[0].seq:08d}-{batch}"
        for submission, content, verdict in _check_and_write(workspace, settings, batch, kept):
            write_receipt(vault.submission(submission.submission_id), content)
            write_receipt_page(vault.submission(submission.submission_id), content)
            verdicts[submission.submission_id] = verdict.verdict
            summary.count(submission, verdict)
        os.sync()
        events = [_to_event(s, verdicts[s.submission_id]) for s in kept]
        note(vault, batch, arrivals)
        vault.append("taken_in", batch=batch, as_of=as_of.isoformat(), submissions=events)
    summary.repeated += repeated
    clear(vault, arrivals)


def _keep_all(workspace: Workspace, vault: Vault, as_of: date, arrivals: list[Arrival]) -> tuple[list[Submission], int]:
    """Copy a batch into the vault. Bytes already taken in (and not rejected or erased) are a repetition and change nothing."""
    known = _known(vault)
    registry = _registered(workspace, as_of)
    seq = 1 + max((s["seq"] for s in known.values()), default=0)
    kept: list[Submission] = []
    repeated = 0
    for number, arrival in enumerate(arrivals):
        submission = _keep(vault, known, registry, as_of, seq + len(kept), number, arrival)
        if submission is None:
            repeated += 1
            continue
        known[submission.submission_id] = {"seq": submission.seq, "verdict": "rejected" if submission.refusal else None}
        kept.append(submission)
    return kept, repeated


def _keep(
    vault: Vault,
    known: dict[str, dict[str, Any]],
    registry: set[str],
    as_of: date,
    seq: int,
    number: int,
    arrival: Arrival,
) -> Submission | None:
    incoming, sha = vault.keep(arrival.path, number)
    plain = "S" + hashlib.sha256(f"{arrival.sender}\x1f{arrival.feed}\x1f{sha}".encode()).hexdigest()[:16]
    submission_id, attempt = plain, 1
    while submission_id in known:
        if known[submission_id]["verdict"] not in ("rejected", ERASED):
            incoming.unlink()
            return None
        attempt += 1
        submission_id = f"{plain}-{attempt}"
    original = vault.settle(incoming, submission_id)
    refusal = arrival.refusal or _unregistered(arrival, registry)
    return Submission(
        submission_id,
        seq,
        arrival.sender,
        arrival.feed,
        arrival.name,
        sha,
        original,
        original.stat().st_size,
        as_of,
        refusal,
    )


def _unregistered(arrival: Arrival, registry: set[str]) -> str | None:
    if arrival.sender == OPERATOR or arrival.sender in registry:
        return None
    return f"The folder {arrival.sender[:60]!r} belongs to no participant of the registry: the operator adds it to landing/participants.csv, then the file is sent again."


def _known(vault: Vault) -> dict[str, dict[str, Any]]:
    events = vault.events()
    known = {s["submission_id"]: s for event in events if event["event"] == "taken_in" for s in event["submissions"]}
    return known | {gone: known[gone] | {"verdict": ERASED} for gone in erased_ids(events)}


def _registered(workspace: Workspace, as_of: date) -> set[str]:
    """Participants of the newest accepted registry file."""
    source = str(workspace.lake / REGISTRY / "*.parquet")
    with duckdb.connect() as connection:
        rows = connection.execute(
            "with r as (select * from read_parquet($1) where received_on <= $2) select distinct participant_id from r where submission_seq = (select max(submission_seq) from r)",
            [source, as_of],
        ).fetchall()
    return {row[0] for row in rows}


def _check_and_write(
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
        with duckdb.connect(config={"threads": settings.threads, "memory_limit": settings.memory_limit}) as connection:
            judged = check_batch(connection, contract, [file for _, file in readable], SEEDS)
            verdicts |= {s.submission_id: verdict for (s, _), verdict in zip(readable, judged, strict=True)}
            lake_file = workspace.lake / contract.name / f"{batch}.parquet"
            write_rows(
                connection,
                contract,
                _senders([s for s, _ in readable]),
                secret,
                lake_file,
                vault.quarantine(contract.name, batch),
            )
            write_names(connection, contract, vault, batch)
            by_file = ask(connection, contract, workspace.lake, submissions[0].received_on)
            asked = {readable[number][0].submission_id: questions for number, questions in by_file.items()}
    assumed = {s.submission_id: dict(file.assumed) for s, file in readable}
    receipts = [
        receipt(_identity(s), verdicts[s.submission_id], assumed.get(s.submission_id, {}), asked.get(s.submission_id, NOTHING_ASKED))
        for s in submissions
    ]
    register = [_register_row(s, r) for s, r in zip(submissions, receipts, strict=True)]
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


def _senders(submissions: list[Submission]) -> pa.Table:
    return pa.table(
        {
            "_file": pa.array(range(len(submissions)), pa.int32()),
            "participant_id": pa.array([s.sender for s in submissions], pa.string()),
            "submission_seq": pa.array([s.seq for s in submissions], pa.int32()),
            "received_on": pa.array([s.received_on for s in submissions], pa.date32()),
        }
    )


def _identity(submission: Submission) -> dict[str, Any]:
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


def _register_row(submission: Submission, content: dict[str, Any]) -> dict[str, Any]:
    own = {"submission_seq": submission.seq, "received_on": submission.received_on}
    return {name: own.get(name, content.get(name)) for name in SUBMISSIONS.names}


def _to_event(submission: Submission, verdict: str) -> dict[str, Any]:
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


def _from_event(vault: Vault, item: dict[str, Any], event: dict[str, Any]) -> Submission:
    original = vault.submission(item["submission_id"]) / item["original"]
    return Submission(
        item["submission_id"], item["seq"], item["sender"], item["feed"], item["name"], item["sha256"], original,
        original.stat().st_size, date.fromisoformat(event["as_of"]), item["refusal"],
    )  # fmt: skip
