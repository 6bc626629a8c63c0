"""Workspaces that tests share. The small consortium goes through its night once per run, whatever the number of workers."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings

from orchestration.demo import make_consortium
from orchestration.demo.run import DEMO_AS_OF, prepare_demo
from orchestration.night import NightOutcome, run_night
from orchestration.settings import Settings, load_settings
from orchestration.stages import StageReport
from orchestration.workspace import Workspace, create_workspace
from tests.laws import LAWS
from tests.once import common_folder, made_once
from tests.small import cut_small

settings.register_profile("quick", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("thorough", derandomize=True, deadline=None)
settings.load_profile(LAWS)

FIRST_NIGHT = date(2024, 5, 2)
KEYS = "EVENHAND_SECRET=" + "5e" * 32 + "\nEVENHAND_SIGNING_KEY=" + "a7" * 32 + "\n"
DEMO = os.environ.get("EVENHAND_TESTED_DEMO")
"""The workspace of a demo that was just made (`.ci/run` names its own); without it the tests marked `full` make one."""
OUTCOME = "outcome.json"
LONG_FIRST = (
    "integration/test_night.py",  # makes the consortium that others read
    "property/test_incremental_laws.py",  # needs none of it
    "integration/test_publishing.py",
    "integration/test_rebuilding.py",
    "integration/test_audit.py",
    "integration/test_datasets.py",
    "integration/test_neutrality.py",
    "integration/test_history.py",
    "integration/test_kill.py",
)
"""Files that take longest, so that no worker begins one of them when the others are done. The rest follow in their own order."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, and what hypothesis tries examples of is marked `law`."""
    root = Path(__file__).parent
    places = {(root / name): place for place, name in enumerate(LONG_FIRST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("law")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("EVENHAND_")]:
        monkeypatch.delenv(name)


@dataclass(frozen=True)
class Consortium:
    """A workspace after its first night."""

    workspace: Workspace
    outcome: NightOutcome

    @property
    def settings(self) -> Settings:
        return load_settings(self.workspace.home, environ={})


def new_workspace(home: Path, extra: str = "") -> Workspace:
    """A workspace with fixed keys, so that two of them make the same bytes."""
    home.mkdir(parents=True)
    (home / ".env").write_text(KEYS + extra, "utf-8")
    return create_workspace(home)[0]


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the workers of this run share."""
    return common_folder(tmp_path_factory)


@pytest.fixture(scope="session")
def demo_landed(common: Path) -> Path:
    """The whole demo's landing folder, never changed by a test."""
    return made_once(common / "demo landed", make_consortium)


@pytest.fixture(scope="session")
def landed(common: Path, demo_landed: Path) -> Path:
    """The small consortium's landing folder, never changed by a test."""
    return made_once(common / "landed", lambda folder: cut_small(demo_landed, folder))


@pytest.fixture(scope="session")
def consortium(common: Path, landed: Path) -> Consortium:
    """The small consortium after a night on which 2023 and its quarters are due. Tests read it; those that write copy it."""
    folder = made_once(common / "consortium", lambda folder: _first_night(landed, folder))
    told = json.loads((folder / OUTCOME).read_text("utf-8"))
    stages = tuple(StageReport(**stage) for stage in told["stages"])
    return Consortium(Workspace(folder / "home"), NightOutcome(told["says"], stages))


def _first_night(landed: Path, folder: Path) -> None:
    workspace = new_workspace(folder / "home")
    shutil.copytree(landed, workspace.landing, dirs_exist_ok=True)
    outcome = run_night(workspace, load_settings(workspace.home, environ={}), FIRST_NIGHT, "public")
    (folder / OUTCOME).write_text(json.dumps(asdict(outcome)), "utf-8")


@pytest.fixture
def copied(consortium: Consortium, tmp_path_factory: pytest.TempPathFactory) -> Generator[Consortium]:
    """A copy of the consortium's workspace that a test may change. All lie in one place, after one another: dbt parses everything
    anew where the place is another one, and what it parsed there goes from one copy to the next.
    """
    place = tmp_path_factory.getbasetemp() / "copied"
    workspace, parsed = Workspace(place / "home"), place / "dbt"
    shutil.copytree(consortium.workspace.home, workspace.home)
    if parsed.exists():
        shutil.rmtree(workspace.dagster / "dbt")
        parsed.rename(workspace.dagster / "dbt")
    yield Consortium(workspace, consortium.outcome)
    (workspace.dagster / "dbt").rename(parsed)
    shutil.rmtree(workspace.home)


@pytest.fixture(scope="session")
def demo(common: Path) -> Workspace:
    """The whole demo after its one night, for tests marked `full`. Tests read it."""
    if DEMO:
        return Workspace(Path(DEMO).resolve()).require()
    return Workspace(made_once(common / "demo", _demo_night))


def _demo_night(home: Path) -> None:
    workspace = prepare_demo(home)
    run_night(workspace, load_settings(home, environ={}), DEMO_AS_OF, "public")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by relative path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
