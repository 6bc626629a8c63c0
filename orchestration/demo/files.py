"""CSV files of the made landing folder. Columns come from the contracts; what is in the rows is decided elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from orchestration.contracts import intake_contracts

Row = list[str]


def columns_of(feed: str) -> tuple[str, ...]:
    """Column order of a feed's files."""
    return intake_contracts()[feed].column_names


def csv_text(header: Sequence[str], rows: Sequence[Row], delimiter: str = ",") -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def write_feed(folder: Path, feed: str, rows: Sequence[Row]) -> None:
    write_text(folder / f"{feed}.csv", csv_text(columns_of(feed), rows))


def write_text(path: Path, text: str) -> None:
    """Write under a `.part` name first, which readers of the landing folder leave alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8", newline="")
    beside.replace(path)
