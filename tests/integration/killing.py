"""A process that is killed on purpose: takes a landing folder in, dies at a chosen point, and is started again.

Run as `python -m tests.integration.killing FOLDER SEED KILLS`; prints one JSON object per line. Forked children do the
work, so that libraries are loaded once. Hooks count the moments at which the intake touches the disk; the child's last
breath is `os._exit`, which neither flushes nor cleans up.
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
    """Dies before or after the n-th moment."""

    def __init__(self, moments: int) -> None:
        self.left = moments

    def around(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **facts: Any) -> Any:
            self._tick()
            result = work(*args, **facts)
            self._tick()
            return result

        return counted

    def _tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            os._exit(KILLED)


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
        setattr(owner, name, countdown.around(getattr(owner, name)))


def take(home: Path, moments: int) -> tuple[int, int]:
    """Take landing in within a child. Returns (exit code, moments that were left)."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        countdown = Countdown(moments)
        install(countdown)
        taking.take_in(Workspace(home), Settings(home=home, secret=SECRET, threads=1), NIGHT)
        os.write(writer, str(countdown.left).encode())
        os._exit(0)
    os.close(writer)
    left = os.read(reader, 100)
    os.close(reader)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), int(left or 0)


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


def main(folder: Path, seed: int, kills: int) -> None:
    intake_contracts()
    grading()
    home = new_home(folder, 0)
    code, left = take(home, MORE_THAN_ENOUGH)
    moments = MORE_THAN_ENOUGH - left
    print(json.dumps({"codes": [code], "moments": moments, "outcome": outcome(home)}), flush=True)
    dice = random.Random(seed)  # noqa: S311 - dice, not secrets
    for number in range(1, kills + 1):
        home = new_home(folder, number)
        points = [dice.randint(1, moments), *([dice.randint(1, moments)] if number % 3 == 0 else [])]
        codes = [take(home, point)[0] for point in points]
        codes.append(take(home, MORE_THAN_ENOUGH)[0])
        print(json.dumps({"points": points, "codes": codes, "outcome": outcome(home)}), flush=True)
        shutil.rmtree(home)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
