"""Linear algebra over sets of groups, modulo a prime: what follows from cells by adding and subtracting.

A cell is a row of zeros and ones over its groups. Entries of zero and one and a prime of 22 bits leave little room for an error; a
rank that is too low modulo the prime can only make more follow than does. Numbers are whole ones below the prime, held as doubles:
sums of up to 512 products of two are exact, so that matrices are multiplied by the machine's own fast routine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from orchestration.disclosure.compiled import compiled
from orchestration.disclosure.policy.cells import Flags, Floats, Integers

PRIME = (1 << 22) - 3
BLOCK = 128  # columns that are reduced at a time
MOST_CANDIDATES = 100_000

Rows = npt.NDArray[np.bool_]


def alike(rows: Rows, axis: int) -> tuple[Rows, Integers, Integers]:
    """The distinct rows (axis 0) or columns (axis 1) in lexical order, which of them each is, and how many each stands for."""
    packed = np.packbits(rows if axis == 0 else rows.T, axis=1)
    if not packed.size:  # of no width: all alike
        count = len(packed)
        kept = np.zeros(min(count, 1), dtype=np.int64)
        return rows.take(kept, axis=axis), np.zeros(count, dtype=np.int64), np.full(len(kept), count, dtype=np.int64)
    names = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1])))[:, 0]
    _, first, which, many = np.unique(names, return_index=True, return_inverse=True, return_counts=True)
    return rows.take(first, axis=axis), which, many


def reduced(rows: Rows | Floats) -> tuple[Floats, Integers]:
    """The reduced echelon form without zero rows, and each row's pivot column."""
    form = np.array(rows, dtype=np.float64)
    open_rows = np.ones(len(form), dtype=np.bool_)
    chosen, pivots = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    for start in range(0, form.shape[1], BLOCK):
        left = np.flatnonzero(open_rows)
        if not len(left):
            break
        place, column = _pivots(form[left, start : start + BLOCK], float(PRIME))
        if len(place):
            own, own_pivots = left[place], start + column
            open_rows[own] = False
            solved = _remainder(_inverse(form[np.ix_(own, own_pivots)]) @ form[own, start:], float(PRIME))
            factors = form[:, own_pivots]
            factors[own] = 0.0
            _subtract(form[:, start:], factors @ solved, float(PRIME))
            form[own, start:] = solved
            chosen, pivots = np.append(chosen, own), np.append(pivots, own_pivots)
    return form[chosen], pivots


def _inverse(square: Floats) -> Floats:
    size = len(square)
    both = np.hstack([square, np.eye(size)])
    _pivots(both, float(PRIME), True)
    return both[:, size:]


@compiled
def _pivots(form: Any, prime: float, in_order: bool = False) -> tuple[Any, Any]:
    """Reduce in place; the rows in which pivots were found, as they were numbered, and their columns. in_order: rows end up in that of pivots."""
    count = min(form.shape[0], form.shape[1])
    numbers, pivots, rank = np.arange(form.shape[0]), np.empty(count, dtype=np.int64), 0
    for column in range(form.shape[1]):
        if rank == form.shape[0]:
            break
        pivot = rank
        while pivot < form.shape[0] and form[pivot, column] == 0:
            pivot += 1
        if pivot == form.shape[0]:
            continue
        for other in range(form.shape[1]):
            form[pivot, other], form[rank, other] = form[rank, other], form[pivot, other]
        numbers[pivot], numbers[rank] = numbers[rank], numbers[pivot]
        factor = _inverse_of(form[rank, column], prime)
        for other in range(column, form.shape[1]):
            form[rank, other] = _rest(factor * form[rank, other], prime)
        for row in range(0 if in_order else rank + 1, form.shape[0]):
            factor = prime - form[row, column]
            if row != rank and factor != prime:
                for other in range(column, form.shape[1]):
                    form[row, other] = _rest(form[row, other] + factor * form[rank, other], prime)
        pivots[rank] = column
        rank += 1
    return numbers[:rank], pivots[:rank]


@compiled
def _remainder(form: Any, prime: float) -> Any:
    for row in range(form.shape[0]):
        for column in range(form.shape[1]):
            form[row, column] = _rest(form[row, column], prime)
    return form


@compiled
def _subtract(form: Any, other: Any, prime: float) -> None:
    """In place."""
    for row in range(form.shape[0]):
        for column in range(form.shape[1]):
            form[row, column] = _rest(form[row, column] - other[row, column], prime)


@compiled
def _rest(total: float, prime: float) -> float:
    """The remainder of a whole number below 2**53. A rounded quotient is off by one at most."""
    rest = total - np.floor(total * (1.0 / prime)) * prime
    rest += prime if rest < 0 else 0.0
    return rest - prime if rest >= prime else rest


@compiled
def _inverse_of(value: float, prime: float) -> float:
    result, base, exponent = 1.0, value, int(prime) - 2
    while exponent:
        if exponent & 1:
            result = _rest(result * base, prime)
        base = _rest(base * base, prime)
        exponent >>= 1
    return result


def taking_part(rows: Rows, known: Flags) -> Flags:
    """Which rows help to make a vector that touches the columns `known` and no other: each is one of a smallest set of rows that do."""
    form, basis = reduced(alike(rows[:, ~known], 1)[0].T)
    others = np.setdiff1d(np.arange(len(rows)), basis)
    # Each row that is not of the basis depends on some that are: together they touch nothing but `known`, or nothing at all.
    linked = np.zeros((len(rows), len(rows)), dtype=np.bool_)
    linked[np.ix_(others, basis)] = (form[:, others] != 0).T
    _, label = connected_components(csr_array(linked), directed=False)
    inside = rows[:, known]
    left = (inside[others] - added(form[:, others].T, inside[basis])) % PRIME
    return np.isin(label, label[others[left.any(axis=1)]])


def added(factors: Floats, rows: Rows) -> Floats:
    """The sums of rows of zeros and ones, each times a factor: exact, for fewer than 2**31 rows."""
    return factors @ rows.astype(np.float64) % PRIME


def follow(rows: Rows, given: Rows) -> Flags:
    """Which rows are sums of the given ones, each times a factor."""
    form, pivots = reduced(alike(given, 0)[0])
    return np.asarray((rows == added(form.T, rows[:, pivots].T).T).all(axis=1), dtype=np.bool_)


def in_few(rows: Rows, most: int) -> Flags | None:
    """The columns of every set of 1 to `most` columns whose indicator is a sum of rows, each times a factor. None where there are too
    many to tell, or `most` is more than 4.

    Columns that are alike are in such a set together, so that of more than `most` of them none is.
    """
    columns, which, many = alike(rows, 1)
    order = np.argsort(many <= most, kind="stable")  # those first in which the sum must be zero
    form, pivots = reduced(alike(columns[:, order], 0)[0])
    first = int((many > most).sum())
    form, pivots = form[pivots >= first][:, first:], pivots[pivots >= first] - first
    found = np.zeros(len(many), dtype=np.bool_)
    if len(form):
        places = _in_few(form, pivots, many[order[first:]], most)
        if places is None:
            return None
        found[order[first:]] = places
    return found[which]


def _in_few(form: Floats, pivots: Integers, many: Integers, most: int) -> Flags | None:
    """The same of an echelon form, each of whose columns stands for `many`. An indicator is the sum of the rows of its pivots, which
    has few other columns, all of them one.
    """
    free = np.setdiff1d(np.arange(form.shape[1]), pivots)
    beside = form[:, free]
    found = np.zeros(form.shape[1], dtype=np.bool_)
    several = np.flatnonzero(beside.any(axis=1))  # a row of a pivot alone is an indicator, and no help to others
    found[np.setdiff1d(pivots, pivots[several])] = True
    if most > len(_CANDIDATES):
        return None
    for count in range(1, most + 1):
        blocks = most - count + 1  # in one of these the sum is zero
        candidates = [_CANDIDATES[count - 1](_fingerprints(beside[several, block::blocks])) for block in range(blocks)]
        if any(c is None for c in candidates):
            return None
        every = np.unique(np.concatenate([c for c in candidates if c is not None]), axis=0)
        if count == 1:
            every = every[np.count_nonzero(beside[several[every[:, 0]]], axis=1) < most]
        for rows in every:
            total = beside[several[rows]].sum(axis=0) % PRIME
            if (total <= 1).all() and many[pivots[several[rows]]].sum() + many[free[total == 1]].sum() <= most:
                found[pivots[several[rows]]] = True
                found[free[total == 1]] = True
    return found


def _fingerprints(rows: Floats) -> Integers:
    """A number of each row, such that sums of rows have the sums of these: two fixed mixtures of its columns. The sum of zero rows is zero."""
    place = np.arange(1, rows.shape[1] + 1)
    mixtures = [np.array([pow(base, int(p), PRIME) for p in place], dtype=np.int64).reshape(-1, 1) for base in (1_000_003, 7_654_321)]
    high, low = (times(rows.astype(np.int64), mixture)[:, 0] for mixture in mixtures)
    return np.stack([high, low], axis=1)


def times(rows: Integers, columns: Integers) -> Integers:
    """The matrix product modulo the prime, for up to 2**23 inner columns: no sum leaves 63 bits."""
    upper, lower = columns >> 13, columns & 0x1FFF
    return ((rows @ upper % PRIME << 13) + rows @ lower) % PRIME


def _key(fingerprints: Integers) -> Integers:
    return fingerprints[:, 0] * PRIME + fingerprints[:, 1]


def _ones(fingerprints: Integers) -> Integers:
    return np.arange(len(fingerprints))[:, None]


def _twos(fingerprints: Integers) -> Integers | None:
    return _matching(np.arange(len(fingerprints))[:, None], np.arange(len(fingerprints))[:, None], fingerprints)


def _threes(fingerprints: Integers) -> Integers | None:
    return _matching(_all_pairs(len(fingerprints)), np.arange(len(fingerprints))[:, None], fingerprints)


def _fours(fingerprints: Integers) -> Integers | None:
    return _matching(_all_pairs(len(fingerprints)), _all_pairs(len(fingerprints)), fingerprints)


_CANDIDATES = (_ones, _twos, _threes, _fours)


def _all_pairs(count: int) -> Integers:
    return np.stack(np.triu_indices(count, 1), axis=1).astype(np.int64)


def _totals(fingerprints: Integers, sets: Integers) -> Integers:
    total = np.zeros((len(sets), fingerprints.shape[1]), dtype=np.int64)
    for own in sets.T:
        total += fingerprints[own]
    return total


def _matching(some: Integers, others: Integers, fingerprints: Integers) -> Integers | None:
    """Sets of rows, one of `some` with one of `others`, in order and none twice, whose fingerprints add up to zero."""
    sums, wanted = _key(_totals(fingerprints, some) % PRIME), _key(-_totals(fingerprints, others) % PRIME)
    every = np.sort(np.concatenate([sums, wanted]))
    twice = every[1:][every[1:] == every[:-1]]  # mostly none, which is quickly seen
    some, sums = (array[np.isin(sums, twice)] for array in (some, sums))
    others, wanted = (array[np.isin(wanted, twice)] for array in (others, wanted))
    by_sum = np.argsort(sums, kind="stable")
    first, stop = (np.searchsorted(sums[by_sum], wanted, side=side) for side in ("left", "right"))
    count = stop - first
    if count.sum() > MOST_CANDIDATES:
        return None
    other = np.repeat(np.arange(len(others)), count)
    own = by_sum[np.arange(len(other)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)]
    joined = np.concatenate([some[own], others[other]], axis=1)
    return joined[(np.diff(joined, axis=1) > 0).all(axis=1)]
