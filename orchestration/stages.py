"""What a stage of the night tells whoever watches: its name, its counts, its seconds. Counts only, never a value.

Rooms and assets report here; the command line shows it as progress, Dagster as logs. Nobody else reads it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

STAGES = ("intake", "transform", "disclosure", "gate", "release", "reports")

log = logging.getLogger("evenhand.stage")


@dataclass
class StageReport:
    """Counts by name, filled while the stage runs."""

    name: str
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, counts: dict[str, int]) -> None:
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count


@contextmanager
def stage(name: str) -> Generator[StageReport]:
    """Log the start and the end of a stage; the report travels on the record as `stage_report`."""
    report = StageReport(name)
    log.info("%s starts", name, extra={"stage_report": report, "stage_ended": False})
    started = time.perf_counter()
    yield report
    report.seconds = time.perf_counter() - started
    shown = ", ".join(f"{count:,} {label}" for label, count in report.counts.items())
    log.info("%s ended: %s", name, shown or "nothing to do", extra={"stage_report": report, "stage_ended": True})
