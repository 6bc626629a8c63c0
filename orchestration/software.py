"""A digest of everything this software is: code, models, seeds, contracts. What was made by other software is made anew."""

from __future__ import annotations

from functools import cache

from orchestration import __version__
from orchestration.digests import digest_of, digest_of_sources
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
    found = (digest_of_sources(PROJECT_ROOT, (PROJECT_ROOT / folder).rglob(pattern)) for folder, pattern in SOURCES)
    return digest_of(__version__, *found)
