"""When things run: the job `nightly` at 02:00, and an intake-only job when files land."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from orchestration.contracts import intake_contracts
from orchestration.intake.arrivals import list_arrivals
from orchestration.settings import load_settings
from orchestration.workspace import Workspace

NIGHT_AT = "0 2 * * *"

nightly = dg.define_asset_job("nightly", selection=dg.AssetSelection.all(), description="Landing to reports, the whole night.")
intake_only = dg.define_asset_job(
    "intake_only",
    selection=dg.AssetSelection.groups("intake"),
    description="Take in what landed, so that senders get their receipts early.",
)


@dg.schedule(name="nightly", job=nightly, cron_schedule=NIGHT_AT, execution_timezone=load_settings().timezone)
def nightly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """The night of the scheduled day, whenever the run really starts."""
    as_of = context.scheduled_execution_time.date().isoformat()
    return dg.RunRequest(run_key=as_of, run_config={"resources": {"night": {"config": {"as_of": as_of}}}})


@dg.sensor(name="landing", job=intake_only, minimum_interval_seconds=60)
def landing_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Start an intake when files have landed that were not there at the last look."""
    landing = Workspace(load_settings().home).landing
    names = sorted(f"{a.name}:{_stamp(a.path)}" for a in list_arrivals(landing, intake_contracts()))
    seen = "\n".join(names)
    if not names or seen == context.cursor:
        return dg.SkipReason("Nothing new in landing.")
    context.update_cursor(seen)
    return dg.RunRequest()


def _stamp(path: Path) -> int:
    return path.lstat().st_mtime_ns
