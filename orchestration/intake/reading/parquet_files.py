"""Parquet into columns of text. Runs in a process of its own (`apart.py`): the native reader meets files made to break it.

The metadata is looked at before any data, and is not believed: rows and bytes are counted again while batches are read.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.intake.reading.arrow_text import as_text, is_flat
from orchestration.intake.reading.compute import arrow
from orchestration.intake.reading.header import check_header
from orchestration.intake.reading.limits import Limits, refuse_columns, refuse_rows, refuse_unpacked
from orchestration.intake.reading.results import Expected, TextTable, UnreadableFileError, row_numbers

MAGIC = b"PAR1"
TAIL_BYTES = 8
LARGEST_FOOTER = 1 << 24
LARGEST_THRIFT_LIST = 1_000_000
BATCH_ROWS = 1 << 14
BROKEN = "The file cannot be read as Parquet: it is damaged, encrypted or not Parquet at all. Write it again, or send it as CSV."


def read_parquet(path: Path, expected: Expected, limits: Limits) -> TextTable:
    """Read a Parquet file. Raises `UnreadableFileError` with a sentence for its sender."""
    _refuse_footer(path)
    try:
        return _read(path, expected, limits)
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError, KeyError):
        raise UnreadableFileError(BROKEN) from None


def _refuse_footer(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as handle:
        handle.seek(max(0, size - TAIL_BYTES))
        tail = handle.read(TAIL_BYTES)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or length > size - TAIL_BYTES:
        raise UnreadableFileError(BROKEN)
    if length > LARGEST_FOOTER:
        raise UnreadableFileError(
            f"The metadata of the Parquet file has {length:,} bytes, allowed are at most {LARGEST_FOOTER:,}: write it again."
        )


def _read(path: Path, expected: Expected, limits: Limits) -> TextTable:
    with _opened(path, []) as file:
        header = _checked_header(file, expected, limits)
        texts = _text_columns(file.schema_arrow)
    with _opened(path, texts) as file:
        table = _batches(file, header, expected, limits)
    names = [name for name in header if name in expected.columns]
    return TextTable(table, row_numbers(table.num_rows, ()), (), (), len(names), ())


def _opened(path: Path, texts: list[str]) -> pq.ParquetFile:
    return pq.ParquetFile(
        path,
        pre_buffer=False,
        read_dictionary=texts,
        thrift_string_size_limit=LARGEST_FOOTER,
        thrift_container_size_limit=LARGEST_THRIFT_LIST,
    )


def _checked_header(file: pq.ParquetFile, expected: Expected, limits: Limits) -> list[str]:
    schema = file.schema_arrow
    refuse_columns(max(len(schema), file.metadata.num_columns), limits)
    refuse_rows(file.metadata.num_rows, limits)
    refuse_unpacked(sum(file.metadata.row_group(n).total_byte_size for n in range(file.metadata.num_row_groups)), limits)
    check_header(schema.names, expected)
    for field in schema:
        if not is_flat(field.type):
            raise UnreadableFileError(
                f"The column {field.name!r} holds values of type {str(field.type)[:60]}: allowed are texts, numbers, dates and booleans."
            )
    return list(schema.names)


def _text_columns(schema: pa.Schema) -> list[str]:
    """Columns to be read by dictionary: a text that stands a million times is then held, and measured, once."""
    return [
        field.name for field in schema if any(t(field.type) for t in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary))
    ]


def _batches(file: pq.ParquetFile, header: list[str], expected: Expected, limits: Limits) -> pa.Table:
    schema = pa.schema([(name, pa.string()) for name in header])
    batches: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
        rows += batch.num_rows
        refuse_rows(rows, limits, counted_all=False)
        size += sum(_expanded_bytes(column) for column in batch.columns)
        refuse_unpacked(size, limits)
        _refuse_lost_digits(batch, expected)
        batches.append(pa.record_batch([as_text(c, n) for n, c in zip(header, batch.columns, strict=True)], schema=schema))
    return pa.Table.from_batches(batches, schema)


def _refuse_lost_digits(batch: pa.RecordBatch, expected: Expected) -> None:
    """References stored as floating point: above a size, two of them may have become one before they were sent."""
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        most = _TOLD_APART.get(str(column.type))
        if name not in expected.texts or most is None:
            continue
        wide = column.cast(pa.float32()) if pa.types.is_float16(column.type) else column
        if (arrow.max(arrow.abs(wide)).as_py() or 0) >= most:
            raise UnreadableFileError(
                f"The column {name!r} is of type {column.type}, and holds numbers so large that neighbours cannot be told apart: store it as text."
            )


_TOLD_APART = {"halffloat": 1 << 11, "float": 1 << 24, "double": 1 << 53}
"""Below it, every whole number has a floating point number of its own."""


def _expanded_bytes(column: pa.Array) -> int:
    if not isinstance(column, pa.DictionaryArray):
        return column.nbytes
    column.validate(full=True)  # Arrow itself does not look whether every place is in the dictionary
    values = column.dictionary
    if not (pa.types.is_string(values.type) or pa.types.is_binary(values.type)):
        return column.nbytes + values.nbytes
    lengths = np.asarray(arrow.binary_length(arrow.fill_null(values, b"" if pa.types.is_binary(values.type) else "")), np.int64)
    places = column.indices.drop_null().to_numpy()
    return int(lengths[places].sum()) if len(lengths) else 0
