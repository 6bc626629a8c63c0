"""Run the dbt part once on a workspace whose night has run, and say where its time went.

Made from scratch each time: the warehouse is removed first. `wall` is the whole call, as a night makes it; `start_up` is
what passes before dbt's first node starts and after its last one ends; `nodes` is the sum over nodes, which run two at a time.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.settings import load_settings
from orchestration.warehouse import build, require_all_built
from orchestration.workspace import Workspace


@dataclass(frozen=True)
class ModelTime:
    """One model: seconds of its run, and its rows where it is a table."""

    model: str
    seconds: float
    rows: int | None


@dataclass(frozen=True)
class Profile:
    """One run of the dbt part, in seconds."""

    wall: float
    start_up: float
    nodes: float
    models: list[ModelTime]
    tests: int
    tests_seconds: float


def profile(home: Path) -> Profile:
    """Build everything once. Raises `EvenhandError` where a node failed."""
    workspace = Workspace(home)
    workspace.warehouse.unlink(missing_ok=True)
    settings = load_settings(home)
    started = time.perf_counter()
    results = build(workspace, settings)
    wall = time.perf_counter() - started
    require_all_built(results)
    rows = _rows(workspace)
    models = [ModelTime(name, r.seconds, rows.get(name)) for r in results if (name := _model(r.unique_id))]
    tests = [r.seconds for r in results if r.unique_id.startswith("test.")]
    busy = _busy_seconds(workspace)
    ordered = sorted(models, key=lambda m: -m.seconds)
    return Profile(wall, wall - busy, sum(r.seconds for r in results), ordered, len(tests), sum(tests))


def _model(unique_id: str) -> str | None:
    kind, _, name = unique_id.split(".")[:3]
    return name if kind == "model" else None


def _busy_seconds(workspace: Workspace) -> float:
    """From the first node's start to the last one's end."""
    written: dict[str, Any] = json.loads((workspace.dagster / "dbt" / "run_results.json").read_text("utf-8"))
    stamps = [datetime.fromisoformat(step[at]) for r in written["results"] for step in r["timing"] for at in ("started_at", "completed_at")]
    return (max(stamps) - min(stamps)).total_seconds()


def _rows(workspace: Workspace) -> dict[str, int]:
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        return dict(connection.execute("select table_name, estimated_size from duckdb_tables()").fetchall())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    print(json.dumps(asdict(profile(parser.parse_args().home))))
