"""What every benchmark needs: a child process with its own peak of memory, the machine in general terms, figures into the README."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.settings import PROJECT_ROOT

RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parent / "README.md"


@dataclass(frozen=True)
class Ran:
    """A child process that ended well: wall and processor seconds, peak resident memory, and what it printed."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str


def child(home: Path, arguments: list[str]) -> Ran:
    """Run this Python on `arguments`. Raises `RuntimeError` with its last words where it fails."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=PROJECT_ROOT, env={**os.environ, "EVENHAND_HOME": str(home)}, stdout=out, stderr=err
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(arguments[:2])} failed: {err.read().decode()[-2000:]}")
        return Ran(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out.read().decode())


def machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3),
        "os": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "python": platform.python_version(),
        **{name: version(name) for name in ("duckdb", "dbt-core", "dagster")},
    }


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def put_into_readme(block: str, tables: str) -> None:
    """Replace one block of figures of the README, so that they are always those of the last full run."""
    start, end = f"<!-- {block} -->", f"<!-- end of {block} -->"
    before, _, rest = README.read_text("utf-8").partition(start)
    after = rest.partition(end)[2]
    README.write_text(f"{before}{start}\n{tables}\n{end}{after}", "utf-8")
