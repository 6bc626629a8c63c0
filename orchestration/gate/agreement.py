"""What datasets that rest on other tables must say besides: the same as those tables, and what follows from them.

`trend` prints medians of two benchmarks and a split of their difference; `coverage` lists what the other tables hold.
Relations shape, checks judge, as in `relations.py` and `invariants.py`.
"""

from __future__ import annotations

from orchestration.contracts import TableContract
from orchestration.cuts import DIMENSIONS
from orchestration.gate.check import Check, must_be_empty, must_hold
from orchestration.gate.model import GateInput
from orchestration.gate.sql import literal

CELL = ("kpi_code", "kpi_version", "cut", *DIMENSIONS)
TOLERANCE = 0.006
"""Three significant digits of a figure, and of another that was made of it."""
COVERED = ("benchmark", "trend", "attainment")
COVERAGE_KEY = ("dataset", *CELL, "promised_by", "months_since_go_live")


def own_relations(inputs: GateInput, contract: TableContract) -> dict[str, str]:
    """Relations that only this dataset has, by name."""
    if contract.name == "trend":
        return {"medians": _medians()}
    if contract.name == "coverage":
        return {"coverage_gaps": _coverage_gaps(inputs), "declared_gaps": _declared_gaps()}
    return {}


def own_checks(inputs: GateInput, contract: TableContract) -> tuple[Check, ...]:
    """Checks that only this dataset has."""
    if contract.name == "trend":
        return _trend(inputs)
    return _coverage() if contract.name == "coverage" else ()


def _medians() -> str:
    latest, earlier = (" AND ".join(f"{t}.{name} IS NOT DISTINCT FROM c.{name}" for name in CELL) for t in ("b", "e"))
    return f"""
        SELECT c.*, b.p50 AS latest_printed, e.p50 AS earlier_printed, e.release_id AS earlier_printed_in,
               k.scale AS cat_scale, k.hard_max - k.hard_min AS widest,
               100 * (c.p50 / c.earlier_p50 - 1) AS percent,
               100 * (c.p50 / c.earlier_p50 / nullif(1 + c.real_change / 100, 0) - 1) AS percent_left
        FROM candidate AS c
        LEFT JOIN benchmark AS b ON {latest}
        LEFT JOIN earlier_benchmark AS e ON {earlier}
        LEFT JOIN catalogue AS k ON k.code = c.kpi_code AND k.version = c.kpi_version"""


def _trend(inputs: GateInput) -> tuple[Check, ...]:
    year, quarter = inputs.period[:4], inputs.period[4:]
    before = f"{int(year) - 1}{quarter}"
    cross = _follows("cross_section_change", "p50 - earlier_p50", "percent")
    left = _follows("membership_change", "cross_section_change - real_change", "percent_left")
    return (
        must_hold("earlier_period_is_a_year_before", "Every row is compared with the same period a year before.", "candidate", f"earlier_period = {literal(before)}"),
        must_hold("latest_median_is_published", "The later median is the one this release's benchmark prints.", "medians", "p50 IS NOT DISTINCT FROM latest_printed"),
        must_hold(
            "earlier_median_is_published",
            "The earlier median is the one that the named release's benchmark prints.",
            "medians",
            "earlier_p50 IS NOT DISTINCT FROM earlier_printed AND earlier_release_id IS NOT DISTINCT FROM earlier_printed_in",
        ),
        must_hold(
            "change_kind_matches",
            "Changes are percentages on log scale, differences elsewhere.",
            "medians",
            "change_kind = CASE WHEN cat_scale = 'log' THEN 'percent' ELSE 'difference' END",
        ),
        must_hold("cross_section_follows", "The change of the cross-section follows from the two medians.", "medians", cross),
        must_hold("membership_follows", "The membership change is what the real change leaves of it.", "medians", left),
        must_hold(
            "real_change_in_reach",
            "No real change is larger than from one hard bound to the other.",
            "medians",
            "isfinite(real_change) AND CASE WHEN change_kind = 'percent' THEN real_change >= -100 ELSE abs(real_change) <= widest END",
        ),
    )  # fmt: skip


def _follows(column: str, difference: str, percent: str) -> str:
    """The column is empty where what it follows from is, and otherwise equal to it within rounding."""
    expected = f"CASE WHEN change_kind = 'percent' THEN {percent} ELSE {difference} END"
    return f"""CASE WHEN p50 IS NULL OR earlier_p50 IS NULL THEN {column} IS NULL
        ELSE abs({column} - ({expected})) <= CASE WHEN change_kind = 'percent' THEN {TOLERANCE} * abs({expected}) ELSE 0 END + 1e-6 END"""


def _coverage_gaps(inputs: GateInput) -> str:
    """Cells that one of the two knows and the other does not: the list of served cells, and the tables themselves."""
    listed = f"SELECT {', '.join(COVERAGE_KEY)} FROM candidate WHERE status = 'served'"
    own = (f"SELECT {literal(name)} AS dataset, {', '.join(_columns_of(name))} FROM {name}" for name in COVERED if name in inputs.beside)
    held = " UNION ALL ".join(own)
    return f"({listed} EXCEPT ALL ({held})) UNION ALL (({held}) EXCEPT ALL {listed})"


def _columns_of(dataset: str) -> list[str]:
    known = ("kpi_code", "kpi_version", "cut", "project_kind", "vendor", "promised_by", "months_since_go_live")
    names = known if dataset == "attainment" else CELL
    return [name if name in names else f"NULL AS {name}" for name in COVERAGE_KEY[1:]]


def _declared_gaps() -> str:
    listed = "SELECT dataset, cut FROM candidate WHERE status = 'declared'"
    declared = " UNION ALL ".join(f"SELECT {literal(name)}, cut FROM declared_{name}" for name in COVERED)
    return f"({listed} EXCEPT ALL ({declared})) UNION ALL (({declared}) EXCEPT ALL {listed})"


def _coverage() -> tuple[Check, ...]:
    blank = " AND ".join(f"{name} IS NULL" for name in COVERAGE_KEY if name not in ("dataset", "cut"))
    return (
        must_be_empty("served_are_published", "Listed as served are exactly the rows of the release's tables.", "coverage_gaps", "SELECT 1 FROM coverage_gaps"),
        must_be_empty("cuts_are_declared", "Listed as declared are exactly the declared cuts.", "declared_gaps", "SELECT 1 FROM declared_gaps"),
        must_hold("declared_rows_are_cuts_only", "A declared cut names no KPI and no peer group.", "candidate", f"status = 'served' OR ({blank})"),
    )  # fmt: skip
