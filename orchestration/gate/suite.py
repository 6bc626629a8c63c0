"""The suite: what a release contract implies, one check per declared property, and then the invariants.

Nothing here runs anything: `run.py` turns a check into a Great Expectations expectation over its relation.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.contracts import Column, Policy, Profile, RowRule, TableContract
from orchestration.gate.check import NONE_ALLOWED, Check, escaped, must_hold, unexpected_rows
from orchestration.gate.invariants import invariant_checks
from orchestration.gate.model import GateInput


def gate_checks(inputs: GateInput, contract: TableContract, profile: Profile, policy: Policy) -> tuple[Check, ...]:
    """Every check of one candidate, each with its own name."""
    return (*contract_checks(contract), *invariant_checks(inputs, contract, profile, policy))


def contract_checks(contract: TableContract) -> tuple[Check, ...]:
    """What the contract alone says of any candidate."""
    columns = [check for column in contract.columns for check in _column_checks(column)]
    return (_exact_columns(contract), _column_types(), *columns, *(_row_rule(rule) for rule in contract.rules))


def _exact_columns(contract: TableContract) -> Check:
    names = list(contract.column_names)
    return Check(
        "columns",
        "The columns are exactly those of the contract, in its order.",
        "candidate",
        "ExpectTableColumnsToMatchOrderedList",
        {"column_list": names},
        f"the {len(names)} columns of contract version {contract.version}",
    )


def _column_types() -> Check:
    condition = "declared_type IS NULL OR type = declared_type"
    sentence = "Every declared column has the physical type of the contract."
    return must_hold("column_types", sentence, "candidate_columns", condition)


def _column_checks(column: Column) -> Iterator[Check]:
    on = {"column": column.name}
    if column.required:
        sentence = f"{column.name} is never empty."
        yield Check(f"{column.name}.required", sentence, "candidate", "ExpectColumnValuesToNotBeNull", on)
    if column.allowed:
        arguments = {**on, "value_set": list(column.allowed)}
        limit = "one of " + ", ".join(column.allowed)
        sentence = f"{column.name} is one of the declared values."
        yield Check(f"{column.name}.allowed", sentence, "candidate", "ExpectColumnValuesToBeInSet", arguments, limit)
    if column.pattern:
        arguments = {**on, "regex": column.pattern}
        sentence = f"{column.name} is written as declared."
        expectation = "ExpectColumnValuesToMatchRegex"
        yield Check(f"{column.name}.pattern", sentence, "candidate", expectation, arguments, column.pattern)
    if column.minimum is not None or column.maximum is not None:
        arguments = {**on, "min_value": column.minimum, "max_value": column.maximum}
        limit = f"{_end(column.minimum)} to {_end(column.maximum)}"
        sentence = f"{column.name} lies in its declared range."
        yield Check(f"{column.name}.range", sentence, "candidate", "ExpectColumnValuesToBeBetween", arguments, limit)
    if column.max_length is not None:
        arguments = {**on, "max_value": column.max_length}
        limit = f"at most {column.max_length} characters"
        expectation = "ExpectColumnValueLengthsToBeBetween"
        sentence = f"{column.name} is no longer than declared."
        yield Check(f"{column.name}.length", sentence, "candidate", expectation, arguments, limit)


def _row_rule(rule: RowRule) -> Check:
    query = f"SELECT 1 AS violation FROM (SELECT * FROM {{batch}}) AS r WHERE ({escaped(rule.passes)}) IS FALSE"
    sentence = f"The row rule {rule.name} of the contract holds."
    return unexpected_rows(f"rule.{rule.name}", sentence, "candidate", query, limit=rule.allowed or NONE_ALLOWED)


def _end(bound: float | str | None) -> str:
    return "any" if bound is None else str(bound)
