"""The receipt as a page: words before figures, nothing hostile gets through, and it costs next to nothing."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts import intake_contracts
from orchestration.intake.reading.jsonl_files import NOT_FLAT
from orchestration.intake.reading.results import WRONG_FIELDS
from orchestration.intake.receipt_page import RULE_WORDS, SHOWN, receipt_page, write_receipt_page
from orchestration.intake.rules import CONTRADICTION, rules_of

VOID = {"meta", "br", "link"}


def content(**changes: Any) -> dict[str, Any]:
    return {
        "submission_id": "S1",
        "sha256": "ab" * 32,
        "participant_id": "P1",
        "feed": "kpi_values",
        "file": "P1/kpi_values.csv",
        "bytes": 1234,
        "received_at": "2026-05-10",
        "taken_in_at": "2026-05-11T02:00:00+00:00",
        "verdict": "accepted",
        "sentence": None,
        "rows_read": 12,
        "rows_accepted": 12,
        "rows_quarantined": 0,
        "rows_collapsed": 0,
        "grade": "A",
        "grade_reasons": [],
        "assumed": {"encoding": "UTF-8"},
        "rule_counts": {},
        "problems": [],
        "question_counts": {},
        "questions": [],
    } | changes


PROBLEM = {"row": 3, "column": "target", "value": "x", "rule": "type", "allowed": "a number"}
QUESTION = {"row": 5, "column": "project_ref", "value": "Zeus", "question": "Is it declared?"}


class Page(HTMLParser):
    """Checks that every element is closed, and keeps tags and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1] != "style":
            self.words.append(" ".join(data.split()))


@pytest.mark.parametrize(
    ("changes", "verdict", "step"),
    [
        ({}, "Accepted: 12 rows read, none set aside.", "Nothing. To correct a row later"),
        ({"rows_read": 0, "rows_accepted": 0}, "Accepted, but the file holds no rows.", "Nothing."),
        (
            {
                "verdict": "accepted_with_quarantine",
                "rows_accepted": 11,
                "rows_quarantined": 1,
                "problems": [PROBLEM],
                "rule_counts": {"type": 1},
            },
            "Accepted in part: 11 of 12 rows taken in, 1 set aside.",
            "Mend the rows listed below",
        ),
        (
            {"verdict": "rejected", "sentence": "The file is empty.", "grade": None},
            "Rejected: no row of this file was taken in.",
            "Mend the file",
        ),
        ({"questions": [QUESTION], "question_counts": {"unknown_project": 1}}, "Accepted: 12 rows read", "Look at the questions"),
    ],
)
def test_the_verdict_stands_first_in_words_and_what_to_do_follows(changes: dict[str, Any], verdict: str, step: str) -> None:
    words = Page(receipt_page(content(**changes))).words
    text = " ".join(words)
    assert words[3].startswith(verdict)
    assert verdict in text
    assert step in text
    assert text.index(verdict) < text.index("What to do next") < text.index("Rows read")
    if changes.get("sentence"):
        assert changes["sentence"] in text


def test_the_reasons_of_the_grade_are_told_and_an_a_needs_none() -> None:
    reason = "40 % of the rows have evidence grade A or B: B (A needs 80 %, B 40 %)."
    assert reason in " ".join(Page(receipt_page(content(grade="B", grade_reasons=[reason]))).words)
    assert "Why the grade is no better" not in " ".join(Page(receipt_page(content())).words)


def test_problems_questions_and_assumptions_are_listed() -> None:
    page = Page(
        receipt_page(
            content(
                problems=[PROBLEM],
                rule_counts={"type": 1, "known_kpi": 2},
                questions=[QUESTION],
                question_counts={"unknown_project": 1},
                assumed={"decimal_sign": "comma"},
            )
        )
    )
    text = " ".join(page.words)
    for part in (
        "target",
        "the value is not of the column's type",
        "a number",
        "the KPI code is unknown on that day",
        "Zeus",
        "Is it declared?",
        "decimal sign: comma",
    ):
        assert part in text, part
    assert page.tags.count("table") == 3


def test_every_rule_a_receipt_may_name_is_told_as_what_went_wrong() -> None:
    named = {rule.name for contract in intake_contracts().values() for rule in rules_of(contract)} | {CONTRADICTION, WRONG_FIELDS, NOT_FLAT}
    assert named <= set(RULE_WORDS)


def test_long_lists_are_cut_and_say_so() -> None:
    page = receipt_page(content(problems=[PROBLEM | {"row": n} for n in range(1, 1001)], rule_counts={"type": 1000}))
    assert f"The first {SHOWN} of the problems" in page
    assert page.count('<td data-label="Column">target</td>') == SHOWN


def test_hostile_texts_show_literally_and_nothing_is_loaded() -> None:
    hostile = "=1+1<script>alert(1)</script>\"'&#x"
    page = receipt_page(content(file=hostile, problems=[PROBLEM | {"value": hostile}], rule_counts={"type": 1}, assumed={"sheet": hostile}))
    parsed = Page(page)
    assert "script" not in parsed.tags
    assert parsed.words.count(hostile) >= 2
    assert not re.search(r"(src|href)=|url\(|@import", page)


def test_the_page_is_accessible_in_its_bones() -> None:
    page = receipt_page(content(problems=[PROBLEM], rule_counts={"type": 1}))
    tags = Page(page).tags
    assert '<html lang="en">' in page
    assert (tags.count("h1"), tags.count("main"), tags.count("title")) == (1, 1, 1)
    assert page.count("<th ") == page.count("scope=")
    assert tags.count("table") == tags.count("caption")


def test_the_same_receipt_gives_the_same_bytes_and_wall_clocks_stay_out(tmp_path: Path) -> None:
    write_receipt_page(tmp_path, content())
    assert (tmp_path / "receipt.html").read_text("utf-8") == receipt_page(content(taken_in_at="2030-01-01T00:00:00+00:00"))


def test_a_page_costs_less_than_a_millisecond(tmp_path: Path) -> None:
    receipt = content(problems=[PROBLEM] * 5, rule_counts={"type": 5}, questions=[QUESTION] * 5, question_counts={"unknown_project": 5})
    receipt_page(receipt)
    started = time.process_time()
    for _ in range(500):
        write_receipt_page(tmp_path, receipt)
    assert (time.process_time() - started) / 500 < 0.001
