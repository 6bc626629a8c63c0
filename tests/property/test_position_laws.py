"""Laws of a position that hold for every published cell and every own value."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contracts import disclosure_policy
from orchestration.reports.position import QUANTILES, Kpi, PublishedCell, grid_of, position

PROFILE = disclosure_policy().profile("members")
LINEAR = Kpi("A", 1, "A", "", "%", "H", "linear", "operate", -100.0, 100.0, -100.0, 100.0)
LOG = replace(LINEAR, code="B", scale="log", minimum=0.0, maximum=1000.0, typical_low=1.0, typical_high=500.0)
GOODNESS = {
    "weakest_quarter": 0.0,
    "below_median": 0.5,
    "lower_middle": 1.0,
    "level": 2.0,
    "upper_middle": 3.0,
    "above_median": 3.5,
    "best_quarter": 4.0,
}
SHAPES = (QUANTILES, ("p25", "p50", "p75"), ("p50",), ("p25", "p75"), ("p10", "p50", "p90"))
COUNTS = ("8-9", "10-14", "20-29", "50-99", "500+")

kpis = st.sampled_from([LINEAR, LOG, replace(LINEAR, direction="L"), replace(LOG, direction="L")])
owns = st.integers(-1000, 1000).map(lambda tenths: tenths / 10)


@st.composite
def cells(draw: st.DrawFn, kpi: Kpi) -> PublishedCell:
    """Non-decreasing quantiles on the rounding grid; those in an edge are named there, as the estimator prints them."""
    grid = grid_of(kpi, PROFILE)
    shown = draw(st.sampled_from(SHAPES))
    low, high = kpi.on_axis(kpi.typical_low), kpi.on_axis(kpi.maximum)
    steps = draw(st.lists(st.integers(0, int((high - low) / grid.step)), min_size=len(shown), max_size=len(shown)))
    on_axis = dict(zip(shown, (low + step * grid.step for step in sorted(steps)), strict=True))
    edge_low = tuple(name for name, x in on_axis.items() if x <= grid.edge_low_to)
    edge_high = tuple(name for name, x in on_axis.items() if x >= grid.edge_high_from)
    numbers = {name: 10**x if kpi.is_log else x for name, x in on_axis.items() if name not in edge_low and name not in edge_high}
    return PublishedCell(draw(st.sampled_from(COUNTS)), **numbers, edge_low=edge_low, edge_high=edge_high)


kpi_and_cell = kpis.flatmap(lambda kpi: st.tuples(st.just(kpi), cells(kpi)))


@given(kpi_and_cell, owns, owns)
def test_a_better_value_never_has_a_worse_position(case: tuple[Kpi, PublishedCell], one: float, other: float) -> None:
    kpi, cell = case
    worse, better = sorted((one, other), reverse=kpi.direction == "L")
    low, high = position(worse, cell, kpi, PROFILE), position(better, cell, kpi, PROFILE)
    if low.percentile is not None and high.percentile is not None:
        assert low.percentile <= high.percentile
    if low.band is not None and high.band is not None:
        assert GOODNESS[low.band] <= GOODNESS[high.band]
    if low.gap_to_median is not None and high.gap_to_median is not None:
        assert low.gap_to_median <= high.gap_to_median


@given(kpi_and_cell, owns)
def test_percentile_and_interval_are_nested_in_0_to_100(case: tuple[Kpi, PublishedCell], own: float) -> None:
    kpi, cell = case
    found = position(own, cell, kpi, PROFILE)
    if found.percentile is None:
        assert (found.percentile_low, found.percentile_high) == (None, None)
        return
    assert found.percentile_low is not None
    assert found.percentile_high is not None
    assert 0 <= found.percentile_low <= found.percentile <= found.percentile_high <= 100
    assert found.between[0] <= found.percentile <= found.between[1]


@given(cells(LINEAR), owns)
def test_lower_is_better_is_the_mirror_of_higher_is_better(cell: PublishedCell, own: float) -> None:
    mirrored = position(-own, mirror(cell), replace(LINEAR, direction="L"), PROFILE)
    assert mirrored == position(own, cell, LINEAR, PROFILE)


@given(kpi_and_cell, owns)
def test_only_printed_quartiles_name_a_quarter(case: tuple[Kpi, PublishedCell], own: float) -> None:
    kpi, cell = case
    if not cell.is_shown("p25") and not cell.is_shown("p75"):
        assert position(own, cell, kpi, PROFILE).band in ("above_median", "below_median", "level")


@given(kpi_and_cell, owns)
def test_context_says_where_in_the_values_and_never_better_or_worse(case: tuple[Kpi, PublishedCell], own: float) -> None:
    kpi, cell = case
    found = position(own, cell, replace(kpi, direction="N"), PROFILE)
    in_value_order = position(own, cell, replace(kpi, direction="H"), PROFILE)
    assert found.band == "context"
    assert found.gap_to_better_quartile is None
    assert (found.percentile, found.gap_to_median) == (in_value_order.percentile, in_value_order.gap_to_median)


@given(kpi_and_cell, owns)
def test_the_percentile_equals_a_plain_reference(case: tuple[Kpi, PublishedCell], own: float) -> None:
    kpi, cell = case
    assert position(own, cell, kpi, PROFILE).percentile == pytest.approx(plain_percentile(own, cell, kpi), abs=1e-9)


def plain_percentile(own: float, cell: PublishedCell, kpi: Kpi) -> float | None:
    """METHOD 9 word by word: from the printed numbers in the order of the values; None beyond the outermost ones."""

    def scaled(value: float) -> float:
        return math.log10(max(value, kpi.typical_low)) if kpi.scale == "log" else value

    printed = [(level, scaled(number)) for level, number in zip((10, 25, 50, 75, 90), cell.numbers, strict=True) if number is not None]
    equal = [level for level, at in printed if at == scaled(own)]
    found: float | None = None
    if len(printed) > 1 and equal:
        found = min(equal, key=lambda level: abs(level - 50)) if not min(equal) <= 50 <= max(equal) else 50
    elif len(printed) > 1:
        for (level, at), (next_level, next_at) in pairwise(printed):
            if at < scaled(own) < next_at:
                found = level + (next_level - level) * (scaled(own) - at) / (next_at - at)
    return None if found is None else (100 - found if kpi.direction == "L" else found)


@given(kpi_and_cell)
def test_the_median_itself_is_level_and_has_no_gap(case: tuple[Kpi, PublishedCell]) -> None:
    kpi, cell = case
    if cell.p50 is not None:
        found = position(cell.p50, cell, kpi, PROFILE)
        assert (found.band, found.gap_to_median) == ("level", 0)
        assert found.percentile in (None, 50)
        assert not found.stands_apart


@given(kpi_and_cell, owns)
def test_an_edge_band_never_gives_a_gap(case: tuple[Kpi, PublishedCell], own: float) -> None:
    kpi, cell = case
    found = position(own, cell, kpi, PROFILE)
    assert (found.gap_to_median is None) == (cell.p50 is None)
    assert (found.gap_to_better_quartile is None) == (cell.number(kpi.better_quartile) is None)


@given(kpi_and_cell, owns, st.sampled_from(COUNTS))
def test_more_companies_never_widen_the_interval(case: tuple[Kpi, PublishedCell], own: float, count: str) -> None:
    kpi, cell = case
    few, many = (position(own, replace(cell, contributors_band=band), kpi, PROFILE) for band in (count, "500+"))
    if few.percentile_low is not None and many.percentile_low is not None:
        assert few.percentile_low <= many.percentile_low + 1e-9
        assert (few.percentile_high or 0) >= (many.percentile_high or 0) - 1e-9


def mirror(cell: PublishedCell) -> PublishedCell:
    """The same cell seen from the other end of the axis: -p90 becomes p10, an upper edge a lower one."""
    partner = dict(zip(QUANTILES, reversed(QUANTILES), strict=True))
    numbers = {partner[name]: value for name, value in zip(QUANTILES, cell.numbers, strict=True)}
    return PublishedCell(
        cell.contributors_band,
        **{name: None if value is None else -value for name, value in numbers.items()},
        edge_low=tuple(partner[name] for name in reversed(cell.edge_high)),
        edge_high=tuple(partner[name] for name in reversed(cell.edge_low)),
    )
