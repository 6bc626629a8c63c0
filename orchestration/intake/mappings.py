"""An export of another system as a submission of kpi_values, on the participant's own machine.

The mapping (contracts/mappings/<name>.yaml) says which columns are read and what is counted. Only counts and sums of
hours come out: no ticket, no text of one, and no column that the mapping does not name is even read. A period that the
export does not cover to its end is left out, and said to be.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.contracts import CONTRACTS, intake_contracts
from orchestration.errors import EvenhandError
from orchestration.intake.arrivals import unknown_name
from orchestration.sql import literal, quoted

MAPPINGS = CONTRACTS / "mappings"
OUTPUT = ("kpi_code", "period_start", "period_end", "value_chain_stage", "numerator", "denominator", "base", "evidence_grade")
SYSTEM_EXTRACT = "A"
GRAINS = {"month": "interval 1 month", "quarter": "interval 3 months"}
CASTS = {
    "text": "nullif(trim({c}), '')",
    "number": "try_cast(replace(trim({c}), ',', '') as double)",
    "boolean": "case when lower(trim({c})) in ('true', 'yes', '1') then true when lower(trim({c})) in ('false', 'no', '0') then false end",
    "timestamp": "try_strptime(nullif(trim({c}), ''), {formats})",
}


@dataclass(frozen=True)
class SourceColumn:
    """One column of the export: the headers it may have, and what it is read as."""

    name: str
    headers: tuple[str, ...]
    type: str = "text"
    required: bool = False


@dataclass(frozen=True)
class MappedKpi:
    """How one KPI is counted; `rows`, `numerator` and `denominator` are SQL over the column names."""

    kpi_code: str
    says: str
    needs: tuple[str, ...]
    period_by: str
    rows: str
    numerator: str
    denominator: str


@dataclass(frozen=True)
class Mapping:
    """One source."""

    name: str
    title: str
    id: str
    stage: str
    grain: str
    date_formats: tuple[str, ...]
    columns: tuple[SourceColumn, ...]
    rows: str
    kpis: tuple[MappedKpi, ...]


@dataclass(frozen=True)
class Mapped:
    """Rows of kpi_values in the order of `OUTPUT`, and what a person should know about them."""

    rows: tuple[tuple[Any, ...], ...]
    notes: tuple[str, ...]


@cache
def mapping(name: str) -> Mapping:
    """The mapping of a source. Raises `EvenhandError` for one nobody declared."""
    known = [path.stem for path in sorted(MAPPINGS.glob("*.yaml"))]
    if name not in known:
        raise EvenhandError(unknown_name("mapping", name, known))
    read: dict[str, Any] = yaml.safe_load((MAPPINGS / f"{name}.yaml").read_text("utf-8"))
    columns = tuple(
        SourceColumn(n, tuple(c["headers"]), c.get("type", "text"), c.get("required", False)) for n, c in read["columns"].items()
    )
    declared: list[dict[str, Any]] = read["kpis"]
    texts = ("kpi_code", "says", "period_by", "rows", "numerator", "denominator")
    kpis = tuple(MappedKpi(needs=tuple(kpi["needs"]), **{name: str(kpi[name]) for name in texts}) for kpi in declared)
    plain = {key: read[key] for key in ("name", "title", "id", "stage", "grain", "rows")}
    return Mapping(**plain, date_formats=tuple(read["date_formats"]), columns=columns, kpis=kpis)


def map_export(name: str, export: Path, stage: str | None = None) -> Mapped:
    """Count an export. Raises `EvenhandError` with one sentence where it cannot be counted."""
    source = mapping(name)
    stage = _stage(stage or source.stage)
    found = _found_columns(source, export)
    with duckdb.connect() as connection:
        _load(connection, source, export, found)
        _refuse_unreadable_dates(connection, source, export, found)
        covered = _covered_until(connection, source)
        derivable = [kpi for kpi in source.kpis if set(kpi.needs) <= set(found)]
        rows = [row for kpi in derivable for row in connection.execute(_counting(source, kpi, stage)).fetchall()]
    kept = tuple(row for row in rows if covered is not None and row[2] <= covered)
    return Mapped(kept, (*_notes(source, found), *_left_out(source, len(rows) - len(kept), covered)))


def write_rows(mapped: Mapped, output: Path) -> None:
    """Write a submission of kpi_values. Raises `EvenhandError` where the file is there already."""
    if output.exists():
        raise EvenhandError(f"{output} is there already: name another file with --output; nothing was overwritten.")
    with output.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(OUTPUT)
        writer.writerows(mapped.rows)


def _stage(stage: str) -> str:
    allowed = intake_contracts()["kpi_values"].column("value_chain_stage").allowed
    if stage not in allowed:
        raise EvenhandError(f"--stage is {stage!r}; allowed are {', '.join(allowed)}.")
    return stage


def _found_columns(source: Mapping, export: Path) -> dict[str, str]:
    """The export's header for each of our names. Missing required ones are named, all at once."""
    headers = _headers(export)
    by_name = {header.strip().lower(): header for header in reversed(headers)}
    found = {c.name: by_name[h.lower()] for c in source.columns for h in reversed(c.headers) if h.lower() in by_name}
    missing = [c for c in source.columns if c.required and c.name not in found]
    if missing:
        named = ", ".join(
            repr(c.headers[0]) + "".join(f" or {h!r}" for h in c.headers[1:] if h.lower() != c.headers[0].lower()) for c in missing
        )
        raise EvenhandError(f"{export.name} lacks columns that {source.title} are counted by: {named}. Add them to the export.")
    return found


def _headers(export: Path) -> list[str]:
    if not export.is_file():
        raise EvenhandError(f"There is no file {export}.")
    try:
        with export.open(encoding="utf-8-sig", newline="") as handle:
            return next(csv.reader(handle), [])
    except (UnicodeDecodeError, csv.Error):
        raise EvenhandError(f"{export.name} is not comma separated text in UTF-8: export it as such.") from None


def _load(connection: duckdb.DuckDBPyConnection, source: Mapping, export: Path, found: dict[str, str]) -> None:
    """Temp table `tickets`: each ticket once, with the columns the mapping names; texts of dates kept to be looked at."""
    formats = "[" + ", ".join(literal(f) for f in source.date_formats) + "]"
    values = [f"{_cast(column, found, formats)} as {quoted(column.name)}" for column in source.columns]
    texts = [f"{quoted(found[c.name])} as {quoted('text ' + c.name)}" for c in source.columns if c.type == "timestamp" and c.name in found]
    reader = f"read_csv({literal(str(export))}, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', max_line_size = 33554432)"
    query = f"select row_number() over () as row, {', '.join([*values, *texts])} from {reader}"
    try:
        connection.execute(
            f"create temp table tickets as select * from ({query}) where {quoted(source.id)} is not null "
            f"qualify row_number() over (partition by {quoted(source.id)} order by row) = 1"
        )
    except duckdb.Error:
        raise EvenhandError(f"{export.name} cannot be read as comma separated text in UTF-8: check its quotation marks.") from None


def _cast(column: SourceColumn, found: dict[str, str], formats: str) -> str:
    """Columns the export lacks are NULL of their type, so that every expression can be read."""
    text = quoted(found[column.name]) if column.name in found else "cast(null as varchar)"
    return CASTS[column.type].format(c=text, formats=formats)


def _refuse_unreadable_dates(connection: duckdb.DuckDBPyConnection, source: Mapping, export: Path, found: dict[str, str]) -> None:
    for column in source.columns:
        if column.type != "timestamp" or column.name not in found:
            continue
        bad = connection.execute(
            f"select min(row), count(*) from tickets where {quoted(column.name)} is null and trim({quoted('text ' + column.name)}) <> ''"
        ).fetchone()
        if bad and bad[1]:
            raise EvenhandError(
                f"{export.name}: {bad[1]:,} dates of {found[column.name]!r} cannot be read, the first in row {bad[0]:,}: "
                f"allowed are the forms {', '.join(source.date_formats)}. Nothing was written."
            )


def _covered_until(connection: duckdb.DuckDBPyConnection, source: Mapping) -> Any:
    """The newest day of anything that has happened to a ticket; a due date may lie ahead of the export."""
    used = {kpi.period_by for kpi in source.kpis} | {c.name for c in source.columns if c.type == "timestamp" and c.required}
    newest = ", ".join(f"max({quoted(name)})" for name in sorted(used))
    row = connection.execute(f"select cast(greatest({newest}) as date) from tickets").fetchone()
    return row[0] if row else None


def _counting(source: Mapping, kpi: MappedKpi, stage: str) -> str:
    period = f"date_trunc({literal(source.grain)}, {quoted(kpi.period_by)})"
    return f"""
        select {literal(kpi.kpi_code)}, cast({period} as date), cast({period} + {GRAINS[source.grain]} - interval 1 day as date), {literal(stage)},
            cast(round({kpi.numerator}, 6) as decimal(28, 6)), {kpi.denominator}, count(*), {literal(SYSTEM_EXTRACT)}
        from tickets where ({source.rows}) and ({kpi.rows}) group by {period} order by {period}"""


def _notes(source: Mapping, found: dict[str, str]) -> list[str]:
    notes: list[str] = []
    for kpi in source.kpis:
        missing = [next(c.headers[0] for c in source.columns if c.name == name) for name in kpi.needs if name not in found]
        notes.append(f"{kpi.kpi_code}: " + (f"not derived, the export lacks {', '.join(missing)}" if missing else kpi.says))
    return notes


def _left_out(source: Mapping, count: int, covered: Any) -> list[str]:
    if covered is None:
        return ["The export holds no ticket."]
    return (
        [f"Left out: {count} figure(s) of a {source.grain} that the export, which ends on {covered}, does not cover to its end."]
        if count
        else []
    )
