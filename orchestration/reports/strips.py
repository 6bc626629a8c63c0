"""Small inline SVG written by hand: value strips, their axis, and position strips. One hue; the glyph carries the side.

Colours are classes of the page's style sheet. Every strip is hidden from screen readers where the table beside it says
the same in words; the two drawings of "How to read" carry a label.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from orchestration.reports.position import Grid, Kpi, Position, PublishedCell
from orchestration.reports.words import number

WIDTH = 240
HEIGHT = 26
PAD = 9
MIDDLE = HEIGHT / 2
MIN_SPAN_STEPS = 12
TICKS_WANTED = 3
HIDDEN = 'aria-hidden="true" focusable="false"'
GLYPHS = {"best": "M0-5 5 4H-5Z", "weakest": "M0 5 5-4H-5Z", "context": "M-4-4H4V4H-4Z"}


@dataclass(frozen=True)
class Axis:
    """A value axis in the KPI's own order, on log10 for log KPIs; `ticks` are (x in pixels, label)."""

    kpi: Kpi
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    @cached_property
    def gridlines(self) -> str:
        """One path through all rows' ticks."""
        return f'<path class="grid" d="{"".join(f"M{_px(x)} 0V{HEIGHT}" for x, _ in self.ticks)}"/>'

    def x(self, value: float) -> float:
        """Pixels from the left, clamped to the drawing."""
        return self.clamp(self.raw(value))

    def raw(self, value: float) -> float:
        return PAD + (self.kpi.on_axis(value) - self.low) / (self.high - self.low) * (WIDTH - 2 * PAD)

    @staticmethod
    def clamp(x: float) -> float:
        return min(max(x, PAD), WIDTH - PAD)


def axis_of(kpi: Kpi, grid: Grid, cells: Sequence[PublishedCell], own: Sequence[float]) -> Axis | None:
    """One axis for all cuts of a block: everything printed, and own values that are not far outside."""
    printed = [kpi.on_axis(value) for cell in cells for value in _drawn(cell, kpi) if value is not None]
    if not printed:
        return None
    low, high = min(printed), max(printed)
    span = max(high - low, MIN_SPAN_STEPS * grid.step)
    near = [x for x in map(kpi.on_axis, own) if low - span <= x <= high + span]
    low, high = min([low, *near]), max([high, *near])
    margin = max(0.04 * (high - low), (MIN_SPAN_STEPS * grid.step - (high - low)) / 2)
    axis = Axis(kpi, low - margin, high + margin, ())
    ticks = tuple((axis.x(value), label) for value, label in _ticks(axis))
    return Axis(kpi, axis.low, axis.high, ticks)


def axis_svg(axis: Axis) -> str:
    """The head of a column of value strips: tick labels and where better is."""
    labels = "".join(f'<text x="{_px(x)}" y="20">{label}</text>' for x, label in axis.ticks)
    hint = {"H": f'<text class="hint right" x="{WIDTH}" y="8">better →</text>'}
    hint["L"] = '<text class="hint" x="0" y="8">← better</text>'
    return f'<svg class="axis" viewBox="0 0 {WIDTH} 24" {HIDDEN}>{hint.get(axis.kpi.direction, "")}{labels}</svg>'


def value_strip(axis: Axis, cell: PublishedCell, own: float, place: Position) -> str:
    """Bands a rule forbids are absent; an edge band reaches to its hard bound; the own value is clamped with a chevron."""
    p10, p25, p50, p75, p90 = (None if v is None else axis.x(v) for v in _drawn(cell, axis.kpi))
    parts = [axis.gridlines, _rect("outer", p10, p90, 9, 8), _rect("inner", p25, p75, 7, 12)]
    if p50 is not None and cell.p50 is not None:
        parts.append(f'<path class="median" d="M{_px(p50)} 5V21"/>')
    parts.append(_own_mark(axis, own, place))
    return f'<svg class="strip" viewBox="0 0 {WIDTH} {HEIGHT}" {HIDDEN}>{"".join(parts)}</svg>'


def position_strip(cell: PublishedCell, place: Position, attributes: str = HIDDEN) -> str:
    """0-100 turned so that right is always better (value order on N measures); unpublished bands are absent."""
    at = _percent_x
    parts = [f'<path class="base" d="M{at(0)} {MIDDLE:g}H{at(100)}"/>']
    if cell.is_shown("p10") and cell.is_shown("p90"):
        parts.append(_rect("outer", at(10), at(90), 9, 8))
    if cell.is_shown("p25") and cell.is_shown("p75"):
        parts.append(_rect("inner", at(25), at(75), 7, 12))
    if cell.is_shown("p50"):
        parts.append(f'<path class="median" d="M{at(50)} 5V21"/>')
    parts.append(glyph(place, at(place.mark)))
    return f'<svg class="strip" viewBox="0 0 {WIDTH} {HEIGHT}" {attributes}>{"".join(parts)}</svg>'


def glyph(place: Position, x: float) -> str:
    """▲ best quarter, ▼ weakest quarter, ■ no better side, ● everything else."""
    kind = {"best_quarter": "best", "weakest_quarter": "weakest", "context": "context"}.get(place.band or "", "dot")
    if kind == "dot":
        return f'<circle class="dot" cx="{_px(x)}" cy="{MIDDLE:g}" r="4.5"/>'
    return f'<path class="{kind}" transform="translate({_px(x)} {MIDDLE:g})" d="{GLYPHS[kind]}"/>'


def legend_glyph(kind: str) -> str:
    """A glyph for the legend: best, dot, weakest or context."""
    shape = '<circle class="dot" r="4.5"/>' if kind == "dot" else f'<path class="{kind}" d="{GLYPHS[kind]}"/>'
    return f'<svg class="key" viewBox="-7 -7 14 14" {HIDDEN}>{shape}</svg>'


def legend_band(kind: str) -> str:
    """A band or the median tick for the legend: outer, inner or median."""
    band = f'<rect class="{kind}" x="-9" y="-5" width="18" height="10"/>'
    shape = '<path class="median" d="M0-7V7"/>' if kind == "median" else band
    return f'<svg class="key" viewBox="-10 -7 20 14" {HIDDEN}>{shape}</svg>'


def _own_mark(axis: Axis, own: float, place: Position) -> str:
    raw = axis.raw(own)
    x = axis.clamp(raw)
    line = f'<path class="own" d="M{_px(x)} 0V{HEIGHT}"/>'
    return line + _chevron(raw - x) + glyph(place, x)


def _chevron(outside: float) -> str:
    """Points out of the drawing where the value lies more than half a pixel beyond it."""
    if abs(outside) <= 0.5:
        return ""
    d = "M3 9 0 13 3 17" if outside < 0 else f"M{WIDTH - 3} 9 {WIDTH} 13 {WIDTH - 3} 17"
    return f'<path class="chevron" d="{d}"/>'


def _drawn(cell: PublishedCell, kpi: Kpi) -> list[float | None]:
    """Printed numbers; an edge band is drawn to its bound (`typical_low` for the lower one on log KPIs)."""
    floor = kpi.typical_low if kpi.is_log else kpi.minimum
    drawn = list(cell.numbers)
    if not cell.edge_low and not cell.edge_high:
        return drawn
    for i, name in enumerate(("p10", "p25", "p50", "p75", "p90")):
        if name in cell.edge_low:
            drawn[i] = floor
        elif name in cell.edge_high:
            drawn[i] = kpi.maximum
    return drawn


def _ticks(axis: Axis) -> list[tuple[float, str]]:
    values = _log_ticks(axis) if axis.kpi.is_log else []
    if len(values) >= 2:
        return [(value, number(value, max(0, -math.floor(math.log10(value))))) for value in values]
    low, high = (10**axis.low, 10**axis.high) if axis.kpi.is_log else (axis.low, axis.high)
    step = _nice((high - low) / TICKS_WANTED)
    decimals = max(0, -math.floor(math.log10(step)))
    inside = range(math.ceil(low / step), math.floor(high / step) + 1)
    return [(i * step, number(i * step, decimals)) for i in inside]


def _log_ticks(axis: Axis) -> list[float]:
    decades = range(math.floor(axis.low), math.ceil(axis.high) + 1)
    for digits in ((1,), (1, 3), (1, 2, 5)):
        values = [digit * 10.0**m for m in decades for digit in digits]
        inside = [value for value in values if axis.low <= math.log10(value) <= axis.high]
        if len(inside) >= TICKS_WANTED:
            return inside
    return []


def _nice(width: float) -> float:
    exponent = math.floor(math.log10(width))
    return next(d * 10.0**exponent for d in (1, 2, 5, 10) if d * 10.0**exponent >= width * (1 - 1e-9))


def _rect(kind: str, low: float | None, high: float | None, y: int, height: int) -> str:
    if low is None or high is None:
        return ""
    return f'<rect class="{kind}" x="{_px(low)}" y="{y}" width="{_px(max(high - low, 1))}" height="{height}"/>'


def _percent_x(percent: float) -> float:
    return PAD + percent / 100 * (WIDTH - 2 * PAD)


def _px(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")
