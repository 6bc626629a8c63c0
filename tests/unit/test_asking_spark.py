"""A night on Spark asks first: nothing is taken in where the extra is missing or no server answers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest

from orchestration import night, warehouse
from orchestration.errors import EvenhandError
from orchestration.idle import LastNight
from orchestration.night import run_night
from orchestration.settings import FILE_FORMATS, PROJECT_ROOT, load_settings
from orchestration.spark import session
from orchestration.warehouse import DBT_PROJECT
from orchestration.workspace import Workspace
from tests.conftest import new_workspace
from tests.spark.cluster import free_port

NIGHT = date(2026, 6, 30)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """One file has landed; where Spark should be, nobody listens."""
    monkeypatch.setattr(session, "find_spec", lambda name: name)
    made = new_workspace(tmp_path / "home", f"EVENHAND_SPARK_REMOTE=sc://127.0.0.1:{free_port()}/;token=hush\n")
    (made.landing / "participants.csv").write_text("participant_id\n", "utf-8")
    return made


def nothing_was_taken_in(workspace: Workspace) -> bool:
    return (workspace.landing / "participants.csv").exists() and not any(workspace.vault.iterdir())


def test_nothing_is_taken_in_where_no_server_answers(workspace: Workspace) -> None:
    with pytest.raises(EvenhandError, match="No Spark Connect server answers") as error:
        run_night(workspace, load_settings(workspace.home).on("spark"), NIGHT, "public", even_if_idle=True)
    assert "hush" not in str(error.value)
    assert nothing_was_taken_in(workspace)


def test_nothing_is_taken_in_where_the_extra_is_missing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "find_spec", lambda name: None)
    with pytest.raises(EvenhandError, match="'make spark' installs it"):
        run_night(workspace, load_settings(workspace.home).on("spark"), NIGHT, "public")
    assert nothing_was_taken_in(workspace)


def test_an_idle_night_asks_nobody(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night, "nothing_to_do", lambda *_: LastNight("2026-06-29", None, "", "All is as it was."))
    assert "All is as it was." in run_night(workspace, load_settings(workspace.home).on("spark"), NIGHT, "public").says


def test_dbt_is_told_how_spark_keeps_its_tables(workspace: Workspace) -> None:
    with (workspace.home / ".env").open("a", encoding="utf-8") as handle:
        handle.write("EVENHAND_SPARK_FILE_FORMAT=delta\n")
    with warehouse._environment(workspace, load_settings(workspace.home)):
        assert os.environ["EVENHAND_SPARK_FILE_FORMAT"] == "delta"
    assert "EVENHAND_SPARK_FILE_FORMAT" not in os.environ


def test_a_table_of_another_format_is_made_anew() -> None:
    """What dbt's adapter knows of a table, as the macros read it. That tables of Delta and Iceberg are told so is the adapter's part."""
    text = (DBT_PROJECT / "macros" / "by_part" / "spark.sql").read_text("utf-8")
    assert "or spark_format_of(existing) != config.get('file_format', 'parquet')" in text
    macro = re.findall(r"{% macro spark_format_of.*?{% endmacro %}", text, re.DOTALL)[0]
    format_of = jinja2.Template(macro, autoescape=True).make_module({"return": str}).spark_format_of  # type: ignore[attr-defined]
    known = {name: SimpleNamespace(is_delta=name == "delta", is_iceberg=name == "iceberg") for name in FILE_FORMATS}
    assert {name: format_of(relation).strip() for name, relation in known.items()} == {name: name for name in FILE_FORMATS}
    assert format_of(SimpleNamespace(is_delta=None, is_iceberg=None)).strip() == "parquet"


def test_other_targets_of_make_leave_the_extra_where_it_was_installed(tmp_path: Path) -> None:
    shutil.copyfile(PROJECT_ROOT / "Makefile", tmp_path / "Makefile")
    for name in ("pyproject.toml", "uv.lock", ".uv/bin/uv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    def said(target: str) -> str:
        return subprocess.run(["make", "-n", target], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert "--extra spark" not in said("setup")
    assert "--extra spark" in said("spark")
    assert "touch .venv/.spark" in said("spark")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".spark").touch()
    assert ".uv/bin/uv sync --locked --extra spark" in said("setup")
