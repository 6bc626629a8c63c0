"""The gate as a blocking check on the candidates that are due: a red one stops the run before anything leaves."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.disclose import candidate
from orchestration.defs.resources import Night
from orchestration.defs.tables import markdown_table
from orchestration.release.nightly import check_due
from orchestration.stages import stage
from orchestration.workspace import exclusive_run


@dg.asset_check(asset=candidate, blocking=True, description="Release contract and disclosure invariants on every due candidate.")
def gate(night: Night) -> dg.AssetCheckResult:
    """Check every due candidate; the pages with the figures lie in the candidate folders."""
    with exclusive_run(night.workspace), stage("gate") as report:
        results = check_due(night.publisher)
        failed = [o for r in results for o in r.outcomes if not o.passed]
        errors = sum(o.severity == "error" for o in failed)
        checks = sum(len(r.outcomes) for r in results)
        report.counts = {"candidates due": len(results), "checks": checks, "failed": errors, "warnings": len(failed) - errors}
    table = markdown_table(
        ("release", "check", "severity", "violations", "observed"),
        [(r.release_id, o.name, o.severity, o.violations, o.observed) for r in results for o in r.outcomes if not o.passed],
    )
    return dg.AssetCheckResult(
        passed=all(r.passed for r in results), metadata={**report.counts, "failed checks": dg.MetadataValue.md(table)}
    )
