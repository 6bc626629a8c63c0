"""Read a file in a process of its own, through a keeper (`keeper.py`): a crash of a native parser becomes a sentence.

Keepers are started when first needed, one for each file that is read at the same time, and end with this process.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa

from orchestration.intake.reading.limits import Limits
from orchestration.intake.reading.results import Expected, RaggedRow, TextTable, UnreadableFileError
from orchestration.settings import PREFIX, PROJECT_ROOT

LATE = "The file takes longer than {seconds:,} seconds to read, which is the most that is allowed: split it, or send it as CSV."
NO_MEMORY = (
    "The file needs more memory to read than is allowed: split it, remove empty rows and columns far from the data, or send it as CSV."
)
GAVE_UP = "The file cannot be read: the reader of this format broke off over it. Save it again, or send it as CSV."

OUT_OF_MEMORY = ("memory allocation of", "capacity overflow", "bad_alloc")

log = logging.getLogger("evenhand.intake")


def read_apart(path: Path, expected: Expected, limits: Limits) -> TextTable:
    """Read an XLSX or Parquet file. Raises `UnreadableFileError` also where reading crashes, or takes too much time or memory."""
    with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
        out = Path(folder) / "read.arrow"
        request = {
            "path": str(path.absolute()),
            "suffix": path.suffix.lower(),
            "out": str(out),
            "expected": asdict(expected),
            "limits": asdict(limits),
        }
        answer = _ask(request)
        if "ended" in answer:
            raise UnreadableFileError(_ending(answer["ended"], out, limits))
        if "sentence" in answer:
            raise UnreadableFileError(answer["sentence"])
        return _received(answer, out)


def _received(answer: dict[str, Any], out: Path) -> TextTable:
    with pa.memory_map(str(out)) as source:
        table = pa.ipc.open_file(source).read_all()
    numbers = np.asarray(table["_row"].to_numpy(), np.int32)
    apart = tuple(RaggedRow(*row) for row in answer["apart"])
    counts = tuple((rule, count) for rule, count in answer["apart_counts"])
    assumed = tuple((name, value) for name, value in answer["assumed"])
    return TextTable(table.drop_columns("_row"), numbers, apart, counts, answer["header_fields"], assumed)


def _ending(how: int | str, out: Path, limits: Limits) -> str:
    if how == "late":
        return LATE.format(seconds=limits.read_seconds)
    errors = Path(f"{out}.err")
    said = errors.read_text("utf-8", "replace") if errors.exists() else ""
    log.debug("a reader ended with %s: %s", how, said)
    if how == "no memory" or any(words in said for words in OUT_OF_MEMORY):
        return NO_MEMORY
    return GAVE_UP


class _Keeper:
    """One running keeper; used by one thread at a time."""

    def __init__(self) -> None:
        paths = [str(PROJECT_ROOT), os.environ.get("PYTHONPATH", "")]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environment["RUST_BACKTRACE"] = "0"
        environment["OPENBLAS_NUM_THREADS"] = "1"  # a keeper forks, so it must have no threads
        environment["PYTHONPATH"] = os.pathsep.join(p for p in paths if p)
        command = [sys.executable, "-m", "orchestration.intake.reading.keeper"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)  # noqa: S603

    def ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The answer; None where the keeper itself is gone."""
        if self.process.stdin is None or self.process.stdout is None:
            return None
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def end(self) -> None:
        with suppress(BrokenPipeError):
            self.process.communicate()


_idle: list[_Keeper] = []
_lock = Lock()


def _ask(request: dict[str, Any]) -> dict[str, Any]:
    """Ask an idle keeper; where it is gone (killed from outside), ask a new one, once."""
    for _ in range(2):
        with _lock:
            keeper = _idle.pop() if _idle else None
        keeper = keeper or _Keeper()
        answer = keeper.ask(request)
        if answer is not None:
            with _lock:
                _idle.append(keeper)
            return answer
        keeper.end()
        end_keepers()
    return {"ended": "the end of its keeper"}


def end_keepers() -> None:
    """End the idle keepers; new ones start when needed."""
    with _lock:
        while _idle:
            _idle.pop().end()


atexit.register(end_keepers)
