"""Numbers as canonical text: `plain_decimal` for typed formats, the decimal comma of delimited text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa

from orchestration.intake.reading.compute import arrow
from orchestration.intake.reading.results import UnreadableFileError

LARGEST_EXPONENT = 400
POINT, COMMA = "point", "comma"
_COMMA_NUMBER = r"^\s*[+-]?\d*,\d+\s*$"
_SURE_COMMA = r"^\s*[+-]?(0*,\d+|0\d*,\d+|\d{4,},\d+|\d+,(\d{1,2}|\d{4,})|\d{1,3}(\.\d{3})+,\d+)\s*$"
_POINT_NUMBER = r"^\s*[+-]?(\d+\.[\d.]*|\.\d+)\s*$"
_SURE_POINT = r"^\s*[+-]?(0*\.\d+|0\d*\.\d+|\d{4,}\.\d*|\d+\.(\d{0,2}|\d{4,})|\d{1,3}(,\d{3})+\.\d*)([eE][+-]?\d+)?\s*$"
_SEVERAL_POINTS = r"^\s*[+-]?\d{1,3}(\.\d{3}){2,}\s*$"
_EITHER_POINT = r"^\s*[+-]?[1-9]\d{0,2}\.\d{3}\s*$"
EITHER_WORDS = (
    "a number that can be read in one way: {value} in column {column} may be a decimal or a thousand, and nothing else in the file says "
    "which; write {thousand}, or {value}0 with four decimals, or save the file with commas between the columns"
)


def plain_decimal(text: str) -> str:
    """A number's text without an exponent: 1e3 -> 1000. What is no finite number of sane size stays as it is."""
    if "e" not in text and "E" not in text:
        return "0" if text in {"-0", "-0.0"} else text
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or abs(value.adjusted()) > LARGEST_EXPONENT:
        return text
    return format(value, "f")


def with_decimal_point(table: pa.Table, numeric: Sequence[str]) -> tuple[pa.Table, str]:
    """A table whose numbers have a decimal comma, with points instead; and the decimal mark that it had (`COMMA`, `POINT`).

    One number must be surely such (1,5 or 0,125 or 1234,567): 1,234 alone may be a thousand and stays as it is, to be
    refused as no number. Raises `UnreadableFileError` where points and sure commas both stand: nobody can know which is which.
    """
    names = [n for n in table.column_names if n in numeric]
    sure = _first(table, names, ",", _SURE_COMMA)
    if sure is None:
        return table, POINT
    point = _first(table, names, ".", _POINT_NUMBER)
    if point is not None:
        raise UnreadableFileError(
            f"Numbers are written with a decimal comma ({sure.strip()!r}) and with a point ({point.strip()!r}): write all with one decimal mark, without thousands separators."
        )
    for name in names:
        place = table.column_names.index(name)
        table = table.set_column(place, name, _pointed(table[name]))
    return table, COMMA


def numbers_of_two_readings(table: pa.Table, numeric: Sequence[str]) -> list[tuple[int, str]]:
    """Rows of numbers such as 12.500 in a file with points, where nothing says that a point is decimal: place, what to write.

    A number with other than three digits after its point says so (1.5 or 0.125), unless another has several points.
    """
    names = [n for n in table.column_names if n in numeric]
    if _first(table, names, ".", _SURE_POINT) is not None and _first(table, names, ".", _SEVERAL_POINTS) is None:
        return []
    found: dict[int, str] = {}
    for name in names:
        if _first(table, [name], ".", _EITHER_POINT) is None:
            continue
        for place in np.flatnonzero(arrow.fill_null(arrow.match_substring_regex(table[name], _EITHER_POINT), False)):
            value = table[name][int(place)].as_py().strip()
            found.setdefault(int(place), EITHER_WORDS.format(value=value, column=name, thousand=value.replace(".", "")))
    return sorted(found.items())


def _first(table: pa.Table, names: Sequence[str], mark: str, pattern: str) -> str | None:
    """The first number of a form; texts without its mark are not looked at twice."""
    for name in names:
        marked = table[name].filter(arrow.match_substring(table[name], mark))
        found = marked.filter(arrow.match_substring_regex(marked, pattern))
        if len(found):
            return found[0].as_py()
    return None


def _pointed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    is_comma = arrow.match_substring_regex(column, _COMMA_NUMBER)
    return arrow.if_else(is_comma, arrow.replace_substring(column, ",", "."), column)
