"""Look before working: is there anything for tonight at all? Imports nothing heavy.

After a night that ended well a small state file says what that night saw. If landing is empty, code, contracts and log
are as they were, and neither an edition nor a waiting row comes due by the new as-of date, the night would change
nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from orchestration.intake.vault import Vault
from orchestration.rates.files import dropped_files, package_file
from orchestration.settings import Settings
from orchestration.software import NIGHT, made_with_noted
from orchestration.vendors.decisions import next_due
from orchestration.workspace import Workspace, write_atomically

STATE = "last_night.json"
IMPORTS = "imports.json"


@dataclass(frozen=True)
class LastNight:
    """What a finished night saw. `quiet_until`: the first as-of date on which something may change by itself."""

    as_of: str
    quiet_until: str | None
    inputs: str
    says: str


def nothing_to_do(workspace: Workspace, settings: Settings, as_of: date, profile: str) -> LastNight | None:
    """The last night, where running another one on `as_of` would change nothing; else None."""
    last = _read(workspace)
    if last is None or _has_arrivals(workspace.landing) or last.inputs != _inputs(workspace, settings, profile):
        return None
    moved_on = last.quiet_until is not None and as_of.isoformat() >= last.quiet_until
    moved_on = moved_on or _has_decision_come_due(workspace, last.as_of, as_of)
    return None if moved_on or as_of.isoformat() < last.as_of or not _derived_files_exist(workspace) else last


def remember(workspace: Workspace, settings: Settings, as_of: date, profile: str, quiet_until: date | None, says: str) -> None:
    """Note what this night saw, for the next look."""
    last = LastNight(as_of.isoformat(), quiet_until.isoformat() if quiet_until else None, _inputs(workspace, settings, profile), says)
    write_atomically(workspace.dagster / STATE, json.dumps(asdict(last), sort_keys=True) + "\n")


def forget(workspace: Workspace) -> None:
    """A night begins: until it ends well, the next one works, whatever this one leaves behind."""
    (workspace.dagster / STATE).unlink(missing_ok=True)


def _read(workspace: Workspace) -> LastNight | None:
    try:
        return LastNight(**json.loads((workspace.dagster / STATE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _has_decision_come_due(workspace: Workspace, after: str, as_of: date) -> bool:
    due = next_due(Vault(workspace.vault), date.fromisoformat(after))
    return due is not None and due <= as_of


def _has_arrivals(landing: Path) -> bool:
    entries = (p for p in landing.rglob("*") if p.is_file() or p.is_symlink())
    return any(p.suffix != ".part" and not p.name.startswith(".") for p in entries)


def _derived_files_exist(workspace: Workspace) -> bool:
    current = workspace.releases / "current"
    reported = not current.exists() or (workspace.reports / current.read_text("utf-8", "replace").strip()).is_dir()
    return workspace.warehouse.exists() and workspace.lake.is_dir() and (workspace.candidate / ".private").is_dir() and reported


def _inputs(workspace: Workspace, settings: Settings, profile: str) -> str:
    """A digest of what a night depends on besides landing and date: settings, software, declarations, rates, log, lake, releases."""
    named = (
        made_with_noted(NIGHT, workspace.dagster / IMPORTS),
        profile,
        settings.vendor_identity,
        settings.label,
        settings.secret,
        settings.signing_key,
    )
    digest = hashlib.sha256("\x1f".join(str(value) for value in named).encode())
    for path in (package_file(), *dropped_files(workspace)):
        digest.update(path.name.encode() + path.read_bytes())
    log = workspace.vault / "events.jsonl"
    digest.update(log.read_bytes() if log.exists() else b"")
    for path in sorted([*workspace.lake.glob("*/*.parquet"), *workspace.releases.glob("*")]):
        digest.update(path.relative_to(workspace.home).as_posix().encode())
    return digest.hexdigest()
