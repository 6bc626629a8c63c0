"""Rounding steps and edges of a KPI's printed figures (DISCLOSURE "Profiles" and "Estimator", steps 4 and 5).

Working scale: the value itself on a linear KPI, its log10 on a log KPI. Ranges are public catalogue data; nothing here
looks at participants' values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from orchestration.contracts import Profile

STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Scale:
    """How one KPI is printed under one profile; step and edges on the working scale, digits after the decimal point."""

    is_log: bool
    step: float
    digits: int
    floor: float
    edge_low: float
    edge_high: float
    range_width: float

    def top(self, hard_high: float) -> float:
        """A hard bound on the working scale."""
        return math.log10(hard_high) if self.is_log else hard_high


def rounding_step(width: float, share: float) -> tuple[float, int]:
    """The 1-2-5 step nearest to `share` of `width` on a log scale, and how many decimals print it exactly.

    A step half-way between two candidates goes to the larger. Raises `ValueError` where width or share is not positive.
    """
    if not (width > 0 and share > 0):
        raise ValueError(f"a rounding step needs a positive width and share, not {width} and {share}")
    target = math.log10(width * share)
    exponent = math.floor(target)
    candidates = [(math.log10(m) + e, m, e) for e in (exponent - 1, exponent, exponent + 1) for m in STEPS]
    _, mantissa, power = min(candidates, key=lambda c: (round(abs(c[0] - target), 12), -c[0]))
    return (mantissa * 10**power if power >= 0 else mantissa / 10**-power), max(0, -power)


def scale_of(scale: str, hard_low: float, hard_high: float, typical_low: float, typical_high: float, profile: Profile) -> Scale:
    """The printing scale of a KPI. On a log KPI the lower edge is typical_low itself: smaller values are clamped to it."""
    if scale == "log":
        low, high, top = math.log10(typical_low), math.log10(typical_high), math.log10(hard_high)
        step, digits = rounding_step(high - low, profile.rounding_share)
        return Scale(True, step, digits, low, low + step / 2, top - profile.edge_share * (high - low), high - low)
    width = typical_high - typical_low
    step, digits = rounding_step(width, profile.rounding_share)
    edge = profile.edge_share * width
    return Scale(False, step, digits, -math.inf, hard_low + edge, hard_high - edge, width)
