"""A process that is killed on purpose: takes a landing folder in, dies at a chosen point, and is started again.

Run as `python -m tests.integration.killing FOLDER [KILLS SEED]`; prints one JSON object per line. Forked children do the
work, so that libraries are loaded once. Hooks count the moments at which the intake touches the disk; the child's last
breath is `os._exit`, which neither flushes nor cleans up. Without KILLS it dies once at every function that is watched, by turns
before its first call and after its last; with it at that many points chosen by dice.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.contracts import intake_contracts
from orchestration.intake import clearing, deriving, lake, names, taking
from orchestration.intake.grading import grading
from orchestration.intake.vault import Vault
from orchestration.settings import Settings
from orchestration.workspace import Workspace

NIGHT = date(2026, 5, 10)
SECRET = "5e" * 32
KILLED = 9
MORE_THAN_ENOUGH = 10**9


class Countdown:
    """Dies at the n-th moment. `passed`: what was about to be called, or had been, at each moment before."""

    def __init__(self, moments: int) -> None:
        self.left = moments
        self.passed: list[str] = []

    def around(self, work: Callable[..., Any], name: str) -> Callable[..., Any]:
        def counted(*args: Any, **facts: Any) -> Any:
            self._tick(f"before {name}")
            result = work(*args, **facts)
            self._tick(f"after {name}")
            return result

        return counted

    def _tick(self, what: str) -> None:
        self.left -= 1
        if self.left == 0:
            os._exit(KILLED)
        self.passed.append(what)


def install(countdown: Countdown) -> None:
    """Count whatever writes, renames or removes; batches are small, so that there are many."""
    taking.BATCH_FILES = 6
    for owner, name in (
        *((Path, method) for method in ("replace", "unlink", "rename", "mkdir", "write_bytes", "open")),
        *((Vault, method) for method in ("append", "keep", "settle")),
        *((taking, function) for function in ("write_receipt", "write_receipt_page", "note")),
        *((deriving, function) for function in ("write_rows", "write_submissions", "write_names")),
        *((lake, "_copy"), (names, "write_atomically"), (clearing, "write_atomically"), (os, "fsync")),
    ):
        setattr(owner, name, countdown.around(getattr(owner, name), f"{owner.__name__}.{name}"))


def take(home: Path, moments: int) -> tuple[int, list[str]]:
    """Take landing in within a child. Returns its exit code and, where it lived, every moment that it passed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        countdown = Countdown(moments)
        install(countdown)
        taking.take_in(Workspace(home), Settings(home=home, secret=SECRET, threads=1), NIGHT)
        with os.fdopen(writer, "w") as told:
            told.write("\n".join(countdown.passed))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as telling:
        passed = telling.read().splitlines()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), passed


def outcome(home: Path) -> dict[str, Any]:
    """What must be the same however often the run was killed: lake, quarantine, names, receipts, log, and landing."""
    files = {
        p.relative_to(home).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for folder in ("lake", "vault/quarantine", "vault/names", "vault/submissions", "landing")
        for p in sorted((home / folder).rglob("*"))
        if p.is_file() and p.name != "receipt.json"
    }
    receipts = [json.loads(p.read_text("utf-8")) for p in sorted((home / "vault" / "submissions").glob("*/receipt.json"))]
    timeless = [{name: value for name, value in receipt.items() if name != "taken_in_at"} for receipt in receipts]
    taken = [(e["batch"], e["submissions"]) for e in Vault(home / "vault").events("taken_in")]
    return {"files": files, "receipts": timeless, "taken": taken}


def new_home(folder: Path, number: int) -> Path:
    home = folder / f"home{number}"
    shutil.copytree(folder / "landing", home / "landing")
    return home


def one_of_each_kind(passed: list[str]) -> list[list[int]]:
    """One point a function, by turns before its first call and after its last; every third time the next run dies too, a moment earlier."""
    chosen: list[list[int]] = []
    for number, function in enumerate(dict.fromkeys(moment.split()[1] for moment in passed)):
        first, last = passed.index(f"before {function}") + 1, len(passed) - passed[::-1].index(f"after {function}")
        point = last if number % 2 else first
        chosen.append([point, max(point - 1, 1)] if number % 3 == 2 else [point])
    return chosen


def by_dice(moments: int, kills: int, seed: int) -> list[list[int]]:
    """Points anywhere; every third time the next run dies too."""
    dice = random.Random(seed)  # noqa: S311 - dice, not secrets
    return [[dice.randint(1, moments) for _ in range(2 if number % 3 == 0 else 1)] for number in range(1, kills + 1)]


def main(folder: Path, kills: int = 0, seed: int = 0) -> None:
    intake_contracts()
    grading()
    home = new_home(folder, 0)
    code, passed = take(home, MORE_THAN_ENOUGH)
    print(json.dumps({"codes": [code], "passed": passed, "outcome": outcome(home)}), flush=True)
    chosen = by_dice(len(passed), kills, seed) if kills else one_of_each_kind(passed)
    for number, points in enumerate(chosen, start=1):
        home = new_home(folder, number)
        codes = [take(home, point)[0] for point in points]
        codes.append(take(home, MORE_THAN_ENOUGH)[0])
        print(json.dumps({"points": points, "codes": codes, "outcome": outcome(home)}), flush=True)
        shutil.rmtree(home)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
