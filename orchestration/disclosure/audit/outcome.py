"""What an attack answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Outcome:
    """tried: cells, pairs or sets that were attacked. narrowest: the narrowest interval found, as a share of the typical range; None
    where the attack looks for something else. broken: places of the candidate's cells that the attack broke.
    """

    tried: int
    narrowest: float | None
    broken: tuple[int, ...]


def of_widths(widths: Mapping[int, float], limit: float, tried: int | None = None) -> Outcome:
    """The outcome of an attack that found intervals in cells: those below the limit are broken."""
    broken = tuple(place for place, width in sorted(widths.items()) if width < limit - TOLERANCE)
    return Outcome(len(widths) if tried is None else tried, min(widths.values(), default=None), broken)
