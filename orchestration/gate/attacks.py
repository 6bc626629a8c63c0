"""What the attacks on a candidate found, as checks among the others: each claim of `audit.json`, and that these very rows were attacked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from orchestration.gate.model import CheckOutcome

ATTACKED = "The attacks were made on exactly these rows."


def audit_outcomes(path: Path, content: str) -> tuple[CheckOutcome, ...]:
    """One outcome for each claim, and one first for the file itself. content: the digest of the rows that are about to leave."""
    try:
        audit = json.loads(path.read_text("utf-8"))
        same = audit["content_sha256"] == content and bool(audit["claims"])
        claims = tuple(_claim(claim) for claim in audit["claims"])
    except (OSError, ValueError, KeyError, TypeError):
        return (_outcome("audit.attacked", ATTACKED, 0, 1, "there is no audit of this candidate", ""),)
    said = "the same rows" if same else "other rows, or no claim at all"
    return (_outcome("audit.attacked", ATTACKED, len(claims), 0 if same else 1, said, ""), *claims)


def _claim(claim: dict[str, Any]) -> CheckOutcome:
    found = f"{claim['how_many']:,} {claim['what_was_tried']}: {claim['broken']} broken"
    narrowest, limit = claim["narrowest_interval_percent"], claim["limit_percent"]
    if narrowest is not None:
        found += f"; the narrowest interval found is {narrowest:g} % of the typical range"
    said = "" if limit is None else f"at least {limit:g} % of the typical range"
    return _outcome(f"audit.{claim['name']}", claim["claim"], claim["how_many"], claim["broken"] + (not claim["passed"]), found, said)


def _outcome(name: str, sentence: str, rows: int, violations: int, observed: str, limit: str) -> CheckOutcome:
    return CheckOutcome(name, sentence, "error", violations == 0, rows, violations, observed, limit)
