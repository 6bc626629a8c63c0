"""Landed files leave landing once their batch is committed, also where a run is killed between the two.

A note in the vault names the very files (place, inode, size and time of change) that a batch took in. The next run
removes what is still there of a committed batch; a file that was sent again meanwhile is another file and stays.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from orchestration.intake.arrivals import Arrival
from orchestration.intake.vault import Vault
from orchestration.workspace import write_atomically


def note(vault: Vault, batch: str, arrivals: Sequence[Arrival]) -> None:
    """Say which files leave with `batch`; called before its commit."""
    files = {str(a.path): _identity(a.path) for a in arrivals}
    write_atomically(_note(vault), json.dumps({"batch": batch, "files": files}))


def clear(vault: Vault, arrivals: Sequence[Arrival]) -> None:
    """Remove what a batch took in, then the note."""
    for arrival in arrivals:
        arrival.path.unlink(missing_ok=True)
    _note(vault).unlink(missing_ok=True)


def finish_clearing(vault: Vault, committed: Collection[str]) -> None:
    """Remove what a killed run had taken in and left lying; a batch that was not committed is taken in again."""
    if not _note(vault).exists():
        return
    noted = json.loads(_note(vault).read_text("utf-8"))
    for name, identity in noted["files"].items() if noted["batch"] in committed else ():
        path = Path(name)
        if (path.is_symlink() or path.exists()) and _identity(path) == identity:
            path.unlink()
    _note(vault).unlink()


def _note(vault: Vault) -> Path:
    return vault.root / "incoming" / "leaving.json"


def _identity(path: Path) -> list[int]:
    facts = path.lstat()
    return [facts.st_ino, facts.st_size, facts.st_mtime_ns]
