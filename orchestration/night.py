"""One night in this process: look first, then run the Dagster job `nightly` and remember how it ended."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import EvenhandError
from orchestration.idle import forget, nothing_to_do, remember
from orchestration.settings import Settings
from orchestration.spark.session import require_spark
from orchestration.stages import StageReport
from orchestration.workspace import Workspace, exclusive_run, write_atomically

if TYPE_CHECKING:
    from dagster import DagsterEvent

LAST_RUN = "last_run.json"
INSTANCE = """# Written once; change it as you like.
telemetry:
  enabled: false
run_queue:
  max_concurrent_runs: 1
"""


@dataclass(frozen=True)
class NightOutcome:
    """How a night ended: what it says in one sentence, and the stages that ran, in order."""

    says: str
    stages: tuple[StageReport, ...]


def run_night(workspace: Workspace, settings: Settings, as_of: date, profile: str, *, even_if_idle: bool = False) -> NightOutcome:
    """Run the whole night. Raises `EvenhandError` where a stage failed, the gate refused, another run is working, or no Spark answers
    that is to be asked: then nothing was taken in.
    """
    with exclusive_run(workspace):
        if not even_if_idle and (last := nothing_to_do(workspace, settings, as_of, profile)):
            return NightOutcome(f"Nothing new has landed and nothing has come due since {last.as_of}. {last.says}", ())
        if settings.target == "spark":
            require_spark(settings.spark_remote)
        forget(workspace)
        with _collected_stages() as stages:
            _run_job(workspace, settings.target, as_of, profile)
        says = _remember(workspace, settings, as_of, profile)
        _write_timings(workspace, as_of, stages)
        return NightOutcome(says, tuple(stages))


def prepare_instance(workspace: Workspace) -> None:
    """The workspace's Dagster instance: its runs and events, without telemetry."""
    path = workspace.dagster / "dagster.yaml"
    if not path.exists():
        write_atomically(path, INSTANCE)
    os.environ["DAGSTER_HOME"] = str(workspace.dagster)


def _run_job(workspace: Workspace, target: str, as_of: date, profile: str) -> None:
    prepare_instance(workspace)
    import dagster as dg

    from orchestration.definitions import defs

    config = {"home": str(workspace.home), "as_of": as_of.isoformat(), "profile": profile, "target": target}
    job = defs.resolve_job_def("nightly")
    with dg.DagsterInstance.get() as instance:
        quiet = {"console": {"config": {"log_level": "CRITICAL"}}}
        run_config = {"resources": {"night": {"config": config}}, "loggers": quiet}
        result = job.execute_in_process(run_config=run_config, instance=instance, raise_on_error=False)
        if not result.success:
            raise EvenhandError(_failure([e for e in result.all_events if e.is_step_failure], workspace))


def _failure(failures: list[DagsterEvent], workspace: Workspace) -> str:
    """The sentence of the first stage that failed; an error nobody foresaw is named and left in the run's log."""
    for event in failures:
        error = event.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        message = " ".join((error.message if error else "").split())
        name, _, text = message.partition(": ")
        if "CheckFailed" in name:
            from orchestration.release.nightly import REFUSAL

            note = workspace.candidate / ".private" / REFUSAL
            return (
                note.read_text("utf-8")
                if note.exists()
                else f"The gate refuses tonight's candidates; see checks.html in {workspace.candidate}."
            )
        if name.rsplit(".", 1)[-1] in ("EvenhandError", "GateRefusedError"):
            return text
        return f"The stage {event.step_key} failed unexpectedly ({name.rsplit('.', 1)[-1]}); the run's log is in {workspace.dagster}."
    return f"The night failed; its log is in {workspace.dagster}."


def _remember(workspace: Workspace, settings: Settings, as_of: date, profile: str) -> str:
    from orchestration.contracts import disclosure_policy, release_contracts
    from orchestration.release.nightly import next_sentence, quiet_until
    from orchestration.release.publish import Publisher

    publisher = Publisher(
        workspace,
        settings,
        disclosure_policy().profile(profile),
        disclosure_policy(),
        release_contracts(),
        as_of,
    )
    says = next_sentence(publisher)
    remember(workspace, settings, as_of, profile, quiet_until(publisher), says)
    return says


@contextmanager
def _collected_stages() -> Generator[list[StageReport]]:
    stages: list[StageReport] = []
    handler = _StageCollector(stages)
    logger = logging.getLogger("evenhand")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield stages
    finally:
        logger.removeHandler(handler)


class _StageCollector(logging.Handler):
    def __init__(self, stages: list[StageReport]) -> None:
        super().__init__()
        self._stages = stages

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "stage_ended", False):
            self._stages.append(record.stage_report)  # type: ignore[attr-defined]


def _write_timings(workspace: Workspace, as_of: date, stages: list[StageReport]) -> None:
    content = {
        "as_of": as_of.isoformat(),
        "stages": {s.name: {"seconds": round(s.seconds, 3), **s.counts} for s in stages},
    }
    write_atomically(workspace.dagster / LAST_RUN, json.dumps(content, indent=1) + "\n")


def last_run(workspace: Workspace) -> dict[str, object] | None:
    """What the last night that worked counted, or None."""
    path: Path = workspace.dagster / LAST_RUN
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
