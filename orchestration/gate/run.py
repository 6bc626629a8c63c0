"""Running the suite on one candidate: relations, one Great Expectations validation per relation, outcomes.

A check that could not run has failed. No value of the data is copied from a validation result: only counts,
and names of columns the contract declares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.contracts import Policy, Profile, TableContract
from orchestration.errors import EvenhandError
from orchestration.gate.check import Check
from orchestration.gate.model import CheckOutcome, GateInput, GateResult
from orchestration.gate.relations import build_relations
from orchestration.gate.suite import gate_checks

if TYPE_CHECKING:
    import sqlalchemy as sa

NOT_RUN = "the check could not run"
ON_TABLES = ("ExpectTableRowCountToBeBetween", "ExpectTableColumnsToMatchOrderedList")
COUNTS_ONLY = {"result_format": "SUMMARY", "partial_unexpected_count": 0}


def run_gate(inputs: GateInput, contract: TableContract, profile: Profile, policy: Policy) -> GateResult:
    """Every check on the very bytes of `inputs.dataset`. Raises `EvenhandError` where a named file does not exist."""
    checks = gate_checks(inputs, contract, profile, policy)
    rows, outcomes = run_checks(inputs, checks, contract, profile)
    return GateResult(inputs.release_id, profile.name, rows, outcomes)


def run_checks(
    inputs: GateInput, checks: tuple[Check, ...], contract: TableContract, profile: Profile
) -> tuple[int, tuple[CheckOutcome, ...]]:
    """The candidate's number of rows and the outcome of each of `checks`. Publishing goes through `run_gate`."""
    from orchestration.gate.engine import memory_datasource

    _require_files(inputs)
    with memory_datasource() as (datasource, connection):
        rows = build_relations(connection, inputs, contract, profile)
        results = {name: _validate(datasource, name, group) for name, group in _by_relation(checks, rows).items()}
        outcomes = tuple(_outcome(check, rows, results, connection) for check in checks)
    return rows.get("candidate", 0), outcomes


def _require_files(inputs: GateInput) -> None:
    missing = [f"{name} ({path})" for name, path in inputs.files() if path and not path.is_file()]
    if missing:
        raise EvenhandError(f"The gate needs these files and they do not exist: {', '.join(missing)}.")


def _by_relation(checks: tuple[Check, ...], rows: dict[str, int]) -> dict[str, list[Check]]:
    grouped: dict[str, list[Check]] = {}
    for check in checks:
        if check.not_applicable is None and check.relation in rows and not _has_nothing_to_look_at(check, rows):
            grouped.setdefault(check.relation, []).append(check)
    return grouped


def _has_nothing_to_look_at(check: Check, rows: dict[str, int]) -> bool:
    """Whether no row can break the rule because there is none; rules on a table's shape hold for empty ones too."""
    return rows.get(check.relation) == 0 and check.expectation not in ON_TABLES


def _validate(datasource: Any, relation: str, checks: list[Check]) -> dict[str, Any]:
    """Validation results by name of check."""
    from orchestration.gate.engine import expectation, suite

    batch = datasource.add_table_asset(relation, table_name=relation).add_batch_definition_whole_table("all").get_batch()
    expectations = [
        expectation(
            check.expectation,
            **check.arguments,
            severity="critical" if check.severity == "error" else "warning",
            meta={"check": check.name},
        )
        for check in checks
    ]
    validated = batch.validate(suite(relation, expectations), result_format=COUNTS_ONLY)
    return {result.expectation_config.meta["check"]: result for result in validated.results}


def _outcome(check: Check, rows: dict[str, int], results: dict[str, dict[str, Any]], connection: sa.Connection) -> CheckOutcome:
    if check.not_applicable is not None:
        return _stated(check, check.not_applicable, passed=True)
    if _has_nothing_to_look_at(check, rows):
        return _stated(check, "0 of 0", passed=True)
    seen, result = rows.get(check.relation, 0), results.get(check.relation, {}).get(check.name)
    if result is None or _raised(result.exception_info):
        return _stated(check, NOT_RUN, passed=False, rows=seen)
    violations = _violations(check, result)
    if check.figures is not None:
        figures = connection.exec_driver_sql(check.figures).one()
        seen, observed = int(figures[0]), str(figures[1])
    else:
        observed = _observed(check, result, violations, seen)
    return _stated(check, observed, passed=bool(result.success), rows=seen, violations=violations)


def _stated(check: Check, observed: str, *, passed: bool, rows: int = 0, violations: int = 0) -> CheckOutcome:
    return CheckOutcome(check.name, check.sentence, check.severity, passed, rows, violations, observed, check.limit)


def _raised(exception_info: dict[str, Any]) -> bool:
    """Either one record, or one for each metric that could not be computed."""
    if "raised_exception" in exception_info:
        return bool(exception_info["raised_exception"])
    return any(_raised(record) for record in exception_info.values())


def _violations(check: Check, result: Any) -> int:
    match check.expectation:
        case "UnexpectedRowsExpectation":
            return int(result.result["observed_value"])
        case "ExpectTableRowCountToBeBetween":
            return 0 if result.success else 1
        case "ExpectTableColumnsToMatchOrderedList":
            return len(_mismatches(result))
        case _:
            return int(result.result["unexpected_count"] or 0)  # NULL over no rows


def _mismatches(result: Any) -> list[dict[str, Any]]:
    return result.result.get("details", {}).get("mismatched", [])


def _observed(check: Check, result: Any, violations: int, rows: int) -> str:
    if check.expectation == "ExpectTableRowCountToBeBetween":
        return f"{rows} rows"
    if check.expectation == "ExpectTableColumnsToMatchOrderedList":
        return _observed_columns(check, result)
    return f"{violations} of {rows}"


def _observed_columns(check: Check, result: Any) -> str:
    """Names only what the contract declares: an undeclared column's name may say anything."""
    found = set(result.result["observed_value"])
    declared = check.arguments["column_list"]
    missing = [name for name in declared if name not in found]
    undeclared = len(found.difference(declared))
    if missing or undeclared:
        return f"missing: {', '.join(missing) or 'none'}; undeclared: {undeclared}"
    return "as declared" if result.success else "in another order"
