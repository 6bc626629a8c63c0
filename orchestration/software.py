"""A digest of everything this software is: code, models, seeds, contracts. What was made by other software is made anew."""

from __future__ import annotations

import hashlib
from functools import cache

from orchestration import __version__
from orchestration.settings import PROJECT_ROOT

SOURCES = (
    ("orchestration", "*.py"),
    ("orchestration", "*.j2"),
    ("orchestration", "*.css"),
    ("dbt_project", "*.sql"),
    ("dbt_project", "*.csv"),
    ("dbt_project", "*.yml"),
    ("contracts", "*.yaml"),
)


@cache
def software_digest() -> str:
    """sha256 of the version and of every source file, by its path inside the project."""
    digest = hashlib.sha256(__version__.encode())
    for folder, pattern in SOURCES:
        for path in sorted((PROJECT_ROOT / folder).rglob(pattern)):
            if "target" not in path.parts:
                digest.update(path.relative_to(PROJECT_ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
