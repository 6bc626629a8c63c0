"""The dataset `coverage`: which cells a release serves, and which cuts are declared at all.

Made of the release's own tables and of the declared lists of cuts, so it tells nothing that they do not tell: a cell
that is hidden and a cell nobody is in look the same, since neither has a row.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.cuts import DIMENSIONS
from orchestration.disclosure import attainment
from orchestration.sql import literal
from orchestration.warehouse import DBT_PROJECT

SEEDS = {"benchmark": "cuts", "trend": "cuts", "attainment": "attainment_cuts"}
KEYS = {"benchmark": DIMENSIONS, "trend": DIMENSIONS, "attainment": (*attainment.DIMENSIONS, "months_since_go_live")}
COLUMNS = (*DIMENSIONS, "promised_by", "months_since_go_live")


def declared_cuts(dataset: str) -> Path:
    """The list of cuts a dataset is made for."""
    return DBT_PROJECT / "seeds" / f"{SEEDS[dataset]}.csv"


def coverage_rows(period: str, folder: Path, profile: str) -> str:
    """Every declared cut of each dataset (`declared`), and every cell that the tables in `folder` hold (`served`)."""
    parts = [part for dataset in SEEDS for part in (_declared(dataset), _served(dataset, folder))]
    return f"select *, {literal(period)} as period, {literal(profile)} as profile from ({' union all '.join(parts)})"


def _declared(dataset: str) -> str:
    blank = ", ".join(f"cast(null as varchar) as {name}" for name in COLUMNS)
    return f"""
        select {literal(dataset)} as dataset, cut, cast(null as varchar) as kpi_code, cast(null as integer) as kpi_version, {blank},
            'declared' as status
        from read_csv({literal(str(declared_cuts(dataset)))}, header = true, all_varchar = true)"""


def _served(dataset: str, folder: Path) -> str:
    names = ", ".join(name if name in KEYS[dataset] else f"cast(null as varchar) as {name}" for name in COLUMNS)
    return f"""
        select {literal(dataset)} as dataset, cut, kpi_code, kpi_version, {names}, 'served' as status
        from read_parquet({literal(str(folder / f"{dataset}.parquet"))})"""
