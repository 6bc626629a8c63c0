"""One check as data, and the ways most of them are made. What is checked is in `suite.py` and `invariants.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestration.gate.model import Severity

NONE_ALLOWED = "none allowed"


@dataclass(frozen=True)
class Check:
    """One expectation: the class of Great Expectations, its arguments, and the relation it looks at.

    `figures` is a query for (rows, observed) where counting the violations says too little.
    `not_applicable` says why there is nothing to check; the outcome is then passed with those words.
    """

    name: str
    sentence: str
    relation: str
    expectation: str
    arguments: dict[str, Any]
    limit: str = NONE_ALLOWED
    severity: Severity = "error"
    figures: str | None = None
    not_applicable: str | None = None


def must_hold(name: str, sentence: str, relation: str, condition: str, **more: Any) -> Check:
    """A check that `condition` is true in every row; NULL is a violation, so missing facts never pass."""
    query = f"SELECT 1 AS violation FROM {{batch}} WHERE ({escaped(condition)}) IS NOT TRUE"
    return unexpected_rows(name, sentence, relation, query, **more)


def unexpected_rows(name: str, sentence: str, relation: str, query: str, **more: Any) -> Check:
    """A check that `query` returns no row. It selects a constant, so that no value leaves the database."""
    return Check(name, sentence, relation, "UnexpectedRowsExpectation", {"unexpected_rows_query": query}, **more)


def at_least_one_row(name: str, sentence: str, relation: str) -> Check:
    """A check that the relation is not empty."""
    return Check(name, sentence, relation, "ExpectTableRowCountToBeBetween", {"min_value": 1}, "at least 1 row")


def escaped(condition: str) -> str:
    """Spelt for a query that is first a format string, whose one field is the batch, and then may hold bind names."""
    return condition.replace("{", "{{").replace("}", "}}").replace(":", "\\:")
