"""Nights that follow the small consortium's first one, each made once and read by several tests."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.night import run_night
from orchestration.settings import PROJECT_ROOT, load_settings
from orchestration.workspace import Workspace
from tests.conftest import Consortium, new_workspace
from tests.once import made_once

SECOND_NIGHT = date(2025, 5, 2)
"""A year after the first: 2024 and its quarters are due, and what the first night published once more."""
SHARED = PROJECT_ROOT.parent / "shared"
CANADA = SHARED / "data" / "canada" / "landing"
CANADA_AS_OF = date(2026, 11, 21)


@pytest.fixture(scope="session")
def revised(common: Path, consortium: Consortium) -> Workspace:
    """A year later, after one company corrected one figure that counted in 2023. Tests read it."""
    return Workspace(made_once(common / "revised", lambda home: _second_night(consortium.workspace.home, home)))


def _second_night(first: Path, home: Path) -> None:
    shutil.copytree(first, home)
    workspace = Workspace(home)
    _correct_one_row(workspace)
    for left_by_a_killed_night in (workspace.candidate / "2023-r1", workspace.candidate / "2023-Q4-r1"):
        left_by_a_killed_night.mkdir()
    (workspace.candidate / "2023-r1" / "benchmark.parquet").write_bytes(b"PAR1")
    run_night(workspace, load_settings(home, environ={}), SECOND_NIGHT, "public")


def _correct_one_row(workspace: Workspace) -> None:
    """Send one row of a large KPI again with half the numerator."""
    with duckdb.connect(str(workspace.warehouse), read_only=True) as con:
        row = con.execute(f"""
            select participant_id, * exclude (participant_id) from read_parquet('{workspace.lake}/kpi_values/*.parquet')
            where kpi_code = 'ADO-01' and year(period_end) = 2023 and project_ref is null and vendor is null and denominator > 0
            order by all limit 1""").fetchone()
        names = [name for name, *_ in con.description]
    sent = dict(zip(names, row, strict=True))
    columns = [n for n in names if n not in ("participant_id", "submission_seq", "submission_row", "received_on")]
    sent["numerator"] = round(float(sent["numerator"]) / 2, 6)
    folder = workspace.landing / sent["participant_id"]
    folder.mkdir(parents=True, exist_ok=True)
    text = ",".join(columns) + "\n" + ",".join("" if sent[name] is None else str(sent[name]) for name in columns) + "\n"
    (folder / "kpi_values.csv").write_text(text, "utf-8")


def canadian_night(home: Path, extra: str = "") -> Workspace:
    """The real input beside the project after a night from nothing. `extra`: more lines of the workspace's settings."""
    workspace = new_workspace(home, extra)
    shutil.copytree(CANADA, workspace.landing, dirs_exist_ok=True, copy_function=shutil.copyfile)
    for folder in workspace.landing.iterdir():
        folder.chmod(0o755)
    run_night(workspace, load_settings(home, environ={}), CANADA_AS_OF, "public")
    return workspace


@pytest.fixture(scope="session")
def canada(common: Path) -> Workspace:
    """The real input after its night. Tests read it."""
    return Workspace(made_once(common / "canada", canadian_night))


@pytest.fixture
def canada_copied(canada: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the night's workspace that a test may change."""
    shutil.copytree(canada.home, tmp_path / "home")
    return Workspace(tmp_path / "home")
