"""Which delimiter separates the columns of a text: the one that finds the columns somebody looks for in the header row."""

from __future__ import annotations

import re
from collections.abc import Collection

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t])"?\r?\n')


def delimiter_of(text: str, known: Collection[str]) -> tuple[str, int]:
    """The delimiter of a text that starts with its header row, and the characters before that row.

    A first line `sep=;` is followed. Else the delimiter that finds most known columns; where none finds any, the one that
    finds most fields; commas before others.
    """
    told = _SEPARATOR_LINE.match(text)
    if told:
        return told[1], told.end()
    line = text.splitlines()[0] if text else ""
    if not any(other in line for other in DELIMITERS if other != ","):
        return ",", 0

    def fit(delimiter: str) -> tuple[int, int]:
        names = [name.strip().strip('"').strip() for name in line.split(delimiter)]
        return sum(name in known for name in names), len(names)

    return max(DELIMITERS, key=fit), 0
