"""The grade at intake by hand: each part, its reason, and what a small file can and cannot lose."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts import intake_contracts
from orchestration.intake.checking import FileVerdict
from orchestration.intake.grading import Graded, days_to_answer, grade, wanted_values
from orchestration.intake.validate import validate_file
from orchestration.settings import Settings


def verdict(read: int = 1000, quarantined: int = 0, **more: Any) -> FileVerdict:
    return FileVerdict("accepted", read, read - quarantined, quarantined, 0, **more)


@pytest.mark.parametrize(
    ("read", "quarantined", "letter"),
    [
        (1000, 20, "A"),
        (1000, 21, "B"),
        (1000, 100, "B"),
        (1000, 101, "C"),
        (1000, 400, "C"),
        (1000, 401, "D"),
        (99, 49, "C"),  # fewer than 100 rows: a share says too little for grade D
        (100, 41, "D"),
    ],
)
def test_rows_set_aside(read: int, quarantined: int, letter: str) -> None:
    assert grade(verdict(read, quarantined)).grade == letter


@pytest.mark.parametrize(("evidenced", "letter"), [(None, "A"), (800, "A"), (799, "B"), (400, "B"), (399, "C"), (0, "C")])
def test_evidence(evidenced: int | None, letter: str) -> None:
    assert grade(verdict(evidenced_rows=evidenced)).grade == letter


@pytest.mark.parametrize(("wanted", "given", "letter"), [(0, 0, "A"), (10, 8, "A"), (10, 7, "B"), (10, 4, "B"), (10, 3, "C"), (10, 0, "C")])
def test_completeness(wanted: int, given: int, letter: str) -> None:
    assert grade(verdict(wanted_values=wanted, given_values=given)).grade == letter


def test_the_worst_part_counts_and_each_part_that_is_not_a_says_why() -> None:
    graded = grade(verdict(1000, 50, evidenced_rows=0, wanted_values=4, given_values=4))
    assert graded.grade == "C"
    assert graded.reasons == (
        "5 % of the rows were set aside: B (A allows 2 %, B 10 %).",
        "0 % of the rows have evidence grade A or B: C (A needs 80 %, B 40 %).",
    )


@pytest.mark.parametrize("nothing", [FileVerdict("rejected", 10, 0, 10), FileVerdict("accepted")])
def test_what_was_not_accepted_or_is_empty_has_no_grade(nothing: FileVerdict) -> None:
    assert grade(nothing) == Graded(None, ())


def test_wanted_columns_are_declared_columns_that_are_not_required() -> None:
    for feed, contract in intake_contracts().items():
        for column in wanted_values(feed):
            assert not contract.column(column).required
    assert days_to_answer() == 30


def test_a_base_is_wanted_only_where_the_kpi_asks_for_one(tmp_path: Path) -> None:
    rows = [
        ("EXP-01", "30", "A"),  # minimum base 30, given
        ("EXP-02", "", "A"),  # minimum base 30, missing: 1 of 2 wanted values
        ("ADO-01", "", "A"),  # no minimum
    ]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("kpi_code", "period_start", "period_end", "value_chain_stage", "numerator", "denominator", "base", "evidence_grade"))
    writer.writerows((code, "2025-01-01", "2025-12-31", "TD", 40, 100, base, evidence) for code, base, evidence in rows)
    path = tmp_path / "kpi_values.csv"
    path.write_text(text.getvalue(), "utf-8")
    said = validate_file(path, None, Settings(home=tmp_path))
    assert (said["verdict"], said["grade"]) == ("accepted", "B")
    assert said["grade_reasons"] == ["50 % of the values that are wanted though not required are there: B (A needs 80 %, B 40 %)."]
