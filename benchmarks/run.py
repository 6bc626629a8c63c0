"""One command that measures the whole: the dbt part against what is written by hand, whole nights, growth, and memory.

    python -m benchmarks.run [--parts cube night growth memory] [--rows N ...] [--repeats 3]
    python -m benchmarks.run --tables

A part at its own sizes (below) writes `results/` and its block of the README; other sizes are a quick look and are only printed.
Where cells are wrong nothing of it is written and the exit status is 1. `--tables` measures nothing and writes the README's blocks again from `results/`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import parts, tables
from benchmarks.cube import is_equal
from benchmarks.measuring import RESULTS, put_into_readme, say, write_result
from benchmarks.plot import growth_svg

SIZES = {
    "cube": [2_000_000, 20_000_000],
    "night": [2_000_000],
    "growth": [1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000],
    "memory": [100_000_000],
}
REPEATS = 3
MOST_MB = 8 * 1024
MEMORY_LIMIT = "5GB"


def run(part: str, rows: list[int], repeats: int, memory_limit: str) -> bool:
    """Measure one part and print its tables. At the part's own sizes each figure is kept at once: a size that fails later takes none along.

    Returns whether all cells were right. Figures of which some were not are printed and not kept.
    """
    is_kept = _is_full(part, rows, repeats)
    measured: list[dict[str, Any]] = []
    for size in [sorted(rows)] if part == "growth" else [[n] for n in rows]:
        measured.append(_measure(part, size, repeats, memory_limit))
        if wrong := unequal(part, measured[-1]):
            print(_as_tables(part, measured))
            say(f"{part}, cells are NOT EQUAL to `cell_evidence`, so that nothing is written: {'; '.join(wrong)}")
            return False
        if is_kept:
            write_result(_name(part, size[-1]), measured[-1])
    if is_kept:
        write_tables(part)
    print(_as_tables(part, measured))
    return True


def unequal(part: str, figures: dict[str, Any]) -> list[str]:
    """Whose cells are wrong, of what was measured. A version by hand that did not finish has none."""
    if part == "growth":
        return [f"DuckDB by hand at {size['rows']:,} observations" for size in figures["sizes"] if not size["equal"]]
    compared = {"DuckDB by hand after the last night": figures["differences"]} if part == "night" else dict(figures["differences"])
    if part == "cube":
        compared["duckdb after one per cent more rows"] = figures["one_per_cent"]["differences"]
    return [f"{version}: {found}" for version, found in compared.items() if not is_equal(found)]


def _is_full(part: str, rows: list[int], repeats: int) -> bool:
    own = rows == SIZES[part] or (part == "cube" and set(rows) <= set(SIZES[part]))
    return own and (repeats >= REPEATS or part == "memory")


def _measure(part: str, rows: list[int], repeats: int, memory_limit: str) -> dict[str, Any]:
    if part == "growth":
        return parts.growth(rows, repeats)
    if part == "memory":
        return parts.memory(rows[0], MOST_MB, memory_limit)
    return {"cube": parts.cube, "night": parts.night}[part](rows[0], repeats)


def write_tables(part: str) -> None:
    """One block of the README, and the plot, from `results/`. A part that was never measured stays as it is."""
    names = dict.fromkeys(_name(part, n) for n in SIZES[part])
    found = [json.loads(path.read_text("utf-8")) for name in names if (path := RESULTS / f"{name}.json").exists()]
    if not found:
        say(f"{part}: no figures in {RESULTS.name}/")
        return
    if part == "growth":
        (RESULTS / "growth.svg").write_text(growth_svg(found[0]), "utf-8")
    put_into_readme(f"{part} figures", _as_tables(part, found))


def _as_tables(part: str, measured: list[dict[str, Any]]) -> str:
    if part == "cube":
        return tables.cube_tables(measured)
    made: Callable[[dict[str, Any]], str] = {"night": tables.night_tables, "growth": tables.growth_tables, "memory": tables.memory_tables}[
        part
    ]
    return "\n\n".join(made(figures) for figures in measured)


def _name(part: str, rows: int) -> str:
    if part == "growth":
        return part
    millions, rest = divmod(rows, 1_000_000)
    return f"{part}_{rows if rest else f'{millions}m'}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=tuple(SIZES), default=list(SIZES))
    parser.add_argument("--rows", nargs="+", type=int, help="sizes instead of each part's own")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--memory-limit", default=MEMORY_LIMIT, help="DuckDB's, in the part memory")
    parser.add_argument("--tables", action="store_true", help="measure nothing, write the README's blocks from results/")
    given = parser.parse_args(arguments)
    if given.tables:
        for part in given.parts:
            write_tables(part)
        return 0
    right = [run(part, given.rows or SIZES[part], given.repeats, given.memory_limit) for part in given.parts]
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
