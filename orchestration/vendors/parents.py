"""Who owns whom, and when: a relation of its own, kept by analysts. Never used to decide who a vendor is."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from orchestration.errors import EvenhandError

COLUMNS = ("vendor", "parent", "valid_from", "valid_to")


@dataclass(frozen=True)
class Parent:
    """`vendor` belongs to `parent` from `valid_from` to `valid_to`, both days included; None is without end."""

    vendor: str
    parent: str
    valid_from: date
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def read_parents(path: Path) -> list[Parent]:
    """The relation from a CSV with the columns of `COLUMNS`. Raises `EvenhandError` with the line that is wrong."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise EvenhandError(f"{path.name} has the columns {', '.join(reader.fieldnames or ())}; needed are {', '.join(COLUMNS)}.")
        parents = [_parent(row, f"{path.name}, line {reader.line_num}") for row in reader]
    _require_one_at_a_time(parents)
    return parents


def parent_on(parents: Iterable[Parent], vendor: str, day: date) -> str | None:
    """The vendor's parent on a day, or None."""
    return next((parent.parent for parent in parents if parent.vendor == vendor and parent.holds_on(day)), None)


def _parent(row: dict[str, str], where: str) -> Parent:
    try:
        valid_to = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
        parent = Parent(row["vendor"].strip(), row["parent"].strip(), date.fromisoformat(row["valid_from"]), valid_to)
    except ValueError as error:
        raise EvenhandError(f"{where}: {error}; a date is written 2026-06-30, and only valid_to may be empty.") from None
    if not parent.vendor or not parent.parent or parent.vendor == parent.parent:
        raise EvenhandError(f"{where}: vendor and parent are two names; given are {parent.vendor!r} and {parent.parent!r}.")
    if parent.valid_to is not None and parent.valid_to < parent.valid_from:
        raise EvenhandError(f"{where}: valid_to {parent.valid_to} lies before valid_from {parent.valid_from}.")
    return parent


def _require_one_at_a_time(parents: list[Parent]) -> None:
    ordered = sorted(parents, key=lambda parent: (parent.vendor, parent.valid_from))
    for earlier, later in pairwise(ordered):
        if earlier.vendor == later.vendor and (earlier.valid_to is None or later.valid_from <= earlier.valid_to):
            raise EvenhandError(f"{later.vendor!r} has two parents on {later.valid_from}: {earlier.parent!r} and {later.parent!r}.")
