"""Which rows there are: who answers which KPI, for which stages, projects, vendors and periods. No figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from orchestration.demo.catalogue import Kpi
from orchestration.demo.model import (
    LAST_GO_LIVE,
    Company,
    Floats,
    House,
    Period,
    Project,
    Slot,
    picked,
    quarters,
    reporting_years,
    stream,
)

GO_LIVE_YEAR_KPIS = ("DEL-01", "DEL-02", "DEL-03", "GOL-01")
"""One row per project, in the year of its go-live."""
YEAR_AFTER_KPIS = ("BEN-03", "BEN-05", "BEN-06", "BEN-07")
"""One row per project, in the first year that begins after its go-live."""
LIVE_KPIS = ("ADO-01", "BEN-01")
"""A row per project and period that begins after its go-live."""
PROJECT_KPIS = (*GO_LIVE_YEAR_KPIS, *YEAR_AFTER_KPIS, *LIVE_KPIS)
VENDOR_KPIS = ("VEN-01", "VEN-02", "VEN-03", "VEN-04", "SVC-01", "SVC-13", "SRC-05", "SRC-11", "MIG-01")
PUBLIC_SECTIONS = ("O", "P", "Q")
ANSWERED_CORE = 0.95
ANSWERED_EXTENDED = (0.25, 0.60)
ANSWERED_PUBLIC = {True: 0.85, False: 0.06}
MISSING_ROWS = 0.01
MIXED_GRAIN_KPI = "ADO-01"
MIXED_GRAIN_COMPANIES = 6


def plan_slots(kpi: Kpi, house: House) -> list[Slot]:
    """The rows of one KPI over all companies, grouped by company and series, periods in order."""
    rng = stream(house.seed, "plan", kpi.code)
    odds = _odds_of_answer(kpi, house, rng)
    answers = rng.random(len(house.companies)) < odds
    senders = [c for c in house.companies if answers[c.index] and c.role != "operator"]
    numbered = enumerate(_series(kpi, house, senders))
    slots = [slot for number, series in numbered for slot in _dated(kpi, series, number)]
    kept = rng.random(len(slots)) >= MISSING_ROWS
    return [slot for slot, keep in zip(slots, kept, strict=True) if keep]


def mixed_grain_companies(house: House) -> list[tuple[Company, str]]:
    """Companies, each with a stage, that send the KPI both by project and without one."""
    suited = [
        (company, stage)
        for company in house.companies
        if company.counts and not company.is_joiner
        for stage in dict.fromkeys(p.stage for p in house.projects[company.index] if _live_before_period(p))
    ]
    one_each = list({company.index: (company, stage) for company, stage in suited}.values())
    chosen = picked(stream(house.seed, "mixed grain"), len(one_each), MIXED_GRAIN_COMPANIES)
    return [one_each[i] for i in sorted(chosen)]


def _live_before_period(project: Project) -> bool:
    return project.went_live and project.go_live_on is not None and project.go_live_on < date(2023, 6, 30)


def _odds_of_answer(kpi: Kpi, house: House, rng: np.random.Generator) -> Floats:
    if kpi.module == "public_sector":
        return np.array([ANSWERED_PUBLIC[c.industry_code in PUBLIC_SECTIONS] for c in house.companies])
    share = ANSWERED_CORE if kpi.module == "core" else float(rng.uniform(*ANSWERED_EXTENDED))
    return np.full(len(house.companies), share)


_Series = tuple[Company, str, Project | None, str]


def _series(kpi: Kpi, house: House, senders: list[Company]) -> Iterator[_Series]:
    coarse = {c.index: stage for c, stage in mixed_grain_companies(house)} if kpi.code == MIXED_GRAIN_KPI else {}
    for company in senders:
        if kpi.code in PROJECT_KPIS:
            live = [p for p in house.projects[company.index] if p.went_live]
            yield from ((company, kpi.default_stage or p.stage, p, "") for p in live)
        elif kpi.code in VENDOR_KPIS:
            yield from ((company, kpi.default_stage, None, vendor) for vendor in house.vendors[company.index])
        else:
            stages = (kpi.default_stage,) if kpi.default_stage else company.stages
            yield from ((company, stage, None, "") for stage in stages)
        if company.index in coarse:
            yield company, coarse[company.index], None, ""


def _dated(kpi: Kpi, series: _Series, number: int) -> Iterator[Slot]:
    company, stage, project, vendor = series
    periods = quarters() if kpi.frequency == "quarter" else reporting_years(company.fiscal_month)
    for period in _periods_of_project(kpi.code, project, periods):
        if period.start >= company.first_day:
            yield Slot(company.index, period, stage, project, vendor, number)


def _periods_of_project(kpi_code: str, project: Project | None, periods: list[Period]) -> list[Period]:
    if project is None or project.go_live_on is None:
        return periods
    live = project.go_live_on
    if kpi_code in GO_LIVE_YEAR_KPIS:
        return [p for p in periods if p.start <= live <= min(p.end, LAST_GO_LIVE)]
    after = [p for p in periods if p.start > live]
    if kpi_code in LIVE_KPIS:
        return after
    return [p for p in after if p.start - live <= timedelta(days=366)]
