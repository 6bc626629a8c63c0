"""Projects and who worked in them. Cost and schedule truths are planted here, since both come from projects."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from orchestration.demo.catalogue import STAGES
from orchestration.demo.model import LAST_GO_LIVE, Company, Engagement, Floats, Project, picked, stream
from orchestration.demo.truths import (
    BETTER_VENDOR,
    COST_OVERRUN_WHERE_NOT_PLANTED,
    COST_VARIANCE_OF_VENDOR,
    GO_LIVE_SLIP_DAYS,
    SHARE_ON_BUDGET,
    WORSE_VENDOR,
)

OTHER_VENDORS = (
    "Quandreth Systems", "Tavenmoor Software", "Zorrabeck Cloud", "Brimwexel Consulting", "Hollovane Data",
    "Ulthimar Services", "Pexolund Networks", "Grendaval Group", "Yarrowick Digital", "Ostrembly Platforms",
    "Fennuxia Labs", "Drostakel Hosting", "Imbravoss Partners", "Nurvendale Integration", "Sklarrowen Apps",
    "Cathmoril Solutions", "Jelquistan Works", "Wendrixal Cloud", "Abbervoth Analytics", "Lomprasse Logistics Software",
    "Eskilvarn Finance Software", "Vontrellis People Software", "Rathquobel Security",
)  # fmt: skip
VENDORS = (BETTER_VENDOR, WORSE_VENDOR, *OTHER_VENDORS)
KINDS = ("implementation", "upgrade", "migration", "integration", "service")
KIND_WEIGHTS = (0.40, 0.20, 0.16, 0.16, 0.08)
FIRST_ROLES = ("product", "integrator", "cloud")
FURTHER_ROLES = ("integrator", "managed_service", "cloud", "consulting")
PLANNED_COST_EUR = {"S": 120_000.0, "M": 400_000.0, "L": 1_500_000.0, "XL": 5_000_000.0}
PLANTED_VENDOR_SHARE = 0.12
ABANDONED_SHARE = 0.06
FIRST_PLANNED_GO_LIVE = date(2022, 1, 15)
PLANNED_SPAN_DAYS = 1480
FUTURE_SHARE = 0.05
FUTURE_DAYS = 800
"""So much later is a project that has not begun yet."""
REGISTRY_DAY = date(2026, 1, 31)


def draw_projects(seed: int, companies: tuple[Company, ...]) -> tuple[tuple[Project, ...], ...]:
    """Two to eight projects for each company."""
    rng = stream(seed, "projects")
    weights = 1.0 / np.arange(1, len(OTHER_VENDORS) + 1) ** 0.6
    odds = weights / weights.sum()
    counts = rng.integers(2, 9, size=len(companies))
    return tuple(tuple(_project(rng, c, n, odds) for n in range(counts[c.index])) for c in companies)


def managed_vendors(seed: int, projects: tuple[tuple[Project, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """The one or two engaged vendors that each company measures directly."""
    rng = stream(seed, "managed vendors")
    return tuple(_managed(rng, own) for own in projects)


def project_rows(projects: tuple[Project, ...]) -> list[list[str]]:
    """Rows of `projects.csv`, costs in EUR."""
    return [_project_row(p) for p in projects]


def engagement_rows(projects: tuple[Project, ...]) -> list[list[str]]:
    """Rows of `engagements.csv`, spend in EUR."""
    return [[p.project_ref, e.vendor, e.vendor_role, f"{e.annual_spend:.2f}", "EUR"] for p in projects for e in p.engagements]


def _project(rng: np.random.Generator, company: Company, number: int, odds: Floats) -> Project:
    planted = _planted_vendor(rng)
    planned_end = _planned_end(rng)
    started = planned_end - timedelta(days=int(rng.integers(120, 721)))
    go_live = planned_end + timedelta(days=max(_slip_days(rng), -60))
    status = _status(rng, started, go_live)
    planned_cost = float(round(PLANNED_COST_EUR[company.size_band] * rng.lognormal(0.0, 0.7), -2))
    scope = int(rng.integers(30, 400))
    return Project(
        project_ref=f"{company.participant_id}-PRJ{number + 1}",
        programme_ref=f"{company.participant_id}-PGM{number // 3 + 1}" if rng.random() < 0.5 else "",
        project_kind=KINDS[int(rng.choice(len(KINDS), p=KIND_WEIGHTS))],
        stage=company.stages[number % len(company.stages)] if rng.random() < 0.8 else STAGES[rng.integers(len(STAGES))],
        started_on=started,
        planned_go_live_on=planned_end,
        go_live_on=None if status == "abandoned" else go_live,
        status=status,
        planned_cost=planned_cost,
        actual_cost=_actual_cost(rng, company, planted, status, planned_cost),
        baselined_scope=scope,
        delivered_scope=_delivered_scope(rng, status, scope),
        objective=f"OBJ-{int(rng.integers(1, 9))}" if rng.random() < 0.6 else "",
        engagements=_engagements(rng, planted, planned_cost, odds),
        planted_vendor=planted,
    )


def _planted_vendor(rng: np.random.Generator) -> str:
    draw = rng.random()
    if draw < PLANTED_VENDOR_SHARE:
        return BETTER_VENDOR
    return WORSE_VENDOR if draw < 2 * PLANTED_VENDOR_SHARE else ""


def _planned_end(rng: np.random.Generator) -> date:
    usual = FIRST_PLANNED_GO_LIVE + timedelta(days=int(rng.integers(0, PLANNED_SPAN_DAYS)))
    is_future = rng.random() < FUTURE_SHARE
    return REGISTRY_DAY + timedelta(days=FUTURE_DAYS) if is_future else usual


def _slip_days(rng: np.random.Generator) -> int:
    return round(float(rng.laplace(GO_LIVE_SLIP_DAYS, 28.0)))


def _status(rng: np.random.Generator, started: date, go_live: date) -> str:
    if started > REGISTRY_DAY:
        return "planned"
    if rng.random() < ABANDONED_SHARE:
        return "abandoned"
    if go_live > LAST_GO_LIVE:
        return "active"
    return "closed" if (LAST_GO_LIVE - go_live).days > 540 and rng.random() < 0.6 else "live"


def _actual_cost(rng: np.random.Generator, company: Company, planted: str, status: str, planned_cost: float) -> float | None:
    overrun = _overrun_percent(rng, company, planted)
    to_date = float(rng.uniform(0.2, 0.8))
    if status == "planned":
        return None
    factor = 1.0 + overrun / 100.0 if status in ("live", "closed") else to_date
    return round(planned_cost * factor, 2)


def _overrun_percent(rng: np.random.Generator, company: Company, planted: str) -> float:
    """Draws are spent alike for every project, so that a planted size can change without moving the rest."""
    on_budget, noise, tail = rng.random() < SHARE_ON_BUDGET, float(rng.normal()), rng.random()
    if planted:
        size, spread = COST_VARIANCE_OF_VENDOR[planted]
        return size + spread * noise
    if on_budget:
        return 0.0
    overrun = COST_OVERRUN_WHERE_NOT_PLANTED - 5.0 * company.quality + 13.0 * noise
    return max(overrun, -60.0) + (float(rng.uniform(60.0, 200.0)) if tail < 0.04 else 0.0)


def _delivered_scope(rng: np.random.Generator, status: str, scope: int) -> int | None:
    share = float(rng.normal(0.92, 0.10))
    return round(scope * min(max(share, 0.4), 1.3)) if status in ("live", "closed") else None


def _engagements(rng: np.random.Generator, planted: str, planned_cost: float, odds: Floats) -> tuple[Engagement, ...]:
    count = int(rng.choice((1, 2, 3), p=(0.4, 0.4, 0.2)))
    drawn = [OTHER_VENDORS[i] for i in picked(rng, len(OTHER_VENDORS), count, odds)]
    vendors = [planted, *drawn[1:]] if planted else drawn
    return tuple(_engagement(rng, vendor, place, planned_cost) for place, vendor in enumerate(vendors))


def _engagement(rng: np.random.Generator, vendor: str, place: int, planned_cost: float) -> Engagement:
    roles = FURTHER_ROLES if place else FIRST_ROLES
    spend = round(planned_cost * float(rng.uniform(0.05, 0.35)), 2)
    return Engagement(vendor, roles[int(rng.integers(len(roles)))], spend)


def _managed(rng: np.random.Generator, projects: tuple[Project, ...]) -> tuple[str, ...]:
    engaged = list(dict.fromkeys(e.vendor for p in projects for e in p.engagements))
    count = min(int(rng.choice((1, 2), p=(0.45, 0.55))), len(engaged))
    return tuple(engaged[i] for i in sorted(picked(rng, len(engaged), count)))


def _project_row(p: Project) -> list[str]:
    return [
        p.project_ref, p.programme_ref, p.project_kind, p.stage, p.started_on.isoformat(),
        p.planned_go_live_on.isoformat(), p.go_live_on.isoformat() if p.go_live_on else "", p.status,
        f"{p.planned_cost:.2f}", "" if p.actual_cost is None else f"{p.actual_cost:.2f}", "EUR",
        str(p.baselined_scope), "" if p.delivered_scope is None else str(p.delivered_scope), p.objective,
    ]  # fmt: skip
