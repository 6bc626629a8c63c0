"""How far a table may be from the edition before it and from the period before: DISCLOSURE "Between editions", and limits on
the number of rows, beyond which a person should look.
"""

from __future__ import annotations

from dataclasses import replace

from orchestration.contracts import Policy, TableContract
from orchestration.gate.check import Check, must_be_empty, must_hold
from orchestration.gate.model import GateInput, Severity

NO_REVISION, NO_PERIOD = "no previous revision", "no previous period"


def revision_checks(inputs: GateInput, contract: TableContract) -> tuple[Check, ...]:
    """What a revision may show of what the edition before it showed."""
    same = ", ".join(name for name in contract.column_names if name not in ("release_id", "status"))
    key = ", ".join(contract.key)
    hidden = must_be_empty(
        "hidden_stays_hidden",
        "A revision shows no cell that the revision before it hid.",
        "candidate",
        f"SELECT {key} FROM candidate EXCEPT SELECT {key} FROM previous_revision",
    )
    return (
        must_be_empty(
            "reserved_unchanged",
            "A re-served row is the previous revision's row, unchanged.",
            "reserved_rows",
            f"SELECT {same} FROM reserved_rows EXCEPT ALL SELECT {same} FROM previous_revision",
        ),
        hidden if inputs.previous_revision else replace(hidden, not_applicable=NO_REVISION),
    )


def change_checks(inputs: GateInput, contract: TableContract, policy: Policy) -> tuple[Check, ...]:
    """The limits are for the benchmark; the datasets beside it may be small, where a few rows are a large share."""
    revision = _close_to("revision", policy.revision_row_change_share, "error" if contract.name == "benchmark" else "warning")
    period = _close_to("period", policy.period_row_change_share, "warning")
    return (
        *(check if inputs.previous_revision else replace(check, not_applicable=NO_REVISION) for check in revision),
        *(check if inputs.previous_period else replace(check, not_applicable=NO_PERIOD) for check in period),
    )


def _close_to(against: str, share: float, severity: Severity) -> tuple[Check, ...]:
    relation = f"{against}_change"
    return (
        must_hold(
            f"{against}_rows",
            f"The number of rows is close to that of the previous {against}.",
            relation,
            f"abs(rows_now - rows_before) <= {share!r} * rows_before + 1e-9",
            limit=f"at most {share:.0%} more or fewer rows",
            severity=severity,
            figures=f"SELECT rows_now, concat(rows_now, ' rows, ', rows_before, ' before') FROM {relation}",
        ),
        must_hold(
            f"{against}_coverage",
            f"Most cells of the previous {against} are still there.",
            relation,
            f"cells_before - cells_kept <= {share!r} * cells_before + 1e-9",
            limit=f"at most {share:.0%} of the cells gone",
            severity=severity,
            figures=f"SELECT cells_before, concat(cells_kept, ' of ', cells_before, ' cells kept') FROM {relation}",
        ),
    )
