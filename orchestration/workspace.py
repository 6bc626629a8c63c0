"""Where things lie in a workspace (INTERFACE "Workspace"), its lock, and files written whole or not at all."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import EvenhandError


@dataclass(frozen=True)
class Workspace:
    """The folders of one consortium. Nothing outside `home` is ever written."""

    home: Path

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def rates(self) -> Path:
        """Where the operator drops newer files of exchange rates."""
        return self.home / "rates"

    @property
    def vault(self) -> Path:
        return self.home / "vault"

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def candidate(self) -> Path:
        return self.home / "candidate"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def reports(self) -> Path:
        return self.home / "reports"

    @property
    def dagster(self) -> Path:
        return self.home / "dagster"

    def require(self) -> Workspace:
        """This workspace, or an `EvenhandError` where none was made."""
        if not self.landing.is_dir():
            raise EvenhandError(f"No workspace at {self.home}: set EVENHAND_HOME to one, or make one with 'evenhand init'.")
        return self


def create_workspace(home: Path) -> tuple[Workspace, bool]:
    """Folders and, where there is none yet, an owner-only `.env` with new keys. Returns (workspace, keys were made)."""
    workspace = Workspace(home)
    for folder in (
        workspace.landing,
        workspace.rates,
        workspace.vault,
        workspace.lake,
        workspace.candidate,
        workspace.releases,
        workspace.reports,
        workspace.dagster,
    ):
        folder.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    workspace.vault.chmod(0o700)
    return workspace, _create_keys(home / ".env")


def _create_keys(path: Path) -> bool:
    if path.exists():
        return False
    text = f"EVENHAND_SECRET={secrets.token_hex(32)}\nEVENHAND_SIGNING_KEY={secrets.token_hex(32)}\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
    return True


def write_atomically(path: Path, data: bytes | str, *, durable: bool = True) -> None:
    """Write beside the final name, then rename: a reader sees the old file or the new one, never half of one.

    `durable=False` leaves it to the caller to bring many files to the disk at once (`os.sync`).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".tmp")
    with beside.open("wb") as handle:
        handle.write(data.encode("utf-8") if isinstance(data, str) else data)
        handle.flush()
        if durable:
            os.fsync(handle.fileno())
    beside.replace(path)


def write_ahead_log(database: Path) -> Path:
    """DuckDB's of a database. One that a killed night left would be replayed onto whatever file has that name next."""
    return database.with_name(database.name + ".wal")


def remove_database(database: Path) -> None:
    """The file and its write-ahead log."""
    write_ahead_log(database).unlink(missing_ok=True)
    database.unlink(missing_ok=True)


_held: set[Path] = set()


@contextmanager
def exclusive_run(workspace: Workspace) -> Generator[None]:
    """Hold the workspace's lock; a second run is refused clearly. The lock dies with the process that holds it.

    Within one process the lock may be taken again inside itself: a night holds it over all its stages.
    """
    if workspace.home in _held:
        yield
        return
    workspace.dagster.mkdir(parents=True, exist_ok=True)
    with (workspace.dagster / "night.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EvenhandError(f"Another run is working in {workspace.home}: wait until it ends, then start this one again.") from None
        _held.add(workspace.home)
        try:
            yield
        finally:
            _held.discard(workspace.home)
