"""The catalogue held to what was published: a KPI's version means for good what it meant in the first release that used it.

A changed meaning is a new version and a break in the series, on purpose (METHOD 1). So a night refuses to make candidates,
and publishing refuses again, where the catalogue gives a published version another meaning, or no longer holds it. Names,
ranges, typical ranges, drivers and sources may be mended: they change how a figure is shown and checked, not what it says.
"""

from __future__ import annotations

import csv
from pathlib import Path

from orchestration.errors import EvenhandError

CATALOGUE = "kpi_catalogue.csv"
MEANING = (
    "definition",
    "numerator",
    "denominator",
    "unit",
    "multiplier",
    "direction",
    "aggregation",
    "coverage_exempt",
    "min_base",
    "price_basis",
)
Rows = dict[tuple[str, str], dict[str, str]]


def refuse_changed_meaning(releases: Path, catalogue: Path) -> None:
    """Raises `EvenhandError` with one sentence where a published version of a KPI has another meaning in `catalogue`."""
    now, same = _read(catalogue), catalogue.read_bytes()
    for folder in sorted(p for p in releases.glob("*") if (p / CATALOGUE).is_file() and not p.name.startswith(".")):
        if (folder / CATALOGUE).read_bytes() == same:
            continue
        changes = changed_meaning(_read(folder / CATALOGUE), now)
        if changes:
            (code, version), columns = next(iter(changes.items()))
            more = f" (and {len(changes) - 1} more)" if len(changes) > 1 else ""
            raise EvenhandError(
                f"KPI {code}{more}: version {version} was published in {folder.name} and now {_what(columns)}: "
                f"give the row its old meaning back, close it with valid_to, and add the new one as version {int(version) + 1} "
                "from the day after. Nothing was published."
            )


def changed_meaning(published: Rows, now: Rows) -> dict[tuple[str, str], tuple[str, ...]]:
    """Per published code and version the columns that say something else now; no column where the version is gone."""
    changes: dict[tuple[str, str], tuple[str, ...]] = {}
    for key, row in published.items():
        columns = tuple(c for c in MEANING if c in row and _plain(row[c]) != _plain(now.get(key, row).get(c)))
        if columns or key not in now:
            changes[key] = columns
    return changes


def _what(columns: tuple[str, ...]) -> str:
    return f"has another {', '.join(columns)}" if columns else "is gone from the catalogue"


def _plain(text: str | None) -> str:
    """Without what is no change of meaning: spaces, and how a number is written."""
    words = " ".join((text or "").split())
    try:
        return repr(float(words))
    except ValueError:
        return words


def _read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as handle:
        return {(row["code"], row["version"]): row for row in csv.DictReader(handle)}
