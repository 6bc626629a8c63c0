"""What the release answers to each own value, and the same as `positions.csv` (INTERFACE "What comes out")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from orchestration.cuts import DIMENSIONS
from orchestration.reports.ladder import Asked, Served, declared_ladder, served_cell
from orchestration.reports.position import QUANTILES, Kpi, Position, PublishedCell, position_on, worth_of_closing
from orchestration.reports.tables import OwnValue, Release

POSITION_COLUMNS = (
    "release_id",
    "period",
    "kpi_code",
    "unit",
    "direction",
    "asked_cut",
    "served_cut",
    *DIMENSIONS,
    "own_value",
    *QUANTILES,
    "edge_low",
    "edge_high",
    "band",
    "percentile",
    "percentile_low",
    "percentile_high",
    "gap_to_median",
    "gap_to_better_quartile",
    "served_because",
    "worth_of_gap_eur",
)
NO_GROUP = "no group of its ladder is published in this release"
NOT_SERVED = (*("",) * (len(QUANTILES) + 8), NO_GROUP, "")
PERCENTILE_DECIMALS = 1
GAP_DIGITS = 12


@dataclass(frozen=True)
class Answer:
    """One own value beside the cell that answered; `served` and `position` are both None where none did."""

    own: OwnValue
    kpi: Kpi
    served: Served | None
    position: Position | None

    @property
    def is_served_itself(self) -> bool:
        return self.served is not None and self.served.address == self.own.asked

    @property
    def worth_eur(self) -> float | None:
        """What closing the gap to the better quartile is worth, in EUR over the period, gross."""
        gap = None if self.position is None else self.position.gap_to_better_quartile
        return worth_of_closing(gap, self.own.volume, self.kpi)

    @property
    def stage(self) -> str | None:
        return self.own.asked.dimensions[DIMENSIONS.index("value_chain_stage")]


def answer(own: OwnValue, release: Release) -> Answer:
    """Raises `EvenhandError` where the release's catalogue does not hold the measure."""
    kpi = release.kpi(own.asked)
    served = served_cell(own.asked, release.cells, declared_ladder())
    place = None if served is None else position_on(own.value, release.scales[served.address])
    return Answer(own, kpi, served, place)


def positions_csv(answers: Iterable[Answer], release: Release) -> str:
    """One line per own value, in the order given; empty where a rule forbids a figure or no cell answered.

    Text is kept literally, because programs read this file: text that a spreadsheet would take for a formula is
    quoted, never altered. Percentiles carry one decimal, gaps 12 significant digits. The dimensions are those of the
    asked cell; `worth_of_gap_eur` is what closing the gap to the better quartile is worth over the period, gross.
    """
    lines = [",".join(POSITION_COLUMNS), *(_line(a, release) for a in answers)]
    return "\n".join(lines) + "\n"


def _line(a: Answer, release: Release) -> str:
    asked = a.own.asked
    served_cut = a.served.address.cut if a.served else ""
    head = _asked_csv(release.release_id, release.period, a.kpi.unit, a.kpi.direction, asked, served_cut)
    return ",".join((head, csv_number(a.own.value), *_served_fields(a)))


@lru_cache(maxsize=65536)
def _asked_csv(release_id: str, period: str, unit: str, direction: str, asked: Asked, served_cut: str) -> str:
    """What a line says of the asked cell, the same for everyone who asks for it."""
    texts = (release_id, period, asked.kpi_code, unit, direction, asked.cut, served_cut, *(value or "" for value in asked.dimensions))
    return ",".join(map(csv_text, texts))


@lru_cache(maxsize=65536)
def _cell_csv(cell: PublishedCell) -> str:
    """What a line says of the cell that answered, the same for everyone in it."""
    edges = (csv_text(",".join(edge)) for edge in (cell.edge_low, cell.edge_high))
    return ",".join((*map(csv_number, cell.numbers), *edges))


def _served_fields(a: Answer) -> tuple[str, ...]:
    if a.served is None or a.position is None:
        return NOT_SERVED
    cell, place = a.served.cell, a.position
    percentiles = (place.percentile, place.percentile_low, place.percentile_high)
    return (
        _cell_csv(cell),
        place.band or "",
        *(csv_number(None if p is None else round(p, PERCENTILE_DECIMALS)) for p in percentiles),
        _gap(place.gap_to_median),
        _gap(place.gap_to_better_quartile),
        a.served.because,
        _gap(a.worth_eur),
    )


@lru_cache(maxsize=8192)
def csv_text(text: str) -> str:
    """The text itself, in quotes where CSV or a spreadsheet would read it as something else."""
    needs_quotes = text.startswith(("=", "+", "-", "@", "\t")) or any(c in text for c in ',"\r\n')
    return '"' + text.replace('"', '""') + '"' if needs_quotes else text


def csv_number(value: float | None) -> str:
    """The shortest text that reads back as the same double."""
    return "" if value is None else repr(float(value)).removesuffix(".0")


def _gap(value: float | None) -> str:
    return "" if value is None else csv_number(float(f"{value:.{GAP_DIGITS}g}") + 0.0)
