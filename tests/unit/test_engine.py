"""Where DuckDB spills to, what a night removes of it, and what is said where its limits are too narrow."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.docs import write_docs
from orchestration.engine import engine, forget_spilled
from orchestration.errors import EvenhandError
from orchestration.settings import Settings
from orchestration.workspace import Workspace


def left_by(process: int, beside: Path) -> Path:
    """The folder that another process of the same workspace would have."""
    prefix = beside.name.partition(f"{os.getpid()}-")[0]
    folder = beside.with_name(f"{prefix}{process}-abcd1234")
    folder.mkdir()
    (folder / "duckdb_temp_block-1.block").touch()
    return folder


def test_a_night_removes_the_folders_of_dead_processes_only(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with engine(settings) as connection:
        spill = connection.execute("select current_setting('temp_directory')").fetchone()
        assert spill is not None
        own = Path(spill[0])
        of_dead, of_living, of_namesake = (left_by(process, own) for process in (dead.pid, os.getppid(), os.getpid()))
        forget_spilled(settings)
        assert [folder.exists() for folder in (own, of_living, of_dead, of_namesake)] == [True, True, False, False]


def test_a_folder_that_is_gone_meanwhile_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path)
    (tmp_path / "spill").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "glob", lambda self, pattern: [self / pattern.replace("*", "gone")])
        forget_spilled(settings)


def test_too_little_memory_is_one_sentence_that_names_the_setting(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, memory_limit="64MB", threads=1)
    said = r"64MB of memory are too little.*EVENHAND_MEMORY_LIMIT"
    with pytest.raises(EvenhandError, match=said), engine(settings) as connection:
        connection.execute("select list(range) from range(100_000_000)")
    assert list((tmp_path / "spill").iterdir()) == []


def test_no_docs_are_made_while_a_night_runs(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.warehouse.touch()
    workspace.dagster.mkdir()
    with (workspace.dagster / "night.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(EvenhandError, match="Another run is working"):
            write_docs(workspace, Settings(home=tmp_path))
