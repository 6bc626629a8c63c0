"""Workspaces that tests share. The made consortium goes through its nights once per session."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings

from orchestration.demo import make_consortium
from orchestration.night import NightOutcome, run_night
from orchestration.settings import Settings, load_settings
from orchestration.workspace import Workspace, create_workspace

settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")

FIRST_NIGHT = date(2024, 5, 2)
KEYS = "EVENHAND_SECRET=" + "5e" * 32 + "\nEVENHAND_SIGNING_KEY=" + "a7" * 32 + "\n"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("EVENHAND_")]:
        monkeypatch.delenv(name)


@dataclass(frozen=True)
class Consortium:
    """A workspace after its first night."""

    workspace: Workspace
    outcome: NightOutcome

    @property
    def settings(self) -> Settings:
        return load_settings(self.workspace.home, environ={})


def new_workspace(home: Path, extra: str = "") -> Workspace:
    """A workspace with fixed keys, so that two of them make the same bytes."""
    home.mkdir(parents=True)
    (home / ".env").write_text(KEYS + extra, "utf-8")
    return create_workspace(home)[0]


@pytest.fixture(scope="session")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made consortium's landing folder, never changed by a test."""
    folder = tmp_path_factory.mktemp("landed")
    make_consortium(folder)
    return folder


@pytest.fixture(scope="session")
def consortium(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """The made consortium after a night on which 2023 and its quarters are due. Tests read it; those that write copy it."""
    workspace = new_workspace(tmp_path_factory.mktemp("consortium") / "home")
    shutil.copytree(landed, workspace.landing, dirs_exist_ok=True)
    outcome = run_night(workspace, load_settings(workspace.home, environ={}), FIRST_NIGHT, "public")
    return Consortium(workspace, outcome)


@pytest.fixture
def copied(consortium: Consortium, tmp_path: Path) -> Consortium:
    """A copy of the consortium's workspace that a test may change."""
    shutil.copytree(consortium.workspace.home, tmp_path / "home")
    return Consortium(Workspace(tmp_path / "home"), consortium.outcome)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by relative path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
