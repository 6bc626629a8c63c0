"""The quality grade of a submission at intake (METHOD 11), with its reasons. Thresholds are data: contracts/grading.yaml.

Graded here are rows quarantined, evidence and completeness, of one file alone. Questions that stay unanswered lower the
grade later, night by night: `int_submissions__graded`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from orchestration.contracts import CONTRACTS

if TYPE_CHECKING:
    from orchestration.intake.checking import FileVerdict

GRADES = ("A", "B", "C")
WORST = "D"


@dataclass(frozen=True)
class Graded:
    """A grade and why it is no better; no reasons with grade A, nothing at all for a rejected or empty file."""

    grade: str | None = None
    reasons: tuple[str, ...] = ()


@cache
def grading() -> dict[str, Any]:
    """The declared thresholds of the grade."""
    return yaml.safe_load((CONTRACTS / "grading.yaml").read_text("utf-8"))


def wanted_values(feed: str) -> dict[str, str]:
    """Columns of a feed in which a value is wanted though not required, each with the SQL condition on its rows."""
    return dict(grading()["wanted"].get(feed, {}))


def days_to_answer() -> int:
    """How many days a participant has to answer a question before it lowers the grade."""
    return int(grading()["unanswered_questions"]["days_to_answer"])


def grade(verdict: FileVerdict) -> Graded:
    """The worst of the graded parts, with the reason of each part that is not A."""
    if not verdict.rows_read or verdict.verdict == "rejected":
        return Graded()
    parts = [part for part in (_quarantined(verdict), _evidenced(verdict), _complete(verdict)) if part is not None]
    worst = max((letter for letter, _ in parts), default="A")
    return Graded(worst, tuple(reason for letter, reason in parts if letter != "A"))


def _quarantined(verdict: FileVerdict) -> tuple[str, str]:
    share, limits = verdict.rows_quarantined / verdict.rows_read, grading()["quarantined_share"]
    letter = next((g for g in GRADES if share <= limits[g]), WORST)
    if letter == WORST and verdict.rows_read < grading()["least_rows_for_d"]:
        letter = GRADES[-1]
    return letter, f"{_percent(share)} of the rows were set aside: {letter} (A allows {_percent(limits['A'])}, B {_percent(limits['B'])})."


def _evidenced(verdict: FileVerdict) -> tuple[str, str] | None:
    if verdict.evidenced_rows is None:
        return None
    share, limits = verdict.evidenced_rows / max(verdict.rows_accepted, 1), grading()["evidenced_share"]
    return _at_least(share, limits, "of the rows have evidence grade A or B")


def _complete(verdict: FileVerdict) -> tuple[str, str] | None:
    if not verdict.wanted_values:
        return None
    share, limits = verdict.given_values / verdict.wanted_values, grading()["complete_share"]
    return _at_least(share, limits, "of the values that are wanted though not required are there")


def _at_least(share: float, limits: dict[str, float], what: str) -> tuple[str, str]:
    letter = next((g for g in GRADES if share >= limits[g]), WORST)
    return letter, f"{_percent(share)} {what}: {letter} (A needs {_percent(limits['A'])}, B {_percent(limits['B'])})."


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
