"""The estimator's windows against DISCLOSURE's derived facts, hand-computed cases and a naive reference."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from orchestration.contracts import disclosure_policy
from orchestration.disclosure.windows import TWENTIETHS, UNIT, printed_windows, window

PUBLIC, MEMBERS = (disclosure_policy().profile(name) for name in ("public", "members"))


def naive_weights(quantile: str, groups: int, width: int) -> dict[int, Fraction]:
    position = (groups - 1) * Fraction(TWENTIETHS[quantile], 20) + 1
    low, high = position - Fraction(width, 2), position + Fraction(width, 2)
    half = Fraction(1, 2)
    overlaps = {i: min(high, i + half) - max(low, i - half) for i in range(-width, groups + width + 1)}
    return {i: overlap for i, overlap in overlaps.items() if overlap > 0}


@pytest.mark.parametrize("width", [4, 5])
@pytest.mark.parametrize("quantile", list(TWENTIETHS))
def test_weights_equal_the_naive_overlaps(quantile: str, width: int) -> None:
    for groups in range(1, 130):
        expected = naive_weights(quantile, groups, width)
        found = window(quantile, groups, width)
        assert (found.first_rank, found.last_rank) == (min(expected), max(expected))
        weights = {i: Fraction(found.weight(i), UNIT) for i in range(found.first_rank, found.last_rank + 1)}
        assert weights == expected
        assert sum(weights.values()) == width


def test_median_of_ten_averages_ranks_three_to_eight() -> None:
    # h = 9 * 0.5 + 1 = 5.5, window [3, 8): half of rank 3's cell, all of 4..7, half of 8's.
    found = window("p50", 10, 5)
    assert [found.weight(i) for i in range(2, 10)] == [0, 20, 40, 40, 40, 40, 20, 0]


@pytest.mark.parametrize(
    ("profile", "quartiles", "tails"), [(PUBLIC, [21, *range(23, 60)], range(51, 60)), (MEMBERS, range(18, 60), range(36, 60))]
)
def test_group_counts_at_which_quantiles_appear(profile, quartiles, tails) -> None:
    shown = {n: {w.quantile for w in printed_windows(n, profile)} for n in range(1, 60)}
    assert [n for n, names in shown.items() if "p50" in names] == list(range(profile.k, 60))
    assert [n for n, names in shown.items() if {"p25", "p75"} <= names] == list(quartiles)
    assert [n for n, names in shown.items() if {"p10", "p90"} <= names] == list(tails)


@pytest.mark.parametrize("profile", [PUBLIC, MEMBERS], ids=lambda p: p.name)
def test_printed_windows_never_touch_the_tail_or_each_other(profile) -> None:
    for groups in range(1, 700):
        windows = printed_windows(groups, profile)
        for one in windows:
            if one.quantile != "p50":
                assert profile.tail <= one.first_rank
                assert one.last_rank <= groups - profile.tail + 1
        assert all(a.last_rank < b.first_rank for a, b in pairwise(windows))
