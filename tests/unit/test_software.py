"""What counts as other software: everything that decides what is made, and nothing that does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from orchestration import software
from orchestration.idle import nothing_to_do, remember
from orchestration.settings import PROJECT_ROOT, load_settings
from orchestration.software import CANDIDATES, INTAKE, NIGHT, REPORTS, made_with, made_with_noted
from orchestration.warehouse import intake_version
from orchestration.workspace import Workspace
from tests.conftest import new_workspace

Change = Callable[..., None]
STAGES = {"intake": INTAKE, "candidates": CANDIDATES, "reports": REPORTS, "night": NIGHT}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for folder in ("orchestration", "contracts", "dbt_project"):
        shutil.copytree(PROJECT_ROOT / folder, root / folder, ignore=shutil.ignore_patterns("target", "__pycache__"))
    return root


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Names in files that were read, so that each change is read by itself."""
    return tmp_path_factory.mktemp("notes")


@pytest.fixture
def change(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Change]:
    """Change a file in a copy of the sources that the digests are asked about; afterwards it is as it was."""
    monkeypatch.setattr(software, "PROJECT_ROOT", tree)
    before: dict[Path, bytes] = {}

    def change_one(source: str, more: str = "\n") -> None:
        before.setdefault(tree / source, (tree / source).read_bytes())
        (tree / source).write_bytes((tree / source).read_bytes() + more.encode())

    yield change_one
    for path, content in before.items():
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("orchestration/demo/model.py", ""),
        ("orchestration/status.py", ""),
        ("orchestration/docs.py", ""),
        ("orchestration/gate/checks.html.j2", "night"),
        ("orchestration/gate/invariants.py", "night"),
        ("orchestration/defs/checks.py", "night"),
        ("orchestration/rates/reading.py", "night"),
        ("orchestration/reports/page.py", "night reports"),
        ("orchestration/reports/templates/report.html.j2", "night reports"),
        ("orchestration/reports/templates/report.css", "night reports"),
        ("orchestration/disclosure/policy/algebra.py", "night candidates"),
        ("orchestration/disclosure/audit/closed_form.py", "night candidates"),
        ("orchestration/disclosure/trend.py", "night candidates"),
        ("orchestration/disclosure/windows.py", "night candidates"),
        ("orchestration/intake/checking.py", "night candidates reports intake"),
        ("orchestration/contracts.py", "night candidates reports intake"),
        ("contracts/disclosure.yaml", "night candidates reports"),
        ("contracts/intake/kpi_values.odcs.yaml", "night reports intake"),
        ("dbt_project/models/marts/cell_evidence.sql", "night"),  # the models have digests of their own
        ("dbt_project/seeds/price_index.csv", "night candidates reports"),
    ],
)
def test_a_stage_is_made_again_by_what_it_is_made_by(change: Change, notes: Path, source: str, changed: str) -> None:
    before = {name: made_with_noted(stage, notes / name) for name, stage in STAGES.items()}
    change(source)
    assert {name for name, stage in STAGES.items() if made_with_noted(stage, notes / name) != before[name]} == set(changed.split())


def test_notes_of_imports_change_no_digest(change: Change, tmp_path: Path) -> None:
    notes = tmp_path / "imports.json"
    digests = [made_with.__wrapped__(NIGHT), *(made_with_noted(NIGHT, notes) for _ in range(2))]
    assert len(set(digests)) == 1
    change("orchestration/reports/page.py", "from orchestration.demo import model\n")
    expected = made_with.__wrapped__(NIGHT)
    assert expected != digests[0]
    for text in (notes.read_text("utf-8"), '{"reader": 1}', "not json", json.dumps({"reader": "other", "names": {"x": []}})):
        notes.write_text(text, "utf-8")
        assert made_with_noted(NIGHT, notes) == expected
    change("orchestration/demo/model.py")
    assert made_with_noted(NIGHT, notes) == made_with.__wrapped__(NIGHT), "the demo is made with the night now"


@pytest.mark.parametrize(
    ("source", "is_idle"),
    [
        ("orchestration/demo/model.py", True),
        ("orchestration/demo/truths.py", True),
        ("orchestration/status.py", True),
        ("orchestration/reports/page.py", False),
        ("orchestration/disclosure/policy/algebra.py", False),
        ("dbt_project/models/marts/questions.yml", False),
    ],
)
def test_a_comment_that_no_night_reads_costs_a_night_nothing(change: Change, tmp_path: Path, source: str, *, is_idle: bool) -> None:
    workspace = _quiet(tmp_path / "home")
    settings, night = load_settings(workspace.home, environ={}), date(2026, 5, 3)
    remember(workspace, settings, night, "public", None, "Nothing is due.")
    assert nothing_to_do(workspace, settings, night, "public")
    change(source, "# a comment\n")
    assert bool(nothing_to_do(workspace, settings, night, "public")) is is_idle


@pytest.mark.parametrize(
    ("source", "is_made_anew"),
    [
        ("orchestration/intake/checking.py", True),
        ("orchestration/contracts.py", True),
        ("contracts/intake/kpi_values.odcs.yaml", True),
        ("contracts/disclosure.yaml", False),  # marts know nothing of it
        ("orchestration/reports/page.py", False),
        ("dbt_project/models/intermediate/int_cells.sql", False),  # has a digest of its own
    ],
)
def test_rows_of_the_lake_are_others_by_another_version_of_what_decides_them(change: Change, source: str, *, is_made_anew: bool) -> None:
    made_with.cache_clear()
    before = intake_version()
    change(source)
    made_with.cache_clear()
    assert (intake_version() != before) is is_made_anew
    made_with.cache_clear()


def _quiet(home: Path) -> Workspace:
    """A workspace in which every file is that a night leaves behind, so that only its inputs decide."""
    workspace = new_workspace(home)
    (workspace.candidate / ".private").mkdir()
    workspace.warehouse.touch()
    return workspace
