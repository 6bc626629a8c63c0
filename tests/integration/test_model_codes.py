"""What makes a model, or its checks, another: each change of the project below is parsed by dbt and compared with before."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from orchestration import warehouse
from orchestration.disclosure import candidates
from orchestration.model_codes import COMPARED_SEEDS
from orchestration.settings import Settings
from orchestration.warehouse import DBT_PROJECT, model_codes
from orchestration.workspace import Workspace
from tests.conftest import new_workspace

Codes = dict[str, tuple[str, str, str]]
MADE_BY, CHECKED_BY, BUILT_FROM = range(3)

CHANGES = {
    # file: what is put for what; models that are made again; models that are left; those whose parts are all checked again, of int_cells and int_observations
    "a model": ("models/intermediate/int_cells.sql", ("", "-- a comment\n"), "int_cells cell_evidence trend_evidence int_panels",
                "int_observations int_unit_values int_fingerprints__counted participant_values", "int_cells"),
    "a mart": ("models/marts/questions.sql", ("", "-- a comment\n"), "questions", "int_cells participant_values", ""),
    "what others are built from": ("models/staging/stg_kpi_values.sql", ("", "-- a comment\n"),
                                   "stg_kpi_values int_observations int_cells participant_values", "int_kpis int_projects", "int_cells int_observations"),
    "a data test": ("models/intermediate/int_cells.yml", ("p10 <= p25 + 1e-9", "p10 <= p25 + 1e-8"), "", "int_cells cell_evidence", "int_cells"),
    "a description": ("models/intermediate/int_cells.yml", ("Internal; keys only", "Internal, keys only"), "", "int_cells cell_evidence", ""),
    "a macro": ("macros/exact_quantiles.sql", ("quantile_cont(", "quantile_cont( "), "int_cells int_observations__questioned",
                "int_observations int_kpis", "int_cells"),
    "a macro of tests": ("tests/generic/holds.sql", ("select", "select "), "", "int_observations int_cells", "int_cells int_observations"),
    "how sources are shown": ("macros/show_lake.sql", ("duckdb__show_lake() -%}", "duckdb__show_lake() -%}{# #}"), "int_observations stg_night", "",
                              "int_cells int_observations"),
    "how parts are made": ("macros/by_part/narrowed.sql", ("set pieces", "set  pieces"), "int_observations int_cells", "", "int_cells int_observations"),
    "what of it tests read": ("macros/by_part/checks.sql", ("set where, part", "set  where, part"), "", "int_observations int_cells",
                              "int_cells int_observations"),
    "a seed": ("seeds/cuts.csv", ("1,all,", "1,whole,"), "int_cells int_unit_parts", "int_observations", "int_cells"),
    "a seed that is compared": ("seeds/price_index.csv", ("71.74", "71.75"), "", "int_observations int_cells", ""),
    "a variable": ("dbt_project.yml", ("smallest_panel: 8", "smallest_panel: 9"), "int_panels trend_evidence", "int_cells int_observations", ""),
    "a setting": ("dbt_project.yml", ("+materialized: view", "+materialized: table"), "int_observations stg_night", "", "int_cells int_observations"),
    "a source": ("models/staging/sources.yml", ("name: as_of, data_type: date", "name: as_of, data_type: timestamp"), "int_observations", "int_kpis",
                 "int_cells int_observations"),
}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project") / "dbt_project"
    shutil.copytree(DBT_PROJECT, root, ignore=shutil.ignore_patterns("target", "logs"))
    return root


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return new_workspace(tmp_path_factory.mktemp("home") / "w")


@pytest.fixture(scope="module")
def before(project: Path, home: Workspace) -> Codes:
    return _codes(project, home)


def _codes(project: Path, home: Workspace) -> Codes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warehouse, "DBT_PROJECT", project)
        return model_codes(home, Settings(home=home.home))


@pytest.mark.parametrize(("source", "change", "again", "left", "checked"), CHANGES.values(), ids=CHANGES.keys())
def test_a_model_is_made_again_by_what_it_is_made_by(
    project: Path, home: Workspace, before: Codes, source: str, change: tuple[str, str], again: str, left: str, checked: str
) -> None:
    path = project / source
    text = path.read_text("utf-8")
    assert change[0] in text
    try:
        path.write_text(text.replace(*change, 1), "utf-8")
        after = _codes(project, home)
    finally:
        path.write_text(text, "utf-8")
    made = {name for name in before if before[name][MADE_BY] != after[name][MADE_BY]}
    assert set(again.split()) <= made
    assert not set(left.split()) & made
    looked_at = {name for name in ("int_cells", "int_observations") if before[name][CHECKED_BY] != after[name][CHECKED_BY]}
    assert looked_at == set(checked.split())
    assert (before != after) is (source != "models/intermediate/int_cells.yml" or bool(checked)), "what is built from any seed is another"


def test_a_comment_makes_only_the_model_and_what_is_built_from_it_again(project: Path, home: Workspace, before: Codes) -> None:
    path = project / "models" / "intermediate" / "int_attainments.sql"
    text = path.read_text("utf-8")
    try:
        path.write_text(text + "\n-- a comment", "utf-8")
        after = _codes(project, home)
    finally:
        path.write_text(text, "utf-8")
    made = {name for name in before if before[name][BUILT_FROM] != after[name][BUILT_FROM]}
    assert made == {"int_attainments", "int_attainment_bases", "int_attainment_votes", "attainment_evidence"}


def test_digests_are_the_same_wherever_the_lake_is(project: Path, tmp_path: Path, before: Codes) -> None:
    assert _codes(project, new_workspace(tmp_path / "elsewhere")) == before


def test_seeds_are_small_enough_for_dbt_to_look_at_their_content(project: Path) -> None:
    """Of a seed above a megabyte dbt digests the path."""
    seeds = {path.stem: path.stat().st_size for path in (project / "seeds").glob("*.csv")}
    assert max(seeds.values()) < 1_000_000
    assert set(COMPARED_SEEDS) <= seeds.keys()


def test_a_candidate_is_made_by_every_table_that_its_room_reads() -> None:
    """The list in int_fingerprints__periods names what the disclosure's SQL names."""
    sql = (DBT_PROJECT / "models" / "intermediate" / "int_fingerprints__periods.sql").read_text("utf-8")
    listed = set(re.findall(r"'(\w+)'", sql[sql.index("{% set published") : sql.index("] -%}")]))
    sources = "\n".join(path.read_text("utf-8") for path in Path(candidates.__file__).parent.rglob("*.py"))
    read = set(re.findall(r"\b(?:staging|intermediate|marts|seeds)\.(\w+)", sources)) - {"int_fingerprints__periods"}
    assert listed == read
    assert "warehouse.{" not in sources.replace(" ", "")
