"""Spark's tables take the warehouse's place whole: nothing of what a killed night left behind comes back on top of them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import Settings
from orchestration.spark import takeover
from orchestration.spark.takeover import MARK, TABLES, begin_own_warehouse, take_over
from orchestration.workspace import Workspace


@contextmanager
def no_session(remote: str) -> Generator[None]:
    yield


def one_row(session: None, table: str, folder: Path) -> int:
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"copy (select '{table}' as name) to '{folder / 'part.parquet'}' (format parquet)")
    return 1


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace in which a cluster, reached by nobody, holds one row a table."""
    monkeypatch.setattr(takeover, "spark_session", no_session)
    monkeypatch.setattr(takeover, "_export", one_row)
    made = Workspace(tmp_path / "home")
    made.dagster.mkdir(parents=True)
    return made


def leave_log(database: Path) -> Path:
    """A database as a killed night leaves it: its last table is in the log only."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute("checkpoint")
        connection.execute("pragma disable_checkpoint_on_shutdown")
        connection.execute("create table marts.left_behind (a integer)")
    log = database.with_name(database.name + ".wal")
    assert log.exists()
    return log


def tables_of(workspace: Workspace) -> set[str]:
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        return {f"{schema}.{name}" for schema, name in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()}


@pytest.mark.parametrize("left_beside", ["warehouse.duckdb", "warehouse.new"])
def test_the_log_of_a_killed_night_is_not_replayed_onto_what_is_taken_over(workspace: Workspace, left_beside: str) -> None:
    log = leave_log(workspace.home / left_beside)
    take_over(workspace, Settings(home=workspace.home))
    assert not log.exists()
    assert tables_of(workspace) == set(TABLES)
    assert (workspace.dagster / MARK).exists()


def test_the_log_goes_with_the_warehouse_that_duckdb_begins_anew(workspace: Workspace) -> None:
    log = leave_log(workspace.warehouse)
    begin_own_warehouse(workspace)
    assert (workspace.warehouse.exists(), log.exists()) == (True, True)  # its own: the next connection finishes it
    (workspace.dagster / MARK).touch()
    begin_own_warehouse(workspace)
    assert (workspace.warehouse.exists(), log.exists(), (workspace.dagster / MARK).exists()) == (False, False, False)
