"""What a cell gives up when an attack pins somebody in it: the fewest figures without which it does not, or all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestration.disclosure.audit.attacks import narrowest_share
from orchestration.disclosure.audit.outcome import TOLERANCE
from orchestration.disclosure.audit.printed import Printed
from orchestration.disclosure.policy.cells import Floats
from orchestration.disclosure.windows import MEDIAN, QUARTILES, TAILS

MEDIAN_ENDS = ("p50_low", "p50_high")
QUARTILE_ENDS = ("p25_low", "p25_high", "p75_low", "p75_high")


def figures_to_drop(
    printed: Printed, quantiles: Sequence[str], values: Floats, limit: float, known: dict[str, float]
) -> frozenset[str] | None:
    """The names of the figures to leave out so that nobody is pinned to less than `limit`; None where even the median alone pins somebody.

    Quantiles appear and go in pairs, and ends of intervals only where the quartiles stay: of the sets of figures that a cell may show,
    the largest one that holds.
    """
    for kept in _smaller(frozenset(quantiles)):
        dropped = frozenset(place for place, name in enumerate(quantiles) if name not in kept)
        if narrowest_share(printed.without(dropped), values, limit, known) >= limit - TOLERANCE:
            return frozenset(quantiles) - kept
    return None


def _smaller(shown: frozenset[str]) -> Iterator[frozenset[str]]:
    """The sets of figures that a cell may show instead, those with most figures first."""
    quantiles = (frozenset(MEDIAN), frozenset(MEDIAN + QUARTILES), frozenset(MEDIAN + QUARTILES + TAILS))
    ends = (frozenset[str](), frozenset(MEDIAN_ENDS), frozenset(MEDIAN_ENDS + QUARTILE_ENDS))
    sets = {(q | e) & shown for q in quantiles for e in ends if not e or q.issuperset(QUARTILES)}
    yield from sorted((s for s in sets if s and s != shown), key=lambda s: (-len(s), sorted(s)))
