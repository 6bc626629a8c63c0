"""Build a past release again from the vault alone, beside the workspace, and compare it byte by byte.

A fresh home gets the submissions and the log without the editions served; then the nights that served editions are run
again, in order, each as of its date. What was received or decided later does not exist for them, so nothing has to be cut
off.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.errors import EvenhandError
from orchestration.intake.erasure import not_rebuildable
from orchestration.intake.vault import Vault, chained
from orchestration.release.manifest import MANIFEST
from orchestration.release.shelf import find_release, read_manifest
from orchestration.settings import Settings
from orchestration.workspace import Workspace, create_workspace

EDITIONS = ("released", "revision_unchanged")


@dataclass(frozen=True)
class Rebuilt:
    """What came out: names of files that differ from the release, are missing or are too many."""

    release_id: str
    nights: tuple[str, ...]
    different: tuple[str, ...]


def rebuild(workspace: Workspace, settings: Settings, release_id: str) -> Rebuilt:
    """Raises `EvenhandError` where there is no such release, or submissions it was made from were erased."""
    released = find_release(workspace.releases, release_id)
    events = Vault(workspace.vault).events()
    served = next((e for e in events if e["event"] == "released" and e["release_id"] == released.name), None)
    if served is None:
        raise EvenhandError(f"The vault's log knows no release {released.name!r}.")
    if sentence := not_rebuildable(events, served["as_of"]):
        raise EvenhandError(f"{released.name} is {sentence}.")
    nights = _nights(events, served)
    workspace.dagster.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rebuild-", dir=workspace.dagster) as folder:
        fresh = _fresh_home(workspace, Path(folder) / "home", events)
        _run_nights(workspace, fresh, settings, nights)
        different = differences(released, fresh.releases / released.name)
    return Rebuilt(released.name, tuple(nights), different)


def _nights(events: list[dict[str, Any]], served: dict[str, Any]) -> dict[str, str]:
    """Nights that served an edition, up to the one that served this, in order; each with one of its releases."""
    nights: dict[str, str] = {}
    for event in events[: events.index(served) + 1]:
        if event["event"] in EDITIONS:
            nights.setdefault(event["as_of"], event["release_id"])
    return nights


def _fresh_home(workspace: Workspace, home: Path, events: list[dict[str, Any]]) -> Workspace:
    home.mkdir(parents=True)
    if (workspace.home / ".env").exists():
        shutil.copy2(workspace.home / ".env", home / ".env")
    fresh, _ = create_workspace(home)
    for kept in ("submissions", "rates"):
        if (workspace.vault / kept).exists():
            shutil.copytree(workspace.vault / kept, fresh.vault / kept, copy_function=os.link)
    if (workspace.vault / "vendors").exists():
        shutil.copytree(workspace.vault / "vendors", fresh.vault / "vendors")
    inputs = [event for event in events if event["event"] not in EDITIONS]
    Vault(fresh.vault).log.write_bytes(chained(inputs))
    return fresh


def _run_nights(workspace: Workspace, fresh: Workspace, settings: Settings, nights: dict[str, str]) -> None:
    from orchestration.night import run_night
    from orchestration.settings import load_settings

    for as_of, release_id in nights.items():
        manifest = workspace.releases / release_id / MANIFEST
        profile = str(read_manifest(manifest.parent)["profile"]) if manifest.exists() else settings.profile
        here = load_settings(fresh.home).on("duckdb")  # a cluster's tables are those of the nights themselves
        run_night(fresh, here, date.fromisoformat(as_of), profile, even_if_idle=True)


def differences(released: Path, again: Path) -> tuple[str, ...]:
    """Names of files that are not the same bytes in both folders."""
    names = {p.name for folder in (released, again) if folder.exists() for p in folder.iterdir()}
    return tuple(sorted(name for name in names if _bytes(released / name) != _bytes(again / name)))


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
