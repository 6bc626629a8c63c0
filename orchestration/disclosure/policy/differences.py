"""Implied differences and complementary hiding (DISCLOSURE "Primary rules").

A published cell and published cells inside it, no two of which share a group, imply a left-over: the groups of the outer one that
are in none of the inner ones. It must be empty or hold as many groups as the change guard says. Inner cells may be of any
cuts, also of several. Where a left-over is too small, the cheapest inner cell is hidden, until none is; what need not be hidden any more
for others that are is shown again.

Which cells are hidden depends on the sets and the costs alone, not on the order or the numbers of cells or groups: cells that
cost the same are hidden together, and cheaper ones before dearer ones. A set of cells without such a left-over has none
either when cells are taken away from it, so whatever other rules hide cannot bring one back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from orchestration.disclosure.policy.algebra import in_few, taking_part
from orchestration.disclosure.policy.cells import Flags, Integers, Members
from orchestration.disclosure.policy.hashes import may_be_left_over

MOST_STEPS = 200_000
"""Of one search. A cell whose differences take longer to rule out counts as if one of them were too small."""

Matrix = npt.NDArray[np.bool_]


Clear = dict[int, frozenset[bytes]]
"""By family, sets of groups no choice of which leaves too few over."""


def left_over(
    family: Integers, members: Members, among: Flags, cost: Integers, guard: int, fixed: Flags | None = None, clear: Clear | None = None
) -> Flags:
    """Which of the cells in `among` to hide so that those that remain imply no left-over of 1 to guard - 1 groups.

    family: cells are compared with those of the same number. cost: of hiding a cell; the smallest is hidden first. fixed: cells that
    everybody has already and that cannot be hidden. Where inner ones are all of that kind, the outer one is hidden. clear: families whose
    sets were looked at before, of which a part need not be; and taken note of.
    """
    clear = {} if clear is None else clear
    fixed = np.zeros(len(family), dtype=np.bool_) if fixed is None else fixed
    hidden = np.zeros(len(family), dtype=np.bool_)
    for places, groups, matrix in _families(family, members, among):
        name, sets = int(family[places[0]]), frozenset(groups[row].tobytes() for row in matrix)
        if sets <= clear.get(name, frozenset()):
            continue
        nested = np.flatnonzero(_nested(matrix))
        suspects = nested[_may_take_part(matrix[nested], guard - 1)] if len(nested) else nested
        if not len(suspects):
            clear[name] = sets
        hidden[places[suspects[_hidden(matrix[suspects], cost[places[suspects]], guard, fixed[places[suspects]])]]] = True
    return hidden


def _nested(matrix: Matrix) -> Flags:
    """Rows that are inside another one and smaller, or around such a one: no other is an inner or outer cell of a left-over."""
    numbers = csr_array(matrix).astype(np.float32)
    common, sizes = coo_array(numbers @ numbers.T), matrix.sum(axis=1)
    inner, outer = common.coords
    is_inside = (common.data == sizes[inner]) & (sizes[inner] < sizes[outer])
    found = np.zeros(len(matrix), dtype=np.bool_)
    found[inner[is_inside]] = found[outer[is_inside]] = True
    return found


def _may_take_part(matrix: Matrix, most: int) -> Flags:
    """Rows without which there is no left-over of 1 to `most` columns. Each such left-over is the outer row less the inner ones, so
    that these all help to make a vector that touches few columns, which is quickly ruled out where there are many cells.
    """
    few = may_be_left_over(matrix, most)
    if few is None:
        few = in_few(matrix, most)
    if few is None:
        return np.ones(len(matrix), dtype=np.bool_)
    return taking_part(matrix, few) if few.any() else np.zeros(len(matrix), dtype=np.bool_)


def _families(family: Integers, members: Members, among: Flags) -> Iterator[tuple[Integers, Integers, Matrix]]:
    """The places of each family's cells, their groups in order, and which group (column) is in which of them (row). A cell alone in its
    family is left out: it is nested in none.
    """
    kept = among[members.cell]
    with_others = np.bincount(members.cell[kept], minlength=len(family)) > 0
    _, which, many = np.unique(family[with_others], return_inverse=True, return_counts=True)
    with_others[with_others] = many[which] > 1
    kept = with_others[members.cell] & kept
    cell, group = members.cell[kept], members.group[kept]
    order = np.argsort(family[cell], kind="stable")
    cell, group = cell[order], group[order]
    for part in np.split(np.arange(len(cell)), np.flatnonzero(np.diff(family[cell])) + 1):
        if len(part):
            places, rows = np.unique(cell[part], return_inverse=True)
            groups, columns = np.unique(group[part], return_inverse=True)
            matrix = np.zeros((len(places), len(groups)), dtype=np.bool_)
            matrix[rows, columns] = True
            yield places, groups, matrix


def _hidden(matrix: Matrix, cost: Integers, guard: int, fixed: Flags) -> list[int]:
    """The rows to hide, in rounds: of all differences that are too small, those with the cheapest cell first."""
    inner = _inner(matrix)
    is_hidden = np.zeros(len(matrix), dtype=np.bool_)
    found: dict[int, tuple[int, list[int]]] = {}
    dirty = [outer for outer, rows in enumerate(inner) if len(rows)]
    while True:
        for outer in dirty:
            shown = inner[outer][~is_hidden[inner[outer]]]
            found.pop(outer, None)
            search = _search_inside(matrix, outer, shown, guard) if not is_hidden[outer] else None
            if search and search.finds():
                price, rows = _cheapest(search, cost[shown], np.flatnonzero(~fixed[shown]))
                if rows:
                    found[outer] = price, [int(shown[row]) for row in rows]
                elif not fixed[outer]:
                    found[outer] = int(cost[outer]), [outer]
        if not found:
            _show_again(matrix, inner, cost, guard, is_hidden)
            return [int(row) for row in np.flatnonzero(is_hidden)]
        cheapest = min(price for price, _ in found.values())
        newly = {row for price, rows in found.values() if price == cheapest for row in rows}
        is_hidden[list(newly)] = True
        dirty = [outer for outer in found if is_hidden[outer] or newly.intersection(inner[outer].tolist())]


def _show_again(matrix: Matrix, inner: Sequence[Integers], cost: Integers, guard: int, is_hidden: Flags) -> None:
    """Show the rows that need not be hidden any more because of others that are: dearer ones first, those of one cost together."""
    for price in np.unique(cost[is_hidden])[::-1]:
        alike = np.flatnonzero(is_hidden & (cost == price))
        alone = [int(row) for row in alike if _is_safe(matrix, inner, guard, is_hidden, [int(row)])]
        if alone and (len(alone) == 1 or _is_safe(matrix, inner, guard, is_hidden, alone)):
            is_hidden[alone] = False


def _is_safe(matrix: Matrix, inner: Sequence[Integers], guard: int, is_hidden: Flags, rows: list[int]) -> bool:
    """Whether no difference would be too small if these rows were shown too."""
    hidden = is_hidden.copy()
    hidden[rows] = False
    for outer in np.flatnonzero(~hidden).tolist():
        if outer in rows or np.isin(rows, inner[outer]).any():
            shown = inner[outer][~hidden[inner[outer]]]
            search = _search_inside(matrix, outer, shown, guard)
            new = [None] if outer in rows else np.flatnonzero(np.isin(shown, rows)).tolist()
            if search and any(search.finds(row) for row in new):
                return False
    return True


def _inner(matrix: Matrix) -> list[Integers]:
    """For each row the rows that are inside it and smaller."""
    numbers = matrix.astype(np.float32)
    common = numbers @ numbers.T
    sizes = matrix.sum(axis=1)
    return [np.flatnonzero((common[row] == sizes) & (sizes < sizes[row])) for row in range(len(matrix))]


def _search_inside(matrix: Matrix, outer: int, shown: Integers, guard: int) -> _Search | None:
    return _Search(matrix[np.ix_(shown, np.flatnonzero(matrix[outer]))], guard - 1) if len(shown) else None


def _cheapest(search: _Search, cost: Integers, among: Integers) -> tuple[int, list[int]]:
    """The smallest cost of a row of `among` that takes part in a difference too small, and all rows of that cost that do; none where
    none does.
    """
    for price in np.unique(cost[among]).tolist():
        rows = [row for row in among.tolist() if cost[row] == price and search.finds(row)]
        if rows:
            return price, rows
    return 0, []


class _Search:
    """Whether some rows that share no column leave 1 to `most` columns over: an exact cover of nearly all columns.

    Columns are bits of one number. The first column that is not covered is covered by each row that may, or left over with
    all columns like it; what failed once is not tried again.
    """

    def __init__(self, inner: Matrix, most: int) -> None:
        by_size = np.argsort(-inner.sum(axis=1), kind="stable")
        columns = np.lexsort(inner[by_size[::-1]])  # alike columns side by side, those of large rows together
        patterns = inner[:, columns]
        self._rows = [int.from_bytes(row.tobytes(), "little") for row in np.packbits(patterns, axis=1, bitorder="little")]
        self._whole = (1 << len(columns)) - 1
        self._alike = _runs(patterns)
        self._most = most
        self._failed: set[tuple[int, int]] = set()
        self._steps = 0

    def finds(self, row: int | None = None) -> bool:
        """Whether there is such a family, with `row` in it if it is given."""
        self._steps = 0
        if self._whole.bit_count() <= self._most:
            return bool(self._rows)
        if row is None:
            return self._leaves(self._whole, self._rows, 0)
        taken = self._rows[row]
        return self._leaves(self._whole & ~taken, [other for other in self._rows if not other & taken], 0)

    def _leaves(self, open_columns: int, rows: Sequence[int], spare: int) -> bool:
        left = open_columns.bit_count() + spare
        if left <= self._most:
            return left >= 1
        reach = 0
        for row in rows:
            reach |= row
        if (open_columns & ~reach).bit_count() + spare > self._most or (open_columns, spare) in self._failed:
            return False
        self._steps += 1
        if self._steps > MOST_STEPS:
            return True
        first = open_columns & -open_columns
        for taken in (row for row in rows if row & first):
            if self._leaves(open_columns & ~taken, [row for row in rows if not row & taken], spare):
                return True
        alike = self._alike[first.bit_length() - 1]
        more = spare + alike.bit_count()
        if more <= self._most and self._leaves(open_columns & ~alike, [row for row in rows if not row & first], more):
            return True
        self._failed.add((open_columns, spare))
        return False


def _runs(patterns: Matrix) -> list[int]:
    """For each column, as bits, the columns of the same pattern; these stand side by side."""
    columns = patterns.shape[1]
    starts = np.flatnonzero(np.concatenate(([True], (patterns[:, 1:] != patterns[:, :-1]).any(axis=0)))) if columns else []
    ends = [*starts[1:], columns]
    return [((1 << int(end)) - (1 << int(start))) for start, end in zip(starts, ends, strict=True) for _ in range(int(end) - int(start))]
