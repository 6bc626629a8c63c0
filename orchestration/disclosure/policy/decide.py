"""The whole policy: a decision with a reason for every cell.

Differences are ruled out among all cells that hold k groups, whatever the other rules say of them; every other rule only takes
cells away, or puts figures that were served before in the place of new ones. So no rule makes another publish more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orchestration.contracts import Profile
from orchestration.disclosure.policy.cells import ALL_RULES, Cells, Decisions, Edition, Flags, Integers, Members, Reason, Rule
from orchestration.disclosure.policy.differences import Clear, left_over
from orchestration.disclosure.policy.editions import too_few, touched
from orchestration.disclosure.policy.primary import few_established, few_groups, one_value, too_close

NOTHING = -1


def decide(
    cells: Cells,
    members: Members,
    served: Sequence[Edition],
    profile: Profile,
    rules: frozenset[Rule] = ALL_RULES,
    *,
    may_serve_again: bool = True,
) -> Decisions:
    """What becomes of each cell under `profile`. served: distinct editions in the order in which they left, the newest last.
    may_serve_again: whether old figures can stand in the place of new ones; where not, the cell is hidden.

    Deterministic, and the same for every order of cells, members and groups.
    """
    contributors = members.sizes(len(cells))
    again, is_touched = _between_editions(members, served, profile.change_guard, len(cells))
    if not may_serve_again:
        again = np.full(len(cells), NOTHING, dtype=np.int64)
    asked = (
        (Rule.GROUPS, Reason.FEW_GROUPS, few_groups(contributors, profile)),
        (Rule.ESTABLISHED, Reason.FEW_ESTABLISHED, few_established(cells, profile)),
        (Rule.HOMOGENEITY, Reason.ONE_VALUE, one_value(cells, contributors, profile)),
        (Rule.SPREAD, Reason.TOO_CLOSE, too_close(cells)),
        (Rule.HIDDEN_STAYS_HIDDEN, Reason.HIDDEN_BEFORE, _hidden_in_newest(served, len(cells))),
        (Rule.EDITIONS, Reason.FEW_TOUCHED, is_touched & (again == NOTHING)),
    )
    if Rule.EDITIONS not in rules:
        again = np.full(len(cells), NOTHING, dtype=np.int64)
    reason = np.where(again == NOTHING, Reason.PUBLISHED, Reason.RE_SERVED).astype(np.int8)
    if Rule.DIFFERENCES in rules:
        reason[_left_over(cells, members, served, again, contributors, profile)] = Reason.LEFT_OVER
    for rule, code, broken in reversed(asked):
        if rule in rules:
            reason[broken] = code
    again[reason != Reason.RE_SERVED] = NOTHING
    return Decisions(reason, again)


def _between_editions(members: Members, served: Sequence[Edition], guard: int, cells: int) -> tuple[Integers, Flags]:
    """For each cell the edition to serve again (its newest one of the same period), or -1; and whether too few groups were
    touched since any edition of it.
    """
    newest = np.full(cells, NOTHING, dtype=np.int64)
    is_touched = np.zeros(cells, dtype=np.bool_)
    for place, edition in enumerate(served):
        if edition.same_period:
            newest[edition.shown] = place
        is_touched |= too_few(touched(members, edition.members, edition.shown), guard)
    return np.where(is_touched, newest, NOTHING), is_touched


def _hidden_in_newest(served: Sequence[Edition], cells: int) -> Flags:
    """Cells that the newest revision of the same period did not show."""
    own = [edition for edition in served if edition.same_period]
    return ~own[-1].shown if own else np.zeros(cells, dtype=np.bool_)


def _left_over(
    cells: Cells, members: Members, served: Sequence[Edition], again: Integers, contributors: Integers, profile: Profile
) -> Flags:
    """Differences are looked for among the groups of today, and among those that stand behind the figures that are served."""
    among = ~few_groups(contributors, profile)
    cost = contributors + np.where(cells.hidden_before, 0, int(contributors.max(initial=0)) + 1)
    clear: Clear = {}
    hidden = left_over(cells.family, members, among, cost, profile.change_guard, clear=clear)
    if (again != NOTHING).any():
        behind = _behind_figures(members, served, again)
        with_others = np.isin(cells.family, cells.family[_with_other_groups(members, behind)])
        hidden |= left_over(cells.family, behind, among & with_others, cost, profile.change_guard, clear=clear)
    return hidden | _left_over_beside_old(cells, members, served, among & (again == NOTHING), cost, profile.change_guard, clear)


def _left_over_beside_old(
    cells: Cells, members: Members, served: Sequence[Edition], fresh: Flags, cost: Integers, guard: int, clear: Clear
) -> Flags:
    """Differences between what is new and earlier revisions of the period, which cannot be hidden any more."""
    own = [edition for edition in served if edition.same_period]
    if not own:
        return np.zeros(len(cells), dtype=np.bool_)
    count = len(cells)
    kept = [
        Members(m.cell + count * number, m.group, m.digest) for number, m in enumerate([members, *(edition.members for edition in own)])
    ]
    every = Members(*(np.concatenate([getattr(m, name) for m in kept]) for name in ("cell", "group", "digest")))
    repeated = 1 + len(own)
    among = np.concatenate([fresh, *(edition.shown for edition in own)])
    fixed = np.repeat(np.arange(repeated) > 0, count)
    return left_over(np.tile(cells.family, repeated), every, among, np.tile(cost, repeated), guard, fixed, clear)[:count]


def _with_other_groups(one: Members, other: Members) -> Integers:
    """The cells that do not have the same groups in both."""
    width = 1 + max(int(m.group.max(initial=0)) for m in (one, other))
    differ = np.setxor1d(one.cell * width + one.group, other.cell * width + other.group, assume_unique=True)
    return np.unique(np.asarray(differ, dtype=np.int64) // width)


def _behind_figures(members: Members, served: Sequence[Edition], again: Integers) -> Members:
    """Who stands behind the figures that are served: today's members, or those of the edition that is served again."""
    parts = [(members, again[members.cell] == NOTHING)]
    parts += [(edition.members, again[edition.members.cell] == place) for place, edition in enumerate(served)]
    cell, group, digest = (np.concatenate([getattr(m, name)[kept] for m, kept in parts]) for name in ("cell", "group", "digest"))
    return Members(cell, group, digest)
