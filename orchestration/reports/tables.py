"""Reading: a release folder, and the own values of its period. Nothing is computed here."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contracts import Profile, disclosure_policy
from orchestration.cuts import DIMENSIONS
from orchestration.errors import EvenhandError
from orchestration.reports.ladder import Asked
from orchestration.reports.position import Kpi, PublishedCell, Scale, scale_of

RELEASE_FILES = (
    "benchmark.parquet",
    "benchmark.csv",
    "trend.parquet",
    "trend.csv",
    "attainment.parquet",
    "attainment.csv",
    "coverage.parquet",
    "coverage.csv",
    "kpi_catalogue.csv",
    "method.md",
    "checks.html",
    "audit.json",
    "manifest.json",
)
CELL_COLUMNS = (
    "contributors_band",
    "p10",
    "p25",
    "p50",
    "p75",
    "p90",
    "edge_low",
    "edge_high",
    "p50_low",
    "p50_high",
    "tie_share_band",
    "zero_share_band",
    "attributed",
    "status",
)
ADDRESS = ", ".join(("kpi_code", "kpi_version::integer", "cut", *(f"nullif({name}, '')" for name in DIMENSIONS)))
FETCH_ROWS = 20_000


@dataclass(frozen=True)
class Participant:
    """Who reads the report; the dimensions as the registry has them at the end of the period.

    `weights`: its own weight of each KPI code (`success_definition`), 0 to 1; empty where it sent none.
    """

    participant_id: str
    industry: str | None
    sector: str | None
    country: str | None
    size_band: str | None
    weights: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True)
class OwnValue:
    """What the participant contributes to one cell, in the KPI's unit; `volume` is the sum of its denominators."""

    asked: Asked
    value: float
    grade: str | None
    volume: float | None = None


@dataclass(frozen=True)
class Release:
    """One release as a report reads it. `label`, where given, says what kind of data this is (made data)."""

    release_id: str
    period: str
    profile: Profile
    published_on: date | None
    label: str | None
    files: tuple[str, ...]
    kpis: Mapping[tuple[str, int], Kpi]
    cells: Mapping[Asked, PublishedCell]

    @cached_property
    def scales(self) -> Mapping[Asked, Scale]:
        """Every published cell ready to be read off."""
        return {address: scale_of(cell, self.kpi(address), self.profile) for address, cell in self.cells.items()}

    def kpi(self, asked: Asked) -> Kpi:
        """Raises `EvenhandError` for a measure that the release's own catalogue does not hold."""
        kpi = self.kpis.get((asked.kpi_code, asked.kpi_version))
        if kpi is None:
            raise EvenhandError(
                f"Release {self.release_id}: kpi_catalogue.csv holds no {asked.kpi_code!r} version"
                f" {asked.kpi_version}; build the reports from the catalogue the release was built with."
            )
        return kpi


def read_release(folder: Path) -> Release:
    """Benchmark, catalogue and manifest of one release folder. Raises `EvenhandError` where one is missing."""
    for name in ("benchmark.parquet", "kpi_catalogue.csv", "manifest.json"):
        if not (folder / name).is_file():
            raise EvenhandError(f"{folder}: no {name}, so this is not a release a report can be built from.")
    manifest = _read_manifest(folder / "manifest.json")
    published_on = manifest.get("published_on")
    return Release(
        release_id=str(manifest["release_id"]),
        period=str(manifest["period"]),
        profile=disclosure_policy().profile(str(manifest["profile"])),
        published_on=date.fromisoformat(str(published_on)) if published_on else None,
        label=str(manifest["label"]) if manifest.get("label") else None,
        files=tuple(name for name in RELEASE_FILES if (folder / name).is_file()),
        kpis=_read_catalogue(folder / "kpi_catalogue.csv"),
        cells=_read_cells(folder / "benchmark.parquet", str(manifest["period"])),
    )


def own_values_by_participant(path: Path, period: str, participant_ids: Sequence[str]) -> Iterator[tuple[str, list[OwnValue]]]:
    """(participant_id, own values of the period) of those who are asked for and have any, both in code-point order; streamed,
    so memory stays small.
    """
    query = f"""
        select participant_id, {ADDRESS}, value, nullif(grade, ''), volume from read_parquet(?)
        where period = ? and value is not null and participant_id in (select unnest(?::varchar[]))
        order by all
    """
    rows = _stream(query, [str(path), period, list(participant_ids)])
    for participant_id, group in groupby(rows, key=lambda row: row[0]):
        yield participant_id, [_own_value(row) for row in group]


def _own_value(row: tuple[Any, ...]) -> OwnValue:
    return OwnValue(_asked(row[1:-3]), float(row[-3]), row[-2], row[-1])


def _asked(row: tuple[Any, ...]) -> Asked:
    return Asked(row[0], row[1], row[2], row[3:])


def _read_manifest(path: Path) -> dict[str, Any]:
    manifest = json.loads(path.read_text("utf-8"))
    missing = [key for key in ("release_id", "period", "profile", "published_on") if key not in manifest]
    if missing:
        raise EvenhandError(f"{path}: {', '.join(missing)} missing; a report needs release_id, period, profile, published_on.")
    return manifest


def _read_catalogue(path: Path) -> dict[tuple[str, int], Kpi]:
    with path.open(encoding="utf-8", newline="") as handle:
        kpis = [_kpi(row) for row in csv.DictReader(handle)]
    return {(kpi.code, kpi.version): kpi for kpi in kpis}


def _kpi(row: dict[str, str]) -> Kpi:
    return Kpi(
        code=row["code"],
        version=int(row["version"]),
        name=row["name"],
        definition=row["definition"],
        unit=row["unit"],
        direction=row["direction"],
        scale=row["scale"],
        phase=row["phase"],
        minimum=float(row["min"]),
        maximum=float(row["max"]),
        typical_low=float(row["typical_low"]),
        typical_high=float(row["typical_high"]),
        valid_from=row["valid_from"],
        multiplier=float(row["multiplier"]),
        aggregation=row["aggregation"],
        money_driver=row.get("money_driver") or None,
    )


def _read_cells(path: Path, period: str) -> dict[Asked, PublishedCell]:
    """Cells a company can be placed in; those of one vendor role or segment answer other questions."""
    query = f"""
        select {ADDRESS}, {", ".join(CELL_COLUMNS)} from read_parquet(?)
        where period = ? and coalesce(vendor_role, '') = '' and coalesce(segment, '') = ''
        order by all
    """
    split = 3 + len(DIMENSIONS)
    return {_asked(row[:split]): _cell(row[split:]) for row in _stream(query, [str(path), period])}


def _cell(row: tuple[Any, ...]) -> PublishedCell:
    values = dict(zip(CELL_COLUMNS, row, strict=True))
    for edge in ("edge_low", "edge_high"):
        values[edge] = tuple((values[edge] or "").split(",")) if values[edge] else ()
    values["attributed"] = values["attributed"] or None
    return PublishedCell(**values)


def _stream(query: str, parameters: list[object]) -> Iterator[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        result = connection.execute(query, parameters)
        while rows := result.fetchmany(FETCH_ROWS):
            yield from rows
