"""The attacks on a candidate, each over the candidate's cells and the editions that were served before it.

An attack answers how much it tried, how narrow an interval it found, and which of the candidate's cells it broke. Whatever it
cannot solve counts as broken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from orchestration.contracts import Profile
from orchestration.digests import digest_of
from orchestration.disclosure.audit.editions import PublishedCell, PublishedEdition, families
from orchestration.disclosure.audit.interval import narrowest
from orchestration.disclosure.audit.outcome import TOLERANCE, Outcome, of_widths
from orchestration.disclosure.audit.printed import Printed
from orchestration.disclosure.audit.rowspace import singled_out, singles_out_more
from orchestration.disclosure.policy.algebra import follow, taking_part
from orchestration.disclosure.policy.cells import ALL_RULES, Cells, Edition, Flags, Floats, Integers, Members, Reason, Rule
from orchestration.disclosure.policy.decide import decide

MOST_PAIRS = 200
AT_A_TIME = 32  # cells that a thread attacks before it takes others
MOST_GROUPS = np.iinfo(np.int64).max


SetsKnown = dict[str, tuple[int, tuple[int, ...]]]
"""By the content of a family of cells: how many sets were compared, and which of the family's cells are broken, by place."""


def identify(candidate: PublishedEdition, served: Sequence[PublishedEdition], known: SetsKnown | None = None) -> Outcome:
    """Attack 1: sums and differences of published sets of groups, with two colluders. Broken are the cheapest cells without which it
    finds nothing.

    Sets are compared within one dataset, KPI and version, and within one period, in all its revisions: what a group has in two
    periods are two unknowns, and what it has before and after a correction too. known: what was found in families of the same content
    before, and taken note of.
    """
    known = {} if known is None else known
    tried, broken = 0, list[int]()
    before = [edition for edition in served if edition.period == candidate.period]
    then = [families(edition) for edition in before]
    for family, own in families(candidate).items():
        earlier = [[edition.cells[place] for place in places.get(family, ())] for edition, places in zip(before, then, strict=True)]
        cells = [candidate.cells[place] for place in own]
        content = _content(cells, earlier)
        if content not in known:
            known[content] = _identify_in(cells, earlier)
        compared, found = known[content]
        tried += compared
        broken += [own[place] for place in found]
    return Outcome(tried, None, tuple(sorted(broken)))


def _content(own: Sequence[PublishedCell], earlier: Sequence[Sequence[PublishedCell]]) -> str:
    """A digest of all that attack 1 looks at in a family."""
    digest = hashlib.sha256()
    for number, cells in enumerate((own, *earlier)):
        for cell in cells:
            digest.update(repr((number, cell.key, cell.again, len(cell.groups))).encode())
            digest.update(cell.groups.tobytes())
            digest.update(cell.digests.tobytes())
    return digest.hexdigest()


def _identify_in(own: Sequence[PublishedCell], earlier: Sequence[Sequence[PublishedCell]]) -> tuple[int, tuple[int, ...]]:
    """Attack 1 on one family: how many sets were compared, and the places of its broken cells."""
    tried, broken = 0, list[int]()
    rows, group = _matrix(own, earlier)
    numbers = np.array([len(cell.groups) for cell in own])
    for linked in _linked(rows):
        mine = [row for row in linked if row < len(own)]
        if mine:
            tried += len(linked)
            broken += [linked[row] for row in to_hide(rows[linked], group, numbers[mine])]
    return tried, tuple(broken)


def pin(candidate: PublishedEdition, limit: float, known: dict[str, float], threads: int = 1) -> Outcome:
    """Attack 2 on every cell. known: as for `narrowest_share`."""
    cells = candidate.cells

    def attacked(start: int) -> list[float]:
        return [narrowest_share(cell.printed, cell.values, limit, known) for cell in cells[start : start + AT_A_TIME]]

    with ThreadPoolExecutor(threads) as pool:  # compiled, it lets other threads run
        shares = [share for part in pool.map(attacked, range(0, len(cells), AT_A_TIME)) for share in part]
    return of_widths(dict(enumerate(shares)), limit, tried=len(cells))


def narrowest_share(printed: Printed, values: Floats, limit: float, known: dict[str, float]) -> float:
    """The narrowest interval in a cell as a share of the typical range, or one below `limit`; 0 where what is printed does not fit the
    values behind it. known: what was found of the same content before, and taken note of.
    """
    content = digest_of(printed, values.tobytes(), limit)
    if content not in known:
        known[content] = narrowest(printed, values, limit=limit - TOLERANCE).width if printed.holds(values) else 0.0
    return known[content]


def change_one(candidate: PublishedEdition, profile: Profile, rules: frozenset[Rule] = ALL_RULES) -> Outcome:
    """Attack 3 on the policy itself: were a cell built without one of its groups, would its figures be served beside these?

    For up to 200 pairs of a cell and a group, spread over the cells. Nothing may be published anew.
    """
    chosen = range(len(candidate.cells))[:: max(1, len(candidate.cells) // MOST_PAIRS)][:MOST_PAIRS]
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


# --- Sets of groups ------------------------------------------------------------------------------------------------------


def _matrix(own: Sequence[PublishedCell], earlier: Sequence[Sequence[PublishedCell]]) -> tuple[Flags, Integers]:
    """A row for each cell, the candidate's first; a column for each unknown, and whose each is.

    A group is one unknown, and one more for each earlier edition in which any of its values was another. Cells that are served
    again are of the newest earlier edition.
    """
    now = {(cell.key, g): digest for cell in own if earlier and not cell.again for g, digest in cell.values_of_groups}
    changed = [{g for c in cells for g, digest in c.values_of_groups if now.get((c.key, g), digest) != digest} for cells in earlier]
    laid = [(len(earlier) if cell.again else 0, cell) for cell in own]
    laid += [(number, cell) for number, cells in enumerate(earlier, start=1) for cell in cells]
    row = np.repeat(np.arange(len(laid)), [len(cell.groups) for _, cell in laid])
    names, name = np.unique(np.concatenate([cell.groups for _, cell in laid]), return_inverse=True)
    editions = [_of_edition(cell.groups, number, changed[number - 1] if number else set()) for number, cell in laid]
    unknowns, column = np.unique(name * (1 + len(earlier)) + np.concatenate(editions), return_inverse=True)
    rows = np.zeros((len(laid), len(unknowns)), dtype=np.bool_)
    rows[row, column] = True
    return rows, names[unknowns // (1 + len(earlier))]


def _of_edition(groups: Integers, number: int, changed: set[int]) -> Integers:
    """The edition whose unknown each group is: `number` where it changed since, else 0, as today."""
    return np.where(np.isin(groups, list(changed)), number, 0) if changed else np.zeros(len(groups), dtype=np.int64)


def _linked(rows: Flags) -> list[list[int]]:
    """Rows that share a column, directly or through others."""
    numbers = csr_array(rows.astype(np.float32))
    _, label = connected_components(numbers @ numbers.T, directed=False)
    return [np.flatnonzero(label == part).tolist() for part in range(int(label.max(initial=-1)) + 1)]


def to_hide(rows: Flags, group: Integers, sizes: Integers) -> list[int]:
    """Of the first rows, whose sizes are given, those without which nobody is singled out: smaller ones first, those of one size together.

    What need not be hidden any more because of others that are is shown again.
    """
    used = rows.any(axis=0)
    rows, group = rows[:, used], group[used]
    own = np.arange(len(rows)) < len(sizes)
    shown = np.ones(len(rows), dtype=np.bool_)
    while found := singled_out(rows[shown], group):
        part, open_rows = np.zeros(len(rows), dtype=np.bool_), np.flatnonzero(shown & own)
        cheapest = open_rows[sizes[open_rows] == sizes[open_rows].min(initial=MOST_GROUPS)]
        for groups in found:
            part[np.flatnonzero(shown)[taking_part(rows[shown], np.isin(group, list(groups)))]] = True
            if len(cheapest) and part[cheapest].all():
                break  # whatever else takes part is dearer
        mine = np.flatnonzero(part & own)
        if not len(mine):
            break  # editions that were served already: nothing of the candidate adds to it
        shown[mine[sizes[mine] == sizes[mine].min()]] = False
    _show_again(rows, group, sizes, shown, found)
    return np.flatnonzero(~shown).tolist()


def _show_again(rows: Flags, group: Integers, sizes: Integers, shown: Flags, found: Sequence[frozenset[int]]) -> None:
    """Larger ones first, those of one size together: what follows from the shown ones anyhow, and whatever else singles out nobody more
    than those that are `found` among the shown ones: by editions that were served already.
    """

    def is_safe(more: Integers) -> bool:
        return not singles_out_more(rows[shown | np.isin(np.arange(len(rows)), more)], group, found)

    for size in np.unique(sizes[~shown[: len(sizes)]])[::-1]:
        alike = np.flatnonzero(~shown[: len(sizes)] & (sizes == size))
        follows = follow(rows[alike], rows[shown])
        shown[alike[follows]] = True
        alone = np.array([row for row in alike[~follows] if is_safe(np.array([row]))], dtype=np.int64)
        if len(alone) and (len(alone) == 1 or is_safe(alone)):
            shown[alone] = True
    hidden = np.flatnonzero(~shown)
    shown[hidden[follow(rows[hidden], rows[shown])]] = True


def _members(cells: Sequence[PublishedCell]) -> Members:
    groups = np.concatenate([cell.groups for cell in cells]) if cells else np.empty(0, dtype=np.int64)
    digests = np.concatenate([cell.digests for cell in cells]) if cells else np.empty(0, dtype=np.int64)
    _, numbers = np.unique(groups, return_inverse=True)
    sizes = [len(cell.groups) for cell in cells]
    return Members(np.repeat(np.arange(len(cells)), sizes), numbers.astype(np.int64), digests)


def _but_one(members: Members, cells: int) -> Flags:
    """All members but one of each cell: the first of the first, the second of the second, and so on round."""
    kept = np.ones(len(members.cell), dtype=np.bool_)
    places = np.arange(cells)
    kept[np.searchsorted(members.cell, places) + places % members.sizes(cells)] = False
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
