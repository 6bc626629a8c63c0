"""An export of another system as it lies there, read as the intake itself reads: encoding, delimiter, columns, tickets.

Only the columns that the mapping names are read. What cannot be read refuses the export; what is not known is counted.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import EvenhandError
from orchestration.intake.reading import UnreadableFileError
from orchestration.intake.reading.delimiters import DELIMITERS, delimiter_of
from orchestration.intake.reading.encodings import UTF_8
from orchestration.intake.reading.quotations import refuse_open_quotation
from orchestration.intake.sources import Mapping, SourceColumn
from orchestration.sql import literal, quoted


def _listed(words: Sequence[str]) -> str:
    return ", ".join(literal(word) for word in words)


TRUE = ["true", "yes", "y", "t", "1", "vrai", "oui", "o", "wahr", "ja", "j", "verdadero", "sí", "si", "vero", "sim"]
FALSE = ["false", "no", "n", "f", "0", "faux", "non", "falsch", "nein", "falso", "não", "nao"]
CASTS = {
    "text": "nullif(trim({c}), '')",
    "number": "case when regexp_full_match(trim({c}), '[0-9]+([.][0-9]+)?') then cast(trim({c}) as double) end",
    "boolean": f"case when lower(trim({{c}})) in ({_listed(TRUE)}) then true when lower(trim({{c}})) in ({_listed(FALSE)}) then false end",
    "timestamp": "try_strptime(nullif(trim({c}), ''), {formats})",
}
READ_AS = {
    "number": ("numbers", "digits, with a decimal point where there is one and without thousands separators"),
    "boolean": ("answers", "true and false, yes and no, 1 and 0, in English, French, German, Italian, Portuguese or Spanish"),
    "timestamp": ("dates", "the forms {formats}"),
}
"""What values of a type are called in a sentence, and which are allowed."""
SNIFF_BYTES = 1 << 20


@dataclass(frozen=True)
class Export:
    """An export as it lies there: `path` is its text in UTF-8, `skipped` the lines before its header row."""

    name: str
    path: Path
    encoding: str
    delimiter: str
    skipped: int
    headers: tuple[str, ...]


def found_columns(source: Mapping, export: Export) -> dict[str, str]:
    """The export's header for each of our names. Missing required ones are named, all at once."""
    by_name = {header.strip().lower(): header for header in reversed(export.headers)}
    found = {c.name: by_name[h.lower()] for c in source.columns for h in reversed(c.headers) if h.lower() in by_name}
    missing = [c for c in source.columns if c.required and c.name not in found]
    if missing:
        named = ", ".join(
            repr(c.headers[0]) + "".join(f" or {h!r}" for h in c.headers[1:] if h.lower() != c.headers[0].lower()) for c in missing
        )
        raise EvenhandError(f"{export.name} lacks columns that {source.title} are counted by: {named}. Add them to the export.")
    return found


def opened(source: Mapping, name: str, text: Path, encoding: str) -> Export:
    """What an export is written like; the same is read that the intake reads. Raises `UnreadableFileError`."""
    with text.open(encoding="utf-8-sig", newline="") as handle:
        head = handle.read(SNIFF_BYTES)
    body = head.lstrip("\r\n")
    if not body.strip():
        raise UnreadableFileError("The export is empty.")
    names = {header for column in source.columns for header in column.headers}
    delimiter, told = delimiter_of(body, names)
    refuse_open_quotation(text, delimiter)
    try:
        headers = next(csv.reader(io.StringIO(body[told:], newline=""), delimiter=delimiter), [])
    except csv.Error:
        raise UnreadableFileError("The header row cannot be read: check its quotation marks.") from None
    before = len(head) - len(body) + told
    return Export(name, text, encoding, delimiter, len(head[:before].splitlines()), tuple(headers))


def load_tickets(connection: duckdb.DuckDBPyConnection, source: Mapping, export: Export, found: dict[str, str]) -> None:
    """Temp table `lines`, and `tickets`: each ticket once, with the columns the mapping names; texts of typed ones kept to be looked at."""
    formats = "[" + _listed(source.date_formats) + "]"
    values = [f"{_cast(column, found, formats)} as {quoted(column.name)}" for column in source.columns]
    texts = [f"{quoted(found[c.name])} as {quoted('text ' + c.name)}" for c in source.columns if c.type != "text" and c.name in found]
    reader = (
        f"read_csv({literal(str(export.path))}, header = true, all_varchar = true, delim = {literal(export.delimiter)}, skip = {export.skipped}, "
        "quote = '\"', escape = '\"', max_line_size = 33554432)"
    )
    try:
        connection.execute(f"create temp table lines as select row_number() over () as row, {', '.join([*values, *texts])} from {reader}")
    except duckdb.Error:
        raise UnreadableFileError(
            "The export cannot be read: check its quotation marks, and that every row has the fields of the header."
        ) from None
    connection.execute(
        f"create temp table tickets as select * from lines where {quoted(source.id)} is not null "
        f"qualify row_number() over (partition by {quoted(source.id)} order by row) = 1"
    )


def _cast(column: SourceColumn, found: dict[str, str], formats: str) -> str:
    """Columns the export lacks are NULL of their type, so that every expression can be read."""
    text = quoted(found[column.name]) if column.name in found else "cast(null as varchar)"
    return CASTS[column.type].format(c=text, formats=formats)


def refuse_unreadable_values(connection: duckdb.DuckDBPyConnection, source: Mapping, export: Export, found: dict[str, str]) -> None:
    for column in source.columns:
        if column.type == "text" or column.name not in found:
            continue
        bad = connection.execute(
            f"select min(row), count(*) from tickets where {quoted(column.name)} is null and trim({quoted('text ' + column.name)}) <> ''"
        ).fetchone()
        if bad and bad[1]:
            called, allowed = READ_AS[column.type]
            raise EvenhandError(
                f"{export.name}: {bad[1]:,} {called} of {found[column.name]!r} cannot be read, the first in row {bad[0]:,}: "
                f"allowed are {allowed.format(formats=', '.join(source.date_formats))}. Nothing was written."
            )


def not_counted(connection: duckdb.DuckDBPyConnection, source: Mapping, found: dict[str, str]) -> list[str]:
    """How many lines and tickets count in no figure, and why; no value of one is repeated."""
    looked_at = [c for c in source.columns if c.known_says and c.name in found]
    unknown = [
        f"count(*) filter (where ({source.rows}) and {quoted(c.name)} is not null and not coalesce({c.known}, false))" for c in looked_at
    ]
    counts = connection.execute(
        f"""select (select count(*) from lines), (select count({quoted(source.id)}) from lines), count(*),
        count(*) filter (where not coalesce({source.rows}, false)), {", ".join([*unknown, "0"])} from tickets"""
    ).fetchone()
    lines, with_id, tickets, outside, *strange = counts or (0, 0, 0, 0)
    said = [
        (lines - with_id, f"of {lines:,} lines have no {found[source.id]!r} and are not counted"),
        (with_id - tickets, f"of {lines:,} lines name a ticket that stands above already, and are not counted again"),
        (outside, f"of {tickets:,} tickets are not counted: {source.rows_say}"),
        *(
            (
                count,
                f"of {tickets:,} tickets have a {found[c.name]!r} of a form that is not known, and count in no figure that needs it; known: {c.known_says}",
            )
            for count, c in zip(strange, looked_at, strict=False)
        ),
    ]
    return [f"{count:,} {words}." for count, words in said if count]


def read_as(export: Export) -> list[str]:
    if (export.encoding, export.delimiter) == (UTF_8, ","):
        return []
    return [f"Read as {export.encoding}; columns separated by {DELIMITERS[export.delimiter]}."]
