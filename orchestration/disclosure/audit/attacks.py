"""The attacks on a candidate, each over the candidate's cells and the editions that were served before it.

An attack answers how much it tried, how narrow an interval it found, and which of the candidate's cells it broke. Whatever it
cannot solve counts as broken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from orchestration.contracts import Profile
from orchestration.disclosure.audit.editions import PublishedCell, PublishedEdition
from orchestration.disclosure.audit.interval import bounds, narrowest_of_all
from orchestration.disclosure.audit.printed import Printed
from orchestration.disclosure.audit.programme import Programme, UnsolvedError
from orchestration.disclosure.audit.rowspace import singled_out
from orchestration.disclosure.policy.cells import ALL_RULES, Cells, Edition, Flags, Integers, Members, Reason, Rule
from orchestration.disclosure.policy.decide import decide

MOST_PAIRS = 200
RANKS_TRIED = 3  # of each set of groups in a programme: those that are pinned most without it
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Outcome:
    """tried: cells, pairs or sets that were attacked. narrowest: the narrowest interval found, as a share of the typical range;
    None where the attack looks for something else. broken: places of the candidate's cells that the attack broke.
    """

    tried: int
    narrowest: float | None
    broken: tuple[int, ...]


def identify(candidate: PublishedEdition, served: Sequence[PublishedEdition]) -> Outcome:
    """Attack 1: sums and differences of published sets of groups, with two colluders. Broken are the cheapest cells without which it
    finds nothing.

    Sets are compared within one dataset, KPI and version, and within one period, in all its revisions: what a group has in two
    periods are two unknowns, and what it has before and after a correction too.
    """
    tried, broken = 0, list[int]()
    for own, earlier in _families(candidate, served):
        cells = [candidate.cells[place] for place in own]
        rows, group = _matrix(cells, earlier)
        numbers = np.array([len(cell.groups) for cell in cells])
        for linked in _linked(rows):
            mine = [row for row in linked if row < len(own)]
            if mine:
                tried += len(linked)
                broken += [own[linked[row]] for row in _to_hide(rows[linked], group, numbers[mine])]
    return Outcome(tried, None, tuple(sorted(broken)))


def pin(candidate: PublishedEdition, limit: float, shares: Sequence[float]) -> Outcome:
    """Attack 2 on every cell. shares: the narrowest interval of each cell (`narrowest_shares`)."""
    broken = tuple(place for place, width in enumerate(shares) if width < limit - TOLERANCE)
    return Outcome(len(candidate.cells), min(shares, default=None), broken)


def narrowest_shares(cells: Sequence[PublishedCell]) -> list[float]:
    """The narrowest interval in each cell as a share of the typical range; 0 where what is printed does not fit the values behind it."""
    fit = [place for place, cell in enumerate(cells) if cell.printed.holds(cell.values)]
    found = narrowest_of_all([cells[place].printed for place in fit], [cells[place].values for place in fit])
    shares = [0.0] * len(cells)
    for place, pinned in zip(fit, found, strict=True):
        shares[place] = pinned.width
    return shares


def revise(candidate: PublishedEdition, served: Sequence[PublishedEdition], limit: float) -> Outcome:
    """Attack 3 on cells that were served before in another form: old and new figures together, the attacker knowing who changed."""
    then = [edition for edition in served if edition.period == candidate.period]
    before = [{(cell.family, cell.key): cell for cell in edition.cells} for edition in then]
    widths: dict[int, float] = {}
    for place, cell in enumerate(candidate.cells):
        others = [found for cells in before if (found := cells.get((cell.family, cell.key))) and set(_values(found)) != set(_values(cell))]
        if others and not cell.again and len(widths) < MOST_PAIRS:
            widths[place] = min(_width_of_pair(cell, other) for other in others)
    return _outcome(widths, limit)


def change_one(candidate: PublishedEdition, profile: Profile, rules: frozenset[Rule] = ALL_RULES) -> Outcome:
    """Attack 3 on the policy itself: were a cell built without one of its groups, would its figures be served beside these?

    For up to 200 pairs of a cell and a group, spread over the cells. Nothing may be published anew.
    """
    fresh = [place for place, cell in enumerate(candidate.cells) if not cell.again]
    chosen = fresh[:: max(1, len(fresh) // MOST_PAIRS)][:MOST_PAIRS]
    cells = [candidate.cells[place] for place in chosen]
    now = _members(cells)
    left = Members(*(array[_but_one(now, len(cells))] for array in (now.cell, now.group, now.digest)))
    shown = np.ones(len(cells), dtype=np.bool_)
    decided = decide(_harmless(cells, now), left, (Edition(True, shown, now),), profile, rules)
    return Outcome(len(cells), None, tuple(chosen[row] for row in np.flatnonzero(decided.reason == Reason.PUBLISHED)))


def fill_up(candidate: PublishedEdition, profile: Profile, rules: frozenset[Rule] = ALL_RULES) -> Outcome:
    """Attack 7: were all but k - 1 groups of a cell newcomers of one applicant, would it be published?"""
    members = _members(candidate.cells)
    cells = _harmless(candidate.cells, members)
    decided = decide(replace(cells, established=np.full(len(cells), profile.k - 1)), members, (), profile, rules)
    return Outcome(len(cells), None, tuple(int(place) for place in np.flatnonzero(decided.is_served)))


def compare(candidate: PublishedEdition, served: Sequence[PublishedEdition], limit: float) -> Outcome:
    """Attack 4: two cells together, the attacker knowing who is in both with the same value, as one linear programme. Of the candidate's
    cells of one family, and of each cell in the editions before, the 200 pairs that differ least.

    Nested cells are such pairs, and so are chains of editions. The smaller cell of a pair is broken.
    """
    pairs: list[tuple[int, int, PublishedCell]] = []
    before = defaultdict[tuple[tuple[str, str, int], tuple[object, ...]], list[PublishedCell]](list)
    for cell in (cell for edition in served for cell in edition.cells):
        before[cell.family, cell.key].append(cell)
    for own, _ in _families(candidate, ()):
        cells = [candidate.cells[place] for place in own]
        sets = [frozenset(_values(cell)) for cell in cells]
        for row, place in enumerate(own):
            others = [(cell, s) for cell, s in zip(cells, sets, strict=True) if len(s) >= len(sets[row])]
            others += [(cell, frozenset(_values(cell))) for cell in before[cells[row].family, cells[row].key]]
            differing = sorted((len(sets[row] ^ s), number) for number, (_, s) in enumerate(others) if s != sets[row])
            pairs += [(differ, place, others[number][0]) for differ, number in differing[:2]]
    chosen = sorted(pairs, key=lambda pair: pair[:2])[:MOST_PAIRS]
    widths: dict[int, float] = {}
    for _, place, other in chosen:
        widths[place] = min(_width_of_pair(candidate.cells[place], other), widths.get(place, np.inf))
    return replace(_outcome(widths, limit), tried=len(chosen))


def _outcome(widths: dict[int, float], limit: float) -> Outcome:
    broken = tuple(place for place, width in sorted(widths.items()) if width < limit - TOLERANCE)
    return Outcome(len(widths), min(widths.values(), default=None), broken)


# --- Sets of groups ------------------------------------------------------------------------------------------------------


def _families(candidate: PublishedEdition, served: Sequence[PublishedEdition]) -> Iterator[tuple[list[int], list[list[PublishedCell]]]]:
    """The places of the candidate's cells of each family, and the cells of that family in each earlier edition of the period."""
    own: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for place, cell in enumerate(candidate.cells):
        own[cell.family].append(place)
    for family in sorted(own):
        earlier = [[c for c in edition.cells if c.family == family] for edition in served if edition.period == candidate.period]
        yield own[family], earlier


def _matrix(own: Sequence[PublishedCell], earlier: Sequence[Sequence[PublishedCell]]) -> tuple[Flags, Integers]:
    """A row for each cell, the candidate's first; a column for each unknown, and whose each is.

    A group is one unknown, and one more for each earlier edition in which any of its values was another. Cells that are served
    again are of the newest earlier edition.
    """
    editions = [(0, cell) for cell in own if not cell.again]
    now = {(cell.key, group): digest for _, cell in editions for group, digest in _values(cell)}
    changed = [frozenset[int]()]
    changed += [frozenset(g for c in cells for g, digest in _values(c) if now.get((c.key, g), digest) != digest) for cells in earlier]
    laid = [(len(earlier) if cell.again else 0, cell) for cell in own]
    laid += [(number, cell) for number, cells in enumerate(earlier, start=1) for cell in cells]
    unknowns = [[(group, number if group in changed[number] else 0) for group in cell.groups.tolist()] for number, cell in laid]
    names = sorted({unknown for row in unknowns for unknown in row})
    place = {name: column for column, name in enumerate(names)}
    rows = np.zeros((len(laid), len(names)), dtype=np.bool_)
    for row, own_unknowns in enumerate(unknowns):
        rows[row, [place[unknown] for unknown in own_unknowns]] = True
    return rows, np.array([group for group, _ in names], dtype=np.int64)


def _values(cell: PublishedCell) -> list[tuple[int, int]]:
    return list(zip(cell.groups.tolist(), cell.digests.tolist(), strict=True))


def _linked(rows: Flags) -> list[list[int]]:
    """Rows that share a column, directly or through others."""
    _, label = connected_components(csr_array(rows.astype(np.int32) @ rows.T.astype(np.int32)), directed=False)
    return [np.flatnonzero(label == part).tolist() for part in range(int(label.max(initial=-1)) + 1)]


def _to_hide(rows: Flags, group: Integers, sizes: Integers) -> list[int]:
    """Of the first rows, whose sizes are given, those without which nobody is singled out: smaller ones first, those of one size together."""
    own = len(sizes)
    used = rows.any(axis=0)
    rows, group = rows[:, used], group[used]
    shown = np.ones(len(rows), dtype=np.bool_)
    while (found := singled_out(rows[shown], group)) is not None:
        touched = np.asarray(rows[:, np.isin(group, found.groups)].any(axis=1))
        part = [row for row in range(own) if shown[row] and touched[row]] or [row for row in range(own) if shown[row]]
        if not part:
            break  # editions that were served already: nothing of the candidate adds to it
        smallest = min(int(sizes[row]) for row in part)
        shown[[row for row in part if sizes[row] == smallest]] = False
    return [row for row in range(own) if not shown[row]]


def _members(cells: Sequence[PublishedCell]) -> Members:
    groups = np.concatenate([cell.groups for cell in cells]) if cells else np.empty(0, dtype=np.int64)
    digests = np.concatenate([cell.digests for cell in cells]) if cells else np.empty(0, dtype=np.int64)
    _, numbers = np.unique(groups, return_inverse=True)
    sizes = [len(cell.groups) for cell in cells]
    return Members(np.repeat(np.arange(len(cells)), sizes), numbers.astype(np.int64), digests)


def _but_one(members: Members, cells: int) -> Flags:
    """All members but the first of each cell."""
    kept = np.ones(len(members.cell), dtype=np.bool_)
    kept[np.searchsorted(members.cell, np.arange(cells))] = False
    return kept


def _harmless(cells: Sequence[PublishedCell], members: Members) -> Cells:
    """Cells that no rule on one cell alone would hide, each of a family of its own."""
    count = len(cells)
    sizes = members.sizes(count)
    return Cells(
        family=np.arange(count),
        established=sizes,
        most_common_times=np.ones(count, dtype=np.int64),
        printed=np.ones(count, dtype=np.int64),
        steps_apart=np.full(count, np.inf),
        in_first_period=np.zeros(count, dtype=np.bool_),
        hidden_before=np.zeros(count, dtype=np.bool_),
    )


# --- Order statistics of two cells ---------------------------------------------------------------------------------------


def _width_of_pair(one: PublishedCell, other: PublishedCell) -> float:
    """The narrowest interval of those who are in one cell only, and of all, from what both print."""
    first, second = frozenset(_values(one)), frozenset(_values(other))
    common, low, high = len(first & second), one.printed.low, one.printed.high
    blocks: list[tuple[Printed, tuple[int, ...]]] = [(one.printed, ()), (other.printed, ())]
    for size, inside in ((common, (0, 1)), (len(first) - common, (0,)), (len(second) - common, (1,))):
        if size:
            blocks.append((Printed(size, low, high, ()), inside))
    return _narrowest_of(blocks)


def _narrowest_of(blocks: Sequence[tuple[Printed, tuple[int, ...]]]) -> float:
    """One programme of several sets of groups, each with the places of those that it is inside of; 0 where it cannot be solved."""
    programme = Programme()
    starts = [programme.add(printed) for printed, _ in blocks]
    for place, (printed, inside) in enumerate(blocks):
        for outer in inside:
            programme.nest((starts[outer], blocks[outer][0].groups), (starts[place], printed.groups))
    try:
        ranges = [
            programme.range_of(start + rank) for start, (printed, _) in zip(starts, blocks, strict=True) for rank in _ranks_to_try(printed)
        ]
    except UnsolvedError:
        return 0.0
    return min((high - low for low, high in ranges), default=np.inf)


def _ranks_to_try(printed: Printed) -> list[int]:
    """The ranks that are pinned most by the cell alone; of sets without figures the ends and the middle."""
    open_ranks = range(printed.at_low, printed.groups)
    if not printed.averages:
        return sorted({open_ranks[0], open_ranks[len(open_ranks) // 2], open_ranks[-1]}) if open_ranks else []
    alone = bounds(printed, np.empty((1, 0), dtype=np.int64), np.empty((1, 0)))
    widths = alone.most[0] - alone.least[0]
    return sorted(sorted(open_ranks, key=lambda rank: (widths[rank], rank))[:RANKS_TRIED])
