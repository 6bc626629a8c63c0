"""One command that measures a whole night on made data, and the dbt part against the hand-written yardstick.

    python -m benchmarks.run [--rows 2000000] [--repeats 3]

Everything happens in a throwaway workspace; what is measured runs in child processes, so that each has its own peak of
memory. The dbt part and the yardstick take turns, so that whatever else the machine does falls on both.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.generate import ROWS
from benchmarks.measuring import RESULTS, Ran, child, machine, put_into_readme, say
from orchestration.settings import load_settings
from orchestration.workspace import create_workspace

AS_OF = "2026-06-30"
FIGURES = "figures"
TABLE_MODELS = 8
NIGHTLY = "import sys; sys.argv = ['evenhand', 'nightly', '--as-of', sys.argv[1]]; from orchestration.cli import main; main()"


def measure(home: Path, rows: int, repeats: int) -> dict[str, Any]:
    """Every figure of one benchmark run, as it is written to `results/`."""
    workspace, _ = create_workspace(home)
    load_at_start = os.getloadavg()[0]
    generated = child(home, ["-m", "benchmarks.generate", str(workspace.landing), "--rows", str(rows)])  # apart: a child inherits its peak
    made = json.loads(generated.output)
    say(
        f"generated {made['rows']:,} rows of {made['companies']:,} companies in {made['files']:,} files, {generated.seconds:.1f} s; now the night"
    )
    night = child(home, ["-c", NIGHTLY, AS_OF])
    stages = json.loads((workspace.dagster / "last_run.json").read_text("utf-8"))["stages"]
    say(f"the night took {night.seconds:.0f} s; now the dbt part and the yardstick, {repeats} times each")
    dbt, hand = _in_turns(home, repeats)
    differences = json.loads(child(home, ["-m", "benchmarks.by_hand", str(home), "--verify"]).output)["differences"]
    return {
        "machine": {**machine(), "load_at_start": round(load_at_start, 1), "load_at_end": round(os.getloadavg()[0], 1)},
        **made,
        "generate_seconds": round(generated.seconds, 1),
        "night": {
            "seconds": round(night.seconds, 1),
            "cpu_seconds": round(night.cpu_seconds, 1),
            "peak_mb": round(night.peak_mb),
            "stages": stages,
        },
        "dbt": _dbt_figures(dbt),
        "by_hand": _hand_figures(hand),
        "equal_to_cell_evidence": not any(n for what, n in differences.items() if what != "cells"),
        "differences": differences,
    }


def _in_turns(home: Path, repeats: int) -> tuple[list[Ran], list[Ran]]:
    settings = load_settings(home)
    limits = ["--threads", str(settings.threads), "--memory-limit", settings.memory_limit]
    dbt: list[Ran] = []
    hand: list[Ran] = []
    for _ in range(repeats):
        dbt.append(child(home, ["-m", "benchmarks.profile_models", str(home)]))
        hand.append(child(home, ["-m", "benchmarks.by_hand", str(home), *limits]))
        say(f"dbt {json.loads(dbt[-1].output)['wall']:.1f} s, by hand {json.loads(hand[-1].output)['seconds']:.1f} s")
    return dbt, hand


def _dbt_figures(runs: list[Ran]) -> dict[str, Any]:
    profiles = [json.loads(run.output) for run in runs]
    middle = sorted(profiles, key=lambda p: p["wall"])[len(profiles) // 2]
    return {
        "wall_seconds": [round(p["wall"], 2) for p in profiles],
        "wall_median": round(median(p["wall"] for p in profiles), 2),
        "start_up_median": round(median(p["start_up"] for p in profiles), 2),
        "nodes_median": round(median(p["nodes"] for p in profiles), 2),
        "cpu_median": round(median(run.cpu_seconds for run in runs), 1),
        "peak_mb": round(max(run.peak_mb for run in runs)),
        "tests": middle["tests"],
        "tests_seconds": round(middle["tests_seconds"], 2),
        "models": [{**m, "seconds": round(m["seconds"], 2)} for m in middle["models"]],
    }


def _hand_figures(runs: list[Ran]) -> dict[str, Any]:
    seconds = [json.loads(run.output)["seconds"] for run in runs]
    return {
        "seconds": [round(s, 2) for s in seconds],
        "median": round(median(seconds), 2),
        "cpu_median": round(median(run.cpu_seconds for run in runs), 1),
        "peak_mb": round(max(run.peak_mb for run in runs)),
    }


def ratios(figures: dict[str, Any]) -> dict[str, float]:
    """The dbt part against the yardstick: whole call, without dbt's start-up, and in processor time."""
    dbt, hand = figures["dbt"], figures["by_hand"]
    return {
        "whole call": round(dbt["wall_median"] / hand["median"], 2),
        "without dbt's start-up": round((dbt["wall_median"] - dbt["start_up_median"]) / hand["median"], 2),
        "processor time of the processes": round(dbt["cpu_median"] / hand["cpu_median"], 2),
    }


def as_markdown(figures: dict[str, Any]) -> str:
    """The tables of the README."""
    night, dbt, hand, machine = figures["night"], figures["dbt"], figures["by_hand"], figures["machine"]
    on = f"{machine['cores']} cores, {machine['memory_gb']} GB, {machine['os']}, Python {machine['python']}, DuckDB {machine['duckdb']}, dbt {machine['dbt-core']}"
    equal = "equal" if figures["equal_to_cell_evidence"] else f"NOT EQUAL, so the ratio does not count: {figures['differences']}"
    of = dict(figures["ratios"])
    whole = of.pop("whole call")
    body = [
        f"{figures['rows']:,} rows of {figures['companies']:,} companies in {figures['files']:,} files; {on}.",
        f"Load of the machine: {machine['load_at_start']} at the start (0 is quiet), {machine['load_at_end']} at the end.",
        "",
        "| stage of the night | seconds |",
        "|---|---:|",
        *(f"| {name} | {stage['seconds']:.1f} |" for name, stage in night["stages"].items()),
        f"| **whole process** (with imports) | **{night['seconds']:.1f}** |",
        "",
        "| measured | |",
        "|---|---:|",
        f"| peak memory of the night | {night['peak_mb']:,} MB |",
        f"| dbt part, median of {len(dbt['wall_seconds'])} | {dbt['wall_median']:.1f} s |",
        f"| of which dbt's own start-up and end | {dbt['start_up_median']:.1f} s |",
        f"| sum over dbt's nodes (two run at a time) | {dbt['nodes_median']:.1f} s |",
        f"| of which {dbt['tests']} data tests | {dbt['tests_seconds']:.1f} s |",
        f"| peak memory of the dbt part | {dbt['peak_mb']:,} MB |",
        f"| by hand, median of {len(hand['seconds'])} | {hand['median']:.1f} s |",
        f"| peak memory by hand | {hand['peak_mb']:,} MB |",
        f"| cells compared with `cell_evidence` | {figures['differences']['cells']:,}, {equal} |",
        f"| **ratio, dbt part to by hand** | **{whole}** |",
        *(f"| ratio, {name} | {value} |" for name, value in of.items()),
        "",
        "| slowest dbt models | seconds | rows |",
        "|---|---:|---:|",
        *(
            f"| {m['model']} | {m['seconds']:.1f} | {'view' if m['rows'] is None else format(m['rows'], ',')} |"
            for m in dbt["models"][:TABLE_MODELS]
        ),
    ]
    return "\n".join(body)


def _result_name(rows: int) -> str:
    millions, rest = divmod(rows, 1_000_000)
    return f"nightly_{rows if rest else f'{millions}m'}.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="evenhand-benchmark-") as folder:
        figures = measure(Path(folder) / "workspace", given.rows, given.repeats)
    figures["ratios"] = ratios(figures)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / _result_name(given.rows)).write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    tables = as_markdown(figures)
    if given.rows == ROWS:
        put_into_readme(FIGURES, tables)
    print(tables)


if __name__ == "__main__":
    main()
