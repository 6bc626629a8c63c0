"""The things the demo is made of, and the random streams they are drawn from. No drawing happens here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
YEARS = (2023, 2024, 2025)
REPORTED_THROUGH = date(2026, 3, 31)
LAST_GO_LIVE = date(2025, 12, 31)


def stream(seed: int, *names: str) -> np.random.Generator:
    """An independent generator per purpose, so that a change in one part leaves the others' draws alone."""
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


def shuffled(rng: np.random.Generator, count: int) -> list[int]:
    """The numbers below `count` in a drawn order."""
    return [int(i) for i in rng.permutation(count)]


def picked(rng: np.random.Generator, count: int, size: int, odds: Floats | None = None) -> list[int]:
    """`size` distinct numbers below `count`, in the order drawn."""
    return [int(i) for i in rng.choice(count, size=size, replace=False, p=odds)]


@dataclass(frozen=True)
class Earlier:
    """What a participant was until `until`, inclusive, before its registry entry changed."""

    industry_code: str
    size_band: str
    until: date


@dataclass(frozen=True)
class Company:
    """One participant; `fiscal_month` is the first month of the year its yearly figures cover."""

    index: int
    participant_id: str
    holding_group_id: str
    role: str
    industry_code: str
    country: str
    size_band: str
    joined_on: date
    verified: bool
    currency: str
    fiscal_month: int
    stages: tuple[str, ...]
    quality: float
    earlier: Earlier | None = None

    @property
    def counts(self) -> bool:
        """Whether the benchmark may count it (METHOD 1)."""
        return self.role == "buyer" and self.verified

    @property
    def is_joiner(self) -> bool:
        return self.joined_on.year >= YEARS[1]

    @property
    def first_day(self) -> date:
        """First day a period it reports may start: the beginning of the quarter it joined in."""
        return date(self.joined_on.year, 3 * ((self.joined_on.month - 1) // 3) + 1, 1)


@dataclass(frozen=True)
class Engagement:
    """A vendor's part in a project, with its spend a year in EUR."""

    vendor: str
    vendor_role: str
    annual_spend: float


@dataclass(frozen=True)
class Project:
    """One project; `planted_vendor` is the vendor with a planted effect that is engaged in it, or empty. EUR."""

    project_ref: str
    programme_ref: str
    project_kind: str
    stage: str
    started_on: date
    planned_go_live_on: date
    go_live_on: date | None
    status: str
    planned_cost: float
    actual_cost: float | None
    baselined_scope: int
    delivered_scope: int | None
    objective: str
    engagements: tuple[Engagement, ...]
    planted_vendor: str

    @property
    def went_live(self) -> bool:
        return self.status in ("live", "closed")


class Period(NamedTuple):
    """First and last day, inclusive, and the calendar year that holds most of the days (METHOD 3.3)."""

    start: date
    end: date
    year: int


class Slot(NamedTuple):
    """One row still without figures; slots of one `series` differ in their period only."""

    company: int
    period: Period
    stage: str
    project: Project | None
    vendor: str
    series: int


@dataclass(frozen=True)
class House:
    """The whole consortium before any figure is drawn; `projects` and `vendors` are aligned with `companies`."""

    seed: int
    companies: tuple[Company, ...]
    projects: tuple[tuple[Project, ...], ...]
    vendors: tuple[tuple[str, ...], ...]


def quarters() -> list[Period]:
    """The twelve calendar quarters of the demo."""
    starts = [date(year, month, 1) for year in YEARS for month in (1, 4, 7, 10)]
    return [Period(start, month_after(start, 3) - timedelta(days=1), start.year) for start in starts]


def reporting_years(fiscal_month: int) -> list[Period]:
    """The years a company with this first fiscal month can have reported, each ended by `REPORTED_THROUGH`."""
    starts = [date(year, fiscal_month, 1) for year in (YEARS[0] - 1, *YEARS)]
    periods = [_year_from(start) for start in starts]
    return [p for p in periods if p.year in YEARS and p.end <= REPORTED_THROUGH]


def month_after(day: date, months: int) -> date:
    """The first of the month `months` later."""
    total = day.year * 12 + day.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def _year_from(start: date) -> Period:
    end = month_after(start, 12) - timedelta(days=1)
    new_year = date(start.year + 1, 1, 1)
    in_first = (new_year - start).days
    in_second = (end - new_year).days + 1
    return Period(start, end, start.year if in_first >= in_second else start.year + 1)
