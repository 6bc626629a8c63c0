"""Attack 1, exact identification: can sums and differences of published sets of groups, with the help of colluders, single one out?

Each published cell of an edition is a row of zeros and ones over its members. Whatever follows from the cells by adding and
subtracting is in the row space of these rows. A group is singled out by some colluders where the row space holds a vector,
not zero, that touches no groups but it and them. So the question is whether the row space holds a vector that touches at
most `colluders` + 1 groups. It is answered exactly, for every choice of colluders at once: such a vector is a combination of
at most that many rows of the reduced echelon form, for each of these brings a pivot of its own.

Columns are values, not groups: a group whose value changed between two editions has one column for each. A colluder knows all of
its own, so coalitions of groups with several columns are tried one by one, their columns taken away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from orchestration.disclosure.compiled import compiled
from orchestration.disclosure.policy.algebra import PRIME, Rows, alike, reduced, times
from orchestration.disclosure.policy.cells import Integers

COLLUDERS = 2


def singled_out(rows: Rows, group: Integers, colluders: int = COLLUDERS) -> list[frozenset[int]]:
    """All groups that a vector of the row space touches, where these are at most `colluders` + 1: whoever of them are colluders single
    out the last one. Of such sets only those that hold no other one.

    rows: one row a published cell, one column a value. group: whose value each column is. colluders: at most 2.
    """
    found = set(_sets(rows, group, colluders))
    return [own for own in sorted(found, key=sorted) if not any(frozenset(part) in found for part in _parts(own))]


def singles_out_more(rows: Rows, group: Integers, than: Sequence[frozenset[int]]) -> bool:
    """Whether a set of groups is singled out that holds none of those that are known to be."""
    return any(not any(own >= known for known in than) for own in _sets(rows, group, COLLUDERS))


def _parts(own: frozenset[int]) -> Iterator[tuple[int, ...]]:
    for size in range(1, len(own)):
        yield from combinations(own, size)


def _sets(rows: Rows, group: Integers, colluders: int) -> Iterator[frozenset[int]]:
    if not 0 <= colluders <= COLLUDERS:
        raise ValueError(f"colluders is {colluders}, allowed are 0 to {COLLUDERS}")
    names, place, times = np.unique(group, return_inverse=True, return_counts=True)
    order = np.argsort(times[place] > 1, kind="stable")  # groups of one column first
    rows, group, first = rows[:, order], group[order], int((times == 1).sum())
    # Groups that are in the same cells are the same to every vector: where they are too many, it must be zero for all of them.
    columns, which, many = alike(rows[:, :first], 1)
    is_open = np.append(many[which] <= colluders + 1, np.ones(len(group) - first, dtype=np.bool_))
    echelon = _Echelon.of(columns[:, many > colluders + 1], rows[:, is_open])
    group, first = group[is_open], int(is_open[:first].sum())
    found: list[frozenset[int]] = []
    several = names[times > 1].tolist()
    for known in (frozenset(known) for size in range(colluders + 1) for known in combinations(several, size)):
        if any(known >= smaller for smaller in found):
            continue
        rest = echelon.without(np.flatnonzero(np.isin(group, list(known))))
        if len(rest.pivots) < len(echelon.pivots):
            found.append(known)
            yield known
        else:
            for touched in _narrow(rest, group, colluders + 1 - len(known)):
                if touched.issubset(several):
                    found.append(known | touched)
                yield known | touched
    of_several = _Echelon(echelon.rows[[p >= first for p in echelon.pivots]], tuple(p for p in echelon.pivots if p >= first))
    for known in map(frozenset, combinations(several, colluders + 1) if of_several.pivots else ()):
        if len(of_several.without(np.flatnonzero(np.isin(group, list(known)))).pivots) < len(of_several.pivots):
            yield known


@dataclass(frozen=True)
class _Echelon:
    """A reduced row echelon form modulo the prime: `rows` without zero rows, and each one's pivot column."""

    rows: Integers
    pivots: tuple[int, ...]

    @classmethod
    def of(cls, zero: Rows, rows: Rows) -> _Echelon:
        """Of all combinations of `rows` that are zero in the columns `zero`."""
        form, pivots = reduced(alike(np.hstack([zero, rows]), 0)[0])
        kept, before = pivots >= zero.shape[1], zero.shape[1]
        return cls(form[kept][:, before:].astype(np.int64), tuple((pivots[kept] - before).tolist()))

    def without(self, columns: Integers) -> _Echelon:
        """The form of the same rows without some columns: only rows whose pivot goes are reduced again."""
        if not len(columns):
            return self
        rows = self.rows.copy()
        rows[:, columns] = 0
        gone = [place for place, pivot in enumerate(self.pivots) if pivot in set(columns.tolist())]
        if not gone:
            return _Echelon(rows, self.pivots)
        kept = [place for place in range(len(rows)) if place not in gone]
        form, pivots = reduced(rows[gone].astype(np.float64))
        own, rest = form.astype(np.int64), rows[kept]
        for row, pivot in zip(own, pivots.tolist(), strict=True):
            rest = (rest - rest[:, [pivot]] * row) % PRIME
        return _Echelon(np.vstack([rest, own]), (*(self.pivots[place] for place in kept), *pivots.tolist()))


def _narrow(echelon: _Echelon, group: Integers, most: int) -> Iterator[frozenset[int]]:
    """The groups of each vector that touches at most `most` columns."""
    rows, free = echelon.rows, np.setdiff1d(np.arange(echelon.rows.shape[1]), echelon.pivots)
    touched = rows != 0
    for row in np.flatnonzero(touched.sum(axis=1) <= most):
        yield frozenset(group[touched[row]].tolist())
    for first, second, factor in _pairs(rows[:, free], most - 2) if most >= 2 else ():
        yield frozenset(group[np.flatnonzero((rows[first] + factor * rows[second]) % PRIME)].tolist())
    for triple in _triples(rows[:, free]) if most >= 3 else ():
        yield frozenset(group[[echelon.pivots[row] for row in triple]].tolist())


def _pairs(free: Integers, most: int) -> Iterator[tuple[int, int, int]]:
    """Two rows and a factor such that the first plus the factor times the second touches at most `most` free columns."""
    touched = (free != 0).astype(np.float32)
    width = touched.sum(axis=1)
    differ = width[:, None] + width[None, :] - 2 * touched @ touched.T
    near = np.argwhere(np.triu(differ <= most, 1))
    for place, ratio in zip(*_ratios(free, _power(free, PRIME - 2), near, most, PRIME), strict=True):
        yield int(near[place, 0]), int(near[place, 1]), int(PRIME - ratio) % PRIME


@compiled
def _ratios(free: Any, inverse: Any, near: Any, most: int, prime: int) -> tuple[Any, Any]:
    """Of each pair of rows the ratios of their numbers that are alike in all but `most` columns; the pairs' places, and the ratios."""
    places, found, ratios = [0 for _ in range(0)], [0 for _ in range(0)], np.empty(free.shape[1], dtype=np.int64)
    for place in range(len(near)):
        first, second, both, differ = near[place, 0], near[place, 1], 0, 0
        for column in range(free.shape[1]):
            if free[first, column] != 0 and free[second, column] != 0:
                ratios[both] = free[first, column] * inverse[second, column] % prime
                both += 1
            elif free[first, column] != 0 or free[second, column] != 0:
                differ += 1
        alike = np.sort(ratios[:both])
        start = 0
        for end in range(1, both + 1):
            if end == both or alike[end] != alike[start]:
                if differ + both - (end - start) <= most:
                    places.append(place)
                    found.append(alike[start])
                start = end
    return np.array(places), np.array(found)


def _triples(free: Integers) -> Iterator[tuple[int, ...]]:
    """Three rows that depend on each other, no two of which do. Seen as points of a plane they lie on one line, and few others do by chance."""
    if len(free) < 3:
        return
    points = _projected(free)
    first, second = (i.astype(np.int64) for i in np.triu_indices(len(points), 1))
    lines = _normal(_cross(points[first], points[second]))
    several, same, times = np.unique(lines, axis=0, return_inverse=True, return_counts=True)
    for line in np.flatnonzero((times >= 3) & several.any(axis=1)):
        on_it = np.unique(np.concatenate([first[same == line], second[same == line]]))
        for three in combinations(on_it.tolist(), 3):
            if len(reduced(free[list(three)].astype(np.float64))[1]) < 3:
                yield three


def _projected(rows: Integers) -> Integers:
    """Each row times three fixed columns of large numbers, modulo the prime."""
    places = np.arange(1, rows.shape[1] + 1, dtype=np.int64)
    return times(rows, np.stack([_power(places + offset, 1_000_003) for offset in (0, 1 << 20, 1 << 21)], axis=1))


def _cross(a: Integers, b: Integers) -> Integers:
    turns = [(1, 2), (2, 0), (0, 1)]
    return np.stack([(a[:, i] * b[:, j] % PRIME - a[:, j] * b[:, i] % PRIME) % PRIME for i, j in turns], axis=1)


def _normal(lines: Integers) -> Integers:
    """Scaled so that the first number that is not zero is one."""
    leading = np.take_along_axis(lines, np.argmax(lines != 0, axis=1)[:, None], axis=1)
    return lines * _power(leading, PRIME - 2) % PRIME


def _power(base: Integers, exponent: int) -> Integers:
    result = np.ones_like(base)
    while exponent:
        if exponent & 1:
            result = result * base % PRIME
        base = base * base % PRIME
        exponent >>= 1
    return result
