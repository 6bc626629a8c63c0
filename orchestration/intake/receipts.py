"""Receipts: what a sender reads about one submission, and the grade it got. Of that submission alone."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.contracts import CONTRACTS
from orchestration.intake.checking import FileVerdict
from orchestration.workspace import write_atomically

GRADES = ("A", "B", "C")


@cache
def grading() -> dict[str, Any]:
    """The declared thresholds of the grade (contracts/grading.yaml)."""
    return yaml.safe_load((CONTRACTS / "grading.yaml").read_text("utf-8"))


def grade(verdict: FileVerdict) -> str | None:
    """The worse of the two graded parts, A to C; None for a rejected file."""
    if not verdict.rows_read or verdict.verdict == "rejected":
        return None
    limits = grading()
    quarantined = verdict.rows_quarantined / verdict.rows_read
    by_quarantine = next(g for g in GRADES if quarantined <= limits["quarantined_share"][g])
    if verdict.evidenced_rows is None:
        return by_quarantine
    evidenced = verdict.evidenced_rows / max(verdict.rows_accepted, 1)
    by_evidence = next(g for g in GRADES if evidenced >= limits["evidenced_share"][g])
    return max(by_quarantine, by_evidence)


def receipt(submission: dict[str, Any], verdict: FileVerdict, assumed: dict[str, str]) -> dict[str, Any]:
    """The receipt as INTERFACE "Verdict on a submission" declares it."""
    return {
        **submission,
        "verdict": verdict.verdict,
        "sentence": verdict.sentence,
        "rows_read": verdict.rows_read,
        "rows_accepted": verdict.rows_accepted,
        "rows_quarantined": verdict.rows_quarantined,
        "rows_collapsed": verdict.rows_collapsed,
        "grade": grade(verdict),
        "assumed": assumed,
        "rule_counts": dict(verdict.rule_counts),
        "problems": [asdict(problem) for problem in verdict.problems],
    }


def write_receipt(folder: Path, content: dict[str, Any]) -> None:
    """Write it beside the stored original; the caller makes a whole batch durable at once."""
    write_atomically(folder / "receipt.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n", durable=False)


def read_receipt(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "receipt.json").read_text("utf-8"))
