"""The published tables tell what was planted: effects, changes and gaps, each within its stated interval, from releases alone."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb
import pytest

from orchestration.demo.truth import PlantedTruth
from orchestration.demo.truths import BETTER_VENDOR, WORSE_VENDOR, planted_truths, promise_truths
from orchestration.intake.vault import Vault
from orchestration.periods import parse_period
from orchestration.release.shelf import read_public_key, verify
from orchestration.settings import PROJECT_ROOT
from orchestration.workspace import Workspace
from tests.conftest import Consortium

YEARS = (2023, 2024, 2025)
CELL = "kpi_code, kpi_version, cut, industry, sector, country, size_band, value_chain_stage, project_kind, vendor, vendor_class"


FULL = pytest.mark.full


@dataclass(frozen=True)
class Later:
    """A workspace that two years and their quarters left, and how much there is at least to compare in it."""

    workspace: Workspace
    years: tuple[str, ...]
    medians_of_trends: int
    rows: int

    @property
    def releases(self) -> Path:
        return self.workspace.releases


@pytest.fixture(scope="module", params=["small", pytest.param("full", marks=FULL)])
def later(request: pytest.FixtureRequest) -> Later:
    """The small consortium after its second night, and the whole demo after its one night."""
    if request.param == "small":
        return Later(request.getfixturevalue("revised"), ("2024",), 150, 10)
    return Later(request.getfixturevalue("demo"), ("2024", "2025"), 5000, 100)


def table(workspace: Workspace, period: int | str, dataset: str) -> str:
    """The newest edition of a period, to select from."""
    folder = max(workspace.releases.glob(f"{period}-r*"), key=lambda p: p.name)
    return f"read_parquet('{folder / dataset}.parquet')"


def truth(name: str) -> PlantedTruth:
    return next(t for t in planted_truths() if t.name == name)


def missed(name: str, found: Iterable[float]) -> list[float]:
    """What lies outside the interval of a planted truth; there must be something to judge."""
    values, planted = list(found), truth(name)
    assert values
    return [v for v in values if not planted.interval_low <= v <= planted.interval_high]


def medians(workspace: Workspace, year: int, kpi_code: str, dimension: str) -> dict[str, float]:
    rows = duckdb.sql(
        f"select {dimension}, p50 from {table(workspace, year, 'benchmark')} where cut = '{dimension}' and kpi_code = '{kpi_code}' and p50 is not null"
    ).fetchall()
    return dict(rows)


@FULL
@pytest.mark.parametrize(("name", "vendor"), [("vendor_better_cost", BETTER_VENDOR), ("vendor_worse_cost", WORSE_VENDOR)])
def test_what_a_vendor_does_to_cost_is_found(demo: Workspace, name: str, vendor: str) -> None:
    """The reference is 0, as its note says: half of the other projects cost what was planned."""
    assert missed(name, [medians(demo, year, "DEL-01", "vendor")[vendor] for year in YEARS]) == []


@FULL
@pytest.mark.parametrize(("name", "vendor"), [("vendor_better_use", BETTER_VENDOR), ("vendor_worse_use", WORSE_VENDOR)])
def test_what_a_vendor_does_to_use_is_found(demo: Workspace, name: str, vendor: str) -> None:
    found = [medians(demo, year, "ADO-01", "vendor") for year in YEARS]
    others = [median(v for other, v in by.items() if other not in (BETTER_VENDOR, WORSE_VENDOR)) for by in found]
    assert missed(name, [by[vendor] - other for by, other in zip(found, others, strict=True)]) == []


@FULL
def test_what_a_stage_does_to_satisfaction_is_found(demo: Workspace) -> None:
    found = [medians(demo, year, "EXP-02", "value_chain_stage") for year in YEARS]
    assert missed("stage_hr_satisfaction", [by["HR"] - median(v for s, v in by.items() if s != "HR") for by in found]) == []


def changes(workspace: Workspace, kpi_code: str) -> list[tuple[float, float, float]]:
    """Cross-section, real and membership change of all companies, by year from 2024 on."""
    columns = "cross_section_change, real_change, membership_change"
    where = f"cut = 'all' and kpi_code = '{kpi_code}'"
    rows = [duckdb.sql(f"select {columns} from {table(workspace, y, 'trend')} where {where}").fetchone() for y in YEARS[1:]]
    assert all(rows)
    return [(float(a), float(b), float(c)) for a, b, c in (row or () for row in rows)]


@FULL
def test_the_change_of_the_matched_companies_is_found(demo: Workspace) -> None:
    assert missed("trend_within_sla", [real for _, real, _ in changes(demo, "SVC-04")]) == []


@FULL
def test_a_cross_section_that_only_moves_by_joiners_is_told_from_real_change(demo: Workspace) -> None:
    found = changes(demo, "SVC-02")
    assert missed("restore_no_real_change", [math.log10(1 + real / 100) for _, real, _ in found]) == []
    crossed = sum(math.log10(1 + cross / 100) for cross, _, _ in found)
    joined = sum(math.log10(1 + membership / 100) for _, _, membership in found)
    assert missed("restore_cross_section_moves", [crossed, joined]) == []


@FULL
def test_what_was_promised_and_not_kept_is_found(demo: Workspace) -> None:
    planted = {(t.kpi_code, t.months_since_go_live): t for t in promise_truths()}
    rows = [
        row
        for year in YEARS
        for row in duckdb.sql(f"select kpi_code, months_since_go_live, cut, p50 from {table(demo, year, 'attainment')}").fetchall()
    ]
    outside = [row for row in rows if not planted[row[:2]].interval_low <= row[3] <= planted[row[:2]].interval_high]
    assert len([row for row in rows if row[2] == "all"]) > 25
    assert {row[2] for row in rows} == {"all", "project_kind", "vendor", "promised_by"}
    assert [row for row in outside if row[2] == "all"] == []
    assert len(outside) <= 0.02 * len(rows)  # of several hundred medians of small cells a few lie further out


@FULL
def test_rebaselined_and_abandoned_promises_are_shown_in_bands(demo: Workspace) -> None:
    bands = "rebaselined_share_band, abandoned_share_band"
    found = duckdb.sql(
        f"select distinct {bands} from {table(demo, 2025, 'attainment')} where cut = 'all' and kpi_code = 'ADO-01'"
    ).fetchall()
    assert found == [("5-20", "5-20")]  # 15 % of projects changed their promises, 6 % were given up
    with duckdb.connect(str(demo.warehouse), read_only=True) as con:
        evidence = con.execute(
            "select min(rebaselined_share), max(rebaselined_share), min(abandoned_share), max(abandoned_share) "
            "from marts.attainment_evidence where cut = 'all' and kpi_code = 'ADO-01' and period = '2025'"
        ).fetchone()
    assert evidence
    assert 0.08 < evidence[0] <= evidence[1] < 0.2
    assert 0.05 <= evidence[2] <= evidence[3] < 0.2


def test_medians_of_a_trend_are_those_that_the_two_releases_print(later: Later) -> None:
    compared = 0
    for folder in later.releases.glob("*-r*"):
        names = duckdb.sql(
            f"select distinct earlier_release_id from '{folder}/trend.parquet' where earlier_release_id is not null"
        ).fetchall()
        for (earlier,) in names:
            assert parse_period(earlier.rsplit("-r", 1)[0]) == parse_period(folder.name.rsplit("-r", 1)[0]).year_before
            joined = " and ".join(f"t.{c} is not distinct from {{0}}.{c}" for c in CELL.split(", "))
            row = duckdb.sql(
                f"""select count(*), count(*) filter (where t.p50 is distinct from b.p50 or t.earlier_p50 is distinct from e.p50)
                from '{folder}/trend.parquet' as t left join '{folder}/benchmark.parquet' as b on {joined.format("b")}
                left join '{later.releases}/{earlier}/benchmark.parquet' as e on {joined.format("e")} where t.earlier_release_id = '{earlier}'"""
            ).fetchone()
            assert row
            assert row[1] == 0
            compared += row[0]
    assert compared > later.medians_of_trends


def test_every_matched_panel_and_attainment_holds_enough_groups(later: Later) -> None:
    """From the ledger of editions: the very groups behind each published row."""
    for dataset, key in (
        ("trend", CELL),
        ("attainment", "kpi_code, kpi_version, cut, project_kind, vendor, promised_by, months_since_go_live"),
    ):
        for release in (f"{year}-r0" for year in later.years):
            ledger = Vault(later.workspace.vault).edition(release).with_name(f"{release}.{dataset}.parquet")
            counted = duckdb.sql(
                f"select count(*), min(n) from (select count(distinct holding_group_id) as n from '{ledger}' group by {key})"
            ).fetchone()
            served = duckdb.sql(f"select count(*) from '{later.releases}/{release}/{dataset}.parquet'").fetchone()
            assert counted
            assert served
            assert counted[0] == served[0] > later.rows
            assert counted[1] >= 10


def test_a_first_year_has_no_trend_and_quarters_no_attainment(later: Later) -> None:
    for release, dataset in (("2023-r0", "trend"), ("2023-Q2-r0", "trend"), (f"{later.years[-1]}-Q2-r0", "attainment")):
        assert duckdb.sql(f"select count(*) from '{later.releases}/{release}/{dataset}.parquet'").fetchone() == (0,)
        assert (later.releases / release / f"{dataset}.csv").read_text().count("\n") == 1


def test_coverage_lists_what_is_served_and_nothing_else(later: Later) -> None:
    folder = later.releases / f"{later.years[-1]}-r0"
    for dataset in ("benchmark", "trend", "attainment"):
        served = duckdb.sql(
            f"select count(*) from '{folder}/coverage.parquet' where dataset = '{dataset}' and status = 'served'"
        ).fetchone()
        assert served == duckdb.sql(f"select count(*) from '{folder}/{dataset}.parquet'").fetchone()
    declared = duckdb.sql(f"select count(*), count(kpi_code) from '{folder}/coverage.parquet' where status = 'declared'").fetchone()
    assert declared == (13 + 13 + 4, 0)


def test_every_release_verifies_and_no_check_failed(later: Later) -> None:
    key = read_public_key(later.releases / "evenhand.pub")
    for folder in later.releases.glob("*-r*"):
        assert verify(folder, key) == []
        versions = json.loads((folder / "manifest.json").read_text())["contract_versions"]
        assert {"release/benchmark", "release/trend", "release/attainment", "release/coverage"} <= set(versions)
    page = (later.releases / f"{later.years[-1]}-r0" / "checks.html").read_text()
    assert all(name in page for name in ("trend.membership_follows", "attainment.not_homogeneous", "coverage.served_are_published"))


def test_one_figure_by_hand_is_the_published_one(consortium: Consortium, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(consortium.workspace.home)
    by_hand = (PROJECT_ROOT / "docs" / "one_figure_by_hand.sql").read_text("utf-8").replace("2025 as year", "2023 as year")
    found = {quantile: (groups, exact, published) for quantile, groups, exact, published in duckdb.sql(by_hand).fetchall()}
    where = "kpi_code = 'EXP-02' and cut = 'all' and period = '2023'"
    (printed,) = duckdb.sql(f"select p25, p50, p75 from 'releases/2023-r0/benchmark.parquet' where {where}").fetchall()
    with duckdb.connect("warehouse.duckdb", read_only=True) as connection:
        ((groups, *exact),) = connection.execute(f"select contributors, p25, p50, p75 from marts.cell_evidence where {where}").fetchall()
    assert tuple(found[q][2] for q in ("p25", "p50", "p75")) == printed
    assert [found[q][1] for q in ("p25", "p50", "p75")] == pytest.approx(exact, rel=1e-12)
    assert {n for n, _, _ in found.values()} == {groups}
