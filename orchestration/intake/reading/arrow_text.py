"""Typed Arrow columns as the texts a person would have written: ISO dates, plain decimals, true and false."""

from __future__ import annotations

import pyarrow as pa

from orchestration.intake.reading.compute import arrow
from orchestration.intake.reading.numbers import plain_decimal
from orchestration.intake.reading.results import UnreadableFileError

_MIDNIGHT = r" 00:00:00(\.0*)?$"
_NOT_PLAIN = r"[eE]|^-0(\.0*)?$"


def is_flat(kind: pa.DataType) -> bool:
    """Whether a column of this type holds one value a row that has a text."""
    if pa.types.is_dictionary(kind):
        return is_flat(kind.value_type)
    return any(test(kind) for test in _FLAT)


_FLAT = (
    pa.types.is_null,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_date,
    pa.types.is_timestamp,
    pa.types.is_time,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
)


def as_text(column: pa.Array, name: str) -> pa.Array:
    """One flat column as texts, what is empty NULL. Raises `UnreadableFileError` for bytes that are no text."""
    kind = column.type.value_type if isinstance(column, pa.DictionaryArray) else column.type
    try:
        text = _cast(column, kind)
        text.validate(full=True)
    except pa.ArrowInvalid:
        raise UnreadableFileError(f"The column {name!r} of type {kind} cannot be read as text: store it as text, number or date.") from None
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _plain(text)
    if pa.types.is_timestamp(kind):
        return arrow.replace_substring_regex(text, _MIDNIGHT, "")
    return arrow.if_else(arrow.equal(text, ""), pa.scalar(None, pa.string()), text)


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        column = arrow.local_timestamp(column)
    if pa.types.is_float16(kind):
        column = column.cast(pa.float32())
    return column.cast(pa.string())


def _plain(text: pa.Array) -> pa.Array:
    """Exponents written out; only the few numbers that have one are touched in Python."""
    odd = arrow.match_substring_regex(text, _NOT_PLAIN)
    if not arrow.any(odd).as_py():
        return text
    plain = pa.array([plain_decimal(value) for value in text.filter(odd).to_pylist()], pa.string())
    return arrow.replace_with_mask(text, arrow.fill_null(odd, False), plain)
