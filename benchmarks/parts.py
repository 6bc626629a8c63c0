"""The parts of a run: each makes its own consortium in a throwaway workspace and measures in child processes, in turns.

What is compared takes turns, so that whatever else the machine does falls on all. Nothing is written here but into that workspace.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.cube import is_equal
from benchmarks.measuring import Ran, child, disk_mb, load, machine, say, throwaway
from benchmarks.remade import begin_counting, rows_made, tables_made_by_part
from orchestration.settings import load_settings
from orchestration.workspace import Workspace

YARDSTICK = "duckdb"
VERSIONS = {YARDSTICK: "by_hand", "polars": "by_hand_polars", "pandas": "by_hand_pandas"}
FIRST_NIGHT, *LATER_NIGHTS, QUIET_NIGHT = "2026-06-30", "2026-07-01", "2026-07-02", "2026-07-03"
NIGHTLY = "import sys; sys.argv = ['evenhand', 'nightly', '--as-of', sys.argv[1]]; from orchestration.cli import main; main()"
NOTHING_NEW = "Nothing new has landed"
FREE_GB_A_MILLION = 0.5
LEAST_FREE_GB = 2
SLOWEST_MODELS = 25


def cube(rows: int, repeats: int, *, compared_once: bool = False) -> dict[str, Any]:
    """The dbt part against every version by hand, in turns; then one per cent more rows.

    compared_once: versions other than the yardstick, and the rows more, are run once, where only what they give is asked for.
    """
    with throwaway(_needed(rows) * 2) as folder:
        home, figures = folder / "workspace", _begun(rows)
        figures |= _lake(home, rows)
        dbt, hand = _in_turns(home, repeats, list(VERSIONS), once=[v for v in VERSIONS if v != YARDSTICK] if compared_once else ())
        figures |= {"dbt": dbt_figures(dbt), "by_hand": {v: _hand_figures(hand[v]) for v in VERSIONS}}
        figures["differences"] = {v: _differences(home, v) for v in VERSIONS if "failed" not in figures["by_hand"][v]}
        figures |= {
            "warehouse_mb": round(disk_mb(home / "warehouse.duckdb")),
            "one_per_cent": _one_per_cent(home, rows, 1 if compared_once else repeats),
        }
        return _ended(figures)


def _one_per_cent(home: Path, rows: int, repeats: int) -> dict[str, Any]:
    """The dbt part on the warehouse that the first rows left behind, each time the same one, and how many of its rows are made again."""
    warehouse, kept = home / "warehouse.duckdb", home / "kept.duckdb"
    tables = tables_made_by_part(Workspace(home))
    all_rows = begin_counting(warehouse, tables)
    shutil.copyfile(warehouse, kept)
    added = child(home, ["-m", "benchmarks.generate", "lake", str(home), "--rows", str(rows), "--later"]).told["rows"]
    runs = []
    for _ in range(repeats):
        shutil.copyfile(kept, warehouse)
        os.sync()  # what is still being written would be measured too
        runs.append(child(home, ["-m", "benchmarks.profile_models", str(home)]))
        say(f"{added:,} rows more: dbt {runs[-1].told['wall']:.1f} s")
    kept.unlink()
    _by_hand(home, YARDSTICK)
    made = {"rows": rows_made(warehouse, tables), "of": all_rows}
    say(f"{made['rows']:,} rows made, at first {made['of']:,}")
    return {"rows": added, "dbt": dbt_figures(runs), "made": made, "differences": _differences(home, YARDSTICK)}


def night(rows: int, repeats: int) -> dict[str, Any]:
    """Whole nights: the first with everything, two with one per cent more each, and then nights with nothing new."""
    with throwaway(_needed(rows) * 2) as folder:
        home, figures = folder / "workspace", _begun(rows)
        make_landing = ["-m", "benchmarks.generate", "landing", str(home / "landing"), "--rows", str(rows)]
        child(
            home,
            ["-c", "import sys, pathlib; from benchmarks.lake import make_workspace; make_workspace(pathlib.Path(sys.argv[1]))", str(home)],
        )
        figures |= child(home, make_landing).told
        figures["first"] = _night(home, FIRST_NIGHT)
        figures["later"] = []
        for batch, as_of in enumerate(LATER_NIGHTS, start=1):
            added = child(home, [*make_landing, "--later", str(batch)]).told
            figures["later"].append({**_night(home, as_of), "rows": added["rows"], "files": added["files"]})
        _by_hand(home, YARDSTICK)
        figures["differences"] = _differences(home, YARDSTICK)
        idle = [child(home, ["-c", NIGHTLY, QUIET_NIGHT]) for _ in range(max(repeats, 3))]
        if not all(NOTHING_NEW in run.output for run in idle):
            raise RuntimeError(f"a night with nothing new worked: {idle[0].output[-500:]}")
        figures["nothing_new"] = {"seconds": _seconds([run.seconds for run in idle]), "peak_mb": round(max(run.peak_mb for run in idle))}
        return _ended(figures)


def _night(home: Path, as_of: str) -> dict[str, Any]:
    ran = child(home, ["-c", NIGHTLY, as_of])
    last = json.loads((home / "dagster" / "last_run.json").read_text("utf-8"))
    say(f"the night of {as_of} took {ran.seconds:.0f} s")
    return {
        "seconds": round(ran.seconds, 1),
        "cpu_seconds": round(ran.cpu_seconds, 1),
        "peak_mb": round(ran.peak_mb),
        "stages": {name: stage["seconds"] for name, stage in last["stages"].items()},
        "counts": {name: {k: v for k, v in stage.items() if k != "seconds"} for name, stage in last["stages"].items()},
    }


def growth(sizes: list[int], repeats: int) -> dict[str, Any]:
    """The dbt part and the yardstick at every size, smallest first, and the straight lines nearest to them."""
    figures: dict[str, Any] = {**_begun(sizes[-1]), "sizes": []}
    for rows in sizes:
        with throwaway(_needed(rows)) as folder:
            home = folder / "workspace"
            made = _lake(home, rows)
            dbt, hand = _in_turns(home, repeats, [YARDSTICK])
            equal = is_equal(_differences(home, YARDSTICK))
            figures["sizes"].append(
                {"rows": rows, "lake_mb": made["lake_mb"], "dbt": _short(dbt), "by_hand": _hand_figures(hand[YARDSTICK]), "equal": equal}
            )
    points = {
        "dbt": [(s["rows"], s["dbt"]["wall"]["median"]) for s in figures["sizes"]],
        "by_hand": [(s["rows"], s["by_hand"]["median"]) for s in figures["sizes"]],
    }
    return _ended({**figures, "lines": {name: straight_line(found) for name, found in points.items()}})


def memory(rows: int, most_mb: int, memory_limit: str) -> dict[str, Any]:
    """The dbt part once, from an empty warehouse, stopped where its resident memory grows beyond `most_mb`; then the yardstick."""
    with throwaway(_needed(rows)) as folder:
        home, figures = folder / "workspace", _begun(rows)
        figures |= {**_lake(home, rows), "most_mb": most_mb, "memory_limit": memory_limit}
        limit = {"EVENHAND_MEMORY_LIMIT": memory_limit}
        dbt = child(home, ["-m", "benchmarks.profile_models", str(home), "--anew"], environment=limit, most_mb=most_mb)
        say(f"dbt {dbt.told['wall']:.0f} s, at most {dbt.peak_mb:,.0f} MB")
        figures |= {"dbt": dbt_figures([dbt]), "warehouse_mb": round(disk_mb(home / "warehouse.duckdb"))}
        hand = _by_hand(home, YARDSTICK, memory_limit)
        figures |= {"by_hand": {YARDSTICK: _hand_figures([hand])}, "differences": {YARDSTICK: _differences(home, YARDSTICK)}}
        return _ended(figures)


def _in_turns(home: Path, repeats: int, versions: list[str], once: Collection[str] = ()) -> tuple[list[Ran], dict[str, list[Ran]]]:
    """Runs of the dbt part from an empty warehouse, and of each version. A version that failed has no runs; the yardstick must not."""
    dbt: list[Ran] = []
    hand: dict[str, list[Ran]] = {version: [] for version in versions}
    failed: set[str] = set()
    for turn in range(repeats):
        dbt.append(child(home, ["-m", "benchmarks.profile_models", str(home), "--anew"]))
        say(f"dbt {dbt[-1].told['wall']:.1f} s, at most {dbt[-1].peak_mb:,.0f} MB")
        for version in (v for v in versions if v not in failed and not (turn and v in once)):
            try:
                hand[version].append(_by_hand(home, version))
            except RuntimeError as error:
                if version == YARDSTICK:
                    raise
                say(str(error))
                failed.add(version)
                hand[version].clear()
            else:
                say(f"{version} {hand[version][-1].told['seconds']:.1f} s, at most {hand[version][-1].peak_mb:,.0f} MB")
    return dbt, hand


def _by_hand(home: Path, version: str, memory_limit: str | None = None) -> Ran:
    settings = load_settings(home)
    limits = ["--threads", str(settings.threads), "--memory-limit", memory_limit or settings.memory_limit]
    return child(
        home, ["-m", f"benchmarks.{VERSIONS[version]}", str(home), *limits], environment={"POLARS_MAX_THREADS": str(settings.threads)}
    )


def _differences(home: Path, version: str) -> dict[str, int]:
    found = child(home, ["-m", f"benchmarks.{VERSIONS[version]}", str(home), "--verify"]).told
    say(f"{version}: {found['cells']:,} cells, {'equal' if is_equal(found) else f'NOT EQUAL: {found}'}")
    return found


def _lake(home: Path, rows: int) -> dict[str, Any]:
    made = child(home, ["-m", "benchmarks.generate", "lake", str(home), "--rows", str(rows)])  # apart: a child inherits its peak
    size = round(disk_mb(home / "lake"))
    say(f"made {rows:,} rows of {made.told['companies']:,} companies in {made.seconds:.1f} s, {size:,} MB of Parquet")
    return {"companies": made.told["companies"], "lake_mb": size, "generate_seconds": round(made.seconds, 1)}


def dbt_figures(runs: list[Ran]) -> dict[str, Any]:
    """Medians of several runs; groups and models are those of the middle one."""
    profiles = [run.told for run in runs]
    middle = sorted(profiles, key=lambda p: p["wall"])[len(profiles) // 2]
    return {
        **_short(runs),
        "nodes_added_up": round(middle["nodes"], 2),
        "tests": middle["tests"],
        "groups": {name: round(seconds, 2) for name, seconds in sorted(middle["groups"].items(), key=lambda item: -item[1])},
        "models": [{**m, "seconds": round(m["seconds"], 2), "wall": round(m["wall"], 2)} for m in middle["models"][:SLOWEST_MODELS]],
    }


def _short(runs: list[Ran]) -> dict[str, Any]:
    return {
        "wall": _seconds([run.told["wall"] for run in runs]),
        "start_up": _seconds([run.told["start_up"] for run in runs]),
        "busy": _seconds([run.told["wall"] - run.told["start_up"] for run in runs]),
        "cpu_median": round(median(run.cpu_seconds for run in runs), 1),
        "peak_mb": round(max(run.peak_mb for run in runs)),
    }


def _hand_figures(runs: list[Ran]) -> dict[str, Any]:
    if not runs:
        return {"failed": True}
    return {
        **_seconds([run.told["seconds"] for run in runs]),
        "cpu_median": round(median(run.cpu_seconds for run in runs), 1),
        "peak_mb": round(max(run.peak_mb for run in runs)),
    }


def _seconds(measured: list[float]) -> dict[str, Any]:
    return {"median": round(median(measured), 2), "all": [round(seconds, 2) for seconds in measured]}


def straight_line(points: list[tuple[float, float]]) -> dict[str, float]:
    """The line by least squares: seconds at nothing, seconds per million rows, and R2, the share of the variation that it explains."""
    count = len(points)
    x, y = [rows / 1e6 for rows, _ in points], [seconds for _, seconds in points]
    mean_x, mean_y = sum(x) / count, sum(y) / count
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum((a - mean_x) ** 2 for a in x)
    at_nothing = mean_y - slope * mean_x
    unexplained = sum((b - at_nothing - slope * a) ** 2 for a, b in zip(x, y, strict=True))
    explained = 1 - unexplained / sum((b - mean_y) ** 2 for b in y)
    return {"at_nothing": round(at_nothing, 3), "per_million": round(slope, 4), "r2": round(explained, 5)}


def _needed(rows: int) -> float:
    """Free gigabytes of disk that a part may need: lake, warehouse, a copy of it and what is spilled."""
    return LEAST_FREE_GB + FREE_GB_A_MILLION * rows / 1e6


def _begun(rows: int) -> dict[str, Any]:
    return {"rows": rows, "machine": {**machine(), "load_at_start": load()}}


def _ended(figures: dict[str, Any]) -> dict[str, Any]:
    figures["machine"]["load_at_end"] = load()
    return figures
