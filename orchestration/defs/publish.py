"""Candidates to releases: publish what is due, or say that nothing is and until when."""

from __future__ import annotations

from typing import Any

import dagster as dg

from orchestration.defs.disclose import candidate
from orchestration.defs.resources import Night
from orchestration.defs.tables import markdown_table
from orchestration.release.nightly import publish_due
from orchestration.stages import stage
from orchestration.workspace import exclusive_run


@dg.asset(deps=[candidate], group_name="release", kinds={"parquet"}, description="Immutable, signed releases.")
def release(night: Night) -> dg.MaterializeResult[Any]:
    """Publish every due candidate; the gate is called again on the bytes that leave."""
    with exclusive_run(night.workspace), stage("release") as report:
        outcome = publish_due(night.publisher)
        report.counts = {"published": len(outcome.published)}
    table = markdown_table(("published",), [(folder.name,) for folder in outcome.published])
    return dg.MaterializeResult(metadata={**report.counts, "says": outcome.sentence, "releases": dg.MetadataValue.md(table)})
