"""`evenhand vendors match`, `review` and `decide` as people type them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import EvenhandError
from orchestration.idle import nothing_to_do, remember
from orchestration.intake.vault import Vault
from orchestration.settings import load_settings
from orchestration.vendors.decisions import Decision, record
from orchestration.vendors.lake import resolve_lake_vendors
from orchestration.workspace import Workspace, create_workspace


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["vendors", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace, _ = create_workspace(tmp_path / "home")
    monkeypatch.setenv("EVENHAND_HOME", str(workspace.home))
    return workspace


def test_match_answers_every_row_in_order_without_a_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "names.csv"
    file.write_text('vendor\nZorvex Inc.\n"Blantok, Ltd"\nZorvex\nZORVEX LTÉE\nZorvex 9\nZorvex\n', "utf-8")
    assert run("match", str(file)).splitlines() == [
        "vendor,canonical,decision",
        "Zorvex Inc.,Zorvex,merged",
        '"Blantok, Ltd","Blantok, Ltd",new',
        "Zorvex,Zorvex,new",
        "ZORVEX LTÉE,Zorvex,merged",
        "Zorvex 9,Zorvex 9,review",
        "Zorvex,Zorvex,new",
    ]


def test_match_names_a_missing_column(tmp_path: Path) -> None:
    file = tmp_path / "names.csv"
    file.write_text("name\nZorvex\n", "utf-8")
    with pytest.raises(EvenhandError, match="no column 'vendor'; its header is name"):
        run("match", str(file))


def test_what_was_decided_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, _ = create_workspace(tmp_path / "home")
    monkeypatch.setenv("EVENHAND_HOME", str(workspace.home))
    (workspace.lake / "kpi_values").mkdir()
    table = pa.table({"vendor": ["Zorvex", "Zorvex 9"], "submission_seq": pa.array([1, 1], pa.int32())})
    pq.write_table(table, workspace.lake / "kpi_values" / "0001.parquet")
    resolve_lake_vendors(workspace)
    assert run("review").splitlines() == ["left,right,reason,score", "Zorvex,Zorvex 9,head,3.5"]
    assert "is another vendor than" in run("decide", "--different", "Zorvex", "Zorvex 9")
    resolve_lake_vendors(workspace)
    assert run("review").splitlines() == ["left,right,reason,score"]
    with pytest.raises(EvenhandError, match="Give one decision"):
        run("decide")


def test_a_field_beyond_the_limit_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "names.csv"
    for length in (201, 131_073):
        file.write_text("vendor\nAcme\n" + "x" * length + "\n", "utf-8")
        with pytest.raises(EvenhandError, match=r"row 2: a vendor's name has at most 200 characters|cannot be read as CSV"):
            run("match", str(file))


def test_what_is_decided_can_be_written_down(home: Workspace) -> None:
    with pytest.raises(EvenhandError, match="not valid UTF-8"):
        run("decide", "--same", "bad\udcff", "x")
    assert not Vault(home.vault).events()


def test_a_name_of_another_vendor_is_refused(home: Workspace) -> None:
    (home.lake / "kpi_values").mkdir()
    table = pa.table({"vendor": ["Zorvex", "Blantok"], "submission_seq": pa.array([1, 1], pa.int32())})
    pq.write_table(table, home.lake / "kpi_values" / "0001.parquet")
    resolve_lake_vendors(home)
    with pytest.raises(EvenhandError, match="stands for another vendor"):
        run("decide", "--name", "Zorvex", "Blantok")
    assert "is called" in run("decide", "--name", "Zorvex", "Zorvex Group")


def test_a_decision_holds_from_a_day_whose_edition_is_not_out(home: Workspace) -> None:
    Vault(home.vault).append("released", release_id="2026-r0", as_of="2099-05-02")
    with pytest.raises(EvenhandError, match="holds from 2099-05-03 at the earliest"):
        run("decide", "--same", "a", "b", "--as-of", "2099-05-02")
    assert "holds from 2099-05-03 on" in run("decide", "--same", "a", "b")
    assert "holds from 2099-06-01 on" in run("decide", "--same", "a", "c", "--as-of", "2099-06-01")
    assert [event["as_of"] for event in Vault(home.vault).events("vendor_decision")] == ["2099-05-03", "2099-06-01"]


def test_a_decision_that_comes_due_is_something_to_do(home: Workspace) -> None:
    settings = load_settings(home.home)
    record(Vault(home.vault), Decision("same", "a", "b"), date(2026, 7, 1))
    home.warehouse.touch()
    (home.candidate / ".private").mkdir()
    remember(home, settings, date(2026, 6, 1), "public", None, "Quiet.")
    assert nothing_to_do(home, settings, date(2026, 6, 30), "public")
    assert nothing_to_do(home, settings, date(2026, 7, 1), "public") is None


def test_a_night_applies_the_decisions_of_its_day(home: Workspace) -> None:
    (home.lake / "kpi_values").mkdir()
    table = pa.table({"vendor": ["Zorvex", "Blantok"], "submission_seq": pa.array([1, 1], pa.int32())})
    pq.write_table(table, home.lake / "kpi_values" / "0001.parquet")
    run("decide", "--same", "Zorvex", "Blantok", "--as-of", "2026-07-01")
    vendors = [len({row.vendor_id for row in resolve_lake_vendors(home, date(2026, month, 1)).identities.values()}) for month in (6, 7, 6)]
    assert vendors == [2, 1, 2]
