"""Nights of a small consortium after one file of the project changed: what is made again, and that no digest misses a file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from orchestration import software
from orchestration.reports.current import write_current_reports
from orchestration.settings import PROJECT_ROOT
from orchestration.software import CANDIDATES, INTAKE, REPORTS, Stage, files_of, made_with
from orchestration.sources import Sources
from tests.property.consortium import PROFILE, Consortium, found, read_copy

GLUE = {
    "orchestration/release/nightly.py",  # hands over what is digested as values: marts, contracts, the catalogue, the editions
    "orchestration/release/publish.py",  # says which editions there are, and finishes what a killed night began
    "orchestration/release/manifest.py",
    "orchestration/release/shelf.py",
    "orchestration/release/catalogue.py",  # refuses, and makes nothing
    "orchestration/software.py",  # the digest itself
    "orchestration/sources.py",
    "tests/integration/stage_files.py",
}
Change = Callable[[str, str], None]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, in which files may change."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("orchestration", "contracts"):
        shutil.copytree(PROJECT_ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.fixture(scope="module")
def house(root: Path) -> Iterator[Consortium]:
    """The consortium after a night that published and wrote reports, and a quiet one after it, that made candidates of what is published."""
    with pytest.MonkeyPatch.context() as patch:
        read_copy(root / "dbt_project", patch)
        patch.setattr(software, "PROJECT_ROOT", root)
        made_with.cache_clear()
        house = found(root.parent / f"{root.name}-home", root / "dbt_project")
        house.day += timedelta(days=1)
        pass_night(house)
        yield house
    made_with.cache_clear()


@pytest.fixture
def change(house: Consortium, root: Path) -> Iterator[Change]:
    """Change a file of the project; afterwards it is as it was."""
    before: dict[Path, str] = {}

    def change_one(source: str, more: str) -> None:
        before[root / source] = (root / source).read_text("utf-8")
        (root / source).write_text(before[root / source] + more, "utf-8")

    yield change_one
    for path, text in before.items():
        path.write_text(text, "utf-8")


def pass_night(house: Consortium, *, are_models_built: bool = True) -> None:
    made_with.cache_clear()
    if are_models_built:
        house.take_in()
        house.derive()
    else:
        from orchestration.release.nightly import make_candidates

        make_candidates(house.publisher)
    write_current_reports(house.workspace)


def inodes(house: Consortium, pattern: str) -> dict[str, int]:
    """Files that are written again are other files."""
    return {path.relative_to(house.workspace.home).as_posix(): path.stat().st_ino for path in house.workspace.home.glob(pattern)}


def changed(before: dict[str, int], after: dict[str, int]) -> str:
    assert before.keys() == after.keys()
    assert before
    same = sum(before[name] == after[name] for name in before)
    return "none" if same == len(before) else "all" if same == 0 else "some"


CANDIDATE_FILES, REPORT_FILES = "candidate/*/benchmark.parquet", "reports/*/*/report.html"


@pytest.mark.parametrize(
    ("source", "candidates", "reports"),
    [
        ("orchestration/demo/model.py", "none", "none"),
        ("orchestration/gate/invariants.py", "none", "none"),
        ("orchestration/reports/page.py", "none", "all"),
        ("orchestration/disclosure/trend.py", "all", "none"),
    ],
)
def test_a_comment_remakes_what_is_made_by_its_file(house: Consortium, change: Change, source: str, candidates: str, reports: str) -> None:
    pass_night(house, are_models_built=False)  # what an earlier test changed is as it was
    before = inodes(house, CANDIDATE_FILES), inodes(house, REPORT_FILES)
    change(source, "# a comment\n")
    pass_night(house, are_models_built=False)
    after = inodes(house, CANDIDATE_FILES), inodes(house, REPORT_FILES)
    assert (changed(before[0], after[0]), changed(before[1], after[1])) == (candidates, reports)


def made(house: Consortium) -> dict[str, list[tuple]]:
    tables = [name for (name,) in house.asked("select table_name from duckdb_tables() where table_name like '%\\_\\_made' escape '\\'")]
    return {
        name.removesuffix("__made"): house.asked(f"select part_key, fingerprint from intermediate.{name} order by 1") for name in tables
    }


def test_a_comment_in_a_model_remakes_it_what_is_built_from_it_and_the_candidates(house: Consortium, change: Change) -> None:
    pass_night(house, are_models_built=False)
    tables, files, reports = made(house), inodes(house, CANDIDATE_FILES), inodes(house, REPORT_FILES)
    change("dbt_project/models/intermediate/int_matched_cells.sql", "\n-- a comment\n")
    pass_night(house)
    assert {name for name, parts in made(house).items() if parts != tables[name]} == {"int_matched_cells"}
    assert changed(files, inodes(house, CANDIDATE_FILES)) == "all"
    assert changed(reports, inodes(house, REPORT_FILES)) == "none"


def test_a_comment_in_a_model_that_no_candidate_is_made_from_remakes_none(house: Consortium, change: Change) -> None:
    pass_night(house)
    tables, files = made(house), inodes(house, CANDIDATE_FILES)
    change("dbt_project/models/marts/excluded_rows.sql", "\n-- a comment\n")
    pass_night(house)
    assert made(house) == tables
    assert changed(files, inodes(house, CANDIDATE_FILES)) == "none"


@pytest.mark.parametrize(
    ("name", "stage", "gone"), [("intake", INTAKE, "lake"), ("candidates", CANDIDATES, "candidate"), ("reports", REPORTS, "reports")]
)
def test_a_stage_reads_and_calls_no_file_that_its_digest_misses(
    house: Consortium, tmp_path: Path, name: str, stage: Stage, gone: str
) -> None:
    """The stage makes everything anew on a copy of the workspace; what it opens and calls below the project must be in its digest."""
    home = tmp_path / "home"
    shutil.copytree(house.workspace.home, home)
    shutil.rmtree(home / gone)
    (home / gone).mkdir()
    if name == "reports":
        (home / "candidate" / ".private" / "reports.json").unlink()
    command = [sys.executable, "-m", "tests.integration.stage_files", name, str(home), house.day.isoformat(), PROFILE]
    said = json.loads(subprocess.run(command, cwd=PROJECT_ROOT, env=dict(os.environ), check=True, capture_output=True, text=True).stdout)
    known = {path.relative_to(PROJECT_ROOT).as_posix() for path in files_of(stage, Sources(PROJECT_ROOT))} | GLUE
    called = {path for path in said["called"] if path.startswith(("orchestration/", "tests/"))}
    assert len(called) > 15
    assert called <= known
    opened = {path for path in said["opened"] if path.split("/")[0] in ("orchestration", "contracts", "dbt_project")}
    data = {
        path
        for path in opened
        if not path.endswith((".py", ".pyc", ".nbi", ".nbc")) and "__pycache__" not in path and not Path(PROJECT_ROOT / path).is_dir()
    }
    assert data
    assert data <= known
