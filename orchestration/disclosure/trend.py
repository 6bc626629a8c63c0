"""The dataset `trend`: how a cell moved against the year before, and how much of it the companies themselves did.

The medians of both periods are those that the two benchmarks print, so what follows from them tells nothing new. New is one
figure: the median change of the companies in both cells, the matched panel. It is a cell of its own, with its own
contributors, and protected like any published median: k groups, established groups, homogeneity, window, rounding step.

A matched panel lies inside both cells, and what is left over are joiners and leavers. No sum or mean is printed and the
matched figure is of changes, not of values, so no company follows from the two by subtraction; contributors go to the
ledger of editions as a set of their own, and the audit stacks matched panels with one another, for only they are of the same values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.contracts import Profile
from orchestration.cuts import DIMENSIONS
from orchestration.disclosure.audit.figures import Reading, Row
from orchestration.disclosure.bands import count_band, share_band
from orchestration.disclosure.panels import ASKED, Panel, Ranges, average, significant
from orchestration.disclosure.protect import CELL
from orchestration.disclosure.rounding import Scale, scale_of
from orchestration.sql import literal

ADDRESS = ("kpi_code", "kpi_version", "cut", *DIMENSIONS)
TABLE = "matched"
NO_BENCHMARK = "(select * from protected where false)"


def scale_of_changes(ranges: Ranges, profile: Profile) -> Scale:
    """Changes are rounded to the step of the values they are differences of, on the same working scale.

    The largest change there can be is from one hard bound to the other; close to that a figure would pin the companies behind
    it to the bounds, and is not printed.
    """
    values = scale_of(*ranges, profile)
    largest = math.log10(ranges.hard_high) - values.floor if values.is_log else ranges.hard_high - ranges.hard_low
    edge = largest - profile.edge_share * values.range_width
    return Scale(False, values.step, values.digits, -math.inf, -edge, edge, values.range_width)


def read_trend(ranges: Ranges, profile: Profile) -> Reading:
    """How a trend's rows are read: the matched change is their one figure of their own."""
    scale = scale_of_changes(ranges, profile)
    largest = scale.edge_high + profile.edge_share * scale.range_width
    return Reading(scale, -largest, largest, _matched_change)


LEAST_FACTOR = 1e-6  # what is printed as -100 % is read as this, which fits no values, so that the cell is hidden


def _matched_change(row: Row, quantile: str, _: Scale) -> float | None:
    change = row.get("real_change")
    if quantile != "p50" or not isinstance(change, int | float):
        return None
    if row.get("change_kind") != "percent":
        return float(change)
    return math.log10(max(1 + change / 100, LEAST_FACTOR))


CHANGES = Panel(
    CELL,
    "warehouse.marts.trend_evidence",
    f"(select {CELL}, change as value from warehouse.intermediate.int_matched_changes) as changes",
    scale_of_changes,
    ("p50",),
)


def protect_changes(connection: duckdb.DuckDBPyConnection, profile: Profile, periods: Sequence[int] | None = None) -> None:
    """Create the temp table `matched`: one row per matched panel of k groups of `periods` (their keys), or of all.

    `change` is on the working scale: a difference in the KPI's unit, or log10 of a ratio on a log KPI.
    """
    average(connection, profile, CHANGES, periods)
    connection.execute(f"""
        create or replace temp table {TABLE} as
        select {CELL}, e.period, e.earlier_period, {", ".join(f"e.{name}" for name in ADDRESS)},
            kpis.unit, kpis.direction, kpis.scale = 'log' as is_log, a.digits, a.x as change,
            {count_band("e.contributors", profile)} as contributors_band,
            {share_band("tie_share", profile)} as tie_share_band, {share_band("zero_share", profile)} as zero_share_band,
            '{profile.name}' as profile, {ASKED}
        from eligible as e join averaged as a using ({CELL}) join spread using ({CELL}) join warehouse.intermediate.int_kpis as kpis using (kpi_key)
        where a.x > a.edge_low and a.x < a.edge_high""")


def trend_rows(period_key: int, folder: Path, year_before: Path | None) -> str:
    """The rows of one period beside the benchmark in `folder`; `year_before` is the folder of the edition that stands for the
    period a year earlier. Whatever of a change does not follow from printed figures is empty.
    """
    earlier = f"read_parquet({literal(str(year_before / 'benchmark.parquet'))})" if year_before else NO_BENCHMARK
    release = literal(year_before.name) if year_before else "null"
    return f"""
        with medians as (
            select m.*, latest.p50, earlier.p50 as earlier_p50,
                case when earlier.kpi_code is not null then {release} end as earlier_release_id,
                case when is_log then {significant("100 * (pow(10, m.change) - 1)")} else m.change end + 0.0 as real_change
            from {TABLE} as m
            left join read_parquet({literal(str(folder / "benchmark.parquet"))}) as latest on {_same_cell("latest")}
            left join {earlier} as earlier on {_same_cell("earlier")}
            where m.period_key = {period_key}
        ), crossed as (
            select *, case when is_log then {significant("100 * (p50 / earlier_p50 - 1)")} else round(p50 - earlier_p50, cast(digits as integer)) end + 0.0
                as cross_section_change
            from medians
        )
        select *, 'published' as status, case when is_log then 'percent' else 'difference' end as change_kind,
            case when is_log then {significant("100 * (p50 / earlier_p50 / nullif(1 + real_change / 100, 0) - 1)")}
                else round(cross_section_change - real_change, cast(digits as integer)) end + 0.0 as membership_change
        from crossed"""


def _same_cell(alias: str) -> str:
    return " and ".join(f"{alias}.{name} is not distinct from m.{name}" for name in ADDRESS)


def trend_evidence(period_key: int) -> str:
    """What the gate judges the rows by."""
    return f"""
        select period, {", ".join(ADDRESS)}, contributors, established, tie_share, zero_share
        from warehouse.marts.trend_evidence where period_key = {period_key} order by all"""


def trend_contributors(period_key: int) -> str:
    """Who is in each published matched panel, with its change."""
    return f"""
        select m.period, {", ".join(f"m.{name}" for name in ADDRESS)}, groups.holding_group_id, v.change as value
        from warehouse.intermediate.int_matched_changes as v join {TABLE} as m using ({CELL})
            join (select distinct group_key, holding_group_id from warehouse.intermediate.int_units) as groups on groups.group_key = v.voter_key
        where v.period_key = {period_key} and m.period_key = {period_key} order by all"""
