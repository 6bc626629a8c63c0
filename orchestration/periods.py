"""Periods and when they are due (METHOD 10): pure calendar arithmetic, no clock."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from orchestration.errors import EvenhandError

REVISION_AFTER_MONTHS = 6


@dataclass(frozen=True, order=True)
class Period:
    """A calendar year (`quarter` None) or quarter. Ordered by `order_of_publication`, not by these fields."""

    year: int
    quarter: int | None = None

    @property
    def label(self) -> str:
        return f"{self.year}" if self.quarter is None else f"{self.year}-Q{self.quarter}"

    @property
    def last_day(self) -> date:
        return date(self.year, 12, 31) if self.quarter is None else last_day_of_month(self.year, 3 * self.quarter)

    @property
    def key(self) -> int:
        """The warehouse's period_key."""
        return self.year * 10 + (self.quarter or 0)

    @property
    def order_of_publication(self) -> tuple[date, bool]:
        """By period end, quarters before years."""
        return self.last_day, self.quarter is None

    @property
    def previous(self) -> Period:
        """The period of the same kind before this one."""
        if self.quarter is None:
            return Period(self.year - 1)
        return Period(self.year, self.quarter - 1) if self.quarter > 1 else Period(self.year - 1, 4)

    @property
    def year_before(self) -> Period:
        """What a change is measured against: the year before, or the same quarter of the year before."""
        return Period(self.year - 1, self.quarter)


def parse_period(label: str) -> Period:
    """A period from its label, `2025` or `2025-Q3`. Raises `EvenhandError` on any other text."""
    year, _, quarter = label.partition("-Q")
    if year.isdigit() and len(year) == 4 and (quarter in ("1", "2", "3", "4") or (quarter == "" and "-" not in label)):
        return Period(int(year), int(quarter) if quarter else None)
    raise EvenhandError(f"{label!r} is no period; allowed are a year such as 2025 and a quarter such as 2025-Q3.")


def period_of_key(key: int) -> Period:
    return Period(key // 10, key % 10 or None)


def last_day_of_month(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last day where it is shorter; a month's last day stays a last day."""
    index = day.year * 12 + day.month - 1 + months
    last = last_day_of_month(index // 12, index % 12 + 1)
    is_last = day == last_day_of_month(day.year, day.month)
    return last if is_last else last.replace(day=min(day.day, last.day))


def due_on(period: Period, min_age_months: int) -> date:
    """The first as-of date on which the period is due: the day after its last day plus the minimum age."""
    return add_months(period.last_day, min_age_months) + timedelta(days=1)


def data_until(as_of: date, min_age_months: int) -> date:
    """The last day a row may end on to count on `as_of`."""
    return add_months(as_of, -min_age_months)
