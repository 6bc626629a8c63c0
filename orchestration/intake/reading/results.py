"""What reading a file yields: a table of texts, the rows that fit no table, what was assumed; or one sentence why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from orchestration.contracts import TableContract
from orchestration.intake.reading.compute import arrow

WRONG_FIELDS = "fields"
LISTED_ROWS = 1000
BLANKS = "\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""What is trimmed around a text: Unicode's space separators."""
SHOWN_TEXT_LENGTH = 200


class UnreadableFileError(Exception):
    """The file as a whole cannot be taken; the message is the sentence its sender reads."""


@dataclass(frozen=True)
class RaggedRow:
    """A row that cannot be put into columns. `allowed` says what it should be; None where the number of `fields` is wrong."""

    row: int
    fields: int
    text: str
    rule: str = WRONG_FIELDS
    allowed: str | None = None


@dataclass(frozen=True)
class ReadFile:
    """`table`: one text column per contract column (NULL where the file lacks it) and `_row`, the data row number.

    Texts have no blanks around them and none is empty: NULL stands there. `ragged`: the first of the rows set apart, at
    most `LISTED_ROWS`; `apart_counts`: all of them, by rule.
    """

    table: pa.Table
    ragged: tuple[RaggedRow, ...]
    header_fields: int
    assumed: tuple[tuple[str, str], ...]
    apart_counts: tuple[tuple[str, int], ...] = ()

    @property
    def rows_apart(self) -> int:
        return sum(count for _, count in self.apart_counts)

    @property
    def rows(self) -> int:
        return self.table.num_rows + self.rows_apart


@dataclass(frozen=True)
class Expected:
    """What a reader has to know of a contract: names alone."""

    feed: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    numeric: tuple[str, ...]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, contract: TableContract) -> Expected:
        return cls(
            contract.name,
            contract.column_names,
            tuple(c.name for c in contract.columns if c.required),
            tuple(c.name for c in contract.columns if c.logical_type in ("number", "integer")),
            tuple(c.name for c in contract.columns if c.logical_type == "string"),
        )


@dataclass(frozen=True)
class TextTable:
    """What one format's reader returns: text columns named as in the file, the row number of each row, rows set apart.

    `is_trimmed`: whether the reader knows that no text is empty or has blanks around it.
    """

    table: pa.Table
    numbers: np.ndarray
    apart: tuple[RaggedRow, ...]
    apart_counts: tuple[tuple[str, int], ...]
    header_fields: int
    assumed: tuple[tuple[str, str], ...]
    is_trimmed: bool = False


def row_numbers(rows: int, apart: Sequence[int] | np.ndarray) -> np.ndarray:
    """Numbers of the rows of a table, 1-based, those set apart left out."""
    numbers = np.arange(1, rows + len(apart) + 1, dtype=np.int32)
    return np.delete(numbers, np.asarray(apart, dtype=np.int64) - 1) if len(apart) else numbers


def in_contract_columns(read: TextTable, expected: Expected) -> ReadFile:
    """The columns in contract order; rows without any value at the end of the file are no rows."""
    read = without_empty_tail(read if read.is_trimmed else _trimmed(read))
    present = set(read.table.column_names)
    rows = read.table.num_rows
    columns = [read.table[c] if c in present else pa.nulls(rows, pa.string()) for c in expected.columns]
    table = pa.table([*columns, pa.array(read.numbers, pa.int32())], names=[*expected.columns, "_row"])
    return ReadFile(table, read.apart, read.header_fields, read.assumed, read.apart_counts)


def without_empty_tail(read: TextTable) -> TextTable:
    """Drop the last rows while nothing stands in them: spreadsheets write them, nobody means them."""
    rows = read.table.num_rows
    if not rows or any(column[-1].is_valid for column in read.table.columns):
        return read
    filled = np.zeros(rows, bool)
    for column in read.table.columns:
        filled |= column.is_valid().to_numpy(zero_copy_only=False)
    places = np.flatnonzero(filled)
    keep = int(places[-1]) + 1 if places.size else 0
    if read.apart:
        keep = max(keep, int(np.searchsorted(read.numbers, read.apart[-1].row)))
    return replace(read, table=read.table.slice(0, keep), numbers=read.numbers[:keep])


def _trimmed(read: TextTable) -> TextTable:
    columns = [arrow.utf8_trim(column, characters=BLANKS) for column in read.table.columns]
    columns = [arrow.if_else(arrow.equal(column, ""), None, column) for column in columns]
    return replace(read, table=pa.table(columns, names=read.table.column_names), is_trimmed=True)
