"""Every other report made by a second process: the same bytes, also where that process is gone, and no writer left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from orchestration.errors import EvenhandError
from orchestration.reports.apart import Helper, Task, write_with
from orchestration.reports.build import write_reports
from orchestration.reports.questions import OwnQuestion
from tests.unit.test_reports import CELLS, ME, OTHER, OWN, SILENT, own, write_inputs

QUESTIONS = {"P2": (OwnQuestion("q1", "open", date(2026, 4, 1), "unknown_project", "kpi_values", "s1"),)}


@pytest.fixture
def helper() -> Iterator[Helper]:
    started = Helper()
    yield started
    started.stop()


def task_in(folder: Path, owns: list[dict[str, object]] = OWN) -> Task:
    release, own_values = write_inputs(folder, CELLS, owns)
    return Task(release, own_values, (SILENT, OTHER, ME), folder / "helped", QUESTIONS)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def alone(task: Task, folder: Path) -> list[tuple[str, int, int]]:
    written = write_reports(task.release_dir, task.own_values, task.participants, folder, task.questions)
    return [(s.participant_id, s.asked, s.served) for s in written]


def test_two_processes_write_what_one_writes(helper: Helper, tmp_path: Path) -> None:
    task = task_in(tmp_path)
    helped = write_with(helper, task)
    assert [(s.participant_id, s.asked, s.served) for s in helped] == alone(task, tmp_path / "alone")
    assert len(files(tmp_path / "alone")) == 9
    assert files(tmp_path / "helped") == files(tmp_path / "alone")


def test_where_the_helper_is_gone_its_half_is_written_all_the_same(helper: Helper, tmp_path: Path) -> None:
    helper.stop()
    task = task_in(tmp_path)
    helped = write_with(helper, task)
    assert [(s.participant_id, s.asked, s.served) for s in helped] == alone(task, tmp_path / "alone")
    assert files(tmp_path / "helped") == files(tmp_path / "alone")


def test_the_helpers_error_is_told(helper: Helper, tmp_path: Path) -> None:
    task = task_in(tmp_path, [*OWN, own("P2", "XXX-99", 1.0)])
    with pytest.raises(EvenhandError, match="holds no 'XXX-99' version 1"):
        write_with(helper, task)


def test_nothing_is_written_where_an_id_cannot_be_a_folder(helper: Helper, tmp_path: Path) -> None:
    task = task_in(tmp_path)
    with pytest.raises(EvenhandError, match="cannot name a report folder"):
        write_with(helper, replace(task, participants=(ME, replace(OTHER, participant_id="../x"))))
    assert not (tmp_path / "helped").exists()


def test_a_helper_whose_asker_is_gone_stops_after_the_report_at_hand(helper: Helper, tmp_path: Path) -> None:
    helper.give(replace(task_in(tmp_path), participants=(ME, OTHER, SILENT), asked_by=os.getpid() + 1))
    assert [s.participant_id for s in helper.wait() or ()] == ["P1"]
    assert [folder.name for folder in (tmp_path / "helped").iterdir()] == ["P1"]
