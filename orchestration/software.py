"""What each stage of a night is made by, as a digest: code, contracts, seeds, templates. What was made by other software is made anew.

A stage is made by the modules it begins with and all they import (orchestration/sources.py), and by the data files named
here. What the models make has digests of its own (orchestration/model_codes.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestration import __version__, sources
from orchestration.digests import digest_of, digest_of_sources
from orchestration.settings import PROJECT_ROOT
from orchestration.sources import PACKAGE, Sources
from orchestration.workspace import write_atomically

MODELS = ("dbt_project/**/*.sql", "dbt_project/**/*.csv", "dbt_project/**/*.yml")


@dataclass(frozen=True)
class Stage:
    """The modules of this package that a stage begins with, and patterns of the data files that it reads.

    Names are given without the package, so that a module that imports this one is not taken to import them.
    """

    modules: tuple[str, ...]
    data: tuple[str, ...]


INTAKE = Stage(("intake.deriving",), ("contracts/intake/*.yaml", "contracts/grading.yaml", "contracts/mappings/*.yaml"))
"""What makes rows of the lake of the files in the vault. Of the seeds it reads, the models compare the rows themselves."""
CANDIDATES = Stage(
    ("disclosure.candidates", "release.editions"),
    ("contracts/disclosure.yaml", "contracts/release/*.yaml", "dbt_project/seeds/*.csv"),
)
"""What makes candidates of the marts."""
REPORTS = Stage(("reports.current",), ("contracts/*.yaml", "contracts/*/*.yaml", "dbt_project/seeds/*.csv"))
"""What makes reports of a release and of the participants' own values."""
NIGHT = Stage(("night", "definitions"), ("contracts/*.yaml", "contracts/*/*.yaml", *MODELS))
"""All that a night does, from the look before it to what it remembers."""


@cache
def made_with(stage: Stage) -> str:
    """sha256 of the version and of every file that a stage is made by, by its path inside the project."""
    return _digest(stage, Sources(PROJECT_ROOT))


def made_with_noted(stage: Stage, notes: Path) -> str:
    """As `made_with`, without reading imports again in files that are noted. `notes`: where the names in each file are kept, by
    the digests of its bytes and of the code that found them, so that a note cannot be out of date.
    """
    reader = digest_of(Path(sources.__file__).read_bytes())
    found = Sources(PROJECT_ROOT, known=_noted(notes, reader))
    digest = _digest(stage, found)
    if found.read.keys() - found.known.keys():
        write_atomically(notes, json.dumps({"reader": reader, "names": found.read}, sort_keys=True) + "\n")
    return digest


def _noted(notes: Path, reader: str) -> dict[str, list[str]]:
    try:
        content = json.loads(notes.read_text("utf-8"))
        return dict(content["names"]) if content["reader"] == reader else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def files_of(stage: Stage, found: Sources) -> set[Path]:
    """Every file that a stage is made by."""
    data = (path for pattern in stage.data for path in found.root.glob(pattern))
    return found.of(f"{PACKAGE}.{name}" for name in stage.modules) | {
        path for path in data if "target" not in path.relative_to(found.root).parts
    }


def _digest(stage: Stage, found: Sources) -> str:
    return digest_of(__version__, digest_of_sources(found.root, files_of(stage, found)))
