"""What the policy sees of cells, and what it says of them. Parallel arrays; a cell is its place in them, a group is a number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Reason(IntEnum):
    """Why a cell is served or hidden. For the house alone: readers see one marker for everything that is hidden."""

    PUBLISHED = 0
    RE_SERVED = 1
    FEW_GROUPS = 2
    FEW_ESTABLISHED = 3
    ONE_VALUE = 4
    TOO_CLOSE = 5
    HIDDEN_BEFORE = 6
    FEW_TOUCHED = 7
    LEFT_OVER = 8
    AUDIT = 9


SERVED = (Reason.PUBLISHED, Reason.RE_SERVED)


class Rule(IntEnum):
    """The rules that decide over whole cells, in the order in which they are asked."""

    GROUPS = 1
    ESTABLISHED = 2
    HOMOGENEITY = 3
    SPREAD = 4
    HIDDEN_STAYS_HIDDEN = 5
    EDITIONS = 6
    DIFFERENCES = 7


ALL_RULES = frozenset(Rule)


@dataclass(frozen=True)
class Members:
    """Who is in which cell with what: one entry per member and cell, in any order, none twice.

    cell: the cell's place. group: the holding group. digest: equal for equal values, so that nobody here needs the value.
    """

    cell: Integers
    group: Integers
    digest: Integers

    def sizes(self, cells: int) -> Integers:
        """How many groups each of `cells` cells holds."""
        return np.bincount(self.cell, minlength=cells).astype(np.int64)


@dataclass(frozen=True)
class Cells:
    """Cells of one dataset that may be published; every array has one entry a cell.

    family: cells with the same number are of one KPI, version and period, so that sets of their groups can be compared.
    established: groups verified before the period's first day. most_common_times: groups at the most common value.
    printed: quantiles that would be printed. steps_apart: the largest of them minus the smallest, in rounding steps.
    in_first_period: of the consortium's first period of its kind, in which nobody can be established.
    hidden_before: held data but was not shown in the newest edition of the period before.
    """

    family: Integers
    established: Integers
    most_common_times: Integers
    printed: Integers
    steps_apart: Floats
    in_first_period: Flags
    hidden_before: Flags

    def __len__(self) -> int:
        return len(self.family)


@dataclass(frozen=True)
class Edition:
    """What was once served of these cells. shown: which of them. members: who was in those, by today's places and numbers.

    same_period: an earlier revision of the cells' own period, which can be served again; else an edition of a neighbouring
    period, which cannot.
    """

    same_period: bool
    shown: Flags
    members: Members


@dataclass(frozen=True)
class Decisions:
    """reason: a `Reason` for each cell. edition: the place of the edition whose figures are served again, else -1."""

    reason: npt.NDArray[np.int8]
    edition: Integers

    @property
    def is_served(self) -> Flags:
        return np.isin(self.reason, SERVED)
