"""What the public can conclude of the values in one cell before anything is solved: bounds on averages of ranks, within the hard range."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from orchestration.disclosure.policy.cells import Floats


@dataclass(frozen=True)
class Average:
    """A published figure: the weighted average of the values at ranks `first`, `first` + 1, ... (from 0) lies within [least, most]."""

    first: int
    weights: tuple[float, ...]
    least: float
    most: float

    @property
    def last(self) -> int:
        return self.first + len(self.weights) - 1


@dataclass(frozen=True)
class Layout:
    """Which ranks the figures of a cell average: cells of one layout differ in numbers only. windows: first rank and weights of each."""

    groups: int
    windows: tuple[tuple[int, tuple[float, ...]], ...]
    at_low: int


@dataclass(frozen=True)
class Printed:
    """One cell as everybody sees it, on the working scale of its KPI.

    groups: how many values there are (the attacker is given the number). low, high: the hard range. averages: published
    figures in the order of their ranks, no two of which touch the same rank. at_low: how many values a printed share says are at `low`.
    zeros: how many values, side by side wherever they may stand, it says are at `zero`, inside the range.
    """

    groups: int
    low: float
    high: float
    averages: tuple[Average, ...]
    at_low: int = 0
    zeros: int = 0
    zero: float = 0.0

    @property
    def layout(self) -> Layout:
        return Layout(self.groups, tuple((average.first, average.weights) for average in self.averages), self.at_low)

    def in_units(self, zero: float, unit: float) -> Printed:
        """The same cell measured from `zero` in units of `unit`."""
        averages = tuple(Average(a.first, a.weights, (a.least - zero) / unit, (a.most - zero) / unit) for a in self.averages)
        return replace(
            self, low=(self.low - zero) / unit, high=(self.high - zero) / unit, averages=averages, zero=(self.zero - zero) / unit
        )

    def without(self, dropped: frozenset[int]) -> Printed:
        """The same cell without some of its figures, by their places."""
        kept = tuple(average for place, average in enumerate(self.averages) if place not in dropped)
        return replace(self, averages=kept)

    def holds(self, values: Floats, tolerance: float = 1e-9) -> bool:
        """Whether sorted `values` are such as the public may think of."""
        if values.shape != (self.groups,) or (np.diff(values) < 0).any():
            return False
        inside = self.low - tolerance <= values[0] and values[-1] <= self.high + tolerance
        averaged = ((a, float(np.dot(a.weights, values[a.first : a.last + 1]))) for a in self.averages)
        return bool(inside and all(a.least - tolerance <= value <= a.most + tolerance for a, value in averaged))
