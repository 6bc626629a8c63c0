"""The closed form of attack 2 for one cell (DISCLOSURE, "Closed form of attack 2 for disjoint windows"), compiled.

A cell's figures are averages over windows of ranks, no two of which share a rank. Where colluders' values stand at known ranks, the
smallest and largest value that each order statistic can take follow rank by rank; `programme` solves the same as a linear
programme, and a test shows that both are equal. Where ranks are not known, the interval of an order statistic of the others is
the hull over all ranks that are possible.

This is the slow form that the fast one, `orchestration.disclosure.audit.closed_form`, is compared with: each rank is summed anew, and all
placements are tried in one fixed order until they are enough. Loops over plain arrays, which numba compiles the first time that they are called.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

TOLERANCE = 1e-9
STRIDE = 0.6180339887498949  # sets of ranks are tried in leaps of this part of their number, so that unlike ones come first
NOBODY = -1

Array = Any  # numpy arrays, as numba types them


class Figures(NamedTuple):
    """What is printed of a cell (`Printed`) as arrays, one row a figure.

    windows: its first rank, and the rank after its last. weights: of the ranks from the first one on. least, most: of its average.
    """

    low: float
    high: float
    at_low: int
    zeros: int
    zero: float
    windows: Array
    weights: Array
    least: Array
    most: Array


@njit(nogil=True, cache=True)
def bounds_at(cell: Figures, known: Array, smallest: Array, largest: Array) -> bool:
    """Fill `smallest` and `largest` of every rank where the values in `known` (NaN where unknown) stand at their ranks; whether that is possible."""
    floor, cap = _known_up_to(known), _known_from(known)
    _raise_smallest(cell, known, floor, cap, smallest)
    _lower_largest(cell, known, floor, cap, largest)
    for rank in range(len(known)):
        if smallest[rank] > largest[rank] + TOLERANCE:
            return False
    for place in range(len(cell.windows)):
        lowest = highest = 0.0
        for rank in range(cell.windows[place, 0], cell.windows[place, 1]):
            lowest += cell.weights[place, rank - cell.windows[place, 0]] * smallest[rank]
            highest += cell.weights[place, rank - cell.windows[place, 0]] * largest[rank]
        if lowest > cell.most[place] + TOLERANCE or highest < cell.least[place] - TOLERANCE:
            return False
    for place in range(len(cell.windows)):
        inside = slice(cell.windows[place, 0], cell.windows[place, 1])
        up = _largest_inside(cell.weights[place], cell.most[place], known[inside], floor[inside], smallest[inside])
        down = _smallest_inside(cell.weights[place], cell.least[place], known[inside], cap[inside], largest[inside])
        largest[inside] = np.minimum(largest[inside], up)
        smallest[inside] = np.maximum(smallest[inside], down)
    return True


@njit(nogil=True, cache=True)
def _known_up_to(known: Array) -> Array:
    """At each rank the last known value up to it."""
    floor, value = np.empty(len(known)), -np.inf
    for rank in range(len(known)):
        value = value if math.isnan(known[rank]) else known[rank]
        floor[rank] = value
    return floor


@njit(nogil=True, cache=True)
def _known_from(known: Array) -> Array:
    """At each rank the first known value from it on."""
    cap, value = np.empty(len(known)), np.inf
    for rank in range(len(known) - 1, -1, -1):
        value = value if math.isnan(known[rank]) else known[rank]
        cap[rank] = value
    return cap


@njit(nogil=True, cache=True)
def _raise_smallest(cell: Figures, known: Array, floor: Array, cap: Array, smallest: Array) -> None:
    """From the hard range, known values, and what the last value of each window left of a rank must be at least, for its average to come up
    to what is printed: its ranks up to the last known one are as large as the next known value.
    """
    value, place = cell.low, 0
    for rank in range(len(known)):
        while place < len(cell.windows) and cell.windows[place, 1] - 1 <= rank:
            capped, rest, is_capped = 0.0, 0.0, False
            for inside in range(cell.windows[place, 1] - 1, cell.windows[place, 0] - 1, -1):
                weight = cell.weights[place, inside - cell.windows[place, 0]]
                is_capped |= not math.isnan(known[inside])
                capped += weight * cap[inside] if is_capped else 0.0
                rest += 0.0 if is_capped else weight
            value = max(value, (cell.least[place] - capped) / rest) if rest > 0 else value
            place += 1
        smallest[rank] = max(value, floor[rank])


@njit(nogil=True, cache=True)
def _lower_largest(cell: Figures, known: Array, floor: Array, cap: Array, largest: Array) -> None:
    """The mirror image of `_raise_smallest`."""
    value, place = cell.high, len(cell.windows) - 1
    for rank in range(len(known) - 1, -1, -1):
        while place >= 0 and cell.windows[place, 0] >= rank:
            floored, rest, is_floored = 0.0, 0.0, False
            for inside in range(cell.windows[place, 0], cell.windows[place, 1]):
                weight = cell.weights[place, inside - cell.windows[place, 0]]
                is_floored |= not math.isnan(known[inside])
                floored += weight * floor[inside] if is_floored else 0.0
                rest += 0.0 if is_floored else weight
            value = min(value, (cell.most[place] - floored) / rest) if rest > 0 else value
            place -= 1
        largest[rank] = min(value, cap[rank])


@njit(nogil=True, cache=True)
def _largest_inside(weights: Array, most: float, known: Array, floor: Array, smallest: Array) -> Array:
    """Inside one window: the largest value at a rank has all before it as small as they can be, all from it to the next known one alike,
    and those from there on as small as what is known left of them.
    """
    size = len(known)
    largest = np.empty(size)
    for place in range(size):
        rest, alike, is_met = most, 0.0, False
        for other in range(size):
            is_met |= other >= place and not math.isnan(known[other])
            if other < place:
                rest -= weights[other] * smallest[other]
            elif is_met:
                rest -= weights[other] * floor[other]
            else:
                alike += weights[other]
        largest[place] = rest / alike if alike > 0 else np.inf
    return largest


@njit(nogil=True, cache=True)
def _smallest_inside(weights: Array, least: float, known: Array, cap: Array, largest: Array) -> Array:
    """The mirror image of `_largest_inside`."""
    size = len(known)
    smallest = np.empty(size)
    for place in range(size):
        rest, alike, is_met = least, 0.0, False
        for other in range(size - 1, -1, -1):
            is_met |= other <= place and not math.isnan(known[other])
            if other > place:
                rest -= weights[other] * largest[other]
            elif is_met:
                rest -= weights[other] * cap[other]
            else:
                alike += weights[other]
        smallest[place] = rest / alike if alike > 0 else -np.inf
    return smallest


# --- Unknown ranks -------------------------------------------------------------------------------------------------------


@njit(nogil=True, cache=True)
def narrowest_of(cell: Figures, values: Array, coalitions: Array, limit: float) -> tuple[float, int]:
    """The narrowest interval that one of `coalitions` (rows of two places among the sorted `values`, or NOBODY) pins another group's value
    to, and the coalition's place; NaN where the values of one fit nowhere. The first one below `limit` will do.
    """
    groups = len(values)
    known, alone_least, alone_most = np.full(groups, np.nan), np.empty(groups), np.empty(groups)
    known[: cell.at_low] = cell.low
    if not bounds_at(cell, known, alone_least, alone_most):
        return np.nan, 0
    first, last = np.zeros(groups, dtype=np.int64), np.zeros(groups, dtype=np.int64)
    for place in range(cell.at_low, groups):
        first[place], last[place] = cell.at_low, groups - 1
        while alone_most[first[place]] < values[place] - TOLERANCE:
            first[place] += 1
        while alone_least[last[place]] > values[place] + TOLERANCE:
            last[place] -= 1
    best, worst = np.inf, 0
    for number in range(len(coalitions)):
        width = _width(cell, values, known, coalitions[number], first, last, best)
        if math.isnan(width):
            return np.nan, number
        if width < best:
            best, worst = width, number
        if best < limit:
            break
    return best, worst


@njit(nogil=True, cache=True)
def _width(cell: Figures, values: Array, known: Array, coalition: Array, first: Array, last: Array, enough: float) -> float:
    """The narrowest hull over an order statistic of the others, over all ranks from `first` to `last` that the colluders may have.

    The search ends as soon as it is at least `enough`, for more ranks only make it wider.
    """
    one, two = coalition
    others = len(values) - cell.at_low - cell.zeros - (one != NOBODY) - (two != NOBODY)
    if others <= 0:
        return np.inf
    smallest, largest = np.empty(len(values)), np.empty(len(values))
    hull_least, hull_most = np.full(others, np.inf), np.full(others, -np.inf)
    along = last[one] - first[one] + 1 if one != NOBODY else 1
    across = last[two] - first[two] + 1 if two != NOBODY else 1
    runs = len(values) - cell.at_low - cell.zeros + 1 if cell.zeros else 1  # places of those that a share says are zero
    sets = runs * along * across
    leap, width = _coprime(sets), np.nan
    for turn in range(sets):
        run, pair = divmod(turn * leap % sets, along * across)
        start = cell.at_low + run
        rank_one = first[one] + pair // across if one != NOBODY else NOBODY
        rank_two = first[two] + pair % across if two != NOBODY else NOBODY
        is_in_run = start <= rank_one < start + cell.zeros or start <= rank_two < start + cell.zeros
        if is_in_run or (rank_two != NOBODY and rank_one >= rank_two):
            continue
        known[cell.at_low :] = np.nan
        known[start : start + cell.zeros] = cell.zero
        if one != NOBODY:
            known[rank_one] = values[one]
        if two != NOBODY:
            known[rank_two] = values[two]
        if _is_sorted(known) and bounds_at(cell, known, smallest, largest):
            known_ranks = (rank_one, rank_two)
            width = _widen(hull_least, hull_most, smallest, largest, cell.at_low, start, cell.zeros, known_ranks)
            if width >= enough:
                break
    known[cell.at_low :] = np.nan
    return width


@njit(nogil=True, cache=True)
def _is_sorted(known: Array) -> bool:
    value = -np.inf
    for rank in range(len(known)):
        if not math.isnan(known[rank]):
            if known[rank] < value - TOLERANCE:
                return False
            value = known[rank]
    return True


@njit(nogil=True, cache=True)
def _widen(
    hull_least: Array, hull_most: Array, smallest: Array, largest: Array, at_low: int, start: int, zeros: int, colluders: tuple[int, int]
) -> float:
    """Take the bounds of everybody but colluders and zeros into the hull; its narrowest width."""
    width, other = np.inf, 0
    for rank in range(at_low, len(smallest)):
        if rank not in colluders and not start <= rank < start + zeros:
            hull_least[other] = min(hull_least[other], smallest[rank])
            hull_most[other] = max(hull_most[other], largest[rank])
            width = min(width, hull_most[other] - hull_least[other])
            other += 1
    return width


@njit(nogil=True, cache=True)
def _coprime(count: int) -> int:
    """A number near a fixed part of `count` with which multiples go through all of its remainders."""
    leap = max(1, int(count * STRIDE))
    while math.gcd(leap, count) != 1:
        leap += 1
    return leap
