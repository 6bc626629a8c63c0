"""Exact quantiles are Hyndman and Fan's type 7, as numpy has them, whatever the values."""

from __future__ import annotations

import duckdb
import jinja2
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.settings import PROJECT_ROOT
from tests.laws import examples

MACRO = PROJECT_ROOT / "dbt_project" / "macros" / "exact_quantiles.sql"
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
VALUES = st.lists(st.one_of(st.integers(-5, 5).map(float), st.floats(-1e12, 1e12, allow_nan=False)), min_size=1, max_size=80)


def exact_quantiles(values: list[float]) -> list[float]:
    """What the macro's SQL makes of one cell."""
    template = jinja2.Environment(autoescape=False).from_string(MACRO.read_text("utf-8") + "{{ duckdb__exact_quantiles('value') }}")  # noqa: S701
    with duckdb.connect() as connection:
        connection.register("cell", pa.table({"value": pa.array(values, pa.float64())}))
        ((found,),) = connection.execute(f"select {template.render()} from cell").fetchall()
    return list(found)


@settings(max_examples=examples(150))
@given(VALUES)
def test_quantiles_equal_numpys_type_7(values: list[float]) -> None:
    scale = max(abs(v) for v in values)
    assert exact_quantiles(values) == pytest.approx(np.quantile(values, LEVELS, method="linear").tolist(), rel=1e-12, abs=1e-13 * scale)


@given(VALUES, st.randoms(use_true_random=False))
def test_the_order_of_values_does_not_matter(values: list[float], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert exact_quantiles(shuffled) == exact_quantiles(values)
