"""What a participant is asked about its own figures: `questions.csv` beside its report, and the section of its page.

Every figure here is the participant's own or a public range; nothing of another participant is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields, replace
from datetime import date
from itertools import groupby
from pathlib import Path

import duckdb

from orchestration.intake.names import own_names
from orchestration.intake.vault import Vault
from orchestration.reports.answers import csv_number, csv_text
from orchestration.workspace import Workspace, write_atomically

FILE = "questions.csv"
SHOWN_MOST = 10
SIGNIFICANT = ".4g"
TO_ANSWER = ("open", "unanswered")
SENTENCES = {
    "outside_own_history": "The value is {value}; your own history lets expect {low} to {high}. Is it right?",
    "outside_typical_range": "The value is {value}; the public typical range is {low} to {high}. Is it right?",
    "changed_against_previous": "The value went from {previous} to {value}; your own changes let expect {low} to {high}. Is it right?",
    "unknown_project": "{rows} of this file name a project you have not declared: is it spelled as in your projects file?",
    "money_not_converted": "{rows} of this file could not be converted and do not count: are currency and days right?",
    "money_out_of_range": "{rows} of this file are outside the measure's hard range after conversion and do not count: is the currency right?",
}


@dataclass(frozen=True)
class OwnQuestion:
    """One row of the mart `questions`; `project` is the participant's own name of it. Fields are the columns of the file."""

    question_id: str
    status: str
    asked_on: date
    kind: str
    feed: str
    submission_id: str
    submission_row: int | None = None
    kpi_code: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    value_chain_stage: str | None = None
    project: str | None = None
    vendor: str | None = None
    value: float | None = None
    previous_value: float | None = None
    expected_low: float | None = None
    expected_high: float | None = None
    rows: int = 1

    @property
    def sentence(self) -> str:
        """The question as its participant reads it."""
        figures = {"value": self.value, "previous": self.previous_value, "low": self.expected_low, "high": self.expected_high}
        shown = {name: "" if figure is None else f"{figure:{SIGNIFICANT}}" for name, figure in figures.items()}
        return SENTENCES[self.kind].format(rows=f"{self.rows:,} row{'' if self.rows == 1 else 's'}", **shown)

    @property
    def about(self) -> str:
        """`SVC-07, 2025-01-01 to 2025-03-31, SV`, or the submission where the question is about several rows."""
        if self.kpi_code is None:
            return f"{self.feed}, submission {self.submission_id}"
        parts = (self.kpi_code, f"{self.period_start} to {self.period_end}", self.value_chain_stage, self.project, self.vendor)
        return ", ".join(part for part in parts if part)


COLUMNS = (*(f.name for f in fields(OwnQuestion)), "question")


def own_questions(workspace: Workspace) -> dict[str, tuple[OwnQuestion, ...]]:
    """Every participant's questions as the last night saw them, those to be answered first, then the newest first."""
    columns = ", ".join("project_ref" if name == "project" else name for name in COLUMNS[:-1])
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        rows = connection.execute(
            f"select participant_id, {columns} from marts.questions "
            "order by participant_id, status = 'confirmed', asked_on desc, feed, submission_id, submission_row, kind, question_id"
        ).fetchall()
    each = groupby(rows, key=lambda row: row[0])
    return {name: tuple(_named(Vault(workspace.vault), name, (OwnQuestion(*row[1:]) for row in group))) for name, group in each}


def to_answer(questions: Iterable[OwnQuestion]) -> tuple[OwnQuestion, ...]:
    """Those that still wait for a correction or a confirmation."""
    return tuple(q for q in questions if q.status in TO_ANSWER)


def questions_csv(questions: Iterable[OwnQuestion]) -> str:
    """One line per question; its id is what a file of the feed `confirmations` names."""
    lines = [",".join(COLUMNS), *(_line(q) for q in questions)]
    return "\n".join(lines) + "\n"


def write_questions(folder: Path, questions: Iterable[OwnQuestion]) -> bool:
    """Write `questions.csv` where it says something new; tells whether it did."""
    path, text = folder / FILE, questions_csv(questions)
    if path.exists() and path.read_text("utf-8") == text:
        return False
    write_atomically(path, text, durable=False)
    return True


def _named(vault: Vault, participant_id: str, questions: Iterable[OwnQuestion]) -> Iterator[OwnQuestion]:
    """With the participant's own names of its projects instead of their pseudonyms."""
    asked = tuple(questions)
    names = own_names(vault, participant_id) if any(q.project for q in asked) else {}
    return (replace(q, project=names.get(q.project, q.project)) if q.project else q for q in asked)


def _line(question: OwnQuestion) -> str:
    return ",".join((*(_field(value) for value in astuple(question)), csv_text(question.sentence)))


def _field(value: object) -> str:
    if value is None:
        return ""
    return csv_number(value) if isinstance(value, float) else csv_text(str(value))
