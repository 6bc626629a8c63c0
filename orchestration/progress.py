"""A night on the terminal: which stage is at work, and what each one counted."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

from orchestration.stages import STAGES, StageReport


@contextmanager
def shown_stages(console: Console) -> Generator[None]:
    """Show stages while they run; everything else that libraries log is kept off the screen."""
    dagster_level = logging.getLogger("dagster").level
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    logger = logging.getLogger("evenhand.stage")
    with console.status("looking for something to do") as status:
        handler = _StageLines(console, status)
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logging.getLogger("dagster").setLevel(dagster_level)


class _StageLines(logging.Handler):
    def __init__(self, console: Console, status: Status) -> None:
        super().__init__()
        self._console, self._status = console, status

    def emit(self, record: logging.LogRecord) -> None:
        report: StageReport = record.stage_report  # type: ignore[attr-defined]
        number = STAGES.index(report.name) + 1
        if not record.stage_ended:  # type: ignore[attr-defined]
            self._status.update(f"{number}/{len(STAGES)} {report.name}")
            return
        counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in report.counts.items())
        self._console.print(f"{number}/{len(STAGES)} {report.name:<10} {report.seconds:6.1f} s  {counts}", markup=False)
