"""The 95 % interval on a printed quantile: which ranks its ends are, and whether it may be printed (METHOD 5).

Ranks are those of the binomial order-statistic interval (Hahn & Meeker 1991, "Statistical Intervals", section 5.2), each
tail at most 2.5 %, so that the coverage is at least 95 % whatever the distribution. They are found in whole numbers:
with p a multiple of 1/20, 20^n P(X = i) is an integer. An end is protected like a quantile: the window around its rank.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from orchestration.contracts import Profile
from orchestration.disclosure.windows import MEDIAN, QUARTILES, TWENTIETHS, UNIT, Window, printed_windows

ENDS = ("low", "high")
INTERVAL_COLUMNS = tuple(f"{quantile}_{end}" for quantile in (*MEDIAN, *QUARTILES) for end in ENDS)
TAILS_OF_ONE = 40  # 2.5 % in each tail


@lru_cache(maxsize=4096)
def order_statistic_ranks(quantile: str, groups: int) -> tuple[int, int] | None:
    """Ranks (l, u) such that the true quantile lies between the l-th and the u-th smallest of `groups` values with at
    least 95 % probability: l is the largest with P(X < l) <= 2.5 %, u the smallest with P(X >= u) <= 2.5 %, X being
    binomial (groups, p). None where the sample is too small for either end.
    """
    p = TWENTIETHS[quantile]
    low = _largest_lower_rank(groups, p)
    high = groups + 1 - _largest_lower_rank(groups, 20 - p)
    return (low, high) if low >= 1 and high <= groups else None


def _largest_lower_rank(groups: int, p: int) -> int:
    """The largest l with P(X < l) <= 2.5 %, X binomial (groups, p / 20); 0 where there is none."""
    term, below, whole, rank = (20 - p) ** groups, 0, 20**groups, 0
    while TAILS_OF_ONE * (below + term) <= whole:
        below += term
        term = term * (groups - rank) * p // ((rank + 1) * (20 - p))
        rank += 1
    return rank


def printed_intervals(groups: int, profile: Profile) -> tuple[Window, ...]:
    """The windows of the interval ends that a cell of `groups` holding groups may print, named `p50_low`, `p50_high`, ...

    An interval is printed where both its windows are clear of the tails and share no rank with any other window of the
    cell, and only where the quartiles are printed; those of the two quartiles appear together, and only where the
    median's does.
    """
    taken = printed_windows(groups, profile)
    printed: tuple[Window, ...] = ()
    if not {w.quantile for w in taken}.issuperset(QUARTILES):
        return printed
    for quantiles in (MEDIAN, QUARTILES):
        ends = _ends(quantiles, groups, profile)
        if not ends or not _may_stand_beside(ends, taken + printed, groups, profile):
            break
        printed += ends
    return tuple(sorted(printed, key=lambda w: w.low))


def _ends(quantiles: Iterable[str], groups: int, profile: Profile) -> tuple[Window, ...]:
    """The windows around the ends of each interval; empty where one of them has no ranks."""
    ends: list[Window] = []
    for quantile in quantiles:
        ranks = order_statistic_ranks(quantile, groups)
        if ranks is None:
            return ()
        ends += [_around(f"{quantile}_{end}", rank, profile.window) for end, rank in zip(ENDS, ranks, strict=True)]
    return tuple(ends)


def _around(name: str, rank: int, width: int) -> Window:
    low = UNIT * rank - UNIT // 2 * width
    return Window(name, low, low + UNIT * width)


def _may_stand_beside(ends: tuple[Window, ...], taken: tuple[Window, ...], groups: int, profile: Profile) -> bool:
    clear = all(w.first_rank >= profile.tail and w.last_rank <= groups - profile.tail + 1 for w in ends)
    apart = all(not w.shares_rank_with(other) for i, w in enumerate(ends) for other in (*ends[i + 1 :], *taken))
    return clear and apart
