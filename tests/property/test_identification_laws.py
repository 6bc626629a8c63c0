"""Attack 1 finds exactly what trying every coalition finds."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.disclosure.audit.rowspace import singled_out


def rank(rows: list[list[Fraction]]) -> int:
    """Exact, by elimination in fractions."""
    rows, done = [list(row) for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(done, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        for i in range(done + 1, len(rows)):
            factor = rows[i][column] / rows[done][column]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[done], strict=True)]
        done += 1
    return done


def by_trying(rows: npt.NDArray[np.bool_], group: list[int], colluders: int) -> bool:
    """Whether the row space holds a vector that touches some colluders and one more group at most: then the rank falls without them."""
    every = rank([[Fraction(int(v)) for v in row] for row in rows])
    for known in combinations(sorted(set(group)), min(colluders + 1, len(set(group)))):
        kept = [c for c, g in enumerate(group) if g not in known]
        if rank([[Fraction(int(row[c])) for c in kept] for row in rows]) < every:
            return True
    return False


@st.composite
def published(draw: st.DrawFn) -> tuple[npt.NDArray[np.bool_], list[int]]:
    columns = draw(st.integers(2, 9))
    rows = draw(st.lists(st.lists(st.booleans(), min_size=columns, max_size=columns), min_size=1, max_size=7))
    group = draw(st.lists(st.integers(0, columns), min_size=columns, max_size=columns)) if draw(st.booleans()) else list(range(columns))
    return np.array(rows), group


@settings(max_examples=400, deadline=None)
@given(published(), st.integers(0, 2))
def test_it_finds_what_trying_every_coalition_finds(sets: tuple[npt.NDArray[np.bool_], list[int]], colluders: int) -> None:
    rows, group = sets
    found = singled_out(rows, np.array(group), colluders)
    assert (found is not None) == by_trying(rows, group, colluders)
    if found:
        assert 1 <= len(found.groups) <= colluders + 1
