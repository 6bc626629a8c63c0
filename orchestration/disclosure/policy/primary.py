"""Rules on one cell alone (DISCLOSURE "Primary rules"): k groups, established groups, no value that holds nearly all, quantiles apart."""

from __future__ import annotations

import numpy as np

from orchestration.contracts import Profile
from orchestration.disclosure.policy.cells import Cells, Flags, Integers

TOLERANCE = 1e-6  # of a rounding step: distances are sums of decimals held in binary


def few_groups(contributors: Integers, profile: Profile) -> Flags:
    return contributors < profile.k


def few_established(cells: Cells, profile: Profile) -> Flags:
    """Fewer than k established groups, from the consortium's second period on: what one applicant's shells cannot get around."""
    return (cells.established < profile.k) & ~cells.in_first_period


def one_value(cells: Cells, contributors: Integers, profile: Profile) -> Flags:
    """One value holds a share of at least `homogeneity_share` of the groups, or all but one."""
    times = cells.most_common_times
    return (times >= np.round(profile.homogeneity_share * contributors, 9)) | (times >= contributors - 1)


def too_close(cells: Cells) -> Flags:
    """Two or more quantiles that would be printed lie within less than two rounding steps."""
    return (cells.printed >= 2) & (cells.steps_apart < 2 - TOLERANCE)
