"""The materialization by_part, in a dbt project of one model: what is made again, what a failure leaves, what is checked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from benchmarks.remade import begin_counting, rows_made
from orchestration.model_codes import Project as Codes
from orchestration.warehouse import DBT_PROJECT

MODEL = """{{ made_by_part('toy', 'fingerprints') }}
select period_key, id, note
from raw.rows
where {{ changed('period_key') }}
"""
FINGERPRINTS = "select 'toy' as kind, part_key, fingerprint from raw.fingerprints union all select 'other', 20240, 'x'"
SUBMISSIONS = "select 'kpi_values' as feed, 250 as rows_accepted union all select 'projects', 900"
CHECKS = [
    {"holds": {"name": "ids_are_positive", "arguments": {"condition": "id > 0"}}},
    {"unique_combination": {"name": "notes_are_unique", "arguments": {"columns": ["id", "note"]}, "config": {"severity": "warn"}}},
]


class Project:
    """One model over the table raw.rows; its parts' fingerprints are what raw.fingerprints says."""

    def __init__(self, root: Path) -> None:
        self.root, self.warehouse, self.tells_codes = root, root / "toy.duckdb", True
        for folder in ("macros", "tests/generic"):
            shutil.copytree(DBT_PROJECT / folder, root / folder)
        (root / "models").mkdir()
        self.model(MODEL)
        (root / "models" / "fingerprints.sql").write_text(FINGERPRINTS, "utf-8")
        (root / "models" / "stg_submissions.sql").write_text(SUBMISSIONS, "utf-8")
        _yaml(root / "models" / "models.yml", {"version": 2, "models": [{"name": "parts", "data_tests": CHECKS}]})
        outputs = {"duckdb": {"type": "duckdb", "path": str(self.warehouse)}}
        _yaml(root / "profiles.yml", {"toy": {"target": "duckdb", "outputs": outputs}})
        hooks = {"on-run-end": ["{{ parts_are_checked(results) }}"]}
        _yaml(root / "dbt_project.yml", {"name": "toy", "profile": "toy", "flags": {"send_anonymous_usage_stats": False}, **hooks})
        self.run_sql("create schema raw")
        self.run_sql("create table raw.rows (period_key integer, id integer, note varchar)")
        self.run_sql("create table raw.fingerprints (part_key bigint, fingerprint varchar)")
        for number, period in enumerate((20240, 20241, 20250), start=1):
            self.send(period, number, "first")

    def model(self, sql: str) -> None:
        (self.root / "models" / "parts.sql").write_text(sql, "utf-8")

    def run_sql(self, sql: str) -> list[Any]:
        with duckdb.connect(str(self.warehouse)) as connection:
            return connection.execute(sql).fetchall()

    def send(self, period: int, number: int, note: str, *, is_told: bool = True) -> None:
        """A row of a period, and a new fingerprint of that period."""
        self.run_sql(f"insert into raw.rows values ({period}, {number}, '{note}')")
        if is_told:
            self.run_sql(f"delete from raw.fingerprints where part_key = {period}")
            self.run_sql(f"insert into raw.fingerprints values ({period}, 'after {note}')")

    def dbt(self, command: str = "build", more: Sequence[str] = ()) -> dict[str, str]:
        """Statuses by the name of the node."""
        paths = ["--project-dir", str(self.root), "--profiles-dir", str(self.root), "--target-path", str(self.root / "target")]
        said = ["--quiet", "--log-path", str(self.root / "logs"), *paths]
        with pytest.MonkeyPatch.context() as patch:
            if self.tells_codes:
                patch.setenv("EVENHAND_MODEL_CODES", json.dumps(self.codes(said)))
            try:
                outcome = dbtRunner().invoke([command, *said, *more])
            finally:
                DuckDBConnectionManager.close_all_connections()
        assert outcome.exception is None
        return {r.node.name: str(r.status) for r in outcome.result.results if r.node.resource_type != "operation"}  # type: ignore[union-attr]

    def codes(self, said: list[str]) -> dict[str, tuple[str, str, str]]:
        """What each model is made by, as a night finds it (orchestration/warehouse.py)."""
        manifest = dbtRunner().invoke(["parse", *said]).result
        assert isinstance(manifest, Manifest)
        return Codes(manifest.writable_manifest().to_dict(omit_none=False), {}).codes()

    def checks(self, condition: str) -> None:
        """Other data tests than before."""
        holds = {"name": "ids_are_positive", "arguments": {"condition": condition}}
        _yaml(
            self.root / "models" / "models.yml", {"version": 2, "models": [{"name": "parts", "data_tests": [{"holds": holds}, CHECKS[1]]}]}
        )

    def rows(self) -> list[Any]:
        return self.run_sql("select period_key, note from main.parts order by period_key, note")

    def made(self) -> list[Any]:
        return self.run_sql("select part_key, split_part(fingerprint, '/', 1), is_checked from main.parts__made order by part_key")


def _yaml(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content), "utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    assert set(project.dbt().values()) == {"success", "pass"}
    return project


def _as_plain_table(project: Project) -> None:
    project.model("{{ config(materialized='table') }} select * from raw.rows where period_key < 20250")
    project.dbt("run")
    project.model(MODEL)


def test_the_first_build_makes_every_part_and_checks_it(project: Project) -> None:
    assert project.rows() == [(20240, "first"), (20241, "first"), (20250, "first")]
    assert project.made() == [(p, "after first", True) for p in (20240, 20241, 20250)]


def test_only_parts_with_another_fingerprint_are_made_again(project: Project) -> None:
    project.send(20241, 2, "second")
    project.send(20250, 2, "untold", is_told=False)
    project.dbt()
    assert project.rows() == [(20240, "first"), (20241, "first"), (20241, "second"), (20250, "first")]
    assert project.made()[1] == (20241, "after second", True)


UPSTREAM = "select * from raw.rows"


def test_a_comment_in_a_model_makes_all_of_its_parts_again_and_in_another_none(project: Project) -> None:
    project.send(20241, 2, "untold", is_told=False)
    (project.root / "models" / "beside.sql").write_text("select 1 as one -- a comment", "utf-8")
    project.dbt()
    assert len(project.rows()) == 3, "what stands beside the model decides nothing"
    project.model(MODEL + "-- a comment")
    project.dbt()
    assert project.rows()[2] == (20241, "untold")
    assert all(is_checked for _, _, is_checked in project.made())


def test_a_comment_in_what_a_model_is_built_from_makes_its_parts_again(project: Project) -> None:
    upstream = project.root / "models" / "upstream.sql"
    upstream.write_text(UPSTREAM, "utf-8")
    project.model(MODEL.replace("raw.rows", "{{ ref('upstream') }}"))
    project.dbt()
    project.send(20241, 2, "untold", is_told=False)
    project.dbt()
    assert len(project.rows()) == 3
    upstream.write_text(UPSTREAM + " -- a comment", "utf-8")
    project.dbt()
    assert project.rows()[2] == (20241, "untold")


def test_other_data_tests_look_at_parts_that_passed_before_and_make_none_again(project: Project) -> None:
    project.send(20241, 2, "untold", is_told=False)
    project.checks("id > 1")
    assert project.dbt()["ids_are_positive"] == "fail", "id 1 was made and checked before"
    assert not any(is_checked for _, _, is_checked in project.made())
    assert len(project.rows()) == 3
    project.checks("id > 0")
    assert project.dbt()["ids_are_positive"] == "pass"
    assert all(is_checked for _, _, is_checked in project.made())


def test_a_run_that_is_told_nothing_of_the_code_makes_and_checks_everything(project: Project) -> None:
    project.tells_codes = False
    for note in ("untold", "untold too"):
        project.send(20241, 2, note, is_told=False)
        project.dbt()
        assert (20241, note) in project.rows()
    project.tells_codes = True
    project.send(20241, 2, "and once more", is_told=False)
    project.dbt()
    assert (20241, "and once more") in project.rows()


def test_a_part_that_is_gone_is_removed(project: Project) -> None:
    project.run_sql("delete from raw.fingerprints where part_key = 20241")
    project.dbt()
    assert project.rows() == [(20240, "first"), (20250, "first")]
    assert [part for part, _, _ in project.made()] == [20240, 20250]


@pytest.mark.parametrize("more", [["--full-refresh"], []], ids=["asked", "other columns"])
def test_everything_is_made_again_when_asked_or_when_columns_changed(project: Project, more: list[str]) -> None:
    project.send(20250, 2, "untold", is_told=False)
    if not more:
        project.model(MODEL.replace("note", "note, id * 2 as twice", 1))
    project.dbt(more=more)
    assert (20250, "untold") in project.rows()


def test_a_failure_leaves_the_table_as_it_was(project: Project) -> None:
    project.send(20241, 2, "second")
    project.send(20250, 2, "third")
    project.model(MODEL.replace("id,", "case when note = 'third' then error('no') else id end as id,"))
    assert project.dbt()["parts"] == "error"
    assert project.rows() == [(20240, "first"), (20241, "first"), (20250, "first")]
    project.model(MODEL)
    project.dbt()
    assert len(project.rows()) == 5


def test_parts_whose_checks_failed_are_checked_again(project: Project) -> None:
    project.send(20241, -2, "bad")
    assert project.dbt()["ids_are_positive"] == "fail"
    assert project.made()[1] == (20241, "after bad", False)
    assert project.dbt()["ids_are_positive"] == "fail", "nothing was made, but what failed is looked at again"
    project.run_sql("delete from raw.rows where id = -2")
    project.send(20241, 3, "good")
    assert project.dbt()["ids_are_positive"] == "pass"
    assert all(is_checked for _, _, is_checked in project.made())


def test_a_build_checks_what_it_made_and_a_test_everything(project: Project) -> None:
    project.run_sql("update main.parts set id = -1 where period_key = 20240")
    project.send(20250, 2, "second")
    assert project.dbt()["ids_are_positive"] == "pass"
    assert project.dbt("test")["ids_are_positive"] == "fail"


def test_a_run_without_tests_leaves_parts_to_be_checked(project: Project) -> None:
    project.send(20250, 2, "second")
    project.dbt("run")
    assert project.made()[2] == (20250, "after second", False)
    project.dbt()
    assert project.made()[2] == (20250, "after second", True)


def test_the_benchmark_counts_the_rows_of_parts_that_were_made(project: Project) -> None:
    tables = {"main.parts": "period_key"}
    assert begin_counting(project.warehouse, tables) == 3
    assert project.dbt()["ids_are_positive"] == "pass"
    assert rows_made(project.warehouse, tables) == 0
    project.send(20241, 2, "second")
    project.dbt()
    assert rows_made(project.warehouse, tables) == 2
    begin_counting(project.warehouse, tables)
    project.dbt(more=["--full-refresh"])  # all fingerprints are as they were
    assert rows_made(project.warehouse, tables) == 4


def test_a_table_that_was_made_otherwise_is_made_anew(project: Project) -> None:
    project.run_sql("drop table main.parts__made")
    _as_plain_table(project)
    project.dbt()
    assert len(project.rows()) == 3
    _as_plain_table(project)
    project.send(20250, 7, "second")
    project.dbt()
    assert project.rows() == [(20240, "first"), (20241, "first"), (20250, "first"), (20250, "second")], (
        "what was noted before is not believed"
    )


def test_a_failure_while_everything_is_made_again_leaves_the_old_table(project: Project) -> None:
    project.model(MODEL.replace("id,", "case when id > 0 then error('no') else id end as id,"))
    assert project.dbt(more=["--full-refresh"])["parts"] == "error"
    assert len(project.rows()) == 3


def test_a_row_that_repeats_one_of_an_unchanged_part_is_seen_until_it_is_gone(project: Project) -> None:
    project.send(20250, 1, "first", is_told=False)
    project.send(20250, 7, "second")
    assert project.dbt()["notes_are_unique"] == "warn"
    assert project.made()[2] == (20250, "after second", False), "what was warned of is not checked"


def test_parts_are_checked_only_by_a_build_that_ran_their_tests(project: Project) -> None:
    project.send(20250, -5, "bad")
    project.dbt(more=["--exclude-resource-type", "test"])
    assert project.made()[2] == (20250, "after bad", False)
    assert project.dbt()["ids_are_positive"] == "fail"


@pytest.mark.parametrize(("rows_at_once", "statements"), [(1000, 1), (125, 3), (100, 3), (1, 3)])
def test_parts_are_made_in_as_many_statements_as_memory_asks_for(
    project: Project, monkeypatch: pytest.MonkeyPatch, rows_at_once: int, statements: int
) -> None:
    monkeypatch.setenv("EVENHAND_ROWS_AT_ONCE", str(rows_at_once))
    before = project.rows()
    (project.root / "logs" / "dbt.log").unlink()
    project.dbt(more=["--full-refresh", "--log-level-file", "debug"])
    assert project.rows() == before
    log = (project.root / "logs" / "dbt.log").read_text("utf-8")
    assert log.count('insert into "toy"."main"."parts" by name') == statements
