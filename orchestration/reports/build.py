"""Reports of all participants of one release: `<out_dir>/<participant_id>/report.html`, `positions.csv`, `questions.csv`.

A report is a function of (this participant's own values, release); participants are written one after another and
none sees another one's rows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from orchestration.errors import EvenhandError
from orchestration.reports.answers import answer, positions_csv
from orchestration.reports.page import render
from orchestration.reports.questions import OwnQuestion, write_questions
from orchestration.reports.tables import OwnValue, Participant, Release, own_values_by_participant, read_release
from orchestration.workspace import write_atomically

__all__ = ["Participant", "ReportSummary", "write_reports"]

FILES = ("report.html", "positions.csv", "questions.csv")
FOLDER_NAME = re.compile(r"[A-Za-z0-9_:-][A-Za-z0-9_.:-]*")


@dataclass(frozen=True)
class ReportSummary:
    """What was written for one participant: `asked` own values of the period, `served` of them by a published cell."""

    participant_id: str
    folder: Path
    asked: int
    served: int


def write_reports(
    release_dir: Path,
    own_values: Path,
    participants: Sequence[Participant],
    out_dir: Path,
    questions: Mapping[str, tuple[OwnQuestion, ...]] | None = None,
) -> list[ReportSummary]:
    """A folder for every participant, also for one without any value; in order of participant_id.

    `own_values` is a Parquet file: participant_id, cut, the dimensions, kpi_code, kpi_version, period, value (in the
    KPI's unit), rows, grade, volume; rows of other periods or of participants not asked for are left alone. `questions`: by
    participant, those about its own figures. Nothing is written where an id cannot be a folder of its own, or stands
    twice: that raises `EvenhandError`.
    """
    ordered = sorted(participants, key=lambda p: p.participant_id)
    refuse_bad_ids([p.participant_id for p in ordered])
    written = list(written_reports(read_release(release_dir), own_values, ordered, out_dir, questions or {}))
    os.sync()  # once for all of them: bringing each to the disk alone takes longer than making it
    return written


def written_reports(
    release: Release,
    own_values: Path,
    ordered: Sequence[Participant],
    out_dir: Path,
    questions: Mapping[str, tuple[OwnQuestion, ...]],
) -> Iterator[ReportSummary]:
    """Write one report after another, of participants in order of participant_id. Whoever asks for them brings them to the disk."""
    for participant, values in _with_values(ordered, own_values, release.period):
        yield _write_one(participant, values, questions.get(participant.participant_id, ()), release, out_dir)


def refuse_bad_ids(ids: Sequence[str]) -> None:
    """ids: in order. Raises `EvenhandError` where one cannot be a folder of its own, or stands twice."""
    for name in ids:
        if not FOLDER_NAME.fullmatch(name):
            raise EvenhandError(
                f"Participant {name!r} cannot name a report folder: allowed are letters, digits and _ . : -,"
                " not starting with a dot and without a slash."
            )
    twice = sorted({name for name, following in pairwise(ids) if name == following})
    if twice:
        raise EvenhandError(f"Participants listed twice: {', '.join(twice)}; each gets one report.")


def _with_values(ordered: Sequence[Participant], path: Path, period: str) -> Iterator[tuple[Participant, list[OwnValue]]]:
    """Walks both sorted sides once; a participant without rows gets an empty list."""
    stream = own_values_by_participant(path, period, [p.participant_id for p in ordered])
    found = next(stream, None)
    for participant in ordered:
        while found is not None and found[0] < participant.participant_id:
            found = next(stream, None)
        is_own = found is not None and found[0] == participant.participant_id
        yield participant, found[1] if found is not None and is_own else []


def is_whole(folder: Path) -> bool:
    """Whether all files of a participant's report are there."""
    return all((folder / name).is_file() for name in FILES)


def _write_one(
    participant: Participant, values: Sequence[OwnValue], questions: tuple[OwnQuestion, ...], release: Release, out_dir: Path
) -> ReportSummary:
    answers = [answer(own, release) for own in values]
    folder = out_dir / participant.participant_id
    write_atomically(folder / "report.html", render(participant, answers, release, questions), durable=False)
    write_atomically(folder / "positions.csv", positions_csv(answers, release), durable=False)
    write_questions(folder, questions)
    return ReportSummary(participant.participant_id, folder, len(answers), sum(a.served is not None for a in answers))
