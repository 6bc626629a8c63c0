"""The candidate's rows joined with what each is judged by: one SELECT, from which the relation `cells` is made.

Beside the columns of the contract it has: ev_* (evidence), cat_* (catalogue), windowed, allowed and printed (quantiles in
order: that the windows have room for, without those that an attack broke, and that are there), low_in_order and high_in_order
(the edge lists), numbers, states (0 lower band, 1 number, 2 upper band), times_printed, cut_of_dimensions. What must hold of
them is in `invariants.py`. A dataset whose contract has no edge bands has none of the columns from `windowed` to `times_printed`.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.contracts import Profile, TableContract
from orchestration.gate.estimator import QUANTILES
from orchestration.gate.sql import identifier, literal, sql_list

ADDRESS = ("period", "kpi_code", "kpi_version", "cut", "months_since_go_live")
WHOLE = 100
GRADES = ("a", "b", "c")
OWN_BOUNDS = {"attainment": (0.0, 2.0)}
"""Datasets whose figures are not in the KPI's unit: the lowest and highest that may be printed."""


def cells_query(contract: TableContract, profile: Profile, evidence_key: Sequence[str]) -> str:
    """Every row of the candidate. A dimension the evidence does not know must be empty: its cell has no evidence.

    That is asked beside the join: as a part of its condition it makes the join thirty times slower.
    """
    names, shares = dimensions(contract), share_columns(contract)
    same_cell = " AND ".join(f"e.{name} IS NOT DISTINCT FROM c.{name}" for name in evidence_key)
    found = ["e.kpi_code IS NOT NULL", *(f"c.{name} IS NULL" for name in names if name not in evidence_key)]
    low, high = OWN_BOUNDS.get(contract.name, ("k.hard_min", "k.hard_max"))
    grades = grades_shown(contract)
    mix = [f"grade_{grade}_share" for grade in grades]
    bands = ", ".join(
        [
            *(f"{_share_band_of(name, profile)} AS ev_{name}_band" for name in shares),
            *(_grade_band_of(grade, profile) for grade in grades),
        ]
    )
    return f"""
        WITH joined AS (
            SELECT {", ".join(f"c.{identifier(name)}" for name in contract.column_names)},
                   {" AND ".join(found)} AS in_evidence, e.contributors AS ev_contributors,
                   e.established AS ev_established, {", ".join(f"e.{name} AS ev_{name}" for name in (*shares, *mix))},
                   k.code IS NOT NULL AS in_catalogue, k.unit AS cat_unit, k.direction AS cat_direction,
                   {low} AS cat_min, {high} AS cat_max{_edges() if has_edges(contract) else ""}
            FROM candidate AS c
            LEFT JOIN evidence AS e ON {same_cell}
            LEFT JOIN catalogue AS k ON k.code = c.kpi_code AND k.version = c.kpi_version
            LEFT JOIN allowed AS a ON a.contributors = e.contributors
        )
        SELECT *, {_count_band_of("ev_contributors", profile)} AS ev_contributors_band, {bands},
               {f"{_printed()}," if has_edges(contract) else ""} {_cut_of(names)} AS cut_of_dimensions
        FROM joined"""


def address(contract: TableContract) -> tuple[str, ...]:
    """The key columns that name no peer group: period, KPI, version, cut, and months since go-live."""
    return tuple(name for name in ADDRESS if name in contract.key)


def has_cells(contract: TableContract) -> bool:
    """Whether the rows are protected cells with contributors of their own, and not made of other published tables."""
    return "contributors_band" in contract.column_names


def has_edges(contract: TableContract) -> bool:
    """Whether the dataset prints quantiles, which may stand as bands at a bound."""
    return "edge_low" in contract.column_names


def share_columns(contract: TableContract) -> tuple[str, ...]:
    """The shares in the evidence that the dataset shows as bands: `tie_share` of `tie_share_band`."""
    return tuple(name.removesuffix("_band") for name in contract.column_names if name.endswith("_share_band"))


def grades_shown(contract: TableContract) -> tuple[str, ...]:
    """The grades whose share of the companies the dataset shows in bands."""
    return tuple(grade for grade in GRADES if f"grade_{grade}_band" in contract.column_names)


def dimensions(contract: TableContract) -> tuple[str, ...]:
    """The key columns that name a peer group: everything in the key but the address."""
    return tuple(name for name in contract.key if name not in ADDRESS)


def count_band(low: int, high: int | None) -> str:
    """How a band of contributors is written."""
    return f"{low}+" if high is None else f"{low}-{high}"


def share_band(low: int, high: int) -> str:
    """How a band of percent is written."""
    return f"{low}-{high}"


def _edges() -> str:
    return """, a.quantiles AS windowed, a.intervals AS allowed_intervals,
                   [q for q in a.quantiles if NOT coalesce(list_contains(string_split(e.left_out, ','), q), false)] AS allowed,
                   coalesce(string_split(c.edge_low, ','), CAST([] AS VARCHAR[])) AS low,
                   coalesce(string_split(c.edge_high, ','), CAST([] AS VARCHAR[])) AS high"""


def _printed() -> str:
    names = sql_list(literal(q) for q in QUANTILES)
    states = {
        q: f"CASE WHEN {q} IS NOT NULL THEN 1 WHEN list_contains(low, '{q}') THEN 0 WHEN list_contains(high, '{q}') THEN 2 END"
        for q in QUANTILES
    }
    shown = (f"CASE WHEN ({state}) IS NOT NULL THEN '{q}' END" for q, state in states.items())
    times = (
        f"CAST({q} IS NOT NULL AS INTEGER) + CAST(list_contains(low, '{q}') AS INTEGER) + CAST(list_contains(high, '{q}') AS INTEGER)"
        for q in QUANTILES
    )
    return f"""
        [x for x in {sql_list(QUANTILES)} if x IS NOT NULL] AS numbers,
        [x for x in {sql_list(states.values())} if x IS NOT NULL] AS states,
        [x for x in {sql_list(shown)} if x IS NOT NULL] AS printed,
        [x for x in {names} if list_contains(low, x)] AS low_in_order,
        [x for x in {names} if list_contains(high, x)] AS high_in_order,
        greatest({", ".join(times)}) AS times_printed"""


def _count_band_of(column: str, profile: Profile) -> str:
    arms = (
        f"WHEN {column} >= {low} AND {'true' if high is None else f'{column} <= {high}'} THEN {literal(count_band(low, high))}"
        for low, high in profile.count_bands
    )
    return f"CASE {' '.join(arms)} END"


def _share_band_of(share: str, profile: Profile) -> str:
    percent = f"round(ev_{share} * 100, 9)"
    arms = (
        f"WHEN {percent} >= {low} AND {percent} {'<=' if high == WHOLE else '<'} {high} THEN {literal(share_band(low, high))}"
        for low, high in profile.bands_of(share)
    )
    return f"CASE {' '.join(arms)} END"


def _grade_band_of(grade: str, profile: Profile) -> str:
    """Empty but in cells with quartiles where a single group lies below the second band, so that one looks like none."""
    band, second = _share_band_of(f"grade_{grade}_share", profile), profile.share_bands[1][0]
    enough = f"list_contains(windowed, 'p25') AND {WHOLE} < {second} * ev_contributors"
    return f"CASE WHEN {enough} THEN {band} END AS ev_grade_{grade}_band"


def _cut_of(names: Sequence[str]) -> str:
    used = ", ".join(f"CASE WHEN {name} IS NOT NULL THEN {literal(name)} END" for name in names)
    return f"coalesce(nullif(concat_ws(' x ', {used}), ''), 'all')"
