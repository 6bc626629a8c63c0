"""Figures for planned rows: a level, a persistent company effect, planted shifts, then numerator and denominator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from orchestration.demo.catalogue import STAGES, Kpi
from orchestration.demo.companies import EUR_PER_UNIT
from orchestration.demo.levels import Level, Measure, level_of, measure_of
from orchestration.demo.model import Floats, House, Project, Slot, stream
from orchestration.demo.truths import TARGET_RATIOS, planted_shift

COUNT_FACTOR = {"S": 0.5, "M": 1.0, "L": 2.5, "XL": 6.0}
MONEY_FACTOR = {"S": 0.25, "M": 1.0, "L": 4.0, "XL": 15.0}
QUALITY_SHARE = 0.5
GRADE_ODDS = {"A": 0.45, "B": 0.20, "C": 0.35}
SHARE_OF_SERIES_WITH_TARGET = 0.25
SHARE_BELOW_MIN_BASE = 0.03
AGED_PHASES = ("adoption", "operate")
TARGET_SPREAD_LOG10 = 0.04


@dataclass(frozen=True)
class Figures:
    """Numerators and denominators of one KPI, aligned with its slots; `denominators` is None where it has none."""

    numerators: Floats
    denominators: Floats | None
    numerator_decimals: int
    denominator_decimals: int


def kpi_rows(kpi: Kpi, slots: Sequence[Slot], house: House) -> list[list[str]]:
    """Rows of `kpi_values` for the slots, in their order and in the column order of the contract."""
    rng = stream(house.seed, "values", kpi.code)
    figures = _figures(kpi, slots, house, rng)
    columns = (
        _texts(figures.numerators, figures.numerator_decimals),
        _blank(slots) if figures.denominators is None else _texts(figures.denominators, figures.denominator_decimals),
        _targets(kpi, slots, figures, rng),
        [house.companies[s.company].currency for s in slots] if kpi.unit == "cur" else _blank(slots),
        _blank(slots) if kpi.min_base is None or figures.denominators is None else _texts(figures.denominators, 0),
        _months_since_go_live(kpi, slots, rng),
        _grades(slots, len(house.companies), rng),
    )
    return [[kpi.code, *_key(slot), *cells] for slot, cells in zip(slots, zip(*columns, strict=True), strict=True)]


def _key(slot: Slot) -> list[str]:
    project_ref = slot.project.project_ref if slot.project else ""
    return [slot.period.start.isoformat(), slot.period.end.isoformat(), slot.stage, project_ref, slot.vendor]


def _figures(kpi: Kpi, slots: Sequence[Slot], house: House, rng: np.random.Generator) -> Figures:
    if kpi.code in ("DEL-01", "DEL-02", "DEL-03"):
        return _from_projects(kpi, [s.project for s in slots if s.project])
    measure = measure_of(kpi)
    values = _values(kpi, slots, house, rng)
    if measure.kind == "none":
        return Figures(_whole(kpi, values, None, 1), None, 1, 0)
    denominators = _denominators(kpi, measure, slots, house, rng)
    if kpi.unit == "cur":
        values = values / np.array([EUR_PER_UNIT[house.companies[s.company].currency] for s in slots])
    numerators = _whole(kpi, values, denominators, measure.numerator_decimals)
    return Figures(numerators, denominators, measure.numerator_decimals, measure.denominator_decimals)


def _from_projects(kpi: Kpi, projects: Sequence[Project]) -> Figures:
    pairs = np.array([_project_pair(kpi.code, p) for p in projects]).reshape(-1, 2)
    decimals = 2 if kpi.code == "DEL-01" else 0
    return Figures(pairs[:, 0], pairs[:, 1], decimals, decimals)


def _project_pair(kpi_code: str, project: Project) -> tuple[float, float]:
    if kpi_code == "DEL-01":
        return (project.actual_cost or 0.0) - project.planned_cost, project.planned_cost
    if kpi_code == "DEL-03":
        return float(project.delivered_scope or 0), float(project.baselined_scope)
    live = project.go_live_on or project.planned_go_live_on
    planned_days = (project.planned_go_live_on - project.started_on).days
    return float((live - project.planned_go_live_on).days), float(planned_days)


def _values(kpi: Kpi, slots: Sequence[Slot], house: House, rng: np.random.Generator) -> Floats:
    """Values in the KPI's unit (EUR for money), planted shifts included, inside the level's bounds."""
    level = level_of(kpi)
    latent = _latent(kpi, level, slots, house, rng)
    if level.shape == "logit":
        share = 1.0 / (1.0 + np.exp(-(level.centre + latent)))
        values = level.low + (level.high - level.low) * share
        return values + planted_shift(kpi.code, slots, house.companies, "unit")
    if level.shape == "log":
        shifted = level.centre + latent + planted_shift(kpi.code, slots, house.companies, "log10")
        return np.clip(10.0**shifted, level.low, level.high)
    shifted = level.centre + latent + planted_shift(kpi.code, slots, house.companies, "unit")
    return np.clip(shifted, level.low, level.high)


def _latent(kpi: Kpi, level: Level, slots: Sequence[Slot], house: House, rng: np.random.Generator) -> Floats:
    """Company, series and row effects. The company's part is one draw for all years: a good company stays good."""
    quality = kpi.better * np.array([c.quality for c in house.companies])
    own = rng.normal(size=len(house.companies))
    companies = QUALITY_SHARE * quality + np.sqrt(1 - QUALITY_SHARE**2) * own
    series = rng.normal(size=_series_count(slots))
    return (
        level.between_companies * companies[[s.company for s in slots]]
        + level.between_series * series[[s.series for s in slots]]
        + level.within_series * rng.normal(size=len(slots))
    )


def _denominators(kpi: Kpi, measure: Measure, slots: Sequence[Slot], house: House, rng: np.random.Generator) -> Floats:
    if kpi.min_base is not None:
        return _responses(kpi.min_base, len(slots), rng)
    series, rows = rng.normal(size=_series_count(slots)), rng.normal(size=len(slots))
    spread = 10.0 ** (0.18 * series[[s.series for s in slots]] + 0.03 * rows)
    factors = {"count": COUNT_FACTOR, "money": MONEY_FACTOR, "rate": dict.fromkeys(COUNT_FACTOR, 1.0)}[measure.kind]
    sizes = measure.size * spread * np.array([factors[house.companies[s.company].size_band] for s in slots])
    smallest = 2.0 if measure.kind == "count" else 0.001
    return np.maximum(sizes, smallest).round(measure.denominator_decimals)


def _responses(min_base: int, count: int, rng: np.random.Generator) -> Floats:
    usual = np.maximum(rng.lognormal(np.log(6.0 * min_base), 0.6, count), min_base)
    few = rng.uniform(0.4, 0.95, count) * min_base
    return np.where(rng.random(count) < SHARE_BELOW_MIN_BASE, few, usual).round()


def _whole(kpi: Kpi, values: Floats, denominators: Floats | None, decimals: int) -> Floats:
    """Numerators with so many decimals whose values still lie in the hard range."""
    per_unit = (1.0 if denominators is None else denominators) * 10.0**decimals / kpi.multiplier
    steps = np.round(values * per_unit)
    lowest, highest = np.ceil(kpi.low * per_unit - 1e-9), np.floor(kpi.high * per_unit + 1e-9)
    return np.clip(steps, lowest, highest) / 10.0**decimals


def _targets(kpi: Kpi, slots: Sequence[Slot], figures: Figures, rng: np.random.Generator) -> list[str]:
    """Around each row's own value: at the planted ratio, or close to it for a quarter of the other series."""
    chosen = rng.random(_series_count(slots)) < SHARE_OF_SERIES_WITH_TARGET
    noise = 10.0 ** rng.normal(0.0, TARGET_SPREAD_LOG10, len(slots))
    if kpi.better == 0:
        return _blank(slots)
    attainment = noise * TARGET_RATIOS.get(kpi.code, 1.0)
    values = kpi.multiplier * figures.numerators / (1.0 if figures.denominators is None else figures.denominators)
    targets = np.clip(values * attainment**-kpi.better, kpi.low, kpi.high)
    planted = kpi.code in TARGET_RATIOS
    return [f"{t:.2f}" if planted or chosen[s.series] else "" for t, s in zip(targets.tolist(), slots, strict=True)]


def _months_since_go_live(kpi: Kpi, slots: Sequence[Slot], rng: np.random.Generator) -> list[str]:
    """Months since the project's go-live, or since that of the stage's system where the figure is of a live system."""
    ages = rng.integers(3, 60, size=(max((s.company for s in slots), default=0) + 1, len(STAGES)))
    aged = kpi.phase in AGED_PHASES
    return [_months(slot, int(ages[slot.company, STAGES.index(slot.stage)]) if aged else None) for slot in slots]


def _months(slot: Slot, age_at_first_year: int | None) -> str:
    end = slot.period.end
    if slot.project is not None and slot.project.go_live_on is not None:
        return str(max(_months_between(slot.project.go_live_on, end), 0))
    return "" if age_at_first_year is None else str(age_at_first_year + _months_between(date(2022, 12, 31), end))


def _months_between(first: date, last: date) -> int:
    return 12 * (last.year - first.year) + last.month - first.month - (last.day < first.day)


def _grades(slots: Sequence[Slot], companies: int, rng: np.random.Generator) -> list[str]:
    drawn = rng.choice(list(GRADE_ODDS), size=companies, p=list(GRADE_ODDS.values())).tolist()
    return [drawn[s.company] for s in slots]


def _series_count(slots: Sequence[Slot]) -> int:
    return max((s.series for s in slots), default=-1) + 1


def _blank(slots: Sequence[Slot]) -> list[str]:
    return [""] * len(slots)


def _texts(numbers: Floats, decimals: int) -> list[str]:
    if decimals == 0:
        return [str(int(n)) for n in numbers]
    return [f"{n:.{decimals}f}" for n in numbers.tolist()]
