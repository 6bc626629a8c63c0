"""Concentration rules for figures that are weighted by volume (DISCLOSURE "Concentration"): dominance and the p % rule.

Nothing that is published is weighted by volume, so nothing is published because of these; where a weighted figure ever ranks what
is published, it must pass both. Formulas: Hundepool et al. 2012, "Statistical Disclosure Control", section 4.2.
"""

from __future__ import annotations

import numpy as np

from orchestration.disclosure.policy.cells import Floats

MOST_OF_THE_LARGEST = 25.0  # percent
LEAST_PERCENT = 10.0
COALITION = 2


def largest_share(contributions: Floats, largest: int) -> float:
    """The share, in percent, that the `largest` contributions have of all. Raises `ValueError` where one is negative or all are zero."""
    ordered = _ordered(contributions)
    return 100.0 * float(ordered[:largest].sum()) / float(ordered.sum())


def is_dominated(contributions: Floats, largest: int, percent: float) -> bool:
    """The (n, k) rule: the `largest` contributions are more than `percent` of all."""
    return largest_share(contributions, largest) > percent


def closest_estimate(contributions: Floats, coalition: int = 1) -> float:
    """How close, in percent of its value, the largest contributor can be estimated from above by `coalition` others, who are the largest
    of them: they subtract their own contributions from the total.
    """
    ordered = _ordered(contributions)
    return 100.0 * float(ordered[1 + coalition :].sum()) / float(ordered[0])


def is_estimated(contributions: Floats, percent: float, coalition: int = 1) -> bool:
    """The p % rule against a coalition: the largest contributor can be estimated to within less than `percent` of its value."""
    return closest_estimate(contributions, coalition) < percent


def may_rank(contributions: Floats) -> bool:
    """Whether a figure weighted by these may rank anything that is published: no group above 25 %, none estimated to within 10 % by two."""
    return not (is_dominated(contributions, 1, MOST_OF_THE_LARGEST) or is_estimated(contributions, LEAST_PERCENT, COALITION))


def _ordered(contributions: Floats) -> Floats:
    if not len(contributions) or (contributions < 0).any() or not (contributions > 0).any():
        raise ValueError("concentration is asked of contributions that are not negative and not all zero")
    return np.sort(contributions)[::-1]
