"""What the attacks on a candidate found, as checks among the others: each claim of `audit.json`, and that these very rows were attacked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.gate.model import CheckOutcome

ATTACKED = "Every attack was made, and on exactly these rows beside exactly the editions that left before them."
ALWAYS_TRIED = ("identification", "interval", "change_of_one", "rebuild", "neutrality", "newcomers")
CLAIMS = (*ALWAYS_TRIED[:3], "revision", "two_cells", *ALWAYS_TRIED[3:])


def audit_outcomes(path: Path, attacked: Mapping[str, object]) -> tuple[CheckOutcome, ...]:
    """One outcome for each claim, and one first for the file itself. attacked: what the audit must say that it was made of, as `audit_of`
    names it for what is about to leave."""
    try:
        audit = json.loads(path.read_text("utf-8"))
        claims = tuple(_claim(claim) for claim in audit["claims"])
        tried = {claim["name"]: claim["how_many"] for claim in audit["claims"]}
        other = [name for name, said in sorted(attacked.items()) if audit[name] != said]
    except (OSError, ValueError, KeyError, TypeError):
        return (_outcome("audit.attacked", ATTACKED, 0, 1, "there is no audit of this candidate", ""),)
    untried = [name for name in CLAIMS if name not in tried or (name in ALWAYS_TRIED and not tried[name])]
    said = f"not tried: {', '.join(untried)}" if untried else f"on another: {', '.join(other)}" if other else "all attacks"
    return (_outcome("audit.attacked", ATTACKED, len(claims), 1 if other or untried else 0, said, ""), *claims)


def _claim(claim: dict[str, Any]) -> CheckOutcome:
    found = f"{claim['how_many']:,} {claim['what_was_tried']}: {claim['broken']} broken"
    narrowest, limit = claim["narrowest_interval_percent"], claim["limit_percent"]
    if narrowest is not None:
        found += f"; the narrowest interval found is {narrowest:g} % of the typical range"
    said = "none allowed" if limit is None else f"at least {limit:g} % of the typical range"
    return _outcome(f"audit.{claim['name']}", claim["claim"], claim["how_many"], claim["broken"] + (not claim["passed"]), found, said)


def _outcome(name: str, sentence: str, rows: int, violations: int, observed: str, limit: str) -> CheckOutcome:
    return CheckOutcome(name, sentence, "error", violations == 0, rows, violations, observed, limit)
