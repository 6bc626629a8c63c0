"""Rounding steps and edges, by hand."""

from __future__ import annotations

import pytest

from orchestration.contracts import disclosure_policy
from orchestration.disclosure.rounding import rounding_step, scale_of

PUBLIC = disclosure_policy().profile("public")


@pytest.mark.parametrize(
    ("width", "share", "step", "digits"),
    [
        (100, 0.01, 1, 0),
        (100, 0.005, 0.5, 1),
        (60, 0.01, 0.5, 1),  # 0.6 is nearer to 0.5 than to 1 on a log scale
        (1275, 0.01, 10, 0),  # 12.75: log10(12.75 / 10) = 0.105 against log10(20 / 12.75) = 0.195
        (75000, 0.01, 1000, 0),  # 750: log10(750 / 500) = 0.176 against log10(1000 / 750) = 0.125
        (3, 0.01, 0.02, 2),  # 0.03: log10(0.03 / 0.02) = 0.176 against log10(0.05 / 0.03) = 0.222
    ],
)
def test_step_is_the_nearest_of_one_two_five(width: float, share: float, step: float, digits: int) -> None:
    assert rounding_step(width, share) == (pytest.approx(step, rel=1e-15), digits)


@pytest.mark.parametrize(("width", "share"), [(0, 0.01), (-1, 0.01), (1, 0)])
def test_step_of_nothing_is_refused(width: float, share: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        rounding_step(width, share)


def test_linear_edges_lie_within_five_percent_of_the_typical_range() -> None:
    scale = scale_of("linear", 0, 100, 40, 100, PUBLIC)
    assert (scale.edge_low, scale.edge_high) == (3.0, 97.0)


def test_log_scale_clamps_at_typical_low_and_edges_work_on_log10() -> None:
    scale = scale_of("log", 0, 100, 0.01, 10, PUBLIC)  # three decades: step 0.03 -> 0.02
    assert (scale.floor, scale.step, scale.range_width) == (-2.0, 0.02, 3.0)
    assert scale.edge_low == pytest.approx(-1.99)
    assert scale.edge_high == pytest.approx(2 - 0.15)
