"""Protected rows against a plain-Python reference, on small made-up marts."""

from __future__ import annotations

import math
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.contracts import Profile, disclosure_policy
from orchestration.disclosure.deciding import Table, settle
from orchestration.disclosure.intervals import order_statistic_ranks
from orchestration.disclosure.protect import protect
from orchestration.disclosure.rounding import Scale, scale_of
from orchestration.disclosure.windows import UNIT, printed_windows
from tests.laws import examples

PUBLIC, MEMBERS = (disclosure_policy().profile(name) for name in ("public", "members"))
LINEAR = ("linear", 0.0, 100.0, 0.0, 100.0)
LOG = ("log", 0.0, 100.0, 0.01, 10.0)


def marts(cells: list[tuple[tuple, list[float]]], established: int | None = None) -> duckdb.DuckDBPyConnection:
    """A connection with as much of the marts as disclosure reads; one cell per (KPI ranges, values)."""
    con = duckdb.connect()
    con.execute("attach ':memory:' as warehouse")
    con.execute("create schema warehouse.marts")
    con.execute("create schema warehouse.intermediate")
    con.execute(
        "create table warehouse.intermediate.int_kpis (kpi_key integer, scale varchar, hard_low double, hard_high double, typical_low double, "
        "typical_high double, unit varchar, direction varchar)"
    )
    con.execute(
        "create table warehouse.intermediate.int_company_values (period_key integer, kpi_key integer, unit_part_key integer, slice_part_key integer, value double)"
    )
    con.execute(
        "create table warehouse.marts.cell_evidence (period_key integer, kpi_key integer, unit_part_key integer, slice_part_key integer, period varchar, "
        "kpi_code varchar, kpi_version integer, cut varchar, industry varchar, sector varchar, country varchar, size_band varchar, "
        "value_chain_stage varchar, project_kind varchar, vendor varchar, vendor_class varchar, contributors integer, established integer, "
        "p10 double, p25 double, p50 double, p75 double, p90 double, tie_share double, zero_share double, attributed_share double, "
        "grade_a_share double, grade_b_share double, grade_c_share double)"
    )
    con.execute("create view warehouse.intermediate.int_cells as select * from warehouse.marts.cell_evidence")
    for key, (ranges, values) in enumerate(cells, start=1):
        con.execute("insert into warehouse.intermediate.int_kpis values (?, ?, ?, ?, ?, ?, '%', 'H')", [key, *ranges])
        con.executemany("insert into warehouse.intermediate.int_company_values values (20250, ?, 1, 1, ?)", [(key, v) for v in values])
        n, rounded = len(values), [round(v, 9) for v in values]
        tie = max(rounded.count(v) for v in rounded) / n
        con.execute(
            "insert into warehouse.marts.cell_evidence values (20250, ?, 1, 1, '2025', ?, 1, 'all', null, null, null, null, null, null, null, null, ?, ?, "
            "0, 0, 0, 0, 0, ?, ?, 0, 0.96, 0.04, 0)",
            [key, f"K-{key}", n, n if established is None else established, tie, values.count(0) / n],
        )
    return con


def reference(values: list[float], ranges: tuple, profile: Profile) -> dict[str, float | str] | None:
    """DISCLOSURE's estimator and primary rules in plain Python: quantile -> number, 'low' or 'high'; None where hidden."""
    n = len(values)
    most_common = max(values.count(v) for v in values)
    if n < profile.k or most_common >= profile.homogeneity_share * n or most_common >= n - 1:
        return None
    scale: Scale = scale_of(*ranges, profile)
    ordered = sorted(math.log10(max(v, 10**scale.floor)) if scale.is_log else v for v in values)
    rounded = {}
    for w in printed_windows(n, profile):
        total = sum(w.weight(i) * ordered[i - 1] for i in range(w.first_rank, w.last_rank + 1)) / (UNIT * profile.window)
        exact = float(f"{total:.9g}") if total else 0.0
        steps = round(exact / scale.step, 9)
        rounded[w.quantile] = round(math.copysign(math.floor(abs(steps) + 0.5), steps) * scale.step, scale.digits)
    if len(rounded) >= 2 and max(rounded.values()) - min(rounded.values()) < 2 * scale.step - scale.step / 1e6:
        return None
    return {q: _shown(x, scale) for q, x in rounded.items()}


def _shown(x: float, scale: Scale) -> float | str:
    if x <= scale.edge_low:
        return "low"
    if x >= scale.edge_high:
        return "high"
    return float(f"{10**x:.3g}") if scale.is_log else x


def protected(con: duckdb.DuckDBPyConnection, profile: Profile) -> dict[int, dict[str, float | str]]:
    """What is published of 2025: quantile -> number, 'low' or 'high', by KPI."""
    protect(con, profile)
    members = (
        "select 'K-' || kpi_key as kpi_code, row_number() over () as holding_group_id, value from warehouse.intermediate.int_company_values"
    )
    settle(con, Table("benchmark", "protected", ("kpi_code",), members, 20250), (), profile)
    rows = con.execute("select kpi_key, p10, p25, p50, p75, p90, edge_low, edge_high from protected order by kpi_key").fetchall()
    result = {}
    for key, *numbers, low, high in rows:
        shown = {q: x for q, x in zip(("p10", "p25", "p50", "p75", "p90"), numbers, strict=True) if x is not None}
        shown |= dict.fromkeys((low or "").split(",") if low else [], "low") | dict.fromkeys(
            (high or "").split(",") if high else [], "high"
        )
        result[key] = shown
    return result


def assert_equal(found: dict[str, float | str] | None, expected: dict[str, float | str] | None) -> None:
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found.keys() == expected.keys()
        for quantile, value in expected.items():
            assert found[quantile] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-9)), quantile


values_of_percent = st.lists(st.one_of(st.integers(0, 100).map(float), st.floats(0, 100, allow_nan=False)), min_size=3, max_size=60)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(values_of_percent, min_size=1, max_size=6), st.sampled_from([PUBLIC, MEMBERS]), st.sampled_from([LINEAR, LOG]))
def test_every_cell_equals_the_reference(columns: list[list[float]], profile: Profile, ranges: tuple) -> None:
    columns = [[round(v, 6) for v in column] for column in columns]
    found = protected(marts([(ranges, column) for column in columns]), profile)
    for key, column in enumerate(columns, start=1):
        assert_equal(found.get(key), reference(column, ranges, profile))


def test_a_linear_cell_by_hand() -> None:
    # 11 groups, values 10, 14, ..., 50: h = 6, window [3.5, 8.5) = ranks 4..8 = 22, 26, 30, 34, 38: average 30.
    assert protected(marts([(LINEAR, [10.0 + 4 * i for i in range(11)])]), PUBLIC) == {1: {"p50": 30.0}}


def test_a_cell_below_k_has_no_row() -> None:
    assert protected(marts([(LINEAR, [10.0 + 4 * i for i in range(9)])]), PUBLIC) == {}


def test_newcomers_alone_make_no_cell_after_the_first_period() -> None:
    con = marts([(LINEAR, [10.0 + 4 * i for i in range(11)])], established=3)
    assert protected(con, PUBLIC) == {1: {"p50": 30.0}}  # the consortium's first period
    con.execute(
        "insert into warehouse.marts.cell_evidence select * replace (20240 as period_key, '2024' as period) from warehouse.marts.cell_evidence"
    )
    con.execute("delete from warehouse.intermediate.int_company_values where period_key = 20240")
    assert protected(con, PUBLIC) == {}


@pytest.mark.parametrize("others", [0, 1, 2])
def test_one_value_that_holds_nearly_all_hides_the_cell(others: int) -> None:
    values = [50.0] * (12 - others) + [10.0 * (i + 1) for i in range(others)]
    assert protected(marts([(LINEAR, values)]), PUBLIC) == {}


def test_quantiles_closer_than_two_steps_hide_the_cell() -> None:
    near = [50 + 0.01 * i for i in range(30)]
    far = [50 + 1.0 * i for i in range(30)]
    assert list(protected(marts([(LINEAR, near), (LINEAR, far)]), PUBLIC)) == [2]


def test_bands_are_those_of_the_policy() -> None:
    con = marts([(LINEAR, [0.0, 0.0, 0.0, *np.linspace(10, 90, 17).tolist()])])
    protect(con, PUBLIC)
    assert con.execute("select contributors_band, tie_share_band, zero_share_band, attributed, profile from protected").fetchall() == [
        ("20-29", "5-20", "5-20", None, "public")
    ]


@pytest.mark.parametrize(("groups", "bands"), [(20, (None, None, None)), (22, (None, None, None)), (23, ("80-100", "0-5", "0-5"))])
def test_the_mix_of_grades_is_told_only_where_one_company_looks_like_none(groups: int, bands: tuple) -> None:
    con = marts([(LINEAR, np.linspace(10, 90, groups).tolist())])
    protect(con, PUBLIC)
    assert con.execute("select grade_a_band, grade_b_band, grade_c_band from protected").fetchall() == [bands]


def test_the_median_of_sixty_has_the_interval_of_ranks_22_and_39() -> None:
    # X binomial (60, 1/2): P(X < 22) = 1.37 %, P(X < 23) = 2.59 %, so ranks 22 and 39; values 1.0 to 60.0, step 1:
    # each end is the average of five neighbouring ranks, 20 to 24 and 37 to 41.
    con = marts([(LINEAR, [float(i) for i in range(1, 61)])])
    protect(con, PUBLIC)
    assert con.execute("select p50_low, p50_high, p25_low, p75_high from protected").fetchall() == [(22.0, 39.0, None, None)]


def test_an_interval_with_an_end_in_the_band_at_a_hard_bound_is_not_available() -> None:
    # The lower end averages ranks 20 to 24, all below 5: the band at the hard bound. The median, ranks 28 to 33, is a number.
    values = [0.1 * i for i in range(1, 26)] + [30.0 + i for i in range(35)]
    con = marts([(LINEAR, values)])
    protect(con, PUBLIC)
    assert con.execute("select p50_low, p50_high, p50 is not null, edge_low from protected").fetchall() == [(None, None, True, "p10,p25")]


def test_the_ends_of_intervals_are_the_plain_reference_s() -> None:
    for ranges in (LINEAR, LOG):
        rng = np.random.default_rng(3)
        values = [round(float(v), 6) for v in (rng.uniform(20, 80, 131) if ranges is LINEAR else 10 ** rng.uniform(-1.5, 0.8, 131))]
        con = marts([(ranges, values)])
        protect(con, PUBLIC)
        names = ("p25_low", "p25_high", "p50_low", "p50_high", "p75_low", "p75_high")
        found = con.execute(f"select {', '.join(names)} from protected").fetchone()
        scale = scale_of(*ranges, PUBLIC)
        ordered = sorted(math.log10(v) if scale.is_log else v for v in values)
        ranks = [rank for q in ("p25", "p50", "p75") for rank in (order_statistic_ranks(q, 131) or ())]
        averages = [math.fsum(ordered[rank - 3 : rank + 2]) / 5 for rank in ranks]
        rounded = [math.floor(x / scale.step + 0.5) * scale.step for x in averages]
        assert found == pytest.approx([float(f"{10**x:.3g}") if scale.is_log else x for x in rounded], abs=1e-9)


def test_same_values_in_another_order_give_the_same_row(tmp_path: Path) -> None:
    values = [round(float(v), 6) for v in np.random.default_rng(7).uniform(0, 100, 57)]
    assert protected(marts([(LINEAR, values)]), PUBLIC) == protected(marts([(LINEAR, values[::-1])]), PUBLIC)
