"""The closed form of attack 2 for one cell (DISCLOSURE, "Closed form of attack 2 for disjoint windows"), compiled.

A cell's figures are averages over windows of ranks, no two of which share a rank. Where colluders' values stand at known ranks, the
smallest and largest value that each order statistic can take follow rank by rank; `programme` solves the same as a linear
programme, and a test shows that both are equal. Where ranks are not known, the interval of an order statistic of the others is
the hull over all ranks that are possible.

Everything here is loops over plain arrays (see `compiled`), and nothing makes an array once the first placement is tried. Each window is
walked with running sums, once in each direction; `tests/reference_closed_form.py` sums anew at every rank, and a test shows that both are equal.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from orchestration.disclosure.compiled import compiled

TOLERANCE = 1e-9
STRIDE = 0.6180339887498949  # placements are tried in leaps of this part of their number, so that unlike ones come first
LATEST = 6  # placements that sufficed for coalitions before and are tried first
NOBODY = -1

Array = Any  # numpy arrays, as numba types them


class Figures(NamedTuple):
    """What is printed of a cell (`Printed`) as arrays, one row a figure.

    first, last: the ranks that it averages. weights: of these from the first one on, which sum to one. least, most: of its average.
    """

    low: float
    high: float
    at_low: int
    zeros: int
    zero: float
    first: Array
    last: Array
    weights: Array
    least: Array
    most: Array


class Room(NamedTuple):
    """Work arrays, made once for a cell. ranks: nine numbers a rank, see below. sufficed: placements (start of zeros, ranks of colluders)
    that did for the coalitions before, latest first. tried: how many placements were.
    """

    ranks: Array
    sufficed: Array
    tried: Array


KNOWN = 0  # values that stand at their ranks, NaN elsewhere
SMALLEST, LARGEST = 1, 2  # that an order statistic can be
CAP, FLOOR = 3, 4  # the next known value from a rank on, and the last one up to it
BELOW, ABOVE = 5, 6  # of its window the weighted sum of the smallest values before a rank, and of the largest ones after it
HULL_LEAST, HULL_MOST = 7, 8  # of each order statistic of the others, over the placements tried


@compiled
def room_for(groups: int) -> Room:
    return Room(np.full((9, groups), np.nan), np.full((LATEST, 3), NOBODY), np.zeros(1, dtype=np.int64))


@compiled
def bounds_at(cell: Figures, ranks: Array) -> bool:
    """Fill the rows `SMALLEST` and `LARGEST` where the values in `KNOWN` stand at their ranks; whether that is possible."""
    _raise_smallest(cell, ranks)
    _lower_largest(cell, ranks)
    is_possible = _are_met(cell, ranks)
    if is_possible:
        _lower_inside(cell, ranks)
        _raise_inside(cell, ranks)
    return is_possible


@compiled
def _raise_smallest(cell: Figures, ranks: Array) -> None:
    """From the hard range, known values, and what the last value of each window left of a rank must be at least, for its average to come up
    to what is printed: its ranks up to the last known one are as large as the next known value. The rows `CAP` and `FLOOR` on the way.
    """
    known, smallest, cap, floor = ranks[KNOWN], ranks[SMALLEST], ranks[CAP], ranks[FLOOR]
    firsts, lasts, weights, least = cell.first, cell.last, cell.weights, cell.least
    value = np.inf
    for rank in range(len(known) - 1, -1, -1):
        value = value if math.isnan(known[rank]) else known[rank]
        cap[rank] = value
    value, below, latest, place = cell.low, -np.inf, NOBODY, 0
    for rank in range(len(known)):
        if not math.isnan(known[rank]):
            below, latest = known[rank], rank
        if place < len(firsts) and lasts[place] == rank:
            first, capped, rest = firsts[place], 0.0, 0.0
            if latest < first:
                value = max(value, least[place])
            else:
                for inside in range(first, latest + 1):
                    capped += weights[place, inside - first] * cap[inside]
                for inside in range(latest + 1, rank + 1):
                    rest += weights[place, inside - first]
                value = max(value, (least[place] - capped) / rest) if rest > 0 else value
            place += 1
        floor[rank] = below
        smallest[rank] = max(value, below)


@compiled
def _lower_largest(cell: Figures, ranks: Array) -> None:
    """The mirror image of `_raise_smallest`."""
    known, largest, cap, floor = ranks[KNOWN], ranks[LARGEST], ranks[CAP], ranks[FLOOR]
    firsts, lasts, weights, most = cell.first, cell.last, cell.weights, cell.most
    value, upcoming, place = cell.high, len(known), len(firsts) - 1
    for rank in range(len(known) - 1, -1, -1):
        if not math.isnan(known[rank]):
            upcoming = rank
        if place >= 0 and firsts[place] == rank:
            last, floored, rest = lasts[place], 0.0, 0.0
            if upcoming > last:
                value = min(value, most[place])
            else:
                for inside in range(upcoming, last + 1):
                    floored += weights[place, inside - rank] * floor[inside]
                for inside in range(rank, upcoming):
                    rest += weights[place, inside - rank]
                value = min(value, (most[place] - floored) / rest) if rest > 0 else value
            place -= 1
        largest[rank] = min(value, cap[rank])


@compiled
def _are_met(cell: Figures, ranks: Array) -> bool:
    """Whether every value has room, and every window's average can lie where it is printed. The rows `BELOW` and `ABOVE` on the way."""
    smallest, largest, below, above = ranks[SMALLEST], ranks[LARGEST], ranks[BELOW], ranks[ABOVE]
    firsts, lasts, weights, least, most = cell.first, cell.last, cell.weights, cell.least, cell.most
    for rank in range(len(smallest)):
        if smallest[rank] > largest[rank] + TOLERANCE:
            return False
    for place in range(len(firsts)):
        first, last, lowest, highest = firsts[place], lasts[place], 0.0, 0.0
        for rank in range(first, last + 1):
            below[rank] = lowest
            lowest += weights[place, rank - first] * smallest[rank]
        for rank in range(last, first - 1, -1):
            above[rank] = highest
            highest += weights[place, rank - first] * largest[rank]
        if lowest > most[place] + TOLERANCE or highest < least[place] - TOLERANCE:
            return False
    return True


@compiled
def _lower_inside(cell: Figures, ranks: Array) -> None:
    """Inside a window: the largest value at a rank has all before it as small as they can be, all from it to the next known one alike,
    and those from there on as small as what is known left of them.
    """
    known, largest, floor, below = ranks[KNOWN], ranks[LARGEST], ranks[FLOOR], ranks[BELOW]
    firsts, lasts, weights, most = cell.first, cell.last, cell.weights, cell.most
    for place in range(len(firsts)):
        first, alike, known_on, floored = firsts[place], 0.0, 0.0, 0.0
        for rank in range(lasts[place], first - 1, -1):
            weight = weights[place, rank - first]
            floored += weight * floor[rank]  # infinite left of the first known rank, where nothing reads it any more
            if math.isnan(known[rank]):
                alike += weight
            else:
                alike, known_on = 0.0, floored
            if alike > 0:
                largest[rank] = min(largest[rank], (most[place] - below[rank] - known_on) / alike)


@compiled
def _raise_inside(cell: Figures, ranks: Array) -> None:
    """The mirror image of `_lower_inside`."""
    known, smallest, cap, above = ranks[KNOWN], ranks[SMALLEST], ranks[CAP], ranks[ABOVE]
    firsts, lasts, weights, least = cell.first, cell.last, cell.weights, cell.least
    for place in range(len(firsts)):
        first, alike, known_up_to, capped = firsts[place], 0.0, 0.0, 0.0
        for rank in range(first, lasts[place] + 1):
            weight = weights[place, rank - first]
            capped += weight * cap[rank]
            if math.isnan(known[rank]):
                alike += weight
            else:
                alike, known_up_to = 0.0, capped
            if alike > 0:
                smallest[rank] = max(smallest[rank], (least[place] - above[rank] - known_up_to) / alike)


# --- Unknown ranks -------------------------------------------------------------------------------------------------------


@compiled
def narrowest_of(cell: Figures, values: Array, coalitions: Array, limit: float, enough: float = np.inf) -> tuple[float, int, int]:
    """The narrowest interval that one of `coalitions` (rows of two places among the sorted `values`, or NOBODY) pins another group's value
    to, the coalition's place, and how many placements were tried; NaN where the values of one fit nowhere.

    The first one below `limit` will do. Where all are at least `enough`, that and NOBODY.
    """
    room = room_for(len(values))
    room.ranks[KNOWN, : cell.at_low] = cell.low
    if not bounds_at(cell, room.ranks):
        return np.nan, 0, 0
    first, last = _where(cell, values, room.ranks[SMALLEST], room.ranks[LARGEST])
    best, worst = enough, NOBODY
    for number in range(len(coalitions)):
        width = _width(cell, values, coalitions[number, 0], coalitions[number, 1], first, last, room, best)
        if math.isnan(width):
            return np.nan, number, room.tried[0]
        if width < best:
            best, worst = width, number
        if best < limit:
            break
    return best, worst, room.tried[0]


@compiled
def _where(cell: Figures, values: Array, smallest: Array, largest: Array) -> tuple[Array, Array]:
    """The first and the last rank at which each value may stand where nobody else's is known."""
    first, last = np.zeros(len(values), dtype=np.int64), np.zeros(len(values), dtype=np.int64)
    for place in range(cell.at_low, len(values)):
        first[place], last[place] = cell.at_low, len(values) - 1
        while largest[first[place]] < values[place] - TOLERANCE:
            first[place] += 1
        while smallest[last[place]] > values[place] + TOLERANCE:
            last[place] -= 1
    return first, last


@compiled
def _width(cell: Figures, values: Array, one: int, two: int, first: Array, last: Array, room: Room, enough: float) -> float:
    """The narrowest hull over an order statistic of the others, over all ranks from `first` to `last` that the colluders may have.

    The search ends as soon as it is at least `enough`, for more ranks only make it wider. So placements that sufficed before come first:
    they mostly do again, and in which order all others are tried does not change what is found.
    """
    others = len(values) - cell.at_low - cell.zeros - (one != NOBODY) - (two != NOBODY)
    if others <= 0:
        return np.inf
    ranks, sufficed = room.ranks, room.sufficed
    for other in range(others):
        ranks[HULL_LEAST, other], ranks[HULL_MOST, other] = np.inf, -np.inf
    along = last[one] - first[one] + 1 if one != NOBODY else 1
    across = last[two] - first[two] + 1 if two != NOBODY else 1
    runs = len(values) - cell.at_low - cell.zeros + 1 if cell.zeros else 1  # places of those that a share says are zero
    sets = runs * along * across
    leap, width = _coprime(sets), np.nan
    for turn in range(-LATEST, sets):
        if turn < 0:
            row = LATEST + turn
            start, rank_one, rank_two = sufficed[row, 0], sufficed[row, 1], sufficed[row, 2]
            if start == NOBODY or not (_may_stand(one, rank_one, first, last) and _may_stand(two, rank_two, first, last)):
                continue
        else:
            row = LATEST - 1
            run, pair = divmod(turn * leap % sets, along * across)
            start = cell.at_low + run
            rank_one = first[one] + pair // across if one != NOBODY else NOBODY
            rank_two = first[two] + pair % across if two != NOBODY else NOBODY
        if start <= rank_one < start + cell.zeros or start <= rank_two < start + cell.zeros or (two != NOBODY and rank_one >= rank_two):
            continue
        _place(cell, start, rank_one, values[one], rank_two, values[two], ranks[KNOWN])
        room.tried[0] += 1
        if _is_sorted(ranks[KNOWN]) and bounds_at(cell, ranks):
            width = _widen(cell, start, rank_one, rank_two, ranks)
            if width >= enough:
                _remember(sufficed, row, start, rank_one, rank_two)
                break
    return width


@compiled
def _may_stand(place: int, rank: int, first: Array, last: Array) -> bool:
    if NOBODY in (place, rank):
        return place == rank
    return first[place] <= rank <= last[place]


@compiled
def _place(cell: Figures, start: int, rank_one: int, value_one: float, rank_two: int, value_two: float, known: Array) -> None:
    """Make known what a placement says."""
    for rank in range(cell.at_low, len(known)):
        known[rank] = cell.zero if start <= rank < start + cell.zeros else np.nan
    if rank_one != NOBODY:
        known[rank_one] = value_one
    if rank_two != NOBODY:
        known[rank_two] = value_two


@compiled
def _is_sorted(known: Array) -> bool:
    value = -np.inf
    for rank in range(len(known)):
        if known[rank] < value - TOLERANCE:  # never true of NaN
            return False
        value = value if math.isnan(known[rank]) else known[rank]
    return True


@compiled
def _widen(cell: Figures, start: int, rank_one: int, rank_two: int, ranks: Array) -> float:
    """Take the bounds of everybody but colluders and zeros into the hull; its narrowest width."""
    smallest, largest, hull_least, hull_most = ranks[SMALLEST], ranks[LARGEST], ranks[HULL_LEAST], ranks[HULL_MOST]
    width, other = np.inf, 0
    for rank in range(cell.at_low, len(smallest)):
        if rank not in (rank_one, rank_two) and not start <= rank < start + cell.zeros:
            hull_least[other] = min(hull_least[other], smallest[rank])
            hull_most[other] = max(hull_most[other], largest[rank])
            width = min(width, hull_most[other] - hull_least[other])
            other += 1
    return width


@compiled
def _remember(sufficed: Array, row: int, start: int, rank_one: int, rank_two: int) -> None:
    """A placement that sufficed moves to the front; those before `row` move one back."""
    for later in range(row, 0, -1):
        for column in range(3):
            sufficed[later, column] = sufficed[later - 1, column]
    sufficed[0, 0], sufficed[0, 1], sufficed[0, 2] = start, rank_one, rank_two


@compiled
def _coprime(count: int) -> int:
    """A number near a fixed part of `count` with which multiples go through all of its remainders."""
    leap = max(1, int(count * STRIDE))
    while math.gcd(leap, count) != 1:
        leap += 1
    return leap
