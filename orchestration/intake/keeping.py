"""Keep what landed: every byte of a batch into the vault, numbered in order of receipt; repeated bytes change nothing."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import duckdb

from orchestration.intake.arrivals import OPERATOR, Arrival
from orchestration.intake.erasure import ERASED, erased_ids
from orchestration.intake.submission import Submission
from orchestration.intake.vault import Vault
from orchestration.workspace import Workspace

REGISTRY = "participants"


def keep_all(workspace: Workspace, vault: Vault, as_of: date, arrivals: list[Arrival]) -> tuple[list[Submission], list[dict[str, str]]]:
    """Copy a batch into the vault. Bytes already taken in (and not rejected or erased) are a repetition and change nothing.

    Returns what is new, and of each repetition its name and the submission it repeats.
    """
    known = _known(vault)
    registry = _registered(workspace, as_of)
    seq = 1 + max((s["seq"] for s in known.values()), default=0)
    kept: list[Submission] = []
    repeated: list[dict[str, str]] = []
    for number, arrival in enumerate(arrivals):
        submission = _keep(vault, known, registry, as_of, seq + len(kept), number, arrival)
        if isinstance(submission, str):
            repeated.append({"submission_id": submission, "name": arrival.name})
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
) -> Submission | str:
    incoming, sha = vault.keep(arrival.path, number)
    plain = "S" + hashlib.sha256(f"{arrival.sender}\x1f{arrival.feed}\x1f{sha}".encode()).hexdigest()[:16]
    submission_id, attempt = plain, 1
    while submission_id in known:
        if known[submission_id]["verdict"] not in ("rejected", ERASED):
            incoming.unlink()
            return submission_id
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
