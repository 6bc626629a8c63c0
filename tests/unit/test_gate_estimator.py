"""Which quantiles a cell may show: against the facts derived in DISCLOSURE and against a reading of it word by word."""

from __future__ import annotations

from fractions import Fraction

import pytest

from orchestration.contracts import Profile, disclosure_policy
from orchestration.disclosure.intervals import order_statistic_ranks, printed_intervals
from orchestration.gate import allowed_quantiles
from orchestration.gate.estimator import QUANTILES, allowed_intervals, interval_ranks, touched_ranks

PUBLIC = disclosure_policy().profile("public")
MEMBERS = disclosure_policy().profile("members")
LARGEST = 600
SHARES = {
    "p10": Fraction(10, 100),
    "p25": Fraction(25, 100),
    "p50": Fraction(50, 100),
    "p75": Fraction(75, 100),
    "p90": Fraction(90, 100),
}


def numbers_that_show(name: str, profile: Profile) -> set[int]:
    return {n for n in range(-2, LARGEST + 1) if name in allowed_quantiles(n, profile)}


@pytest.mark.parametrize(
    ("profile", "medians", "quartiles", "tenths"),
    [
        (PUBLIC, set(range(10, LARGEST + 1)), {21, *range(23, LARGEST + 1)}, set(range(51, LARGEST + 1))),
        (MEMBERS, set(range(8, LARGEST + 1)), set(range(18, LARGEST + 1)), set(range(36, LARGEST + 1))),
    ],
    ids=["public", "members"],
)
def test_quantiles_appear_where_disclosure_says(profile: Profile, medians: set[int], quartiles: set[int], tenths: set[int]) -> None:
    assert numbers_that_show("p50", profile) == medians
    assert numbers_that_show("p25", profile) == numbers_that_show("p75", profile) == quartiles
    assert numbers_that_show("p10", profile) == numbers_that_show("p90", profile) == tenths


@pytest.mark.parametrize("profile", [PUBLIC, MEMBERS], ids=["public", "members"])
def test_the_rule_equals_its_words(profile: Profile) -> None:
    for n in range(LARGEST + 1):
        assert allowed_quantiles(n, profile) == naive(n, profile), n


def test_a_window_that_ends_on_a_cell_boundary_does_not_touch_the_next_rank() -> None:
    # n = 21: h = 6 for P25, window [3.5, 8.5) is ranks 4 to 8 exactly.
    assert list(touched_ranks(21, Fraction(1, 4), 5)) == [4, 5, 6, 7, 8]
    # n = 22: h = 6.25, window [3.75, 8.75) also touches rank 9, which P50's [9, 14) touches too.
    assert list(touched_ranks(22, Fraction(1, 4), 5)) == [4, 5, 6, 7, 8, 9]
    assert touched_ranks(22, Fraction(1, 2), 5)[0] == 9


def naive(n: int, profile: Profile) -> frozenset[str]:
    """Overlap with every rank's unit cell, one by one, and the rules in the order of the page."""
    touched = {name: _touched(n, p, profile.window) for name, p in SHARES.items()}
    inner = set(range(profile.tail, n - profile.tail + 2))
    shown: set[str] = set()
    if n >= profile.k and touched["p50"] <= set(range(1, n + 1)):
        shown.add("p50")
    for left, right in (("p25", "p75"), ("p10", "p90")):
        others = set().union(*(touched[name] for name in shown)) if shown else set()
        apart = touched[left].isdisjoint(touched[right]) and (touched[left] | touched[right]).isdisjoint(others)
        inside = touched[left] | touched[right] <= inner
        needed = n >= profile.k and (left == "p25" or "p25" in shown)
        if apart and inside and needed:
            shown |= {left, right}
    return frozenset(shown)


def _touched(n: int, p: Fraction, window: int) -> set[int]:
    h = (n - 1) * p + 1
    low, high = h - Fraction(window, 2), h + Fraction(window, 2)
    around = range(int(h) - window - 2, int(h) + window + 3)
    half = Fraction(1, 2)
    return {i for i in around if min(high, i + half) - max(low, i - half) > 0}


@pytest.mark.parametrize(("profile", "median"), [(PUBLIC, [49, 51]), (MEMBERS, [47, 49])], ids=["public", "members"])
def test_intervals_appear_from_about_fifty_and_a_hundred_groups(profile: Profile, median: list[int]) -> None:
    shown = {n: allowed_intervals(n, profile) for n in range(LARGEST + 1)}
    assert [n for n, names in shown.items() if "p50" in names][:2] == median
    assert all("p50" in shown[n] for n in range(median[1], LARGEST + 1))
    assert not any(names & {"p25", "p75"} for n, names in shown.items() if n < 92)
    assert all({"p25", "p75"} <= shown[n] for n in range(97, LARGEST + 1))


@pytest.mark.parametrize("profile", [PUBLIC, MEMBERS], ids=["public", "members"])
def test_the_gate_and_disclosure_agree_on_intervals_though_they_share_nothing(profile: Profile) -> None:
    for n in range(1, 300):
        assert {w.quantile for w in printed_intervals(n, profile)} == {
            f"{q}_{end}" for q in allowed_intervals(n, profile) for end in ("low", "high")
        }


@pytest.mark.parametrize("quantile", ["p25", "p50", "p75"])
def test_both_find_the_same_ranks(quantile: str) -> None:
    for n in range(1, 300):
        low, high = interval_ranks(n, QUANTILES[quantile])
        assert order_statistic_ranks(quantile, n) == ((low, high) if low >= 1 and high <= n else None), n
