"""Attack 2: the closed form says what the linear programme says, for random cells, insiders and ranks."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.contracts import disclosure_policy
from orchestration.disclosure.audit.interval import bounds, narrowest, shortened, worst_coalitions
from orchestration.disclosure.audit.printed import Average, Printed
from orchestration.disclosure.audit.programme import Programme
from orchestration.disclosure.intervals import printed_intervals
from orchestration.disclosure.windows import UNIT, printed_windows
from tests.laws import examples

LOW, HIGH, STEP = 0.0, 100.0, 1.0


@st.composite
def cells(draw: st.DrawFn, most: int = 40, *, as_declared: bool = False) -> tuple[Printed, npt.NDArray[np.float64]]:
    """A cell as it would be printed, and the values behind it; with zeros and figures at an edge, and unless `as_declared` with
    narrower windows than any profile has.
    """
    profile = disclosure_policy().profile(draw(st.sampled_from(["public", "members"])))
    if not as_declared:
        profile = replace(profile, window=draw(st.sampled_from([profile.window, 2, 3])), tail=draw(st.integers(1, profile.tail)))
    groups = draw(st.integers(profile.k, most))
    spread = draw(st.sampled_from([0.5, 3.0, 10.0, 30.0, 100.0]))
    middle = draw(st.floats(0, 100))
    raw = draw(st.lists(st.floats(-1, 1), min_size=groups, max_size=groups))
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


@settings(max_examples=examples(150), deadline=None)
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


@settings(max_examples=examples(60), deadline=None)
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


@settings(max_examples=examples(60), deadline=None)
@given(cells(most=26, as_declared=True))
def test_no_coalition_pins_more_than_those_that_are_tried(cell: tuple[Printed, npt.NDArray[np.float64]]) -> None:
    printed, values = cell
    tried = narrowest(printed, values)
    every = narrowest(printed, values, combinations(range(printed.at_low, printed.groups), 2))
    assert tried.width <= every.width + 1e-9
    assert tried.coalitions == len(list(worst_coalitions(shortened(printed, values)[0].layout)))


@settings(max_examples=examples(25), deadline=None)
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


@settings(max_examples=examples(12), deadline=None)
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


@settings(max_examples=examples(25), deadline=None)
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
