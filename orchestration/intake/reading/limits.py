"""How much a file may hold. Checked as early as a format allows, and again on what was read."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from orchestration.intake.reading.compute import arrow
from orchestration.intake.reading.results import TextTable, UnreadableFileError
from orchestration.settings import Settings


@dataclass(frozen=True)
class Limits:
    """The part of the settings that readers need; holds no secret, so it may be handed to another process."""

    max_file_bytes: int
    max_file_rows: int
    max_file_columns: int
    max_unpacked_bytes: int
    max_value_chars: int
    read_seconds: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls(
            settings.max_file_bytes,
            settings.max_file_rows,
            settings.max_file_columns,
            settings.max_unpacked_bytes,
            settings.max_value_chars,
            settings.read_seconds,
        )


def refuse_bytes(size: int, limits: Limits) -> None:
    if size > limits.max_file_bytes:
        raise UnreadableFileError(
            f"The file has {size:,} bytes, allowed are at most {limits.max_file_bytes:,}: split it into smaller files, each with the header row."
        )


def refuse_columns(columns: int, limits: Limits) -> None:
    if columns > limits.max_file_columns:
        raise UnreadableFileError(f"The header row has {columns:,} columns, allowed are at most {limits.max_file_columns:,}.")


def refuse_rows(rows: int, limits: Limits, *, counted_all: bool = True) -> None:
    if rows > limits.max_file_rows:
        more = "" if counted_all else "more than "
        count = rows if counted_all else limits.max_file_rows
        raise UnreadableFileError(f"The file has {more}{count:,} rows, allowed are at most {limits.max_file_rows:,}: split it.")


def refuse_unpacked(size: int, limits: Limits) -> None:
    if size > limits.max_unpacked_bytes:
        raise UnreadableFileError(
            f"The file unpacks to more than {limits.max_unpacked_bytes:,} bytes, which is the most that is allowed: split it, or save it as CSV."
        )


def refuse_long_values(read: TextTable, limits: Limits) -> None:
    """Refuse a file one of whose values is longer than allowed; names the first."""
    for name in read.table.column_names:
        start = 0
        for chunk in read.table[name].chunks:
            row = _first_long(chunk, limits.max_value_chars)
            if row is not None:
                length = len(chunk[row].as_py())
                raise UnreadableFileError(
                    f"Row {int(read.numbers[start + row]):,}, column {name}: the value has {length:,} characters, allowed are at most {limits.max_value_chars:,}."
                )
            start += len(chunk)


def _first_long(chunk: pa.Array, longest: int) -> int | None:
    """Place of the first value above the limit. Bytes are looked at first: they are never fewer than characters, and cost nothing."""
    if not len(chunk) or chunk.nbytes <= longest or (arrow.max(arrow.binary_length(chunk)).as_py() or 0) <= longest:
        return None
    place = arrow.index(arrow.greater(arrow.utf8_length(chunk), longest), value=True).as_py()
    return None if place < 0 else place
