"""The reference of attacks 2 and 4: the smallest and largest possible order statistics as linear programmes, solved by HiGHS.

Variables are the sorted values of one or several cells. Of a cell inside another one it is known that its i-th value is at
least the i-th of the outer cell, and that as many values as it lacks further up there is none smaller (Cauchy's interlacing).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import highspy
import numpy as np

from orchestration.disclosure.audit.printed import Printed
from orchestration.disclosure.policy.cells import Flags, Floats

PRIMAL_SIMPLEX = 4  # what was solved before stays feasible when another variable is asked for
ROUNDS = 2  # of all variables together, and of the half that was seen to span least
LOWEST, HIGHEST = highspy.ObjSense.kMinimize, highspy.ObjSense.kMaximize


class UnsolvedError(Exception):
    """HiGHS ended with another status than optimal, twice. Whoever asked must count the cell as failed."""


class Programme:
    """Cells are added one after the other; `add` returns the place of a cell's smallest value among the variables.

    solves: how often the solver was asked.
    """

    def __init__(self) -> None:
        self.solves = 0
        self._bounds: list[tuple[float, float]] = []
        self._rows: list[tuple[float, float]] = []
        self._starts: list[int] = [0]
        self._places: list[int] = []
        self._weights: list[float] = []
        self._solver: highspy.Highs | None = None

    def add(self, printed: Printed, known: Mapping[int, float] | None = None) -> int:
        """The order statistics of one cell with what is printed of it. known: values at ranks, from 0."""
        start = len(self._bounds)
        values = dict.fromkeys(range(printed.at_low), printed.low) | dict(known or {})
        self._bounds += [(values.get(rank, printed.low), values.get(rank, printed.high)) for rank in range(printed.groups)]
        for rank in range(printed.groups - 1):
            self.order(start + rank, start + rank + 1)
        for average in printed.averages:
            self._row(average.least, average.most, range(start + average.first, start + average.last + 1), average.weights)
        return start

    def order(self, smaller: int, larger: int) -> None:
        """One variable is at most another."""
        self._row(0.0, highspy.kHighsInf, (smaller, larger), (-1.0, 1.0))

    def nest(self, outer: tuple[int, int], inner: tuple[int, int]) -> None:
        """One cell's groups are all in the other one. Each cell as (start, groups)."""
        lacking = outer[1] - inner[1]
        for rank in range(inner[1]):
            self.order(outer[0] + rank, inner[0] + rank)
            self.order(inner[0] + rank, outer[0] + rank + lacking)

    def range_of(self, variable: int) -> tuple[float, float]:
        """The smallest and the largest value that a variable can have. Raises `UnsolvedError`."""
        chosen = np.arange(len(self._bounds)) == variable
        return float(self._solved(chosen, LOWEST)[variable]), float(self._solved(chosen, HIGHEST)[variable])

    def narrowest_range(self, variables: Sequence[int], enough: float = math.inf) -> float:
        """The narrowest range that one of these variables has, or `enough` where none is narrower. Raises `UnsolvedError`.

        Each solution is a witness for every variable: whatever was seen to span as much as the narrowest found need not be solved.
        """
        places = np.array(variables, dtype=np.int64)
        least, most = np.full(len(places), np.inf), np.full(len(places), -np.inf)

        def solve(which: Flags, sense: highspy.ObjSense) -> Floats:
            chosen = np.zeros(len(self._bounds), dtype=np.bool_)
            chosen[places[which]] = True
            found = self._solved(chosen, sense)[places]
            np.minimum(least, found, out=least)
            np.maximum(most, found, out=most)
            return found

        best, is_open = enough, np.ones(len(places), dtype=np.bool_)
        together = is_open
        for _ in range(ROUNDS if len(places) else 0):
            for sense in (HIGHEST, LOWEST):
                solve(together, sense)
            together = most - least <= np.median(most - least)
        while (is_open & (most - least < best)).any():
            place = int(np.argmin(np.where(is_open, most - least, np.inf)))
            own = np.arange(len(places)) == place
            high = solve(own, HIGHEST)[place]
            if most[place] - least[place] < best:
                best = min(best, float(high - solve(own, LOWEST)[place]))
            is_open[place] = False
        return best

    def is_possible(self) -> bool:
        """Whether anything at all fits."""
        try:
            self.range_of(0)
        except UnsolvedError:
            return False
        return True

    def _row(self, least: float, most: float, places: Sequence[int], weights: Sequence[float]) -> None:
        self._solver = None
        self._rows.append((least, most))
        self._places += places
        self._weights += weights
        self._starts.append(len(self._places))

    def _solved(self, chosen: Flags, sense: highspy.ObjSense) -> Floats:
        """All variables where the sum of some is smallest or largest."""
        self._solver = solver = self._solver or self._passed()
        solver.changeColsCost(len(chosen), np.arange(len(chosen), dtype=np.int32), chosen.astype(np.float64))
        solver.changeObjectiveSense(sense)
        for _ in range(2):
            self.solves += 1
            solver.run()
            if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                return np.array(solver.getSolution().col_value)
            solver.clearSolver()
        raise UnsolvedError(f"HiGHS says {solver.getModelStatus()}")

    def _passed(self) -> highspy.Highs:
        """A solver that was given everything at once."""
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self._bounds), len(self._rows)
        model.col_cost_ = np.zeros(len(self._bounds))
        model.col_lower_, model.col_upper_ = np.array(self._bounds, dtype=np.float64).reshape(-1, 2).T
        model.row_lower_, model.row_upper_ = np.array(self._rows, dtype=np.float64).reshape(-1, 2).T
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(self._starts, dtype=np.int32)
        model.a_matrix_.index_ = np.array(self._places, dtype=np.int32)
        model.a_matrix_.value_ = np.array(self._weights, dtype=np.float64)
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX)
        solver.passModel(model)
        return solver
