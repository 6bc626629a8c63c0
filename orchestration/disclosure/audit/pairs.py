"""Attacks on two cells at once: revisions of one cell, and cells that differ by few groups (DISCLOSURE, attacks 3 and 4).

The attacker knows who is in both cells with the same value, in one of them only, or in both with another value. The order
statistics of all these sets are the variables of one linear programme; a set inside another one interlaces with it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from orchestration.digests import digest_of
from orchestration.disclosure.audit.editions import PublishedCell, PublishedEdition, families
from orchestration.disclosure.audit.interval import bounds
from orchestration.disclosure.audit.outcome import Outcome, of_widths
from orchestration.disclosure.audit.printed import Printed
from orchestration.disclosure.audit.programme import Programme, UnsolvedError
from orchestration.disclosure.policy.cells import Integers

MOST_PAIRS = 200
NEAREST = 3  # cells of its family that each is compared with, and as many more as differ no more
RANKS_TRIED = 3  # of each set of groups: those that are pinned most without the programme
CLOSE = 2.5  # times the limit: where these are pinned to less, all ranks are tried

Address = tuple[tuple[str, str, int], tuple[object, ...]]


def revise(candidate: PublishedEdition, served: Sequence[PublishedEdition], limit: float, known: dict[str, float]) -> Outcome:
    """Attack 3 on every cell that was served before in another form: old and new figures together, the attacker knowing who
    changed. known: what was found of the same pair before, and taken note of.
    """
    before = _by_address(edition for edition in served if edition.period == candidate.period)
    widths: dict[int, float] = {}
    for place, cell in enumerate(candidate.cells):
        others = [old for old in before[cell.family, cell.key] if old.values_of_groups != cell.values_of_groups]
        if others and not cell.again:
            widths[place] = min(_Pair.of(cell, other).width(limit, known) for other in others)
    return of_widths(widths, limit)


def compare(candidate: PublishedEdition, served: Sequence[PublishedEdition], limit: float, known: dict[str, float]) -> Outcome:
    """Attack 4 on the 200 pairs that differ least: of the candidate's cells of one family, and of each cell in the editions before.

    Nested cells are such pairs, and so are chains of editions. The smaller cell of a pair is broken. Of pairs that differ as much
    those come first whose figures say so, whatever the cells are called.
    """
    before = _by_address(served)
    pairs: list[tuple[int, str, int, _Pair]] = []
    for places in families(candidate).values():
        own = [candidate.cells[place] for place in places]
        differing = _differing(own)
        for row, (place, cell) in enumerate(zip(places, own, strict=True)):
            near = np.flatnonzero(differing[row] <= np.sort(differing[row])[: NEAREST + 1].max(initial=0)).tolist()
            others = [own[other] for other in near if other != row and differing[row, other] and len(own[other].groups) >= len(cell.groups)]
            others += [old for old in before[cell.family, cell.key] if old.values_of_groups != cell.values_of_groups]
            found = [_Pair.of(cell, other) for other in others]
            pairs += [(pair.differ, pair.content, place, pair) for pair in found]
    widths: dict[int, float] = {}
    chosen = sorted(pairs, key=lambda pair: pair[:3])
    last = chosen[MOST_PAIRS - 1][:2] if len(chosen) > MOST_PAIRS else ()
    chosen = [pair for place, pair in enumerate(chosen) if place < MOST_PAIRS or pair[:2] == last]
    for _, _, place, pair in chosen:
        widths[place] = min(pair.width(limit, known), widths.get(place, math.inf))
    return of_widths(widths, limit, tried=len(chosen))


def _by_address(editions: Iterable[PublishedEdition]) -> defaultdict[Address, list[PublishedCell]]:
    found: defaultdict[Address, list[PublishedCell]] = defaultdict(list)
    for edition in editions:
        for cell in edition.cells:
            found[cell.family, cell.key].append(cell)
    return found


def _differing(cells: Sequence[PublishedCell]) -> Integers:
    """How many groups are in one of two cells only or have other values, for every two; larger than all cells together for a cell and itself."""
    values = {value: column for column, value in enumerate(sorted(set().union(*(cell.values_of_groups for cell in cells))))}
    columns = [values[value] for cell in cells for value in cell.values_of_groups]
    sizes = np.array([len(cell.groups) for cell in cells])
    rows = np.repeat(np.arange(len(cells)), sizes)
    matrix = csr_array((np.ones(len(columns), dtype=np.int64), (rows, columns)), shape=(len(cells), len(values)))
    differing = np.asarray(sizes[:, None] + sizes[None, :] - 2 * (matrix @ matrix.T).toarray(), dtype=np.int64)
    np.fill_diagonal(differing, 2 * sizes.sum() + 1)
    return differing


@dataclass(frozen=True)
class _Pair:
    """What two cells print, how many groups are in both with the same value, and in how many the cells differ."""

    one: Printed
    other: Printed
    common: int
    differ: int

    @classmethod
    def of(cls, one: PublishedCell, other: PublishedCell) -> _Pair:
        common = len(one.values_of_groups & other.values_of_groups)
        return cls(one.printed, other.printed, common, len(one.groups) + len(other.groups) - 2 * common)

    @cached_property
    def content(self) -> str:
        return digest_of("pair", self.one, self.other, self.common)

    def width(self, limit: float, known: dict[str, float]) -> float:
        """The narrowest interval of those who are in one cell only, of those in both, and of all, from what both print."""
        content = digest_of(self.content, limit)
        if content not in known:
            cells = (self.one, self.other)
            parts = [(self.common, (0, 1)), (self.one.groups - self.common, (0,)), (self.other.groups - self.common, (1,))]
            # Whom a share of zeros tells of is nobody to be pinned: as many as must be in a part too, and in a cell as in its parts.
            zeros = [max(0, *(cells[c].at_low + size - cells[c].groups for c in inside)) for size, inside in parts]
            whole = [max(cell.at_low, zeros[0] + zeros[1 + place]) for place, cell in enumerate(cells)]
            blocks = [(replace(cell, at_low=at_low), ()) for cell, at_low in zip(cells, whole, strict=True)]
            blocks += [
                (Printed(size, self.one.low, self.one.high, (), at_low), inside)
                for (size, inside), at_low in zip(parts, zeros, strict=True)
                if size
            ]
            known[content] = _narrowest(blocks, limit)
        return known[content]


def _narrowest(blocks: Sequence[tuple[Printed, tuple[int, ...]]], limit: float) -> float:
    """One programme of several sets of groups, each with the places of those that it is inside of; 0 where it cannot be solved.

    A few ranks of each set are tried first, and all of them where these are pinned to little more than `limit`.
    """
    programme = Programme()
    starts = [programme.add(printed) for printed, _ in blocks]
    for place, (printed, inside) in enumerate(blocks):
        for outer in inside:
            programme.nest((starts[outer], blocks[outer][0].groups), (starts[place], printed.groups))
    placed = list(zip(starts, (printed for printed, _ in blocks), strict=True))
    try:
        width = _narrowest_of(programme, [start + rank for start, printed in placed for rank in _ranks_to_try(printed)])
        if width < CLOSE * limit:
            every = [start + rank for start, printed in placed for rank in range(printed.at_low, printed.groups)]
            width = min(width, _narrowest_of(programme, every))
    except UnsolvedError:
        return 0.0
    return width


def _narrowest_of(programme: Programme, variables: Sequence[int]) -> float:
    return min((high - low for low, high in map(programme.range_of, variables)), default=math.inf)


def _ranks_to_try(printed: Printed) -> list[int]:
    """The ranks that are pinned most by the cell alone; of sets without figures the ends and the middle."""
    open_ranks = range(printed.at_low, printed.groups)
    if not printed.averages:
        return sorted({open_ranks[0], open_ranks[len(open_ranks) // 2], open_ranks[-1]}) if open_ranks else []
    alone = bounds(printed, np.empty((1, 0), dtype=np.int64), np.empty((1, 0)))
    widths = alone.most[0] - alone.least[0]
    return sorted(sorted(open_ranks, key=lambda rank: (widths[rank], rank))[:RANKS_TRIED])
