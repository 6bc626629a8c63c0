"""The dbt project: its unit tests, its data tests on an empty consortium and on bad data, and what every model owes its reader."""

from __future__ import annotations

import calendar
import csv
import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from orchestration.contracts import intake_contracts
from orchestration.docs import write_docs
from orchestration.errors import EvenhandError
from orchestration.intake.lake import ensure_feeds_exist
from orchestration.rates.lake import lay_rates
from orchestration.settings import Settings
from orchestration.sql import literal, quoted
from orchestration.vendors.lake import resolve_lake_vendors
from orchestration.warehouse import DBT_PROJECT, NodeResult, build, require_all_built, run_dbt, write_night
from orchestration.workspace import Workspace

UNIT_TESTS = 99
MOST_DATA_TESTS = 62  # each costs about 30 ms, every night
MARTS = {
    *("company_values", "cell_evidence", "trend_evidence", "attainment_evidence"),
    *("participant_values", "excluded_rows", "participants", "questions"),
    *("converted_amounts", "rates_used", "submission_grades", "success_weights"),
}
MODELS = sorted((DBT_PROJECT / "models").rglob("*.sql"))
MACROS = sorted((DBT_PROJECT / "macros").glob("*.sql"))
GENERIC_TESTS = sorted((DBT_PROJECT / "tests" / "generic").glob("*.sql"))


# --- An empty consortium, and the unit tests ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace in which nobody has sent anything."""
    workspace = Workspace(tmp_path_factory.mktemp("empty"))
    ensure_feeds_exist(workspace.lake, intake_contracts())
    resolve_lake_vendors(workspace)
    lay_rates(workspace, date(2026, 5, 10))
    write_night(workspace, date(2026, 5, 10), min_age_months=3)
    return workspace


@pytest.fixture(scope="module")
def built(empty: Workspace) -> list[NodeResult]:
    return build(empty, Settings(home=empty.home))


def test_an_empty_consortium_builds_and_passes_its_data_tests(empty: Workspace, built: list[NodeResult]) -> None:
    require_all_built(built)
    kinds = Counter(r.unique_id.split(".")[0] for r in built)
    assert kinds["model"] == len(MODELS)
    assert 0 < kinds["test"] <= MOST_DATA_TESTS
    assert {r.status for r in built} == {"success", "pass"}
    with duckdb.connect(str(empty.warehouse), read_only=True) as connection:
        for mart in MARTS:
            assert connection.execute(f"select count(*) from marts.{mart}").fetchone() == (0,), mart


def test_the_calendar_is_the_calendar(empty: Workspace, built: list[NodeResult]) -> None:
    with duckdb.connect(str(empty.warehouse), read_only=True) as connection:
        months = connection.execute(
            "select month_no, first_day, last_day from intermediate.int_calendar__months order by month_no"
        ).fetchall()
        days = dict(connection.execute("select period, period_days from intermediate.int_periods").fetchall())
    expected = [(year, month, calendar.monthrange(year, month)[1]) for year in range(1900, 2101) for month in range(1, 13)]
    assert months == [(n, date(y, m, 1), date(y, m, last)) for n, (y, m, last) in enumerate(expected)]
    assert all(days[str(y)] == (366 if calendar.isleap(y) else 365) for y in range(1900, 2101))
    assert (days["2024-Q1"], days["2025-Q1"], days["2100-Q4"]) == (91, 90, 92)


def test_a_copy_of_the_warehouse_can_be_read_under_any_name(empty: Workspace, built: list[NodeResult], tmp_path: Path) -> None:
    copy = shutil.copy(empty.warehouse, tmp_path / "elsewhere.duckdb")
    with duckdb.connect() as con:
        con.execute(f"attach {literal(str(copy))} as another (read_only)")
        views = con.execute("select schema_name, view_name from duckdb_views() where database_name = 'another' and not internal").fetchall()
        assert {"cell_evidence", "company_values", "participant_values"} <= {view for schema, view in views if schema == "marts"}
        for schema, view in views:
            con.execute(f"select * from another.{quoted(schema)}.{quoted(view)}")


def test_the_models_are_documented_on_one_page(empty: Workspace, built: list[NodeResult]) -> None:
    page = write_docs(empty, Settings(home=empty.home))
    text = page.read_text("utf-8")
    assert all(path.stem in text for path in MODELS)
    assert page == empty.home / "models.html"


def test_there_are_no_docs_before_the_first_night(tmp_path: Path) -> None:
    with pytest.raises(EvenhandError, match="There is no warehouse"):
        write_docs(Workspace(tmp_path), Settings(home=tmp_path))


def test_every_model_says_in_a_sentence_what_its_rows_are() -> None:
    described = {
        model["name"]: model.get("description", "")
        for path in (DBT_PROJECT / "models").rglob("*.yml")
        for model in yaml.safe_load(path.read_text("utf-8")).get("models", [])
    }
    assert {path.stem for path in MODELS} == set(described)
    assert all(len(text.split()) >= 5 and text.strip().endswith(".") for text in described.values())


def test_every_unit_test_passes(empty: Workspace, built: list[NodeResult]) -> None:
    _show_sources_to_unit_tests(empty)
    results = run_dbt(empty, Settings(home=empty.home), ["test", "--select", "test_type:unit", "--quiet"])
    results = [r for r in results if r.node.resource_type == "unit_test"]
    failed = {r.node.name: r.message for r in results if str(r.status) != "pass"}
    assert not failed
    assert len(results) >= UNIT_TESTS
    tested = {r.node.tested_node_unique_id.split(".")[-1] for r in results}
    # stg_night, stg_vendor_identities and stg_exchange_rates pass their rows on; the calendar is tested above: it has no input that a unit test could give.
    assert {path.stem for path in MODELS} - tested == {"stg_night", "stg_vendor_identities", "stg_exchange_rates", "int_calendar__months"}


def test_a_value_that_does_not_fit_is_not_named_in_the_error(empty: Workspace, built: list[NodeResult]) -> None:
    inline = "select {{ cast_or_fail(\"'98765432109876543210987000.5'\", 'decimal(28, 6)') }} as figure"
    with pytest.raises(EvenhandError, match="a value does not fit into") as told:
        run_dbt(empty, Settings(home=empty.home), ["show", "--inline", inline, "--quiet"])
    assert "98765" not in str(told.value)


def _show_sources_to_unit_tests(workspace: Workspace) -> None:
    """A unit test asks the warehouse for the columns of its inputs, and sources are files: show them as empty views."""
    with duckdb.connect(str(workspace.warehouse)) as connection:
        connection.execute("create schema raw")
        for feed in workspace.lake.iterdir():
            connection.execute(f"create view raw.{quoted(feed.name)} as select * from read_parquet({literal(str(feed / '*.parquet'))})")


# --- Every generic test fails on bad data and passes on good -----------------------------------------------------------

LADDERS = "select {} union all select 'm', 1, 'all' union all select 'y', 1, 'all'"
CASES: dict[str, tuple[dict[str, Any], str, list[str]]] = {  # arguments, good rows, and sets of bad rows
    "unique_combination": (
        {"columns": ["a", "b"]},
        "select 1 as a, 1 as b union all select 1, 2",
        ["select 1 as a, 1 as b union all select 1, 1", "select 1 as a, cast(null as integer) as b union all select 1, null"],
    ),
    "between": (
        {"column_name": "a", "min_value": 0, "max_value": 1},
        "select 0.0 as a union all select 1.0 union all select null",
        ["select -0.1 as a", "select 1.1 as a", "select cast('nan' as double) as a"],
    ),
    "holds": (
        {"condition": "a < b"},
        "select 1 as a, 2 as b",
        ["select 2 as a, 2 as b", "select cast(null as integer) as a, 2 as b"],
    ),
    "exactly_these": (
        {"column_name": "a", "values": ["x", "y"]},
        "select 'x' as a union all select 'y'",
        [
            "select 'x' as a",
            "select 'x' as a union all select 'y' union all select 'z'",
            "select 'x' as a union all select 'y' union all select 'y'",
            "select 'x' as a union all select 'y' union all select null",
        ],
    ),
    "row_count_equals": (
        {"relation": "ref('two_rows')", "condition": "a > 0", "relation_condition": "n > 0"},
        "select 0 as a union all select 1 union all select 2",
        ["select 1 as a", "select 1 as a union all select 2 union all select 3", "select 1 as a limit 0"],
    ),
    "no_overlap": (
        {"by": "a", "first_day": "b", "last_day": "c"},
        "select 1 as a, 1 as b, 3 as c union all select 1, 4, 6 union all select 2, 3, 5",
        [
            "select 1 as a, 1 as b, 3 as c union all select 1, 3, 6",
            "select 1 as a, 1 as b, 9 as c union all select 1, 3, 4 union all select 1, 6, 7",
        ],
    ),
    "names_its_dimensions": (
        {"column_name": "a", "dimensions": ["x", "y"]},
        "select 'all' as a, false as uses_x, false as uses_y union all select 'x', true, false union all select 'x x y', true, true",
        [
            "select 'y x x' as a, true as uses_x, true as uses_y",
            "select 'x' as a, true as uses_x, true as uses_y",
            "select 'all' as a, false as uses_x, true as uses_y",
            "select cast(null as varchar) as a, false as uses_x, false as uses_y",
        ],
    ),
    "complete_ladders": (
        {"cuts": "ref('four_cuts')", "dimensions": ["x", "y", "m"], "merged_into": {"x": "m"}},
        LADDERS.format("'x x y' as cut, 1 as step, 'm' as parent_cut union all select 'x x y', 2, 'all'"),
        [
            LADDERS.format("'x x y' as cut, 1 as step, 'm' as parent_cut"),  # does not end at all
            LADDERS.format("'x x y' as cut, 1 as step, 'all' as parent_cut union all select 'x x y', 2, 'm'"),  # goes on after it
            LADDERS.format("'x x y' as cut, 1 as step, 'm' as parent_cut union all select 'x x y', 3, 'all'"),  # a step is left out
            LADDERS.format("'x x y' as cut, 1 as step, 'm' as parent_cut union all select 'x x y', 1, 'all'"),  # two first steps
            LADDERS.format("'x x y' as cut, 1 as step, 'x x y' as parent_cut union all select 'x x y', 2, 'all'"),  # goes round
            LADDERS.format("'x x y' as cut, 1 as step, 'z' as parent_cut union all select 'x x y', 2, 'all'"),  # an unknown parent
            LADDERS.format("'all' as cut, 1 as step, 'm' as parent_cut union all select 'x x y', 1, 'all'"),  # nothing is above all
            "select 'm' as cut, 1 as step, 'all' as parent_cut union all select 'y', 1, 'all'",  # a cut has no ladder
            LADDERS.format("'x x y' as cut, 1 as step, 'all' as parent_cut").replace(
                "'m', 1", "'m', 1, 'y' union all select 'm', 2"
            ),  # y is finer
        ],
    ),
}


def test_every_generic_test_has_a_case() -> None:
    assert {path.stem for path in GENERIC_TESTS} == set(CASES)


def test_every_generic_test_fails_on_bad_data_and_passes_on_good(tmp_path: Path) -> None:
    _write_project(tmp_path)
    outcome = _run_project(tmp_path)
    statuses = {r.node.attached_node.split(".")[-1]: str(r.status) for r in outcome if r.node.resource_type == "test"}
    expected = {f"{test}_good": "pass" for test in CASES}
    expected |= {f"{test}_bad_{n}": "fail" for test, (_, _, bad) in CASES.items() for n in range(len(bad))}
    assert statuses == expected


def _write_project(root: Path) -> None:
    """A dbt project of nothing but good and bad rows, with the project's own generic tests."""
    shutil.copytree(DBT_PROJECT / "tests" / "generic", root / "tests" / "generic")
    (root / "models").mkdir()
    database = {"type": "duckdb", "path": str(root / "cases.duckdb")}
    _write_yaml(root / "profiles.yml", {"cases": {"target": "duckdb", "outputs": {"duckdb": database}}})
    _write_yaml(root / "dbt_project.yml", {"name": "cases", "profile": "cases", "flags": {"send_anonymous_usage_stats": False}})
    (root / "models" / "two_rows.sql").write_text("select 0 as n union all select 1 union all select 2")
    (root / "models" / "four_cuts.sql").write_text(
        "select 'all' as cut, false as uses_x, false as uses_y, false as uses_m union all select 'x x y', true, true, false "
        "union all select 'm', false, false, true union all select 'y', false, true, false"
    )
    models = []
    for test, (arguments, good, bad) in CASES.items():
        rows_of = {f"{test}_good": good} | {f"{test}_bad_{n}": rows for n, rows in enumerate(bad)}
        for name, rows in rows_of.items():
            (root / "models" / f"{name}.sql").write_text(rows)
            models.append({"name": name, "data_tests": [{test: {"name": f"case_{name}", "arguments": arguments}}]})
    _write_yaml(root / "models" / "models.yml", {"version": 2, "models": models})


def _write_yaml(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content), "utf-8")


def _run_project(root: Path) -> list[Any]:
    paths = [
        "--project-dir",
        str(root),
        "--profiles-dir",
        str(root),
        "--target-path",
        str(root / "target"),
        "--log-path",
        str(root / "logs"),
    ]
    try:
        outcome = dbtRunner().invoke(["build", "--quiet", *paths])
    finally:
        DuckDBConnectionManager.close_all_connections()
    assert outcome.exception is None
    return list(outcome.result.results)  # type: ignore[union-attr]


# --- What every model and seed owes its reader -------------------------------------------------------------------------


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_every_model_is_described_beside_itself(path: Path) -> None:
    declared = yaml.safe_load(path.with_suffix(".yml").read_text("utf-8"))["models"]
    assert [m["name"] for m in declared] == [path.stem]
    assert len(declared[0]["description"].split()) >= 8
    assert all(c["description"] for c in declared[0]["columns"])


@pytest.mark.parametrize("mart", sorted(MARTS))
def test_every_mart_has_an_enforced_contract_in_the_order_of_its_columns(mart: str, empty: Workspace, built: list[NodeResult]) -> None:
    declared = yaml.safe_load((DBT_PROJECT / "models" / "marts" / f"{mart}.yml").read_text("utf-8"))["models"][0]
    assert declared["config"]["contract"] == {"enforced": True}
    with duckdb.connect(str(empty.warehouse), read_only=True) as connection:
        found = [(row[0], row[1].lower()) for row in connection.execute(f"describe marts.{mart}").fetchall()]
    assert [(c["name"], c["data_type"]) for c in declared["columns"]] == found


def test_there_are_no_other_marts() -> None:
    assert {path.stem for path in MODELS if path.parent.name == "marts"} == MARTS


def test_every_column_of_every_seed_is_described() -> None:
    declared = yaml.safe_load((DBT_PROJECT / "seeds" / "seeds.yml").read_text("utf-8"))["seeds"]
    described = {s["name"]: [c["name"] for c in s["columns"] if c["description"]] for s in declared}
    for path in (DBT_PROJECT / "seeds").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as handle:
            header = next(csv.reader(handle))
        assert described.pop(path.stem) == header, path.name
    assert not described


def test_fixtures_of_unit_tests_are_used() -> None:
    used = "".join(path.with_suffix(".yml").read_text("utf-8") for path in MODELS)
    for path in (DBT_PROJECT / "tests" / "fixtures").glob("*.csv"):
        assert f"fixture: {path.stem}" in used


# --- Portable SQL: what DuckDB knows and Spark does not stands in a duckdb__ macro ---------------------------------------

UNPORTABLE = {
    "a cast written ::": r"::",
    "double quotes, a text on Spark": r"\"",
    "a list literal": r"(?<![\w\])])\[",
    "qualify": r"\bqualify\b",
    "asof": r"\basof\b",
    "a filter clause": r"\bfilter\s*\(",
    "distinct on": r"\bdistinct\s+on\b",
    "a semi or anti join": r"\b(semi|anti|positional)\s+join\b",
    "a star with exceptions": r"\*\s*(exclude|replace|except)\b",
    "using()": r"\busing\s*\(",
    "ilike": r"\bilike\b",
    "a function of DuckDB": r"\b(unnest|quantile_\w+|list_\w+|struct_\w+|string_agg|arg_max|arg_min|strftime|date_diff|to_months|try_divide|read_\w+)\s*\(",
    "a type of DuckDB": r"\b(hugeint|ubigint|uinteger|text)\b",
    "whole-number division": r"//",
    "a wall clock": r"\b(now\s*\(|current_date|current_timestamp|random\s*\()",
}


def unportable(sql: str) -> list[str]:
    """What of `UNPORTABLE` stands in a model or macro, leaving out comments, Jinja and macros for one engine alone."""
    own = re.sub(r"\{%-?\s*macro (?:duckdb|spark)__.*?endmacro\s*-?%\}", "", sql, flags=re.DOTALL)
    own = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", own, flags=re.DOTALL)
    own = re.sub(r"\{\{.*?\}\}", "jinja", own, flags=re.DOTALL)
    own = re.sub(r"--[^\n]*", "", own)
    return [name for name, pattern in UNPORTABLE.items() if re.search(pattern, own, flags=re.IGNORECASE)]


@pytest.mark.parametrize("path", [*MODELS, *MACROS, *GENERIC_TESTS], ids=lambda p: p.stem)
def test_sql_is_portable(path: Path) -> None:
    assert unportable(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select a::date from t", "a cast written ::"),
        ('select "a" from t', "double quotes, a text on Spark"),
        ("select [1, 2] as a", "a list literal"),
        ("select a from t qualify row_number() over (order by a) = 1", "qualify"),
        ("select a from t asof join u on t.a >= u.a", "asof"),
        ("select count(*) filter (where a > 0) from t", "a filter clause"),
        ("select distinct on (a) a, b from t", "distinct on"),
        ("select a from t semi join u on t.a = u.a", "a semi or anti join"),
        ("select * exclude (a) from t", "a star with exceptions"),
        ("select a from t join u using (a)", "using()"),
        ("select a from t where a ilike 'x'", "ilike"),
        ("select quantile_cont(a, 0.5) from t", "a function of DuckDB"),
        ("select cast(a as hugeint) from t", "a type of DuckDB"),
        ("select 7 // 2", "whole-number division"),
        ("select current_date", "a wall clock"),
    ],
)
def test_the_portability_guard_sees(sql: str, found: str) -> None:
    assert unportable(sql) == [found]


def test_the_portability_guard_leaves_alone_what_is_portable() -> None:
    jinja = "{{ dbt.dateadd('day', -1, \"cast('1900-01-01' as date)\") }}"
    duckdb_only = "{% macro duckdb__f(a) -%} quantile_cont({{ a }}, [0.5]) {%- endmacro %}"
    assert unportable(f'select a, {jinja} as b, list[0] from t -- "x"::y\n{duckdb_only}') == []


def test_every_duckdb_macro_has_a_portable_counterpart() -> None:
    sql = "".join(path.read_text("utf-8") for path in MACROS)
    for name in re.findall(r"macro duckdb__(\w+)\(", sql):
        assert f"macro default__{name}(" in sql, name
        assert f"adapter.dispatch('{name}', 'evenhand')" in sql, name
