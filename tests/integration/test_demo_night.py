"""The whole demo after its one night: every row accounted for, nothing below the rules, at the size that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.workspace import Workspace
from tests.integration.looking import accounted_for, published_rows, served_and_in_ledger

pytestmark = pytest.mark.full


def test_every_row_is_accounted_for(demo: Workspace, demo_landed: Path) -> None:
    files, rows = accounted_for(demo)
    assert files == sum(p.is_file() for p in demo_landed.rglob("*")) > 500
    assert rows > 50_000


def test_no_published_row_is_below_the_rules(demo: Workspace) -> None:
    rows, contributors, tie_share = published_rows(demo)
    assert rows > 3000
    assert contributors >= 10
    assert tie_share < 0.8


@pytest.mark.parametrize("release_id", ["2023-r0", "2025-r0"])
def test_the_ledger_holds_who_is_in_each_served_cell(demo: Workspace, release_id: str) -> None:
    served, in_ledger, smallest = served_and_in_ledger(demo, release_id)
    assert served == in_ledger
    assert smallest >= 10
