"""Attack 2: how narrow an interval can a group's value be pinned to, by what is printed and what up to two colluders know?

The attacker knows the estimator, the number of groups, the hard range, and the values of the colluders, at whatever ranks
these may have beside what is printed. For known ranks the smallest and largest value that each order statistic can take
follow in closed form, since the windows of a cell share no rank (DISCLOSURE, "Closed form of attack 2"; `programme` solves
the same as a linear programme). For unknown ranks the interval of an order statistic of the others is the hull over all ranks
that are possible.

Everything is done for many sets of known ranks at once, and for all cells that print the same windows: rows are sets,
columns are ranks.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from orchestration.disclosure.audit.printed import Layout, Printed
from orchestration.disclosure.policy.cells import Flags, Floats, Integers

TOLERANCE = 1e-9
MOST_NUMBERS = 400_000  # in one array
KEPT_BESIDE = 3  # ranks on either side of a window, and of the ends

Coalition = tuple[int, ...]


@dataclass(frozen=True)
class Bounds:
    """Per set (row) and rank (column) the smallest and the largest possible value; and whether the set's ranks are possible at all."""

    least: Floats
    most: Floats
    possible: Flags


@dataclass(frozen=True)
class Pinned:
    """The narrowest interval found: its width on the working scale, the colluders' places among the sorted values, and how many
    coalitions were tried.
    """

    width: float
    colluders: Coalition
    coalitions: int


@dataclass(frozen=True)
class _Said:
    """What is printed of cells of one layout, one row a cell or a set: the hard range, and the bounds on each average (columns)."""

    low: Floats
    high: Floats
    least: Floats
    most: Floats

    @classmethod
    def of(cls, cells: Sequence[Printed]) -> _Said:
        averages = [cell.averages for cell in cells]
        shape = (len(cells), len(averages[0]))
        return cls(
            np.array([[cell.low] for cell in cells]),
            np.array([[cell.high] for cell in cells]),
            np.array([[a.least for a in own] for own in averages]).reshape(shape),
            np.array([[a.most for a in own] for own in averages]).reshape(shape),
        )

    def rows(self, places: Integers) -> _Said:
        return _Said(self.low[places], self.high[places], self.least[places], self.most[places])


def bounds(printed: Printed, ranks: Integers, values: Floats) -> Bounds:
    """The bounds on every order statistic where `values` (sets, colluders) stand at `ranks` (the same shape, from 0)."""
    return _bounds(printed.layout, _Said.of([printed]).rows(np.zeros(len(ranks), dtype=np.int64)), ranks, values)


def narrowest(printed: Printed, values: Floats, coalitions: Iterable[Coalition] | None = None) -> Pinned:
    """The narrowest interval that any group's value can be pinned to by the worst of `coalitions`, without its own members.

    values: what the groups really have, sorted. coalitions: places of colluders among them, at most two; `worst_coalitions` where
    none are given. Raises `ValueError` where the values do not fit what is printed.
    """
    return narrowest_of_all([printed], [values], coalitions)[0]


def narrowest_of_all(cells: Sequence[Printed], values: Sequence[Floats], coalitions: Iterable[Coalition] | None = None) -> list[Pinned]:
    """`narrowest` of many cells; those of one layout are attacked together.

    Where coalitions are chosen here, long runs of ranks that no figure averages are shortened first, which can only make an
    interval narrower. Places of colluders are then those in the shortened cell.
    """
    if coalitions is None:
        cells, values = zip(*map(shortened, cells, values), strict=True) if cells else ((), ())
    alike: dict[Layout, list[int]] = defaultdict(list)
    for place, cell in enumerate(cells):
        alike[cell.layout].append(place)
    given = None if coalitions is None else list(coalitions)
    found = [Pinned(math.inf, (), 0)] * len(cells)
    for layout, places in alike.items():
        tried = list(worst_coalitions(layout)) if given is None else given
        if tried:
            said, known = _Said.of([cells[place] for place in places]), np.array([values[place] for place in places])
            for place, (width, worst) in zip(places, _Search(layout, said, known, tried).narrowest(), strict=True):
                found[place] = Pinned(width, tried[worst], len(tried))
    return found


def pinned_below(limit: float, cells: Sequence[Printed], values: Sequence[Floats]) -> list[float]:
    """The narrowest interval in each cell; where nobody's help is needed to come below `limit`, that of an attacker without any."""
    widths = [pinned.width for pinned in narrowest_of_all(cells, values, [()])]
    left = [place for place, width in enumerate(widths) if width >= limit]
    for place, pinned in zip(left, narrowest_of_all([cells[p] for p in left], [values[p] for p in left]), strict=True):
        widths[place] = pinned.width
    return widths


def shortened(printed: Printed, values: Floats) -> tuple[Printed, Floats]:
    """The same cell with at most six of the ranks in each run that no figure averages: as if the others were not there.

    Values there are bounded by the figures on both sides alone; fewer of them leave the attacker fewer ranks to think of.
    """
    kept = np.zeros(printed.groups, dtype=np.bool_)
    edges = [0, printed.at_low, printed.groups]
    for average in printed.averages:
        kept[average.first : average.last + 1] = True
        edges += [average.first, average.last + 1]
    for edge in edges:
        kept[max(0, edge - KEPT_BESIDE) : edge + KEPT_BESIDE] = True
    place = np.cumsum(kept) - kept
    averages = tuple(replace(average, first=int(place[average.first])) for average in printed.averages)
    groups, at_low = int(kept.sum()), int(kept[: printed.at_low].sum())
    return Printed(groups, printed.low, printed.high, averages, at_low), values[kept]


def worst_coalitions(layout: Layout) -> Iterator[Coalition]:
    """Nobody, everybody alone, every two neighbours, and every two who stand in one window or up to two places beside it; but of
    those whom a share says to be at `low` nobody, for they know nothing new.

    Two who stand further apart know less together: a test tries all pairs and finds none that is worse.
    """
    yield ()
    yield from ((place,) for place in range(layout.at_low, layout.groups))
    pairs = {(place, place + 1) for place in range(layout.at_low, layout.groups - 1)}
    for first, weights in layout.windows:
        near = range(max(layout.at_low, first - 2), min(layout.groups, first + len(weights) + 2))
        pairs.update(combinations(near, 2))
    yield from sorted(pairs)


# --- Known ranks ---------------------------------------------------------------------------------------------------------


def _bounds(layout: Layout, said: _Said, ranks: Integers, values: Floats) -> Bounds:
    known = np.full((len(ranks), layout.groups), np.nan)
    known[:, : layout.at_low] = said.low
    np.put_along_axis(known, ranks, values, axis=1)
    cap = np.minimum.accumulate(np.where(np.isnan(known), np.inf, known)[:, ::-1], axis=1)[:, ::-1]
    floor = np.maximum.accumulate(np.where(np.isnan(known), -np.inf, known), axis=1)
    low, high = np.maximum(floor, said.low), np.minimum(cap, said.high)
    windows = [(slice(first, first + len(weights)), np.array(weights)) for first, weights in layout.windows]
    for place, (own, weights) in enumerate(windows):
        up = _forced_up(weights, said.least[:, place], known[:, own], cap[:, own])
        down = _forced_up(weights[::-1], -said.most[:, place], -known[:, own][:, ::-1], -floor[:, own][:, ::-1])
        low[:, own.stop - 1 :] = np.maximum(low[:, own.stop - 1 :], up[:, None])
        high[:, : own.start + 1] = np.minimum(high[:, : own.start + 1], -down[:, None])
    possible: Flags = np.asarray((low <= high + TOLERANCE).all(axis=1))
    least, most = low.copy(), high.copy()
    for place, (own, weights) in enumerate(windows):
        at_least, at_most = said.least[:, place], said.most[:, place]
        possible &= (high[:, own] @ weights >= at_least - TOLERANCE) & (low[:, own] @ weights <= at_most + TOLERANCE)
        most[:, own] = np.minimum(most[:, own], _largest(weights, at_most, known[:, own], low[:, own], floor[:, own]))
        turned = (-array[:, own][:, ::-1] for array in (known, high, cap))
        least[:, own] = np.maximum(least[:, own], -_largest(weights[::-1], -at_least, *turned)[:, ::-1])
    return Bounds(least, most, possible)


def _forced_up(weights: Floats, least: Floats, known: Floats, cap: Floats) -> Floats:
    """The least that the last value of a window must be, so that the average comes up to what is printed. Arrays of the window's ranks."""
    is_known: Flags = np.asarray(~np.isnan(known))
    is_capped: Flags = np.logical_or.accumulate(is_known[:, ::-1], axis=1)[:, ::-1]  # at or left of a known value of this window
    rest = np.where(is_capped, 0, weights).sum(axis=1)
    capped = np.where(is_capped, weights * np.where(is_capped, cap, 0), 0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(rest > 0, (least - capped) / rest, -np.inf)


def _largest(weights: Floats, most: Floats, known: Floats, low: Floats, floor: Floats) -> Floats:
    """The largest value at each rank of a window: all before it as small as they can be, all from it to the next known one alike,
    those from there on as small as what is known left of them. Arrays of the window's ranks.
    """
    size = len(weights)
    is_known: Flags = np.asarray(~np.isnan(known))
    before = np.concatenate([np.zeros((len(known), 1)), np.cumsum(weights * low, axis=1)], axis=1)
    from_known = np.where(np.isfinite(floor), floor, 0) * weights  # added up only from a known value on
    after = np.concatenate([np.cumsum(from_known[:, ::-1], axis=1)[:, ::-1], np.zeros((len(known), 1))], axis=1)
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    largest = np.full(known.shape, np.inf)
    upcoming = np.full(len(known), size)
    for place in range(size - 1, -1, -1):
        upcoming = np.where(is_known[:, place], place, upcoming)
        alike = sums[upcoming] - sums[place]
        rest = most - before[:, place] - np.take_along_axis(after, upcoming[:, None], axis=1)[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            largest[:, place] = np.where(alike > 0, rest / alike, np.inf)
    return largest


# --- Unknown ranks -------------------------------------------------------------------------------------------------------


class _Search:
    """The worst coalition for each of many cells of one layout.

    The hull over some of the ranks that colluders may have is never wider than that over all of them. So it is taken over few sets
    of ranks for every coalition first, and over more only for coalitions that may still be worse than the worst one found.
    """

    def __init__(self, layout: Layout, said: _Said, values: Floats, coalitions: Sequence[Coalition]) -> None:
        self._layout, self._said, self._values = layout, said, values
        self._places = [np.array(coalition, dtype=np.int64) for coalition in coalitions]
        cells = len(values)
        alone = _bounds(layout, said, np.empty((cells, 0), dtype=np.int64), np.empty((cells, 0)))
        # The ranks that each value may have: the first whose largest value reaches it, the last whose smallest does not exceed it.
        self._first = np.maximum((alone.most[:, None, :] < values[:, :, None] - TOLERANCE).sum(axis=2), layout.at_low)
        self._last = (alone.least[:, None, :] <= values[:, :, None] + TOLERANCE).sum(axis=2) - 1

    def narrowest(self) -> list[tuple[float, int]]:
        """For each cell the narrowest interval, infinite where there are no others, and the coalition that finds it."""
        at_least = np.zeros((len(self._values), len(self._places)))
        best, worst = np.full(len(at_least), np.inf), np.zeros(len(at_least), dtype=np.int64)
        for choose in (_shifted_a_little, _shifted, _all_sets):
            may_be_worse = at_least < best[:, None]
            at_least[may_be_worse] = self._hulls(np.argwhere(may_be_worse), choose)
            narrowest = np.argmin(at_least, axis=1)
            widths = self._hulls(np.stack([np.arange(len(best)), narrowest], axis=1), _all_sets)
            worst = np.where(widths < best, narrowest, worst)
            best = np.minimum(widths, best)
        return list(zip(best.tolist(), worst.tolist(), strict=True))

    def _hulls(self, tasks: Integers, choose: Callable[[Integers, Integers, Integers], Integers]) -> Floats:
        """For each cell and coalition the narrowest hull over an order statistic of the others. choose: the sets of ranks to think of,
        of the first and the last that each colluder may have, and the true ones.
        """
        found = np.empty(len(tasks))
        sizes = np.array([len(self._places[coalition]) for _, coalition in tasks])
        for size in np.unique(sizes).tolist():
            own = np.flatnonzero(sizes == size)
            told = [(cell, self._places[coalition]) for cell, coalition in tasks[own].tolist()]
            sets = [choose(self._first[cell, places], self._last[cell, places], places) for cell, places in told]
            full = np.cumsum([len(ranks) * self._layout.groups for ranks in sets]) // MOST_NUMBERS
            for batch in np.split(np.arange(len(own)), np.flatnonzero(np.diff(full)) + 1):
                places = np.array([told[row][1] for row in batch], dtype=np.int64).reshape(len(batch), size)
                found[own[batch]] = self._hulls_over(tasks[own[batch], 0], places, [sets[row] for row in batch])
        return found

    def _hulls_over(self, cells: Integers, places: Integers, sets: Sequence[Integers]) -> Floats:
        whose = np.repeat(np.arange(len(sets)), [len(ranks) for ranks in sets])
        ranks = np.concatenate(sets)
        told = self._values[cells[:, None], places]
        found = _bounds(self._layout, self._said.rows(cells[whose]), ranks, told[whose])
        whose, ranks = whose[found.possible], ranks[found.possible]
        if len(np.unique(whose)) < len(sets):
            raise ValueError("the values of some groups fit nowhere into the cell that they are in")
        others = _others(self._layout, ranks)
        if not others.shape[1]:
            return np.full(len(sets), np.inf)
        starts = np.flatnonzero(np.diff(whose, prepend=-1))
        least = np.minimum.reduceat(np.take_along_axis(found.least[found.possible], others, axis=1), starts, axis=0)
        most = np.maximum.reduceat(np.take_along_axis(found.most[found.possible], others, axis=1), starts, axis=0)
        return (most - least).min(axis=1)


def _all_sets(first: Integers, last: Integers, true: Integers) -> Integers:
    """All sets of ranks, one a row, of colluders in the order of their values who may have those from `first` to `last`."""
    return _increasing([np.arange(a, b + 1) for a, b in zip(first, last, strict=True)]) if len(true) else true[None, :]


def _shifted(first: Integers, last: Integers, true: Integers) -> Integers:
    """The true ranks and all that lie as far from each other; and each colluder's first, true and last one, mixed."""
    if not len(true):
        return true[None, :]
    ends = _increasing([np.unique(choices) for choices in zip(first, true, last, strict=True)])
    return np.concatenate([true + _shifts(first, last, true)[:, None], ends])


def _shifted_a_little(first: Integers, last: Integers, true: Integers) -> Integers:
    """The true ranks, and the first, the last and some between them that lie as far from each other."""
    if not len(true):
        return true[None, :]
    shifts = _shifts(first, last, true)
    some = shifts[np.linspace(0, len(shifts) - 1, 5).astype(np.int64)]
    return true + np.unique(np.append(some, 0))[:, None]


def _shifts(first: Integers, last: Integers, true: Integers) -> Integers:
    return np.arange((first - true).max(), (last - true).min() + 1)


def _increasing(choices: Sequence[Integers]) -> Integers:
    ranks = np.stack([axis.ravel() for axis in np.meshgrid(*choices, indexing="ij")], axis=1)
    return ranks[(np.diff(ranks, axis=1) > 0).all(axis=1)]


def _others(layout: Layout, ranks: Integers) -> Integers:
    """The ranks of the others, in order: neither of colluders nor of values that a share says are at `low`."""
    places = np.arange(layout.at_low, layout.groups - ranks.shape[1])
    others = np.broadcast_to(places, (len(ranks), len(places))).copy()
    for column in range(ranks.shape[1]):
        others += others >= ranks[:, [column]]
    return others
