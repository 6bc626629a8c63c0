"""The one place that opens DuckDB on data of any size: within the memory, the threads and the folder that the settings allow.

What does not fit into memory is spilled into a folder of its own for each connection, in the workspace's `spill/` or where
EVENHAND_TEMP_DIRECTORY says, for two connections must never share one. It is gone afterwards; what a killed night left
behind is removed by the next one.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.settings import Settings


@contextmanager
def engine(settings: Settings, warehouse: Path | None = None) -> Generator[duckdb.DuckDBPyConnection]:
    """A silent connection in memory, or to read `warehouse`, within the settings' limits."""
    place = _place(settings)
    with (
        tempfile.TemporaryDirectory(prefix=_prefix(settings), dir=place) as spill,
        duckdb.connect(
            str(warehouse or ":memory:"),
            read_only=warehouse is not None,
            config={"threads": settings.threads, "memory_limit": settings.memory_limit, "temp_directory": spill},
        ) as connection,
    ):
        connection.execute("set enable_progress_bar = false")
        yield connection


@contextmanager
def spill_folder(settings: Settings, name: str) -> Generator[Path]:
    """A folder to spill into that is called the same every night, for what must be told its name beforehand."""
    folder = (_place(settings) or Path(tempfile.gettempdir())) / f"{_prefix(settings)}{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def forget_spilled(settings: Settings) -> None:
    """Remove what a killed night of this workspace left behind. Only a run that holds the workspace's lock may ask for it."""
    place = _place(settings)
    for folder in place.glob(f"{_prefix(settings)}*") if place else ():
        shutil.rmtree(folder)


def _place(settings: Settings) -> Path | None:
    """None, the system's own place, where there is no workspace: a file is checked on a participant's machine."""
    if settings.temp_directory:
        return Path(settings.temp_directory)
    if not settings.home.is_dir():
        return None
    spill = settings.home / "spill"
    spill.mkdir(exist_ok=True)
    return spill


def _prefix(settings: Settings) -> str:
    """Workspaces that share a folder leave each other's spilled data alone."""
    return f"evenhand-{hashlib.sha256(str(settings.home.resolve()).encode()).hexdigest()[:12]}-"
