"""An empty workbook of a feed, for people who fill by hand: header, notes, drop-down lists, formats and explanations.

The sheet named like the feed holds the header row and nothing else; the example stands on the sheet README, which the
intake does not read, so that no example can be sent by mistake. The same contract and catalogue give the same bytes.
"""

from __future__ import annotations

import csv
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from orchestration.contracts import Column, TableContract, intake_contracts
from orchestration.errors import EvenhandError
from orchestration.intake.arrivals import unknown_name
from orchestration.settings import PROJECT_ROOT

CATALOGUE = PROJECT_ROOT / "dbt_project" / "seeds" / "kpi_catalogue.csv"
MADE_ON = datetime(2024, 1, 1)  # noqa: DTZ001 - a workbook's dates have no time zone; fixed, so that bytes repeat
FORMATTED_ROWS = 10_000
LONGEST_INLINE_LIST = 250
README, KPIS, LISTS = "README", "KPIs", "lists"
KPI_CODE = "kpi_code"
MODULES = ("core", "extended", "public_sector")
DIRECTIONS = {"H": "higher is better", "L": "lower is better", "N": "context only"}
KPI_COLUMNS = (
    *(("code", 9), ("module", 13), ("name", 32), ("definition", 60), ("numerator", 36), ("denominator", 36)),
    *(("unit", 11), ("direction", 17), ("hard range", 18), ("send it every", 13)),
)
EXAMPLES = {
    "participant_id": "P-0001",
    "holding_group_id": "G-0001",
    "country": "CH",
    "currency": "EUR",
    "verified": "true",
    "project_ref": "PRJ-7",
    "programme_ref": "PRG-1",
    "question_id": "Q0123456789abcdef01234567",
    "intervention_ref": "INT-3",
    "vendor": "Example Vendor Ltd",
    KPI_CODE: "ADO-01",
    "objective": "OBJ-2",
    "customer": "EXTERNAL",
    "job": "JOB-1",
    "step": "STEP-2",
    "outcome_code": "OUT-5",
    "respondent_group": "users",
    "legal_entity_id": "529900T8BM49AURSDO55",
    "consent_version": "1.0",
    "numerator": "420",
    "denominator": "600",
    "value": "75",
    "target": "80",
    "base": "600",
    "weight": "0.25",
    "importance": "8.5",
    "satisfaction": "4",
    "revenue_share": "0.2",
    "respondents": "120",
    "period_start": "2025-01-01",
    "period_end": "2025-03-31",
    "due_on": "2026-12-31",
    "promised_on": "2025-01-15",
    "consumer_goal_attainment": "0.7",
    "consumer_delight": "0.4",
    "treated_units": "40",
    "total_units": "100",
}
BY_TYPE = {"string": "text", "number": "1000", "integer": "12", "date": "2025-01-01", "boolean": "true"}


def contract_of(feed: str) -> TableContract:
    """Raises `EvenhandError` for an unknown feed."""
    contracts = intake_contracts()
    if feed not in contracts:
        raise EvenhandError(unknown_name("feed", feed, contracts))
    return contracts[feed]


def csv_template(feed: str) -> str:
    """The header row of a feed's CSV. Raises `EvenhandError` for an unknown feed."""
    return ",".join(contract_of(feed).column_names)


def workbook_template(feed: str) -> bytes:
    """The workbook of a feed as bytes. Raises `EvenhandError` for an unknown feed."""
    contract, stream = contract_of(feed), BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": f"Evenhand: {feed}", "created": MADE_ON})
        _Template(book, contract).write()
    return stream.getvalue()


def example_row(contract: TableContract) -> dict[str, str]:
    """A row of the feed that the intake would accept, in texts."""
    return {column.name: _example(column) for column in contract.columns}


@cache
def sendable_kpis() -> tuple[dict[str, str], ...]:
    """The catalogue's KPIs that participants send, the core module first: it is what a new participant is asked for."""
    with CATALOGUE.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["computed"] != "true" and not row["valid_to"]]
    return tuple(sorted(rows, key=lambda row: (MODULES.index(row["module"]), row["code"])))


class _Template:
    """One workbook being written; keeps what all its sheets share."""

    def __init__(self, book: xlsxwriter.Workbook, contract: TableContract) -> None:
        self._book, self._contract = book, contract
        self._head = book.add_format({"bold": True, "bg_color": "#e3e8ef", "bottom": 1, "font_color": "#1b1f24"})
        self._needed = book.add_format({"bold": True, "bg_color": "#b9c4d2", "bottom": 1, "font_color": "#1b1f24"})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self._title = book.add_format({"bold": True, "font_size": 14, "font_color": "#1b1f24"})
        self._cells = {
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "string": book.add_format({"num_format": "@"}),
            "number": book.add_format({"num_format": "General"}),
            "integer": book.add_format({"num_format": "0"}),
            "boolean": book.add_format({"num_format": "@"}),
        }

    def write(self) -> None:
        """Data sheet first: it is what opens, and what is read."""
        data = self._book.add_worksheet(self._contract.name)
        readme = self._book.add_worksheet(README)
        if KPI_CODE in self._contract.column_names:
            self._write_kpis(self._book.add_worksheet(KPIS))
        self._write_data(data)
        self._write_readme(readme)

    def _write_data(self, sheet: Worksheet) -> None:
        long_lists: list[Column] = []
        for number, column in enumerate(self._contract.columns):
            sheet.set_column(number, number, max(12, len(column.name) + 2), self._cells[column.logical_type])
            sheet.write_string(0, number, column.name, self._needed if column.required else self._head)
            sheet.write_comment(0, number, _note(column), {"x_scale": 2.2, "y_scale": 1.4, "author": "Evenhand"})
            validation = self._validation(column, long_lists)
            if validation:
                sheet.data_validation(1, number, FORMATTED_ROWS, number, validation)
        if long_lists:
            self._write_lists(self._book.add_worksheet(LISTS), long_lists)
        sheet.freeze_panes(1, 0)

    def _validation(self, column: Column, long_lists: list[Column]) -> dict[str, Any] | None:
        """Lists guide and do not refuse where the house's catalogue may be newer than the workbook; the intake decides."""
        if column.name == KPI_CODE:
            return {"validate": "list", "source": f"={KPIS}!$A$2:$A${len(sendable_kpis()) + 1}", "error_type": "warning"}
        values = ("true", "false") if column.logical_type == "boolean" else column.allowed
        if not values:
            return None
        if len(",".join(values)) <= LONGEST_INLINE_LIST:
            return {"validate": "list", "source": list(values), "error_message": "Allowed: " + ", ".join(values)[:200]}
        long_lists.append(column)
        letter = chr(ord("A") + len(long_lists) - 1)
        return {"validate": "list", "source": f"={LISTS}!${letter}$2:${letter}${len(values) + 1}"}

    def _write_lists(self, sheet: Worksheet, columns: list[Column]) -> None:
        for number, column in enumerate(columns):
            sheet.write_string(0, number, column.name, self._head)
            sheet.write_column(1, number, column.allowed)

    def _write_readme(self, sheet: Worksheet) -> None:
        contract = self._contract
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 10)
        sheet.set_column(2, 2, 90, self._wrapped)
        sheet.set_column(3, 3, 26)
        sheet.write_string(0, 0, f"How to fill the sheet {contract.name}", self._title)
        lines = [*_ADVICE, f"{contract.description} {'The first version of a row stands.' if contract.frozen else ''}".strip()]
        for number, line in enumerate(lines, start=1):
            sheet.write_string(number, 0, line)
        top = len(lines) + 2
        for number, head in enumerate(("column", "needed", "meaning", "example (not read)")):
            sheet.write_string(top, number, head, self._head)
        examples = example_row(contract)
        for row, column in enumerate(contract.columns, start=top + 1):
            for number, text in enumerate((column.name, "yes" if column.required else "", _note(column), examples[column.name])):
                sheet.write_string(row, number, text)

    def _write_kpis(self, sheet: Worksheet) -> None:
        for number, (head, width) in enumerate(KPI_COLUMNS):
            sheet.set_column(number, number, width, self._wrapped)
            sheet.write_string(0, number, head, self._head)
        core: Format = self._book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#dbe8f6"})
        for row, kpi in enumerate(sendable_kpis(), start=1):
            for number, text in enumerate(_kpi_texts(kpi)):
                sheet.write_string(row, number, text, core if kpi["module"] == "core" else self._wrapped)
        sheet.freeze_panes(1, 1)


_ADVICE = (
    "Fill the first sheet only, one row per line; leave its header row as it is. Only that sheet is read.",
    "Darker headers are required columns. Every header has a note. Dates are ISO dates such as 2025-12-31.",
    "The example below is for reading. It stands here and not on the first sheet, so that it cannot be sent by mistake; nothing need be removed.",
    "Use references, never names of persons, e-mail addresses or telephone numbers. Money has no thousands separators.",
    "New here? Start with the core module: the rows in colour on the sheet KPIs, where there is one.",
)


def _kpi_texts(kpi: dict[str, str]) -> tuple[str, ...]:
    hard_range = f"{kpi['min'] or 'no limit'} to {kpi['max'] or 'no limit'}"
    denominator = "none, leave it empty" if kpi["denominator"] == "1" else kpi["denominator"]
    unit = "money" if kpi["unit"] == "cur" else kpi["unit"]
    return (
        *(kpi["code"], kpi["module"].replace("_", " "), kpi["name"], kpi["definition"], kpi["numerator"], denominator),
        *(unit, DIRECTIONS[kpi["direction"]], hard_range, kpi["frequency"]),
    )


def _note(column: Column) -> str:
    parts = [
        column.description,
        "Required." if column.required else f"May be empty{f' (then {column.default})' if column.default else ''}.",
    ]
    if column.allowed:
        parts.append("Allowed: " + ", ".join(column.allowed) + ".")
    if column.minimum is not None and column.maximum is not None and column.logical_type != "date":
        parts.append(f"From {column.minimum:,} to {column.maximum:,}.")
    if column.privacy:
        parts.append("Replaced by a pseudonym when it is received.")
    return " ".join(parts)


def _example(column: Column) -> str:
    if column.name in EXAMPLES:
        return EXAMPLES[column.name]
    if column.name in ("valid_from", "valid_to"):
        return ""
    return column.allowed[0] if column.allowed else BY_TYPE[column.logical_type]
