"""One check as data, and the ways most of them are made. What is checked is in `suite.py` and `invariants.py`."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.gate.model import Severity

NONE_ALLOWED = "none allowed"


@dataclass(frozen=True)
class Check:
    """One rule over one relation.

    violations: SQL for how often it is broken, in a SELECT over the relation: an aggregate, or a subquery of its own.
    holds_for_empty: whether it is asked of a relation without rows too. `figures` is a query for (rows, observed) where counting
    the violations says too little. `not_applicable` says why there is nothing to check; the outcome is then passed with those words.
    """

    name: str
    sentence: str
    relation: str
    violations: str
    limit: str = NONE_ALLOWED
    severity: Severity = "error"
    holds_for_empty: bool = False
    figures: str | None = None
    not_applicable: str | None = None


def must_hold(
    name: str,
    sentence: str,
    relation: str,
    condition: str,
    *,
    limit: str = NONE_ALLOWED,
    severity: Severity = "error",
    figures: str | None = None,
) -> Check:
    """A check that `condition` is true in every row; NULL is a violation, so missing facts never pass."""
    return Check(name, sentence, relation, rows_where(f"({condition}) IS NOT TRUE"), limit, severity, figures=figures)


def must_not_be_broken(name: str, sentence: str, relation: str, broken: str, *, limit: str = NONE_ALLOWED) -> Check:
    """A check that `broken` is true in no row; NULL is none, so what is said of a value says nothing of an empty one."""
    return Check(name, sentence, relation, rows_where(broken), limit)


def must_be_empty(name: str, sentence: str, relation: str, query: str) -> Check:
    """A check that `query` returns no row."""
    return Check(name, sentence, relation, f"(SELECT count(*) FROM ({query}) AS found)")


def of_the_table(name: str, sentence: str, relation: str, violations: str, limit: str, observed: str) -> Check:
    """A check on a relation as a whole, also where it has no rows. observed: SQL for the words about it."""
    figures = f"SELECT count(*), {observed} FROM {relation}"
    return Check(name, sentence, relation, violations, limit, holds_for_empty=True, figures=figures)


def rows_where(condition: str) -> str:
    """SQL for the number of rows in which a condition is true."""
    return f"count(*) FILTER (WHERE {condition})"
