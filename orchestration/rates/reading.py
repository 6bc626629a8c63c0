"""One file of reference rates as the European Central Bank publishes it: a CSV, or a ZIP that holds one.

The header is `Date` and currency codes, a row is one day, a cell is units of that currency for one euro or `N/A`. The bank
writes days as `2025-12-31` in its history and as `31 December 2025` in the file of one day; both are read.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from orchestration.errors import EvenhandError
from orchestration.intake.vault import file_digest

ADDRESS = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"
NO_RATE = ("", "N/A")
MOST_BYTES = 64 * 1024 * 1024
SMALLEST = Decimal("0.000001")


@dataclass(frozen=True)
class RateFile:
    """The rates of one file: units of a currency for one euro, by currency and day. `sha256` is of the file as it lies."""

    sha256: str
    rates: dict[tuple[str, date], Decimal]

    @property
    def last_day(self) -> date:
        return max(day for _, day in self.rates)


def read_rate_file(path: Path) -> RateFile:
    """Raises `EvenhandError` with one sentence where the file is not what the bank publishes."""
    try:
        return RateFile(file_digest(path), _rates(_text(path)))
    except _NotAsPublishedError as problem:
        raise EvenhandError(
            f"{path} is no file of reference rates as the European Central Bank publishes them ({problem}): "
            f"take it from {ADDRESS} again, or remove it."
        ) from None


class _NotAsPublishedError(Exception):
    """What is wrong with a file, in a few words."""


def _text(path: Path) -> str:
    try:
        data = _unzipped(path) if path.suffix.lower() == ".zip" else _limited(path.read_bytes(), path.stat().st_size)
        return data.decode("utf-8-sig")
    except (OSError, BadZipFile, UnicodeDecodeError, RuntimeError, NotImplementedError, EOFError) as error:
        raise _NotAsPublishedError("it cannot be read") from error


def _unzipped(path: Path) -> bytes:
    with ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
        if len(names) != 1:
            raise _NotAsPublishedError(f"it holds {len(names)} CSV files instead of one")
        return _limited(b"", archive.getinfo(names[0]).file_size) or archive.read(names[0])


def _limited(data: bytes, size: int) -> bytes:
    if size > MOST_BYTES:
        raise _NotAsPublishedError(f"it holds more than {MOST_BYTES // 1024**2} MB")
    return data


def _rates(text: str) -> dict[tuple[str, date], Decimal]:
    lines = csv.reader(io.StringIO(text))
    codes = [cell.strip() for cell in next(lines, [])]
    if codes[:1] != ["Date"] or not all(re.fullmatch("[A-Z]{3}", code) for code in codes[1:] if code) or len(set(codes)) < len(codes):
        raise _NotAsPublishedError("its header is not Date and currency codes, each once")
    rates: dict[tuple[str, date], Decimal] = {}
    days: set[date] = set()
    for number, cells in enumerate(lines, start=2):
        if cells:
            day = _day(cells[0].strip(), number)
            if day in days or len(cells) != len(codes):
                raise _NotAsPublishedError(f"line {number} repeats a day or does not have {len(codes)} fields")
            days.add(day)
            rates |= {(code, day): rate for code, cell in zip(codes[1:], cells[1:], strict=True) if (rate := _rate(code, cell, number))}
    if not rates:
        raise _NotAsPublishedError("it holds no rate")
    return rates


def _day(text: str, line: int) -> date:
    for form in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    raise _NotAsPublishedError(f"line {line} does not begin with a day")


def _rate(code: str, cell: str, line: int) -> Decimal | None:
    text = cell.strip()
    if text in NO_RATE:
        return None
    try:
        rate = Decimal(text)
    except InvalidOperation:
        rate = Decimal(0)
    if not code or not rate.is_finite() or not SMALLEST <= rate < 10**12 or rate != rate.quantize(SMALLEST):
        raise _NotAsPublishedError(f"line {line} holds {text[:20]!r}, which is no rate of at most 6 decimal places")
    return rate
