"""Run the dbt part once on a workspace that has a lake, and say where its time went.

    python -m benchmarks.profile_models WORKSPACE [--anew]

It builds as a night does: on the warehouse that is there, only what changed. `--anew` removes the warehouse first. `wall` is the
whole call; every second of it belongs to one place. While several nodes run, each gets its part of the time, so that the
seconds of all nodes, of start-up (before dbt's first node starts and after its last one ends) and between nodes add up to `wall`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from orchestration.settings import load_settings
from orchestration.warehouse import build, require_all_built
from orchestration.workspace import Workspace

CELLS = "cell_evidence"
SHARED = "the cells, which the yardstick also makes"
SEVERAL = "models that feed several other marts"
TESTS, SEEDS, BETWEEN, START_UP = "data tests", "seeds", "between nodes", "dbt's own start-up and end"
BY_WORD = {  # what stands before the cells too, but not in the yardstick: the first group a word of which is in a model's name
    "fingerprints: what a night need not do again": ("fingerprint", "changed", "sent__", "_keys"),
    "questions and grades": ("question", "grade"),
    "money in euro": ("conver", "currency", "exchange", "deflator", "rates"),
    "which days belong to which period": ("span", "calendar", "overlap"),
}
BY_MART = {
    "participant_values": "every participant's own values",
    "company_values": "every company's values as a mart",
    "trend_evidence": "trend",
    "attainment_evidence": "attainment of promises",
}


@dataclass(frozen=True)
class ModelTime:
    """One model: seconds from its start to its end, its part of the wall time, its group, and its rows where it is a table."""

    model: str
    seconds: float
    wall: float
    group: str
    rows: int | None


@dataclass(frozen=True)
class Profile:
    """One run of the dbt part, in seconds. `groups` add up to `wall`."""

    wall: float
    start_up: float
    nodes: float
    groups: dict[str, float]
    models: list[ModelTime]
    tests: int
    tests_seconds: float


@dataclass(frozen=True)
class Span:
    """When a node ran, in seconds since any moment."""

    node: str
    start: float
    end: float


def profile(home: Path, *, anew: bool) -> Profile:
    """Build once. Raises `EvenhandError` where a node failed."""
    workspace, settings = Workspace(home), load_settings(home)
    if anew:
        for path in (workspace.warehouse, workspace.warehouse.with_name(workspace.warehouse.name + ".wal")):
            path.unlink(missing_ok=True)
    started = time.perf_counter()
    results = build(workspace, settings)
    wall = time.perf_counter() - started
    require_all_built(results)
    written = workspace.dagster / "dbt"
    spans = _spans(json.loads((written / "run_results.json").read_text("utf-8")))
    group_of = groups(json.loads((written / "manifest.json").read_text("utf-8"))["child_map"])
    parts, between = parts_of_wall(spans)
    rows = _rows(workspace)
    models = [
        ModelTime(name, r.seconds, parts.get(r.unique_id, 0), group_of[r.unique_id], rows.get(name))
        for r in results
        if (name := _model(r.unique_id))
    ]
    tests = [r.seconds for r in results if r.unique_id.startswith("test.")]
    start_up = wall - (max(s.end for s in spans) - min(s.start for s in spans))
    summed: dict[str, float] = {}
    for node, seconds in parts.items():
        group = group_of.get(node, SEEDS if node.startswith("seed.") else TESTS)
        summed[group] = summed.get(group, 0) + seconds
    summed |= {BETWEEN: between, START_UP: start_up}
    ordered = sorted(models, key=lambda m: -m.seconds)
    return Profile(wall, start_up, sum(r.seconds for r in results), summed, ordered, len(tests), sum(tests))


def groups(children: Mapping[str, list[str]]) -> dict[str, str]:
    """To which group each model belongs: by a word of its name, else by the marts that are built from it. `children`: dbt's own map."""
    return {node: _group(node, {_model(n) or "" for n in _below(node, children)}) for node in children if _model(node)}


def _group(node: str, below: set[str]) -> str:
    by_word = next((group for group, words in BY_WORD.items() if any(word in (_model(node) or "") for word in words)), None)
    if by_word or CELLS in below:
        return by_word or SHARED
    fed = sorted(below & BY_MART.keys())
    return "other marts" if not fed else BY_MART[fed[0]] if len(fed) == 1 else SEVERAL


def _below(node: str, children: Mapping[str, list[str]]) -> set[str]:
    """The node and every model built from it."""
    found, left = {node}, [node]
    while left:
        for child in children.get(left.pop(), []):
            if _model(child) and child not in found:
                found.add(child)
                left.append(child)
    return found


def parts_of_wall(spans: list[Span]) -> tuple[dict[str, float], float]:
    """Each node's part of the time from the first start to the last end, and the time in which none ran; they add up to it."""
    parts: dict[str, float] = {}
    between = 0.0
    edges = sorted({edge for span in spans for edge in (span.start, span.end)})
    for start, end in pairwise(edges):
        running = [span.node for span in spans if span.start <= start and span.end >= end]
        for node in running:
            parts[node] = parts.get(node, 0) + (end - start) / len(running)
        between += 0 if running else end - start
    return parts, between


def _spans(written: Mapping[str, Any]) -> list[Span]:
    spans: list[Span] = []
    for result in written["results"]:
        stamps = [datetime.fromisoformat(step[at]).timestamp() for step in result["timing"] for at in ("started_at", "completed_at")]
        if stamps:
            spans.append(Span(result["unique_id"], min(stamps), max(stamps)))
    return spans


def _model(unique_id: str) -> str | None:
    kind, _, name = unique_id.split(".")[:3]
    return name if kind == "model" else None


def _rows(workspace: Workspace) -> dict[str, int]:
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        return dict(connection.execute("select table_name, estimated_size from duckdb_tables()").fetchall())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--anew", action="store_true", help="from an empty warehouse")
    given = parser.parse_args()
    print(json.dumps(asdict(profile(given.home, anew=given.anew))))
