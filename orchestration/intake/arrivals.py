"""What lies in landing: who sent which feed. Decides from names alone; opens nothing and follows no link."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.contracts import TableContract

OPERATOR = "operator"
_COPY_NUMBER = re.compile(r" ?\([0-9]+\)$")
READABLE = (".csv", ".xlsx", ".parquet", ".jsonl")


@dataclass(frozen=True)
class Arrival:
    """One file as found. `refusal` is the sentence of a file that cannot be a submission of anything."""

    path: Path
    name: str
    sender: str
    feed: str
    refusal: str | None = None


def list_arrivals(landing: Path, contracts: Mapping[str, TableContract]) -> list[Arrival]:
    """Every finished file in landing, in file-name order; `.part` files and dot-files are left alone."""
    paths = [p for p in landing.rglob("*") if p.is_symlink() or p.is_file()]
    return [
        _arrival(landing, p, contracts) for p in sorted(paths, key=lambda p: p.relative_to(landing).as_posix()) if _finished(landing, p)
    ]


def _finished(landing: Path, path: Path) -> bool:
    return path.suffix != ".part" and not any(part.startswith(".") for part in path.relative_to(landing).parts)


def _arrival(landing: Path, path: Path, contracts: Mapping[str, TableContract]) -> Arrival:
    parts = tuple(printable(part) for part in path.relative_to(landing).parts)
    sender = OPERATOR if len(parts) == 1 else parts[0]
    feed = feed_named(parts[-1])
    return Arrival(path, "/".join(parts), sender, feed, _refusal(path, len(parts), sender, feed, contracts))


def _refusal(path: Path, depth: int, sender: str, feed: str, contracts: Mapping[str, TableContract]) -> str | None:
    if misplaced := _misplaced(path, depth, sender):
        return misplaced
    if feed not in contracts:
        return unknown_name("feed", feed, (c.name for c in contracts.values() if _may_send(c, sender)))
    if not _may_send(contracts[feed], sender):
        place = "landing itself, by the operator" if contracts[feed].sender == OPERATOR else "a participant's own folder"
        return f"The feed {feed} is sent in {place}; move the file there."
    if path.suffix.lower() not in READABLE:
        return f"The file ends in {printable(path.suffix) or 'nothing'!r}: allowed are {', '.join(READABLE)}; save it as one of these."
    return None


def _misplaced(path: Path, depth: int, sender: str) -> str | None:
    if path.is_symlink():
        return "The entry is a link, not a file: links are never followed; put the file itself into the folder."
    if depth > 2:
        return "The file lies in a folder inside the participant's folder: put it directly into the participant's folder."
    if depth == 2 and sender == OPERATOR:
        return (
            f"The folder {OPERATOR!r} is no participant's: the operator's files lie in landing itself, all others in their sender's folder."
        )
    return None


def _may_send(contract: TableContract, sender: str) -> bool:
    return (contract.sender == OPERATOR) == (sender == OPERATOR)


def feed_named(file_name: str) -> str:
    """The feed a file name begins with: `KPI_Values__Q4.csv` and what browsers make of it, `kpi_values (1).csv`, are kpi_values."""
    return _COPY_NUMBER.sub("", file_name.split(".", 1)[0].split("__", 1)[0]).lower()


def printable(name: str) -> str:
    """A name as it can be stored and shown: what is no text, or would move a terminal's cursor, becomes a replacement sign."""
    return "".join(c if c.isprintable() else "\ufffd" for c in name)


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """One sentence for a name nobody declared: the nearest declared one, and all of them."""
    choices = sorted(known)
    near = difflib.get_close_matches(name.lower(), choices, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"The {kind} {name[:60]!r} is unknown.{hint} Allowed are: {', '.join(choices)}."
