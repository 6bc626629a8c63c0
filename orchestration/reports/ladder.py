"""Which published cell answers a question (METHOD 8). The only place where asked and served may differ.

The parents of a cut are data (`cut_parents.csv`), tried in their order. A parent's cell is the asked one with dimensions
dropped, or merged: an industry into its sector, a vendor into its class.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from orchestration.cuts import DIMENSIONS, cut_parents, sectors, vendor_classes
from orchestration.reports.position import PublishedCell

MERGED_FROM = {"sector": "industry", "vendor_class": "vendor"}
OTHER_VENDORS = "other vendors"
ASKED_ITSELF = "the asked group is published"
NARROWER = "the narrower group is not published in this release"


class Asked(NamedTuple):
    """One cell by its address. `dimensions` follow `DIMENSIONS`, None outside the cut."""

    kpi_code: str
    kpi_version: int
    cut: str
    dimensions: tuple[str | None, ...]


@dataclass(frozen=True)
class Served:
    """The cell that answered, its address, and why it is this one."""

    address: Asked
    cell: PublishedCell
    because: str = ASKED_ITSELF


@dataclass(frozen=True)
class Ladder:
    """Parents of every cut in order, and what an industry and a vendor are merged into."""

    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    sectors: Mapping[str, str] = field(default_factory=dict[str, str])
    vendor_classes: Mapping[str, str] = field(default_factory=dict[str, str])

    def above(self, asked: Asked) -> Iterator[Asked]:
        """The addresses to try where `asked` is not published, the first one first."""
        for parent in self.parents.get(asked.cut, ()):
            used = () if parent == "all" else parent.split(" x ")
            yield asked._replace(cut=parent, dimensions=tuple(self._value(name, asked) if name in used else None for name in DIMENSIONS))

    def _value(self, dimension: str, asked: Asked) -> str | None:
        own = asked.dimensions[DIMENSIONS.index(dimension)]
        if own is not None or dimension not in MERGED_FROM:
            return own
        finer = asked.dimensions[DIMENSIONS.index(MERGED_FROM[dimension])] or ""
        return self.sectors.get(finer) if dimension == "sector" else self.vendor_classes.get(finer, OTHER_VENDORS)


def served_cell(asked: Asked, published: Mapping[Asked, PublishedCell], ladder: Ladder) -> Served | None:
    """The asked cell itself where it is published, else the first of its ladder that is, else nothing."""
    if (cell := published.get(asked)) is not None:
        return Served(asked, cell)
    found = ((address, published.get(address)) for address in ladder.above(asked))
    return next((Served(address, cell, NARROWER) for address, cell in found if cell is not None), None)


@cache
def declared_ladder() -> Ladder:
    """The ladder of the seeds."""
    return Ladder(cut_parents(), sectors(), vendor_classes())
