"""Promises of the made consortium: drawn around what was achieved later, so that attainment is what the truth says.

A project promises one value per KPI and band of months since go-live, due when the band begins. Some are changed later, in
a second file: the first version stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from statistics import fmean

import numpy as np

from orchestration.demo.catalogue import Kpi, kpis
from orchestration.demo.dirt import Sheets
from orchestration.demo.files import Row, columns_of
from orchestration.demo.levels import level_of
from orchestration.demo.model import House, Project, stream
from orchestration.demo.truths import BAND_STARTS, PROMISE_RATIOS, PROMISE_SPREAD_LOG10, REBASELINED_SHARE
from orchestration.periods import add_months

PARTIES = ("buyer", "vendor", "integrator")
PARTY_ODDS = (0.40, 0.35, 0.25)
KPIS_OF_PROJECTS_WITHOUT_FIGURES = ("ADO-01", "BEN-01")
LOWERED_TO = 0.9
"""What a re-baselined promise is changed to, as a share of the first."""


@dataclass(frozen=True)
class Promises:
    """The rows of the first files, and of the second ones that change some of them."""

    first: Sheets
    changed: Sheets


def draw_promises(house: House, kpi_sheets: Sheets) -> Promises:
    """Promises of every project that sent figures, and of those that were begun and never went live."""
    rng = stream(house.seed, "promises")
    drawn = Promises({}, {})
    for company in house.companies:
        achieved = _achieved(kpi_sheets.get(company.participant_id, ()))
        for project in house.projects[company.index]:
            rows = list(_promises_of(rng, project, achieved))
            is_changed = rng.random() < REBASELINED_SHARE
            drawn.first.setdefault(company.participant_id, []).extend(rows)
            if is_changed and rows:
                drawn.changed.setdefault(company.participant_id, []).extend(_lowered(row) for row in rows)
    return Promises({p: rows for p, rows in drawn.first.items() if rows}, drawn.changed)


_Achieved = dict[tuple[str, str], dict[int, list[float]]]


def _achieved(rows: Iterable[Row]) -> _Achieved:
    """Values by (project, KPI) and band, of the KPIs that something is promised for."""
    found: _Achieved = defaultdict(lambda: defaultdict(list))
    columns = {name: place for place, name in enumerate(columns_of("kpi_values"))}
    for row in rows:
        code, project, months = row[columns["kpi_code"]], row[columns["project_ref"]], row[columns["months_since_go_live"]]
        if code in PROMISE_RATIOS and project and months:
            denominator = row[columns["denominator"]]
            value = kpis()[code].value(float(row[columns["numerator"]]), float(denominator) if denominator else None)
            found[project, code][_band(int(months))].append(value)
    return found


def _band(months: int) -> int:
    return max(place for place, start in enumerate(BAND_STARTS) if start <= months)


def _promises_of(rng: np.random.Generator, project: Project, achieved: _Achieved) -> Iterator[Row]:
    for code in PROMISE_RATIOS:
        by_band = achieved.get((project.project_ref, code), {})
        if project.go_live_on is not None and by_band:
            party = _party(rng)
            for band, values in sorted(by_band.items()):
                if fmean(values) > 0:
                    due = add_months(project.go_live_on, BAND_STARTS[band])
                    yield _row(project, code, due, party, _promised(rng, kpis()[code], band, fmean(values)))
        elif project.status in ("abandoned", "active") and code in KPIS_OF_PROJECTS_WITHOUT_FIGURES:
            hoped = level_of(kpis()[code]).centre
            yield _row(project, code, project.planned_go_live_on, _party(rng), _promised(rng, kpis()[code], 0, hoped))


def _party(rng: np.random.Generator) -> str:
    return PARTIES[int(rng.choice(len(PARTIES), p=PARTY_ODDS))]


def _promised(rng: np.random.Generator, kpi: Kpi, band: int, achieved: float) -> float:
    """Such that achieved / promised, or promised / achieved where lower is better, is the planted ratio."""
    attainment = PROMISE_RATIOS[kpi.code][band] * 10.0 ** rng.normal(0.0, PROMISE_SPREAD_LOG10)
    return min(max(achieved * attainment**-kpi.better, kpi.low, 0.01), kpi.high)


def _row(project: Project, kpi_code: str, due: date, party: str, value: float) -> Row:
    return [project.project_ref, kpi_code, due.isoformat(), party, project.started_on.isoformat(), f"{value:.2f}"]


def _lowered(row: Row) -> Row:
    return [*row[:-1], f"{max(float(row[-1]) * LOWERED_TO, 0.01):.2f}"]
