"""Marts to candidates: the protected tables of every open period."""

from __future__ import annotations

from typing import Any

import dagster as dg

from orchestration.defs.resources import Night
from orchestration.defs.tables import markdown_table
from orchestration.release.nightly import make_candidates
from orchestration.stages import stage
from orchestration.workspace import exclusive_run


@dg.asset(
    deps=[["marts", mart] for mart in ("company_values", "cell_evidence", "trend_evidence", "attainment_evidence")],
    group_name="disclosure",
    kinds={"parquet"},
    description="Protected tables of every open period; what a release would be made of.",
)
def candidate(night: Night) -> dg.MaterializeResult[Any]:
    """Protect every cell; publish nothing."""
    with exclusive_run(night.workspace), stage("disclosure") as report:
        candidates = make_candidates(night.publisher)
        report.counts = {
            "candidates": len(candidates),
            "cells": sum(c.cells for c in candidates),
            "hidden": sum(c.hidden for c in candidates),
        }
    table = markdown_table(("release", "cells published", "cells hidden"), [(c.release_id, c.cells, c.hidden) for c in candidates])
    return dg.MaterializeResult(
        metadata={
            **report.counts,
            "folder": dg.MetadataValue.path(str(night.workspace.candidate)),
            "candidates": dg.MetadataValue.md(table),
        }
    )
