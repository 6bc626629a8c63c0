"""How many rows a build makes again: what a night saves, measured in work rather than in time, so that no machine plays a part.

Before the build every part is marked as of no known state of its checks; a part that the build makes is marked as checked or not,
whatever made it. Parts keep the mark that are left alone. A table that was dropped and made anew has none of them left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from orchestration.workspace import Workspace


def tables_made_by_part(workspace: Workspace) -> dict[str, str]:
    """The tables of materialization by_part, each with the column that holds the keys of its parts, from what dbt wrote at the last build."""
    return parts_of(json.loads((workspace.dagster / "dbt" / "manifest.json").read_text("utf-8")))


def parts_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    nodes = [n for n in manifest["nodes"].values() if n["resource_type"] == "model" and n["config"]["materialized"] == "by_part"]
    return {f"{node['schema']}.{node['alias']}": node["config"]["part"] for node in nodes}


def begin_counting(warehouse: Path, tables: Mapping[str, str]) -> int:
    """Mark every part as left alone. Returns the rows of all tables, which is what a build from nothing made."""
    with duckdb.connect(str(warehouse)) as connection:
        for table in tables:
            connection.execute(f"update {table}__made set is_checked = null")
        return sum(_count(connection, f"select count(*) from {table}") for table in tables)


def rows_made(warehouse: Path, tables: Mapping[str, str]) -> int:
    """The rows of the parts that were made since `begin_counting`."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return sum(
            _count(
                connection,
                f"select count(*) from {table} where {part} not in (select part_key from {table}__made where is_checked is null)",
            )
            for table, part in tables.items()
        )


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return int(row[0])
