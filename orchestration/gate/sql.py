"""Spelling SQL safely: literals, names, lists and files. Nothing here knows a column."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'


def sql_list(items: Iterable[str]) -> str:
    """A SQL list of expressions."""
    return f"[{', '.join(items)}]"


def parquet(path: Path) -> str:
    """The table function that reads one Parquet file, its columns only."""
    return f"read_parquet({literal(one_file(path))}, hive_partitioning = false)"


def one_file(path: Path) -> str:
    """One file, never a pattern: DuckDB would read brackets, stars and question marks as wildcards."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(path))
