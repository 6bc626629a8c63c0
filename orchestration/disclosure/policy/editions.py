"""The rule between editions (DISCLOSURE): how many groups were touched since a cell was served."""

from __future__ import annotations

import numpy as np

from orchestration.disclosure.policy.cells import Flags, Integers, Members


def touched(now: Members, then: Members, shown: Flags) -> Integers:
    """Per cell: groups that joined, left, or have another value than then, taken together; 0 for cells that were not shown.

    Both name cells by the same places and groups by the same numbers.
    """
    cells = len(shown)
    now, then = _of(now, shown), _of(then, shown)
    groups = 1 + max((int(m.group.max()) for m in (now, then) if len(m.group)), default=0)
    _, here, there = np.intersect1d(now.cell * groups + now.group, then.cell * groups + then.group, return_indices=True, assume_unique=True)
    stayed = here[now.digest[here] == then.digest[there]]
    return (
        now.sizes(cells) + then.sizes(cells) - np.bincount(now.cell[here], minlength=cells) - np.bincount(now.cell[stayed], minlength=cells)
    )


def too_few(touched: Integers, guard: int) -> Flags:
    """Some groups were touched, but fewer than the guard: old and new figures together would tell of them."""
    return (touched >= 1) & (touched < guard)


def _of(members: Members, cells: Flags) -> Members:
    kept = cells[members.cell]
    return Members(members.cell[kept], members.group[kept], members.digest[kept])
