"""One file into an Arrow table of texts, or one sentence why not. No value is judged here.

Row 1 is the first data row; empty lines are not rows. A row with too few or too many fields cannot be put into
columns: it is returned apart, with its number, to be quarantined.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from orchestration.contracts import TableContract
from orchestration.intake.arrivals import unknown_name
from orchestration.settings import Settings

SNIFF_BYTES = 256 * 1024
LONGEST_ROW_BYTES = 1 << 24
BLOCK_BYTES = 1 << 24
BAD_QUOTES = (
    "The file cannot be read as comma separated text: check its quotation marks (one that is opened must be closed), "
    f"and that no row is longer than {LONGEST_ROW_BYTES >> 20} MB."
)
OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class UnreadableFileError(Exception):
    """The file as a whole cannot be taken; the message is the sentence its sender reads."""


@dataclass(frozen=True)
class RaggedRow:
    """A row whose number of fields is not the header's."""

    row: int
    fields: int
    text: str


@dataclass(frozen=True)
class ReadFile:
    """`table`: one text column per contract column (NULL where the file lacks it) and `_row`, the data row number."""

    table: pa.Table
    ragged: tuple[RaggedRow, ...]
    header_fields: int
    assumed: tuple[tuple[str, str], ...]

    @property
    def rows(self) -> int:
        return self.table.num_rows + len(self.ragged)


def read_file(path: Path, contract: TableContract, settings: Settings) -> ReadFile:
    """Read a CSV file of one feed. Raises `UnreadableFileError` with a sentence for its sender."""
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFileError(f"The file is empty: a header row with the columns of {contract.name} is needed, then one line per row.")
    if size > settings.max_file_bytes:
        raise UnreadableFileError(
            f"The file has {size:,} bytes, allowed are at most {settings.max_file_bytes:,}: split it into smaller files, each with the header row."
        )
    _refuse_other_than_utf8(path)
    with path.open("rb") as handle:
        head = codecs.getincrementaldecoder("utf-8-sig")().decode(handle.read(SNIFF_BYTES))
    body = head.lstrip("\r\n")
    header = _header(body, settings)
    _check_header(header, contract)
    _refuse_open_quotation(path)
    if size <= SNIFF_BYTES and "\n" not in body.strip().replace("\r", "\n"):
        return _in_contract_columns(_no_rows(len(header)), [], header, contract)
    skipped = len(head[: len(head) - len(body)].splitlines())
    return _read_rows(path, size, header, skipped, contract, settings)


def _refuse_other_than_utf8(path: Path) -> None:
    decoder, before = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as handle:
        while True:
            block = handle.read(BLOCK_BYTES)
            if b"\x00" in block:
                raise UnreadableFileError(
                    "The file is not UTF-8 text (it holds zero bytes): export it as CSV in UTF-8, not as a workbook or in UTF-16."
                )
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                byte = before + len(block) - len(error.object) + error.start + 1
                raise UnreadableFileError(f"The file is not UTF-8 text (byte {byte:,} cannot be read): save it as CSV in UTF-8.") from None
            if not block:
                return
            before += len(block)


def _header(body: str, settings: Settings) -> list[str]:
    try:
        header = next(csv.reader(io.StringIO(body, newline=""), strict=True), [])
    except csv.Error:
        raise UnreadableFileError("The header row cannot be read as comma separated text: check its quotation marks.") from None
    if len(header) > settings.max_file_columns:
        raise UnreadableFileError(f"The header row has {len(header):,} columns, allowed are at most {settings.max_file_columns:,}.")
    return [name.strip() for name in header]


def _check_header(header: list[str], contract: TableContract) -> None:
    if len(header) <= 1 and len(contract.columns) > 1:
        for delimiter, words in OTHER_DELIMITERS.items():
            if header and delimiter in header[0]:
                raise UnreadableFileError(
                    f"The columns are separated by {words}, allowed are commas: save the file as comma separated CSV."
                )
    if not any(header):
        raise UnreadableFileError(f"The first line is empty: a header row with the columns of {contract.name} is needed.")
    for name in header:
        if name not in contract.column_names:
            raise UnreadableFileError(unknown_name("column", name, contract.column_names))
        if header.count(name) > 1:
            raise UnreadableFileError(f"The column {name!r} stands {header.count(name)} times in the header row, allowed is once.")
    missing = [c.name for c in contract.columns if c.required and c.name not in header]
    if missing:
        raise UnreadableFileError(f"Required columns are missing: {', '.join(missing)}. Add them to the header row and fill them.")


def _read_rows(path: Path, size: int, header: list[str], skipped: int, contract: TableContract, settings: Settings) -> ReadFile:
    ragged: list[RaggedRow] = []

    def set_apart(row: pacsv.InvalidRow) -> str:
        ragged.append(RaggedRow((row.number or 0) - 1 - skipped, row.actual_columns, row.text[:200]))
        return "skip"

    table = _parse(path, size, len(header), skipped, set_apart)
    rows = table.num_rows + len(ragged)
    if rows > settings.max_file_rows:
        raise UnreadableFileError(f"The file has {rows:,} rows, allowed are at most {settings.max_file_rows:,}: split it.")
    return _in_contract_columns(table, ragged, header, contract)


def _in_contract_columns(table: pa.Table, ragged: list[RaggedRow], header: list[str], contract: TableContract) -> ReadFile:
    table = table.rename_columns(header)
    columns = [table[c] if c in header else pa.nulls(table.num_rows, pa.string()) for c in contract.column_names]
    numbers = _row_numbers(table.num_rows, [r.row for r in ragged])
    result = pa.table([*columns, numbers], names=[*contract.column_names, "_row"])
    return ReadFile(result, tuple(ragged), len(header), (("encoding", "UTF-8"), ("delimiter", "comma")))


def _no_rows(fields: int) -> pa.Table:
    return pa.table({f"c{i}": pa.array([], pa.string()) for i in range(fields)})


def _parse(path: Path, size: int, fields: int, skipped: int, set_apart: Callable[[pacsv.InvalidRow], str]) -> pa.Table:
    names = [f"c{i}" for i in range(fields)]
    try:
        return pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(
                use_threads=False,
                block_size=min(max(size + 1, 1 << 16), LONGEST_ROW_BYTES),
                column_names=names,
                skip_rows=skipped,
                skip_rows_after_names=1,
            ),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=set_apart),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        raise UnreadableFileError(BAD_QUOTES) from None


def _refuse_open_quotation(path: Path) -> None:
    """A quotation mark that is never closed would swallow the rows after it: Arrow reads on in silence, to the next mark or the end."""
    if _quotations_are_whole(np.memmap(path, np.uint8, "r")):
        return
    csv.field_size_limit(LONGEST_ROW_BYTES)
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            for _ in csv.reader(text, strict=True):
                pass
    except csv.Error:
        raise UnreadableFileError(BAD_QUOTES) from None


def _quotations_are_whole(data: np.ndarray) -> bool:
    """Whether every other mark opens a field and the one after it closes it. A mark inside an unquoted field says no here."""
    is_edge = np.zeros(256, bool)
    is_edge[list(b',\r\n"')] = True
    start = len(codecs.BOM_UTF8) if data[:3].tobytes() == codecs.BOM_UTF8 else 0
    seen = 0
    for block in range(0, data.size, BLOCK_BYTES):
        marks = block + np.flatnonzero(data[block : block + BLOCK_BYTES] == ord('"'))
        opening, closing = marks[seen % 2 :: 2], marks[1 - seen % 2 :: 2]
        before, after = data[opening[opening > start] - 1], data[closing[closing < data.size - 1] + 1]
        if not (is_edge[before].all() and is_edge[after].all()):
            return False
        seen += marks.size
    return seen % 2 == 0


def _row_numbers(rows: int, apart: Sequence[int]) -> pa.Array:
    numbers = np.arange(1, rows + len(apart) + 1, dtype=np.int32)
    return pa.array(np.delete(numbers, np.asarray(apart, dtype=np.int64) - 1))
