"""From Spark's tables to `warehouse.duckdb`, so that disclosure, gate, release and reports read the same on both engines.

Spark writes each table as Parquet below the workspace, which every worker must see under the same path, as it must the lake.
A new warehouse is built beside the old one from those files, counted, and renamed: a run that is killed leaves the old one.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb

from orchestration.engine import engine
from orchestration.errors import EvenhandError
from orchestration.settings import Settings
from orchestration.spark.session import spark_session
from orchestration.sql import literal
from orchestration.workspace import Workspace, remove_database, write_ahead_log

TABLES = (
    "staging.stg_night",
    "intermediate.int_attainment_votes",
    "intermediate.int_cells",
    "intermediate.int_company_values",
    "intermediate.int_fingerprints__periods",
    "intermediate.int_kpis",
    "intermediate.int_matched_changes",
    "intermediate.int_sent__spans",
    "intermediate.int_units",
    "marts.attainment_evidence",
    "marts.cell_evidence",
    "marts.company_values",
    "marts.converted_amounts",
    "marts.excluded_rows",
    "marts.participant_values",
    "marts.participants",
    "marts.questions",
    "marts.rates_used",
    "marts.submission_grades",
    "marts.success_weights",
    "marts.trend_evidence",
)
"""Every mart, and what else the rooms after the transformation read."""
MARK = "warehouse_is_taken_over"


def take_over(workspace: Workspace, settings: Settings) -> None:
    """Replace the warehouse by what Spark holds now. Raises `EvenhandError` where a table did not arrive whole."""
    folder = workspace.dagster / "spark"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with spark_session(settings.spark_remote) as session:
            rows = {table: _export(session, table, folder / table) for table in TABLES}
        beside = workspace.warehouse.with_suffix(".new")
        remove_database(beside)
        _load(beside, folder, settings)
        _require_whole(beside, rows)
        (workspace.dagster / MARK).touch()
        write_ahead_log(workspace.warehouse).unlink(missing_ok=True)
        beside.replace(workspace.warehouse)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def begin_own_warehouse(workspace: Workspace) -> None:
    """Before DuckDB builds: remove a warehouse that holds Spark's tables, without the views and notes that DuckDB's own has."""
    mark = workspace.dagster / MARK
    if mark.exists():
        remove_database(workspace.warehouse)
        mark.unlink()


def _export(session: Any, table: str, folder: Path) -> int:
    """Write one table as Parquet, to the file system that this machine and the cluster share; returns how many rows it has."""
    session.table(table).write.mode("overwrite").parquet(f"file://{folder}")
    return int(session.table(table).count())


def _load(warehouse: Path, folder: Path, settings: Settings) -> None:
    with engine(settings, warehouse, writable=True) as connection:
        for table in TABLES:
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            files = literal(str(folder / table / "*.parquet"))
            connection.execute(f"create table {table} as select * from read_parquet({files})")


def _require_whole(warehouse: Path, rows: dict[str, int]) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for table, wanted in rows.items():
            found = connection.execute(f"select count(*) from {table}").fetchone()
            if found != (wanted,):
                raise EvenhandError(
                    f"Spark's table {table} did not arrive whole ({found[0] if found else 0:,} of {wanted:,} rows); the warehouse is as it was."
                )
