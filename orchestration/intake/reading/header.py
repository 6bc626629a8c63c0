"""Whether the columns of a file are those of its feed. The same sentences for every format."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.intake.arrivals import unknown_name
from orchestration.intake.reading.results import Expected, UnreadableFileError


def trimmed(names: Sequence[str]) -> list[str]:
    """Names without blanks around them, and without the empty ones at the end of the row."""
    header = [name.strip() for name in names]
    while header and not header[-1]:
        header.pop()
    return header


def check_header(header: Sequence[str], expected: Expected) -> None:
    """Raises `UnreadableFileError` for the first column that is unknown or doubled, or for those that are missing."""
    if not any(header):
        raise UnreadableFileError(f"The first line is empty: a header row with the columns of {expected.feed} is needed.")
    refuse_unknown(header, expected)
    for name in header:
        if (times := list(header).count(name)) > 1:
            raise UnreadableFileError(f"The column {name!r} stands {times} times in the header row, allowed is once.")
    refuse_missing(header, expected)


def refuse_unknown(names: Sequence[str], expected: Expected) -> None:
    for name in names:
        if name not in expected.columns:
            raise UnreadableFileError(unknown_name("column", name, expected.columns))


def refuse_missing(names: Sequence[str], expected: Expected) -> None:
    missing = [name for name in expected.required if name not in names]
    if missing:
        raise UnreadableFileError(f"Required columns are missing: {', '.join(missing)}. Add them to the header row and fill them.")
