"""Whether the quotation marks of delimited text are whole.

A quotation mark that is never closed would swallow the rows after it: Arrow reads on in silence, to the next mark or the end.
"""

from __future__ import annotations

import codecs
import csv
from pathlib import Path

import numpy as np

from orchestration.intake.reading.results import UnreadableFileError

LONGEST_ROW_BYTES = 1 << 24
BLOCK_BYTES = 1 << 24
BAD_QUOTES = (
    "The file cannot be read as comma separated text: check its quotation marks (one that is opened must be closed), "
    f"and that no row is longer than {LONGEST_ROW_BYTES >> 20} MB."
)


def refuse_open_quotation(path: Path, delimiter: str) -> None:
    """Raises `UnreadableFileError` where a quotation is opened and not closed as it should be."""
    if _quotations_are_whole(np.memmap(path, np.uint8, "r"), delimiter):
        return
    csv.field_size_limit(LONGEST_ROW_BYTES)
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            for _ in csv.reader(text, strict=True, delimiter=delimiter):
                pass
    except csv.Error:
        raise UnreadableFileError(BAD_QUOTES) from None


def _quotations_are_whole(data: np.ndarray, delimiter: str) -> bool:
    """Whether every other mark opens a field and the one after it closes it. A mark inside an unquoted field says no here."""
    is_edge = np.zeros(256, bool)
    is_edge[list(b'\r\n"' + delimiter.encode())] = True
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
