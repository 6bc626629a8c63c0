"""Verdicts: how often each rule is broken, counted in one pass over each relation.

A rule whose violations cannot be counted has none to show (None), which is a verdict against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import duckdb

from orchestration.gate.check import Check
from orchestration.gate.sql import identifier


class Verdict(NamedTuple):
    """A row of the table of verdicts."""

    relation: str
    rule: str
    violations: int | None


@dataclass(frozen=True)
class Seen:
    """A relation's number of rows, None where there is no such relation, and the violations of rules over it by their names."""

    rows: int | None
    violations: dict[str, int | None]


def count_violations(connection: duckdb.DuckDBPyConnection, relation: str, checks: Sequence[Check]) -> Seen:
    """One query for all of the checks. Where DuckDB refuses it, one for each, so that the others still have their figures."""
    counted = _counted(connection, relation, [check.violations for check in checks])
    if counted is not None:
        return Seen(counted[0], {check.name: count for check, count in zip(checks, counted[1:], strict=True)})
    alone = {check.name: _counted(connection, relation, [check.violations]) for check in checks}
    rows = _counted(connection, relation, [])
    return Seen(rows[0] if rows else None, {name: counts[1] if counts else None for name, counts in alone.items()})


def select_one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[object, ...] | None:
    """The first row that a query gives, or None where DuckDB refuses it."""
    try:
        return connection.execute(query).fetchone()
    except duckdb.Error:
        return None


def _counted(connection: duckdb.DuckDBPyConnection, relation: str, counts: list[str]) -> list[int] | None:
    found = select_one(connection, f"SELECT {', '.join(['count(*)', *counts])} FROM {identifier(relation)}")
    return None if found is None else [int(str(count)) for count in found]
