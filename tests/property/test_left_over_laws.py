"""What need not be looked at for small left-overs changes nothing, and what was found in a family of cells before is what would be found again."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contracts import disclosure_policy
from orchestration.disclosure.audit import attacks
from orchestration.disclosure.audit.editions import PublishedCell, PublishedEdition
from orchestration.disclosure.policy import differences
from orchestration.disclosure.policy.cells import Members
from orchestration.disclosure.policy.differences import left_over
from orchestration.disclosure.policy.hashes import may_be_left_over
from tests.house import protected_cell

Matrix = npt.NDArray[np.bool_]
PUBLIC = disclosure_policy().profile("public")


@st.composite
def families(draw: st.DrawFn) -> Matrix:
    """Cells of one family: some by chance, some that are another one without a few groups, or the rest of one."""
    groups = draw(st.integers(3, 12))
    rows = draw(st.lists(st.lists(st.booleans(), min_size=groups, max_size=groups), min_size=1, max_size=6))
    matrix = np.array([row for row in rows if any(row)] or [[True] * groups])
    for _ in range(draw(st.integers(0, 3))):
        outer, inner = (matrix[draw(st.integers(0, len(matrix) - 1))] for _ in range(2))
        rest = outer & ~inner
        matrix = np.vstack([matrix, rest if rest.any() else outer | inner])
    return matrix


def hidden(matrix: Matrix, guard: int, cost: npt.NDArray[np.int64]) -> list[bool]:
    cell, group = (place.astype(np.int64) for place in np.nonzero(matrix))
    count = len(matrix)
    return left_over(np.zeros(count, dtype=np.int64), Members(cell, group, group), np.ones(count, dtype=np.bool_), cost, guard).tolist()


@given(families(), st.integers(2, 5), st.randoms(use_true_random=False))
def test_the_same_is_hidden_where_every_cell_is_looked_at(matrix: Matrix, guard: int, random: object) -> None:
    cost = np.array([random.randrange(3) for _ in matrix])  # type: ignore[attr-defined]
    filtered = hidden(matrix, guard, cost)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(differences, "_nested", lambda rows: np.ones(len(rows), dtype=np.bool_))
        assert hidden(matrix, guard, cost) == filtered
        patched.setattr(differences, "may_be_left_over", lambda *_: None)  # by elimination
        assert hidden(matrix, guard, cost) == filtered
        patched.setattr(differences, "_may_take_part", lambda rows, _: np.ones(len(rows), dtype=np.bool_))
        assert hidden(matrix, guard, cost) == filtered


@given(families(), st.integers(1, 4))
def test_no_group_of_a_small_left_over_is_missed(matrix: Matrix, most: int) -> None:
    found = may_be_left_over(matrix, most)
    assert found is not None
    for outer in matrix:
        inside = [row for row in matrix if not (row & ~outer).any() and row.sum() < outer.sum()]
        for size in range(1, len(inside) + 1):
            for chosen in combinations(inside, size):
                total = np.sum(chosen, axis=0)
                rest = outer & (total == 0)
                if (total <= 1).all() and 1 <= rest.sum() <= most:
                    assert found[rest].all()


def made(seed: int) -> PublishedEdition:
    """Three families of cells, some inside others."""
    random = np.random.default_rng(seed)
    cells = list[PublishedCell]()
    for family in range(3):
        everybody = {f"g{place:03d}": float(random.uniform(8, 92)) for place in range(40)}
        for number in range(4):
            own = {group: value for group, value in everybody.items() if number == 0 or random.random() < 0.5 + 0.13 * number}
            cell = protected_cell(f"{family}-{number}", own, PUBLIC)
            cells.append(replace(cell, family=("benchmark", f"K{family}", 1)))
    return PublishedEdition("2025-r0", "2025", tuple(cells))


@pytest.mark.parametrize("seed", range(4))
def test_what_is_remembered_of_families_is_what_is_found(seed: int) -> None:
    edition, known = made(seed), attacks.SetsKnown()
    first = attacks.identify(edition, (), known)
    fewer = PublishedEdition(edition.release_id, edition.period, edition.cells[1:])
    assert first == attacks.identify(edition, ()) == attacks.identify(edition, (), known)
    assert attacks.identify(fewer, (), known) == attacks.identify(fewer, ())
    assert attacks.identify(edition, [fewer], known) == attacks.identify(edition, [fewer])


def test_a_family_that_did_not_change_is_not_attacked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, known, edition = list[int](), attacks.SetsKnown(), made(1)
    one_family = attacks._identify_in
    monkeypatch.setattr(attacks, "_identify_in", lambda own, earlier: asked.append(len(own)) or one_family(own, earlier))
    attacks.identify(edition, (), known)
    attacks.identify(PublishedEdition(edition.release_id, edition.period, edition.cells[1:]), (), known)
    assert asked == [4, 4, 4, 3]


def test_cells_alone_in_their_family_and_cells_of_which_none_is_nested_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, take_part = list[int](), differences._may_take_part
    monkeypatch.setattr(differences, "_may_take_part", lambda rows, most: asked.append(len(rows)) or take_part(rows, most))
    attacks.fill_up(made(1), PUBLIC)
    assert asked == []
    sets = [[0, 1, 2, 3, 4, 5], [0, 1, 2], [4, 5, 6, 7], [7, 8, 9, 10]]
    matrix = np.array([[group in own for group in range(11)] for own in sets])
    assert hidden(matrix, 5, np.array([3, 1, 2, 2])) == [False, True, False, False]
    assert asked == [2]
