"""The small version for CI: fails where the dbt part, or a night that adds one per cent, got clearly slower than it was.

    python -m benchmarks.check [--write]

About 200,000 made observations, each measured three times in turns. Times are never compared, for machines differ; two ratios of
processor times (medians, of the whole processes) are, with those in `results/check.json`: what else the machine does changes them little,
while wall times on a busy machine differ by half. A ratio is worse where it is more than `TOLERANCE` times the committed one. The check
also fails where any version by hand and `cell_evidence` differ in a cell. `--write` commits to the ratios measured now, after a change that
is worth its time.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks import parts
from benchmarks.cube import is_equal
from benchmarks.measuring import RESULTS, write_result

ROWS = 200_000
REPEATS = 3
TOLERANCE = 1.25
NAME = "check"


def ratios(figures: Mapping[str, Any]) -> dict[str, float]:
    """What is compared. Start-up is part of it, so that a ratio moves less than the models do."""
    full, later = figures["dbt"]["cpu_median"], figures["one_per_cent"]["dbt"]["cpu_median"]
    return {
        "dbt part to DuckDB by hand": round(full / figures["by_hand"][parts.YARDSTICK]["cpu_median"], 3),
        "dbt part with one per cent more rows to all rows": round(later / full, 3),
    }


def unequal(figures: Mapping[str, Any]) -> list[str]:
    """The comparisons of cells that found a difference, in one sentence each; a version that did not finish is one too."""
    found = {**figures["differences"], "duckdb after one per cent more rows": figures["one_per_cent"]["differences"]}
    missing = [f"{version} by hand did not finish" for version in parts.VERSIONS if version not in found]
    return [*missing, *(f"{version} and cell_evidence differ: {what}" for version, what in found.items() if not is_equal(what))]


def worse(measured: Mapping[str, float], committed: Mapping[str, float]) -> list[str]:
    """The ratios that got clearly worse, in one sentence each; one that was never committed is one too."""
    sentences = []
    for name, now in measured.items():
        if name not in committed:
            sentences.append(f"{name}: {now:.2f}, and none is committed: python -m benchmarks.check --write")
        elif now > committed[name] * TOLERANCE:
            sentences.append(f"{name}: {now:.2f}, committed is {committed[name]:.2f}, allowed is {committed[name] * TOLERANCE:.2f}")
    return sentences


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="commit to the ratios measured now")
    given = parser.parse_args(arguments)
    figures = parts.cube(ROWS, REPEATS)
    measured, path = ratios(figures), RESULTS / f"{NAME}.json"
    committed = json.loads(path.read_text("utf-8"))["ratios"] if path.exists() else {}
    for name, now in measured.items():
        print(f"{name}: {now:.2f} (committed {committed.get(name, float('nan')):.2f})")
    wrong = unequal(figures)
    if given.write and not wrong:
        write_result(NAME, {"rows": ROWS, "repeats": REPEATS, "tolerance": TOLERANCE, "ratios": measured, "machine": figures["machine"]})
        return 0
    wrong += worse(measured, committed)
    for sentence in wrong:
        print(f"FAILED {sentence}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
