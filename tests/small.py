"""A small consortium for whole nights in tests: some forty groups of the demo with nine of its KPIs over two years.

It is cut out of the demo's landing folder line by line: every figure in it is one of the demo's, dirt and broken files too. Its
vendors are five instead of twenty-five, so that some of their cells are large enough to be published. There are quartiles in
some cells and cells of vendors; the tails, which need 51 groups, and what was planted are looked for in the whole demo.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from orchestration.demo.projects import VENDORS

KPIS = ("ADO-01", "BEN-01", "DEL-01", "EXP-01", "EXP-02", "NED-04", "SVC-02", "SVC-04", "VEN-01")
"""By project and by quarter with promises, ties at zero, surveys by stage, money, logarithms, vendors."""
FIRST_DAY_LEFT_OUT = "2025-01-01"
INDUSTRIES = ("C", "K")
MOST = 48
FEW_VENDORS = VENDORS[:5]
SHARED_GROUPS = ("DEMO-G901", "DEMO-G904")
NOT_BUYERS = ("vendor", "operator")
BROKEN = ("DEMO-P010", "DEMO-P011", "DEMO-P201")
CHANGED = ("DEMO-P013", "DEMO-P104")
MIXED = ("DEMO-P024", "DEMO-P107", "DEMO-P110")
UNVERIFIED = ("DEMO-P046",)
SPECIAL = (*BROKEN, *CHANGED, *MIXED, *UNVERIFIED)
"""Whoever sends broken files, changed its entry, sends a KPI in two grains, or is not verified."""


def cut_small(full: Path, landing: Path, first_day_left_out: str = FIRST_DAY_LEFT_OUT) -> None:
    """Write the small consortium's landing folder from the demo's; the same demo gives the same bytes."""
    registry = _lines(full / "participants.csv")
    kept = _kept(registry)
    _write(landing / "participants.csv", [registry[0], *(line for line in registry[1:] if line.split(",")[0] in kept)])
    for path in sorted(full.glob("*/*.csv")):
        if path.parent.name in kept:
            lines = _lines(path)
            _write(landing / path.parent.name / path.name, [*lines[:1], *_few(lines, first_day_left_out)])


def _kept(registry: list[str]) -> set[str]:
    """The special ones, and of two industries the first, up to `MOST`."""
    rows = list(csv.DictReader(registry))
    special = {row["participant_id"] for row in rows if _is_special(row)}
    plain = dict.fromkeys(
        row["participant_id"] for row in rows if row["industry_code"] in INDUSTRIES and row["participant_id"] not in special
    )
    return special | set(list(plain)[: MOST - len(special)])


def _is_special(row: dict[str, str]) -> bool:
    return row["participant_id"] in SPECIAL or row["holding_group_id"] in SHARED_GROUPS or row["role"] in NOT_BUYERS


def _few(lines: list[str], first_day_left_out: str) -> Iterator[str]:
    """The lines after the header that are kept, of five vendors. No value of these files holds a line break or a quoted separator."""
    named: dict[tuple[str, ...], str] = {}
    for line, row in zip(lines[1:], csv.DictReader(lines, delimiter=";" if ";" in "".join(lines[:1]) else ","), strict=True):
        vendor, other = row.get("vendor") or "", _one_of_few(row.get("vendor") or "")
        if not row.get("kpi_code", KPIS[0]).startswith(KPIS) or row.get("period_start", "") >= first_day_left_out:
            continue
        own = (row.get("kpi_code", ""), row.get("period_start", ""), row.get("project_ref", ""), other)
        if named.setdefault(own, vendor) == vendor:  # two vendors that become one would contradict each other
            yield line.replace(vendor, other, 1) if vendor else line


def _one_of_few(vendor: str) -> str:
    return FEW_VENDORS[VENDORS.index(vendor) % len(FEW_VENDORS)] if vendor in VENDORS else vendor


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines(keepends=True)


def _write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines), "utf-8", newline="")
