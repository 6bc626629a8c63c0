"""Whoever companies and vendors are: other names and files in another order permute what is published, and change nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from orchestration.demo.projects import VENDORS
from orchestration.night import run_night
from orchestration.settings import load_settings
from orchestration.workspace import Workspace
from tests.conftest import FIRST_NIGHT, Consortium, new_workspace

TABLES = ("benchmark", "trend", "attainment", "coverage")
PARTICIPANT, GROUP = re.compile(r"DEMO-P\d{3}"), re.compile(r"DEMO-G\d{3}")


def reversed_among(names: set[str]) -> dict[str, str]:
    """Each name in the place of the one that is as far from the other end."""
    return dict(zip(sorted(names), sorted(names, reverse=True), strict=True))


def relabelled(landed: Path, landing: Path) -> dict[str, str]:
    """The same files, with companies, groups and vendors under each other's names and rows from the last to the first. By vendor the
    name that it has there."""
    texts = {path: path.read_text("utf-8") for path in sorted(landed.rglob("*.csv"))}
    found = {pattern: {name for text in texts.values() for name in pattern.findall(text)} for pattern in (PARTICIPANT, GROUP)}
    found[PARTICIPANT] |= {path.parent.name for path in texts if path.parent != landed}
    vendors = reversed_among(set(VENDORS))
    other = reversed_among(found[PARTICIPANT]) | reversed_among(found[GROUP]) | vendors
    names = re.compile("|".join(map(re.escape, sorted(other, key=len, reverse=True))))
    for path, text in texts.items():
        lines = names.sub(lambda name: other[name[0]], text).splitlines()
        target = landing / names.sub(lambda name: other[name[0]], path.relative_to(landed).as_posix())
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(line + "\n" for line in [*lines[:1], *lines[:0:-1]]), "utf-8")
    return vendors


@pytest.fixture(scope="module")
def renamed(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, str]]:
    workspace = new_workspace(tmp_path_factory.mktemp("renamed") / "home")
    vendors = relabelled(landed, workspace.landing)
    run_night(workspace, load_settings(workspace.home, environ={}), FIRST_NIGHT, "public")
    return workspace, vendors


def rows(releases: Path, release_id: str, table: str, vendors: dict[str, str]) -> list[tuple[object, ...]]:
    source = duckdb.sql(f"select * from read_parquet('{releases}/{release_id}/{table}.parquet')")
    return sorted((tuple(vendors.get(value, value) for value in row) for row in source.fetchall()), key=repr)


@pytest.mark.parametrize("table", TABLES)
def test_other_names_and_another_order_permute_the_output_and_nothing_else(
    consortium: Consortium, renamed: tuple[Workspace, dict[str, str]], table: str
) -> None:
    workspace, vendors = renamed
    released = sorted(path.name for path in consortium.workspace.releases.glob("*-r*"))
    assert released == sorted(path.name for path in workspace.releases.glob("*-r*")) != []
    named = 0
    for release_id in released:
        ours = rows(consortium.workspace.releases, release_id, table, vendors)
        assert ours == rows(workspace.releases, release_id, table, {})
        named += sum(value in vendors for row in ours for value in row)
    assert named or table in ("trend", "coverage")
