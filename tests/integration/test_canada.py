"""Real input beside the project: 92 federal organisations, run whole. Needs ../shared; `.ci/run` says when it is not there.

What follows a night is tried on copies of one; nights from nothing beside it are in `test_canada_again.py`, for another worker.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter

import duckdb
import pytest

from orchestration.night import run_night
from orchestration.settings import load_settings
from orchestration.workspace import Workspace
from tests.conftest import contents
from tests.integration.conftest import CANADA, CANADA_AS_OF, SHARED

pytestmark = pytest.mark.shared

EXACT = SHARED / "cases" / "canada_exact_quantiles.csv"
YEARS = [f"{year}-r0" for year in range(2017, 2024)]


def receipts(canada: Workspace) -> list[dict]:
    return [json.loads(p.read_text()) for p in sorted((canada.vault / "submissions").glob("*/receipt.json"))]


def test_every_row_of_every_file_is_accounted_for(canada: Workspace) -> None:
    sent = {p.relative_to(CANADA).as_posix(): p for p in CANADA.rglob("*.csv")}
    taken = receipts(canada)
    assert {r["file"] for r in taken} == set(sent)
    for receipt in taken:
        rows = sent[receipt["file"]].read_text("utf-8").count("\n") - 1  # no value of these files holds a line break
        assert receipt["rows_read"] == rows == receipt["rows_accepted"] + receipt["rows_quarantined"] + receipt["rows_collapsed"]
    figures = [r for r in taken if r["feed"] == "kpi_values"]
    assert len(figures) == 92
    assert sum(r["rows_read"] for r in figures) == 42271
    assert sum(r["rows_quarantined"] for r in figures) == 152 + 72
    rules: Counter[str] = Counter()
    for receipt in figures:
        rules.update(receipt["rule_counts"])
    # 72 rows are outside the hard range or have an impossible denominator; two of them are both.
    assert rules == {"contradicting_key": 152, "hard_range": 68, "denominator_not_zero": 6}


def test_cell_evidence_equals_the_known_answers(canada: Workspace) -> None:
    with duckdb.connect(str(canada.warehouse), read_only=True) as con:
        con.execute(f"create temp table known as select * from read_csv('{EXACT}', types = {{'period': 'varchar', 'dim': 'varchar'}})")
        compared = con.execute(
            """select count(*), count(e.p50), bool_and(e.contributors = k.contributors),
            max(greatest(abs(e.p10 - k.p10), abs(e.p25 - k.p25), abs(e.p50 - k.p50), abs(e.p75 - k.p75), abs(e.p90 - k.p90)))
            from known as k left join marts.cell_evidence as e
                on e.cut = k.cut and e.value_chain_stage is not distinct from k.dim and e.kpi_code = k.kpi_code and e.period = k.period"""
        ).fetchone()
        more = con.execute("select count(*) from marts.cell_evidence where cut in ('all', 'value_chain_stage')").fetchone()
    assert compared[0] == compared[1] == more[0] == 138
    assert compared[2]
    assert compared[3] < 1e-6


def test_the_years_that_are_due_are_released(canada: Workspace) -> None:
    assert sorted(p.name for p in canada.releases.iterdir() if p.is_dir()) == YEARS
    assert (canada.releases / "current").read_text() == "2023-r0\n"


def test_no_published_row_is_below_the_rules(canada: Workspace) -> None:
    keys = ("kpi_code", "cut", "industry", "sector", "country", "size_band", "value_chain_stage", "project_kind", "vendor", "vendor_class")
    same = " and ".join(f"e.{k} is not distinct from b.{k}" for k in keys)
    with duckdb.connect(str(canada.warehouse), read_only=True) as con:
        rows = con.execute(
            f"""select e.contributors, e.tie_share, b.p10, b.p25, b.p50, b.p75, b.p90, b.edge_low, b.edge_high
            from read_parquet('{canada.releases}/*/benchmark.parquet') as b
            left join marts.cell_evidence as e on e.period = b.period and {same}"""
        ).fetchall()
    assert len(rows) > 1300  # of the shares of hundreds of vendors among the same 84 groups two thirds would single groups out together
    for n, tie_share, p10, p25, p50, p75, p90, low, high in rows:
        edges = f"{low or ''},{high or ''}".split(",")
        assert n >= 10
        assert tie_share < 0.8
        assert (p50 is not None) != ("p50" in edges)
        has_quartiles, has_tails = p25 is not None or "p25" in edges, p10 is not None or "p10" in edges
        assert has_quartiles == (p75 is not None or "p75" in edges)
        assert has_tails == (p90 is not None or "p90" in edges)
        assert not has_quartiles or n == 21 or n >= 23
        assert not has_tails or (has_quartiles and n >= 51)  # figures that an attack breaks are left out


def test_every_participant_has_a_report(canada: Workspace) -> None:
    participants = {p.name for p in CANADA.iterdir() if p.is_dir()}
    reports = canada.reports / "2023-r0"
    assert len(participants) == 92
    assert {p.name for p in reports.iterdir()} == participants
    assert all((reports / name / file).stat().st_size > 0 for name in participants for file in ("report.html", "positions.csv"))


def test_a_second_run_changes_no_byte_and_lake_and_warehouse_are_derived(canada: Workspace, canada_copied: Workspace) -> None:
    kept = ("vault", "lake", "releases", "reports")
    before = {name: contents(canada.home / name) for name in kept}
    run_night(canada_copied, load_settings(canada_copied.home, environ={}), CANADA_AS_OF, "public", even_if_idle=True)
    assert {name: contents(canada_copied.home / name) for name in kept} == before
    shutil.rmtree(canada_copied.lake)
    canada_copied.warehouse.unlink()
    run_night(canada_copied, load_settings(canada_copied.home, environ={}), CANADA_AS_OF, "public")
    assert contents(canada_copied.lake) == before["lake"]
    assert contents(canada_copied.releases) == before["releases"]
