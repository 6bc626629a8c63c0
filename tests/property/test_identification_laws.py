"""Attack 1 finds exactly what trying every coalition finds."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.disclosure.audit.attacks import to_hide
from orchestration.disclosure.audit.rowspace import singled_out
from orchestration.disclosure.policy.algebra import follow, in_few, taking_part
from tests.laws import examples


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


def by_trying(rows: npt.NDArray[np.bool_], group: list[int], colluders: int) -> set[frozenset[int]]:
    """The smallest sets of groups such that the row space holds a vector that touches no others: then the rank falls without them."""
    every = rank([[Fraction(int(v)) for v in row] for row in rows])
    found: set[frozenset[int]] = set()
    for size in range(1, colluders + 2):
        for known in map(frozenset, combinations(sorted(set(group)), size)):
            kept = [c for c, g in enumerate(group) if g not in known]
            if not any(smaller < known for smaller in found) and rank([[Fraction(int(row[c])) for c in kept] for row in rows]) < every:
                found.add(known)
    return found


@st.composite
def published(draw: st.DrawFn) -> tuple[npt.NDArray[np.bool_], list[int]]:
    columns = draw(st.integers(2, 8))
    rows = draw(st.lists(st.lists(st.booleans(), min_size=columns, max_size=columns), min_size=1, max_size=7))
    if draw(st.booleans()):  # the same groups in the same cells
        times = draw(st.lists(st.integers(1, 4), min_size=columns, max_size=columns).filter(lambda times: sum(times) <= 12))
        return np.repeat(np.array(rows), times, axis=1), list(range(sum(times)))
    group = draw(st.lists(st.integers(0, columns), min_size=columns, max_size=columns)) if draw(st.booleans()) else list(range(columns))
    return np.array(rows), group


@settings(max_examples=examples(400), deadline=None)
@given(published(), st.integers(0, 2))
def test_it_finds_what_trying_every_coalition_finds(sets: tuple[npt.NDArray[np.bool_], list[int]], colluders: int) -> None:
    rows, group = sets
    found = singled_out(rows, np.array(group), colluders)
    assert len(found) == len(set(found))
    assert set(found) == by_trying(rows, group, colluders)


@settings(max_examples=examples(200), deadline=None)
@given(published())
def test_a_row_takes_part_where_it_is_in_a_smallest_set_of_rows_that_single_out(sets: tuple[npt.NDArray[np.bool_], list[int]]) -> None:
    rows, group = sets
    for groups in singled_out(rows, np.array(group)):
        known = np.isin(group, list(groups))

        def singles_out(chosen: tuple[int, ...], known: npt.NDArray[np.bool_] = known) -> bool:
            of_all, of_others = (
                [[Fraction(int(v)) for v in row] for row in part] for part in (rows[list(chosen)], rows[list(chosen)][:, ~known])
            )
            return rank(of_others) < rank(of_all)

        sets_of_rows = [
            set(chosen) for size in range(1, len(rows) + 1) for chosen in combinations(range(len(rows)), size) if singles_out(chosen)
        ]
        smallest = [chosen for chosen in sets_of_rows if not any(other < chosen for other in sets_of_rows)]
        assert set(np.flatnonzero(taking_part(rows, known)).tolist()) == set().union(*smallest)


@settings(max_examples=examples(300), deadline=None)
@given(published(), st.integers(1, 4))
def test_the_columns_of_few_that_are_a_sum_of_rows_are_those_that_trying_finds(
    sets: tuple[npt.NDArray[np.bool_], list[int]], most: int
) -> None:
    rows, _ = sets
    exact = [[Fraction(int(v)) for v in row] for row in rows]
    every, columns = rank(exact), range(rows.shape[1])
    few = [chosen for size in range(1, most + 1) for chosen in combinations(columns, size)]
    inside = [chosen for chosen in few if rank([*exact, [Fraction(int(c in chosen)) for c in columns]]) == every]
    found = in_few(rows, most)
    assert found is not None
    assert set(np.flatnonzero(found).tolist()) == {column for chosen in inside for column in chosen}


@settings(max_examples=examples(200), deadline=None)
@given(published(), st.integers(0, 2), st.randoms(use_true_random=False))
def test_what_is_hidden_leaves_nobody_singled_out_and_nothing_hidden_in_vain(
    sets: tuple[npt.NDArray[np.bool_], list[int]], already: int, random: object
) -> None:
    """already: how many rows, the last ones, were served before and cannot be hidden."""
    rows, group = sets[0][sets[0].any(axis=1)], np.array(sets[1])
    if not len(rows):
        return
    own = max(1, len(rows) - already)
    hidden = to_hide(rows, group, rows[:own].sum(axis=1))
    shown = np.setdiff1d(np.arange(len(rows)), hidden)
    assert singled_out(rows[shown], group) == singled_out(rows[own:], group)
    assert not follow(rows[hidden], rows[shown]).any()
    order = list(range(own))
    random.shuffle(order)  # type: ignore[attr-defined]
    elsewhere = to_hide(rows[[*order, *range(own, len(rows))]], group, rows[order].sum(axis=1))
    assert sorted(order[row] for row in elsewhere) == sorted(hidden)
