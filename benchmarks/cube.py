"""What every hand-written version of the cube shares: the declared cuts, its command line, and the comparison with `cell_evidence`.

All versions read the same lake, rely on what `consortium.py` promises and write one Parquet file: cut, the dimensions (empty where
the cut does not use them), kpi_code, kpi_version, period, contributors and five quantiles of every cell.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.settings import PROJECT_ROOT

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
COMPANY_DIMENSIONS = ("industry", "sector", "country", "size_band")
ROW_DIMENSIONS = ("value_chain_stage", "project_kind", "vendor", "vendor_class")
DIMENSIONS = (*COMPANY_DIMENSIONS, *ROW_DIMENSIONS)
LEVELS = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}
TOLERANCE = 1e-9
COUNTED = ("cells", "cells by hand", "pairs")


def declared_cuts() -> list[tuple[str, list[str]]]:
    """Each declared cut's name and dimensions."""
    with (SEEDS / "cuts.csv").open(encoding="utf-8", newline="") as file:
        return [(row["cut"], [d for d in DIMENSIONS if row[f"uses_{d}"] == "true"]) for row in csv.DictReader(file)]


def differences(warehouse: Path, cells: Path) -> dict[str, int]:
    """How `cell_evidence` of `warehouse` and `cells` differ: cells only in one, other contributors, other quantiles.

    The first three count the cells of each and the pairs they make: one that is written twice makes a pair too many.
    """
    key = " and ".join(f"a.{c} is not distinct from b.{c}" for c in ("cut", *DIMENSIONS, "kpi_code", "kpi_version", "period_key"))
    apart = " or ".join(_is_apart(f"a.{p}", f"b.{p}") for p in LEVELS)
    written = f"read_parquet('{cells}')"
    with duckdb.connect(str(warehouse), read_only=True, config={"temp_directory": str(cells.parent / "spill")}) as connection:
        row = connection.execute(
            f"""select (select count(*) from marts.cell_evidence), (select count(*) from {written}), count(*) filter (where is_pair),
                count(*) filter (where is_ours and not is_pair), count(*) filter (where is_theirs and not is_pair),
                count(*) filter (where is_pair and has_other_contributors), count(*) filter (where is_pair and is_apart)
            from (
                select coalesce(a.is_there, false) as is_ours, coalesce(b.is_there, false) as is_theirs, is_ours and is_theirs as is_pair,
                    a.contributors is distinct from b.contributors as has_other_contributors, {apart} as is_apart
                from (select *, true as is_there from marts.cell_evidence) as a
                full join (select *, period as period_key, true as is_there from {written}) as b on {key}
            )"""
        ).fetchone()
    assert row is not None
    return dict(zip((*COUNTED, "only in cell_evidence", "only by hand", "other contributors", "other quantiles"), row, strict=True))


def _is_apart(a: str, b: str) -> str:
    """Equal are two NULLs, two NaNs and two infinities, for DuckDB finds them alike; else finite numbers of nearly the same size."""
    near = f"isfinite({a}::double) and isfinite({b}::double) and abs({a} - {b}) <= {TOLERANCE} * greatest(abs({a}), abs({b}))"
    return f"({a} is distinct from {b} and not coalesce({near}, false))"


def is_equal(found: dict[str, int]) -> bool:
    """Whether `differences` found none, in at least one cell, and each cell once."""
    ours, theirs, pairs = (found[name] for name in COUNTED)
    return ours == theirs == pairs > 0 and not any(n for what, n in found.items() if what not in COUNTED)


def command(name: str, run: Callable[[Path, Path, int, str], float], about: str | None) -> None:
    """The command line of a version: run it once on a workspace's lake and print its seconds as JSON."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("home", type=Path, help="a workspace with a lake")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="4GB", help="DuckDB alone knows one")
    parser.add_argument("--verify", action="store_true", help="compare with cell_evidence instead, run before (not timed)")
    given = parser.parse_args()
    cells = given.home / f"{name}.parquet"
    if given.verify:
        print(json.dumps(differences(given.home / "warehouse.duckdb", cells)))
    else:
        print(json.dumps({"seconds": round(run(given.home / "lake", cells, given.threads, given.memory_limit), 3)}))
