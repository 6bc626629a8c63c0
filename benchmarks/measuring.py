"""What every benchmark needs: a child process with its own peak of memory, the machine in general terms, figures into the README."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.settings import PROJECT_ROOT

RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parent / "README.md"
LONGEST_SECONDS = 4 * 3600
LOOK_EVERY_SECONDS = 0.1
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Ran:
    """A child process that ended well: wall and processor seconds, peak resident memory, and what it printed."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str

    @property
    def told(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.output)


def child(
    home: Path,
    arguments: list[str],
    *,
    environment: Mapping[str, str] | None = None,
    longest_seconds: float = LONGEST_SECONDS,
    most_mb: float | None = None,
) -> Ran:
    """Run this Python on `arguments`. Raises `RuntimeError` with its last words where it fails, takes too long or more than `most_mb`.

    It leads a process group of its own, so that nothing of it outlives this call; its peak is that of the process itself.
    """
    settings = {"EVENHAND_HOME": str(home), "TMPDIR": tempfile.gettempdir(), **(environment or {})}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=PROJECT_ROOT, env={**os.environ, **settings}, stdout=out, stderr=err, start_new_session=True
        )
        try:
            stopped, status, used = _wait(process, started + longest_seconds, most_mb)
        finally:
            _end_group(process)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            said = f"{out.read().decode(errors='replace')[-500:]} {err.read().decode(errors='replace')[-2000:]}"
            raise RuntimeError(f"{' '.join(arguments[:2])} {stopped or 'failed'}: {said}")
        return Ran(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out.read().decode())


def _wait(process: subprocess.Popen[bytes], deadline: float, most_mb: float | None) -> tuple[str, int, Any]:
    """Look at it until it ends. Returns why it was stopped (empty where it was not), its exit status and its use of resources."""
    stopped = ""
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            return stopped, status, used
        if not stopped:
            if time.perf_counter() > deadline:
                stopped = "took too long"
            elif most_mb is not None and (now := resident_mb(process.pid)) > most_mb:
                stopped = f"took {now:,.0f} MB where {most_mb:,.0f} MB are allowed"
            if stopped:
                process.kill()
        time.sleep(LOOK_EVERY_SECONDS if most_mb is not None else LOOK_EVERY_SECONDS / 5)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def resident_mb(pid: int) -> float:
    """Resident memory of a process now; 0 once it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


@contextmanager
def throwaway(needed_gb: float) -> Generator[Path]:
    """A folder for a workspace and everything that is spilled, gone afterwards, on SIGTERM too. Raises `RuntimeError` where the disk is too full."""
    free = shutil.disk_usage(tempfile.gettempdir()).free / 1024**3
    if free < needed_gb:
        raise RuntimeError(f"{tempfile.gettempdir()} has {free:.0f} GB free, {needed_gb:.0f} GB are needed: set TMPDIR to a larger disk.")
    before = tempfile.tempdir, signal.signal(signal.SIGTERM, _leave)
    try:
        with tempfile.TemporaryDirectory(prefix="evenhand-benchmark-") as folder:
            tempfile.tempdir = str(Path(folder) / "spill")
            Path(tempfile.tempdir).mkdir()
            yield Path(folder)
    finally:
        tempfile.tempdir = before[0]
        signal.signal(signal.SIGTERM, before[1])


def _leave(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3),
        "os": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "python": platform.python_version(),
        **{name: version(name) for name in ("duckdb", "dbt-core", "dagster", "pandas", "polars") if _is_installed(name)},
    }


def _is_installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name.split("-", maxsplit=1)[0]) is not None


def load() -> float:
    """How busy the machine is: 0 is quiet."""
    return round(os.getloadavg()[0], 1)


def disk_mb(path: Path) -> float:
    """Size of a file or of everything in a folder."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(p.stat().st_size for p in files) / MEGABYTE


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def write_result(name: str, figures: Mapping[str, Any]) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def put_into_readme(block: str, tables: str) -> None:
    """Replace one block of figures of the README, so that they are always those of the last full run."""
    start, end = f"<!-- {block} -->", f"<!-- end of {block} -->"
    before, _, rest = README.read_text("utf-8").partition(start)
    after = rest.partition(end)[2]
    README.write_text(f"{before}{start}\n{tables}\n{end}{after}", "utf-8")
