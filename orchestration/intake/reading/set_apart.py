"""Rows that fit no table, collected while a file is read: every number, but only the first of them in full."""

from __future__ import annotations

from array import array
from collections import Counter

import numpy as np

from orchestration.intake.reading.results import LISTED_ROWS, SHOWN_TEXT_LENGTH, WRONG_FIELDS, RaggedRow, UnreadableFileError

MOST_APART = 1_000_000


class SetApart:
    """Grows with each row added, by eight bytes once `LISTED_ROWS` are listed: a hostile file may consist of nothing else."""

    def __init__(self) -> None:
        self._numbers = array("q")
        self._listed: list[RaggedRow] = []
        self._counts: Counter[str] = Counter()

    def add(self, row: int, fields: int, text: str, rule: str = WRONG_FIELDS, allowed: str | None = None) -> None:
        self._numbers.append(row)
        self._counts[rule] += 1
        if len(self._listed) < LISTED_ROWS:
            self._listed.append(RaggedRow(row, fields, text[:SHOWN_TEXT_LENGTH], rule, allowed))

    @property
    def is_listing(self) -> bool:
        """Whether the text of the next row will be kept."""
        return len(self._listed) < LISTED_ROWS

    @property
    def is_full(self) -> bool:
        """Whether so many rows were set apart that the file is refused (`refuse_full`) instead of read on."""
        return len(self._numbers) > MOST_APART

    def refuse_full(self) -> None:
        if self.is_full:
            raise UnreadableFileError(
                f"More than {MOST_APART:,} rows cannot be read as rows, the first is row {self._numbers[0]:,}: mend the file and send it again."
            )

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def numbers(self) -> np.ndarray:
        return np.frombuffer(self._numbers, dtype=np.int64) if self._numbers else np.empty(0, np.int64)

    @property
    def listed(self) -> tuple[RaggedRow, ...]:
        return tuple(sorted(self._listed, key=lambda r: r.row))

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        return tuple(sorted(self._counts.items()))

    def drop_blank_tail(self, last_row: int) -> None:
        """Forget rows of blanks alone that stand behind `last_row` at the end: they are empty lines."""
        while self._listed and len(self._listed) == len(self._numbers):
            last = self._listed[-1]
            if last.row < last_row or last.text.strip():
                return
            self._listed.pop()
            self._numbers.pop()
            self._counts[last.rule] -= 1
            if not self._counts[last.rule]:
                del self._counts[last.rule]
