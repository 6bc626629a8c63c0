"""Files for the fuzz run: valid ones of every format and feed, and what a seeded random hand makes of them."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import io
import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

Row = dict[str, object]
DAY = dt.date(2024, 1, 1)
FIRST_SHEET_YEAR, HALF = 1900, 8.25
ROWS: dict[str, list[Row]] = {
    "kpi_values": [
        {
            "kpi_code": "ADO-01",
            "period_start": DAY,
            "period_end": dt.date(2024, 3, 31),
            "value_chain_stage": stage,
            "project_ref": f"Projekt {n}",
            "vendor": "Zürich Soft, Inc",
            "numerator": 7.25 + n,
            "denominator": 40 + n,
            "months_since_go_live": 12,
            "evidence_grade": "B",
        }
        for n, stage in enumerate(["OP", "IL", "MS", "FI"] * 5)
    ],
    "engagements": [
        {"project_ref": f"P{n}", "vendor": f"Vendor {n}", "vendor_role": "cloud", "annual_spend": 1234.5 * n, "currency": "EUR"}
        for n in range(12)
    ],
    "projects": [
        {"project_ref": f"P{n}", "project_kind": "upgrade", "value_chain_stage": "OP", "status": "live", "started_on": DAY}
        for n in range(8)
    ],
}
HOSTILE_SHARE, UNCHANGED_SHARE, WHOLE_COLUMN_SHARE, INSIDE_SHARE = 0.4, 0.6, 0.3, 0.7
VALUES: list[object] = [
    None, "", "1e999", "NaN", "inf", "-inf", "9999-12-31", "=1+1", "@SUM(A1)", "-", "1.234,56", "1,234.56", "1 234", "1,5", "a\u202eb", "a\u200bb", "\ufeff",
    "a\nb", "a\r\nb", 'a"b', "a;b", "a\tb", "\u2028", "x" * 5000, "\U0001f642", "e\u0301", "..", "/../../etc/passwd", "'; drop table judged; --", "{}", "$1",
    True, 0, -1, 2**31, 2**62, 0.1, 1e22, 1e-9, float("nan"), float("inf"), dt.date(9999, 12, 31), dt.date(1, 1, 1), dt.datetime(2024, 2, 29, 23, 59, 59, tzinfo=dt.UTC),
    dt.time(1, 2), b"bytes", b"\xff\xfe", decimal.Decimal("1.500"), decimal.Decimal("1E-9"), [1, 2], {"a": 1}, dt.timedelta(days=1),
]  # fmt: skip
TOKENS = [
    b"", b"1e999", b"NaN", b"inf", b"-inf", b"9999-12-31", b"99999-01-01", b"0000-00-00", b"=1+1", b"@SUM(A1)", b"-", b"1.234,56", b"1,234.56", b"1 234",
    "\u202e".encode(), "\u200b".encode(), "\ufeff".encode(), b"\x00", b"\xff", b"\xc3", b'"', b"'", b";", b",", b"\t", b"\n", b"\r", b"\r\n", b"{", b"}", b"[[",
    b"null", b"true", b"\\ud800", b"\\u0000", b"9" * 400, b"A" * 70_000, b"<!DOCTYPE x>", b"<!ENTITY a 'b'>", b'r="XFD1048576"', b't="e"', b"<f>1+1</f>", b"</row>",
    b"PK\x03\x04", b"PAR1", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x80\x00\x00\x00", b"..", b"/../../etc/passwd",
]  # fmt: skip


@dataclass(frozen=True)
class Valid:
    """One valid file."""

    feed: str
    suffix: str
    data: bytes


def valid_files() -> list[Valid]:
    """Every feed in every format, text in every encoding and delimiter that is read."""
    return [Valid(feed, suffix, data) for feed, rows in ROWS.items() for suffix, data in _forms(rows)]


def _forms(rows: list[Row], only: str = "") -> list[tuple[str, bytes]]:
    makers = {".csv": _texts, ".jsonl": _lines, ".xlsx": _workbooks, ".parquet": _tables}
    return [(suffix, data) for suffix, make in makers.items() if only in ("", suffix) for data in make(rows)]


def _texts(rows: list[Row]) -> list[bytes]:
    plain, semicolons = _delimited(rows, ","), _delimited(rows, ";").replace(".25;", ",25;")
    texts = [plain.encode(), plain.encode("utf-8-sig"), plain.replace("\n", "\r\n").encode(), _delimited(rows, "\t").encode("utf-16")]
    return [*texts, semicolons.encode("cp1252", "replace"), semicolons.replace("\n", ";;\n").encode()]


def _lines(rows: list[Row]) -> list[bytes]:
    return ["".join(json.dumps(row, default=str, ensure_ascii=False) + "\n" for row in rows).encode()]


def _delimited(rows: list[Row], delimiter: str) -> str:
    target = io.StringIO()
    writer = csv.writer(target, delimiter=delimiter, lineterminator="\n")
    writer.writerows([list(rows[0]), *(list(row.values()) for row in rows)])
    return target.getvalue()


def _workbooks(rows: list[Row]) -> list[bytes]:
    return [_workbook(rows, typed=True), _workbook(rows, typed=False)]


def _workbook(rows: list[Row], *, typed: bool) -> bytes:
    target = io.BytesIO()
    options = {
        "in_memory": True,
        "nan_inf_to_errors": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(target, options) as book:
        sheet, day = book.add_worksheet("data"), book.add_format({"num_format": "yyyy-mm-dd"})
        book.add_worksheet("notes").hide()
        sheet.write_row(0, 0, list(rows[0]))
        for place, row in enumerate(rows, start=1):
            for column, value in enumerate(row.values()):
                if typed and isinstance(value, dt.date) and value.year > FIRST_SHEET_YEAR:
                    sheet.write_datetime(place, column, dt.datetime.combine(value, dt.time()), day)
                elif typed and value == HALF:
                    sheet.write_formula(place, column, "=A1", None, value)
                else:
                    sheet.write(place, column, value if typed and isinstance(value, float | int) else str(value))
    return target.getvalue()


def _tables(rows: list[Row]) -> list[bytes]:
    columns = {name: _column([row[name] for row in rows]) for name in rows[0]}
    kinds = (("snappy", True, "2.6"), ("zstd", False, "1.0"), ("none", True, "2.6"))
    return [_parquet(pa.table(columns), compression=c, use_dictionary=d, version=v) for c, d, v in kinds]


def _column(values: list[object]) -> pa.Array:
    """Values as Arrow types them; mixed ones as texts."""
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        return pa.array([None if value is None else str(value) for value in values])


def _parquet(table: pa.Table, **options: object) -> bytes:
    target = io.BytesIO()
    try:
        pq.write_table(table, target, row_group_size=5, **options)
    except pa.ArrowException:
        return b""
    return target.getvalue()


def made(valid: list[Valid], rng: random.Random) -> Valid:
    """One file of the run: a valid one changed byte by byte, or a whole one with hostile values in it (and perhaps changed too)."""
    template = rng.choice(valid)
    if rng.random() < HOSTILE_SHARE:
        forms = [(suffix, data) for suffix, data in _forms(_hostile_rows(ROWS[template.feed], rng), only=template.suffix) if data]
        suffix, data = rng.choice(forms)
        template = Valid(template.feed, suffix, data)
        if rng.random() < UNCHANGED_SHARE:
            return template
    return Valid(template.feed, template.suffix, _mutated(template, valid, rng))


def _hostile_rows(rows: list[Row], rng: random.Random) -> list[Row]:
    """Rows of which some cells, or one whole column, hold what no one expects there."""
    changed = [dict(row) for row in rows]
    for _ in range(rng.randint(0, 6)):
        rng.choice(changed)[rng.choice(list(rows[0]))] = rng.choice(VALUES)
    if rng.random() < WHOLE_COLUMN_SHARE:
        name, value = rng.choice(list(rows[0])), rng.choice(VALUES)
        changed = [{**row, name: value} for row in changed]
    return changed


def _mutated(valid: Valid, others: list[Valid], rng: random.Random) -> bytes:
    """One to three changes, for formats with an inside mostly there."""
    inside = {".xlsx": [_inside_archive], ".parquet": [_in_footer, _in_pages]}.get(valid.suffix)
    hands = inside if inside and rng.random() < INSIDE_SHARE else _ANY
    data = valid.data
    for _ in range(rng.randint(1, 3)):
        data = rng.choice(hands)(data, rng.choice(others).data, rng)
    return data


def _flip(data: bytes, _: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8, 64])):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _truncate(data: bytes, _: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _behead(data: bytes, _: bytes, rng: random.Random) -> bytes:
    return data[rng.randrange(min(len(data), 200) + 1) :]


def _insert(data: bytes, _: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.choice(TOKENS) * rng.choice([1, 1, 1, 50]) + data[place:]


def _replace(data: bytes, _: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.choice(TOKENS) + data[place + rng.randrange(20) :]


def _splice(data: bytes, other: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(other) + 1)
    place = rng.randrange(len(data) + 1)
    return data[:place] + other[start : start + rng.randrange(500)] + data[place + rng.randrange(100) :]


def _repeat(data: bytes, _: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data) + 1)
    piece = data[start : start + rng.randrange(300)]
    return data[:start] + piece * rng.choice([2, 3, 100]) + data[start:]


def _swap_head(data: bytes, other: bytes, rng: random.Random) -> bytes:
    cut = rng.choice([4, 16, 60, 200])
    return other[:cut] + data[cut:]


def _in_pages(data: bytes, _: bytes, rng: random.Random) -> bytes:
    """Bytes changed in the pages of a Parquet file, whose metadata stays whole."""
    changed = bytearray(data)
    pages = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    for _ in range(rng.choice([1, 2, 8, 64]) if pages > 4 else 0):
        changed[rng.randrange(4, pages)] = rng.randrange(256)
    return bytes(changed)


def _in_footer(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """A change to the metadata at the end of a Parquet file, its length kept true."""
    length = int.from_bytes(data[-8:-4], "little")
    if data[-4:] != b"PAR1" or length > len(data) - 8:
        return _flip(data, other, rng)
    start = len(data) - 8 - length
    footer = rng.choice([_flip, _replace, _insert, _repeat])(data[start:-8], other, rng)
    return data[:start] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def _inside_archive(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """A change to one part of a workbook, zipped again so that the XML readers meet it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError, EOFError):
        return _flip(data, other, rng)
    if not parts:
        return data
    important = [name for name in parts if "sheet1" in name or "sharedStrings" in name or "workbook" in name or "styles" in name]
    name = rng.choice(important or list(parts))
    parts[name] = rng.choice(_ANY)(parts[name], other, rng)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", rng.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return target.getvalue()


_ANY: list[Callable[[bytes, bytes, random.Random], bytes]] = [
    _flip,
    _flip,
    _truncate,
    _behead,
    _insert,
    _insert,
    _replace,
    _replace,
    _splice,
    _repeat,
    _swap_head,
]
