"""Realistic dirt: rows spoiled in the ways of `spoils`, counted exactly, and files that must be rejected whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.demo.files import Row, columns_of, csv_text
from orchestration.demo.model import shuffled, stream
from orchestration.demo.spoils import CONTRADICTED, COPIED, ONE_FIELD_TOO_MANY, SPOILS, Fields, Spoil
from orchestration.demo.truth import Dirt, RejectedFile

Sheets = dict[str, list[Row]]
"""Rows of one feed by participant."""
MINIMUM_ROWS = {"kpi_values": 60, "projects": 6, "engagements": 8}
"""A smaller file is never spoiled, so that none comes near half of its rows bad."""
ATTEMPTS = 400
COPYING = (COPIED, CONTRADICTED)
VERDICTS = {COPIED: "collapsed"}


@dataclass(frozen=True)
class BrokenFile:
    """The whole text of a file that must be rejected."""

    file: str
    reason: str
    text: str

    @property
    def rejected(self) -> RejectedFile:
        return RejectedFile(self.file, self.reason, max(len(self.text.splitlines()) - 1, 0))


def spoil_rows(seed: int, feed: str, sheets: Sheets) -> tuple[Sheets, tuple[Dirt, ...]]:
    """Apply this feed's spoils and say what was done. No row is spoiled twice, and no file twice by one rule."""
    rng = stream(seed, "dirt", feed)
    columns = columns_of(feed)
    spoiled = {participant: list(rows) for participant, rows in sheets.items()}
    touched: set[tuple[str, int]] = set()
    done = [_apply(spoil, rng, columns, spoiled, touched) for spoil in SPOILS if spoil.feed == feed]
    return spoiled, tuple(done)


def broken_files(sheets: Sheets, only_sender: str) -> tuple[BrokenFile, ...]:
    """Semicolons, nothing at all, and a misspelt column; the first two beside good files of the same participants."""
    columns = columns_of("kpi_values")
    first, second = list(sheets)[9:11]
    misspelt = ["evidence_grad" if c == "evidence_grade" else c for c in columns]
    return (
        BrokenFile(
            f"{first}/kpi_values__semicolon.csv",
            "semicolons between the columns",
            csv_text(columns, sheets[first][:40], ";"),
        ),
        BrokenFile(f"{second}/projects__empty.csv", "no bytes", ""),
        BrokenFile(
            f"{only_sender}/kpi_values.csv",
            "column evidence_grad is unknown",
            csv_text(misspelt, _anonymous(sheets[first][40:80])),
        ),
    )


def _apply(spoil: Spoil, rng: np.random.Generator, columns: tuple[str, ...], sheets: Sheets, touched: set[tuple[str, int]]) -> Dirt:
    senders = [p for p, rows in sheets.items() if len(rows) >= MINIMUM_ROWS[spoil.feed]]
    examples: list[str] = []
    for index in shuffled(rng, len(senders)):
        sender, rows = senders[index], sheets[senders[index]]
        if len(examples) == spoil.rows:
            break
        place = _suitable_place(spoil, rng, columns, rows, {p for s, p in touched if s == sender})
        if place is None:
            continue
        changed = _spoil_one(spoil, columns, rows, place, len(examples))
        touched |= {(sender, place), (sender, changed)}
        examples.append(f"{sender}: {','.join(rows[changed])}")
    bad_rows = len(examples) * (2 if spoil.rule == CONTRADICTED else 1)
    return Dirt(spoil.feed, spoil.rule, VERDICTS.get(spoil.rule, "quarantined"), bad_rows, examples[0] if examples else "")


def _suitable_place(spoil: Spoil, rng: np.random.Generator, columns: tuple[str, ...], rows: list[Row], taken: set[int]) -> int | None:
    for place in map(int, rng.integers(0, len(rows), size=ATTEMPTS)):
        if place not in taken and spoil.suits(_fields(columns, rows[place])):
            return place
    return None


def _spoil_one(spoil: Spoil, columns: tuple[str, ...], rows: list[Row], place: int, nth: int) -> int:
    """Change the row in place, or put a changed copy at the end; returns where the changed row stands."""
    fields = spoil.change(_fields(columns, rows[place]), nth)
    changed = [fields[c] for c in columns]
    if spoil.rule == ONE_FIELD_TOO_MANY:
        changed.append("see mail")
    if spoil.rule in COPYING:
        rows.append(changed)
        return len(rows) - 1
    rows[place] = changed
    return place


def _fields(columns: tuple[str, ...], row: Row) -> Fields:
    return dict(zip(columns, row, strict=False))


def _anonymous(rows: list[Row]) -> list[Row]:
    project_ref = columns_of("kpi_values").index("project_ref")
    return [[*row[:project_ref], "", *row[project_ref + 1 :]] for row in rows]
