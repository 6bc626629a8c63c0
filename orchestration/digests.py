"""What a thing was made of: digests, and the small files that note them. What was made of the same need not be made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from orchestration.workspace import write_atomically


def digest_of(*values: object) -> str:
    """sha256 of values that are equal where their texts are."""
    return hashlib.sha256(repr(values).encode()).hexdigest()


def digest_of_sources(root: Path, paths: Iterable[Path]) -> str:
    """sha256 of each file's path below `root` and its bytes, in the order of their names; but of nothing that was built (`target` below `root`)."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        name = path.relative_to(root)
        if "target" not in name.parts:
            digest.update(name.as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def read_notes(path: Path) -> dict[str, Any]:
    """Notes as they were written; none where the file is missing or is no such file."""
    try:
        notes = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def write_notes(path: Path, notes: Mapping[str, Any]) -> None:
    write_atomically(path, json.dumps(notes, sort_keys=True, indent=1) + "\n")
