"""Numbers and sentences as a reader sees them (REPORTS "Words"). No HTML here, and nothing is escaped here.

Published figures keep the decimals of their rounding step; an own value is shown with the same decimals, and a gap is
the difference of the two figures as shown, so that a reader who subtracts gets the printed gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from orchestration.reports.labels import BANDS
from orchestration.reports.ladder import NARROWER, Served
from orchestration.reports.position import Grid, Kpi, Position, PublishedCell

NOT_SHOWN = "–"
ONLY_SIDE = "only the side of the median can be shown"
NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
UNITS = {"%": "%", "pp": "points", "points": "points", "cur": "EUR", "ratio": "", "count": "", "score": ""}
GAP_UNITS = {**UNITS, "%": "points"}
SINGULAR = {"points": "point", "days": "day", "months": "month"}
MENTIONED_SHARES = ("20-80", "20-50", "50-80", "80-100")
QUARTERS = ("best_quarter", "upper_middle", "lower_middle", "weakest_quarter")
MAX_LOG_DECIMALS = 3
MONEY_SIZES = ((1e9, "billion"), (1e6, "million"), (1e3, "thousand"))


@dataclass(frozen=True)
class Terms:
    """In what terms one block is written: the measure, its grid, and the decimals of every figure in the block."""

    kpi: Kpi
    grid: Grid
    decimals: int

    @property
    def unit(self) -> str:
        return UNITS.get(self.kpi.unit, self.kpi.unit)

    @property
    def gap_unit(self) -> str:
        return GAP_UNITS.get(self.kpi.unit, self.kpi.unit)


def terms_of(kpi: Kpi, grid: Grid, shown: Iterable[float]) -> Terms:
    """Linear: the decimals of the rounding step. Log: enough that the largest of `shown` has three significant digits
    and the smallest two, because one column has equal decimals.
    """
    decimals = _log_decimals(shown) if kpi.is_log else max(0, -math.floor(math.log10(grid.step)))
    return Terms(kpi, grid, decimals)


def number(value: float, decimals: int) -> str:
    """`1,234.5` with a true minus, and never a negative zero."""
    text = f"{value:,.{decimals}f}"
    if not text.startswith("-"):
        return text
    return MINUS + text[1:] if text.strip("-0.,") else text[1:]


def quantity(value: float, terms: Terms) -> str:
    """A figure with its unit: `44 %`, `12.9 h/FP`."""
    return _with_unit(number(value, terms.decimals), terms.unit)


def published(cell: PublishedCell, quantile: str, terms: Terms) -> str:
    """A printed quantile without unit, its edge band, or – where a rule forbids it."""
    value = cell.number(quantile)
    if value is not None:
        return number(value, terms.decimals)
    if quantile in cell.edge_low:
        return edge_low_text(terms.kpi, terms.grid)
    return edge_high_text(terms.kpi, terms.grid) if quantile in cell.edge_high else NOT_SHOWN


def published_quantity(cell: PublishedCell, quantile: str, terms: Terms) -> str:
    """The same with its unit, for a sentence."""
    return _with_unit(published(cell, quantile, terms), terms.unit)


def version_note(kpi: Kpi) -> str:
    """Where a KPI was defined anew, that its series is broken; else empty."""
    if kpi.version == 1:
        return ""
    return f"Version {kpi.version}, defined anew from {kpi.valid_from} on: figures of earlier versions cannot be compared with these."


def edge_low_text(kpi: Kpi, grid: Grid) -> str:
    """`0-5` at the lower hard bound; `≤ 3` on log KPIs (DISCLOSURE "Profiles")."""
    if kpi.is_log:
        return f"≤{NBSP}{_trimmed(kpi.typical_low)}"
    return _range(kpi.minimum, grid.edge_low_to)


def edge_high_text(kpi: Kpi, grid: Grid) -> str:
    """`95-100` at the upper hard bound."""
    inner = float(f"{10**grid.edge_high_from:.3g}") if kpi.is_log else grid.edge_high_from
    return _range(inner, kpi.maximum)


def sentence(own: float, served: Served | None, place: Position | None, terms: Terms, group: str) -> str:
    """The one paragraph of a block. `group` follows "the median company", such as "in your industry"."""
    you = f"You: {quantity(own, terms)}."
    if served is None or place is None:
        return f"{you} No comparison: {NARROWER}."
    return f"{you} {_against_median(own, served.cell, place, terms, group)}{_quartile_start(served.cell, terms)}"


def worth(worth_eur: float | None) -> str:
    """` Gap to the better quarter: about 310 thousand EUR ...`, to two significant digits; empty where it is not known."""
    if worth_eur is None or worth_eur < 1:
        return ""
    rounded = float(f"{worth_eur:.2g}")
    scaled = next(((rounded / size, name) for size, name in MONEY_SIZES if rounded >= size), (rounded, ""))
    amount = f"{scaled[0]:.1f}".removesuffix(".0") if scaled[0] < 10 and scaled[1] else number(scaled[0], 0)
    return f" Gap to the better quarter: about {amount}{f' {scaled[1]}' if scaled[1] else ''} EUR over the period, gross, before the cost of closing it."


def ahead(place: Position, kpi: Kpi, of: str = "in 100") -> str:
    """`ahead of about 65 in 100, between 45 and 80`, or what is known beyond the published quantiles; else empty."""
    if place.percentile is None or place.percentile_low is None or place.percentile_high is None:
        return _beyond(place, kpi)
    verb = "ahead of" if kpi.has_better_side else "higher than"
    low, high = 5 * math.floor(place.percentile_low / 5), 5 * math.ceil(place.percentile_high / 5)
    return f"{verb} about {to_five(place.percentile)} {of}, between {low} and {high}"


def to_five(percentile: float) -> int:
    """To the nearest 5, halves up."""
    return 5 * math.floor(percentile / 5 + 0.5)


def share_note(cell: PublishedCell) -> str:
    """Ties and zeros where they are 20 % or more of the companies (METHOD 4), else empty."""
    notes: list[str] = []
    if cell.tie_share_band in MENTIONED_SHARES:
        notes.append(f"{cell.tie_share_band}{NBSP}% of companies report the same value")
    if cell.zero_share_band in MENTIONED_SHARES:
        notes.append(f"{cell.zero_share_band}{NBSP}% report exactly zero")
    return "; ".join(notes)


def band_words(place: Position) -> str:
    """The band in words; between the quartiles of a cell without a median, `middle half`."""
    if place.band is not None:
        return BANDS[place.band]
    return "middle half" if place.between == (25, 75) else NOT_SHOWN


def _against_median(own: float, cell: PublishedCell, place: Position, terms: Terms, group: str) -> str:
    if not cell.is_shown("p50"):
        return f"Among the companies {group}: {band_words(place)}."
    median = published_quantity(cell, "p50", terms)
    if not terms.kpi.has_better_side:
        return _context(median, place, terms.kpi, group)
    if cell.p50 is None:
        return _against_edge(median, place, group)
    if place.band == "level":
        return f"That is level with the median company {group} ({median}): the difference is smaller than the rounding."
    side = "better" if (place.gap_to_median or 0) > 0 else "worse"
    text = f"That is {_gap_text(own, cell.p50, terms)}{side} than the median company {group}"
    if place.band not in QUARTERS:
        return f"{text}; {ONLY_SIDE}."
    known = ahead(place, terms.kpi, "in 100 companies")
    return f"{text}, {known}." if known else f"{text}."


def _quartile_start(cell: PublishedCell, terms: Terms) -> str:
    quantile = terms.kpi.better_quartile
    if not terms.kpi.has_better_side or not cell.is_shown(quantile):
        return ""
    starts = "in the band" if cell.number(quantile) is None else "at"
    return f" The better quarter starts {starts} {published_quantity(cell, quantile, terms)}."


def _context(median: str, place: Position, kpi: Kpi, group: str) -> str:
    known = ahead(place, kpi, "in 100 companies")
    higher = f" You are {known}." if known else ""
    return f"The median company {group} is at {median}.{higher} A measure of context: it has no better side."


def _against_edge(median: str, place: Position, group: str) -> str:
    band = f"The median company {group} lies in the band {median}"
    if place.band == "level":
        return f"{band}, and so do you: no difference can be shown."
    if place.band in QUARTERS:
        return f"{band}: you are in the {band_words(place)}."
    return f"{band}: you are {band_words(place)}; {ONLY_SIDE}."


def _gap_text(own: float, median: float, terms: Terms) -> str:
    """`4 points ` from the figures as shown; empty where they are shown equal."""
    shown = abs(round(own, terms.decimals) - round(median, terms.decimals))
    text = number(shown, terms.decimals)
    return f"{_with_unit(text, terms.gap_unit)} " if text.strip("0.") else ""


def _beyond(place: Position, kpi: Kpi) -> str:
    upper, lower = ("best", "weakest") if kpi.has_better_side else ("highest", "lowest")
    known = {
        (90, 100): f"beyond the {upper} tenth",
        (0, 10): f"beyond the {lower} tenth",
        (75, 100): f"in the {upper} quarter",
        (0, 25): f"in the {lower} quarter",
    }
    return known.get(place.between, "")


def _with_unit(text: str, unit: str) -> str:
    if text == NOT_SHOWN or not unit:
        return text
    return f"{text}{NBSP}{SINGULAR.get(unit, unit) if text.lstrip(MINUS) == '1' else unit}"


def _range(low: float, high: float) -> str:
    return f"{_trimmed(low)}{'-' if low >= 0 else ' to '}{_trimmed(high)}"


def _trimmed(value: float) -> str:
    """A public bound without trailing zeros or exponent."""
    return number(value, 6).rstrip("0").rstrip(".")


def _log_decimals(shown: Iterable[float]) -> int:
    sizes = [math.floor(math.log10(abs(value))) for value in shown if value]
    if not sizes:
        return 0
    return min(MAX_LOG_DECIMALS, max(0, 2 - max(sizes), 1 - min(sizes)))
