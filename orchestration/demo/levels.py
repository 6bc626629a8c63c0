"""How large figures are: the level and spread of each KPI and the size of its denominator."""

from __future__ import annotations

import math
from dataclasses import dataclass

from orchestration.demo.catalogue import Kpi


@dataclass(frozen=True)
class Level:
    """Centre and standard deviations of a KPI. `shape`: `normal` and `logit` in its unit, `log` in log10 of it.

    `logit` values are squeezed into [low, high]; the centre and the spreads are then on the logit scale.
    """

    shape: str
    centre: float
    between_companies: float
    between_series: float
    within_series: float
    low: float
    high: float


@dataclass(frozen=True)
class Measure:
    """What a denominator counts: `kind` is count, money, rate or none; `size` its median at a company of band M."""

    kind: str
    size: float
    numerator_decimals: int
    denominator_decimals: int


PLANTED_LEVELS = {
    "ADO-01": (60.0, 6.0, 3.0, 2.0),
    "EXP-02": (68.0, 6.0, 2.5, 2.0),
    "EXP-04": (30.0, 6.0, 2.0, 1.5),
    "SVC-04": (82.0, 5.0, 0.5, 0.8),
    "SVC-02": (0.9, 0.30, 0.02, 0.05),
    "NED-03": (0.45, 0.18, 0.02, 0.03),
    "SRC-01": (1.9, 0.18, 0.02, 0.05),
    "BEN-01": (85.0, 15.0, 12.0, 5.0),
    "BEN-02": (48.0, 10.0, 2.0, 3.0),
    "REN-05": (14.0, 3.5, 0.5, 1.2),
    "EXP-01": (22.0, 16.0, 6.0, 5.0),
}
"""Centre, between companies, between series, within a series; log10 for KPIs of scale log."""
MONEY = {
    "BEN-01": 6e5, "BEN-03": 8e5, "BEN-08": 1.2e6, "BEN-09": 4e5, "BEN-12": 6e5, "DEL-13": 2e6, "NED-02": 3e6,
    "NED-03": 1.5e8, "NED-07": 8e6, "OUT-01": 9e5, "REN-01": 4e6, "REN-02": 4e6, "REN-04": 5e5, "SRC-03": 7e5,
    "SRC-04": 1.5e6, "SRC-05": 8e6, "SRC-07": 2e6, "SRC-08": 9e5, "SRC-11": 6e5, "UPD-02": 3e5,
}  # fmt: skip
RATES = {"OUT-02": 40.0, "OUT-03": 120.0, "OUT-04": 0.03}
COUNTS = {
    "ADO-01": 400, "ADO-02": 900, "ADO-03": 20_000, "ADO-04": 60, "BEN-02": 40, "BEN-11": 40, "BEN-13": 30,
    "DEL-04": 600, "DEL-06": 6, "DEL-07": 150, "DEL-08": 60, "DEL-09": 150, "DEL-10": 15, "DEL-11": 150, "DEL-12": 10,
    "DEL-14": 20, "DEL-16": 30, "GOL-01": 8_000, "INT-01": 12, "NED-01": 30, "NED-04": 600, "REN-03": 25, "REN-06": 20,
    "SRC-02": 20, "SRC-10": 12, "SVC-01": 129_600, "SVC-02": 60, "SVC-04": 900, "SVC-07": 3_000, "SVC-13": 36,
    "VEN-01": 40, "VEN-02": 48, "VEN-03": 90,
}  # fmt: skip
HOURS_AND_MINUTES = ("DEL-04", "DEL-07", "DEL-10", "GOL-01", "INT-01", "SVC-02", "SVC-13")
USUAL_COUNT = 120
TAIL_SHARE_OF_RANGE = 0.25


def level_of(kpi: Kpi) -> Level:
    """The planted level, or one derived from the catalogue's typical range."""
    if kpi.code in PLANTED_LEVELS:
        shape = "log" if kpi.scale == "log" else "normal"
        return Level(shape, *PLANTED_LEVELS[kpi.code], *_soft_bounds(kpi))
    if kpi.scale == "log":
        return _log_level(kpi)
    if (kpi.low, kpi.high) == (0.0, 100.0):
        return Level("logit", 0.45 * kpi.better, 0.65, 0.25, 0.15, kpi.typical_low, kpi.typical_high)
    return _linear_level(kpi)


def measure_of(kpi: Kpi) -> Measure:
    """How the KPI's numerator and denominator are counted; money has 2 decimals, counts none."""
    if not kpi.has_denominator:
        return Measure("none", 1.0, 1, 0)
    if kpi.code in MONEY:
        return Measure("money", MONEY[kpi.code], 2, 2)
    if kpi.code in RATES:
        return Measure("rate", RATES[kpi.code], 6, 6)
    if kpi.unit == "cur":
        return Measure("count", COUNTS[kpi.code], 2, 0)
    return Measure("count", COUNTS.get(kpi.code, USUAL_COUNT), 1 if kpi.code in HOURS_AND_MINUTES else 0, 0)


def _log_level(kpi: Kpi) -> Level:
    low, high = math.log10(kpi.typical_low), math.log10(kpi.typical_high)
    span = high - low
    return Level("log", (low + high) / 2, 0.13 * span, 0.04 * span, 0.03 * span, *_soft_bounds(kpi))


def _linear_level(kpi: Kpi) -> Level:
    span = kpi.typical_high - kpi.typical_low
    centre = kpi.typical_low + span * (0.5 + 0.08 * kpi.better)
    return Level("normal", centre, 0.13 * span, 0.05 * span, 0.03 * span, *_soft_bounds(kpi))


def _soft_bounds(kpi: Kpi) -> tuple[float, float]:
    """Where clean values end: a little outside the typical range, never outside the hard one."""
    if kpi.scale == "log":
        return max(kpi.low, kpi.typical_low / 2), min(kpi.high, kpi.typical_high * 2)
    beyond = TAIL_SHARE_OF_RANGE * (kpi.typical_high - kpi.typical_low)
    return max(kpi.low, kpi.typical_low - beyond), min(kpi.high, kpi.typical_high + beyond)
