"""The estimator and the rules on who is in a cell, applied to all cells of one kind at once in DuckDB.

A `Panel` says which cells these are: those of the benchmark, matched panels of changes, or attainments. What is made of
the protected figures is the business of the module that declares the panel. Same members and values always give the same
figures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import duckdb
import pyarrow as pa

from orchestration.contracts import Profile
from orchestration.disclosure.intervals import printed_intervals
from orchestration.disclosure.rounding import Scale
from orchestration.disclosure.windows import TWENTIETHS, UNIT, printed_windows
from orchestration.sql import literal

SIGNIFICANT_DIGITS = 9
ASKED = "e.established, e.most_common_times, e.in_first_period, spread.printed, spread.steps_apart"
"""What the policy asks of a cell, of `eligible` as e and `spread`."""
IS_QUANTILE = f"quantile in ({', '.join(literal(q) for q in TWENTIETHS)})"


class Ranges(NamedTuple):
    """What the catalogue says of a KPI's values, in its unit."""

    scale: str
    hard_low: float
    hard_high: float
    typical_low: float
    typical_high: float


@dataclass(frozen=True)
class Panel:
    """Cells that are protected alike.

    `key` names a cell in both relations. `evidence`, one row a cell: the key, period_key, kpi_key, contributors,
    established, tie_share. `values`, one row a member and cell: the key, period_key and `value`, on the scale that `scale` describes.
    `quantiles` are those that may be printed, `intervals` the ends of intervals on them.
    """

    key: str
    evidence: str
    values: str
    scale: Callable[[Ranges, Profile], Scale]
    quantiles: tuple[str, ...] = tuple(TWENTIETHS)
    intervals: tuple[str, ...] = ()


def average(connection: duckdb.DuckDBPyConnection, profile: Profile, panel: Panel, periods: Sequence[int] | None = None) -> None:
    """Create the temp tables of one panel, in place of those of the panel before; of `periods` (period keys) only, or of all.

    `eligible`: the evidence of cells with enough groups for a figure. `averaged`: key, quantile, x on the working scale with step,
    digits and edges of the scale. `spread`: key, how many quantiles would be printed, how many steps apart they are.
    """
    _register_scales(connection, profile, panel)
    connection.execute(f"create or replace temp table eligible as {_eligible(profile, panel, asked(periods))}")
    _register_windows(connection, profile, panel)
    connection.execute(f"create or replace temp table averaged as {_averages(profile, panel, asked(periods))}")
    connection.execute(f"create or replace temp table spread as {_spread(panel)}")


def asked(periods: Sequence[int] | None) -> str:
    """The condition that a row is of one of the periods, by their keys."""
    if periods is None:
        return "true"
    return f"period_key in ({', '.join(str(int(period)) for period in periods)})" if periods else "false"


def _register_scales(connection: duckdb.DuckDBPyConnection, profile: Profile, panel: Panel) -> None:
    kpis = connection.execute(
        "select kpi_key, scale, hard_low, hard_high, typical_low, typical_high from warehouse.intermediate.int_kpis order by kpi_key"
    ).fetchall()
    scales = [(key, panel.scale(Ranges(*ranges), profile)) for key, *ranges in kpis]
    fields = ("is_log", "step", "digits", "floor", "edge_low", "edge_high")
    columns = {"kpi_key": [key for key, _ in scales]} | {f: [getattr(s, f) for _, s in scales] for f in fields}
    connection.register("scales", pa.table(columns))


def _eligible(profile: Profile, panel: Panel, condition: str) -> str:
    """Cells of k groups, with what the policy asks of them besides (`policy.cells.Cells`)."""
    return f"""
        with evidence as (
            select *, period_key % 10 > 0 as is_quarter, round(tie_share * contributors) as most_common_times
            from {panel.evidence} where {condition}
        ), first_periods as ({first_periods(profile)})
        select evidence.*, evidence.period_key = first_periods.period_key as in_first_period
        from evidence join first_periods using (is_quarter) where contributors >= {profile.k}"""


def first_periods(profile: Profile) -> str:
    """The consortium's first year and first quarter with a cell of k groups."""
    return f"""
        select period_key % 10 > 0 as is_quarter, min(period_key) as period_key
        from warehouse.intermediate.int_cells where contributors >= {profile.k} group by 1"""


def _register_windows(connection: duckdb.DuckDBPyConnection, profile: Profile, panel: Panel) -> None:
    sizes = [n for (n,) in connection.execute("select distinct contributors from eligible order by 1").fetchall()]
    printed = {n: (*printed_windows(n, profile), *(printed_intervals(n, profile) if panel.intervals else ())) for n in sizes}
    windows = [(n, w) for n in sizes for w in printed[n] if w.quantile in (*panel.quantiles, *panel.intervals)]
    table = {
        "contributors": pa.array([n for n, _ in windows], pa.int32()),
        "quantile": pa.array([w.quantile for _, w in windows], pa.string()),
        "low": pa.array([w.low for _, w in windows], pa.int64()),
        "high": pa.array([w.high for _, w in windows], pa.int64()),
        "first_rank": pa.array([w.first_rank for _, w in windows], pa.int64()),
        "last_rank": pa.array([w.last_rank for _, w in windows], pa.int64()),
    }
    connection.register("windows", pa.table(table))


def _averages(profile: Profile, panel: Panel, condition: str) -> str:
    """One row per cell and printed quantile or interval end: the window average on the working scale, rounded to its step."""
    half = UNIT // 2
    return f"""
        with ranked as (
            select {panel.key}, eligible.contributors, scales.step, scales.digits, scales.edge_low, scales.edge_high, scales.is_log,
                case when is_log then log10(greatest(value, pow(10, floor))) else value end as x,
                row_number() over (partition by {panel.key} order by value) as rank
            from (select {panel.key}, value from {panel.values} where {condition}) as members
                join eligible using ({panel.key}) join scales using (kpi_key)
        ), averaged as (
            select {panel.key}, quantile, any_value(step) as step, any_value(digits) as digits,
                any_value(edge_low) as edge_low, any_value(edge_high) as edge_high, any_value(is_log) as is_log,
                sum(x * (least(high, {UNIT} * rank + {half}) - greatest(low, {UNIT} * rank - {half})) order by rank)
                    / {UNIT * profile.window} as average
            from ranked join windows
                on windows.contributors = ranked.contributors and rank between first_rank and last_rank
            group by {panel.key}, quantile
        ), significant as (
            select *, case when average = 0 then 0.0
                else round(average, cast({SIGNIFICANT_DIGITS - 1} - floor(log10(abs(average))) as integer)) end as exact
            from averaged
        )
        select {panel.key}, quantile, step, digits, edge_low, edge_high, is_log,
            round(round(round(exact / step, 9)) * step, cast(digits as integer)) as x
        from significant"""


def _spread(panel: Panel) -> str:
    """Per cell: how many quantiles would be printed and how many steps apart they are."""
    return f"""
        select {panel.key}, count(*) as printed, (max(x) - min(x)) / any_value(step) as steps_apart
        from averaged where {IS_QUANTILE} group by {panel.key}"""


def pivoted(key: str, intervals: tuple[str, ...] = ()) -> str:
    """One row a cell of `averaged`: p10 to p90 in the unit of the values, which of them stand as a band at an edge, and the
    ends of intervals.
    """
    figures = ", ".join(f"max(figure) filter (where quantile = '{q}') as {q}" for q in (*TWENTIETHS, *intervals))
    return f"""
        select {key}, {figures},
            nullif(string_agg(quantile, ',' order by quantile) filter (where at_low and {IS_QUANTILE}), '') as edge_low,
            nullif(string_agg(quantile, ',' order by quantile) filter (where at_high and not at_low and {IS_QUANTILE}), '') as edge_high
        from (
            select {key}, quantile, x <= edge_low as at_low, x >= edge_high as at_high,
                case when x <= edge_low or x >= edge_high then null when is_log then {significant("pow(10, x)")} else x end as figure
            from averaged
        ) as shown
        group by {key}"""


def significant(value: str, digits: int = 3) -> str:
    """`value` with so many significant digits: how figures of log scale are printed."""
    return f"case when {value} = 0 then 0.0 else round({value}, cast({digits - 1} - floor(log10(abs({value}))) as integer)) end"
