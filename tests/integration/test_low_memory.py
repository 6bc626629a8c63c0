"""A build that has too little memory spills into the folder the settings name, and finishes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from benchmarks.lake import make_lake
from orchestration import warehouse
from orchestration.engine import engine, forget_spilled, spill_folder
from orchestration.settings import Settings, load_settings
from orchestration.warehouse import run_dbt
from orchestration.workspace import Workspace

ROWS, LITTLE = 200_000, "120MB"
MODELS = ["build", "--exclude-resource-type", "unit_test", "test", "--quiet"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("lake") / "home")
    make_lake(workspace.home, ROWS)
    return workspace


def built(workspace: Workspace, *selected: str) -> tuple[set[str], str]:
    """How the nodes ended under little memory, and what the first that failed says."""
    results = run_dbt(workspace, replace(load_settings(workspace.home), memory_limit=LITTLE), [*MODELS, *selected])
    statuses = {str(getattr(r.status, "value", r.status)) for r in results}
    return statuses, next((str(r.message) for r in results if str(getattr(r.status, "value", r.status)) == "error"), "")


def test_a_build_under_little_memory_spills_and_finishes(made: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert built(made) == ({"success"}, "")
    with duckdb.connect(str(made.warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) > 100000 from intermediate.int_cells").fetchall() == [(True,)]
    assert list((made.home / "spill").iterdir()) == []

    # The proof that it spilled: with as little memory and nowhere to spill to, it cannot be done.
    made.warehouse.unlink()
    nowhere = made.home / "a file"
    nowhere.touch()

    @contextmanager
    def no_folder(*_: object) -> Generator[Path]:
        yield nowhere / "no folder"

    monkeypatch.setattr(warehouse, "spill_folder", no_folder)
    statuses, said = built(made, "--select", "+int_cells")
    assert "error" in statuses
    assert "Failed to create directory" in said


def test_every_connection_is_within_the_settings(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, threads=1, memory_limit="77MiB")
    names = ("threads", "memory_limit", "temp_directory", "enable_progress_bar")
    with engine(settings) as one, engine(settings) as other:
        found = [c.execute(" union all ".join(f"select current_setting('{n}')::varchar" for n in names)).fetchall() for c in (one, other)]
        assert [[v for (v,) in rows][:2] for rows in found] == [["1", "77.0 MiB"]] * 2
        assert [[v for (v,) in rows][3] for rows in found] == ["false"] * 2
        spilled = {Path(rows[2][0]) for rows in found}
        assert len(spilled) == 2
        assert {p.parent for p in spilled} == {tmp_path / "spill"}
    assert list((tmp_path / "spill").iterdir()) == []


def test_what_is_spilled_lies_where_the_settings_say_and_a_killed_night_leaves_nothing_for_good(tmp_path: Path) -> None:
    own, others = (Settings(home=tmp_path / name, temp_directory=str(tmp_path)) for name in ("one", "two"))
    with spill_folder(own, "dbt") as left, spill_folder(others, "dbt") as beside:
        assert {left.parent, beside.parent} == {tmp_path}
        forget_spilled(own)
        assert (left.exists(), beside.exists()) == (False, True)


def test_a_file_is_checked_where_there_is_no_workspace(tmp_path: Path) -> None:
    with engine(Settings(home=tmp_path / "none")) as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]
    assert not (tmp_path / "none").exists()
