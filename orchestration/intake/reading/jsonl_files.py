"""JSON lines into columns: one flat object a line. A line that is no such object is set apart; an unknown key refuses the file.

Row 1 is the first line that is not empty. Numbers keep the digits they were written with.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from orchestration.intake.reading.encodings import as_utf8
from orchestration.intake.reading.header import refuse_missing, refuse_unknown
from orchestration.intake.reading.limits import Limits, refuse_columns, refuse_rows
from orchestration.intake.reading.numbers import plain_decimal
from orchestration.intake.reading.results import Expected, TextTable, UnreadableFileError
from orchestration.intake.reading.set_apart import SetApart

NOT_FLAT = "json_line"
LONGEST_LINE_BYTES = 1 << 24
CHUNK_ROWS = 20_000
BOM = b"\xef\xbb\xbf"
IS_OBJECT = 'one JSON object a line, such as {{"{key}": ...}}, each name once, with texts, numbers, true, false or null as values'


class _NotFlatError(ValueError):
    """A line that is valid JSON perhaps, but no row."""


def read_jsonl(path: Path, expected: Expected, limits: Limits) -> TextTable:
    """Read JSON lines. Raises `UnreadableFileError` with a sentence for its sender."""
    apart = SetApart()
    with as_utf8(path) as (text, encoding):
        names, table, numbers = _rows(text, expected, limits, apart)
    return TextTable(table, numbers, apart.listed, apart.counts, len(names), (("encoding", encoding),))


def _rows(path: Path, expected: Expected, limits: Limits, apart: SetApart) -> tuple[list[str], pa.Table, np.ndarray]:
    gathered = _Gathered(expected)
    allowed = IS_OBJECT.format(key=expected.columns[0])
    for number, line in enumerate(_lines(path, expected), start=1):
        if number > limits.max_file_rows:
            refuse_rows(number, limits, counted_all=False)
        row = _parsed(line)
        if row is None:
            apart.add(number, 0, line.decode("utf-8", "replace"), NOT_FLAT, allowed)
            apart.refuse_full()
        else:
            refuse_columns(len(row), limits)
            gathered.add(number, row)
    if gathered.numbers:
        refuse_missing(gathered.names, expected)
    return gathered.names, gathered.table(), np.array(gathered.numbers, np.int32)


def _lines(path: Path, expected: Expected) -> Iterator[bytes]:
    is_first = True
    with path.open("rb") as handle:
        while line := handle.readline(LONGEST_LINE_BYTES + 1):
            if len(line) > LONGEST_LINE_BYTES:
                raise UnreadableFileError(
                    f"A line is longer than {LONGEST_LINE_BYTES >> 20} MB: write one JSON object a line, and no longer texts."
                )
            line = line.removeprefix(BOM).strip() if is_first else line.strip()
            if not line:
                continue
            if is_first and (line.startswith(b"[") or line == b"{"):
                raise UnreadableFileError(
                    "The file is JSON, but not JSON lines: write one object a line, without brackets around them and commas between them."
                )
            is_first = False
            yield line
    if is_first:
        raise UnreadableFileError(f"The file is empty: one JSON object a line with the columns of {expected.feed} is needed.")


class _Gathered:
    """Values of the rows so far by column, turned into Arrow chunk by chunk."""

    def __init__(self, expected: Expected) -> None:
        self._expected, self._known = expected, set(expected.columns)
        self._values: dict[str, list[str | None]] = {name: [] for name in expected.columns}
        self._chunks: list[pa.Table] = []
        self._seen: set[str] = set()
        self.numbers = array("q")

    @property
    def names(self) -> list[str]:
        return [name for name in self._expected.columns if name in self._seen]

    def add(self, number: int, row: dict[str, str | None]) -> None:
        if not row.keys() <= self._seen:
            refuse_unknown(list(row), self._expected)
            self._seen |= row.keys()
        for name, values in self._values.items():
            values.append(row.get(name))
        self.numbers.append(number)
        if len(self.numbers) % CHUNK_ROWS == 0:
            self._flush()

    def _flush(self) -> None:
        self._chunks.append(pa.table({name: pa.array(values, pa.string()) for name, values in self._values.items()}))
        self._values = {name: [] for name in self._expected.columns}

    def table(self) -> pa.Table:
        self._flush()
        return pa.concat_tables(self._chunks).select(self.names)


def _flat(pairs: list[tuple[str, Any]]) -> dict[str, str | None]:
    """An object's values as texts. Raises `_NotFlatError` for a name that stands twice and for values that are no single value."""
    row = dict(pairs)
    if len(row) != len(pairs):
        raise _NotFlatError
    for name, value in pairs:
        if isinstance(value, bool):
            row[name] = "true" if value else "false"
        elif isinstance(value, str):
            row[name] = _whole(value) or None
        elif value is not None:
            raise _NotFlatError
    return row


def _whole(text: str) -> str:
    """The text; half a character (a lone surrogate) raises ValueError."""
    if not text.isascii():
        text.encode()
    return text


_DECODER = json.JSONDecoder(object_pairs_hook=_flat, parse_float=plain_decimal, parse_int=plain_decimal, parse_constant=str)


def _parsed(line: bytes) -> dict[str, str | None] | None:
    """The row of a line, None where it holds none: no JSON, no object, nested, a name twice, half a character."""
    try:
        row = _DECODER.decode(line.decode())
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None
