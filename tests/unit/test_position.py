"""Positions worked out by hand: every band, every direction, edges, log KPIs, and what must stay empty."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestration.contracts import disclosure_policy
from orchestration.disclosure.rounding import rounding_step
from orchestration.reports.position import (
    Kpi,
    Position,
    PublishedCell,
    contributors_at_least,
    grid_of,
    position,
    wilson_interval,
    worth_of_closing,
)

PUBLIC = disclosure_policy().profile("public")

SHARE = Kpi(
    code="ADO-01",
    version=1,
    name="Active-use rate",
    definition="Entitled users active in the month",
    unit="%",
    direction="H",
    scale="linear",
    phase="adoption",
    minimum=0,
    maximum=100,
    typical_low=0,
    typical_high=100,
)
LOWER = replace(SHARE, code="ADO-02", direction="L")
CONTEXT = replace(SHARE, code="NED-07", direction="N")
DAYS = replace(SHARE, code="X", unit="days", direction="L", scale="log", maximum=10_000, typical_low=1, typical_high=1_000)

ALL_FIVE = PublishedCell("50-99", p10=20, p25=30, p50=40, p75=60, p90=80)
QUARTILES = PublishedCell("20-29", p25=30, p50=40, p75=60)
MEDIAN_ONLY = PublishedCell("10-14", p50=40)


def at(own: float, cell: PublishedCell = ALL_FIVE, kpi: Kpi = SHARE) -> Position:
    return position(own, cell, kpi, PUBLIC)


@pytest.mark.parametrize(
    ("own", "band"),
    [
        (90, "best_quarter"),
        (60, "best_quarter"),
        (59.9, "upper_middle"),
        (41, "upper_middle"),
        (40.9, "level"),
        (40, "level"),
        (39.1, "level"),
        (39, "lower_middle"),
        (30, "lower_middle"),
        (29.9, "weakest_quarter"),
        (0, "weakest_quarter"),
    ],
)
def test_bands_where_higher_is_better(own: float, band: str) -> None:
    assert at(own).band == band


@pytest.mark.parametrize(
    ("own", "band"),
    [
        (0, "best_quarter"),
        (30, "best_quarter"),
        (30.1, "upper_middle"),
        (39, "upper_middle"),
        (40.5, "level"),
        (41, "lower_middle"),
        (60, "lower_middle"),
        (60.1, "weakest_quarter"),
    ],
)
def test_bands_where_lower_is_better(own: float, band: str) -> None:
    assert at(own, kpi=LOWER).band == band


@pytest.mark.parametrize(("own", "band"), [(55, "above_median"), (40.9, "level"), (10, "below_median")])
def test_p50_alone_names_the_side_and_no_quarter(own: float, band: str) -> None:
    found = at(own, MEDIAN_ONLY)
    assert found.band == band
    assert (found.percentile, found.percentile_low, found.percentile_high) == (None, None, None)
    assert found.gap_to_better_quartile is None
    assert not found.stands_apart


def test_p50_alone_better_and_worse_are_turned_where_lower_is_better() -> None:
    assert at(55, MEDIAN_ONLY, LOWER).band == "below_median"
    assert at(10, MEDIAN_ONLY, LOWER).band == "above_median"


@pytest.mark.parametrize("own", [0.0, 40.0, 99.0])
def test_a_context_measure_has_no_better_side(own: float) -> None:
    found = at(own, kpi=CONTEXT)
    assert found.band == "context"
    assert found.gap_to_better_quartile is None
    assert not found.stands_apart


def test_a_context_measure_is_placed_in_the_order_of_the_values() -> None:
    found = at(50, kpi=CONTEXT)
    assert found.percentile == pytest.approx(62.5)
    assert found.gap_to_median == 10


@pytest.mark.parametrize(("own", "percentile"), [(20, 10), (25, 17.5), (30, 25), (35, 37.5), (40, 50), (50, 62.5), (70, 82.5), (80, 90)])
def test_percentile_is_linear_between_published_quantiles(own: float, percentile: float) -> None:
    assert at(own).percentile == pytest.approx(percentile)
    assert at(own, kpi=LOWER).percentile == pytest.approx(100 - percentile)


@pytest.mark.parametrize("own", [19.9, 80.1])
def test_no_percentile_beyond_p10_and_p90(own: float) -> None:
    found = at(own)
    assert (found.percentile, found.percentile_low, found.percentile_high) == (None, None, None)
    assert found.between == ((0, 10) if own < 20 else (90, 100))
    assert found.mark == (5 if own < 20 else 95)
    assert found.stands_apart


def test_no_percentile_beyond_the_quartiles_where_they_are_the_outermost() -> None:
    assert at(61, QUARTILES).percentile is None
    assert at(61, QUARTILES).between == (75, 100)
    assert at(60, QUARTILES).percentile == 75


def test_on_a_run_of_equal_quantiles_the_level_nearest_to_the_median_counts() -> None:
    zeros = PublishedCell("50-99", p10=10, p25=10, p50=10, p75=40, p90=50)
    assert at(10, zeros).percentile == 50
    tied_above = PublishedCell("50-99", p10=10, p25=20, p50=30, p75=40, p90=40)
    assert at(40, tied_above).percentile == 75
    assert at(40, tied_above, LOWER).percentile == 25


def test_gaps_are_positive_where_the_own_value_is_better() -> None:
    assert (at(44).gap_to_median, at(44).gap_to_better_quartile) == (4, -16)
    lower = at(44, kpi=LOWER)
    assert (lower.gap_to_median, lower.gap_to_better_quartile) == (-4, -14)
    assert at(25, kpi=LOWER).gap_to_better_quartile == 5


def test_a_difference_of_one_whole_step_is_not_level_despite_binary_fractions() -> None:
    narrow = replace(SHARE, typical_high=10)
    assert grid_of(narrow, PUBLIC).step == 0.1
    assert position(0.3, PublishedCell("10-14", p50=0.2), narrow, PUBLIC).band == "above_median"
    assert position(0.29, PublishedCell("10-14", p50=0.2), narrow, PUBLIC).band == "level"


def test_lower_edge_orders_but_has_no_number() -> None:
    cell = PublishedCell("50-99", p25=None, p50=12, p75=30, p90=60, edge_low=("p10", "p25"))
    inside, above = at(4, cell), at(8, cell)
    assert (inside.band, inside.percentile) == ("below_median", None)
    assert (above.band, above.percentile, above.between) == ("lower_middle", None, (25, 50))
    assert at(20, cell).percentile == pytest.approx(50 + 25 * 8 / 18)


def test_lower_edge_where_lower_is_better_leaves_the_better_quartile_without_a_gap() -> None:
    cell = PublishedCell("50-99", p50=12, p75=30, p90=60, edge_low=("p10", "p25"))
    inside, above = at(4, cell, LOWER), at(8, cell, LOWER)
    assert (inside.band, above.band) == ("above_median", "upper_middle")
    assert (inside.gap_to_median, inside.gap_to_better_quartile) == (8, None)


def test_upper_edge_holding_median_and_quartile() -> None:
    cell = PublishedCell("50-99", p10=50, p25=80, edge_high=("p50", "p75", "p90"))
    inside = at(97, cell)
    assert (inside.band, inside.percentile, inside.gap_to_median, inside.gap_to_better_quartile) == (
        "level",
        None,
        None,
        None,
    )
    assert at(94, cell).band == "lower_middle"
    assert at(79, cell).band == "weakest_quarter"
    assert at(94, cell).percentile is None
    assert at(70, cell).percentile == pytest.approx(20)


def test_log_kpi_interpolates_steps_and_levels_on_log10() -> None:
    cell = PublishedCell("50-99", p10=1.5, p25=10, p50=100, p75=200, p90=500)
    assert grid_of(DAYS, PUBLIC).step == 0.02
    assert at(10**1.5, cell, DAYS).percentile == pytest.approx(62.5)
    assert at(104, cell, DAYS).band == "level"
    assert at(105, cell, DAYS).band == "lower_middle"
    assert at(10**1.5, cell, DAYS).gap_to_median == pytest.approx(100 - 10**1.5)


def test_log_kpi_clamps_at_typical_low_and_its_lower_edge_ends_there() -> None:
    cell = PublishedCell("50-99", p50=5, p75=20, p90=60, edge_low=("p10", "p25"))
    assert at(0, cell, DAYS).band == at(1, cell, DAYS).band == "above_median"
    assert at(1.1, cell, DAYS).band == "upper_middle"
    assert at(0, cell, DAYS).gap_to_median == 5
    assert at(0, PublishedCell("10-14", p50=1.02), DAYS).band == "level"


def test_a_cell_that_lost_its_median_names_only_the_outer_quarters() -> None:
    cell = PublishedCell("20-29", p25=30, p75=60)
    assert [at(own, cell).band for own in (10, 45, 70)] == ["weakest_quarter", None, "best_quarter"]
    assert at(45, cell).percentile == 50
    assert at(45, cell).gap_to_median is None


def test_a_cell_without_any_figure_places_nothing() -> None:
    found = at(45, PublishedCell("10-14"))
    assert found == Position(None, None, None, None, None, None, (0, 100), stands_apart=False)


def test_interval_comes_from_the_lower_end_of_the_count_band() -> None:
    low, high = wilson_interval(0.5, 50)
    assert (low, high) == (pytest.approx(0.3664, abs=1e-4), pytest.approx(0.6336, abs=1e-4))
    found = at(40)
    assert (found.percentile_low, found.percentile_high) == (pytest.approx(100 * low), pytest.approx(100 * high))


@pytest.mark.parametrize(("band", "least"), [("8-9", 8), ("20-29", 20), ("500+", 500)])
def test_lower_end_of_a_count_band(band: str, least: int) -> None:
    assert contributors_at_least(band) == least


def test_only_what_excludes_the_median_stands_apart() -> None:
    assert at(70).stands_apart
    assert at(25).stands_apart
    assert not at(45).stands_apart
    assert not at(40).stands_apart
    assert at(61, QUARTILES).stands_apart
    assert not at(61, replace(QUARTILES, contributors_band="15-19")).stands_apart


@pytest.mark.parametrize(
    ("low", "high", "share", "step"),
    [
        (0, 100, 0.01, 1),
        (0, 100, 0.005, 0.5),
        (-20, 200, 0.01, 2),
        (-50, 300, 0.01, 5),
        (0, 4, 0.01, 0.05),
        (98, 100, 0.01, 0.02),
        (0, 72, 0.01, 1),
        (0, 70, 0.01, 0.5),
        (-180, 1095, 0.01, 10),
    ],
)
def test_rounding_step_is_the_nearest_1_2_5_in_log_distance(low: float, high: float, share: float, step: float) -> None:
    assert rounding_step(high - low, share)[0] == step


COST = replace(SHARE, unit="cur", direction="L", maximum=1e6, typical_high=1e5, money_driver="cost of support")


def test_the_worth_of_a_gap_is_gap_times_own_volume_and_gross() -> None:
    # 12 EUR a ticket against 9 at the better quartile, 100,000 tickets: 3 x 100,000 EUR.
    assert worth_of_closing(-3.0, 100_000.0, COST) == 300_000
    assert worth_of_closing(-3.0, 100_000.0, replace(COST, multiplier=1000.0)) == 300
    assert worth_of_closing(-3.0, None, replace(COST, aggregation="sum")) == 3


@pytest.mark.parametrize(
    ("gap", "volume", "kpi"),
    [
        (3.0, 10.0, COST),  # better already
        (0.0, 10.0, COST),
        (None, 10.0, COST),  # the quartile is not published
        (-3.0, None, COST),
        (-3.0, 10.0, replace(COST, money_driver=None)),
        (-3.0, 10.0, replace(COST, unit="%")),  # its numerator is not money
    ],
)
def test_there_is_no_worth_where_nothing_is_to_be_closed_or_the_measure_does_not_tell(gap, volume, kpi) -> None:
    assert worth_of_closing(gap, volume, kpi) is None
