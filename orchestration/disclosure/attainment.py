"""The dataset `attainment`: what was promised against what was achieved, by months since go-live (METHOD 7).

One company, one vote: a group's value is the median of its attainments in the cell. Quantiles are protected like those of
the benchmark. Attainment is a ratio that every KPI shares, so its scale is declared here and no KPI's range enters: values
outside [0, 2] count as 0 or 2, and figures next to these bounds stand as bands ("hardly anything", "twice as much or more").
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import duckdb

from orchestration.contracts import Profile
from orchestration.disclosure.audit.figures import Reading
from orchestration.disclosure.bands import count_band, share_band
from orchestration.disclosure.panels import ASKED, Panel, Ranges, average, pivoted
from orchestration.disclosure.rounding import Scale, rounding_step
from orchestration.disclosure.windows import TWENTIETHS

TABLE = "attained"
CELL = "cell_key"
LOW, HIGH = 0.0, 2.0
DIMENSIONS = ("project_kind", "vendor", "promised_by")
ADDRESS = ("kpi_code", "kpi_version", "cut", *DIMENSIONS, "months_since_go_live")
SHARES = ("tie", "zero", "rebaselined", "abandoned", "closed", "no_figure")


def scale_of_attainment(_: Ranges, profile: Profile) -> Scale:
    """The same for every KPI."""
    step, digits = rounding_step(HIGH - LOW, profile.rounding_share)
    edge = profile.edge_share * (HIGH - LOW)
    return Scale(False, step, digits, -math.inf, LOW + edge, HIGH - edge, HIGH - LOW)


def read_attainment(ranges: Ranges, profile: Profile) -> Reading:
    """How the rows are read: alike for every KPI."""
    return Reading(scale_of_attainment(ranges, profile), LOW, HIGH)


ATTAINMENTS = Panel(
    CELL,
    "warehouse.marts.attainment_evidence",
    f"(select {CELL}, period_key, least(greatest(value, {LOW}), {HIGH}) as value from warehouse.intermediate.int_attainment_votes) as votes",
    scale_of_attainment,
)


def protect_attainments(connection: duckdb.DuckDBPyConnection, profile: Profile, periods: Sequence[int] | None = None) -> None:
    """Create the temp table `attained`: one row per cell of k groups of `periods` (their keys), or of all years.

    Shares of the base are shares over its groups, of which there must be k as well.
    """
    average(connection, profile, ATTAINMENTS, periods)
    shares = ", ".join(f"{share_band(f'{name}_share', profile)} as {name}_share_band" for name in SHARES)
    connection.execute(f"""
        create or replace temp table {TABLE} as
        select {CELL}, e.period_key, e.period, {", ".join(f"e.{name}" for name in ADDRESS)}, kpis.direction,
            {count_band("e.contributors", profile)} as contributors_band, {", ".join(f"p.{name}" for name in TWENTIETHS)},
            p.edge_low, p.edge_high, {shares}, '{profile.name}' as profile, {ASKED}
        from eligible as e join ({pivoted(CELL)}) as p using ({CELL}) join spread using ({CELL})
            join warehouse.intermediate.int_kpis as kpis using (kpi_key)
        where e.base_groups >= {profile.k}""")


def attainment_evidence(period_key: int) -> str:
    """What the gate judges the rows by."""
    shares = ", ".join(f"{name}_share" for name in SHARES)
    return f"""
        select period, {", ".join(ADDRESS)}, contributors, established, base_groups, {shares}
        from warehouse.marts.attainment_evidence where period_key = {period_key} order by all"""


def attainment_contributors(period_key: int) -> str:
    """Who is in each published cell, with its vote."""
    return f"""
        select a.period, {", ".join(f"a.{name}" for name in ADDRESS)}, groups.holding_group_id, v.value
        from warehouse.intermediate.int_attainment_votes as v join {TABLE} as a using ({CELL})
            join (select distinct group_key, holding_group_id from warehouse.intermediate.int_units) as groups on groups.group_key = v.voter_key
        where a.period_key = {period_key} order by all"""
