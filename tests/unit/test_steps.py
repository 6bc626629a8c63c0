"""The steps of `.ci/run`: each is timed, one that doubled is warned of and never fails, one that failed fails."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.steps import LEAST_SECONDS, lines_of, main, read, show, warnings
from orchestration.settings import PROJECT_ROOT

BUSY = "import time\nwhile time.process_time() < 0.3: pass"


def step(name: str, processor: float, code: int = 0) -> dict[str, object]:
    return {"step": name, "wall": 2.0, "processor": processor, "code": code}


def test_a_step_is_timed_and_ends_as_its_command_does(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "table"
    assert main(["run", str(table), "busy", sys.executable, "-c", BUSY]) == 0
    assert main(["run", str(table), "wrong", sys.executable, "-c", "raise SystemExit(3)"]) == 3
    busy, wrong = read(table)
    assert (busy["step"], busy["code"], wrong["step"], wrong["code"]) == ("busy", 0, "wrong", 3)
    assert busy["processor"] >= 0.3
    assert busy["wall"] >= 0.3
    assert "== busy" in capfd.readouterr().out


def test_only_a_step_that_doubled_is_warned_of() -> None:
    steps = [step("doubled", 41.0), step("grown", 39.0), step("new", 500.0), step("small", LEAST_SECONDS - 1)]
    committed = {"doubled": 20.0, "grown": 20.0, "small": 0.1}
    assert warnings(steps, committed) == ["WARNING doubled: 41 processor seconds, committed are 20"]


def test_the_table_names_what_failed_and_its_last_line_is_the_sum() -> None:
    first, doubled, failed, total = lines_of([step("doubled", 41.0), step("failed", 1.0, code=2)], {"doubled": 20.0})
    assert first.split() == ["step", "seconds", "processor", "committed"]
    assert doubled.split() == ["doubled", "2", "41", "20"]
    assert failed.split() == ["failed", "2", "1", "-", "FAILED"]
    assert total.split()[-2:] == ["4", "42"]


def test_what_was_measured_is_committed_only_where_nothing_failed(tmp_path: Path) -> None:
    table, path = tmp_path / "table", tmp_path / "ci.json"
    table.write_text(json.dumps(step("one", 7.0)) + "\n")
    show(table, write=True, path=path)
    assert json.loads(path.read_text())["processor_seconds"] == {"one": 7.0}
    table.write_text(json.dumps(step("one", 9.0, code=1)) + "\n")
    show(table, write=True, path=path)
    assert json.loads(path.read_text())["processor_seconds"] == {"one": 7.0}


def run_of(tmp_path: Path, steps: str) -> subprocess.CompletedProcess[str]:
    """The frame of `.ci/run` around other steps."""
    whole = (PROJECT_ROOT / ".ci" / "run").read_text("utf-8")
    frame = whole[: whole.index('step "make test"')].replace('cd "$(dirname "$0")/.."', f"cd '{PROJECT_ROOT}'")
    script = tmp_path / "run"
    script.write_text(frame + steps)
    return subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False)


def test_a_run_ends_with_its_table_and_fails_where_a_step_failed(tmp_path: Path) -> None:
    good = run_of(tmp_path, 'step "one" true\ntogether "two" "echo second" "three" "echo third"\n')
    assert good.returncode == 0, good.stderr
    names = [line.split()[0] for line in good.stdout.splitlines()[-5:]]
    assert (names[:2], set(names[2:4]), names[4]) == (["step", "one"], {"two", "three"}, "all")
    bad = run_of(tmp_path, 'step "one" false\nstep "never" true\n')
    assert bad.returncode != 0
    assert "FAILED" in bad.stdout
    assert "never" not in bad.stdout
    for commands in ('"false" "other" "true"', '"true" "other" "false"'):
        assert run_of(tmp_path, f'together "one" {commands}\nstep "never" true\n').returncode != 0
