"""The end of `make demo`: three places to look first, each with a few words, each a path that can be opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration import cli
from orchestration.cli import app
from orchestration.demo import run


def pretend_night(workspace, *_: object, **__: object) -> None:
    """What a night leaves, as far as the end of the command reads it."""
    (workspace.releases / "current").write_text("2025-r0\n")
    for path in ("releases/2025-r0/benchmark.csv", "releases/2025-r0/checks.html", "reports/2025-r0/DEMO-P002/report.html"):
        (workspace.home / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace.home / path).write_text("x")
    (workspace.reports / "2025-r0" / "DEMO-P001").mkdir()
    (workspace.reports / "2025-r0" / "DEMO-P001" / "report.html").write_text("x")


def test_the_demo_ends_with_three_places_to_look_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_run", pretend_night)
    monkeypatch.setattr(run, "make_consortium", lambda landing: None)
    monkeypatch.setattr(run, "truth_json", lambda truth: "{}")
    home = tmp_path / ("a long way down " * 8) / "demo"  # wider than any terminal: a path stays on one line
    ended = CliRunner().invoke(app, ["demo", "--home", str(home)], catch_exceptions=False)
    *_, title, first, report, second, figures, third, checks = ended.output.splitlines()
    assert title == f"Invented data; what was planted in it: {home}/truth.json. Look first at:"
    assert [report, figures, checks] == [
        f"    {home}/reports/2025-r0/DEMO-P001/report.html",
        f"    {home}/releases/2025-r0/benchmark.csv",
        f"    {home}/releases/2025-r0/checks.html",
    ]
    assert all(Path(line.strip()).is_file() for line in (report, figures, checks))
    assert [line.strip() for line in (first, second, third)] == [
        "One company's private report:",
        "The published figures of 2025, which any spreadsheet opens:",
        "Every check and attack that the figures passed:",
    ]
