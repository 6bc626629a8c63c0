"""Half of the reports, made in a second process: a report is a function of its own values and the release, so that two may be
made at the same time and come out the same.

The helper is no fork, for the one that asks may have threads. It has no secrets, and stops after the report at hand where whoever
asked is gone, so that a killed night leaves no writer behind. Where the helper itself is gone, its half is made here.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from orchestration.errors import EvenhandError
from orchestration.reports.build import Participant, ReportSummary, refuse_bad_ids, written_reports
from orchestration.reports.questions import OwnQuestion
from orchestration.reports.tables import read_release
from orchestration.settings import PREFIX, PROJECT_ROOT


@dataclass(frozen=True)
class Task:
    """Reports to write, with the arguments of `write_reports`. asked_by: the process that waits for them."""

    release_dir: Path
    own_values: Path
    participants: tuple[Participant, ...]
    out_dir: Path
    questions: Mapping[str, tuple[OwnQuestion, ...]]
    asked_by: int = field(default_factory=os.getpid)


class Helper:
    """One process that makes reports, once. It loads what it needs while it has no task yet."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        paths = (str(PROJECT_ROOT), os.environ.get("PYTHONPATH", ""))
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        command = [sys.executable, "-m", "orchestration.reports.apart"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)  # noqa: S603

    def give(self, task: Task) -> None:
        """Tell it what to write; it reads all of it before it begins."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            with suppress(BrokenPipeError), self._process.stdin as asking:
                asking.write(pickle.dumps(task))

    def wait(self) -> list[ReportSummary] | None:
        """What it wrote; None where it ended early. Raises the `EvenhandError` that it met."""
        answers = self._process.stdout
        answer = b"" if answers is None or answers.closed else answers.read()
        if self._process.wait() or not answer:
            return None
        found = pickle.loads(answer)  # noqa: S301
        if isinstance(found, str):
            raise EvenhandError(found)
        return found

    def stop(self) -> None:
        """End it, whatever it is doing."""
        with suppress(BrokenPipeError), self._process:
            self._process.kill()


def write_with(helper: Helper, task: Task) -> list[ReportSummary]:
    """`write_reports`, every other one by the helper. Raises as that does, and then nobody writes any more."""
    ordered = sorted(task.participants, key=lambda p: p.participant_id)
    refuse_bad_ids([p.participant_id for p in ordered])
    try:
        helper.give(replace(task, participants=tuple(ordered[1::2])))
        written = _write(task, ordered[::2])
        helped = helper.wait()
    finally:
        helper.stop()
    written += _write(task, ordered[1::2]) if helped is None else helped
    os.sync()
    return sorted(written, key=lambda summary: summary.participant_id)


def _write(task: Task, participants: Sequence[Participant]) -> list[ReportSummary]:
    return list(written_reports(read_release(task.release_dir), task.own_values, participants, task.out_dir, task.questions))


def main() -> None:
    """Read one task from standard input, do it, and answer with what was written or with the sentence of an error."""
    task: Task = pickle.loads(sys.stdin.buffer.read())  # noqa: S301
    sys.stdout.buffer.write(pickle.dumps(_done(task)))


def _done(task: Task) -> list[ReportSummary] | str:
    written: list[ReportSummary] = []
    try:
        release = read_release(task.release_dir)
        for summary in written_reports(release, task.own_values, task.participants, task.out_dir, task.questions):
            written.append(summary)
            if os.getppid() != task.asked_by:
                break
    except EvenhandError as error:
        return str(error)
    return written


if __name__ == "__main__":
    main()
