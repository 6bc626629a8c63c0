"""Attacks on two cells at once: revisions of one cell, and cells that differ by few groups (DISCLOSURE, attacks 3 and 4).

The attacker knows who is in both cells with the same value, in one of them only, or in both with another value. The order
statistics of all these sets are the variables of one linear programme; a set inside another one interlaces with it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from orchestration.digests import digest_of
from orchestration.disclosure.audit.editions import PublishedCell, PublishedEdition, families
from orchestration.disclosure.audit.outcome import Outcome, of_widths
from orchestration.disclosure.audit.printed import Printed
from orchestration.disclosure.audit.programme import Programme, UnsolvedError
from orchestration.disclosure.policy.cells import Integers

MOST_PAIRS = 200
NEAREST = 3  # cells of its family that each is compared with, and as many more as differ no more

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
            widths[place] = min(Pair.of(cell, other).width(limit, known) for other in others)
    return of_widths(widths, limit)


def compare(candidate: PublishedEdition, served: Sequence[PublishedEdition], limit: float, known: dict[str, float]) -> Outcome:
    """Attack 4 on the 200 pairs that differ least: of the candidate's cells of one family, and of each cell in the editions before.

    Nested cells are such pairs, and so are chains of editions. The smaller cell of a pair is broken. Of pairs that differ as much
    those come first whose figures say so, whatever the cells are called.
    """
    chosen = differing_least(list(_near(candidate, _by_address(served))))
    widths: dict[int, float] = {}
    for place, pair in chosen:
        widths[place] = min(pair.width(limit, known), widths.get(place, math.inf))
    return of_widths(widths, limit, tried=len(chosen))


Near = tuple[int, int, PublishedCell, PublishedCell]
"""In how many groups two cells differ, the place of the one that is broken, and both."""


def _near(candidate: PublishedEdition, before: Mapping[Address, Sequence[PublishedCell]]) -> Iterator[Near]:
    """Each of the candidate's cells with those of its family that differ least from it, and with all its earlier forms."""
    for places in families(candidate).values():
        own = [candidate.cells[place] for place in places]
        differing = _differing(own)
        for row, (place, cell) in enumerate(zip(places, own, strict=True)):
            near = np.flatnonzero(differing[row] <= np.sort(differing[row])[: NEAREST + 1].max(initial=0)).tolist()
            for other in near:
                if other != row and differing[row, other] and len(own[other].groups) >= len(cell.groups):
                    yield int(differing[row, other]), place, cell, own[other]
            for old in before.get((cell.family, cell.key), ()):
                if old.values_of_groups != cell.values_of_groups:
                    yield len(old.values_of_groups ^ cell.values_of_groups), place, cell, old


def differing_least(pairs: Sequence[Near]) -> list[tuple[int, Pair]]:
    """The place and the pair of those that differ least, as many as are tried. What two cells print is only looked at where it decides."""
    if len(pairs) <= MOST_PAIRS:
        return [(place, Pair.of(one, other)) for _, place, one, other in pairs]
    last = sorted(differ for differ, *_ in pairs)[MOST_PAIRS - 1]
    chosen = [(place, Pair.of(one, other)) for differ, place, one, other in pairs if differ < last]
    alike = [(place, Pair.of(one, other)) for differ, place, one, other in pairs if differ == last]
    alike.sort(key=lambda found: (found[1].content, found[0]))
    content = alike[MOST_PAIRS - len(chosen) - 1][1].content
    return chosen + [found for found in alike if found[1].content <= content]


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
class Pair:
    """What two cells print, and how many groups are in both with the same value."""

    one: Printed
    other: Printed
    common: int

    @classmethod
    def of(cls, one: PublishedCell, other: PublishedCell) -> Pair:
        return cls(one.printed, other.printed, len(one.values_of_groups & other.values_of_groups))

    @cached_property
    def content(self) -> str:
        return digest_of("pair", self.one, self.other, self.common)

    def width(self, limit: float, known: dict[str, float]) -> float:
        """The narrowest interval of those who are in one cell only, of those in both, and of all, from what both print."""
        content = digest_of(self.content, limit)
        if content not in known:
            known[content] = _narrowest(programme_of(self.blocks()))
        return known[content]

    def blocks(self) -> list[Block]:
        """Both cells, and those who are in both, and in each one alone, as sets inside them."""
        cells = (self.one, self.other)
        parts = [(self.common, (0, 1)), (self.one.groups - self.common, (0,)), (self.other.groups - self.common, (1,))]
        # Whom a share of zeros tells of is nobody to be pinned: as many as must be in a part too, and in a cell as in its parts.
        zeros = [max(0, *(cells[c].at_low + size - cells[c].groups for c in inside)) for size, inside in parts]
        whole = [max(cell.at_low, zeros[0] + zeros[1 + place]) for place, cell in enumerate(cells)]
        found: list[Block] = [(replace(cell, at_low=at_low), ()) for cell, at_low in zip(cells, whole, strict=True)]
        return found + [
            (Printed(size, self.one.low, self.one.high, (), at_low), inside)
            for (size, inside), at_low in zip(parts, zeros, strict=True)
            if size
        ]


Block = tuple[Printed, tuple[int, ...]]
"""What is known of a set of groups, and the places of the sets that it is inside of."""


def programme_of(blocks: Sequence[Block]) -> tuple[Programme, list[int]]:
    """One programme of several sets of groups, and the variables that are somebody's who may be pinned."""
    programme = Programme()
    starts = [programme.add(printed) for printed, _ in blocks]
    for place, (printed, inside) in enumerate(blocks):
        for outer in inside:
            programme.nest((starts[outer], blocks[outer][0].groups), (starts[place], printed.groups))
    return programme, [
        start + rank for start, (printed, _) in zip(starts, blocks, strict=True) for rank in range(printed.at_low, printed.groups)
    ]


def _narrowest(asked: tuple[Programme, Sequence[int]]) -> float:
    """The narrowest range of any of these variables; 0 where it cannot be solved."""
    programme, variables = asked
    try:
        return programme.narrowest_range(variables)
    except UnsolvedError:
        return 0.0
