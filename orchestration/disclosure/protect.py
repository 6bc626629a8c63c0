"""Exact cells in, protected rows out: the estimator and the primary rules applied to all cells at once in DuckDB.

Reads `cell_evidence` and the company values (by their keys) of the warehouse and public catalogue ranges. A cell either becomes
one row or is hidden; every hidden cell is alike, whatever the rule. Same members and values always give the same row.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.contracts import Profile
from orchestration.disclosure.intervals import INTERVAL_COLUMNS, printed_intervals
from orchestration.disclosure.rounding import scale_of
from orchestration.disclosure.windows import TWENTIETHS, UNIT, printed_windows
from orchestration.sql import literal

SIGNIFICANT_DIGITS = 9
LOG_SIGNIFICANT_DIGITS = 3
FIGURES_WITH_QUARTILES = 3
GRADES = ("a", "b", "c")
IS_QUANTILE = f"quantile in ({', '.join(literal(q) for q in TWENTIETHS)})"
CELL = "period_key, kpi_key, unit_part_key, slice_part_key"
DIMENSIONS = (
    "industry",
    "sector",
    "country",
    "size_band",
    "value_chain_stage",
    "project_kind",
    "vendor",
    "vendor_class",
)


def open_marts(warehouse: Path, threads: int, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """A private in-memory connection that reads the warehouse as `warehouse`, the name its own views know it by; nothing is written to the warehouse."""
    connection = duckdb.connect(config={"threads": threads, "memory_limit": memory_limit})
    connection.execute(f"attach {literal(str(warehouse))} as warehouse (read_only)")
    return connection


def protect(connection: duckdb.DuckDBPyConnection, profile: Profile) -> None:
    """Create the temp table `protected` on a connection of `open_marts`: one row per publishable cell, all periods.

    Columns: those of the `benchmark` contract but release_id and status, plus the keys of the cell. Figures are in the KPI's unit.
    """
    _register_scales(connection, profile)
    connection.execute(f"create or replace temp table eligible as {_eligible(profile)}")
    _register_windows(connection, profile)
    connection.execute(f"create or replace temp table averaged as {_averages(profile)}")
    connection.execute(f"create or replace temp table spread as {_spread()}")
    connection.execute(f"create or replace temp table protected as {_rows(profile)}")


def _register_scales(connection: duckdb.DuckDBPyConnection, profile: Profile) -> None:
    kpis = connection.execute(
        "select kpi_key, scale, hard_low, hard_high, typical_low, typical_high from warehouse.intermediate.int_kpis order by kpi_key"
    ).fetchall()
    scales = [(key, scale_of(scale, hard_low, hard_high, low, high, profile)) for key, scale, hard_low, hard_high, low, high in kpis]
    fields = ("is_log", "step", "digits", "floor", "edge_low", "edge_high")
    columns = {"kpi_key": [key for key, _ in scales]} | {f: [getattr(s, f) for _, s in scales] for f in fields}
    connection.register("scales", pa.table(columns))


def _eligible(profile: Profile) -> str:
    """Cells that pass the rules on who is in them: k groups, established groups, no value that holds nearly all of them.

    The rule on established groups starts with the consortium's second period of a kind: in the first nobody can be.
    """
    return f"""
        with evidence as (
            select *, period_key % 10 > 0 as is_quarter, round(tie_share * contributors) as most_common_times
            from warehouse.marts.cell_evidence
        ), first_periods as (
            select is_quarter, min(period_key) as period_key from evidence where contributors >= {profile.k} group by is_quarter
        )
        select evidence.* from evidence join first_periods using (is_quarter)
        where contributors >= {profile.k}
            and (established >= {profile.k} or evidence.period_key = first_periods.period_key)
            and most_common_times < {profile.homogeneity_share} * contributors
            and most_common_times < contributors - 1"""


def _register_windows(connection: duckdb.DuckDBPyConnection, profile: Profile) -> None:
    sizes = [n for (n,) in connection.execute("select distinct contributors from eligible order by 1").fetchall()]
    windows = [(n, w) for n in sizes for w in (*printed_windows(n, profile), *printed_intervals(n, profile))]
    table = {
        "contributors": pa.array([n for n, _ in windows], pa.int32()),
        "quantile": pa.array([w.quantile for _, w in windows], pa.string()),
        "low": pa.array([w.low for _, w in windows], pa.int64()),
        "high": pa.array([w.high for _, w in windows], pa.int64()),
        "first_rank": pa.array([w.first_rank for _, w in windows], pa.int64()),
        "last_rank": pa.array([w.last_rank for _, w in windows], pa.int64()),
    }
    connection.register("windows", pa.table(table))


def _averages(profile: Profile) -> str:
    """One row per cell and printed quantile or interval end: the window average on the working scale, rounded to its step."""
    half = UNIT // 2
    return f"""
        with ranked as (
            select {CELL}, eligible.contributors, scales.step, scales.digits, scales.edge_low, scales.edge_high, scales.is_log,
                case when is_log then log10(greatest(value, pow(10, floor))) else value end as x,
                row_number() over (partition by {CELL} order by value) as rank
            from warehouse.intermediate.int_company_values join eligible using ({CELL}) join scales using (kpi_key)
        ), averaged as (
            select {CELL}, quantile, any_value(step) as step, any_value(digits) as digits,
                any_value(edge_low) as edge_low, any_value(edge_high) as edge_high, any_value(is_log) as is_log,
                sum(x * (least(high, {UNIT} * rank + {half}) - greatest(low, {UNIT} * rank - {half})) order by rank)
                    / {UNIT * profile.window} as average
            from ranked join windows
                on windows.contributors = ranked.contributors and rank between first_rank and last_rank
            group by {CELL}, quantile
        ), significant as (
            select *, case when average = 0 then 0.0
                else round(average, cast({SIGNIFICANT_DIGITS - 1} - floor(log10(abs(average))) as integer)) end as exact
            from averaged
        )
        select {CELL}, quantile, step, edge_low, edge_high, is_log, round(round(round(exact / step, 9)) * step, cast(digits as integer)) as x from significant"""


def _spread() -> str:
    """Per cell: how many quantiles are printed and how far apart they are, on the working scale."""
    return f"select {CELL}, count(*) as printed, max(x) - min(x) as width, any_value(step) as step from averaged where {IS_QUANTILE} group by {CELL}"


def _rows(profile: Profile) -> str:
    names = list(TWENTIETHS)
    figures = ", ".join(f"max(figure) filter (where quantile = '{q}') as {q}" for q in (*names, *INTERVAL_COLUMNS))
    return f"""
        with shown as (
            select {CELL}, quantile, x <= edge_low as at_low, x >= edge_high as at_high,
                case when x <= edge_low or x >= edge_high then null when is_log then {_significant("pow(10, x)")} else x end as figure
            from averaged
        ), pivoted as (
            select {CELL}, {figures},
                nullif(string_agg(quantile, ',' order by quantile) filter (where at_low and {IS_QUANTILE}), '') as edge_low,
                nullif(string_agg(quantile, ',' order by quantile) filter (where at_high and not at_low and {IS_QUANTILE}), '') as edge_high
            from shown group by {CELL}
        )
        select {CELL}, e.period, e.kpi_code, e.kpi_version, kpis.unit, kpis.direction, e.cut, {", ".join("e." + d for d in DIMENSIONS)},
            cast(null as varchar) as vendor_role, cast(null as varchar) as segment, {_count_band(profile)} as contributors_band,
            {", ".join("p." + n for n in names)}, p.edge_low, p.edge_high, {_intervals()},
            {_share_band("e.tie_share", profile)} as tie_share_band, {_share_band("e.zero_share", profile)} as zero_share_band,
            case when e.vendor is not null or e.vendor_class is not null then {_share_band("e.attributed_share", profile)} end as attributed,
            '{profile.name}' as profile, {", ".join(_grade_band(g, profile) for g in GRADES)}, e.contributors
        from eligible as e join pivoted as p using ({CELL}) join spread using ({CELL}) join warehouse.intermediate.int_kpis as kpis using (kpi_key)
        where not (spread.printed >= 2 and spread.width < 2 * spread.step - spread.step / 1e6)"""


def _intervals() -> str:
    """Both ends of an interval, or neither where one lies in the band at a hard bound."""
    pairs = zip(INTERVAL_COLUMNS[::2], INTERVAL_COLUMNS[1::2], strict=True)
    return ", ".join(
        f"case when p.{high} is not null then p.{low} end as {low}, case when p.{low} is not null then p.{high} end as {high}"
        for low, high in pairs
    )


def _significant(value: str) -> str:
    return f"round({value}, cast({LOG_SIGNIFICANT_DIGITS - 1} - floor(log10({value})) as integer))"


def _count_band(profile: Profile) -> str:
    cases = " ".join(
        f"when e.contributors >= {low} then '{f'{low}+' if high is None else f'{low}-{high}'}'"
        for low, high in reversed(profile.count_bands)
    )
    return f"case {cases} end"


def _grade_band(grade: str, profile: Profile) -> str:
    """The share of groups with a grade, only in cells with quartiles and so many groups that one of them looks like none."""
    enough = f"spread.printed >= {FIGURES_WITH_QUARTILES} and e.contributors * {profile.share_bands[0][1]} > 100"
    return f"case when {enough} then {_share_band(f'e.grade_{grade}_share', profile)} end as grade_{grade}_band"


def _share_band(share: str, profile: Profile) -> str:
    cases = " ".join(f"when round(100 * {share}, 9) >= {low} then '{low}-{high}'" for low, high in reversed(profile.share_bands))
    return f"case {cases} end"
