"""A house that publishes a few cells in memory: with our estimator and policy, or with neither, as an attacker would like it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.contracts import Profile
from orchestration.disclosure.audit.editions import PublishedCell, PublishedEdition
from orchestration.disclosure.audit.printed import Average, Printed
from orchestration.disclosure.intervals import printed_intervals
from orchestration.disclosure.policy.cells import ALL_RULES, Cells, Decisions, Edition, Members, Rule
from orchestration.disclosure.policy.decide import decide
from orchestration.disclosure.rounding import rounding_step
from orchestration.disclosure.windows import UNIT, printed_windows

RANGE = 100.0
"""Hard and typical range of the one KPI: 0 to 100, linear."""
QUANTILES = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}

Companies = Mapping[str, float]
"""The holding groups of a cell and their values."""


@dataclass(frozen=True)
class Consortium:
    """Cells by name, their companies, and how many of these are established (all, where a cell is not named)."""

    cells: Mapping[str, Companies]
    established: Mapping[str, int]
    is_first_period: bool = False

    @classmethod
    def of(cls, **cells: Companies) -> Consortium:
        return cls(cells, {})

    def names(self) -> list[str]:
        return sorted(self.cells)


def members_of(consortium: Consortium, names: Sequence[str]) -> Members:
    """By the places of `names`; a cell that the consortium lacks is empty."""
    held = [(place, *entry) for place, name in enumerate(names) for entry in consortium.cells.get(name, {}).items()]
    cell = np.array([place for place, *_ in held], dtype=np.int64)
    return Members(
        cell, np.array([_number(g) for _, g, _ in held], dtype=np.int64), np.array([_digest(v) for *_, v in held], dtype=np.int64)
    )


def decided(
    consortium: Consortium, profile: Profile, before: Sequence[tuple[Consortium, bool]] = (), rules: frozenset[Rule] = ALL_RULES
) -> Decisions:
    """What our policy makes of a consortium. before: what was served earlier in full, and whether of the same period."""
    names = consortium.names()
    sizes = [len(consortium.cells[name]) for name in names]
    values = [list(consortium.cells[name].values()) for name in names]
    figures = [[v for v in _figures(sorted(own), profile).values() if not math.isinf(v)] if len(own) >= profile.k else [] for own in values]
    step = rounding_step(RANGE, profile.rounding_share)[0]
    cells = Cells(
        family=np.zeros(len(names), dtype=np.int64),
        established=np.array([consortium.established.get(name, size) for name, size in zip(names, sizes, strict=True)]),
        most_common_times=np.array([max(own.count(v) for v in own) for own in values]),
        printed=np.array([len(own) for own in figures]),
        steps_apart=np.array([(max(own) - min(own)) / step if own else 0.0 for own in figures]),
        in_first_period=np.full(len(names), consortium.is_first_period),
        hidden_before=np.zeros(len(names), dtype=np.bool_),
    )
    served = [Edition(same, np.array([name in earlier.cells for name in names]), members_of(earlier, names)) for earlier, same in before]
    return decide(cells, members_of(consortium, names), served, profile, rules)


def published(
    consortium: Consortium,
    profile: Profile,
    before: Sequence[tuple[Consortium, bool]] = (),
    rules: frozenset[Rule] = ALL_RULES,
    period: str = "2025",
) -> PublishedEdition:
    """What leaves under our rules: a cell that is served again has the companies and figures of the edition before."""
    names, made = consortium.names(), decided(consortium, profile, before, rules)
    cells: list[PublishedCell] = []
    for place in np.flatnonzero(made.is_served):
        again = made.edition[place] >= 0
        source = before[made.edition[place]][0] if again else consortium
        cells.append(protected_cell(names[place], source.cells[names[place]], profile, again=bool(again)))
    return PublishedEdition(f"{period}-r{len(before)}", period, tuple(cells))


def protected_cell(name: str, companies: Companies, profile: Profile, *, again: bool = False) -> PublishedCell:
    """A cell with all the figures that our estimator prints of it."""
    values = sorted(companies.values())
    half = rounding_step(RANGE, profile.rounding_share)[0] / 2
    edge = profile.edge_share * RANGE
    averages: list[Average] = []
    figures = _figures(values, profile)
    for window in _windows(len(values), profile):
        figure = figures[window.quantile]
        least, most = figure - half, figure + half
        if figure <= edge:
            least, most = -math.inf, edge + half
        if figure >= RANGE - edge:
            least, most = RANGE - edge - half, math.inf
        ranks = range(window.first_rank, window.last_rank + 1)
        weights = tuple(window.weight(rank) / (UNIT * profile.window) for rank in ranks)
        averages.append(Average(window.first_rank - 1, weights, least / RANGE, most / RANGE))
    names = tuple(window.quantile for window in _windows(len(values), profile))
    return _cell(name, companies, averages, names, again=again)


def exact_cell(name: str, companies: Companies, quantiles: Sequence[str] = tuple(QUANTILES)) -> PublishedCell:
    """A cell as an unprotected house would print it: Hyndman and Fan's type 7, to the last digit."""
    values = sorted(companies.values())
    averages: list[Average] = []
    for quantile in quantiles:
        position = (len(values) - 1) * QUANTILES[quantile]
        below, share = int(position), position - int(position)
        weights = (1 - share, share) if share > 1e-12 else (1.0,)
        exact = float(np.dot(weights, values[below : below + len(weights)])) / RANGE
        averages.append(Average(below, weights, exact, exact))
    return _cell(name, companies, averages, tuple(quantiles), again=False)


def _cell(name: str, companies: Companies, averages: list[Average], quantiles: tuple[str, ...], *, again: bool) -> PublishedCell:
    groups = sorted(companies)
    return PublishedCell(
        names=("cell",),
        key=(name,),
        family=("benchmark", "K", 1),
        groups=np.array([_number(g) for g in groups], dtype=np.int64),
        digests=np.array([_digest(companies[g]) for g in groups], dtype=np.int64),
        values=np.sort(np.array(list(companies.values()), dtype=np.float64)) / RANGE,
        printed=Printed(len(groups), 0.0, 1.0, tuple(averages)),
        quantiles=quantiles,
        again=again,
    )


def _windows(groups: int, profile: Profile) -> list:
    return sorted((*printed_windows(groups, profile), *printed_intervals(groups, profile)), key=lambda window: window.low)


def _figures(values: list[float], profile: Profile) -> dict[str, float]:
    step, digits = rounding_step(RANGE, profile.rounding_share)
    found: dict[str, float] = {}
    for window in _windows(len(values), profile):
        ranks = range(window.first_rank, window.last_rank + 1)
        average = math.fsum(window.weight(rank) * values[rank - 1] for rank in ranks) / (UNIT * profile.window)
        found[window.quantile] = round(math.floor(average / step + 0.5) * step, digits)
    return found


def _number(group: str) -> int:
    return int.from_bytes(group.encode(), "big")


def _digest(value: float) -> int:
    return int(np.float64(value).view(np.int64))
