"""Running the suite on one candidate: relations, verdicts, what Great Expectations says of them, outcomes.

A check that could not run has failed, and so has one whose verdict Great Expectations does not share. Nothing but counts and
names of columns the contract declares leaves the database.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from orchestration.contracts import Policy, Profile, TableContract
from orchestration.errors import EvenhandError
from orchestration.gate.check import Check
from orchestration.gate.model import CheckOutcome, GateInput, GateResult
from orchestration.gate.relations import build_relations
from orchestration.gate.suite import gate_checks
from orchestration.gate.verdicts import Seen, Verdict, count_violations, select_one

NOT_RUN = "the check could not run"
CANDIDATE = "candidate"


def run_gate(inputs: GateInput, contract: TableContract, profile: Profile, policy: Policy) -> GateResult:
    """Every check on the very bytes of `inputs.dataset`. Raises `EvenhandError` where a named file does not exist."""
    checks = gate_checks(inputs, contract, profile, policy)
    rows, outcomes = run_checks(inputs, checks, contract, profile)
    return GateResult(inputs.release_id, profile.name, rows, outcomes)


def run_checks(
    inputs: GateInput, checks: tuple[Check, ...], contract: TableContract, profile: Profile
) -> tuple[int, tuple[CheckOutcome, ...]]:
    """The candidate's number of rows and the outcome of each of `checks`. Publishing goes through `run_gate`."""
    _require_files(inputs)
    with _offline() as connection:
        build_relations(connection, inputs, contract, profile)
        seen = {name: count_violations(connection, name, group) for name, group in _by_relation(checks).items()}
        violations = _judged(checks, seen)
        outcomes = tuple(_outcome(check, seen, violations, connection) for check in checks)
    return seen[CANDIDATE].rows or 0, outcomes


def _offline() -> duckdb.DuckDBPyConnection:
    """An empty database in memory. On tables of a release's size, more threads cost more than they bring."""
    return duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False, "autoload_known_extensions": False})


def _require_files(inputs: GateInput) -> None:
    missing = [f"{name} ({path})" for name, path in inputs.files() if path and not path.is_file()]
    if missing:
        raise EvenhandError(f"The gate needs these files and they do not exist: {', '.join(missing)}.")


def _by_relation(checks: Iterable[Check]) -> dict[str, list[Check]]:
    """What is asked of each relation; the candidate is looked at in any case."""
    grouped: dict[str, list[Check]] = {CANDIDATE: []}
    for check in checks:
        if check.not_applicable is None:
            grouped.setdefault(check.relation, []).append(check)
    return grouped


def _judged(checks: Iterable[Check], seen: dict[str, Seen]) -> dict[str, int | None]:
    """Violations by rule as they stand in the table of verdicts; None where they were not counted, and for all rules over a
    relation of which Great Expectations finds another number broken there.
    """
    from orchestration.gate.engine import judge

    asked = [check for check in checks if check.not_applicable is None and not _has_nothing_to_look_at(check, seen)]
    judgement = judge([Verdict(check.relation, check.name, seen[check.relation].violations[check.name]) for check in asked])
    broken = dict.fromkeys((check.relation for check in asked), 0)
    for check in asked:
        broken[check.relation] += judgement.violations.get(check.name) != 0
    shared = {relation for relation, count in broken.items() if judgement.broken.get(relation) == count}
    return {check.name: judgement.violations.get(check.name) if check.relation in shared else None for check in asked}


def _has_nothing_to_look_at(check: Check, seen: dict[str, Seen]) -> bool:
    """Whether no row can break the rule because there is none; rules on a table's shape hold for empty ones too."""
    return seen[check.relation].rows == 0 and not check.holds_for_empty


def _outcome(check: Check, seen: dict[str, Seen], judged: dict[str, int | None], connection: duckdb.DuckDBPyConnection) -> CheckOutcome:
    if check.not_applicable is not None:
        return _stated(check, check.not_applicable, passed=True)
    if _has_nothing_to_look_at(check, seen):
        return _stated(check, "0 of 0", passed=True)
    rows, violations = seen[check.relation].rows or 0, judged[check.name]
    if violations is None:
        return _stated(check, NOT_RUN, passed=False, rows=rows)
    rows, observed = _figures(check, violations, rows, connection)
    return _stated(check, observed, passed=violations == 0, rows=rows, violations=violations)


def _stated(check: Check, observed: str, *, passed: bool, rows: int = 0, violations: int = 0) -> CheckOutcome:
    return CheckOutcome(check.name, check.sentence, check.severity, passed, rows, violations, observed, check.limit)


def _figures(check: Check, violations: int, rows: int, connection: duckdb.DuckDBPyConnection) -> tuple[int, str]:
    """The rows that a check looked at, and what it saw there."""
    found = select_one(connection, check.figures) if check.figures else None
    return (rows, f"{violations} of {rows}") if found is None else (int(str(found[0])), str(found[1]))
