"""`checks.html` from hand-made results: what it says, in what order, and what it must never carry."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from orchestration.gate import CheckOutcome, GateResult, checks_page

PASSED = CheckOutcome("rows_present", "There is at least one row.", "error", True, 1234, 0, "1234 rows", "at least 1")
FAILED = CheckOutcome("key_unique", "No cell appears twice.", "error", False, 1234, 17, "17 of 1234", "none allowed")
WARNED = CheckOutcome("period_rows", "About as many rows.", "warning", False, 40, 1, "40 rows, 100 before", "50 %")


def result(*outcomes: CheckOutcome) -> GateResult:
    return GateResult("2025-r0", "public", 1234, outcomes)


def text_of(page: str) -> str:
    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.words: list[str] = []
            self.in_style = False

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.in_style = tag == "style"

        def handle_endtag(self, tag: str) -> None:
            self.in_style = False

        def handle_data(self, data: str) -> None:
            if not self.in_style:
                self.words.append(data)

    reader = Reader()
    reader.feed(page)
    return " ".join(" ".join(reader.words).split())


def test_failures_come_first_with_their_figures() -> None:
    text = text_of(checks_page(result(PASSED, WARNED, FAILED)))
    assert text.index("key_unique") < text.index("period_rows") < text.index("rows_present")
    assert "No cell appears twice. key_unique ■ failed 1,234 17 17 of 1234 none allowed" in text
    assert "Failed: 1" in text
    assert "Warnings: 1" in text
    assert "Passed: 1" in text


@pytest.mark.parametrize(
    ("outcomes", "says"),
    [
        ((PASSED,), "● Green: None of 1 checks failed, so nothing here stops this release."),
        ((PASSED, WARNED), "nothing here stops this release. 1 gave a warning, which stops nothing."),
        ((PASSED, FAILED), "■ Red: 1 of 2 checks failed, so this release must not leave."),
    ],
)
def test_the_verdict_is_said_in_words(outcomes: tuple[CheckOutcome, ...], says: str) -> None:
    assert says in text_of(checks_page(result(*outcomes)))


def test_a_warning_does_not_fail_the_result_and_an_error_does() -> None:
    assert result(PASSED, WARNED).passed
    assert not result(PASSED, FAILED).passed


def test_markup_in_a_figure_is_shown_as_text() -> None:
    hostile = '<script>alert("x")</script>'
    page = checks_page(replace(result(replace(FAILED, observed=hostile, limit=hostile)), release_id=hostile))
    assert "<script" not in page
    assert hostile in text_of(page)


def test_the_page_needs_nothing_else_and_has_no_clock() -> None:
    page = checks_page(result(PASSED, FAILED, WARNED))
    assert page == checks_page(result(PASSED, FAILED, WARNED))
    assert not re.search(r"<script|<link|<img|<iframe|\son\w+=|https?:|url\(|@import|20\d\d-\d\d-\d\d", page)


def test_the_page_is_named_structured_and_made_for_narrow_screens_and_paper() -> None:
    page = checks_page(result(PASSED, FAILED))
    for part in ('<html lang="en">', "<title>Checks of release 2025-r0</title>", "width=device-width", "<main>"):
        assert part in page
    assert page.count("<h1>") == 1
    assert len(re.findall(r'scope="col"', page)) == 2 * 6
    assert "@media print" in page
    assert "@media (max-width: 44rem)" in page
