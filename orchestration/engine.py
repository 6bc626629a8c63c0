"""The one place that opens DuckDB on data of any size: within the memory, the threads and the folder that the settings allow.

What does not fit into memory is spilled into a folder of its own for each connection, in the workspace's `spill/` or where
EVENHAND_TEMP_DIRECTORY says, for two connections must never share one. It is gone afterwards; what a killed process left
behind is removed by the next night.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.errors import EvenhandError
from orchestration.settings import Settings

_in_use: set[str] = set()
"""This process's own folders: it may have the number of one that was killed, as in a container."""


@contextmanager
def engine(settings: Settings, database: Path | None = None, *, writable: bool = False) -> Generator[duckdb.DuckDBPyConnection]:
    """A silent connection in memory or to a file, to read it unless it is `writable`, within the settings' limits. Raises
    `EvenhandError` where they are too narrow.
    """
    with (
        enough_memory(settings),
        _own_folder(settings) as spill,
        duckdb.connect(
            str(database or ":memory:"),
            read_only=database is not None and not writable,
            config={"threads": settings.threads, "memory_limit": settings.memory_limit, "temp_directory": str(spill)},
        ) as connection,
    ):
        connection.execute("set enable_progress_bar = false")
        yield connection


@contextmanager
def enough_memory(settings: Settings) -> Generator[None]:
    """Say which setting is too small where DuckDB says that memory is."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise EvenhandError(
            f"{settings.memory_limit} of memory are too little for this: set EVENHAND_MEMORY_LIMIT higher, or EVENHAND_THREADS lower, "
            "and see that there is room to spill (EVENHAND_TEMP_DIRECTORY)."
        ) from None


@contextmanager
def _own_folder(settings: Settings) -> Generator[Path]:
    """A folder that nobody else has, with the number of this process in its name."""
    with tempfile.TemporaryDirectory(prefix=f"{_prefix(settings)}{os.getpid()}-", dir=_place(settings), ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _in_use.add(folder.name)
        try:
            yield folder
        finally:
            _in_use.discard(folder.name)


@contextmanager
def spill_folder(settings: Settings, name: str) -> Generator[Path]:
    """A folder to spill into that is called the same every night, for what must be told its name beforehand. Needs the workspace's lock."""
    folder = (_place(settings) or Path(tempfile.gettempdir())) / f"{_prefix(settings)}{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def forget_spilled(settings: Settings) -> None:
    """Remove what killed processes of this workspace left behind. Only a run that holds the workspace's lock may ask for it.

    Commands that hold no lock, such as `validate`, may be spilling meanwhile: the folders of processes that live stay.
    """
    place = _place(settings)
    for folder in place.glob(f"{_prefix(settings)}*") if place else ():
        number, is_own, _ = folder.name.removeprefix(_prefix(settings)).partition("-")
        if not (is_own and number.isdigit() and _is_used(folder, int(number))):
            shutil.rmtree(folder, ignore_errors=True)


def _is_used(folder: Path, process: int) -> bool:
    if process == os.getpid():
        return folder.name in _in_use
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # somebody else's
    return True


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
