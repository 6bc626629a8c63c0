"""XLSX into columns of text. Runs in a process of its own (`apart.py`): the native reader meets files made to break it.

The first visible sheet, or the one named like the feed. Row 1 is the row below the header; rows without any value are no
rows, but keep their place, so that numbers are those a person counts on the sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum, load_workbook

from orchestration.intake.reading.header import check_header, trimmed
from orchestration.intake.reading.limits import Limits, refuse_columns, refuse_rows
from orchestration.intake.reading.numbers import plain_decimal
from orchestration.intake.reading.results import WRONG_FIELDS, Expected, TextTable, UnreadableFileError
from orchestration.intake.reading.set_apart import SetApart
from orchestration.intake.reading.workbook_parts import BROKEN, cells_without_value, check_parts

CELL_ERROR, MERGED, LOST_DIGITS = "cell_error", "merged_cells", "lost_digits"
KEPT_DIGITS = 15
CHUNK_ROWS = 20_000
LARGEST_TOLD_APART = 1 << 53
LOST_WORDS = (
    "a text: the number in column {column} has more than 15 digits, and a spreadsheet keeps no more than 15; "
    "store it as text (format the column as Text, then enter the number again)"
)
Marks = dict[int, tuple[str, str]]


def read_xlsx(path: Path, expected: Expected, limits: Limits) -> TextTable:
    """Read a workbook. Raises `UnreadableFileError` with a sentence for its sender."""
    check_parts(path, limits)
    try:
        with load_workbook(str(path)) as book:
            name, notes = _chosen(book, expected.feed)
            sheet = book.get_sheet_by_name(name)
            return _read(path, sheet, expected, limits, (("sheet", name), *notes))
    except (CalamineError, OSError, ValueError, OverflowError):
        raise UnreadableFileError(BROKEN) from None


def _chosen(book: CalamineWorkbook, feed: str) -> tuple[str, list[tuple[str, str]]]:
    """The sheet to read, and notes on those that are not read."""
    sheets = [s for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
    visible = [s.name for s in sheets if s.visible == SheetVisibleEnum.Visible]
    hidden = [s.name for s in sheets if s.visible != SheetVisibleEnum.Visible]
    if not visible:
        raise UnreadableFileError("The workbook has no visible sheet: put the rows on one.")
    name = next((v for v in visible if v.strip().casefold() == feed), visible[0])
    others = [v for v in visible if v != name]
    notes = [("hidden_sheets_ignored", _listed(hidden))] * bool(hidden) + [("sheets_not_read", _listed(others))] * bool(others)
    return name, notes


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10:,} more" if len(names) > 10 else "")


def _read(path: Path, sheet: CalamineSheet, expected: Expected, limits: Limits, assumed: tuple[tuple[str, str], ...]) -> TextTable:
    if sheet.start is None:
        raise UnreadableFileError(f"The sheet {sheet.name!r} is empty: a header row with the columns of {expected.feed} is needed.")
    first_column = sheet.start[1]
    refuse_columns(sheet.width, limits)
    refuse_rows(sheet.height - 1, limits)
    rows = enumerate(sheet.iter_rows(), start=1)
    header_row, names = next(((n, texts) for n, row in rows if any(texts := [_text(v) for v in row])), (0, []))
    header = trimmed([name or "" for name in names])
    check_header(header, expected)
    marks = _merged(sheet, header_row, first_column, len(header))
    marks |= _without_value(path, sheet.name, limits, header_row, first_column, len(header))
    apart = SetApart()
    references = [n for n, column in enumerate(header) if column in expected.texts]
    table, numbers = _rows(rows, header, header_row, marks, apart, references)
    return TextTable(table, numbers, apart.listed, apart.counts, len(header), assumed)


def _rows(
    rows: Iterable[tuple[int, list[Any]]], header: list[str], header_row: int, marks: Marks, apart: SetApart, references: Sequence[int]
) -> tuple[pa.Table, np.ndarray]:
    chunks: list[pa.Table] = []
    numbers: list[int] = []
    gathered: list[list[str | None]] = []
    width = len(header)
    for place, row in rows:
        texts = [_text(value) for value in row]
        if not any(texts) and marks.get(place, ("",))[0] != CELL_ERROR:
            continue
        if place in marks or any(texts[width:]):
            rule, allowed = marks.get(place, (WRONG_FIELDS, None))
            apart.add(place - header_row, len(texts), ",".join(t or "" for t in texts), rule, allowed)
            continue
        lost = next((n for n in references if type(row[n]) in (float, int) and not _is_kept(row[n])), None)
        if lost is not None:
            apart.add(place - header_row, len(texts), ",".join(t or "" for t in texts), LOST_DIGITS, LOST_WORDS.format(column=header[lost]))
            continue
        numbers.append(place - header_row)
        gathered.append(texts[:width])
        if len(gathered) == CHUNK_ROWS:
            chunks.append(_table(gathered, header))
            gathered = []
    return pa.concat_tables([*chunks, _table(gathered, header)]), np.array(numbers, np.int32)


def _table(rows: list[list[str | None]], header: list[str]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    return pa.table({name: pa.array(values, pa.string()) for name, values in zip(header, columns, strict=True)})


def _merged(sheet: CalamineSheet, header_row: int, first_column: int, width: int) -> Marks:
    """Rows of which a merged range covers a cell: a spreadsheet keeps the value in the first cell alone."""
    marks: Marks = {}
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        if left >= first_column + width or right < first_column or (top == bottom and left == right):
            continue
        for place in range(max(top + 1, header_row + 1), min(bottom + 1, sheet.total_height + 1) + 1):
            marks[place] = (MERGED, "a value in every cell: undo the merging of cells in this row and fill each")
    return marks


def _without_value(path: Path, name: str, limits: Limits, header_row: int, first_column: int, width: int) -> Marks:
    marks: Marks = {}
    for cell in cells_without_value(path, name, limits):
        if cell.row > header_row and first_column <= _column_number(cell.column) < first_column + width:
            said = "shows an error" if cell.is_error else "holds a formula without its result"
            marks[cell.row] = (
                CELL_ERROR,
                f"a stored value: cell {cell.column}{cell.row} {said}; mend it, recalculate the workbook and save it",
            )
    return marks


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _is_kept(value: float) -> bool:
    """Whether a number is as it was typed: a spreadsheet keeps 15 digits and puts zeros, or nothing, in the place of others."""
    return abs(value) < 10**KEPT_DIGITS and float(f"{value:.{KEPT_DIGITS}g}") == value


def _text(value: Any) -> str | None:
    """A cell's value as the text a person would have written. Of fractions a spreadsheet shows 15 digits, more are noise;
    whole numbers are as they are, as far as they are told apart."""
    kind = type(value)
    if kind is str:
        return value or None
    if kind is float:
        return str(int(value)) if value.is_integer() and abs(value) < LARGEST_TOLD_APART else plain_decimal(f"{value:.{KEPT_DIGITS}g}")
    return _other_text(value)


def _other_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, int | timedelta) else None
