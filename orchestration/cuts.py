"""The declared cuts as data: their dimensions, which coarser cuts answer for each, and what is merged into what. Reads seeds, decides nothing."""

from __future__ import annotations

import csv
from functools import cache

from orchestration.settings import PROJECT_ROOT

DIMENSIONS = (
    "industry",
    "sector",
    "country",
    "size_band",
    "value_chain_stage",
    "project_kind",
    "vendor",
    "vendor_class",
)
"""What a cut of company values may be made of, in the order of the columns of `benchmark`."""
SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"


@cache
def cut_parents() -> dict[str, tuple[str, ...]]:
    """The ladder of each cut (METHOD 8): its parents in the order in which they are tried."""
    parents: dict[str, tuple[str, ...]] = {}
    for row in sorted(_rows("cut_parents"), key=lambda r: int(r["step"])):
        parents[row["cut"]] = (*parents.get(row["cut"], ()), row["parent_cut"])
    return parents


@cache
def sectors() -> dict[str, str]:
    """Industry to sector."""
    return {row["industry"]: row["sector"] for row in _rows("sectors")}


@cache
def vendor_classes() -> dict[str, str]:
    """Vendor to class, of the vendors that have one."""
    return {row["vendor"]: row["vendor_class"] for row in _rows("vendor_classes")}


def _rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
