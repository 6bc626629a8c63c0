"""Marts that grew night by night are those that one run from nothing makes."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path

import duckdb

from orchestration.night import run_night
from orchestration.workspace import Workspace
from tests.conftest import Consortium

SECOND_NIGHT = date(2024, 5, 20)


def marts(workspace: Workspace) -> dict[str, list[tuple]]:
    """Every row of every mart, in an order of its own."""
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts' and table_name not in ('company_values') order by 1"
        ).fetchall()
        found = {name: connection.execute(f"select * from marts.{name} order by all").fetchall() for (name,) in names}
        found["company_values"] = connection.execute("select count(*), sum(hash(v)) from marts.company_values as v").fetchall()
        return found


def send_changes(workspace: Workspace, landed: Path) -> None:
    """Corrections and a withdrawal of one participant, and a registry that moves another to a new industry."""
    source = min(path for path in landed.glob("*/kpi_values*.csv"))
    with source.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows[:40]:
        row["numerator"] = f"{float(row['numerator'] or 0) * 0.9:.4f}"
    rows[0]["numerator"] = ""
    target = workspace.landing / source.parent.name / "kpi_values__corrected.csv"
    target.parent.mkdir(exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows[:40])
    with (landed / "participants.csv").open(encoding="utf-8", newline="") as handle:
        registry = list(csv.DictReader(handle))
    registry[3]["industry_code"] = "K" if registry[3]["industry_code"] != "K" else "C"
    with (workspace.landing / "participants.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(registry[0]))
        writer.writeheader()
        writer.writerows(registry)


def test_a_second_night_and_a_run_from_nothing_make_identical_marts(copied: Consortium, landed: Path) -> None:
    before = marts(copied.workspace)
    send_changes(copied.workspace, landed)
    run_night(copied.workspace, copied.settings, SECOND_NIGHT, "public")
    grown = marts(copied.workspace)
    assert grown["cell_evidence"] != before["cell_evidence"]
    copied.workspace.warehouse.unlink()
    shutil.rmtree(copied.workspace.lake)
    run_night(copied.workspace, copied.settings, SECOND_NIGHT, "public", even_if_idle=True)
    rebuilt = marts(copied.workspace)
    assert rebuilt.keys() == grown.keys()
    for name, rows in grown.items():
        assert rebuilt[name] == rows, name
