"""Which groups a left-over of few may hold, told from two numbers a group that sum up to zero in every cell.

Let x hold a number for each group such that the numbers of each cell's groups add up to almost zero, e at most. A left-over is an outer
cell less inner ones that share no group, at most as many as there are groups; so the numbers of its groups add up to no more than e
times one more than there are groups. Sets of few groups whose numbers do are quickly listed, and mostly there are none. x is a random
vector less its projection on the cells' row space, in whole numbers, so that e is exact however well the projection was computed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

from orchestration.disclosure.compiled import compiled
from orchestration.disclosure.policy.algebra import Rows
from orchestration.disclosure.policy.cells import Flags, Floats, Integers

SEED = 15
MOST = 4  # columns of a left-over that is looked for
RIDGE = 1e-7  # of a cell's own square: what makes cells that depend on others solvable
MOST_STEPS = 30
CLOSE_ENOUGH = 1e-14
LARGEST = 1e-6  # that a tolerance may be, where numbers are about one
MOST_MATCHES = 5_000_000
BITS_A_SUM = 16
DENSE = 200_000  # entries up to which a matrix is quicker with its zeros
WHOLE = 62  # bits that no sum leaves


def may_be_left_over(rows: Rows, most: int) -> Flags | None:
    """The columns that are in a set of 1 to `most` columns which may be a row less others inside it that share no column. None where
    there are too many to tell, or `most` is more than `MOST`.
    """
    if most > MOST:
        return None
    numbers, tolerance, one = _numbers(rows)
    if tolerance > LARGEST * one:
        return None
    found = np.asarray((np.abs(numbers) <= tolerance).all(axis=1), dtype=np.bool_)
    others = np.flatnonzero(~found)
    within = _in_sums(np.vstack([np.zeros((1, 2), dtype=np.int64), numbers[others]]), tolerance, most)
    if within is None:
        return None
    found[others] = within[1:]
    return found


def _numbers(rows: Rows) -> tuple[Integers, int, float]:
    """Two numbers a column, what those of a left-over add up to at most, and what stands for one."""
    sizes, cells = rows.sum(axis=1), rows if rows.size <= DENSE else csr_array(rows)
    exact = _projected(_scaled(cells, 1 / np.sqrt(sizes)), np.random.default_rng(SEED).standard_normal((rows.shape[1], 2)))
    one = 2.0 ** (WHOLE - math.ceil(math.log2(rows.shape[1] * max(1.0, float(np.abs(exact).max())))))
    numbers = np.rint(exact * one).astype(np.int64)
    return numbers, (rows.shape[1] + 1) * int(np.abs(cells.astype(np.int64) @ numbers).max()), one


def _scaled(cells: Any, factors: Floats) -> Any:
    """Each row times a factor."""
    if isinstance(cells, np.ndarray):
        return cells * factors[:, None]
    return csr_array((np.repeat(factors, np.diff(cells.indptr)), cells.indices, cells.indptr), shape=cells.shape)


def _projected(cells: Any, vectors: Floats) -> Floats:
    """The vectors less their projections on the row space of `cells`: by a ridge, as often as it helps."""
    is_wide = cells.shape[0] <= cells.shape[1]
    products = cells @ cells.T if is_wide else cells.T @ cells
    gram = products if isinstance(products, np.ndarray) else products.toarray()
    gram[np.diag_indices(len(gram))] += RIDGE
    factor, largest = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False), math.inf
    for _ in range(MOST_STEPS):
        sums = cells @ vectors
        before, largest = largest, float(np.abs(sums).max())
        if largest > before / 2 or largest < CLOSE_ENOUGH:
            break
        solved = cells.T @ cho_solve(factor, sums, check_finite=False) if is_wide else cho_solve(factor, cells.T @ sums, check_finite=False)
        vectors = vectors - solved
    return vectors


# --- Sums of few numbers that are zero --------------------------------------------------------------------------------------


def _in_sums(numbers: Integers, tolerance: int, most: int) -> Flags | None:
    """Which numbers are in a sum of up to `most` of them that is about zero, one of them perhaps twice. numbers: two a row, the first row zero,
    which stands for none.

    A sum is one of two and one of two others. Those of which the other half is nowhere are sifted out by the first number alone.
    """
    first = np.ascontiguousarray(numbers[:, 0])
    halves = [((1, 1), (1, len(first)), (len(first), len(first)))[size] for size in (most - most // 2, most // 2)]
    width = max(10, (BITS_A_SUM * halves[0][0] * halves[0][1] // 2).bit_length())
    shift = (8 * tolerance).bit_length()
    one = _noted(first, *halves[0], _note_sums(first, *halves[1], -1, tolerance, shift, width), 1, 0, shift, width)
    other = _noted(first, *halves[1], _note_each(first[one].sum(axis=1), shift, width), -1, tolerance, shift, width)
    return _matched(numbers, one, other, tolerance)


def _matched(numbers: Integers, one: Integers, other: Integers, tolerance: int) -> Flags | None:
    """The places of `one` and `other` whose numbers add up to about zero. None where there are too many to tell."""
    sums, wanted = numbers[one].sum(axis=1), -numbers[other].sum(axis=1)
    order = np.argsort(sums[:, 0], kind="stable")
    one, sums = one[order], sums[order]
    start = np.searchsorted(sums[:, 0], wanted[:, 0] - tolerance, side="left")
    count = np.searchsorted(sums[:, 0], wanted[:, 0] + tolerance, side="right") - start
    if count.sum() > MOST_MATCHES:
        return None
    right = np.repeat(np.arange(len(other)), count)
    left = np.arange(len(right)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(start, count)
    alike = np.abs(sums[left, 1] - wanted[right, 1]) <= tolerance
    alike &= one[left].any(axis=1) | other[right].any(axis=1)  # none and none
    found = np.zeros(len(numbers), dtype=np.bool_)
    found[one[left[alike]]] = found[other[right[alike]]] = True
    return found


@compiled
def _place(value: Any, shift: int, width: int) -> Any:
    """Where a number is noted: 2**shift neighbours together, at one of 2**width places, which others may share."""
    return (np.uint64(value >> shift) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - width)


@compiled
def _note(bits: Any, place: Any) -> None:
    bits[place >> np.uint64(3)] |= np.uint8(1) << np.uint8(place & np.uint64(7))


@compiled
def _is_noted(bits: Any, place: Any) -> bool:
    return (bits[place >> np.uint64(3)] >> np.uint8(place & np.uint64(7))) & np.uint8(1) != 0


@compiled
def _note_sums(numbers: Any, outer: int, inner: int, sign: int, tolerance: int, shift: int, width: int) -> Any:
    """The places of all sums of two, times the sign, but for the tolerance."""
    bits = np.zeros(1 << (width - 3), dtype=np.uint8)
    for one in range(outer):
        for other in range(one + (one > 0), inner):
            total = sign * (numbers[one] + numbers[other])
            _note(bits, _place(total - tolerance, shift, width))
            _note(bits, _place(total + tolerance, shift, width))
    return bits


@compiled
def _note_each(numbers: Any, shift: int, width: int) -> Any:
    bits = np.zeros(1 << (width - 3), dtype=np.uint8)
    for number in numbers:
        _note(bits, _place(number, shift, width))
    return bits


@compiled
def _noted(numbers: Any, outer: int, inner: int, bits: Any, sign: int, tolerance: int, shift: int, width: int) -> Any:
    """Every two whose sum, times the sign, is noted but for the tolerance."""
    found = np.empty((1024, 2), dtype=np.int64)
    count = 0
    for one in range(outer):
        for other in range(one + (one > 0), inner):
            total = sign * (numbers[one] + numbers[other])
            if _is_noted(bits, _place(total - tolerance, shift, width)) or _is_noted(bits, _place(total + tolerance, shift, width)):
                if count == len(found):
                    found = np.concatenate((found, np.empty_like(found)))
                found[count, 0], found[count, 1] = one, other
                count += 1
    return found[:count]
