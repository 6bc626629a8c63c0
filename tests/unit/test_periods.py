"""Calendar and plan of publication, by hand."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.errors import EvenhandError
from orchestration.periods import Period, add_months, data_until, due_on, parse_period, period_of_key
from orchestration.release.plan import history, newest_year, next_edition


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 12, 31), 3, date(2026, 3, 31)),
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2024, 2, 29), 6, date(2024, 8, 31)),  # a last day stays a last day
        (date(2024, 1, 30), 1, date(2024, 2, 29)),
        (date(2026, 6, 30), -3, date(2026, 3, 31)),
        (date(2026, 11, 21), -3, date(2026, 8, 21)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
    ],
)
def test_add_months(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_a_year_is_due_three_months_after_its_last_day() -> None:
    assert due_on(Period(2025), 3) == date(2026, 4, 1)
    assert due_on(Period(2025, 2), 3) == date(2025, 10, 1)
    assert data_until(date(2026, 4, 1), 3) == date(2026, 1, 1)


@pytest.mark.parametrize("label", ["2025", "2025-Q3"])
def test_labels_round_trip(label: str) -> None:
    period = parse_period(label)
    assert period.label == label
    assert period_of_key(period.key) == period


@pytest.mark.parametrize("label", ["", "25", "2025-Q5", "2025-Q", "2025-r0", "x"])
def test_other_labels_are_refused(label: str) -> None:
    with pytest.raises(EvenhandError, match="no period"):
        parse_period(label)


def test_quarters_come_before_the_year_they_end() -> None:
    periods = [Period(2025), Period(2025, 4), Period(2025, 1), Period(2024)]
    assert [p.label for p in sorted(periods, key=lambda p: p.order_of_publication)] == ["2024", "2025-Q1", "2025-Q4", "2025"]
    assert Period(2025, 1).previous == Period(2024, 4)


def released(release_id: str, as_of: str, kind: str = "released") -> dict:
    period, revision = release_id.rsplit("-r", 1)
    return {"event": kind, "release_id": release_id, "period": period, "revision": revision, "as_of": as_of, "content_sha256": "x"}


def test_revision_zero_then_one_then_none() -> None:
    first = next_edition(Period(2025), [], 3)
    assert (first.release_id, first.due_on, first.replaces) == ("2025-r0", date(2026, 4, 1), None)
    assert not first.is_due(date(2026, 3, 31))
    assert first.is_due(date(2026, 4, 1))
    served = history([released("2025-r0", "2026-04-02")])
    second = next_edition(Period(2025), served, 3)
    assert (second.release_id, second.due_on) == ("2025-r1", date(2026, 10, 2))
    assert next_edition(Period(2025), history([released("2025-r0", "2026-04-02"), released("2025-r1", "2026-10-02")]), 3) is None
    skipped = history([released("2025-r0", "2026-04-02"), released("2025-r1", "2026-10-02", "revision_unchanged")])
    assert next_edition(Period(2025), skipped, 3) is None


def test_current_is_the_newest_years_highest_revision() -> None:
    served = history([released("2024-r0", "2025-04-01"), released("2025-Q1-r0", "2025-07-01"), released("2024-r1", "2025-10-01")])
    assert newest_year(served) == "2024-r1"
    assert newest_year(history([{"event": "night"}])) is None
