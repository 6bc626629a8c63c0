"""Entry point for dagster and dg, nothing else. Names are pinned by a test."""

from __future__ import annotations

import dagster as dg

from orchestration.defs import checks, disclose, ingest, present, publish, schedules, transform
from orchestration.defs.resources import Night

defs = dg.Definitions(
    assets=[ingest.intake, transform.transform, disclose.candidate, publish.release, present.reports],
    asset_checks=[checks.gate],
    jobs=[schedules.nightly, schedules.intake_only],
    schedules=[schedules.nightly_schedule],
    sensors=[schedules.landing_sensor],
    resources={"night": Night()},
    executor=dg.in_process_executor,
)
