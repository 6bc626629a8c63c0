"""Which published cell answers a question (METHOD 8). The only place where asked and served may differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from orchestration.reports.position import PublishedCell


class Asked(NamedTuple):
    """One cell by its address. `dimensions` follow `tables.DIMENSIONS`, None outside the cut."""

    kpi_code: str
    kpi_version: int
    cut: str
    dimensions: tuple[str | None, ...]


@dataclass(frozen=True)
class Served:
    """The cell that answered, and its address."""

    address: Asked
    cell: PublishedCell


def served_cell(asked: Asked, published: Mapping[Asked, PublishedCell]) -> Served | None:
    """The asked cell itself where it is published, else nothing: the ladder of parents belongs here."""
    cell = published.get(asked)
    return None if cell is None else Served(asked, cell)
