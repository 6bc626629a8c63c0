"""The reference of attacks 2 and 4: the smallest and largest possible order statistics as linear programmes, solved by HiGHS.

Variables are the sorted values of one or several cells. Of a cell inside another one it is known that its i-th value is at
least the i-th of the outer cell, and that as many values as it lacks further up there is none smaller (Cauchy's interlacing).
"""

from __future__ import annotations

from collections.abc import Mapping

import highspy
import numpy as np

from orchestration.disclosure.audit.printed import Printed


class UnsolvedError(Exception):
    """HiGHS ended with another status than optimal, twice. Whoever asked must count the cell as failed."""


class Programme:
    """Cells are added one after the other; `add` returns the place of a cell's smallest value among the variables."""

    def __init__(self) -> None:
        self._solver = highspy.Highs()
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        self._count = 0

    def add(self, printed: Printed, known: Mapping[int, float] | None = None) -> int:
        """The order statistics of one cell with what is printed of it. known: values at ranks, from 0."""
        start = self._count
        values = dict.fromkeys(range(printed.at_low), printed.low) | dict(known or {})
        for rank in range(printed.groups):
            self._solver.addVar(values.get(rank, printed.low), values.get(rank, printed.high))
        self._count += printed.groups
        for rank in range(printed.groups - 1):
            self.order(start + rank, start + rank + 1)
        for average in printed.averages:
            places = start + average.first + np.arange(len(average.weights), dtype=np.int32)
            self._solver.addRow(average.least, average.most, len(places), places.astype(np.int32), np.array(average.weights))
        return start

    def order(self, smaller: int, larger: int) -> None:
        """One variable is at most another."""
        self._solver.addRow(0.0, highspy.kHighsInf, 2, np.array([smaller, larger], dtype=np.int32), np.array([-1.0, 1.0]))

    def nest(self, outer: tuple[int, int], inner: tuple[int, int]) -> None:
        """One cell's groups are all in the other one. Each cell as (start, groups)."""
        lacking = outer[1] - inner[1]
        for rank in range(inner[1]):
            self.order(outer[0] + rank, inner[0] + rank)
            self.order(inner[0] + rank, outer[0] + rank + lacking)

    def range_of(self, variable: int) -> tuple[float, float]:
        """The smallest and the largest value that a variable can have. Raises `UnsolvedError`."""
        return self._solve(variable, highspy.ObjSense.kMinimize), self._solve(variable, highspy.ObjSense.kMaximize)

    def is_possible(self) -> bool:
        """Whether anything at all fits."""
        try:
            self.range_of(0)
        except UnsolvedError:
            return False
        return True

    def _solve(self, variable: int, sense: highspy.ObjSense) -> float:
        self._solver.changeColCost(variable, 1.0)
        self._solver.changeObjectiveSense(sense)
        try:
            for _ in range(2):
                self._solver.run()
                if self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                    return float(self._solver.getInfo().objective_function_value)
                self._solver.clearSolver()
            raise UnsolvedError(f"HiGHS says {self._solver.getModelStatus()}")
        finally:
            self._solver.changeColCost(variable, 0.0)
