"""Declared mappings: what is read of another system's export, and what is counted (contracts/mappings/<name>.yaml)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from orchestration.contracts import CONTRACTS
from orchestration.errors import EvenhandError
from orchestration.intake.arrivals import unknown_name

MAPPINGS = CONTRACTS / "mappings"


@dataclass(frozen=True)
class SourceColumn:
    """One column of the export: the headers it may have, and what it is read as.

    `known` is SQL that is true where a value has a form that the mapping counts or leaves out on purpose; `known_says` those forms.
    """

    name: str
    headers: tuple[str, ...]
    type: str = "text"
    required: bool = False
    known: str = "true"
    known_says: str = ""


@dataclass(frozen=True)
class MappedKpi:
    """How one KPI is counted; `rows`, `numerator` and `denominator` are SQL over the column names."""

    kpi_code: str
    says: str
    needs: tuple[str, ...]
    period_by: str
    rows: str
    numerator: str
    denominator: str


@dataclass(frozen=True)
class Mapping:
    """One source."""

    name: str
    title: str
    id: str
    stage: str
    grain: str
    date_formats: tuple[str, ...]
    columns: tuple[SourceColumn, ...]
    rows: str
    rows_say: str
    kpis: tuple[MappedKpi, ...]


@cache
def mapping(name: str) -> Mapping:
    """The mapping of a source. Raises `EvenhandError` for one nobody declared."""
    known = [path.stem for path in sorted(MAPPINGS.glob("*.yaml"))]
    if name not in known:
        raise EvenhandError(unknown_name("mapping", name, known))
    read: dict[str, Any] = yaml.safe_load((MAPPINGS / f"{name}.yaml").read_text("utf-8"))
    columns = tuple(_source_column(name, declared) for name, declared in read["columns"].items())
    declared: list[dict[str, Any]] = read["kpis"]
    texts = ("kpi_code", "says", "period_by", "rows", "numerator", "denominator")
    kpis = tuple(MappedKpi(needs=tuple(kpi["needs"]), **{name: str(kpi[name]) for name in texts}) for kpi in declared)
    plain = {key: read[key] for key in ("name", "title", "id", "stage", "grain", "rows", "rows_say")}
    return Mapping(**plain, date_formats=tuple(read["date_formats"]), columns=columns, kpis=kpis)


def _source_column(name: str, declared: dict[str, Any]) -> SourceColumn:
    others = {key: value for key, value in declared.items() if key != "headers"}
    return SourceColumn(name, tuple(declared["headers"]), **others)
