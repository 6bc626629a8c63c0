"""Attack 2: the closed form says what the linear programme says, for random cells, insiders and ranks."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.contracts import disclosure_policy
from orchestration.disclosure.audit import pairs
from orchestration.disclosure.audit.interval import bounds, narrowest, shortened, worst_coalitions
from orchestration.disclosure.audit.printed import Average, Printed
from orchestration.disclosure.audit.programme import Programme
from orchestration.disclosure.intervals import printed_intervals
from orchestration.disclosure.windows import UNIT, printed_windows
from tests import laws
from tests import reference_closed_form as slow
from tests.house import protected_cell

LOW, HIGH, STEP = 0.0, 100.0, 1.0


def examples(thorough: int) -> settings:
    return settings(max_examples=laws.examples(thorough), deadline=None)


@st.composite
def cells(draw: st.DrawFn, most: int = 40, *, as_declared: bool = False, tied: bool = False) -> tuple[Printed, npt.NDArray[np.float64]]:
    """A cell as it would be printed, and the values behind it; with zeros and figures at an edge, and unless `as_declared` with
    narrower windows than any profile has. tied: values are few different ones.
    """
    profile = disclosure_policy().profile(draw(st.sampled_from(["public", "members"])))
    if not as_declared:
        profile = replace(profile, window=draw(st.sampled_from([profile.window, 2, 3])), tail=draw(st.integers(1, profile.tail)))
    groups = draw(st.integers(profile.k, most))
    spread = draw(st.sampled_from([0.5, 3.0, 10.0, 30.0, 100.0]))
    middle = draw(st.floats(0, 100))
    raw = draw(st.lists(st.floats(-1, 1), min_size=groups, max_size=groups))
    if tied:
        raw = draw(st.lists(st.sampled_from([-1.0, -0.3, 0.0, 0.1, 1.0]), min_size=groups, max_size=groups))
    values = np.sort(np.clip(np.round(middle + spread * np.array(raw), 3), LOW, HIGH))
    windows = [*printed_windows(groups, profile), *(printed_intervals(groups, profile) if draw(st.booleans()) else ())]
    averages: list[Average] = []
    for window in sorted(windows, key=lambda w: w.low):
        ranks = range(window.first_rank, window.last_rank + 1)
        weights = tuple(window.weight(rank) / (UNIT * profile.window) for rank in ranks)
        figure = round(float(np.dot(weights, values[window.first_rank - 1 : window.last_rank])) / STEP) * STEP
        least, most_ = figure - STEP / 2, figure + STEP / 2
        if figure <= 5:
            least = -np.inf
        if figure >= 95:
            most_ = np.inf
        averages.append(Average(window.first_rank - 1, weights, least, most_))
    zeros = int((values == LOW).sum()) if draw(st.booleans()) else 0
    return Printed(groups, LOW, HIGH, tuple(averages), zeros // 2), values


@examples(150)
@given(cells(), st.data())
def test_the_closed_form_is_the_programme_for_known_ranks(cell: tuple[Printed, npt.NDArray[np.float64]], data: st.DataObject) -> None:
    printed, values = cell
    ranks = sorted(data.draw(st.sets(st.integers(printed.at_low, printed.groups - 1), max_size=2)))
    assert printed.holds(values)
    found = bounds(printed, np.array([ranks], dtype=np.int64), values[[ranks]])
    assert found.possible[0]
    programme = Programme()
    programme.add(printed, {rank: float(values[rank]) for rank in ranks})
    solved = np.array([programme.range_of(rank) for rank in range(printed.groups)])
    np.testing.assert_allclose(found.least[0], solved[:, 0], atol=1e-6)
    np.testing.assert_allclose(found.most[0], solved[:, 1], atol=1e-6)


@examples(60)
@given(cells(most=24), st.data())
def test_ranks_are_possible_where_the_programme_has_a_solution(cell: tuple[Printed, npt.NDArray[np.float64]], data: st.DataObject) -> None:
    printed, values = cell
    two = sorted(data.draw(st.sets(st.integers(0, printed.groups - 1), min_size=2, max_size=2)))
    told = values[two]
    pairs = data.draw(st.lists(st.sampled_from(list(combinations(range(printed.at_low, printed.groups), 2))), min_size=1, max_size=10))
    found = bounds(printed, np.array(pairs), np.broadcast_to(told, (len(pairs), 2)))
    for pair, is_possible in zip(pairs, found.possible, strict=True):
        programme = Programme()
        programme.add(printed, dict(zip(pair, told.tolist(), strict=True)))
        assert programme.is_possible() == is_possible


@examples(60)
@given(cells(most=26, as_declared=True))
def test_no_coalition_pins_more_than_those_that_are_tried(cell: tuple[Printed, npt.NDArray[np.float64]]) -> None:
    printed, values = cell
    tried = narrowest(printed, values)
    every = narrowest(printed, values, combinations(range(printed.at_low, printed.groups), 2))
    assert tried.width <= every.width + 1e-9
    assert tried.coalitions == len(list(worst_coalitions(shortened(printed, values)[0].layout)))


@examples(25)
@given(cells(most=70, as_declared=True), st.data())
def test_ranks_that_are_left_out_between_figures_hide_no_worse_coalition(
    cell: tuple[Printed, npt.NDArray[np.float64]], data: st.DataObject
) -> None:
    printed, values = cell
    short, kept = shortened(printed, values)
    assert short.holds(kept)
    assert [a.weights for a in short.averages] == [a.weights for a in printed.averages]
    first = st.lists(st.integers(printed.at_low, printed.groups - 2), min_size=20, max_size=20)
    pairs = [(place, data.draw(st.integers(place + 1, printed.groups - 1))) for place in data.draw(first)]
    some = narrowest(printed, values, [(), *((place,) for place in range(printed.at_low, printed.groups)), *pairs])
    assert narrowest(printed, values).width <= some.width + 1e-9


@examples(12)
@given(cells(most=40, as_declared=True), st.data())
def test_a_share_of_equal_values_pins_nobody_more(cell: tuple[Printed, npt.NDArray[np.float64]], data: st.DataObject) -> None:
    """The strongest statement on ties that is printed is that a fifth of the values are equal. They may stand anywhere that the figures allow."""
    printed, _ = cell
    profile = disclosure_policy().profile("public")
    share = max(low for low, _ in profile.tie_bands if low < 100 * profile.homogeneity_share)
    tied = math.ceil(share / 100 * printed.groups)
    ranks = data.draw(st.lists(st.integers(printed.at_low, printed.groups - 1), min_size=4, max_size=4, unique=True))
    alone = bounds(printed, np.empty((1, 0), dtype=np.int64), np.empty((1, 0)))
    enough = min(float((alone.most - alone.least)[0, printed.at_low :].min()), profile.narrowest_interval * (HIGH - LOW))
    hull = dict.fromkeys(ranks, (np.inf, -np.inf))
    for start in range(printed.at_low, printed.groups - tied + 1):
        programme = Programme()
        programme.add(printed)
        programme.order(start + tied - 1, start)
        if programme.is_possible():
            found = {rank: programme.range_of(rank) for rank in ranks}
            hull = {rank: (min(hull[rank][0], low), max(hull[rank][1], high)) for rank, (low, high) in found.items()}
    assert all(high - low >= enough - 1e-6 for low, high in hull.values() if low <= high)


@examples(25)
@given(cells(most=20), st.data())
def test_values_that_are_known_to_be_zero_may_stand_wherever_the_figures_allow(
    cell: tuple[Printed, npt.NDArray[np.float64]], data: st.DataObject
) -> None:
    printed, values = cell
    first = data.draw(st.integers(printed.at_low, printed.groups - 2))
    alike = int((values == values[first]).sum())
    own = replace(printed, zeros=min(data.draw(st.integers(1, 3)), alike, printed.groups - printed.at_low - 1), zero=float(values[first]))
    others = printed.groups - printed.at_low - own.zeros
    hulls = [(np.inf, -np.inf)] * others
    for start in range(printed.at_low, printed.groups - own.zeros + 1):
        run = range(start, start + own.zeros)
        programme = Programme()
        programme.add(printed, dict.fromkeys(run, own.zero))
        if programme.is_possible():
            spans = [programme.range_of(rank) for rank in range(printed.at_low, printed.groups) if rank not in run]
            hulls = [(min(low, a), max(high, b)) for (low, high), (a, b) in zip(hulls, spans, strict=True)]
    assert narrowest(own, values, [()]).width == pytest.approx(min(high - low for low, high in hulls), abs=1e-6)


# --- The slow form --------------------------------------------------------------------------------------------------------


def slow_figures(printed: Printed) -> slow.Figures:
    averages = printed.averages
    weights = np.zeros((len(averages), max((len(a.weights) for a in averages), default=0)))
    for row, average in enumerate(averages):
        weights[row, : len(average.weights)] = average.weights
    return slow.Figures(
        float(printed.low), float(printed.high), printed.at_low, printed.zeros, float(printed.zero),
        np.array([(a.first, a.last + 1) for a in averages], dtype=np.int64).reshape(-1, 2), weights,
        np.array([a.least for a in averages], dtype=np.float64), np.array([a.most for a in averages], dtype=np.float64),
    )  # fmt: skip


def slow_width(printed: Printed, values: npt.NDArray[np.float64], tried: list[tuple[int, ...]], limit: float = 0.0) -> float:
    rows = np.array([(*coalition, -1, -1)[:2] for coalition in tried], dtype=np.int64).reshape(-1, 2)
    return slow.narrowest_of(slow_figures(printed), values, rows, limit)[0]


@st.composite
def attacked(draw: st.DrawFn, most: int = 26) -> tuple[Printed, npt.NDArray[np.float64], list[tuple[int, ...]]]:
    """A cell in units of its range, with ties, zeros inside the range or at its end, and coalitions: nobody, some alone, some pairs,
    and every two of those who stand in one window.
    """
    printed, values = draw(cells(most=most, as_declared=draw(st.booleans()), tied=draw(st.booleans())))
    printed, values = printed.in_units(LOW, HIGH - LOW), values / (HIGH - LOW)
    places = range(printed.at_low, printed.groups)
    if not printed.at_low and draw(st.booleans()):
        zero = float(values[draw(st.sampled_from(places))])
        alike = int((values == zero).sum())
        printed = replace(printed, zeros=draw(st.integers(1, min(alike, printed.groups - 3))), zero=zero)
    window = draw(st.sampled_from([(), *printed.averages]))
    inside = [p for p in (range(window.first, window.last + 1) if window else ()) if p in places]
    tried = [
        (),
        *((p,) for p in places),
        *draw(st.lists(st.sampled_from([*combinations(places, 2)]), max_size=12)),
        *combinations(inside, 2),
    ]
    return printed, values, [c for c in tried if not (printed.zeros and any(values[p] == printed.zero for p in c))]


@examples(150)
@given(attacked(), st.data())
def test_bounds_are_those_of_the_slow_form_wherever_values_stand(
    cell: tuple[Printed, npt.NDArray[np.float64], list[tuple[int, ...]]], data: st.DataObject
) -> None:
    printed, values, _ = cell
    ranks = sorted(data.draw(st.sets(st.integers(printed.at_low, printed.groups - 1), max_size=printed.groups)))
    told = np.sort(values[data.draw(st.lists(st.integers(0, printed.groups - 1), min_size=len(ranks), max_size=len(ranks)))])
    found = bounds(printed, np.array([ranks], dtype=np.int64), told[None, :])
    known, least, most = np.full(printed.groups, np.nan), np.empty(printed.groups), np.empty(printed.groups)
    known[: printed.at_low] = printed.low
    known[ranks] = told
    assert slow.bounds_at(slow_figures(printed), known, least, most) == found.possible[0]
    if found.possible[0]:
        np.testing.assert_allclose(found.least[0], least, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.most[0], most, rtol=0, atol=1e-12)


@examples(150)
@given(attacked())
def test_the_narrowest_interval_is_that_of_the_slow_form(cell: tuple[Printed, npt.NDArray[np.float64], list[tuple[int, ...]]]) -> None:
    printed, values, tried = cell
    limit = disclosure_policy().profile("public").narrowest_interval
    expected, found = slow_width(printed, values, tried), narrowest(printed, values, tried).width
    assert found == pytest.approx(expected, abs=1e-12)
    assert (found < limit - 1e-9) == (expected < limit - 1e-9)
    assert (narrowest(printed, values, tried, limit=limit - 1e-9).width < limit - 1e-9) == (expected < limit - 1e-9)


@examples(100)
@given(attacked(), st.randoms(use_true_random=False))
def test_in_which_order_coalitions_and_placements_are_tried_changes_nothing(
    cell: tuple[Printed, npt.NDArray[np.float64], list[tuple[int, ...]]], random: Random
) -> None:
    printed, values, tried = cell
    found = narrowest(printed, values, tried).width
    random.shuffle(tried)
    assert narrowest(printed, values, tried).width == pytest.approx(found, abs=1e-12)
    # Each alone has no placements that sufficed before it.
    assert min(narrowest(printed, values, [coalition]).width for coalition in tried) == pytest.approx(found, abs=1e-12)


@examples(100)
@given(attacked())
def test_what_is_wider_than_enough_need_not_be_told_apart(cell: tuple[Printed, npt.NDArray[np.float64], list[tuple[int, ...]]]) -> None:
    printed, values, tried = cell
    limit = disclosure_policy().profile("public").narrowest_interval
    exact = narrowest(printed, values, tried).width
    for enough in (limit, 2 * limit, np.inf):
        found = narrowest(printed, values, tried, enough=enough)
        assert found.width == pytest.approx(min(exact, enough), abs=1e-12)
        if exact > enough + 1e-12:
            assert found.colluders == ()


@examples(40)
@given(st.integers(14, 30), st.integers(5, 12), st.integers(0, 2**32 - 1), st.sampled_from(["public", "members"]))
def test_the_narrowest_of_two_cells_is_the_narrowest_of_all_ranges(groups: int, apart: int, seed: int, profile: str) -> None:
    rng = np.random.default_rng(seed)
    own = {f"g{place:03d}": float(v) for place, v in enumerate(np.round(np.clip(rng.normal(50, rng.uniform(3, 40), groups), LOW, HIGH), 1))}
    part = dict(sorted(own.items())[: max(8, groups - apart)])
    cells_of_both = (protected_cell(name, cell, disclosure_policy().profile(profile)) for name, cell in (("part", part), ("all", own)))
    programme, variables = pairs.programme_of(pairs.Pair.of(*cells_of_both).blocks())
    every = min(high - low for low, high in map(programme.range_of, variables))
    assert programme.narrowest_range(variables) == pytest.approx(every, abs=1e-7)
    for enough in (every / 2, every * 2):
        assert programme.narrowest_range(variables, enough) == pytest.approx(min(every, enough), abs=1e-7)
