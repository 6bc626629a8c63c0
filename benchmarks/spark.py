"""The dbt part on Spark, with one worker and with two, beside DuckDB on the same lake: how long, and whether every mart is the same.

    make spark-test                                   (once: it makes both environments)
    .venv-spark/bin/python -m benchmarks.spark [--rows 2000000] [--workers 1 2]

Master, workers (one core each) and the Connect server run on this machine on loopback, started and stopped by the tests' own
machinery. What is missing is said before anything is measured. Each number of workers begins with a Spark that knows nothing; then one per cent more rows come. At its own sizes
it writes `results/spark_2m.json` and the README's block; others are only printed. Where a mart is not DuckDB's it writes nothing and
exits with 1.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from statistics import fsum
from typing import Any

from benchmarks.measuring import child, disk_mb, load, machine, put_into_readme, say, throwaway, write_result
from orchestration.errors import EvenhandError
from orchestration.settings import load_settings
from orchestration.spark.session import require_extra
from orchestration.spark.takeover import take_over
from orchestration.warehouse import build_models, require_all_built
from orchestration.workspace import Workspace
from tests.spark.cluster import ClusterError, require_java, server_version, spark_cluster
from tests.spark.comparing import MartComparison, compare_marts

ROWS, WORKERS = 2_000_000, [1, 2]
FREE_GB = 12
WORKER_MEMORY, DRIVER_MEMORY = "3g", "2g"
SHOWN_MODELS = 10
"""Of the slowest, in the table."""


def measure(rows: int, workers: list[int]) -> dict[str, Any]:
    """DuckDB once, then Spark once with each number of workers, on one lake; one per cent more rows after each."""
    with throwaway(FREE_GB) as folder:
        home = folder / "workspace"
        made = child(home, ["-m", "benchmarks.generate", "lake", str(home), "--rows", str(rows)]).told
        shutil.copytree(home / "lake", folder / "lake")
        figures: dict[str, Any] = {
            "rows": rows,
            "companies": made["companies"],
            "machine": {**machine(), "load_at_start": load()},
            "spark_version": server_version(),
        }
        figures["lake_mb"] = round(disk_mb(home / "lake"))
        figures["duckdb"] = _first_and_later(home, rows)
        kept = [(home / name).rename(folder / name) for name in ("first.duckdb", "later.duckdb")]
        figures["spark"] = []
        for count in workers:
            _lay_first_lake(home, folder)
            with spark_cluster(count, worker_memory=WORKER_MEMORY, driver_memory=DRIVER_MEMORY, partitions=2 * max(workers)) as cluster:
                ran = _first_and_later(home, rows, {"EVENHAND_TARGET": "spark", "EVENHAND_SPARK_REMOTE": cluster.remote})
                ran |= {"workers": count, "tables_mb": round(disk_mb(cluster.folder / "tables"))}
            for name, ours in zip(("first", "later"), kept, strict=True):
                ran[name]["compared"] = _told(compare_marts(ours, home / f"{name}.duckdb"))
            figures["spark"].append(ran)
        figures["machine"]["load_at_end"] = load()
        return figures


def _lay_first_lake(home: Path, folder: Path) -> None:
    """The workspace as it was before the later rows came, without a warehouse."""
    shutil.rmtree(home / "lake")
    shutil.copytree(folder / "lake", home / "lake")
    (home / "warehouse.duckdb").unlink(missing_ok=True)


def _first_and_later(home: Path, rows: int, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """The dbt part from nothing, and again after one per cent more rows; both warehouses are kept in the workspace."""
    found: dict[str, Any] = {}
    for name, more in (("first", []), ("later", ["--later"])):
        if more:
            found["later_rows"] = child(home, ["-m", "benchmarks.generate", "lake", str(home), "--rows", str(rows), *more]).told["rows"]
        ran = child(home, ["-m", "benchmarks.spark", "--once", str(home)], environment=environment)
        found[name] = {**ran.told, "process_seconds": round(ran.seconds, 1), "peak_mb": round(ran.peak_mb)}
        say(
            f"{'spark' if environment else 'duckdb'}, {name}: dbt {found[name]['dbt']:.0f} s, taken over in {found[name]['takeover']:.0f} s"
        )
        shutil.copyfile(home / "warehouse.duckdb", home / f"{name}.duckdb")
    return found


def once(home: Path) -> dict[str, Any]:
    """One run of dbt on the engine of the settings, then the takeover where there is one. Seconds of both, and of the slowest models."""
    workspace, settings = Workspace(home), load_settings(home)
    started = time.perf_counter()
    results = build_models(workspace, settings)
    built = time.perf_counter()
    require_all_built(results)
    if settings.target == "spark":
        take_over(workspace, settings)
    models = sorted((r for r in results if r.unique_id.startswith("model.")), key=lambda r: -r.seconds)
    tests = [r.seconds for r in results if r.unique_id.startswith("test.")]
    return {
        "dbt": round(built - started, 1),
        "takeover": round(time.perf_counter() - built, 1),
        "tests": len(tests),
        "tests_seconds": round(fsum(tests), 1),
        "models": {r.unique_id.split(".")[2]: round(r.seconds, 1) for r in models[:SHOWN_MODELS]},
    }


def _told(compared: list[MartComparison]) -> dict[str, Any]:
    return {
        "marts": len(compared),
        "rows": sum(c.rows for c in compared),
        "unequal": {c.mart: [c.only_left, c.only_right, c.unequal] for c in compared if not c.is_equal},
        "largest_difference": max(c.largest_difference for c in compared),
    }


def table(figures: dict[str, Any]) -> str:
    """The README's block."""
    on, engines = figures["machine"], [("DuckDB", figures["duckdb"]), *(_named(ran) for ran in figures["spark"])]
    rows = [
        ("dbt, from nothing", [f"{ran['first']['dbt']:.0f} s" for _, ran in engines]),
        ("of which data tests, added up", [f"{ran['first']['tests_seconds']:.0f} s" for _, ran in engines]),
        ("taking the tables over into the warehouse", [_takeover(ran, "first") for _, ran in engines]),
        ("rows of the marts, compared with DuckDB's", [_equal(ran, "first") for _, ran in engines]),
        (f"dbt, after {figures['duckdb']['later_rows']:,} rows more", [f"{ran['later']['dbt']:.0f} s" for _, ran in engines]),
        ("taking over, all of it again", [_takeover(ran, "later") for _, ran in engines]),
        ("rows of the marts, compared with DuckDB's", [_equal(ran, "later") for _, ran in engines]),
    ]
    names = figures["spark"][-1]["first"]["models"]
    slowest = [
        (name, [f"{ran['first']['models'][name]:.0f} s" if name in ran["first"]["models"] else "" for _, ran in engines]) for name in names
    ]
    head = [name for name, _ in engines]
    return "\n".join(
        [
            (
                f"{figures['rows']:,} observations of {figures['companies']:,} companies, {figures['lake_mb']:,} MB of Parquet; {on['cores']} cores, "
                f"{on['memory_gb']} GB, {on['os']}; Spark {figures['spark_version']}, workers of one core and {WORKER_MEMORY}, driver {DRIVER_MEMORY}, all "
                f"on this machine; DuckDB {on['duckdb']} with two threads. One run of each; load of the machine {on['load_at_start']} at the start "
                f"(0 is quiet), {on['load_at_end']} at the end, its own included."
            ),
            "",
            *_lines(["", *head], rows),
            "",
            "Spark's slowest models, from nothing:",
            "",
            *_lines(["model", *head], slowest),
        ]
    )


def _named(ran: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"Spark, {ran['workers']} worker{'s' if ran['workers'] > 1 else ''}", ran


def _takeover(ran: dict[str, Any], name: str) -> str:
    return f"{ran[name]['takeover']:.0f} s" if "workers" in ran else ""


def _equal(ran: dict[str, Any], name: str) -> str:
    compared = ran[name].get("compared")
    if compared is None:
        return ""
    wrong = ", ".join(compared["unequal"])
    return f"NOT EQUAL: {wrong}" if wrong else f"{compared['rows']:,}, equal (at most {compared['largest_difference']:.0e} apart)"


def _lines(head: list[str], rows: list[tuple[str, list[str]]]) -> list[str]:
    return [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}", *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows)]


def unequal(figures: dict[str, Any]) -> list[str]:
    """The runs whose marts are not DuckDB's, in one sentence each."""
    return [
        f"{_named(ran)[0]}, {name} run: {', '.join(wrong)}"
        for ran in figures["spark"]
        for name in ("first", "later")
        if (wrong := ran[name]["compared"]["unequal"])
    ]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS)
    parser.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.once:
        print(json.dumps(once(given.once)))
        return 0
    try:
        require_java()
        server_version()
        require_extra()
        figures = measure(given.rows, given.workers)
    except (ClusterError, EvenhandError) as error:
        say(str(error))
        return 1
    shown = table(figures)
    print(shown)
    if wrong := unequal(figures):
        say(f"NOT EQUAL to DuckDB's, so that nothing is written: {'; '.join(wrong)}")
        return 1
    if (given.rows, given.workers) == (ROWS, WORKERS):
        write_result("spark_2m", figures)
        put_into_readme("spark figures", shown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
