"""Run one stage of a night in a process of its own and say which files of the project it opened, and in which it called something.

    python -m tests.integration.stage_files STAGE HOME AS_OF PROFILE

Everything is imported anew, so that no cache hides a file. Prints one JSON object: `opened` and `called`, paths below the project.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
opened: set[str] = set()
called: set[str] = set()


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str):
        opened.add(arguments[0])


def _see(frame: FrameType, event: str, argument: object) -> None:
    called.add(frame.f_code.co_filename)


def intake(home: Path, day: date, profile: str) -> None:
    from orchestration.intake.deriving import restore_lake
    from orchestration.settings import load_settings
    from orchestration.workspace import Workspace

    _traced(lambda: restore_lake(Workspace(home), load_settings(home, environ={})))


def candidates(home: Path, day: date, profile: str) -> None:
    from orchestration.contracts import disclosure_policy, release_contracts
    from orchestration.release.nightly import make_candidates
    from orchestration.release.publish import Publisher
    from orchestration.settings import load_settings
    from orchestration.workspace import Workspace

    policy = disclosure_policy()
    publisher = Publisher(Workspace(home), load_settings(home, environ={}), policy.profile(profile), policy, release_contracts(), day)
    _traced(lambda: make_candidates(publisher))


def reports(home: Path, day: date, profile: str) -> None:
    from orchestration.reports.current import write_current_reports
    from orchestration.workspace import Workspace

    _traced(lambda: write_current_reports(Workspace(home)))


def _traced(work: Callable[[], object]) -> None:
    threading.settrace(_see)
    sys.settrace(_see)
    try:
        work()
    finally:
        sys.settrace(None)


def _below_root(paths: set[str]) -> list[str]:
    found = {Path(path).resolve() for path in paths if not path.startswith("<")}
    return sorted(path.relative_to(ROOT).as_posix() for path in found if path.is_relative_to(ROOT))


if __name__ == "__main__":
    sys.addaudithook(_hear)
    stage, home, day, profile = sys.argv[1:]
    {"intake": intake, "candidates": candidates, "reports": reports}[stage](Path(home), date.fromisoformat(day), profile)
    print(json.dumps({"opened": _below_root(opened), "called": _below_root(called)}))
