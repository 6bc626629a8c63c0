"""Which quantiles a cell of n groups may show: DISCLOSURE "Estimator", steps 1 to 3, in exact arithmetic.

The SQL that computes published figures lives in `orchestration/disclosure`. This is the second opinion
the gate compares it with, so nothing is shared between the two on purpose.
"""

from __future__ import annotations

from fractions import Fraction
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
