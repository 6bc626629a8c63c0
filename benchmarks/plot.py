"""Growth as an SVG drawn by hand: measured points, the straight lines nearest to them, axes with units. Needs nothing installed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 50, 60
TICKS = 6
SERIES = {"dbt": ("dbt part", "#0b6e99", "circle"), "by_hand": ("DuckDB by hand", "#b3541e", "square")}
FONT = 'font-family="system-ui, sans-serif"'


@dataclass(frozen=True)
class Frame:
    """How millions of rows and seconds become places on the page."""

    most_x: float
    most_y: float

    def x(self, millions: float) -> float:
        return LEFT + millions / self.most_x * (WIDTH - LEFT - RIGHT)

    def y(self, seconds: float) -> float:
        return HEIGHT - BOTTOM - seconds / self.most_y * (HEIGHT - TOP - BOTTOM)


def growth_svg(figures: dict[str, Any]) -> str:
    """The plot of `parts.growth`."""
    points = {
        "dbt": [(s["rows"] / 1e6, s["dbt"]["wall"]["median"]) for s in figures["sizes"]],
        "by_hand": [(s["rows"] / 1e6, s["by_hand"]["median"]) for s in figures["sizes"]],
    }
    most_x, most_y = (max(p[axis] for series in points.values() for p in series) for axis in (0, 1))
    frame = Frame(_end(most_x), _end(most_y))
    body = [*_axes(frame)]
    for row, (name, series) in enumerate(points.items()):
        body += _series(frame, name, series, figures["lines"][name], row)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="growth-title" {FONT} font-size="13">',
            '<title id="growth-title">Seconds by number of observations, and the straight lines nearest to them</title>',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            f'<text x="{LEFT}" y="26" font-size="15" font-weight="600">Time grows with the number of observations</text>',
            *body,
            "</svg>",
            "",
        ]
    )


def _axes(frame: Frame) -> Iterator[str]:
    for seconds in _ticks(frame.most_y):
        y = frame.y(seconds)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#dddddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{seconds:g}</text>'
    for millions in _ticks(frame.most_x):
        x = frame.x(millions)
        yield f'<line x1="{x:.1f}" y1="{HEIGHT - BOTTOM}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM + 5}" stroke="#333333"/>'
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{millions:g}</text>'
    yield f'<line x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{WIDTH - RIGHT}" y2="{HEIGHT - BOTTOM}" stroke="#333333"/>'
    yield f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">observations, millions</text>'
    middle = (TOP + HEIGHT - BOTTOM) / 2
    yield f'<text x="18" y="{middle}" text-anchor="middle" transform="rotate(-90 18 {middle})">wall time, seconds</text>'


def _series(frame: Frame, name: str, points: list[tuple[float, float]], line: dict[str, float], row: int) -> Iterator[str]:
    label, colour, shape = SERIES[name]
    ends = [(x, line["at_nothing"] + line["per_million"] * x) for x in (0.0, points[-1][0])]
    (x1, y1), (x2, y2) = ((frame.x(x), frame.y(y)) for x, y in ends)
    yield f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="1.5" stroke-dasharray="6 4"/>'
    for x, y in points:
        yield _mark(shape, frame.x(x), frame.y(y), colour)
    at, top = WIDTH - RIGHT + 18, TOP + 24 + row * 78
    yield _mark(shape, at + 5, top - 4, colour)
    yield f'<text x="{at + 18}" y="{top}" font-weight="600">{label}</text>'
    yield f'<text x="{at}" y="{top + 18}">{line["per_million"]:.2f} s a million</text>'
    yield f'<text x="{at}" y="{top + 36}">{_signed(line["at_nothing"])} s, R² {line["r2"]:.4f}</text>'


def _mark(shape: str, x: float, y: float, colour: str) -> str:
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>'
    return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}"/>'


def _signed(seconds: float) -> str:
    return f"{'+' if seconds >= 0 else '−'} {abs(seconds):.1f}"


def _end(most: float) -> float:
    """Where an axis ends: the first tick that is not below `most`."""
    step = _nice(most / TICKS)
    return step * math.ceil(most / step - 1e-9)


def _ticks(end: float) -> Iterator[float]:
    step = _nice(end / TICKS)
    yield from (n * step for n in range(round(end / step) + 1))


def _nice(step: float) -> float:
    """The next of 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(n * power for n in (1, 2, 2.5, 5, 10) if n * power >= step * (1 - 1e-9))
