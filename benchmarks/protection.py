"""How long the policy and the attacks take: 100,000 cells of 5,000 groups decided on, 5,000 cells attacked with nothing known before.

    python -m benchmarks.protection [--cells 100000] [--attacked 5000]

Made up: 5,000 groups with a sector, an industry, a country and a size; of each KPI three in five have a value, in some stages and with some
vendors. Cells are those of the declared kinds of cuts. At these sizes the figures are kept as `results/protection.json` and written into the README.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.measuring import machine, put_into_readme, say, write_result
from orchestration.contracts import disclosure_policy
from orchestration.disclosure.audit.editions import PublishedCell, PublishedEdition
from orchestration.disclosure.audit.figures import Reading, read_row, windows_of
from orchestration.disclosure.audit.run import audit
from orchestration.disclosure.policy.cells import Cells, Edition, Members
from orchestration.disclosure.policy.decide import decide
from orchestration.disclosure.rounding import scale_of
from orchestration.disclosure.windows import UNIT

GROUPS, CELLS, ATTACKED = 5000, 100_000, 5000
THREADS = 2
PROFILE = disclosure_policy().profile("public")
SCALE = scale_of("linear", 0.0, 100.0, 0.0, 100.0, PROFILE)
READING = Reading(SCALE, 0.0, 100.0, intervals=True)

Groups = npt.NDArray[np.int64]


def cells_of_a_kpi(rng: np.random.Generator, groups: int) -> list[Groups]:
    """The groups of each cell of one KPI, largest cuts first."""
    has = np.flatnonzero(rng.random(groups) < 0.6)
    sector, country, size = rng.integers(0, 8, groups), rng.zipf(1.6, groups) % 30, rng.integers(0, 4, groups)
    industry = sector * 3 + rng.integers(0, 3, groups)
    stages, vendors = rng.random((groups, 9)) < 0.4, rng.random((groups, 200)) < 0.03
    sets = [has]
    for attribute in (sector, industry, country, size, industry * 4 + size, sector * 4 + size):
        sets += [has[attribute[has] == value] for value in np.unique(attribute[has])]
    sets += [has[stages[has, stage]] for stage in range(9)] + [has[vendors[has, vendor]] for vendor in range(200)]
    sets += [has[stages[has, stage] & (industry[has] == value)] for stage in range(9) for value in np.unique(industry)]
    sets += [has[stages[has, stage] & vendors[has, vendor]] for stage in range(9) for vendor in range(200)]
    return [s for s in sets if len(s) >= PROFILE.k]


def many_cells(count: int, groups: int) -> Iterator[tuple[int, Groups]]:
    """KPI and groups of so many cells."""
    made, kpi = 0, 0
    while True:
        for own in cells_of_a_kpi(np.random.default_rng([3, kpi]), groups):
            if made == count:
                return
            made += 1
            yield kpi, own
        kpi += 1


def policy(count: int, groups: int) -> dict[str, Any]:
    """Decide on so many cells, beside an edition in which a few groups of many cells were others."""
    made = list(many_cells(count, groups))
    sizes = np.array([len(own) for _, own in made])
    rng = np.random.default_rng(5)
    cell, group = np.repeat(np.arange(count), sizes), np.concatenate([own for _, own in made])
    digest = rng.integers(0, 2**40, len(cell))
    then = np.where(rng.random(len(cell)) < 0.02, digest + 1, digest)
    cells = Cells(
        family=np.array([kpi for kpi, _ in made]),
        established=sizes,
        most_common_times=np.ones(count, dtype=np.int64),
        printed=np.ones(count, dtype=np.int64),
        steps_apart=np.full(count, math.inf),
        in_first_period=np.zeros(count, dtype=np.bool_),
        hidden_before=np.zeros(count, dtype=np.bool_),
    )
    served = [Edition(True, np.ones(count, dtype=np.bool_), Members(cell, group, then))]
    started = time.perf_counter()
    decided = decide(cells, Members(cell, group, digest), served, PROFILE)
    seconds = time.perf_counter() - started
    return {
        "cells": count,
        "groups": groups,
        "memberships": len(cell),
        "seconds": round(seconds, 1),
        "served": int(decided.is_served.sum()),
    }


def attacked(count: int) -> dict[str, Any]:
    """Attack so many cells as they would be printed, with nothing known before."""
    rng = np.random.default_rng(7)
    cells = [_published(place, kpi, own, rng) for place, (kpi, own) in enumerate(many_cells(count, GROUPS // 10))]
    edition = PublishedEdition("2025-r0", "2025", tuple(cells))
    audit(PublishedEdition("2024-r0", "2024", tuple(cells[:20])), (), PROFILE, {}, threads=THREADS)  # loads what is compiled
    known: dict[str, float] = {}
    started, processor = time.perf_counter(), time.process_time()
    found = audit(edition, (), PROFILE, known, threads=THREADS)
    first, processor = time.perf_counter() - started, time.process_time() - processor
    started = time.perf_counter()
    audit(edition, (), PROFILE, known, threads=THREADS)
    return {
        "cells": count,
        "seconds": round(first, 1),
        "processor seconds": round(processor, 1),
        "seconds when nothing changed": round(time.perf_counter() - started, 1),
        "largest cell": max(len(cell.groups) for cell in cells),
        "broken before anything was taken back": len(found.broken),
    }


def _published(place: int, kpi: int, own: Groups, rng: np.random.Generator) -> PublishedCell:
    values = np.sort(np.clip(rng.normal(rng.uniform(30, 70), rng.uniform(8, 25), len(own)), 0, 100))
    row: dict[str, object] = {}
    for window in windows_of(len(own), PROFILE, READING.intervals):
        ranks = range(window.first_rank, window.last_rank + 1)
        average = math.fsum(window.weight(rank) * values[rank - 1] for rank in ranks) / (UNIT * PROFILE.window)
        row[window.quantile] = math.floor(average / SCALE.step + 0.5) * SCALE.step
    printed, quantiles = read_row(row, len(own), READING, PROFILE)
    return PublishedCell(
        names=("cell",),
        key=(place,),
        family=("benchmark", f"K{kpi}", 1),
        groups=own,
        digests=own,
        values=values / SCALE.range_width,
        printed=printed.in_units(0.0, SCALE.range_width),
        quantiles=quantiles,
        again=False,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=CELLS)
    parser.add_argument("--attacked", type=int, default=ATTACKED)
    given = parser.parse_args()
    figures = {
        "policy": policy(given.cells, GROUPS),
        "attacks": attacked(given.attacked),
        "machine": machine(),
    }
    for part in ("policy", "attacks"):
        say(f"{part}: {figures[part]}")
    if (given.cells, given.attacked) == (CELLS, ATTACKED):
        write_result("protection", figures)
        put_into_readme("protection figures", _text(figures))


def _text(figures: dict[str, Any]) -> str:
    on, decided, attacks = figures["machine"], figures["policy"], figures["attacks"]
    return "\n".join(
        [
            f"{on['cores']} cores, {on['memory_gb']} GB, {on['os']}, Python {on['python']}.",
            "",
            (
                f"- {decided['cells']:,} cells of {decided['groups']:,} groups ({decided['memberships']:,} memberships), with an edition before them, decided on in "
                f"**{decided['seconds']:.0f} s** (at most 60 s)."
            ),
            (
                f"- {attacks['cells']:,} cells (the largest of {attacks['largest cell']} groups) attacked in **{attacks['seconds']:.1f} s** with nothing known before "
                f"(at most 8 s on two quiet cores; {attacks['processor seconds']:.1f} processor seconds), "
                f"and in {attacks['seconds when nothing changed']:.1f} s when nothing changed."
            ),
        ]
    )


if __name__ == "__main__":
    main()
