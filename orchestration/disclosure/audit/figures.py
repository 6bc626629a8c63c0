"""From a published row back to what it says of the values behind it: an attacker's reading of the estimator.

Everything is on the working scale of the row (log10 on a log KPI). A printed number lies within half a rounding step of the
average; a figure that stands in the band at a hard bound only says that the average is beyond the band's edge, within half a step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from orchestration.contracts import Profile
from orchestration.disclosure.audit.printed import Average, Printed
from orchestration.disclosure.intervals import printed_intervals
from orchestration.disclosure.policy.cells import Floats
from orchestration.disclosure.rounding import Scale
from orchestration.disclosure.windows import UNIT, Window, printed_windows

Row = Mapping[str, object]
SIGNIFICANCE = 1e-9  # averages are rounded to nine digits before they are rounded to a step


def _as_printed(row: Row, quantile: str, scale: Scale) -> float | None:
    figure = row.get(quantile)
    if not isinstance(figure, int | float):
        return None
    return math.log10(figure) if scale.is_log else float(figure)


@dataclass(frozen=True)
class Reading:
    """How the rows of one KPI are read in a dataset. low, high: the hard range on the working scale. figure: a printed quantile of
    a row on the working scale, or None. intervals: whether the ends of intervals are printed too.
    """

    scale: Scale
    low: float
    high: float
    figure: Callable[[Row, str, Scale], float | None] = _as_printed
    intervals: bool = False

    def on_scale(self, values: Floats) -> Floats:
        """Companies' values on the working scale, as the estimator takes them."""
        taken = np.log10(np.maximum(values, 10**self.scale.floor)) if self.scale.is_log else values
        return np.clip(taken, self.low, self.high)


@lru_cache(maxsize=4096)
def windows_of(groups: int, profile: Profile, intervals: bool) -> tuple[Window, ...]:
    """Every window that a cell of so many groups may print, by rank."""
    printed = (*printed_windows(groups, profile), *(printed_intervals(groups, profile) if intervals else ()))
    return tuple(sorted(printed, key=lambda window: window.low))


@lru_cache(maxsize=4096)
def _averaged(groups: int, profile: Profile, intervals: bool) -> tuple[tuple[str, int, tuple[float, ...]], ...]:
    """Of each of those windows the quantile, its first rank (from 0) and the weights of its ranks."""
    found: list[tuple[str, int, tuple[float, ...]]] = []
    for window in windows_of(groups, profile, intervals):
        ranks = range(window.first_rank, window.last_rank + 1)
        found.append((window.quantile, window.first_rank - 1, tuple(window.weight(rank) / (UNIT * profile.window) for rank in ranks)))
    return tuple(found)


def read_row(row: Row, groups: int, reading: Reading, profile: Profile) -> tuple[Printed, tuple[str, ...]]:
    """What a row says, and the quantile of each of its figures. A window whose figure is not printed says nothing."""
    averages: list[Average] = []
    quantiles: list[str] = []
    bands = {edge: tuple(filter(None, str(row.get(edge) or "").split(","))) for edge in ("edge_low", "edge_high")}
    for quantile, first, weights in _averaged(groups, profile, reading.intervals):
        bounds = _bounds(row, quantile, bands, reading)
        if bounds:
            averages.append(Average(first, weights, *bounds))
            quantiles.append(quantile)
    zeros, is_low = _zeros(row, groups), reading.scale.is_log or reading.low == 0
    at_low, inside = (zeros, 0) if is_low else (0, zeros)
    return Printed(groups, reading.low, reading.high, tuple(averages), at_low, inside), tuple(quantiles)


def _bounds(row: Row, quantile: str, bands: Mapping[str, tuple[str, ...]], reading: Reading) -> tuple[float, float] | None:
    scale, half = reading.scale, reading.scale.step / 2
    if quantile in bands["edge_low"]:
        return -math.inf, scale.edge_low + half
    if quantile in bands["edge_high"]:
        return scale.edge_high - half, math.inf
    exact = reading.figure(row, quantile, scale)
    if exact is None:
        return None
    middle = round(exact / scale.step) * scale.step
    half += SIGNIFICANCE * abs(middle)
    return middle - half, middle + half


def _zeros(row: Row, groups: int) -> int:
    """How many values a row says are 0, at least: on a log scale those stand at the lower end of the range."""
    band = row.get("zero_share_band")
    return math.ceil(int(str(band).split("-")[0]) * groups / 100) if band else 0
