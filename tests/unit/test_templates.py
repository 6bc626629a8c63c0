"""Templates: what a person is given to fill. Read back with nothing but the archive's own XML."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.contracts import intake_contracts
from orchestration.errors import EvenhandError
from orchestration.intake.templates import csv_template, example_row, sendable_kpis, workbook_template
from orchestration.settings import PROJECT_ROOT
from tests.unit.test_checking import counts, judge

FEEDS = sorted(intake_contracts())
NS = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def parsed(xml: bytes | str) -> ET.Element:
    return ET.fromstring(xml)  # noqa: S314 - our own bytes


class Book:
    """A workbook as texts: sheet names in order, cells by sheet, and the raw XML of each sheet."""

    def __init__(self, content: bytes) -> None:
        self.archive = zipfile.ZipFile(io.BytesIO(content))
        shared = parsed(self.archive.read("xl/sharedStrings.xml"))
        self._texts = ["".join(t.text or "" for t in item.iter(f"{{{NS['s']}}}t")) for item in shared]
        self.sheets = [s.attrib["name"] for s in parsed(self.archive.read("xl/workbook.xml")).find("s:sheets", NS) or ()]
        self.xml = {name: self.archive.read(f"xl/worksheets/sheet{n}.xml").decode() for n, name in enumerate(self.sheets, start=1)}

    def rows(self, sheet: str) -> list[list[str]]:
        found = parsed(self.xml[sheet]).iterfind("s:sheetData/s:row", NS)
        return [[self._texts[int(v.text or 0)] for v in row.iterfind("s:c/s:v", NS)] for row in found]


@pytest.fixture(scope="module")
def books() -> dict[str, Book]:
    return {feed: Book(workbook_template(feed)) for feed in FEEDS}


@pytest.mark.parametrize("feed", FEEDS)
def test_the_data_sheet_opens_first_and_holds_the_header_row_alone(books: dict[str, Book], feed: str) -> None:
    book = books[feed]
    assert book.sheets[:2] == [feed, "README"]
    assert book.rows(feed) == [list(intake_contracts()[feed].column_names)]
    assert csv_template(feed).split(",") == book.rows(feed)[0]


@pytest.mark.parametrize("feed", FEEDS)
def test_every_column_has_a_note_and_every_allowed_value_a_list(books: dict[str, Book], feed: str) -> None:
    book, contract = books[feed], intake_contracts()[feed]
    (comments,) = [name for name in book.archive.namelist() if name.startswith("xl/comments")]
    notes = book.archive.read(comments).decode()
    assert notes.count("<comment ") == len(contract.columns)
    for column in contract.columns:
        assert column.description.replace("'", "'").split(";")[0][:30] in re.sub("&apos;|&#39;", "'", notes), column.name
    lists = re.findall(r"<dataValidation type=\"list\".*?</dataValidation>", book.xml[feed])
    limited = [c for c in contract.columns if c.allowed or c.logical_type == "boolean" or c.name == "kpi_code"]
    assert len(lists) == len(limited)
    for column in limited:
        if column.allowed:
            assert any(",".join(column.allowed) in found for found in lists), column.name


@pytest.mark.parametrize("feed", FEEDS)
def test_the_example_stands_where_it_is_not_read_and_would_be_accepted(books: dict[str, Book], feed: str, tmp_path: Path) -> None:
    """Not on the data sheet, so that it cannot be sent by mistake; and it is a good example."""
    contract = intake_contracts()[feed]
    example = example_row(contract)
    (verdict,) = judge(tmp_path, feed, [[example]])
    assert counts(verdict) == (1, 1, 0, 0), verdict.problems
    table = {row[0]: row for row in books[feed].rows("README") if row and row[0] in contract.column_names}
    assert list(table) == list(contract.column_names)
    assert all(table[name][-1] == text for name, text in example.items() if text)


def test_the_kpis_are_explained_the_core_module_first(books: dict[str, Book]) -> None:
    head, *rows = books["kpi_values"].rows("KPIs")
    assert head == ["code", "module", "name", "definition", "numerator", "denominator", "unit", "direction", "hard range", "send it every"]
    assert [row[1] for row in rows[:22]] == ["core"] * 22
    assert "core" not in {row[1] for row in rows[22:]}
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "kpi_catalogue.csv").open(encoding="utf-8") as handle:
        sendable = {row["code"] for row in csv.DictReader(handle) if row["computed"] == "false"}
    assert {row[0] for row in rows} == sendable == {kpi["code"] for kpi in sendable_kpis()}
    assert f"KPIs!$A$2:$A${len(rows) + 1}" in books["kpi_values"].xml["kpi_values"]
    active = next(row for row in rows if row[0] == "ADO-01")
    definition = "Of all the people who may use the system, how many really used it in the month, averaged over the months measured."
    assert active[2:] == [
        "Active-use rate",
        f"{definition} It counts users; licences that nobody uses are ADO-02.",
        *("users active in the month, summed over months", "users entitled in the month, summed over months"),
        *("%", "higher is better", "0 to 100", "quarter"),
    ]


def test_the_same_template_is_the_same_bytes_without_formula_link_or_clock(books: dict[str, Book]) -> None:
    for feed in FEEDS:
        assert workbook_template(feed) == workbook_template(feed)
        assert not any("<f>" in xml or "<hyperlink" in xml for xml in books[feed].xml.values())
        assert "2024-01-01T00:00:00Z" in books[feed].archive.read("docProps/core.xml").decode()


def test_the_command_writes_to_standard_output_or_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    assert run.invoke(app, ["template", "engagements"]).output == "project_ref,vendor,vendor_role,annual_spend,currency\n"
    assert run.invoke(app, ["template", "engagements", "--xlsx"]).output == "Template: engagements.xlsx\n"
    assert (tmp_path / "engagements.xlsx").read_bytes() == workbook_template("engagements")
    again = run.invoke(app, ["template", "engagements", "--xlsx"])
    assert isinstance(again.exception, EvenhandError)
    assert "nothing was overwritten" in str(again.exception)
    assert run.invoke(app, ["template", "engagements", "--output", "e.csv"]).exit_code == 0
    assert (tmp_path / "e.csv").read_text() == "project_ref,vendor,vendor_role,annual_spend,currency\n"
    unknown = run.invoke(app, ["template", "engagement", "--xlsx"])
    assert "Did you mean 'engagements'" in str(unknown.exception)
