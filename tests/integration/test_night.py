"""Whole nights on the made consortium: what is published, that it repeats to the byte, and that a red gate stops it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import EvenhandError
from orchestration.intake.vault import Vault
from orchestration.night import run_night
from orchestration.release.shelf import read_public_key, verify
from orchestration.reports.current import write_current_reports, write_release_reports
from orchestration.settings import PROJECT_ROOT, load_settings
from tests.conftest import FIRST_NIGHT, Consortium, contents, new_workspace
from tests.integration.looking import accounted_for, published_rows, served_and_in_ledger

EXPECTED = ["2023-Q1-r0", "2023-Q2-r0", "2023-Q3-r0", "2023-Q4-r0", "2023-r0"]


def test_what_is_due_is_published_and_the_rest_waits(consortium: Consortium) -> None:
    assert sorted(p.name for p in consortium.workspace.releases.iterdir() if p.is_dir()) == EXPECTED
    assert (consortium.workspace.releases / "current").read_text() == "2023-r0\n"
    assert [s.name for s in consortium.outcome.stages] == ["intake", "transform", "disclosure", "gate", "release", "reports"]
    assert "Nothing is due until 2024-11-02" in consortium.outcome.says


def test_every_row_is_accounted_for(consortium: Consortium, landed: Path) -> None:
    files, rows = accounted_for(consortium.workspace)
    assert files == sum(p.is_file() for p in landed.rglob("*")) > 150
    assert rows > 2000


def test_no_published_row_is_below_the_rules(consortium: Consortium) -> None:
    rows, contributors, tie_share = published_rows(consortium.workspace)
    assert rows > 150
    assert contributors >= 10
    assert tie_share < 0.8


def test_the_ledger_holds_who_is_in_each_served_cell(consortium: Consortium) -> None:
    served, in_ledger, smallest = served_and_in_ledger(consortium.workspace, "2023-r0")
    assert served == in_ledger
    assert smallest >= 10
    events = Vault(consortium.workspace.vault).events("released")
    assert [e["release_id"] for e in events] == EXPECTED


def test_every_buyer_has_a_report_and_nobody_else(consortium: Consortium) -> None:
    folders = {p.name for p in (consortium.workspace.reports / "2023-r0").iterdir()}
    with duckdb.connect(str(consortium.workspace.warehouse), read_only=True) as con:
        buyers = {row[0] for row in con.execute("select participant_id from marts.participants where role = 'buyer'").fetchall()}
    assert folders == buyers
    for name in sorted(folders)[:3]:
        page = (consortium.workspace.reports / "2023-r0" / name / "report.html").read_text()
        assert name in page
        assert not any(other in page for other in folders - {name})


def test_releases_verify_with_the_public_key_alone(copied: Consortium, tmp_path: Path) -> None:
    key = read_public_key(copied.workspace.releases / "evenhand.pub")
    folder = tmp_path / "elsewhere"
    shutil.copytree(copied.workspace.releases / "2023-r0", folder)
    assert verify(folder, key) == []
    (folder / "benchmark.csv").write_text((folder / "benchmark.csv").read_text().replace("published", "re-served", 1))
    (folder / "extra.txt").write_text("x")
    (folder / "method.md").unlink()
    problems = " ".join(verify(folder, key))
    assert "benchmark.csv: sha256" in problems
    assert "extra.txt is not part" in problems
    assert "method.md is missing" in problems
    assert "not signed by this public key" in " ".join(verify(copied.workspace.releases / "2023-r0", "00" * 32))


def test_another_run_and_one_thread_change_no_byte(consortium: Consortium, copied: Consortium, landed: Path, tmp_path: Path) -> None:
    before = {name: contents(copied.workspace.home / name) for name in ("vault", "lake", "releases", "reports")}
    run_night(copied.workspace, copied.settings, FIRST_NIGHT, "public", even_if_idle=True)
    after = {name: contents(copied.workspace.home / name) for name in before}
    for name, files in before.items():
        assert after[name] == files, name
    alone = new_workspace(tmp_path / "alone", "EVENHAND_THREADS=1\n")
    shutil.copytree(landed, alone.landing, dirs_exist_ok=True)
    run_night(alone, load_settings(alone.home, environ={}), FIRST_NIGHT, "public")
    assert contents(alone.releases) == before["releases"]
    assert contents(alone.reports) == before["reports"]


def test_an_idle_night_looks_and_stops(copied: Consortium) -> None:
    outcome = run_night(copied.workspace, copied.settings, date(2024, 5, 3), "public")
    assert outcome.stages == ()
    assert "Nothing new has landed" in outcome.says


def test_an_idle_night_loads_nothing_heavy(copied: Consortium) -> None:
    """As the command: it looks before it imports Dagster, dbt, Great Expectations, or any engine."""
    heavy = {"dagster", "dbt", "great_expectations", "duckdb", "pyarrow", "numpy", "pandas", "sqlalchemy"}
    night = "sys.argv = ['evenhand', 'nightly', '--as-of', '2024-05-03']; from orchestration.cli import app; app(standalone_mode=False)"
    code = f"import sys; {night}; print('loaded:', sorted({heavy!r} & set(sys.modules)))"
    environment = os.environ | {"EVENHAND_HOME": str(copied.workspace.home), "PYTHONPATH": str(PROJECT_ROOT)}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "Nothing new has landed" in ran.stdout
    assert "loaded: []" in ran.stdout


def test_a_report_is_made_again_only_where_it_would_say_something_else(copied: Consortium) -> None:
    workspace, settings = copied.workspace, copied.settings
    pages = {p.parent.name: p for p in (workspace.reports / "2023-r0").glob("*/report.html")}
    before = {name: (page.read_bytes(), page.stat().st_ino) for name, page in pages.items()}
    assert write_current_reports(workspace) == []
    sender, gone, *_ = sorted(pages)
    own = f"select kpi_code, period_start, period_end, value_chain_stage from read_parquet('{workspace.lake}/kpi_values/*.parquet') "
    with duckdb.connect() as connection:
        sent = connection.execute(
            own + "where participant_id = $1 and period_end = '2023-12-31' and numerator is not null order by all limit 200", [sender]
        )
        rows = [f"{kpi},{start},{end},{stage},,\n" for kpi, start, end, stage in sent.fetchall()]  # withdrawn
    (workspace.landing / sender).mkdir(exist_ok=True)
    header = "kpi_code,period_start,period_end,value_chain_stage,numerator,denominator\n"
    (workspace.landing / sender / "kpi_values__withdrawn.csv").write_text(header + "".join(dict.fromkeys(rows)), "utf-8")
    pages[gone].unlink()
    (pages[gone].parent / "positions.csv").unlink()
    run_night(workspace, settings, date(2024, 5, 3), "public")
    after = {name: (page.read_bytes(), page.stat().st_ino) for name, page in pages.items()}
    assert {name for name in pages if after[name] != before[name]} == {sender, gone}
    assert after[gone][0] == before[gone][0]
    assert after[sender][0] != before[sender][0]
    (pages[gone].parent / "questions.csv").unlink()
    assert [written.participant_id for written in write_current_reports(workspace)] == [gone]
    write_release_reports(workspace, workspace.releases / "2023-r0", participant_id=sender)
    assert [written.participant_id for written in write_current_reports(workspace)] == [sender], "what was written between is not noted"
    shutil.rmtree(workspace.reports)
    run_night(workspace, settings, date(2024, 5, 3), "public")
    assert {name: page.read_bytes() for name, page in pages.items()} == {name: content for name, (content, _) in after.items()}


def test_the_command_line_lists_shows_and_verifies(copied: Consortium) -> None:
    env = {"EVENHAND_HOME": str(copied.workspace.home)}
    run = CliRunner()
    listed = run.invoke(app, ["release", "list"], env=env).output
    assert [line.split()[0] for line in listed.splitlines()] == EXPECTED
    assert "(current)" in listed.splitlines()[-1]
    assert "benchmark.parquet" in run.invoke(app, ["release", "show", "current"], env=env).output
    assert "as it was signed" in run.invoke(app, ["release", "verify", "2023-Q1-r0"], env=env).output
    assert "Last run: night of 2024-05-02" in run.invoke(app, ["status"], env=env).output
    unknown = run.invoke(app, ["release", "show", "2030-r0"], env=env)
    assert isinstance(unknown.exception, EvenhandError)


def test_a_second_night_that_starts_meanwhile_is_refused(copied: Consortium) -> None:
    import fcntl

    with (copied.workspace.dagster / "night.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(EvenhandError, match="Another run is working"):
            run_night(copied.workspace, copied.settings, FIRST_NIGHT, "public")


def test_a_damaged_table_is_a_problem_not_a_traceback(copied: Consortium) -> None:
    folder = copied.workspace.releases / "2023-r0"
    (folder / "benchmark.parquet").write_bytes(b"")
    problems = verify(folder, read_public_key(copied.workspace.releases / "evenhand.pub"))
    assert any(p.startswith("benchmark.parquet: sha256") for p in problems)
    (folder / "manifest.json").write_bytes(b"\xff{")
    with pytest.raises(EvenhandError, match="no readable manifest"):
        verify(folder, "00" * 32)


def test_an_earlier_night_does_not_silence_later_ones(copied: Consortium) -> None:
    run_night(copied.workspace, copied.settings, date(2024, 2, 1), "public")
    later = run_night(copied.workspace, copied.settings, FIRST_NIGHT, "public")
    assert later.stages
    with duckdb.connect(str(copied.workspace.warehouse), read_only=True) as con:
        assert con.execute("select count(*) from marts.company_values").fetchone()[0] > 0
