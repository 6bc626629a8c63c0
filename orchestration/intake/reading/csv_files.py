"""Delimited text into columns: Arrow reads, this decides what it is told and what becomes of rows of another width.

Commas, semicolons or tabs: the delimiter that finds the feed's columns in the header row. Row 1 is the first data row;
empty lines are not rows.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from orchestration.intake.reading.delimiters import DELIMITERS, delimiter_of
from orchestration.intake.reading.encodings import as_utf8
from orchestration.intake.reading.header import check_header, trimmed
from orchestration.intake.reading.limits import Limits, refuse_columns, refuse_rows
from orchestration.intake.reading.numbers import POINT, numbers_of_two_readings, with_decimal_point
from orchestration.intake.reading.quotations import BAD_QUOTES, LONGEST_ROW_BYTES, refuse_open_quotation
from orchestration.intake.reading.results import Expected, TextTable, UnreadableFileError, row_numbers
from orchestration.intake.reading.set_apart import SetApart
from orchestration.intake.reading.widths import OtherWidths, as_texts

SNIFF_BYTES = 256 * 1024
SMALLEST_BLOCK = 1 << 16
SNIFF_ROWS = 20
MOST_EMPTY_FIELDS = 100
TWO_READINGS = "decimal_mark"
LOOKED_AT_BYTES = 1 << 24
_BESIDE_BLANKS = [pair for end in (*DELIMITERS, "\n", "\r") for pair in (f" {end}".encode(), f"{end} ".encode())]


@dataclass(frozen=True)
class Layout:
    """`header`: the columns' names; `width`: fields of an ordinary row (more than names where lines end in delimiters)."""

    delimiter: str
    header: list[str]
    width: int
    skipped_lines: int
    is_header_alone: bool


def read_csv(path: Path, expected: Expected, limits: Limits) -> TextTable:
    """Read delimited text. Raises `UnreadableFileError` with a sentence for its sender."""
    with as_utf8(path) as (text, encoding):
        size = text.stat().st_size
        layout = _layout(text, size, expected, limits)
        refuse_open_quotation(text, layout.delimiter)
        is_trimmed = _is_trimmed(text, size)
        apart = SetApart()
        table, numbers = _no_rows(layout.header) if layout.is_header_alone else _rows(text, size, layout, limits, apart)
    assumed = [("encoding", encoding), ("delimiter", DELIMITERS[layout.delimiter])]
    if layout.delimiter != ",":
        table, mark = with_decimal_point(table, expected.numeric)
        table, numbers = _without_two_readings(table, numbers, layout, expected, apart) if mark == POINT else (table, numbers)
        assumed.append(("decimal_mark", mark))
    return TextTable(table, numbers, apart.listed, apart.counts, len(layout.header), tuple(assumed), is_trimmed)


def _without_two_readings(
    table: pa.Table, numbers: np.ndarray, layout: Layout, expected: Expected, apart: SetApart
) -> tuple[pa.Table, np.ndarray]:
    """The rows whose numbers can be read in one way; the others are set apart."""
    found = numbers_of_two_readings(table, expected.numeric)
    if not found:
        return table, numbers
    keep = np.ones(table.num_rows, bool)
    for place, allowed in found:
        keep[place] = False
        fields = [column[place].as_py() or "" for column in table.columns] if apart.is_listing else []
        apart.add(int(numbers[place]), table.num_columns, layout.delimiter.join(fields), TWO_READINGS, allowed)
    return table.filter(pa.array(keep)), numbers[keep]


def _is_trimmed(path: Path, size: int) -> bool:
    """Whether a look at the bytes shows that no field has blanks around it; False where more than a look is needed."""
    if size > LOOKED_AT_BYTES:
        return False
    text = path.read_bytes()
    if not text.isascii() or b'"' in text or text.startswith(b" ") or text.endswith(b" "):
        return False
    return not any(found in text for found in _BESIDE_BLANKS)


def _layout(path: Path, size: int, expected: Expected, limits: Limits) -> Layout:
    with path.open("rb") as handle:
        head = codecs.getincrementaldecoder("utf-8-sig")().decode(handle.read(SNIFF_BYTES))
    body = head.lstrip("\r\n")
    delimiter, told = delimiter_of(body, expected.columns)
    body = body[told:]
    lines = csv.reader(io.StringIO(body, newline=""), strict=True, delimiter=delimiter)
    names = _header_row(lines)
    header = trimmed(names)
    refuse_columns(len(names), limits)
    _refuse_bars(header, expected)
    check_header(header, expected)
    skipped = len(head[: len(head) - len(body)].splitlines())
    alone = size <= SNIFF_BYTES and "\n" not in body.strip().replace("\r", "\n")
    return Layout(delimiter, header, _width(lines, len(header), len(names)), skipped, alone)


def _header_row(lines: Iterator[list[str]]) -> list[str]:
    try:
        return next(lines, [])
    except csv.Error:
        raise UnreadableFileError("The header row cannot be read as comma separated text: check its quotation marks.") from None


def _refuse_bars(header: list[str], expected: Expected) -> None:
    if len(header) == 1 and "|" in header[0] and len(expected.columns) > 1:
        raise UnreadableFileError(
            "The columns are separated by vertical bars, allowed are commas, semicolons or tabs: save the file as comma separated CSV."
        )


def _width(lines: Iterator[list[str]], header: int, header_with_empty: int) -> int:
    """The most usual number of fields among the first rows that have the header's, and perhaps empty ones behind them."""
    widths = Counter({header_with_empty: 0})
    try:
        for row in islice(lines, SNIFF_ROWS):
            if header <= len(row) <= header + MOST_EMPTY_FIELDS and not any(row[header:]):
                widths[len(row)] += 1
    except csv.Error:
        pass
    return widths.most_common(1)[0][0]


def _no_rows(header: list[str]) -> tuple[pa.Table, np.ndarray]:
    return pa.table({name: pa.array([], pa.string()) for name in header}), row_numbers(0, ())


def _rows(path: Path, size: int, layout: Layout, limits: Limits, apart: SetApart) -> tuple[pa.Table, np.ndarray]:
    others = OtherWidths(apart, len(layout.header), layout.delimiter, 1 + layout.skipped_lines, limits)
    table = _parse(path, size, layout, limits, others, apart)
    numbers = row_numbers(table.num_rows, others.numbers)
    table, numbers = others.complete(table, numbers, layout.header)
    apart.drop_blank_tail(int(numbers[-1]) if len(numbers) else 0)
    refuse_rows(table.num_rows + len(apart), limits)
    return table, numbers


def _parse(path: Path, size: int, layout: Layout, limits: Limits, others: OtherWidths, apart: SetApart) -> pa.Table:
    names = [f"c{i}" for i in range(layout.width)]
    read = pacsv.ReadOptions(
        use_threads=False,
        block_size=min(max(size + 1, SMALLEST_BLOCK), LONGEST_ROW_BYTES),
        column_names=names,
        skip_rows=layout.skipped_lines,
        skip_rows_after_names=1,
    )
    parse = pacsv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=True, invalid_row_handler=others.take)
    try:
        if size > 2 * limits.max_file_rows:
            return _parse_counting(path, read, parse, limits, others)
        return pacsv.read_csv(path, read_options=read, parse_options=parse, convert_options=as_texts(names))
    except pa.ArrowInvalid:
        apart.refuse_full()
        raise UnreadableFileError(BAD_QUOTES) from None


def _parse_counting(path: Path, read: pacsv.ReadOptions, parse: pacsv.ParseOptions, limits: Limits, others: OtherWidths) -> pa.Table:
    """Read block by block and keep no row above the limit: counting them all costs no memory."""
    batches: list[pa.RecordBatch] = []
    rows = 0
    with pacsv.open_csv(path, read_options=read, parse_options=parse, convert_options=as_texts(read.column_names)) as reader:
        schema = reader.schema
        for batch in reader:
            rows += batch.num_rows
            if rows <= limits.max_file_rows:
                batches.append(batch)
    refuse_rows(rows + others.seen, limits)
    return pa.Table.from_batches(batches, schema)
