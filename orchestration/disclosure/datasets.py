"""The datasets of a release: how the rows of each are made, and what the gate and the ledger of editions keep beside them.

A dataset is one entry here, one module in this room, and one contract in contracts/release.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.contracts import Profile, TableContract
from orchestration.cuts import DIMENSIONS
from orchestration.disclosure import attainment, coverage, protect, trend
from orchestration.disclosure.audit.figures import Reading
from orchestration.disclosure.panels import Ranges
from orchestration.periods import Period
from orchestration.sql import literal, quoted

BENCHMARK = "benchmark"
EVIDENCE = (
    *("contributors", "established", "p10", "p25", "p50", "p75", "p90", "top1_share", "tie_share", "zero_share"),
    *(f"grade_{grade}_share" for grade in protect.GRADES),
)


@dataclass(frozen=True)
class Edition:
    """What the rows of one candidate may depend on besides the marts: its own folder, where datasets made before it lie, and
    the folder of the edition that stands for the same period a year earlier.
    """

    release_id: str
    period: Period
    profile: Profile
    folder: Path
    year_before: Path | None


@dataclass(frozen=True)
class Dataset:
    """`prepare` creates the temp table `table`: rows of the periods asked for, with period_key and the key of the contract, so that a
    policy can name a cell. `rows` selects those of one edition; `evidence` and `contributors`, by
    period_key, what only the house may see. `may_serve_again`: whether a row makes sense beside other rows than those it was published
    with. `reading`: what an attacker takes from a row. A dataset without a table is made of the others and has nothing of its own.
    """

    name: str
    rows: Callable[[Edition], str]
    table: str | None = None
    prepare: Callable[[duckdb.DuckDBPyConnection, Profile, Sequence[int]], None] | None = None
    may_serve_again: bool = True
    reading: Callable[[Ranges, Profile], Reading] | None = None
    evidence: Callable[[int], str] | None = None
    contributors: Callable[[int], str] | None = None

    def file(self, folder: Path) -> Path:
        return folder / f"{self.name}.parquet"


def of_period(table: str) -> Callable[[Edition], str]:
    """The rows of a prepared table as they are."""
    return lambda edition: f"select *, 'published' as status from {table} where period_key = {edition.period.key}"


def select_columns(contract: TableContract, edition: Edition, rows: str) -> str:
    """`rows` with the columns, types and order of the contract, and the edition's release_id."""
    named = {"release_id": literal(edition.release_id)}
    columns = ", ".join(f"cast({named.get(c.name, quoted(c.name))} as {c.physical_type}) as {quoted(c.name)}" for c in contract.columns)
    return f"select {columns} from ({rows}) as fresh order by {', '.join(quoted(k) for k in contract.key)}"


def _benchmark_evidence(period_key: int) -> str:
    dimensions = ", ".join(DIMENSIONS)
    return f"""
        select period, kpi_code, kpi_version, cut, {dimensions}, {", ".join(EVIDENCE)}
        from warehouse.marts.cell_evidence where period_key = {period_key} order by all"""


def _benchmark_contributors(period_key: int) -> str:
    dimensions = ", ".join("v." + d for d in DIMENSIONS)
    return f"""
        select v.period, v.kpi_code, v.kpi_version, v.cut, {dimensions}, v.holding_group_id, v.value
        from warehouse.marts.company_values as v
            semi join (select {protect.CELL} from protected where period_key = {period_key}) using ({protect.CELL})
        where v.period_key = {period_key} order by all"""


DATASETS = (
    Dataset(
        BENCHMARK,
        of_period("protected"),
        "protected",
        protect.protect,
        reading=protect.read_benchmark,
        evidence=_benchmark_evidence,
        contributors=_benchmark_contributors,
    ),
    Dataset(
        "trend",
        lambda edition: trend.trend_rows(edition.period.key, edition.folder, edition.year_before),
        trend.TABLE,
        trend.protect_changes,
        may_serve_again=False,  # it splits the change between two medians that this release prints
        reading=trend.read_trend,
        evidence=trend.trend_evidence,
        contributors=trend.trend_contributors,
    ),
    Dataset(
        "attainment",
        of_period(attainment.TABLE),
        attainment.TABLE,
        attainment.protect_attainments,
        reading=attainment.read_attainment,
        evidence=attainment.attainment_evidence,
        contributors=attainment.attainment_contributors,
    ),
    Dataset("coverage", lambda edition: coverage.coverage_rows(edition.period.label, edition.folder, edition.profile.name)),
)
"""In the order in which they are made: each may read those before it."""
