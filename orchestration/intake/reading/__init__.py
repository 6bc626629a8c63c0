"""The reading room: one file of any format into an Arrow table of texts, or one sentence why not. No value is judged here.

`csv_files` and `jsonl_files` read in this process; `xlsx_files` and `parquet_files` use native parsers and are read in a
process of their own (`apart`). All return the same: texts as a person would have written them, in contract order.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.contracts import TableContract
from orchestration.intake.reading.apart import read_apart
from orchestration.intake.reading.csv_files import read_csv
from orchestration.intake.reading.jsonl_files import read_jsonl
from orchestration.intake.reading.limits import Limits, refuse_bytes, refuse_long_values
from orchestration.intake.reading.results import Expected, RaggedRow, ReadFile, UnreadableFileError, in_contract_columns
from orchestration.settings import Settings

__all__ = ["READERS", "RaggedRow", "ReadFile", "UnreadableFileError", "read_file"]

READERS = {".csv": read_csv, ".xlsx": read_apart, ".parquet": read_apart, ".jsonl": read_jsonl}
EMPTY = "The file is empty: a header row with the columns of {feed} is needed, then one line per row."


def read_file(path: Path, contract: TableContract, settings: Settings) -> ReadFile:
    """Read a file of one feed by the ending of its name. Raises `UnreadableFileError` with a sentence for its sender."""
    expected, limits = Expected.of(contract), Limits.of(settings)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableFileError(f"The file ends in {path.suffix!r}: allowed are {', '.join(READERS)}.")
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFileError(EMPTY.format(feed=contract.name))
    refuse_bytes(size, limits)
    read = reader(path, expected, limits)
    if size > limits.max_value_chars or reader is read_apart:
        refuse_long_values(read, limits)
    return in_contract_columns(read, expected)
