"""An export of another system as a submission of kpi_values, on the participant's own machine.

The mapping (contracts/mappings/<name>.yaml) says which columns are read and what is counted. Only counts and sums of
hours come out: no ticket, no text of one, and no column that the mapping does not name is even read. A period that the
export does not cover to its end is left out, and said to be. Nothing is left out in silence: a date, a number or a yes
or no that cannot be read refuses the export, and tickets of a form that the mapping does not know are counted in a note.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contracts import intake_contracts
from orchestration.errors import EvenhandError
from orchestration.intake.exports import Export, found_columns, load_tickets, not_counted, opened, read_as, refuse_unreadable_values
from orchestration.intake.reading import UnreadableFileError
from orchestration.intake.reading.encodings import as_utf8
from orchestration.intake.sources import MappedKpi, Mapping, mapping
from orchestration.sql import literal, quoted

OUTPUT = ("kpi_code", "period_start", "period_end", "value_chain_stage", "numerator", "denominator", "base", "evidence_grade")
SYSTEM_EXTRACT = "A"
GRAINS = {"month": "interval 1 month", "quarter": "interval 3 months"}


@dataclass(frozen=True)
class Mapped:
    """Rows of kpi_values in the order of `OUTPUT`, and what a person should know about them."""

    rows: tuple[tuple[Any, ...], ...]
    notes: tuple[str, ...]


def map_export(name: str, export: Path, stage: str | None = None) -> Mapped:
    """Count an export. Raises `EvenhandError` with one sentence where it cannot be counted."""
    source = mapping(name)
    stage = _stage(stage or source.stage)
    if not export.is_file():
        raise EvenhandError(f"There is no file {export}.")
    try:
        with as_utf8(export) as (text, encoding):
            return _mapped(source, opened(source, export.name, text, encoding), stage)
    except UnreadableFileError as reason:
        raise EvenhandError(f"{export.name}: {reason}") from None


def _mapped(source: Mapping, export: Export, stage: str) -> Mapped:
    found = found_columns(source, export)
    with duckdb.connect() as connection:
        load_tickets(connection, source, export, found)
        refuse_unreadable_values(connection, source, export, found)
        covered = _covered_until(connection, source)
        derivable = [kpi for kpi in source.kpis if set(kpi.needs) <= set(found)]
        rows = [row for kpi in derivable for row in connection.execute(_counting(source, kpi, stage)).fetchall()]
        left = not_counted(connection, source, found)
    kept = tuple(row for row in rows if covered is not None and row[2] <= covered)
    notes = (*read_as(export), *_notes(source, found), *left, *_left_out(source, len(rows) - len(kept), covered))
    return Mapped(kept, notes)


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
