"""Which quantiles and intervals a cell of n groups may show: DISCLOSURE "Estimator", steps 1 to 3, and METHOD 5.

All arithmetic is exact.

The SQL that computes published figures lives in `orchestration/disclosure`. This is the second opinion
the gate compares it with, so nothing is shared between the two on purpose.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import ceil, floor

from orchestration.contracts import Profile

QUANTILES = {
    "p10": Fraction(1, 10),
    "p25": Fraction(1, 4),
    "p50": Fraction(1, 2),
    "p75": Fraction(3, 4),
    "p90": Fraction(9, 10),
}
STEPS = (("p50",), ("p25", "p75"), ("p10", "p90"))
INTERVALS = ("p50", "p25", "p75")
TAIL = Fraction(25, 1000)


@lru_cache(maxsize=16384)
def allowed_quantiles(n: int, profile: Profile) -> frozenset[str]:
    """The quantiles (numbers or edge bands) that a cell of `n` groups shows; empty below the profile's minimum.

    Each step needs the one before it: if the median's window leaves 1..n, those further out do too.
    """
    allowed: frozenset[str] = frozenset()
    taken: frozenset[int] = frozenset()
    if n < profile.k:
        return allowed
    for step in STEPS:
        windows = [touched_ranks(n, QUANTILES[name], profile.window) for name in step]
        margin = 1 if step == ("p50",) else profile.tail
        if not all(_fits(window, n, margin) for window in windows) or _overlap(windows, taken):
            break
        allowed |= frozenset(step)
        taken |= frozenset(rank for window in windows for rank in window)
    return allowed


@lru_cache(maxsize=16384)
def allowed_intervals(n: int, profile: Profile) -> frozenset[str]:
    """The quantiles whose 95 % interval a cell of `n` groups may show. None where the quartiles are not printed; those of
    the quartiles need each other and the median's.
    """
    quantiles = allowed_quantiles(n, profile)
    allowed: frozenset[str] = frozenset()
    taken = frozenset(rank for name in quantiles for rank in touched_ranks(n, QUANTILES[name], profile.window))
    for step in STEPS[:2] if quantiles.issuperset(STEPS[1]) else ():
        ranks = [rank for name in step for rank in interval_ranks(n, QUANTILES[name])]
        windows = [ranks_around(rank, profile.window) for rank in ranks]
        if not all(_fits(window, n, profile.tail) for window in windows) or _overlap(windows, taken):
            break
        allowed |= frozenset(step)
        taken |= frozenset(rank for window in windows for rank in window)
    return allowed


@lru_cache(maxsize=16384)
def interval_ranks(n: int, p: Fraction) -> tuple[int, int]:
    """Ranks of the ends: the distribution function of the binomial (n, p), added up from its terms as whole numbers, reaches
    2.5 % at the lower rank (0 where its first term does) and 97.5 % just before the upper one.
    """
    yes, no, whole = p.numerator, p.denominator - p.numerator, p.denominator**n
    lowest, highest = floor(TAIL * whole), ceil((1 - TAIL) * whole)
    term = total = no**n
    low = i = 0
    while total < highest:
        low += total <= lowest
        term = term * (n - i) * yes // ((i + 1) * no)  # comb(n, i) yes^i no^(n - i) of the next i; nothing remains
        total += term
        i += 1
    return low, i + 1


def ranks_around(rank: int, window: int) -> range:
    """Ranks whose unit cell overlaps [rank - w/2, rank + w/2) by more than nothing."""
    half = Fraction(window + 1, 2)
    return range(floor(rank - half) + 1, ceil(rank + half))


def touched_ranks(n: int, p: Fraction, window: int) -> range:
    """Ranks i whose unit cell [i - 1/2, i + 1/2) overlaps [h - w/2, h + w/2) by more than nothing, h = (n-1)p + 1."""
    h = (n - 1) * p + 1
    half, cell = Fraction(window, 2), Fraction(1, 2)
    first = floor(h - half - cell) + 1
    last = ceil(h + half + cell) - 1
    return range(first, last + 1)


def _fits(window: range, n: int, margin: int) -> bool:
    return window[0] >= margin and window[-1] <= n - margin + 1


def _overlap(windows: list[range], taken: frozenset[int]) -> bool:
    ranks = [rank for window in windows for rank in window]
    return len(set(ranks)) < len(ranks) or not taken.isdisjoint(ranks)
