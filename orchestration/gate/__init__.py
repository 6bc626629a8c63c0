"""The gate: release contracts and disclosure invariants, checked by Great Expectations before anything may leave.

Importing this package does not import Great Expectations; running the gate does.
"""

from orchestration.gate.attacks import audit_outcomes
from orchestration.gate.estimator import allowed_quantiles
from orchestration.gate.model import CheckOutcome, GateInput, GateResult
from orchestration.gate.page import checks_page
from orchestration.gate.run import run_gate

__all__ = ["CheckOutcome", "GateInput", "GateResult", "allowed_quantiles", "audit_outcomes", "checks_page", "run_gate"]
