"""`evenhand vendors match`, `review` and `decide` as people type them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import EvenhandError
from orchestration.vendors.lake import resolve_lake_vendors
from orchestration.workspace import create_workspace


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["vendors", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


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
