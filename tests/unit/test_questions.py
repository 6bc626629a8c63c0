"""A participant's own questions in words, as a file and on its page; only its own, and hostile names stay text."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from orchestration.reports.build import write_reports
from orchestration.reports.questions import COLUMNS, SENTENCES, OwnQuestion, questions_csv, to_answer, write_questions
from tests.unit.test_reports import CELLS, HOSTILE, ME, OTHER, OWN, text_of, write_inputs

UNUSUAL = OwnQuestion(
    "Q" + "a" * 24,
    "open",
    date(2026, 4, 15),
    "changed_against_previous",
    "kpi_values",
    "S1",
    7,
    "ADO-01",
    date(2025, 1, 1),
    date(2025, 3, 31),
    "SV",
    HOSTILE,
    "Harbour",
    4.4,
    44.0,
    43.0,
    45.0,
)
WHOLE_FILE = OwnQuestion("Q" + "b" * 24, "unanswered", date(2026, 3, 1), "unknown_project", "promises", "S2", rows=3)
ANSWERED = replace(UNUSUAL, question_id="Q" + "c" * 24, status="confirmed", kind="outside_own_history", previous_value=None)


def test_questions_in_words() -> None:
    assert UNUSUAL.sentence == "The value went from 44 to 4.4; your own changes let expect 43 to 45. Is it right?"
    assert ANSWERED.sentence == "The value is 4.4; your own history lets expect 43 to 45. Is it right?"
    assert WHOLE_FILE.sentence.startswith("3 rows of this file name a project you have not declared")
    assert replace(WHOLE_FILE, rows=1).sentence.startswith("1 row of this file")
    assert (UNUSUAL.about, WHOLE_FILE.about) == (f"ADO-01, 2025-01-01 to 2025-03-31, SV, {HOSTILE}, Harbour", "promises, submission S2")


def test_only_what_waits_for_an_answer_is_to_be_answered() -> None:
    assert to_answer((UNUSUAL, WHOLE_FILE, ANSWERED)) == (UNUSUAL, WHOLE_FILE)


def test_the_file_reads_back_as_it_was() -> None:
    found = list(csv.DictReader(io.StringIO(questions_csv((UNUSUAL, WHOLE_FILE)), newline=""), strict=True))
    assert tuple(found[0]) == COLUMNS
    assert (found[0]["project"], found[0]["value"], found[0]["previous_value"], found[0]["period_end"]) == (
        HOSTILE,
        "4.4",
        "44",
        "2025-03-31",
    )
    assert (found[1]["kpi_code"], found[1]["value"], found[1]["rows"], found[1]["question"]) == ("", "", "3", WHOLE_FILE.sentence)


def test_the_file_is_written_only_where_it_says_something_new(tmp_path: Path) -> None:
    assert write_questions(tmp_path, (UNUSUAL,))
    assert not write_questions(tmp_path, (UNUSUAL,))
    assert write_questions(tmp_path, ())
    assert (tmp_path / "questions.csv").read_text("utf-8") == ",".join(COLUMNS) + "\n"


def test_a_report_shows_its_own_open_questions_and_nobody_elses(tmp_path: Path) -> None:
    release, owns = write_inputs(tmp_path, CELLS, OWN)
    write_reports(release, owns, [ME, OTHER], tmp_path / "out", {"P1": (UNUSUAL, WHOLE_FILE, ANSWERED)})
    mine = (tmp_path / "out" / "P1" / "report.html").read_text("utf-8")
    text = text_of(mine)
    assert UNUSUAL.sentence in text
    assert "(unanswered) : 3 rows of this file" in text.replace("(unanswered):", "(unanswered) :")
    assert ANSWERED.question_id not in mine
    assert 'href="questions.csv"' in mine
    assert "<script" not in mine.lower()
    other = (tmp_path / "out" / "P2" / "report.html").read_text("utf-8")
    assert "Questions to you" not in other
    assert "questions.csv" not in other
    assert (tmp_path / "out" / "P2" / "questions.csv").read_text("utf-8") == ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize("kind", sorted(SENTENCES))
def test_every_kind_has_words_without_a_gap(kind: str) -> None:
    assert "{" not in replace(UNUSUAL, kind=kind).sentence
