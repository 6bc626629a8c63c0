"""Where one value stands in one published cell: a pure function of (own value, published table), METHOD 9.

Everything is computed on an oriented axis on which higher is better: the value itself for H and N, its mirror for L,
log10 on log KPIs (values below `typical_low` clamped to it, as the estimator does). So H and L are exact mirrors.

- `above_median` means better than the median, `below_median` worse. They stand where the quarter cannot be told: the
  quartile is not printed, or the own value lies in the same edge band as the quartile.
- On an N measure (context, no better side) the band is `context`; percentile and gap to the median are in the order
  of the values (higher = more), and there is no better quartile.
- Gaps are in the KPI's unit, positive where the own value is better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from orchestration.contracts import Profile
from orchestration.disclosure.rounding import rounding_step

QUANTILES = ("p10", "p25", "p50", "p75", "p90")
LEVELS = (10, 25, 50, 75, 90)
BANDS = (
    "best_quarter",
    "upper_middle",
    "lower_middle",
    "weakest_quarter",
    "above_median",
    "below_median",
    "level",
    "context",
)
NORMAL_975 = 1.959963984540054
RELATIVE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Kpi:
    """What the report needs of one catalogue row. Ranges are in the KPI's unit; `scale` is linear or log; `valid_from` is an ISO date."""

    code: str
    version: int
    name: str
    definition: str
    unit: str
    direction: str
    scale: str
    phase: str
    minimum: float
    maximum: float
    typical_low: float
    typical_high: float
    valid_from: str = ""
    multiplier: float = 1.0
    aggregation: str = "ratio_of_sums"
    money_driver: str | None = None

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Found once: what is made of a measure is kept by it, and asked for at every figure."""
        return hash((self.code, self.version, self.name))

    @property
    def is_log(self) -> bool:
        return self.scale == "log"

    @property
    def has_better_side(self) -> bool:
        return self.direction != "N"

    @property
    def better_quartile(self) -> str:
        """The quantile at which the better quarter starts (H and L only)."""
        return "p25" if self.direction == "L" else "p75"

    def on_axis(self, value: float) -> float:
        """The value where the estimator works: itself, or log10 clamped at `typical_low` (DISCLOSURE "Profiles")."""
        return math.log10(max(value, self.typical_low)) if self.is_log else value


@dataclass(frozen=True)
class PublishedCell:
    """One row of `benchmark`. A quantile is a number, or named in an edge list, or not published at all."""

    contributors_band: str
    p10: float | None = None
    p25: float | None = None
    p50: float | None = None
    p75: float | None = None
    p90: float | None = None
    edge_low: tuple[str, ...] = ()
    edge_high: tuple[str, ...] = ()
    p50_low: float | None = None
    p50_high: float | None = None
    tie_share_band: str = "0-5"
    zero_share_band: str = "0-5"
    attributed: str | None = None
    status: str = "published"

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Found once: what is written of a cell is kept by it, and asked for by everyone in its group."""
        return hash((self.contributors_band, self.numbers, self.edge_low, self.edge_high, self.p50_low, self.p50_high, self.status))

    @cached_property
    def numbers(self) -> tuple[float | None, ...]:
        return (self.p10, self.p25, self.p50, self.p75, self.p90)

    def number(self, quantile: str) -> float | None:
        return self.numbers[QUANTILES.index(quantile)]

    def is_shown(self, quantile: str) -> bool:
        """Printed as a number or as an edge band."""
        return self.number(quantile) is not None or quantile in self.edge_low or quantile in self.edge_high


@dataclass(frozen=True)
class Grid:
    """What the profile makes of a KPI, on its axis (log10 for log KPIs): rounding step and inner ends of the edges."""

    step: float
    edge_low_to: float
    edge_high_from: float


@dataclass(frozen=True)
class Position:
    """Percentiles are 0-100, 100 = best. `between` are the published levels known to enclose the own value."""

    band: str | None
    percentile: float | None
    percentile_low: float | None
    percentile_high: float | None
    gap_to_median: float | None
    gap_to_better_quartile: float | None
    between: tuple[int, int]
    stands_apart: bool

    @property
    def mark(self) -> float:
        """Where the position strip puts the mark: the percentile, or mid-way in the stretch that is known."""
        if self.percentile is not None:
            return self.percentile
        return 50.0 if self.band == "level" else sum(self.between) / 2


class Mark(NamedTuple):
    """One printed quantile on the oriented axis: `at` is a number, or NaN for an edge band that ends at `edge_end`."""

    level: int
    at: float
    edge_end: float = math.nan
    is_worse_edge: bool = False

    @property
    def is_number(self) -> bool:
        return self.at == self.at

    def side(self, x: float) -> int | None:
        """1 where x is better than the quantile, 0 equal, -1 worse, None where x lies in the same edge band."""
        if self.is_number:
            return (x > self.at) - (x < self.at)
        if self.is_worse_edge:
            return 1 if x > self.edge_end else None
        return -1 if x < self.edge_end else None


@dataclass(frozen=True)
class Scale:
    """A published cell on the oriented axis: rounding step, least number of companies, quantiles from worst to best."""

    cell: PublishedCell
    kpi: Kpi
    step: float
    companies: int
    marks: tuple[Mark, ...]

    @cached_property
    def by_level(self) -> dict[int, Mark]:
        return {mark.level: mark for mark in self.marks}

    @cached_property
    def printed_numbers(self) -> tuple[Mark, ...]:
        """The marks that are no edge bands."""
        return tuple(mark for mark in self.marks if mark.is_number)


@lru_cache(maxsize=1024)
def grid_of(kpi: Kpi, profile: Profile) -> Grid:
    """Step and edges of a KPI: an edge is within `edge_share` of the typical range of a hard bound; on log KPIs the
    lower edge is everything up to `typical_low`.
    """
    low, high = kpi.on_axis(kpi.typical_low), kpi.on_axis(kpi.typical_high)
    edge = profile.edge_share * (high - low)
    return Grid(
        step=rounding_step(high - low, profile.rounding_share)[0],
        edge_low_to=low if kpi.is_log else kpi.minimum + edge,
        edge_high_from=kpi.on_axis(kpi.maximum) - edge,
    )


def position(own: float, cell: PublishedCell, kpi: Kpi, profile: Profile) -> Position:
    """The position of `own` (in the KPI's unit) in a published cell. Pure; raises nothing."""
    return position_on(own, scale_of(cell, kpi, profile))


def scale_of(cell: PublishedCell, kpi: Kpi, profile: Profile) -> Scale:
    """What all own values of one cell are read off; worth keeping where many are."""
    grid = grid_of(kpi, profile)
    return Scale(cell, kpi, grid.step, contributors_at_least(cell.contributors_band), _oriented(cell, kpi, grid))


def position_on(own: float, scale: Scale) -> Position:
    """`position`, from a scale that was made before."""
    cell, kpi = scale.cell, scale.kpi
    x = _sign(kpi) * kpi.on_axis(own)
    percentile = _percentile(x, scale.printed_numbers)
    between = _between(x, scale.marks)
    band = _band(x, scale) if kpi.has_better_side else "context"
    interval = _interval(_nearest_to_median(percentile, between), scale.companies)
    low, high = (None, None) if percentile is None else interval
    return Position(
        band=band,
        percentile=percentile,
        percentile_low=low,
        percentile_high=high,
        gap_to_median=_gap(own, cell.p50, kpi),
        gap_to_better_quartile=_gap(own, cell.number(kpi.better_quartile), kpi) if kpi.has_better_side else None,
        between=between,
        stands_apart=band not in ("level", "context") and not interval[0] <= 50 <= interval[1],
    )


def worth_of_closing(gap: float | None, volume: float | None, kpi: Kpi) -> float | None:
    """What the gap is worth over the period in EUR, gross, before the cost of closing it; None where nothing is to be
    closed or the measure does not tell.

    Only a money measure with a money driver tells: there the numerator is money, so that a gap of the value is worth
    gap x own denominators / multiplier. `gap`: in the KPI's unit, negative where the own value is worse. Measures that
    share a driver tell of the same money: their worths are never added up.
    """
    if gap is None or gap >= 0 or not kpi.money_driver or kpi.unit != "cur":
        return None
    if kpi.aggregation == "sum":
        return -gap
    return None if volume is None else -gap * volume / kpi.multiplier


def contributors_at_least(band: str) -> int:
    """The lower end of a count band: 20 for `20-29`, 500 for `500+`."""
    return int(band.rstrip("+").split("-")[0])


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """95 % score interval on a binomial share (Wilson 1927, JASA 22:209; Brown, Cai & DasGupta 2001, eq. 4)."""
    z2 = NORMAL_975**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL_975 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def _sign(kpi: Kpi) -> int:
    return -1 if kpi.direction == "L" else 1


def _oriented(cell: PublishedCell, kpi: Kpi, grid: Grid) -> tuple[Mark, ...]:
    """The printed quantiles from worst to best, with levels that count from the worst."""
    sign = _sign(kpi)
    marks: list[Mark] = []
    for name, level, number in zip(QUANTILES, LEVELS, cell.numbers, strict=True):
        better_than = level if sign > 0 else 100 - level
        if number is not None:
            marks.append(Mark(better_than, sign * kpi.on_axis(number)))
        elif name in cell.edge_low:
            marks.append(Mark(better_than, math.nan, sign * grid.edge_low_to, is_worse_edge=sign > 0))
        elif name in cell.edge_high:
            marks.append(Mark(better_than, math.nan, sign * grid.edge_high_from, is_worse_edge=sign < 0))
    return tuple(marks[::sign])


def _band(x: float, scale: Scale) -> str | None:
    marks = scale.by_level
    if 50 not in marks:
        return _band_without_median(x, marks)
    side = marks[50].side(x)
    if side is None or _is_level(x, marks[50], scale.step):
        return "level"
    quartile = marks[75 if side > 0 else 25].side(x) if (75 if side > 0 else 25) in marks else None
    if quartile is None:
        return "above_median" if side > 0 else "below_median"
    if side > 0:
        return "best_quarter" if quartile >= 0 else "upper_middle"
    return "weakest_quarter" if quartile < 0 else "lower_middle"


def _band_without_median(x: float, marks: dict[int, Mark]) -> str | None:
    """The audit may have taken the median alone: then only the outer quarters have a name."""
    better = marks[75].side(x) if 75 in marks else None
    weaker = marks[25].side(x) if 25 in marks else None
    if better is not None and better >= 0:
        return "best_quarter"
    return "weakest_quarter" if weaker == -1 else None


def _is_level(x: float, median: Mark, step: float) -> bool:
    """Nearer to the median than the rounding step; a difference of a whole step is not lost to binary fractions."""
    return median.is_number and abs(x - median.at) < step * (1 - RELATIVE_TOLERANCE)


def _percentile(x: float, numbers: Sequence[Mark]) -> float | None:
    """Linear between neighbouring printed numbers; on a run of equal quantiles, its level nearest to 50."""
    below = [mark for mark in numbers if mark.at <= x]
    above = [mark for mark in numbers if mark.at >= x]
    if len(numbers) < 2 or not below or not above:
        return None
    if below[-1].at == x:
        return float(min(max(50, above[0].level), below[-1].level))
    low, high = below[-1], above[0]
    return low.level + (high.level - low.level) * ((x - low.at) / (high.at - low.at))


def _between(x: float, marks: Sequence[Mark]) -> tuple[int, int]:
    sides = [(mark.level, mark.side(x)) for mark in marks]
    reached = max((level for level, side in sides if side is not None and side >= 0), default=0)
    not_passed = min((level for level, side in sides if side is not None and side <= 0), default=100)
    return min(reached, not_passed), max(reached, not_passed)


def _interval(percentile: float, companies: int) -> tuple[float, float]:
    low, high = wilson_interval(percentile / 100, companies)
    return min(100 * low, percentile), max(100 * high, percentile)


def _nearest_to_median(percentile: float | None, between: tuple[int, int]) -> float:
    """The percentile, or where there is none the level nearest to 50 that the value may have."""
    return percentile if percentile is not None else float(min(max(50, between[0]), between[1]))


def _gap(own: float, published: float | None, kpi: Kpi) -> float | None:
    return None if published is None else _sign(kpi) * (own - published)
