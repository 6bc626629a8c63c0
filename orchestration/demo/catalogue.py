"""The KPI catalogue as the demo needs it: what a figure looks like, not how it is benchmarked."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from orchestration.settings import PROJECT_ROOT

CATALOGUE = PROJECT_ROOT / "dbt_project" / "seeds" / "kpi_catalogue.csv"
STAGES = ("IL", "OP", "OL", "MS", "SV", "FI", "HR", "TD", "PR")


@dataclass(frozen=True)
class Kpi:
    """One row of the catalogue; `low` and `high` are the hard range, in the KPI's unit."""

    code: str
    unit: str
    denominator: str
    multiplier: float
    direction: str
    low: float
    high: float
    scale: str
    typical_low: float
    typical_high: float
    frequency: str
    min_base: int | None
    module: str
    phase: str
    default_stage: str
    computed: bool

    @property
    def has_denominator(self) -> bool:
        return self.denominator != "1"

    @property
    def better(self) -> int:
        """+1 where higher is better, -1 where lower is, 0 for context."""
        return {"H": 1, "L": -1, "N": 0}[self.direction]

    def value(self, numerator: float, denominator: float | None) -> float:
        """METHOD 3.1: numerator / denominator, or the numerator alone, times the multiplier."""
        return self.multiplier * numerator / (1.0 if denominator is None else denominator)

    def allows(self, value: float) -> bool:
        return self.low <= round(value, 9) <= self.high


@cache
def kpis() -> dict[str, Kpi]:
    """Every KPI by code, in the order of the catalogue, computed ones included."""
    with CATALOGUE.open(encoding="utf-8", newline="") as handle:
        return {row["code"]: _kpi(row) for row in csv.DictReader(handle)}


def reported_kpis() -> tuple[Kpi, ...]:
    """Those that participants send."""
    return tuple(kpi for kpi in kpis().values() if not kpi.computed)


def _kpi(row: dict[str, str]) -> Kpi:
    return Kpi(
        code=row["code"],
        unit=row["unit"],
        denominator=row["denominator"],
        multiplier=float(row["multiplier"]),
        direction=row["direction"],
        low=float(row["min"]),
        high=float(row["max"]),
        scale=row["scale"],
        typical_low=float(row["typical_low"]),
        typical_high=float(row["typical_high"]),
        frequency=row["frequency"],
        min_base=int(row["min_base"]) if row["min_base"] else None,
        module=row["module"],
        phase=row["phase"],
        default_stage=row["default_stage"],
        computed=row["computed"] == "true",
    )
