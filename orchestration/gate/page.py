"""`checks.html`: one gate result as a page of its own, without script, links or clock, in `checks.html.j2`.

Decides order and words only; figures come as they are from the result.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

from orchestration.gate.model import CheckOutcome, GateResult

TEMPLATE = Path(__file__).with_name("checks.html.j2")
VERDICTS = ("failed", "warning", "passed")


def checks_page(result: GateResult) -> str:
    """The page; the same result gives the same bytes."""
    outcomes = sorted(result.outcomes, key=lambda outcome: VERDICTS.index(verdict(outcome)))
    return _template().render(
        result=result,
        groups=[(word, [o for o in outcomes if verdict(o) == word]) for word in VERDICTS],
        summary=_summary(result),
    )


def verdict(outcome: CheckOutcome) -> str:
    if outcome.passed:
        return "passed"
    return "failed" if outcome.severity == "error" else "warning"


def _summary(result: GateResult) -> str:
    checks, failed, warned = len(result.outcomes), len(result.failures), len(result.warnings)
    warnings = f" {warned} gave a warning, which stops nothing." if warned else ""
    if failed:
        return f"{failed} of {checks} checks failed, so this release must not leave.{warnings}"
    return f"None of {checks} checks failed, so nothing here stops this release.{warnings}"


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(TEMPLATE.read_text("utf-8"))
