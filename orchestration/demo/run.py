"""The demo's workspace: made anew each time, labelled as made, with the truths it was planted with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from orchestration.demo import make_consortium, truth_json
from orchestration.errors import EvenhandError
from orchestration.workspace import Workspace, create_workspace, write_atomically

DEMO_AS_OF = date(2026, 6, 30)
LABEL = "Made data: an invented consortium, no real company"


def prepare_demo(home: Path) -> Workspace:
    """A fresh workspace with the made consortium in landing. Only a workspace that is a demo itself is replaced.

    Raises `EvenhandError` where something else lies in the way.
    """
    if home.exists() and any(home.iterdir()) and not (home / "truth.json").exists():
        raise EvenhandError(f"{home} is in use and is no demo: name an empty place with --home.")
    shutil.rmtree(home, ignore_errors=True)
    workspace, _ = create_workspace(home)
    with (home / ".env").open("a", encoding="utf-8") as handle:
        handle.write(f"EVENHAND_LABEL={LABEL}\n")
    truth = make_consortium(workspace.landing)
    write_atomically(home / "truth.json", truth_json(truth))
    return workspace


def places_to_look_first(workspace: Workspace) -> Iterator[tuple[str, Path]]:
    """What the night of the demo left that a person opens first, with a few words each: a report, the figures, how they were checked."""
    current = (workspace.releases / "current").read_text("utf-8").strip()
    release = workspace.releases / current
    yield "One company's private report", min((workspace.reports / current).glob("*/report.html"))
    yield f"The published figures of {current.partition('-')[0]}, which any spreadsheet opens", release / "benchmark.csv"
    yield "Every check and attack that the figures passed", release / "checks.html"
