"""Rows of delimited text whose number of fields is not the ordinary one: those with only empty fields too many are mended.

Spreadsheets end some lines, not all, with delimiters. Such rows are read again in bulk, once for each width.
"""

from __future__ import annotations

import io
from array import array
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from orchestration.intake.reading.compute import arrow
from orchestration.intake.reading.limits import Limits
from orchestration.intake.reading.set_apart import SetApart

EMPTY_QUOTED = '""'
MENDABLE_ROWS = 1_000_000


def as_texts(names: list[str]) -> pacsv.ConvertOptions:
    """Every column a text, what is empty NULL. The text was found to be UTF-8 before."""
    return pacsv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        check_utf8=False,
        quoted_strings_can_be_null=True,
    )


class OtherWidths:
    """Takes the rows Arrow cannot place (`take` is its handler) and completes the table with those that can be mended."""

    def __init__(self, apart: SetApart, fields: int, delimiter: str, before_rows: int, limits: Limits) -> None:
        self._apart, self._fields, self._delimiter, self._before, self._limits = apart, fields, delimiter, before_rows, limits
        self._numbers = array("q")
        self._mendable: dict[int, list[tuple[int, str]]] = defaultdict(list)

    @property
    def seen(self) -> int:
        return len(self._numbers)

    @property
    def numbers(self) -> np.ndarray:
        return np.frombuffer(self._numbers, dtype=np.int64) if self._numbers else np.empty(0, np.int64)

    def take(self, row: pacsv.InvalidRow) -> str:
        if self._apart.is_full:
            return "error"
        number = (row.number or 0) - self._before
        self._numbers.append(number)
        if self._is_mendable(row):
            self._mendable[row.actual_columns].append((number, row.text))
        else:
            self._apart.add(number, row.actual_columns, row.text)
        return "skip"

    def _is_mendable(self, row: pacsv.InvalidRow) -> bool:
        if len(self._numbers) - len(self._apart) > MENDABLE_ROWS or row.actual_columns > self._limits.max_file_columns:
            return False
        ends_empty = row.text.endswith((self._delimiter, self._delimiter + EMPTY_QUOTED))
        return row.actual_columns == self._fields or (row.actual_columns > self._fields and ends_empty)

    def complete(self, table: pa.Table, numbers: np.ndarray, header: list[str]) -> tuple[pa.Table, np.ndarray]:
        """`table` with the header's columns alone and the mended rows in their places."""
        parts = [self._narrowed(table, numbers, header)]
        parts += [self._narrowed(*self._read_again(width, rows), header) for width, rows in self._mendable.items()]
        if len(parts) == 1:
            return parts[0]
        places = np.concatenate([n for _, n in parts])
        order = np.argsort(places, kind="stable")
        return pa.concat_tables([t for t, _ in parts]).take(pa.array(order)), places[order]

    def _read_again(self, width: int, rows: list[tuple[int, str]]) -> tuple[pa.Table, np.ndarray]:
        names = [f"c{i}" for i in range(width)]
        text = "\n".join(text for _, text in rows).encode()
        table = pacsv.read_csv(
            io.BytesIO(text),
            read_options=pacsv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
            parse_options=pacsv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
            convert_options=as_texts(names),
        )
        return table, np.array([number for number, _ in rows], np.int32)

    def _narrowed(self, table: pa.Table, numbers: np.ndarray, header: list[str]) -> tuple[pa.Table, np.ndarray]:
        """The header's columns; rows in which something stands beyond them are set apart."""
        beyond = table.columns[self._fields :]
        if any(column.null_count < len(column) for column in beyond):
            table, numbers = self._without_longer(table, numbers, beyond)
        return table.select(range(self._fields)).rename_columns(header), numbers

    def _without_longer(self, table: pa.Table, numbers: np.ndarray, beyond: list[pa.ChunkedArray]) -> tuple[pa.Table, np.ndarray]:
        longer = np.zeros(table.num_rows, bool)
        for column in beyond:
            longer |= column.is_valid().to_numpy(zero_copy_only=False)
        for place in np.flatnonzero(longer):
            fields = [value or "" for value in table.slice(int(place), 1).to_pylist()[0].values()]
            self._apart.add(int(numbers[place]), len(fields), self._delimiter.join(fields))
        return table.filter(arrow.invert(pa.array(longer))), numbers[~longer]
