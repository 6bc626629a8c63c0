"""Attack 6: two consortia with equal published tables give equal reports for equal own values."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts import disclosure_policy
from orchestration.disclosure.protect import protect
from orchestration.reports.build import write_reports
from orchestration.reports.page import render
from tests.unit.test_protect import LINEAR, marts
from tests.unit.test_reports import ME, cell, own, write_inputs

ONE = [10.0, 14.0, 18.0, 22.0, 26.0, 30.0, 34.0, 38.0, 42.0, 46.0, 50.0]
OTHER = [0.5, 1.0, 2.0, 21.0, 26.0, 30.0, 34.0, 39.0, 71.0, 84.0, 99.0]  # ranks 4 to 8 average 30 as well


def published(values: list[float]) -> list[dict[str, Any]]:
    """The rows of one KPI as our estimator prints them of these companies."""
    con = marts([(LINEAR, values)])
    protect(con, disclosure_policy().profile("public"))
    found = con.execute("select contributors_band, p50, edge_low, edge_high, tie_share_band, zero_share_band from protected")
    names = [name for name, *_ in found.description]
    return [cell("ADO-01", **dict(zip(names, row, strict=True))) for row in found.fetchall()]


def report(folder: Path, others: list[float], mine: float) -> dict[str, bytes]:
    values = [own(f"P{place + 20}", "ADO-01", value) for place, value in enumerate(others)]
    release, owns = write_inputs(folder, published([*others[:5], mine, *others[6:]]), [own("P1", "ADO-01", mine), *values])
    write_reports(release, owns, [ME], folder / "out")
    return {path.name: path.read_bytes() for path in sorted((folder / "out" / "P1").iterdir())}


def test_equal_tables_and_own_values_give_equal_reports(tmp_path: Path) -> None:
    assert published(ONE) == published(OTHER) != []
    one, other = report(tmp_path / "one", ONE, 30.0), report(tmp_path / "other", OTHER, 30.0)
    assert list(one) == ["positions.csv", "questions.csv", "report.html"]
    assert one == other


def test_another_own_value_gives_another_report(tmp_path: Path) -> None:
    """So that the test above is none that cannot fail."""
    assert report(tmp_path / "one", ONE, 30.0) != report(tmp_path / "other", ONE, 30.5)


@pytest.mark.parametrize("name", ["participant", "answers", "release", "questions"])
def test_the_renderer_is_given_own_things_and_the_release(name: str) -> None:
    assert name in inspect.signature(render).parameters
    assert len(inspect.signature(render).parameters) == 4
