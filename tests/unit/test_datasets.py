"""Trend, attainment and coverage on small made-up marts: figures by hand, and every rule that hides a row."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import disclosure_policy, release_contracts
from orchestration.disclosure import attainment, trend
from orchestration.disclosure.coverage import coverage_rows
from orchestration.disclosure.datasets import DATASETS, Edition, select_columns
from orchestration.disclosure.deciding import Table, settle
from orchestration.disclosure.ledger import Ledger
from orchestration.disclosure.panels import Ranges
from orchestration.periods import Period, parse_period
from orchestration.settings import PROJECT_ROOT
from orchestration.warehouse import DBT_PROJECT

PUBLIC = disclosure_policy().profile("public")
LINEAR = ("linear", 0.0, 100.0, 0.0, 100.0)
LOG = ("log", 0.0, 1000.0, 0.01, 10.0)
KEY = "period_key integer, kpi_key integer, unit_part_key integer, slice_part_key integer"
PEERS = "cut varchar, industry varchar, sector varchar, country varchar, size_band varchar, value_chain_stage varchar, project_kind varchar, vendor varchar, vendor_class varchar"
COUNTS = "contributors integer, established integer, tie_share double, zero_share double"
BENCHMARK = ("release_id", "kpi_code", "kpi_version", *(c.split()[0] for c in PEERS.split(", ")), "p50")


def marts() -> duckdb.DuckDBPyConnection:
    """As much of the warehouse as the two datasets read, without rows; the consortium's first year is 2020."""
    con = duckdb.connect()
    con.execute("attach ':memory:' as warehouse")
    con.execute("create schema warehouse.marts")
    con.execute("create schema warehouse.intermediate")
    tables = {
        "intermediate.int_kpis": "kpi_key integer, scale varchar, hard_low double, hard_high double, typical_low double, typical_high double, unit varchar, direction varchar",
        "intermediate.int_units": "group_key integer, holding_group_id varchar",
        "intermediate.int_matched_changes": f"{KEY}, voter_key integer, change double",
        "intermediate.int_attainment_votes": "cell_key integer, period_key integer, kpi_key integer, voter_key integer, value double",
        "intermediate.int_cells": f"{KEY}, contributors integer",
        "marts.trend_evidence": f"{KEY}, period varchar, earlier_period varchar, kpi_code varchar, kpi_version integer, {PEERS}, {COUNTS}",
        "marts.attainment_evidence": "cell_key integer, period_key integer, kpi_key integer, period varchar, kpi_code varchar, kpi_version integer, cut varchar, "
        "project_kind varchar, vendor varchar, promised_by varchar, months_since_go_live varchar, base_groups integer, rebaselined_share double, "
        f"abandoned_share double, closed_share double, no_figure_share double, {COUNTS}",
    }
    for name, columns in tables.items():
        con.execute(f"create table warehouse.{name} ({columns})")
    con.execute("insert into warehouse.intermediate.int_cells values (20200, 1, 1, 1, 50)")
    con.execute("insert into warehouse.intermediate.int_units select i, 'G' || i from range(1, 100) as t(i)")
    return con


def add_panel(con: duckdb.DuckDBPyConnection, key: int, ranges: tuple, changes: list[float], established: int | None = None) -> None:
    n = len(changes)
    tie, zero = max(changes.count(c) for c in changes) / n, changes.count(0) / n
    con.execute("insert into warehouse.intermediate.int_kpis values (?, ?, ?, ?, ?, ?, 'points', 'H')", [key, *ranges])
    con.executemany(
        "insert into warehouse.intermediate.int_matched_changes values (20250, ?, 1, 1, ?, ?)",
        [(key, i, c) for i, c in enumerate(changes, 1)],
    )
    con.execute(
        f"insert into warehouse.marts.trend_evidence values (20250, ?, 1, 1, '2025', '2024', ?, 1, 'all', {', '.join(['null'] * 8)}, ?, ?, ?, ?)",
        [key, f"K-{key}", n, n if established is None else established, tie, zero],
    )


def benchmark(folder: Path, medians: dict[str, float]) -> Path:
    """A published benchmark of the cell `all`, by KPI."""
    folder.mkdir()
    rows = [f"('{folder.name}', '{code}', 1, 'all', {', '.join(['null::varchar'] * 8)}, {p50}::double)" for code, p50 in medians.items()]
    duckdb.sql(f"copy (select * from (values {', '.join(rows)}) as t({', '.join(BENCHMARK)})) to '{folder}/benchmark.parquet'")
    return folder


def trend_of(con: duckdb.DuckDBPyConnection, folder: Path, before: Path | None) -> dict[str, dict]:
    """Rows of 2025 as they would leave, by KPI."""
    trend.protect_changes(con, PUBLIC)
    settle(con, Table("trend", trend.TABLE, ("kpi_code",), trend.trend_contributors(20250), 20250), (), PUBLIC)
    con.execute("create or replace temp table protected (kpi_code varchar, p50 double)")
    con.execute("".join(f"alter table protected add column {name} varchar;" for name in BENCHMARK if name not in ("kpi_code", "p50")))
    edition = Edition("2025-r0", Period(2025), PUBLIC, folder, before)
    rows = con.execute(select_columns(release_contracts()["trend"], edition, trend.trend_rows(20250, folder, before)))
    names = [d[0] for d in rows.description]
    return {row["kpi_code"]: row for row in (dict(zip(names, values, strict=True)) for values in rows.fetchall())}


TWELVE = [float(i) for i in range(12)]


def test_a_real_change_is_the_window_average_and_the_rest_is_membership(tmp_path: Path) -> None:
    con = marts()
    # Ranks 4 to 9 weigh 1/2, 1, 1, 1, 1, 1/2: the average of 0 .. 11 is 5.5, printed in steps of 1, half away from zero.
    add_panel(con, 1, LINEAR, TWELVE)
    # log10 of the ratio 0.300 .. 0.311: the average 0.3055 in steps of 0.02 is 0.30, and 10^0.30 is 1.995: +99.5 %.
    add_panel(con, 2, LOG, [0.3 + i / 1000 for i in range(12)])
    rows = trend_of(con, benchmark(tmp_path / "2025-r0", {"K-1": 60, "K-2": 3.0}), benchmark(tmp_path / "2024-r1", {"K-1": 52, "K-2": 2.0}))
    linear, log = rows["K-1"], rows["K-2"]
    assert (linear["change_kind"], linear["earlier_p50"], linear["p50"], linear["earlier_release_id"]) == ("difference", 52, 60, "2024-r1")
    assert (linear["cross_section_change"], linear["real_change"], linear["membership_change"]) == (8.0, 6.0, 2.0)
    # 3 / 2 is +50 %; what 1.995 leaves of 1.5 is 0.752: -24.8 %.
    assert (log["change_kind"], log["cross_section_change"], log["real_change"], log["membership_change"]) == ("percent", 50.0, 99.5, -24.8)
    assert (linear["contributors_band"], linear["tie_share_band"], linear["zero_share_band"]) == ("10-14", "5-20", "5-20")
    assert (linear["status"], linear["profile"], linear["release_id"], linear["earlier_period"]) == (
        "published",
        "public",
        "2025-r0",
        "2024",
    )


def test_what_no_benchmark_printed_stays_empty(tmp_path: Path) -> None:
    con = marts()
    add_panel(con, 1, LINEAR, TWELVE)
    folder = benchmark(tmp_path / "2025-r0", {"K-1": 60})
    for before in (None, benchmark(tmp_path / "2024-r0", {"another": 1})):
        row = trend_of(con, folder, before)["K-1"]
        assert row["real_change"] == 6.0
        assert [row[c] for c in ("earlier_p50", "earlier_release_id", "cross_section_change", "membership_change")] == [None] * 4


def test_no_change_at_all_is_printed_as_zero_without_a_sign(tmp_path: Path) -> None:
    con = marts()
    add_panel(con, 1, LINEAR, [-0.3, -0.2, -0.1, -0.1, -0.1, -0.05, 0.0, 0.0, 0.01, 0.2, 0.3, 0.4])
    row = trend_of(con, benchmark(tmp_path / "2025-r0", {"K-1": 60}), benchmark(tmp_path / "2024-r0", {"K-1": 60}))["K-1"]
    assert [str(row[c]) for c in ("cross_section_change", "real_change", "membership_change")] == ["0.0"] * 3


@pytest.mark.parametrize(
    ("changes", "established"),
    [
        pytest.param(TWELVE[:9], None, id="nine groups"),
        pytest.param(TWELVE, 9, id="nine established groups"),
        pytest.param([0.0] * 11 + [5.0], None, id="all but one did not change"),
        pytest.param([0.0] * 10 + [5.0, 6.0], None, id="five in six did not change"),
        pytest.param([95.0 + i / 10 for i in range(12)], None, id="from one hard bound nearly to the other"),
        pytest.param([-95.0 - i / 10 for i in range(12)], None, id="and back"),
    ],
)
def test_a_matched_panel_that_the_rules_forbid_has_no_row(changes: list[float], established: int | None, tmp_path: Path) -> None:
    con = marts()
    add_panel(con, 1, LINEAR, changes, established)
    add_panel(con, 2, LINEAR, TWELVE)
    assert list(trend_of(con, benchmark(tmp_path / "2025-r0", {"K-1": 60}), None)) == ["K-2"]


def test_changes_are_rounded_like_the_values_they_are_differences_of() -> None:
    linear, log = (trend.scale_of_changes(Ranges(*ranges), PUBLIC) for ranges in (LINEAR, LOG))
    assert (linear.step, linear.edge_low, linear.edge_high) == (1.0, -95.0, 95.0)
    assert (log.is_log, log.step) == (False, 0.02)
    assert log.edge_high == pytest.approx(5.0 - 0.05 * 3)  # from 0.01 to 1000, less 5 % of the typical range of three decades


def add_attainment(con: duckdb.DuckDBPyConnection, key: int, values: list[float], base_groups: int = 20, period_key: int = 20250) -> None:
    n = len(values)
    con.execute("insert into warehouse.intermediate.int_kpis values (?, 'linear', 0, 1e9, 0, 1e6, 'EUR', 'L')", [key])
    con.executemany(
        "insert into warehouse.intermediate.int_attainment_votes values (?, 20250, ?, ?, ?)",
        [(key, key, i, v) for i, v in enumerate(values, 1)],
    )
    con.execute(
        "insert into warehouse.marts.attainment_evidence values (?, ?, ?, '2025', ?, 1, 'promised_by', null, null, 'vendor', '7-12', ?, 0.1, 0.04, 0.3, 0.6, ?, ?, ?, ?)",
        [key, period_key, key, f"K-{key}", base_groups, n, n, max(values.count(v) for v in values) / n, values.count(0) / n],
    )


def attained(con: duckdb.DuckDBPyConnection) -> dict[str, tuple]:
    attainment.protect_attainments(con, PUBLIC)
    settle(con, Table("attainment", attainment.TABLE, ("kpi_code",), attainment.attainment_contributors(20250), 20250), (), PUBLIC)
    edition = Edition("2025-r0", Period(2025), PUBLIC, Path(), None)
    rows = con.execute(select_columns(release_contracts()["attainment"], edition, DATASETS[2].rows(edition)))
    names = [d[0] for d in rows.description]
    return {row["kpi_code"]: row for row in (dict(zip(names, values, strict=True)) for values in rows.fetchall())}


def test_attainment_is_clamped_banded_and_never_in_the_kpis_unit() -> None:
    con = marts()
    add_attainment(con, 1, [0.5 + i / 100 for i in range(12)])  # the average of ranks 4 to 9 is 0.555: 0.56 in steps of 0.02
    add_attainment(con, 2, [float(3 + i) for i in range(12)])  # three times and more: twice or more
    add_attainment(con, 3, [-5.0 + i / 10 for i in range(12)])
    rows = attained(con)
    assert [rows[f"K-{k}"]["p50"] for k in (1, 2, 3)] == [0.56, None, None]
    assert [rows[f"K-{k}"]["edge_low"] for k in (1, 2, 3)] == [None, None, "p50"]
    assert [rows[f"K-{k}"]["edge_high"] for k in (1, 2, 3)] == [None, "p50", None]
    bands = ("rebaselined", "abandoned", "closed", "no_figure")
    assert [rows["K-1"][f"{name}_share_band"] for name in bands] == ["5-20", "0-5", "20-50", "50-80"]
    assert (rows["K-1"]["promised_by"], rows["K-1"]["months_since_go_live"], rows["K-1"]["direction"]) == ("vendor", "7-12", "L")


def test_a_cell_needs_groups_and_a_base_of_groups() -> None:
    con = marts()
    add_attainment(con, 1, [0.5 + i / 100 for i in range(12)], base_groups=9)
    add_attainment(con, 2, [0.5 + i / 100 for i in range(9)])
    add_attainment(con, 3, [0.5] * 11 + [0.7])
    add_attainment(con, 4, [0.5 + i / 100 for i in range(12)], period_key=20240)
    assert attained(con) == {}


def test_coverage_is_what_the_tables_hold_and_what_is_declared(tmp_path: Path) -> None:
    peers = ", ".join(f"null::varchar as {c.split()[0]}" for c in PEERS.split(", ")[1:])
    for name in ("benchmark", "trend"):
        duckdb.sql(f"copy (select 'K-1' as kpi_code, 1 as kpi_version, 'all' as cut, {peers}) to '{tmp_path}/{name}.parquet'")
    duckdb.sql(
        "copy (select 'K-2' as kpi_code, 1 as kpi_version, 'vendor' as cut, null::varchar as project_kind, 'Kest' as vendor, null::varchar as promised_by, "
        f"'0-6' as months_since_go_live) to '{tmp_path}/attainment.parquet'"
    )
    edition = Edition("2025-r0", Period(2025), PUBLIC, tmp_path, None)
    rows = f"({select_columns(release_contracts()['coverage'], edition, coverage_rows('2025', tmp_path, 'public'))})"
    columns = "dataset, cut, kpi_code, vendor, months_since_go_live"
    served = duckdb.sql(f"select {columns} from {rows} where status = 'served' order by all").fetchall()
    assert served == [
        ("attainment", "vendor", "K-2", "Kest", "0-6"),
        ("benchmark", "all", "K-1", None, None),
        ("trend", "all", "K-1", None, None),
    ]
    declared = duckdb.sql(f"select dataset, list(cut order by cut) from {rows} where status = 'declared' group by 1").fetchall()
    cuts = {
        name: [r[0] for r in duckdb.sql(f"select cut from read_csv('{DBT_PROJECT}/seeds/{name}.csv') order by 1").fetchall()]
        for name in ("cuts", "attainment_cuts")
    }
    assert dict(declared) == {"benchmark": cuts["cuts"], "trend": cuts["cuts"], "attainment": cuts["attainment_cuts"]}


def test_every_dataset_has_a_contract_and_every_contract_a_dataset() -> None:
    assert [d.name for d in DATASETS] == ["benchmark", "trend", "attainment", "coverage"]
    assert {d.name for d in DATASETS} == set(release_contracts())


def test_the_year_before_keeps_the_quarter() -> None:
    assert parse_period("2025").year_before == parse_period("2024")
    assert parse_period("2025-Q1").year_before == parse_period("2024-Q1")


def test_changes_are_matched_where_any_profile_may_publish_them() -> None:
    """dbt does not know the profile of the night: the smallest panel it matches is the smallest k."""
    declared = (PROJECT_ROOT / "dbt_project" / "dbt_project.yml").read_text()
    smallest = min(profile.k for profile in disclosure_policy().profiles)
    assert f"smallest_panel: {smallest} " in declared


def test_bands_of_months_hold_every_month_once() -> None:
    bands = duckdb.sql(f"select first_month, last_month from read_csv('{DBT_PROJECT}/seeds/go_live_bands.csv') order by 1").fetchall()
    assert bands[0][0] == 0
    assert all(later[0] == earlier[1] + 1 for earlier, later in pairwise(bands))
    declared = release_contracts()["attainment"].column("months_since_go_live").allowed
    assert list(declared) == [
        r[0]
        for r in duckdb.sql(
            f"select months_since_go_live from read_csv('{DBT_PROJECT}/seeds/go_live_bands.csv') order by go_live_band_key"
        ).fetchall()
    ]


def test_a_note_holds_only_while_every_file_of_the_candidate_is_there(tmp_path: Path) -> None:
    for name in ("2025-r0/benchmark.parquet", ".private/2025-r0/evidence.parquet"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("rows")
    Ledger(tmp_path).note("2025-r0", "this")
    Ledger(tmp_path).note("2024-r0", "that")  # no cell to publish, so no file
    assert Ledger(tmp_path).holds("2025-r0", "this")
    assert Ledger(tmp_path).holds("2024-r0", "that")
    assert not Ledger(tmp_path).holds("2025-r0", "other")
    assert not Ledger(tmp_path).holds("2023-r0", "this")
    (tmp_path / "2025-r0" / "checks.html").write_text("written later")
    assert Ledger(tmp_path).holds("2025-r0", "this")
    (tmp_path / "2025-r0" / "benchmark.parquet").write_text("ro")
    assert not Ledger(tmp_path).holds("2025-r0", "this"), "a file was cut off"
    (tmp_path / "2025-r0" / "benchmark.parquet").write_text("rows")
    (tmp_path / ".private" / "2025-r0" / "evidence.parquet").unlink()
    assert not Ledger(tmp_path).holds("2025-r0", "this"), "a file is gone"
    (tmp_path / "2024-r0").mkdir()
    (tmp_path / "2024-r0" / "benchmark.parquet").write_text("rows")
    assert not Ledger(tmp_path).holds("2024-r0", "that"), "a file too many"
