"""Attack 2: how narrow an interval can a group's value be pinned to, by what is printed and what up to two colluders know?

The attacker knows the estimator, the number of groups, the hard range, and the values of the colluders, at whatever ranks
these may have beside what is printed. For known ranks the smallest and largest value that each order statistic can take
follow in closed form, since the windows of a cell share no rank (`DISCLOSURE`, "Closed form of attack 2"; `programme` solves
the same as a linear programme). For unknown ranks the interval of an order statistic of the others is the hull over all ranks that
are possible.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from orchestration.disclosure.audit.printed import Average, Printed
from orchestration.disclosure.policy.cells import Flags, Floats, Integers

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Bounds:
    """Per set of known ranks (row) and rank (column): the smallest and largest possible value; and whether the ranks are possible at all."""

    least: Floats
    most: Floats
    possible: Flags


@dataclass(frozen=True)
class Pinned:
    """The narrowest interval found: its width on the working scale, and the colluders' places among the sorted values."""

    width: float
    colluders: tuple[int, ...]
    coalitions: int


def bounds(printed: Printed, ranks: Integers, values: Floats) -> Bounds:
    """The bounds on every order statistic where `values` (sets, colluders) stand at `ranks` (the same shape, from 0)."""
    known = _known(printed, ranks, values)
    cap = np.minimum.accumulate(np.where(np.isnan(known), np.inf, known)[:, ::-1], axis=1)[:, ::-1]
    floor = np.maximum.accumulate(np.where(np.isnan(known), -np.inf, known), axis=1)
    low, high = np.maximum(floor, printed.low), np.minimum(cap, printed.high)
    for average in printed.averages:
        low[:, average.last :] = np.maximum(low[:, average.last :], _forced_up(average, known, cap)[:, None])
        high[:, : average.first + 1] = np.minimum(high[:, : average.first + 1], _forced_down(average, known, floor)[:, None])
    possible: Flags = np.asarray((low <= high + TOLERANCE).all(axis=1))
    least, most = low.copy(), high.copy()
    for average in printed.averages:
        own = slice(average.first, average.last + 1)
        weights = np.array(average.weights)
        possible &= (high[:, own] @ weights >= average.least - TOLERANCE) & (low[:, own] @ weights <= average.most + TOLERANCE)
        most[:, own] = np.minimum(most[:, own], _largest(average, known[:, own], low[:, own], floor[:, own]))
        mirrored = Average(0, average.weights[::-1], -average.most, -average.least)
        turned = (-array[:, own][:, ::-1] for array in (known, high, cap))
        least[:, own] = np.maximum(least[:, own], -_largest(mirrored, *turned)[:, ::-1])
    return Bounds(least, most, possible)


def narrowest(printed: Printed, values: Floats, coalitions: Iterator[tuple[int, ...]] | None = None) -> Pinned:
    """The narrowest interval that any group's value can be pinned to by the worst of `coalitions`, without its own members.

    values: what the groups really have, sorted. coalitions: places of colluders among them, at most two; `worst_coalitions` where none are given.
    """
    found = Pinned(np.inf, (), 0)
    alone = bounds(printed, np.empty((1, 0), dtype=np.int64), np.empty((1, 0)))
    for coalition in coalitions if coalitions is not None else worst_coalitions(printed):
        width = _width(printed, values[list(coalition)], alone)
        found = Pinned(min(width, found.width), coalition if width < found.width else found.colluders, found.coalitions + 1)
    return found


def worst_coalitions(printed: Printed) -> Iterator[tuple[int, ...]]:
    """Nobody, everybody alone, and every two who stand in or next to one window; with no window, neighbours.

    Two who stand further apart know less together: a test tries all pairs and finds none that is worse.
    """
    yield ()
    yield from ((place,) for place in range(printed.groups))
    pairs = {(place, place + 1) for place in range(printed.groups - 1)}
    for average in printed.averages:
        near = range(max(0, average.first - 1), min(printed.groups, average.last + 2))
        pairs.update(combinations(near, 2))
    yield from sorted(pairs)


def _known(printed: Printed, ranks: Integers, values: Floats) -> Floats:
    """What stands where by common knowledge: NaN where nothing is known."""
    known = np.full((len(ranks), printed.groups), np.nan)
    known[:, : printed.at_low] = printed.low
    np.put_along_axis(known, ranks, values, axis=1)
    return known


def _forced_up(average: Average, known: Floats, cap: Floats) -> Floats:
    """The least that the last value of a window must be, so that the average comes up to what is printed."""
    own = slice(average.first, average.last + 1)
    weights = np.array(average.weights)
    is_known: Flags = np.asarray(~np.isnan(known[:, own]))
    is_capped: Flags = np.logical_or.accumulate(is_known[:, ::-1], axis=1)[:, ::-1]  # at or left of a known value of this window
    rest = np.where(is_capped, 0, weights).sum(axis=1)
    capped = np.where(is_capped, weights * np.where(is_capped, cap[:, own], 0), 0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(rest > 0, (average.least - capped) / rest, -np.inf)


def _forced_down(average: Average, known: Floats, floor: Floats) -> Floats:
    """The most that the first value of a window may be."""
    own = slice(average.first, average.last + 1)
    mirrored = Average(0, average.weights[::-1], -average.most, -average.least)
    return -_forced_up(mirrored, -known[:, own][:, ::-1], -floor[:, own][:, ::-1])


def _largest(average: Average, known: Floats, low: Floats, floor: Floats) -> Floats:
    """The largest value at each rank of a window: all before it as small as they can be, all from it to the next known one alike,
    those from there on as small as what is known left of them. The arrays hold the window's ranks only.
    """
    weights, size = np.array(average.weights), len(average.weights)
    is_known: Flags = np.asarray(~np.isnan(known))
    before = np.concatenate([np.zeros((len(known), 1)), np.cumsum(weights * low, axis=1)], axis=1)
    from_known = np.where(is_known.any(axis=1)[:, None], np.where(np.isfinite(floor), floor, 0), 0) * weights
    after = np.concatenate([np.cumsum(from_known[:, ::-1], axis=1)[:, ::-1], np.zeros((len(known), 1))], axis=1)
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    largest = np.full(known.shape, np.inf)
    upcoming = np.full(len(known), size)
    for place in range(size - 1, -1, -1):
        upcoming = np.where(is_known[:, place], place, upcoming)
        alike = sums[upcoming] - sums[place]
        rest = average.most - before[:, place] - np.take_along_axis(after, upcoming[:, None], axis=1)[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            largest[:, place] = np.where(alike > 0, rest / alike, np.inf)
    return largest


def _width(printed: Printed, told: Floats, alone: Bounds) -> float:
    """The narrowest hull over an order statistic of the others, for colluders with these values; infinite where there are no others."""
    ranks = _possible_ranks(printed, told, alone)
    found = bounds(printed, ranks, np.broadcast_to(told, ranks.shape))
    if not found.possible.any():
        raise ValueError("the colluders' values fit nowhere into the cell, which they are in")
    ranks = ranks[found.possible]
    others = _others(printed, ranks)
    if not others.shape[1]:
        return np.inf
    least = np.take_along_axis(found.least[found.possible], others, axis=1).min(axis=0)
    most = np.take_along_axis(found.most[found.possible], others, axis=1).max(axis=0)
    return float((most - least).min())


def _possible_ranks(printed: Printed, told: Floats, alone: Bounds) -> Integers:
    """All sets of ranks that the colluders may have, one a row; whoever is at `low` stands first, since alike values may change places."""
    fits = [np.flatnonzero((alone.least[0] <= value + TOLERANCE) & (alone.most[0] >= value - TOLERANCE)) for value in told]
    at_low = sum(bool(value <= printed.low + TOLERANCE) for value in told) if printed.at_low else 0
    for place in range(at_low):
        fits[place] = np.array([place])
    if not fits:
        return np.empty((1, 0), dtype=np.int64)
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*fits, indexing="ij")], axis=1)
    return grid[(np.diff(grid, axis=1) > 0).all(axis=1)]


def _others(printed: Printed, ranks: Integers) -> Integers:
    """The ranks of the others, in order: neither of colluders nor of values that a share says are at `low`."""
    inside = int((ranks[0] < printed.at_low).sum()) if len(ranks) else 0
    others = np.broadcast_to(
        np.arange(printed.at_low, printed.groups - ranks.shape[1] + inside),
        (len(ranks), max(0, printed.groups - ranks.shape[1] + inside - printed.at_low)),
    ).copy()
    for column in range(inside, ranks.shape[1]):
        others += others >= ranks[:, [column]]
    return others
