"""Attack 2: how narrow an interval can a group's value be pinned to, by what is printed and what up to two colluders know?

The attacker knows the estimator, the number of groups, the hard range, and the values of the colluders, at whatever ranks
these may have beside what is printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

import numpy as np

from orchestration.disclosure.audit.closed_form import KNOWN, LARGEST, NOBODY, SMALLEST, Figures, bounds_at, narrowest_of, room_for
from orchestration.disclosure.audit.printed import Layout, Printed
from orchestration.disclosure.policy.cells import Flags, Floats, Integers

MOST_FOR_ALL_PAIRS = 48
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
    """The narrowest interval found: its width on the working scale, the colluders' places among the sorted values, how many coalitions
    there were, and at how many placements of their ranks the bounds of all others were worked out.
    """

    width: float
    colluders: Coalition
    coalitions: int
    placements: int


def bounds(printed: Printed, ranks: Integers, values: Floats) -> Bounds:
    """The bounds on every order statistic where `values` (sets, colluders) stand at `ranks` (the same shape, from 0)."""
    shape = (len(ranks), printed.groups)
    found = Bounds(np.empty(shape), np.empty(shape), np.empty(len(ranks), dtype=np.bool_))
    ranks_of = room_for(printed.groups).ranks
    for row in range(len(ranks)):
        ranks_of[KNOWN] = np.nan
        ranks_of[KNOWN, : printed.at_low] = printed.low
        ranks_of[KNOWN, ranks[row]] = values[row]
        found.possible[row] = bounds_at(figures_of(printed), ranks_of)
        found.least[row], found.most[row] = ranks_of[SMALLEST], ranks_of[LARGEST]
    return found


def narrowest(
    printed: Printed, values: Floats, coalitions: Iterable[Coalition] | None = None, limit: float = 0.0, enough: float = math.inf
) -> Pinned:
    """The narrowest interval that any group's value can be pinned to by the worst of `coalitions`, without its own members.

    values: what the groups really have, sorted. coalitions: places of colluders among them, at most two, in order; where none are given
    `worst_coalitions`, once long runs of ranks that no figure averages are shortened, which can only make an interval narrower: places are
    then those in the shortened cell. limit: a coalition that comes below it need not be the worst. enough: what is wider need not be told apart,
    and has nobody for its colluders. Raises `ValueError` where the values do not fit what is printed.
    """
    if coalitions is None and not printed.zeros:
        printed, values = shortened(printed, values)
    tried = _worst_coalitions(printed.layout) if coalitions is None else _as_rows(coalitions)
    if coalitions is None and printed.zeros and printed.groups > MOST_FOR_ALL_PAIRS:
        tried = tried[:1]  # nobody: zeros and colluders at all ranks would be too many places to try
    elif printed.zeros:  # whoever has that value knows nothing new
        tried = tried[~((tried != NOBODY) & (values[tried] == printed.zero)).any(axis=1)]
    if not len(tried):
        return Pinned(enough, (), 0, 0)
    width, worst, placements = narrowest_of(figures_of(printed), values, tried, limit, enough)
    if math.isnan(width):
        raise ValueError("the values of some groups fit nowhere into the cell that they are in")
    colluders = tried[worst].tolist() if worst != NOBODY else ()
    return Pinned(width, tuple(place for place in colluders if place != NOBODY), len(tried), placements)


def figures_of(printed: Printed) -> Figures:
    """As the compiled closed form takes them."""
    averages = printed.averages
    first, last = (np.array(ends, dtype=np.int64) for ends in ([a.first for a in averages], [a.last for a in averages]))
    weights = np.zeros((len(averages), max((len(a.weights) for a in averages), default=0)))
    for row, average in enumerate(averages):
        weights[row, : len(average.weights)] = average.weights
    least, most = (np.array(ends, dtype=np.float64) for ends in ([a.least for a in averages], [a.most for a in averages]))
    return Figures(
        float(printed.low), float(printed.high), printed.at_low, printed.zeros, float(printed.zero), first, last, weights, least, most
    )


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
    return replace(printed, groups=groups, averages=averages, at_low=at_low), values[kept]


def worst_coalitions(layout: Layout) -> Iterator[Coalition]:
    """Nobody, everybody alone, and every two; in cells of more than 48 only neighbours up to three places apart, and those who stand in
    one window or up to two places beside it. But of those whom a share says to be at `low` nobody, for they know nothing new.
    """
    yield ()
    yield from ((place,) for place in range(layout.at_low, layout.groups))
    if layout.groups <= MOST_FOR_ALL_PAIRS:
        yield from combinations(range(layout.at_low, layout.groups), 2)
        return
    pairs = {(place, place + apart) for apart in (1, 2, 3) for place in range(layout.at_low, layout.groups - apart)}
    for first, weights in layout.windows:
        near = range(max(layout.at_low, first - 2), min(layout.groups, first + len(weights) + 2))
        pairs.update(combinations(near, 2))
    yield from sorted(pairs)


@lru_cache(maxsize=4096)
def _worst_coalitions(layout: Layout) -> Integers:
    return _as_rows(worst_coalitions(layout))


def _as_rows(coalitions: Iterable[Coalition]) -> Integers:
    return np.array([(*coalition, NOBODY, NOBODY)[:2] for coalition in coalitions], dtype=np.int64).reshape(-1, 2)
