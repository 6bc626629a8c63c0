"""The ranks of the intervals against hand-computed cases, exact coverage and a plain reference in doubles."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contracts import Profile, disclosure_policy
from orchestration.disclosure.intervals import order_statistic_ranks, printed_intervals
from orchestration.disclosure.windows import TWENTIETHS, printed_windows

PROFILES = [disclosure_policy().profile(name) for name in ("public", "members")]
CONFIDENCE = Fraction(95, 100)


def coverage(quantile: str, groups: int, low: int, high: int) -> Fraction:
    """P(low <= X < high) for X binomial (groups, p): what the interval of those two order statistics covers."""
    p = Fraction(TWENTIETHS[quantile], 20)
    return sum((comb(groups, i) * p**i * (1 - p) ** (groups - i) for i in range(low, high)), Fraction(0))


@pytest.mark.parametrize(
    ("quantile", "groups", "ranks"),
    [
        ("p50", 5, None),  # P(X < 1) = 1/32 = 3.1 %: even the smallest value is too often above the median
        ("p50", 6, (1, 6)),  # P(X < 1) = 1/64 = 1.6 %
        ("p50", 10, (2, 9)),  # P(X < 2) = 11/1024 = 1.1 %, P(X < 3) = 56/1024 = 5.5 %
        ("p50", 100, (40, 61)),  # the table of Hahn & Meeker and of every textbook since
        ("p25", 12, None),  # 0.75^12 = 3.2 %
        ("p25", 13, (1, 7)),  # 0.75^13 = 2.4 %; P(X >= 7) = 2.4 %, P(X >= 6) = 8.0 %
    ],
)
def test_ranks_by_hand(quantile: str, groups: int, ranks: tuple[int, int] | None) -> None:
    assert order_statistic_ranks(quantile, groups) == ranks


@given(st.sampled_from(list(TWENTIETHS)), st.integers(1, 400))
def test_coverage_is_at_least_95_percent_and_either_end_could_not_be_nearer(quantile: str, groups: int) -> None:
    ranks = order_statistic_ranks(quantile, groups)
    if ranks is None:
        assert coverage(quantile, groups, 1, groups) < 1 - Fraction(25, 1000)
        return
    low, high = ranks
    assert 1 <= low <= high <= groups
    assert coverage(quantile, groups, low, high) >= CONFIDENCE
    assert coverage(quantile, groups, 0, low + 1) > Fraction(25, 1000)
    assert coverage(quantile, groups, high - 1, groups + 1) > Fraction(25, 1000)


@given(st.integers(1, 400))
def test_the_intervals_of_the_two_quartiles_mirror_each_other(groups: int) -> None:
    lower, upper = order_statistic_ranks("p25", groups), order_statistic_ranks("p75", groups)
    assert (lower is None) == (upper is None)
    if lower and upper:
        assert upper == (groups + 1 - lower[1], groups + 1 - lower[0])


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_no_printed_end_touches_a_tail_or_another_printed_window(profile: Profile) -> None:
    for groups in range(1, 700):
        ends = printed_intervals(groups, profile)
        windows = sorted((*ends, *printed_windows(groups, profile)), key=lambda w: w.low)
        assert all(w.first_rank >= profile.tail and w.last_rank <= groups - profile.tail + 1 for w in ends)
        assert all(a.last_rank < b.first_rank for a, b in pairwise(windows))
        named = [w.quantile for w in windows]
        for end in ends:
            quantile = end.quantile.partition("_")[0]
            assert named.index(f"{quantile}_low") < named.index(quantile) < named.index(f"{quantile}_high")
