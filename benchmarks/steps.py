"""The steps of `.ci/run`, each timed: what it took on the wall and of the processors, and whether the latter doubled.

    python3 benchmarks/steps.py run TABLE NAME COMMAND...     run a step, note its seconds in the file TABLE; exits as the command does
    python3 benchmarks/steps.py show TABLE [--write]          the table; a warning where a step doubled; --write commits to what was measured

Needs nothing but Python, for the first step sets up the rest. Seconds of the processors are those of all processes that a step
started and waited for: what else a machine does changes them little. A warning never fails a run.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

COMMITTED = Path(__file__).parent / "results" / "ci.json"
DOUBLED = 2.0
LEAST_SECONDS = 10.0
"""A step below doubles by chance."""


def run(table: Path, name: str, command: Sequence[str]) -> int:
    """Run a command as a step. Returns its exit code; what it took is noted whatever that is."""
    print(f"\n== {name}", flush=True)
    started, before = time.perf_counter(), _children()
    code = subprocess.run(command, check=False).returncode
    line = {"step": name, "wall": time.perf_counter() - started, "processor": _children() - before, "code": code}
    with table.open("a", encoding="utf-8") as handle:
        handle.write(json.dumps(line) + "\n")
    return code if code >= 0 else 128 - code


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def read(table: Path) -> list[dict[str, Any]]:
    """The steps that were run, in the order in which they ended."""
    return [json.loads(line) for line in table.read_text("utf-8").splitlines()]


def warnings(steps: Sequence[Mapping[str, Any]], committed: Mapping[str, float]) -> list[str]:
    """Steps that took at least twice the processor seconds that are committed, in one sentence each."""
    return [
        f"WARNING {s['step']}: {s['processor']:.0f} processor seconds, committed are {committed[s['step']]:.0f}"
        for s in steps
        if s["step"] in committed and s["processor"] >= DOUBLED * max(committed[s["step"]], LEAST_SECONDS / DOUBLED)
    ]


def lines_of(steps: Sequence[Mapping[str, Any]], committed: Mapping[str, float]) -> list[str]:
    """The table for people; a step that failed is named so."""
    lines = [f"{'step':44}{'seconds':>9}{'processor':>11}{'committed':>11}"]
    for s in steps:
        known = f"{committed[s['step']]:.0f}" if s["step"] in committed else "-"
        lines.append(f"{s['step']:44}{s['wall']:>9.0f}{s['processor']:>11.0f}{known:>11}{'' if s['code'] == 0 else '  FAILED'}")
    total = [sum(s[what] for s in steps) for what in ("wall", "processor")]
    return [*lines, f"{'all (some of them at once)':44}{total[0]:>9.0f}{total[1]:>11.0f}"]


def show(table: Path, *, write: bool, path: Path = COMMITTED) -> None:
    """Print the table and its warnings; `write` makes what was measured what later runs are compared with."""
    steps = read(table)
    committed: dict[str, float] = json.loads(path.read_text("utf-8"))["processor_seconds"] if path.exists() else {}
    print("\n" + "\n".join([*warnings(steps, committed), *lines_of(steps, committed)]), flush=True)
    if write and steps and all(s["code"] == 0 for s in steps):
        measured = {s["step"]: round(s["processor"], 1) for s in steps}
        path.write_text(json.dumps({"processor_seconds": {**committed, **measured}}, indent=1) + "\n", "utf-8")


def main(arguments: Sequence[str]) -> int:
    what, table, *rest = arguments
    if what == "run":
        return run(Path(table), rest[0], rest[1:])
    show(Path(table), write="--write" in rest)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
