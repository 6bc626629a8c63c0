"""The small version for CI: fails where the dbt part got clearly slower than it was, or a night makes again clearly more than it did.

    python -m benchmarks.check [--write]

About 200,000 made observations, the dbt part and DuckDB by hand measured three times in turns; of the other versions only the cells
are compared. Times are never compared, for machines differ; two ratios are, with those in `results/check.json`. The first is of
processor times (medians, of the whole processes): what else the machine does changes it little, while wall times on a busy machine
differ by half. The second is of rows made, of the tables that are made part by part: those that one per cent more rows make again to
all of them. No machine plays a part in it. With so few rows start-up hides in every time what a night saves. A ratio is worse where
it is more than `TOLERANCE` times the committed one, the second also where it is above `MOST_MADE`. The check also fails where any
version by hand and `cell_evidence` differ in a cell. `--write` commits to the ratios measured now, after a change that is worth its time.
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
MOST_MADE = 0.5
"""Of all rows, for one per cent more: the half would be no night's saving, whatever was committed."""
NAME = "check"
DBT_TO_HAND = "processor time of the dbt part to DuckDB by hand"
MADE_TO_ALL = "rows made for one per cent more to all rows"


def ratios(figures: Mapping[str, Any]) -> dict[str, float]:
    """What is compared. Start-up is part of the first, so that it moves less than the models do."""
    made = figures["one_per_cent"]["made"]
    return {
        DBT_TO_HAND: round(figures["dbt"]["cpu_median"] / figures["by_hand"][parts.YARDSTICK]["cpu_median"], 3),
        MADE_TO_ALL: round(made["rows"] / made["of"], 3),
    }


def unequal(figures: Mapping[str, Any]) -> list[str]:
    """The comparisons of cells that found a difference, in one sentence each; a version that did not finish is one too."""
    found = {**figures["differences"], "duckdb after one per cent more rows": figures["one_per_cent"]["differences"]}
    missing = [f"{version} by hand did not finish" for version in parts.VERSIONS if version not in found]
    return [*missing, *(f"{version} and cell_evidence differ: {what}" for version, what in found.items() if not is_equal(what))]


def worse(measured: Mapping[str, float], committed: Mapping[str, float]) -> list[str]:
    """The ratios that got clearly worse, in one sentence each; one that was never committed is one too."""
    sentences = []
    if measured[MADE_TO_ALL] > MOST_MADE:
        sentences.append(f"{MADE_TO_ALL}: {measured[MADE_TO_ALL]:.2f}, whatever is committed at most {MOST_MADE:.2f} is allowed")
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
    figures = parts.cube(ROWS, REPEATS, compared_once=True)
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
