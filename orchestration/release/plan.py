"""What is due on a date, and what is not yet (METHOD 10). Pure decisions over dates and the history of releases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration.periods import REVISION_AFTER_MONTHS, Period, add_months, due_on, parse_period


@dataclass(frozen=True)
class Served:
    """One edition that left the house, or (`skipped`) a revision that was due and changed nothing."""

    release_id: str
    period: Period
    revision: int
    published_on: date
    content_sha256: str
    skipped: bool = False


@dataclass(frozen=True)
class NextEdition:
    """The edition of a period that could come next: due from a date on, and what it would replace."""

    release_id: str
    period: Period
    revision: int
    due_on: date
    replaces: Served | None = None

    def is_due(self, as_of: date) -> bool:
        return as_of >= self.due_on


def history(events: Iterable[dict[str, Any]]) -> list[Served]:
    """Editions served and skipped, in the order of the vault's log."""
    kinds = {"released": False, "revision_unchanged": True}
    return [
        Served(
            event["release_id"],
            parse_period(event["period"]),
            int(event["revision"]),
            date.fromisoformat(event["as_of"]),
            event["content_sha256"],
            kinds[event["event"]],
        )
        for event in events
        if event["event"] in kinds
    ]


def next_edition(period: Period, served: Iterable[Served], min_age_months: int) -> NextEdition | None:
    """Revision 0 once the period is old enough; revision 1 six months after it; nothing after that."""
    own = [s for s in served if s.period == period]
    if not own:
        return NextEdition(f"{period.label}-r0", period, 0, due_on(period, min_age_months))
    last = max(own, key=lambda s: s.revision)
    if last.revision >= 1:
        return None
    return NextEdition(f"{period.label}-r1", period, 1, add_months(last.published_on, REVISION_AFTER_MONTHS), last)


def newest_year(served: Iterable[Served]) -> str | None:
    """The release `releases/current` names: the newest year's highest revision."""
    years = [s for s in served if s.period.quarter is None and not s.skipped]
    return max(years, key=lambda s: (s.period.year, s.revision)).release_id if years else None
