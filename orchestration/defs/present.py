"""Releases to reports: one folder a participant, of the current release."""

from __future__ import annotations

from typing import Any

import dagster as dg

from orchestration.defs.publish import release
from orchestration.defs.resources import Night
from orchestration.reports.current import write_current_reports
from orchestration.stages import stage
from orchestration.workspace import exclusive_run


@dg.asset(
    deps=[release, ["marts", "participant_values"], ["marts", "success_weights"], ["marts", "questions"]],
    group_name="reports",
    kinds={"html"},
    description="Each participant's report on the current release, from the release and its own values only.",
)
def reports(night: Night) -> dg.MaterializeResult[Any]:
    """Write the reports of the current release that would say something else than they do."""
    with exclusive_run(night.workspace), stage("reports") as report:
        report.counts = {"reports": len(write_current_reports(night.workspace))}
    return dg.MaterializeResult(metadata={**report.counts, "folder": dg.MetadataValue.path(str(night.workspace.reports))})
