"""One command that measures the intake: check, quarantine and lake of many CSV files against a bare `read_csv` to Parquet.

    python -m benchmarks.intake [--files 5000] [--rows-a-file 1000] [--repeats 3]

The files are taken in once as a night does it (kept, fsynced, receipts), which is timed too. Then, in turns: the feed's
part of the lake and the quarantine are deleted and derived again from the kept files, which is exactly check, quarantine
and lake; and DuckDB reads the same files and writes one Parquet file, checking nothing. It does that in two ways: told
nothing but to keep the file's name, without which nobody knows who sent a row; and told the types of all columns, with doubles
in place of exact decimals, which is the fastest we could make it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from benchmarks.generate import generate_feed
from benchmarks.measuring import RESULTS, Ran, child, machine, put_into_readme, say
from orchestration.contracts import intake_contracts
from orchestration.settings import load_settings
from orchestration.sql import literal
from orchestration.workspace import Workspace, create_workspace

AS_OF = date(2026, 6, 30)
FILES, ROWS_A_FILE, FAULTY_EACH = 5000, 1000, 200
FEED = "kpi_values"
FIGURES = "intake figures"
BARE_TYPES = {"string": "varchar", "number": "double", "integer": "integer", "date": "date", "boolean": "boolean"}


def measure(home: Path, files: int, rows_a_file: int, repeats: int) -> dict[str, Any]:
    """Every figure of one run, as it is written to `results/`."""
    create_workspace(home)
    load_at_start = os.getloadavg()[0]
    made = json.loads(child(home, ["-m", "benchmarks.intake", "--make", str(files), str(rows_a_file)]).output)
    night = child(home, ["-m", "benchmarks.intake", "--take-in"])
    say(f"{made['rows']:,} rows in {made['files']:,} files; the intake took {night.seconds:.1f} s; now check, quarantine and lake in turns")
    derived, bare, typed = [], [], []
    for _ in range(repeats):
        derived.append(child(home, ["-m", "benchmarks.intake", "--derive"]))
        bare.append(child(home, ["-m", "benchmarks.intake", "--bare"]))
        typed.append(child(home, ["-m", "benchmarks.intake", "--typed"]))
        say(f"derived {_seconds(derived[-1]):.1f} s, bare {_seconds(bare[-1]):.1f} s, told the types {_seconds(typed[-1]):.1f} s")
    counts = json.loads(night.output)
    return {
        "machine": {**machine(), "load_at_start": round(load_at_start, 1), "load_at_end": round(os.getloadavg()[0], 1)},
        **made,
        **counts,
        "take_in_peak_mb": round(night.peak_mb),
        "derive_seconds": [_seconds(run) for run in derived],
        "derive_peak_mb": round(max(run.peak_mb for run in derived)),
        "bare_seconds": [_seconds(run) for run in bare],
        "bare_peak_mb": round(max(run.peak_mb for run in bare)),
        "typed_seconds": [_seconds(run) for run in typed],
        "typed_peak_mb": round(max(run.peak_mb for run in typed)),
        "ratio": round(median(map(_seconds, derived)) / median(map(_seconds, bare)), 2),
        "ratio_typed": round(median(map(_seconds, derived)) / median(map(_seconds, typed)), 2),
        "ratio_whole_intake": round(counts["seconds"] / median(map(_seconds, bare)), 2),
    }


def _seconds(run: Ran) -> float:
    return json.loads(run.output)["seconds"]


def _make(home: Path, files: int, rows_a_file: int) -> dict[str, Any]:
    made = generate_feed(home / "made", home / "declared", files, rows_a_file, FAULTY_EACH)
    return {"companies": made.companies, "rows": made.rows, "files": made.files}


def _take_in(home: Path) -> dict[str, Any]:
    """Registry and projects first, as on an earlier night; then the measured files."""
    from orchestration.intake.taking import take_in

    workspace, settings = Workspace(home), load_settings(home)
    shutil.copytree(home / "declared", workspace.landing, dirs_exist_ok=True)
    take_in(workspace, settings, AS_OF)
    shutil.copytree(home / "made", workspace.landing, dirs_exist_ok=True)
    started = time.perf_counter()
    summary = take_in(workspace, settings, AS_OF)
    return {"seconds": round(time.perf_counter() - started, 2), "taken": summary.feeds[FEED]}


def _derive(home: Path) -> dict[str, Any]:
    """The feed's batches once more from the vault."""
    from orchestration.intake.deriving import restore_lake

    workspace, settings = Workspace(home), load_settings(home)
    for path in (workspace.lake / FEED).glob("*.parquet"):
        path.unlink()
    started = time.perf_counter()
    restore_lake(workspace, settings)
    return {"seconds": round(time.perf_counter() - started, 2)}


def _bare(home: Path) -> dict[str, Any]:
    return _copy(home, "filename = true")


def _typed(home: Path) -> dict[str, Any]:
    columns = {column.name: BARE_TYPES[column.logical_type] for column in intake_contracts()[FEED].columns}
    header = next((home / "made").glob(f"*/{FEED}.csv")).open(encoding="utf-8").readline().strip().split(",")
    types = ", ".join(f"{literal(name)}: {literal(columns[name])}" for name in header)
    return _copy(home, f"columns = {{{types}}}, header = true, auto_detect = false, filename = true")


def _copy(home: Path, told: str) -> dict[str, Any]:
    settings = load_settings(home)
    source, target = literal(str(home / "made" / "*" / f"{FEED}.csv")), literal(str(home / "bare.parquet"))
    started = time.perf_counter()
    with duckdb.connect(config={"threads": settings.threads, "memory_limit": settings.memory_limit}) as connection:
        connection.execute(f"copy (select * from read_csv({source}, {told})) to {target} (format parquet, compression zstd)")
    return {"seconds": round(time.perf_counter() - started, 2)}


def as_markdown(figures: dict[str, Any]) -> str:
    """The table of the README."""
    on = figures["machine"]
    derived, bare, typed = (median(figures[f"{name}_seconds"]) for name in ("derive", "bare", "typed"))
    taken = figures["taken"]
    return "\n".join(
        [
            f"{figures['rows']:,} rows in {figures['files']:,} CSV files; {on['cores']} cores, {on['memory_gb']} GB, {on['os']}, DuckDB {on['duckdb']}.",
            f"Load of the machine: {on['load_at_start']} at the start (0 is quiet), {on['load_at_end']} at the end.",
            f"Of {taken['read']:,} rows read {taken['accepted']:,} were accepted, {taken['quarantined']:,} quarantined, {taken['collapsed']:,} collapsed.",
            "",
            "| measured | seconds | peak memory |",
            "|---|---:|---:|",
            f"| check, quarantine and lake, median of {len(figures['derive_seconds'])} | {derived:.1f} | {figures['derive_peak_mb']:,} MB |",
            f"| bare `read_csv` to Parquet, median of {len(figures['bare_seconds'])} | {bare:.1f} | {figures['bare_peak_mb']:,} MB |",
            f"| the same, told all types, doubles for decimals | {typed:.1f} | {figures['typed_peak_mb']:,} MB |",
            f"| the whole intake once: files kept and synced, log, receipts as data and as pages | {figures['seconds']:.1f} | {figures['take_in_peak_mb']:,} MB |",
            f"| **ratio, check + quarantine + lake to bare** | **{figures['ratio']}** | |",
            f"| ratio, check + quarantine + lake to bare with all types told | {figures['ratio_typed']} | |",
            f"| ratio, whole intake to bare | {figures['ratio_whole_intake']} | |",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--rows-a-file", type=int, default=ROWS_A_FILE)
    parser.add_argument("--repeats", type=int, default=3)
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--make", nargs=2, type=int, help=argparse.SUPPRESS)
    for name in ("--take-in", "--derive", "--bare", "--typed"):
        part.add_argument(name, action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    home = load_settings().home
    parts = {"take_in": _take_in, "derive": _derive, "bare": _bare, "typed": _typed}
    chosen = next((parts[name] for name in parts if getattr(given, name)), None)
    if given.make:
        print(json.dumps(_make(home, *given.make)))
    elif chosen:
        print(json.dumps(chosen(home)))
    else:
        _run(given.files, given.rows_a_file, given.repeats)


def _run(files: int, rows_a_file: int, repeats: int) -> None:
    with tempfile.TemporaryDirectory(prefix="evenhand-benchmark-") as folder:
        figures = measure(Path(folder) / "workspace", files, rows_a_file, repeats)
    tables = as_markdown(figures)
    RESULTS.mkdir(exist_ok=True)
    full = (files, rows_a_file) == (FILES, ROWS_A_FILE)
    name = "intake_5m.json" if full else f"intake_{files * rows_a_file}.json"
    (RESULTS / name).write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    if full:
        put_into_readme(FIGURES, tables)
    print(tables)


if __name__ == "__main__":
    main()
