"""Exact cells in, protected rows out: the dataset `benchmark`.

Reads `cell_evidence` and the company values (by their keys) of the warehouse and public catalogue ranges. A cell either becomes
one row or is hidden; every hidden cell is alike, whatever the rule. Same members and values always give the same row.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.contracts import Profile
from orchestration.cuts import DIMENSIONS
from orchestration.disclosure.audit.figures import Reading
from orchestration.disclosure.bands import count_band, share_band
from orchestration.disclosure.intervals import INTERVAL_COLUMNS
from orchestration.disclosure.panels import ASKED, Panel, Ranges, average, pivoted
from orchestration.disclosure.rounding import Scale, scale_of
from orchestration.disclosure.windows import TWENTIETHS
from orchestration.engine import engine
from orchestration.settings import Settings
from orchestration.sql import literal

FIGURES_WITH_QUARTILES = 3
GRADES = ("a", "b", "c")
CELL = "period_key, kpi_key, unit_part_key, slice_part_key"


@contextmanager
def open_marts(warehouse: Path, settings: Settings) -> Generator[duckdb.DuckDBPyConnection]:
    """A private in-memory connection that reads the warehouse as `warehouse`; nothing is written to the warehouse."""
    with engine(settings) as connection:
        connection.execute(f"attach {literal(str(warehouse))} as warehouse (read_only)")
        yield connection


def protect(connection: duckdb.DuckDBPyConnection, profile: Profile, periods: Sequence[int] | None = None) -> None:
    """Create the temp table `protected` on a connection of `open_marts`: one row per cell of k groups of `periods` (their keys), or of all.

    Columns: those of the `benchmark` contract but release_id and status, the keys of the cell, and what the policy asks of it. Figures
    are in the KPI's unit.
    """
    average(connection, profile, COMPANY_VALUES, periods)
    connection.execute(f"create or replace temp table protected as {_rows(profile)}")


def _scale(ranges: Ranges, profile: Profile) -> Scale:
    return scale_of(*ranges, profile)


COMPANY_VALUES = Panel(
    CELL, "warehouse.marts.cell_evidence", "warehouse.intermediate.int_company_values", _scale, intervals=INTERVAL_COLUMNS
)


def read_benchmark(ranges: Ranges, profile: Profile) -> Reading:
    """How a benchmark's rows are read."""
    scale = _scale(ranges, profile)
    return Reading(scale, scale.floor if scale.is_log else ranges.hard_low, scale.top(ranges.hard_high), intervals=True)


def _rows(profile: Profile) -> str:
    return f"""
        select {CELL}, e.period, e.kpi_code, e.kpi_version, kpis.unit, kpis.direction, e.cut, {", ".join("e." + d for d in DIMENSIONS)},
            cast(null as varchar) as vendor_role, cast(null as varchar) as segment, {count_band("e.contributors", profile)} as contributors_band,
            {", ".join("p." + n for n in TWENTIETHS)}, p.edge_low, p.edge_high, {_intervals()},
            {share_band("tie_share", profile)} as tie_share_band, {share_band("zero_share", profile)} as zero_share_band,
            case when e.vendor is not null or e.vendor_class is not null then {share_band("attributed_share", profile)} end as attributed,
            '{profile.name}' as profile, {", ".join(_grade_band(g, profile) for g in GRADES)}, e.contributors, {ASKED}
        from eligible as e join ({pivoted(CELL, INTERVAL_COLUMNS)}) as p using ({CELL}) join spread using ({CELL})
            join warehouse.intermediate.int_kpis as kpis using (kpi_key)"""


def _intervals() -> str:
    """Both ends of an interval, or neither where one lies in the band at a hard bound."""
    pairs = zip(INTERVAL_COLUMNS[::2], INTERVAL_COLUMNS[1::2], strict=True)
    return ", ".join(
        f"case when p.{high} is not null then p.{low} end as {low}, case when p.{low} is not null then p.{high} end as {high}"
        for low, high in pairs
    )


def _grade_band(grade: str, profile: Profile) -> str:
    """The share of groups with a grade, only in cells with quartiles and so many groups that one of them looks like none."""
    enough = f"spread.printed >= {FIGURES_WITH_QUARTILES} and e.contributors * {profile.share_bands[0][1]} > 100"
    return f"case when {enough} then {share_band(f'grade_{grade}_share', profile)} end as grade_{grade}_band"
