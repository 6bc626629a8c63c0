"""The same project on Spark: every mart row by row, the releases, unit tests, and what must fail there too."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.defs.resources import Night
from orchestration.disclosure.datasets import BENCHMARK
from orchestration.errors import EvenhandError
from orchestration.night import run_night
from orchestration.release.nightly import make_candidates
from orchestration.release.publish import Publisher
from orchestration.settings import PROJECT_ROOT, Settings, load_settings
from orchestration.spark.takeover import TABLES, take_over
from orchestration.warehouse import DBT_PROJECT, build, require_all_built, run_dbt
from orchestration.workspace import Workspace
from tests.conftest import contents
from tests.integration.test_dbt import MARTS, MODELS
from tests.spark.cluster import Cluster, free_port
from tests.spark.comparing import compare_marts, table_of
from tests.spark.conftest import SECOND_NIGHT, Grown, Nights

pytestmark = pytest.mark.spark

QUARTER, YEAR = 20254, 20250
PARTITIONED = 8
MANY = 15
MANY_UNIT_TESTS = 40


# --- The first night ---------------------------------------------------------------------------------------------------


def test_every_row_of_every_mart_is_as_on_duckdb(nights: Nights, capsys: pytest.CaptureFixture[str]) -> None:
    comparisons = compare_marts(nights.duckdb.warehouse, nights.spark.warehouse)
    with capsys.disabled():
        print("\n" + table_of(comparisons))
    assert {c.mart for c in comparisons} == MARTS
    assert [c for c in comparisons if not c.is_equal] == []
    rows = {c.mart: c.rows for c in comparisons}
    assert all(rows[mart] for mart in MARTS - {"success_weights"})  # the consortium sends no definition of success


def test_the_releases_are_the_same_to_the_byte(nights: Nights) -> None:
    released = contents(nights.duckdb.releases)
    assert len(released) > 100
    assert contents(nights.spark.releases) == released


def test_the_reports_are_the_same(nights: Nights) -> None:
    written = contents(nights.duckdb.reports)
    assert len(written) > 100
    other = contents(nights.spark.reports)
    assert other.keys() == written.keys()
    pages = [name for name in written if name.endswith((".html", ".csv"))]
    assert [name for name in pages if other[name] != written[name]] == []


# --- A second night ----------------------------------------------------------------------------------------------------


def test_only_parts_that_changed_are_written(grown: Grown) -> None:
    """A figure of the last quarter concerns the quarter and its year; nothing later is compared with them yet."""
    assert len(grown.written) >= PARTITIONED
    parts = {table: parts for table, (parts, _) in grown.written.items()}
    assert parts.pop("int_observations") == {QUARTER}  # by home, which is the quarter itself
    assert {table: found for table, found in parts.items() if not found <= {QUARTER, YEAR}} == {}
    assert parts["int_unit_values"] == parts["int_cells"] == {QUARTER, YEAR}
    assert all(count >= MANY for _, count in (grown.written[table] for table in ("int_observations", "int_unit_values", "int_cells")))


def test_after_it_every_mart_is_as_on_duckdb(grown: Grown, nights: Nights) -> None:
    assert [c for c in compare_marts(grown.duckdb.warehouse, grown.spark.warehouse) if not c.is_equal] == []
    unchanged = {c.mart for c in compare_marts(nights.spark.warehouse, grown.spark.warehouse) if c.is_equal}
    assert not unchanged & {"cell_evidence", "company_values", "submission_grades"}


def test_candidates_and_releases_are_the_same_to_the_byte(grown: Grown) -> None:
    assert contents(grown.spark.releases) == contents(grown.duckdb.releases)
    assert _published(grown.spark) == _published(grown.duckdb)


def _published(workspace: Workspace) -> dict[str, bytes]:
    """What would leave. Beside it, for the gate, lie exact figures, whose last digits differ."""
    return {name: data for name, data in contents(workspace.candidate).items() if not name.startswith(".private")}


def test_candidates_are_made_again_only_where_their_period_changed(grown: Grown, tmp_path: Path) -> None:
    """What was taken over tells the ledger, too: nothing that the night made is made again, and afterwards one fingerprint is changed."""
    before = _written(grown.spark)
    make_candidates(_publisher(grown.spark))
    assert _written(grown.spark) == before
    moved = Workspace(tmp_path / "home")
    shutil.copytree(grown.spark.home, moved.home)
    make_candidates(_publisher(moved))  # the notes know places
    before = _written(moved)
    with duckdb.connect(str(moved.warehouse)) as connection:
        connection.execute(f"update intermediate.int_fingerprints__periods set fingerprint = 'other' where period_key = {QUARTER}")
    make_candidates(_publisher(moved))
    after = _written(moved)
    assert {name for name in after if after[name] != before[name]} == {"2025-Q4-r1"}


def _publisher(workspace: Workspace) -> Publisher:
    return Night(home=str(workspace.home), as_of=SECOND_NIGHT.isoformat(), profile="public").publisher


def _written(workspace: Workspace) -> dict[str, int]:
    """When each candidate was written."""
    return {path.parent.name: path.stat().st_mtime_ns for path in workspace.candidate.glob(f"*/{BENCHMARK}.parquet")}


def test_a_night_with_nothing_new_asks_no_cluster(grown: Grown) -> None:
    nowhere = f"sc://127.0.0.1:{free_port()}"
    settings = replace(load_settings(grown.spark.home, environ={}).on("spark"), spark_remote=nowhere)
    assert "Nothing new has landed" in run_night(grown.spark, settings, SECOND_NIGHT, "public").says


def test_going_back_to_duckdb_is_the_same_switch(grown: Grown, tmp_path: Path) -> None:
    shutil.copytree(grown.spark.home, tmp_path / "home")
    back = Workspace(tmp_path / "home")
    require_all_built(build(back, load_settings(back.home, environ={})))
    assert [c for c in compare_marts(back.warehouse, grown.spark.warehouse) if not c.is_equal] == []
    require_all_built(build(back, load_settings(back.home, environ={})))


# --- Unit tests --------------------------------------------------------------------------------------------------------


def test_unit_tests_pass_where_spark_computes_in_its_own_way(nights: Nights) -> None:
    """Each costs Spark seconds. Of models without a macro of Spark's own the marts have said enough."""
    macros = "".join(path.read_text("utf-8") for path in (DBT_PROJECT / "macros").rglob("*.sql"))
    called = "|".join(set(re.findall(r"macro (?:default|spark)__(\w+)", macros)) - {"cast"})
    models = [p.stem for p in MODELS if re.search(rf"\b(?:{called})\(", p.read_text("utf-8"))]
    assert {"int_overlaps", "int_cells", "int_observations"} <= set(models)
    settings = load_settings(nights.spark.home, environ={}).on("spark")
    results = run_dbt(nights.spark, settings, ["test", "--quiet", "--select", *(f"{name},test_type:unit" for name in models)])
    assert {r.node.name: r.message for r in results if str(r.status) != "pass"} == {}
    assert len(results) >= MANY_UNIT_TESTS


# --- What must fail ----------------------------------------------------------------------------------------------------

BAD_MODELS = {
    "lost_number": "select {{ evenhand.cast_or_fail(\"cast('1e30' as double)\", 'decimal(28, 6)') }} as a",
    "lost_text": "select {{ evenhand.cast_or_fail(\"'seven'\", 'integer') }} as a",
    "kept_number": "select {{ evenhand.cast_or_fail(\"cast('7' as double)\", 'decimal(28, 6)') }} as a",
    "kept_nothing": "select {{ evenhand.cast_or_fail('cast(null as double)', 'decimal(28, 6)') }} as a",
    "required_and_missing": "select 1 as a union all select cast(null as integer) as a",
    "required_and_there": "select 1 as a",
    "another_type": "select 1.5 as a",
}
FAILING = {"lost_number", "lost_text", "required_and_missing", "another_type"}


def test_a_lost_value_fails_the_build(cluster: Cluster, tmp_path: Path) -> None:
    """ANSI is off under dbt-spark, so Spark alone would write NULL; contracts are not enforced by its plain tables."""
    _write_project(tmp_path, cluster)
    failed = {r.node.name: " ".join(r.message.split()) for r in _dbt(tmp_path, "build") if str(r.status) == "error"}
    assert set(failed) == FAILING
    assert "a value does not fit into decimal(28, 6)" in failed["lost_number"]
    assert "has 1 rows without a, which its contract requires" in failed["required_and_missing"]


def _dbt(root: Path, *command: str) -> list[Any]:
    from dbt.cli.main import dbtRunner

    where = ["--project-dir", str(root), "--profiles-dir", str(root), "--target-path", str(root / "target")]
    outcome = dbtRunner().invoke([*command, "--quiet", *where, "--log-path", str(root / "logs")])
    assert outcome.exception is None
    return list(outcome.result.results)  # type: ignore[union-attr]


MERGING = """{% macro merge_into_a_plain_table() %}
    {% do run_query('create schema if not exists bad') %}
    {% do run_query('create table bad.plain (note string, period_key int) using parquet partitioned by (period_key)') %}
    {% do run_query(spark_merge_parts('bad.plain', "select 20240 as period_key, 'later' as note", 'period_key', [20240, 20250])) %}
{% endmacro %}"""


def test_the_merge_is_what_spark_reads_as_one(cluster: Cluster, tmp_path: Path) -> None:
    """Delta's and Iceberg's jars are not on PyPI. Spark finds nothing to say against the statement but the kind of table."""
    _write_project(tmp_path, cluster)
    (tmp_path / "macros" / "merging.sql").write_text(MERGING, "utf-8")
    _dbt(tmp_path, "run-operation", "merge_into_a_plain_table")
    assert "Table `spark_catalog`.`bad`.`plain` does not support MERGE INTO TABLE" in (tmp_path / "logs" / "dbt.log").read_text("utf-8")


def _write_project(root: Path, cluster: Cluster) -> None:
    """A dbt project of good and bad models with this project's own macros."""
    profile = yaml.safe_load((DBT_PROJECT / "profiles.yml").read_text("utf-8"))["evenhand"]["outputs"]["spark"]
    profile |= {"schema": "bad", "threads": 2, "server_side_parameters": {"spark.remote": cluster.remote}}
    _write_yaml(root / "profiles.yml", {"evenhand": {"target": "spark", "outputs": {"spark": profile}}})
    _write_yaml(root / "dbt_project.yml", {"name": "evenhand", "profile": "evenhand", "flags": {"send_anonymous_usage_stats": False}})
    shutil.copytree(DBT_PROJECT / "macros", root / "macros")
    (root / "models").mkdir()
    for name, sql in BAD_MODELS.items():
        (root / "models" / f"{name}.sql").write_text("{{ config(materialized='table') }} " + sql)
    required = [{"name": "a", "data_type": "integer", "constraints": [{"type": "not_null"}]}]
    with_contract = [n for n in BAD_MODELS if n.startswith("required") or n == "another_type"]
    models = [{"name": name, "config": {"contract": {"enforced": True}}, "columns": required} for name in with_contract]
    _write_yaml(root / "models" / "models.yml", {"version": 2, "models": models})


def _write_yaml(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content), "utf-8")


def test_a_takeover_that_fails_leaves_the_warehouse_as_it_was(
    nights: Nights, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path)
    workspace.dagster.mkdir()
    workspace.warehouse.write_bytes(b"the old one")
    monkeypatch.setattr("orchestration.spark.takeover._export", _export_half)
    with pytest.raises(EvenhandError, match="did not arrive whole"):
        take_over(workspace, Settings(home=tmp_path, spark_remote=cluster.remote))
    assert workspace.warehouse.read_bytes() == b"the old one"
    assert not (workspace.dagster / "spark").exists()


def _export_half(session: object, table: str, folder: Path) -> int:
    rows = session.table(table)  # type: ignore[attr-defined]
    rows.limit(1).write.parquet(str(folder))
    return int(rows.count())


def test_nothing_is_tried_where_no_server_answers(tmp_path: Path) -> None:
    remote = f"sc://127.0.0.1:{free_port()}/;token=hush"
    with pytest.raises(EvenhandError, match="No Spark Connect server answers") as error:
        build(Workspace(tmp_path), Settings(home=tmp_path, target="spark", spark_remote=remote))
    assert "hush" not in str(error.value)


def test_what_later_rooms_read_is_taken_over() -> None:
    code = "".join(path.read_text("utf-8") for path in (PROJECT_ROOT / "orchestration").rglob("*.py"))
    read = set(re.findall(r"\b((?:marts|intermediate|staging)\.(?:int_|stg_)?[a-z_]+)\b", code)) - {"staging.mkdir", "staging.rename"}
    assert read <= set(TABLES)
    assert {f"marts.{mart}" for mart in MARTS} <= set(TABLES)
