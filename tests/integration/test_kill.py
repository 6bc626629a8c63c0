"""The intake killed at every function that touches the disk: no row lost, none twice, the same as if nothing had happened.

At each once, before its first call or after its last; with `make soak` a hundred times at points chosen by dice.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from orchestration.settings import PROJECT_ROOT
from tests.unit.test_feeds import KPI_HEADER, PEOPLE, REGISTRY, kpi

BY_DICE = ("100", "20260510")
"""Kills, and the seed of the dice."""
PROJECTS = "project_ref,project_kind,value_chain_stage,status\n"


@pytest.fixture(scope="module", params=[(), pytest.param(BY_DICE, marks=pytest.mark.soak)], ids=["each kind", "dice"])
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    folder = tmp_path_factory.mktemp("killed")
    landing = folder / "landing"
    for sender in ("P1", "P2", "Nobody"):
        (landing / sender).mkdir(parents=True)
        (landing / sender / "projects.csv").write_text(PROJECTS + f"{sender}-a,upgrade,OP,live\n{sender}-b,nothing,OP,live\n")
        for number in range(2):
            rows = [kpi(f"{sender}-{letter}", str(number)) for letter in "abc"] + [kpi("x", "-1")]
            (landing / sender / f"kpi_values__{number}.csv").write_text(KPI_HEADER + "".join(rows))
    (landing / "participants.csv").write_text(REGISTRY + "".join(PEOPLE))
    (landing / "P1" / "kpi_values__bad.csv").write_text("kpi_code\n")
    (landing / "P1" / "kpi_values__same.csv").write_text((landing / "P1" / "kpi_values__0.csv").read_text())
    (landing / "P2" / "engagements.csv").write_text("project_ref,vendor,vendor_role\nP2-a,Acme,cloud\n")
    (landing / "P2" / "nonsense.txt").write_text("hello")
    (landing / "P2" / "kpi_values__later.csv.part").write_text("still being written")
    command = [sys.executable, "-m", "tests.integration.killing", str(folder), *request.param]
    done = subprocess.run(command, cwd=PROJECT_ROOT, env={"PYTHONPATH": str(PROJECT_ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_it_was_killed_at_many_different_points(runs: list[dict]) -> None:
    undisturbed, *killed = runs
    assert undisturbed["codes"] == [0]
    assert len(undisturbed["passed"]) > 150
    assert all(run["codes"][0] == 9 and run["codes"][-1] == 0 for run in killed)
    assert len({run["points"][0] for run in killed}) > len(killed) / 2


@pytest.mark.parametrize("runs", [()], indirect=True, ids=["each kind"])
def test_it_was_killed_at_every_function_that_touches_the_disk(runs: list[dict]) -> None:
    undisturbed, *killed = runs
    functions = {moment.split()[1] for moment in undisturbed["passed"]}
    moments = [undisturbed["passed"][run["points"][0] - 1].split() for run in killed]
    assert {function for _, function in moments} == functions
    assert {when for when, _ in moments} == {"before", "after"}
    assert len(killed) == len(functions) >= 12
    assert {"Path.replace", "Vault.append", "Vault.settle", "orchestration.intake.deriving.write_rows"} <= functions


def test_nothing_is_lost_and_nothing_is_there_twice(runs: list[dict]) -> None:
    undisturbed, *killed = runs
    for run in killed:
        for part, expected in undisturbed["outcome"].items():
            assert run["outcome"][part] == expected, (part, run["points"])


def test_the_undisturbed_run_is_what_it_should_be(runs: list[dict]) -> None:
    outcome = runs[0]["outcome"]
    taken = [s for _, submissions in outcome["taken"] for s in submissions]
    assert len(taken) == len({s["submission_id"] for s in taken}) == len(outcome["receipts"]) == 13
    assert sum(s["verdict"] == "rejected" for s in taken) == 5
    assert [name for name in outcome["files"] if name.startswith("landing/")] == ["landing/P2/kpi_values__later.csv.part"]
    assert sum(r["rows_accepted"] for r in outcome["receipts"] if r["feed"] == "kpi_values") == 2 * 2 * 3
