"""Files made to harm: each is refused in one sentence or has its rows set aside, in little time and memory."""

from __future__ import annotations

import io
import json
import os
import struct
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from orchestration.contracts import intake_contracts
from orchestration.intake.arrivals import READABLE, list_arrivals
from orchestration.intake.landing import land
from orchestration.intake.reading import READERS, ReadFile, UnreadableFileError, apart, read_file, set_apart
from orchestration.intake.reading.limits import Limits
from orchestration.intake.reading.results import Expected
from orchestration.intake.receipts import receipt_lines
from orchestration.intake.taking import take_in
from orchestration.intake.validate import validate_file
from orchestration.settings import Settings, load_settings
from tests.conftest import new_workspace

ENGAGEMENTS = intake_contracts()["engagements"]
HEADER = ["project_ref", "vendor", "vendor_role"]
LINE = ",".join(HEADER) + "\n"
SHEET = "xl/worksheets/sheet1.xml"
AS_OF = date(2024, 6, 30)
Parts = dict[str, bytes]


def read(path: Path, data: bytes | str = b"", **limits: int) -> ReadFile:
    if data:
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_file(path, ENGAGEMENTS, Settings(**limits))


def reason(path: Path, data: bytes | str = b"", **limits: int) -> str:
    with pytest.raises(UnreadableFileError) as error:
        read(path, data, **limits)
    assert "\n" not in str(error.value)
    return str(error.value)


def workbook(path: Path, change: Callable[[Parts], object]) -> Path:
    """A small valid workbook whose parts `change` has changed."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["P1", "Acme", "cloud"])
    with zipfile.ZipFile(made) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def in_sheet(old: str, new: str) -> Callable[[Parts], object]:
    def change(parts: Parts) -> None:
        assert old.encode() in parts[SHEET]
        parts[SHEET] = parts[SHEET].replace(old.encode(), new.encode())

    return change


def test_the_workbook_is_read_where_nothing_was_changed(tmp_path: Path) -> None:
    assert read(workbook(tmp_path / "e.xlsx", lambda parts: parts)).rows == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (in_sheet("</sheetData>", " " * (1 << 25) + "</sheetData>"), "unpacks to far more than its size allows (part 'xl/worksheets/sheet1.xml')"),
        (lambda parts: parts.update({f"x{n}": b"" for n in range(6000)}), "parts, allowed are at most 5,000"),
        (lambda parts: parts.update({SHEET.upper(): b""}), "two parts of one name"),
        (in_sheet("<worksheet", '<!DOCTYPE a [<!ENTITY b "c">]><worksheet'), "declares a document type or entities"),
        (in_sheet("<sheetData>", f"<!--{'x' * (1 << 21)}--><!ENTITY b><sheetData>"), "cannot be read as an XLSX workbook"),
        (lambda parts: parts.update({SHEET: parts[SHEET].replace(b"<worksheet", b"<!--" + b"x" * (1 << 18) + b"--><!DOCTYPE a><worksheet")}), "declares a document type"),
        (lambda parts: parts.update({SHEET: parts[SHEET].decode().replace("<worksheet", "<!DOCTYPE a><worksheet").encode("utf-16")}), "cannot be read as an XLSX workbook"),
        (in_sheet('r="A2"', 'r="XFD1048576"'), "needs more memory to read than is allowed"),
        (in_sheet('encoding="UTF-8"', 'encoding="UTF-6"'), "cannot be read as an XLSX workbook"),
        (in_sheet("</row>", "<row>"), "cannot be read as an XLSX workbook"),
        (lambda parts: parts.pop("xl/workbook.xml"), "no visible sheet"),
        (lambda parts: parts.clear(), "cannot be read as an XLSX workbook"),
    ],
)  # fmt: skip
def test_hostile_workbooks(tmp_path: Path, change: Callable[[Parts], object], words: str) -> None:
    assert words in reason(workbook(tmp_path / "e.xlsx", change))


def test_a_workbook_is_measured_by_what_it_unpacks_to_not_by_what_it_says(tmp_path: Path) -> None:
    path = workbook(tmp_path / "e.xlsx", in_sheet("</sheetData>", os.urandom(1 << 20).hex() + "</sheetData>"))
    with zipfile.ZipFile(path) as archive:
        size = struct.pack("<I", archive.getinfo(SHEET).file_size)
    assert "unpacks to more than 1,000,000 bytes" in reason(path, max_unpacked_bytes=1_000_000)
    lying = path.read_bytes().replace(size, struct.pack("<I", 999))
    assert "unpacks to more than 1,000,000 bytes" in reason(path, lying, max_unpacked_bytes=1_000_000)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "protected by a password, or in the old .xls format"),
        (b"PK\x03\x04", "XLSX"),
        (b"\x00", "XLSX"),
        (b"<html>", "XLSX"),
    ],
)
def test_other_things_named_xlsx(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in reason(tmp_path / "e.xlsx", data)


def test_a_text_named_parquet_and_metadata_of_a_wrong_size(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    assert "cannot be read as Parquet" in reason(path, LINE)
    assert "cannot be read as Parquet" in reason(path, b"PAR1" + b"\xff\xff\xff\x7f" + b"PAR1")
    assert "cannot be read as Parquet" in reason(path, b"PAR1" + b"\x00" * 64 + b"\x40\x00\x00\x00PAR1")
    assert "metadata of the Parquet file has 33,554,432 bytes" in reason(
        path, b"PAR1" + b"\x00" * (1 << 25) + struct.pack("<I", 1 << 25) + b"PAR1"
    )


def table(rows: int, **columns: object) -> pa.Table:
    return pa.table({"project_ref": ["P"] * rows, "vendor": ["Acme"] * rows, "vendor_role": ["cloud"] * rows} | columns)


def test_parquet_that_unpacks_to_very_much(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 50_000, pa.int32()), pa.array(["x" * 100_000]))
    pq.write_table(table(50_000, project_ref=long), path)
    assert path.stat().st_size < 100_000
    assert "unpacks to more than 1,073,741,824 bytes" in reason(path)
    pq.write_table(table(3, project_ref=["x" * 10_000_000, "a", "b"]), path)
    assert "Row 1, column project_ref: the value has 10,000,000 characters" in reason(path)


def test_parquet_of_too_many_rows_or_columns(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    pq.write_table(table(1000), path)
    assert read(path, max_file_rows=1000).rows == 1000
    assert reason(path, max_file_rows=999) == "The file has 1,000 rows, allowed are at most 999: split it."
    pq.write_table(pa.table({f"c{n}": [1] for n in range(3000)}), path)
    assert "has 3,000 columns" in reason(path)


def test_every_byte_of_a_parquet_footer_may_be_wrong(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    pq.write_table(table(20), path)
    whole = path.read_bytes()
    for place in range(len(whole) - 300, len(whole), 7):
        path.write_bytes(whole[:place] + b"\xff" + whole[place + 1 :])
        with suppress(UnreadableFileError):
            assert read(path).rows <= 20


def test_a_reader_that_hangs_becomes_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "e.xlsx")
    started = time.perf_counter()
    with pytest.raises(UnreadableFileError, match="takes longer than 1 seconds to read"):
        apart.read_apart(tmp_path / "e.xlsx", Expected.of(ENGAGEMENTS), Limits.of(Settings(read_seconds=1)))
    assert time.perf_counter() - started < 20


def test_a_reader_that_raises_what_nobody_expects_becomes_a_sentence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "evenhand.intake")
    with pytest.raises(UnreadableFileError, match="the reader of this format broke off over it"):
        apart.read_apart(tmp_path / "e.unheard", Expected.of(ENGAGEMENTS), Limits.of(Settings()))
    assert "KeyError" in caplog.text


def test_keepers_that_were_killed_are_replaced(tmp_path: Path) -> None:
    path = workbook(tmp_path / "e.xlsx", lambda parts: parts)
    with ThreadPoolExecutor(3) as pool:
        assert [f.rows for f in pool.map(read, [path] * 6)] == [1] * 6
    for keeper in apart._idle:
        keeper.process.kill()
        keeper.process.wait()
    assert read(path).rows == 1


def test_a_keeper_is_told_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apart.end_keepers()
    monkeypatch.setenv("EVENHAND_SECRET", "5e" * 32)
    assert read(workbook(tmp_path / "e.xlsx", lambda parts: parts)).rows == 1
    environment = Path(f"/proc/{apart._idle[0].process.pid}/environ").read_bytes()
    assert b"PATH=" in environment
    assert b"EVENHAND" not in environment


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_value_of_megabytes_is_refused_where_it_stands(tmp_path: Path, suffix: str) -> None:
    long = "x" * 10_000_000
    rows = {".csv": LINE + f"P1,a,cloud\nP2,{long},cloud\n"}
    rows[".jsonl"] = "".join(
        json.dumps(dict(zip(HEADER, (ref, vendor, "cloud"), strict=True))) + "\n" for ref, vendor in (("P1", "a"), ("P2", long))
    )
    said = reason(tmp_path / f"e{suffix}", rows[suffix])
    assert said == "Row 2, column vendor: the value has 10,000,000 characters, allowed are at most 1,048,576."
    assert "allowed are at most 3" in reason(tmp_path / f"e{suffix}", rows[suffix].replace(long, "Acme"), max_value_chars=3)


def test_a_million_columns(tmp_path: Path) -> None:
    assert "columns, allowed are at most 500" in reason(tmp_path / "e.csv", ",".join(f"c{n}" for n in range(1_000_000)) + "\n")
    assert "columns, allowed are at most 500" in reason(tmp_path / "e.csv", LINE.strip() + "," * 1_000_000 + "\n")
    assert read(tmp_path / "e.csv", LINE + "P1,a,cloud" + "," * 1_000_000 + "\n").rows_apart == 1
    keys = json.dumps({f"c{n}": 1 for n in range(100_000)})
    assert "has 100,000 columns" in reason(tmp_path / "e.jsonl", keys)


def test_rows_set_apart_are_few_in_memory_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = read(tmp_path / "e.csv", LINE + "x\n" * 50_000 + "P1,a,cloud\n")
    assert (file.rows_apart, len(file.ragged), file.rows) == (50_000, 1000, 50_001)
    assert file.table["_row"].to_pylist() == [50_001]
    monkeypatch.setattr(set_apart, "MOST_APART", 1000)
    assert reason(tmp_path / "e.csv").startswith("More than 1,000 rows cannot be read as rows, the first is row 1")
    assert reason(tmp_path / "e.jsonl", "1\n" * 5000).startswith("More than 1,000 rows cannot be read as rows")


def test_more_rows_than_allowed_are_counted_without_being_kept(tmp_path: Path) -> None:
    assert (
        reason(tmp_path / "e.csv", LINE + "P1,a,cloud\n" * 5000 + "x\n", max_file_rows=1000)
        == "The file has 5,001 rows, allowed are at most 1,000: split it."
    )


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "nan", "inf", "-Infinity", "0x10", "1_000", "１２", "--1", "1e", ""])
def test_numbers_that_are_none(tmp_path: Path, number: str) -> None:
    path = tmp_path / "engagements.csv"
    path.write_text(
        f"{LINE.strip()},annual_spend,currency\n" + f"P1,a,cloud,{number},EUR\n" + "P2,a,cloud,5,EUR\nP3,a,cloud,6,EUR\n", "utf-8"
    )
    problems = validate_file(path, None, Settings())["problems"]
    assert [(p["row"], p["column"], p["rule"]) for p in problems] == ([(1, "annual_spend", "type")] if number else [])


@pytest.mark.parametrize("day", ["9999-12-31", "99999-01-01", "0000-01-01", "-001-01-01", "2024-02-30", "infinity", "epoch"])
def test_dates_that_cannot_be_meant(tmp_path: Path, day: str) -> None:
    path = tmp_path / "projects.csv"
    rows = [f"P{n},upgrade,OP,live,{day if n == 0 else '2024-01-01'}" for n in range(3)]
    path.write_text("project_ref,project_kind,value_chain_stage,status,started_on\n" + "\n".join(rows) + "\n")
    (problem,) = validate_file(path, None, Settings())["problems"]
    assert (problem["row"], problem["column"]) == (1, "started_on")
    assert problem["rule"] in {"type", "range"}


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet", ".xlsx"])
@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-", "@a", "a\u202eb", "a\u200bb", "a\x07b"])
def test_texts_that_would_run_or_hide_are_quarantined_in_every_format(tmp_path: Path, suffix: str, text: str) -> None:
    path = tmp_path / f"engagements{suffix}"
    rows = [dict(zip(HEADER, (f"P{n}", text if n == 1 else "Acme", "cloud"), strict=True)) for n in range(3)]
    if suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for place, row in enumerate([HEADER, *(list(r.values()) for r in rows)]):
                for column, value in enumerate(row):
                    sheet.write_string(place, column, value)
    verdict = validate_file(path, None, Settings())
    if text == "a\x07b" and suffix == ".xlsx":
        text = verdict["problems"][0]["value"]  # XML cannot hold it: the writer has escaped it
    assert [(p["row"], p["column"], p["value"], p["rule"]) for p in verdict["problems"]] == [(2, "vendor", text, "unsafe_text")]
    assert "without a leading = + - @" in verdict["problems"][0]["allowed"]
    assert all(line.isprintable() for line in receipt_lines(verdict))


NAMES = [
    "engagements\n.csv",
    "engagements\x1b[2J.csv",
    "engagements__\u202ecsv.csv",
    "engagements__..csv",
    "engagements" + "_" * 240 + ".csv",
    "..csv.csv",
    " .csv",
]


def test_tricks_with_names_end_as_receipts_with_safe_names(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "home")
    folder = workspace.landing / "P1"
    folder.mkdir()
    raw = [os.fsencode(str(folder / name)) for name in NAMES] + [os.fsencode(str(folder)) + b"/engagements__\xff\xfe.csv"]
    for name in raw:
        Path(os.fsdecode(name)).write_text(LINE + f"P{len(name)},a,cloud\n")
    (folder / "engagements__link.csv").symlink_to("/etc/hostname")
    (folder / "engagements__up.csv").symlink_to("../../.env")
    (workspace.landing / "P2").symlink_to(workspace.vault)
    found = list_arrivals(workspace.landing, intake_contracts())
    assert all(a.name.isprintable() and not a.name.startswith(("/", "..")) and "/../" not in a.name for a in found)
    take_in(workspace, load_settings(workspace.home, environ={}), AS_OF)
    receipts = [json.loads(p.read_text("utf-8")) for p in workspace.vault.glob("submissions/*/receipt.json")]
    assert len(receipts) == len(found) == len([n for n in NAMES if not n.startswith(".")]) + 4
    assert all(line.isprintable() for r in receipts for line in receipt_lines(r))
    assert all(
        "links are never followed" in r["sentence"] for r in receipts if "link" in r["file"] or "up" in r["file"] or r["file"] == "P2"
    )
    kept = [p.read_bytes() for p in workspace.vault.glob("submissions/*/original*")]
    assert not any(b"EVENHAND" in data for data in kept)


def test_a_file_is_landed_by_its_name_alone(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "home")
    (tmp_path / "engagements.xlsx").write_bytes(b"x")
    (landed,) = land(workspace, "P1", [tmp_path / "home" / ".." / "engagements.xlsx"])
    assert landed == workspace.landing / "P1" / "engagements.xlsx"


def test_what_can_be_read_is_what_may_land() -> None:
    assert tuple(READERS) == READABLE
