"""The suite: what a release contract implies, one check per declared property, and then the invariants.

Nothing here runs anything: `verdicts.py` counts how often each check is broken, and `run.py` lets Great Expectations judge that.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.contracts import Column, Policy, Profile, RowRule, TableContract
from orchestration.gate.check import NONE_ALLOWED, Check, must_hold, must_not_be_broken, of_the_table
from orchestration.gate.invariants import invariant_checks
from orchestration.gate.model import GateInput
from orchestration.gate.sql import identifier, literal


def gate_checks(inputs: GateInput, contract: TableContract, profile: Profile, policy: Policy) -> tuple[Check, ...]:
    """Every check of one candidate, each with its own name."""
    return (*contract_checks(contract), *invariant_checks(inputs, contract, profile, policy))


def contract_checks(contract: TableContract) -> tuple[Check, ...]:
    """What the contract alone says of any candidate."""
    columns = [check for column in contract.columns for check in _column_checks(column)]
    return (_exact_columns(contract), _column_types(), *columns, *(_row_rule(rule) for rule in contract.rules))


def _exact_columns(contract: TableContract) -> Check:
    """Broken at each place where another column stands. What is observed names only what the contract declares: an undeclared
    column's name may say anything.
    """
    sentence = "The columns are exactly those of the contract, in its order."
    limit = f"the {len(contract.column_names)} columns of contract version {contract.version}"
    places = "declared_columns AS d FULL JOIN candidate_columns AS c ON c.place = d.place"
    differing = f"(SELECT count(*) FROM {places} WHERE c.name IS DISTINCT FROM d.name)"
    missing = "(SELECT string_agg(name, ', ' ORDER BY place) FROM declared_columns WHERE name NOT IN (SELECT name FROM candidate_columns))"
    undeclared = "(SELECT count(*) FROM candidate_columns WHERE declared_type IS NULL)"
    observed = f"""CASE WHEN {missing} IS NOT NULL OR {undeclared} > 0
        THEN concat('missing: ', coalesce({missing}, 'none'), '; undeclared: ', {undeclared})
        WHEN {differing} > 0 THEN 'in another order' ELSE 'as declared' END"""
    return of_the_table("columns", sentence, "candidate", differing, limit, observed)


def _column_types() -> Check:
    condition = "declared_type IS NULL OR type = declared_type"
    sentence = "Every declared column has the physical type of the contract."
    return must_hold("column_types", sentence, "candidate_columns", condition)


def _column_checks(column: Column) -> Iterator[Check]:
    """What is said of a column's values says nothing of empty ones, but for `required`."""
    name, value = column.name, identifier(column.name)
    if column.required:
        yield must_not_be_broken(f"{name}.required", f"{name} is never empty.", "candidate", f"{value} IS NULL")
    if column.allowed:
        words = ", ".join(literal(word) for word in column.allowed)
        limit = "one of " + ", ".join(column.allowed)
        sentence = f"{name} is one of the declared values."
        yield must_not_be_broken(f"{name}.allowed", sentence, "candidate", f"{value} NOT IN ({words})", limit=limit)
    if column.pattern:
        broken = f"NOT regexp_matches({value}, {literal(column.pattern)})"
        yield must_not_be_broken(f"{name}.pattern", f"{name} is written as declared.", "candidate", broken, limit=column.pattern)
    if column.minimum is not None or column.maximum is not None:
        limit = f"{_end(column.minimum)} to {_end(column.maximum)}"
        sentence = f"{name} lies in its declared range."
        yield must_not_be_broken(f"{name}.range", sentence, "candidate", f"NOT ({_in_range(column)})", limit=limit)
    if column.max_length is not None:
        limit = f"at most {column.max_length} characters"
        broken = f"length({value}) > {column.max_length}"
        yield must_not_be_broken(f"{name}.length", f"{name} is no longer than declared.", "candidate", broken, limit=limit)


def _in_range(column: Column) -> str:
    ends = ((">=", column.minimum), ("<=", column.maximum))
    return " AND ".join(f"{identifier(column.name)} {sign} {_spelt(bound)}" for sign, bound in ends if bound is not None)


def _spelt(bound: float | str) -> str:
    return literal(bound) if isinstance(bound, str) else repr(bound)


def _row_rule(rule: RowRule) -> Check:
    violations = f"(SELECT count(*) FROM candidate AS r WHERE ({rule.passes}) IS FALSE)"
    sentence = f"The row rule {rule.name} of the contract holds."
    return Check(f"rule.{rule.name}", sentence, "candidate", violations, rule.allowed or NONE_ALLOWED)


def _end(bound: float | str | None) -> str:
    return "any" if bound is None else str(bound)
