"""The same rows read the same from every format, and text as people really save it."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contracts import intake_contracts
from orchestration.intake.reading import READERS, ReadFile, UnreadableFileError, read_file
from orchestration.intake.reading.numbers import plain_decimal
from orchestration.intake.validate import validate_file
from orchestration.settings import Settings

KPI = intake_contracts()["kpi_values"]
COLUMNS = ["kpi_code", "period_start", "period_end", "value_chain_stage", "vendor", "numerator", "denominator"]
START, END = dt.date(2024, 1, 1), dt.date(2024, 3, 31)
Values = list[list[Any]]


def kpi_rows(*numerators: object, vendor: object = "Zürich AG") -> Values:
    return [["ADO-01", START, END, "OP", vendor, numerator, 10] for numerator in numerators]


def delimited(rows: Values, delimiter: str = ",", header: Iterable[str] = COLUMNS) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerows([list(header), *rows])
    return text.getvalue()


def write_csv(path: Path, rows: Values) -> None:
    path.write_text(delimited(rows), "utf-8")


def write_jsonl(path: Path, rows: Values) -> None:
    path.write_text("".join(json.dumps(dict(zip(COLUMNS, row, strict=True)), default=str) + "\n" for row in rows), "utf-8")


def write_parquet(path: Path, rows: Values) -> None:
    pq.write_table(pa.table(dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))), path)


def write_xlsx(path: Path, rows: Values) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "default_date_format": "dd.mm.yyyy"}) as book:
        fill(book.add_worksheet(), rows)


def fill(sheet: Any, rows: Values, top: int = 0, left: int = 0) -> None:
    sheet.write_row(top, left, COLUMNS)
    for place, row in enumerate(rows, start=top + 1):
        for column, value in enumerate(row, start=left):
            sheet.write(place, column, value)


WRITERS: dict[str, Callable[[Path, Values], None]] = {
    ".csv": write_csv,
    ".jsonl": write_jsonl,
    ".parquet": write_parquet,
    ".xlsx": write_xlsx,
}


def read(path: Path, data: bytes | str = b"", **limits: int) -> ReadFile:
    if data:
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_file(path, KPI, Settings(**limits))


def reason(path: Path, data: bytes | str = b"", **limits: int) -> str:
    with pytest.raises(UnreadableFileError) as error:
        read(path, data, **limits)
    assert "\n" not in str(error.value)
    return str(error.value)


def column(file: ReadFile, name: str) -> list[str | None]:
    return file.table[name].to_pylist()


def test_every_ending_has_a_writer_here() -> None:
    assert sorted(WRITERS) == sorted(READERS)


@pytest.mark.parametrize("suffix", WRITERS)
def test_typed_values_become_the_texts_a_person_would_write(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"kpi_values{suffix}"
    WRITERS[suffix](path, kpi_rows(0.1, 7, 1234567.5, None))
    file = read(path)
    assert file.table.column_names == [*KPI.column_names, "_row"]
    assert column(file, "numerator") == ["0.1", "7", "1234567.5", None]
    assert column(file, "denominator") == ["10"] * 4
    assert column(file, "period_start") == ["2024-01-01"] * 4
    assert column(file, "vendor") == ["Zürich AG"] * 4
    assert column(file, "project_ref") == [None] * 4
    assert column(file, "_row") == [1, 2, 3, 4]
    assert (file.rows, file.header_fields, file.ragged) == (4, 7, ())


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_verdict_is_the_same_for_every_format(tmp_path: Path, suffix: str) -> None:
    rows = kpi_rows(1, 2, 3, 4, 5, 6, 7)
    for place, row in enumerate(rows):
        row[4] = f"Vendor {place}"
    rows[1][4], rows[2][3], rows[3] = "=1+1", "XX", list(rows[0])
    verdicts = []
    for ending in (".csv", suffix):
        path = tmp_path / f"kpi_values{ending}"
        WRITERS[ending](path, rows)
        verdict = validate_file(path, None, Settings())
        verdicts.append({k: v for k, v in verdict.items() if k not in {"file", "sha256", "assumed"}})
    assert verdicts[0] == verdicts[1]
    assert verdicts[0]["verdict"] == "accepted_with_quarantine"
    assert verdicts[0]["rule_counts"] == {"allowed_values": 1, "unsafe_text": 1}
    assert verdicts[0]["rows_collapsed"] == 1


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["kpi_codes", *COLUMNS[1:]], "The column 'kpi_codes' is unknown. Did you mean 'kpi_code'?"),
        ([*COLUMNS[:-2], "target", "base"], ""),
        (["currency", *COLUMNS[1:]], "Required columns are missing: kpi_code."),
    ],
)
def test_wrong_columns_get_the_same_sentence_in_every_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, header: list[str], words: str
) -> None:
    path = tmp_path / f"kpi_values{suffix}"
    monkeypatch.setitem(globals(), "COLUMNS", header)
    WRITERS[suffix](path, kpi_rows(1, 2))
    if suffix == ".csv":
        path.write_text(delimited(kpi_rows(1, 2), header=header), "utf-8")
    if words:
        assert words in reason(path)
    else:
        assert read(path).rows == 2


ENCODINGS = [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("cp1252", "Windows-1252")]


@pytest.mark.parametrize(("encoding", "named"), ENCODINGS)
@pytest.mark.parametrize(("delimiter", "word"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_text_as_people_save_it(tmp_path: Path, encoding: str, named: str, delimiter: str, word: str, line_end: str) -> None:
    text = delimited(kpi_rows("1.5", vendor="Müller\nund; Söhne, 5€\t"), delimiter).replace("\n", line_end)
    file = read(tmp_path / "kpi_values.csv", text.encode(encoding))
    assert column(file, "vendor") == [f"Müller{line_end}und; Söhne, 5€\t"]
    assert dict(file.assumed) == {"encoding": named, "delimiter": word} | ({} if delimiter == "," else {"decimal_mark": "point"})


def test_big_endian_utf16_and_a_file_of_several_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.intake.reading.encodings.BLOCK_BYTES", 1001)
    text = "\ufeff" + delimited(kpi_rows(*range(500), vendor="Zürich 🙂 AG"))
    file = read(tmp_path / "kpi_values.csv", text.encode("utf-16-be"))
    assert set(column(file, "vendor")) == {"Zürich 🙂 AG"}
    assert column(file, "numerator") == [str(n) for n in range(500)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (delimited(kpi_rows(1)).encode() + b"\xff", "not UTF-8 text (byte"),  # a broken UTF-8 file is not taken for another
        (delimited(kpi_rows(1, vendor="a\x81")).encode("latin-1"), "not UTF-8 text (byte"),
        (delimited(kpi_rows(1, vendor="ü\x01")).encode("latin-1"), "not UTF-8 text (byte"),
        (delimited(kpi_rows(1)).encode("utf-16") + b"x", "starts like UTF-16 text but is not"),
        (delimited(kpi_rows(1)).encode("utf-32"), "zero bytes"),
        (b"\xff\xfe", "The first line is empty"),
    ],
)
def test_bytes_that_leave_a_doubt_are_refused(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in reason(tmp_path / "kpi_values.csv", data)


def test_a_line_that_names_the_separator_is_followed(tmp_path: Path) -> None:
    file = read(tmp_path / "kpi_values.csv", "sep=;\r\n" + delimited(kpi_rows(1), ";").replace("\n", "\r\n") + "short\r\n")
    assert file.assumed[1] == ("delimiter", "semicolon")
    assert [r.row for r in file.ragged] == [2]


@pytest.mark.parametrize(
    ("numbers", "read_as"),
    [
        (["1,5", "-2,25", "+0,125", "7", "1,234"], ["1.5", "-2.25", "+0.125", "7", "1.234"]),
        (["1234,567", ",5", None], ["1234.567", ".5", None]),
        (["1,5", "1.234,56", "1 234"], ["1.5", "1.234,56", "1 234"]),
        (["1,234", "12,345", "1,234,567"], ["1,234", "12,345", "1,234,567"]),  # nothing says that these are no thousands
        (["1.5", "1,234", "1,234.56"], ["1.5", "1,234", "1,234.56"]),
    ],
)
def test_decimal_commas_where_they_are_sure(tmp_path: Path, numbers: list[str | None], read_as: list[str | None]) -> None:
    file = read(tmp_path / "kpi_values.csv", delimited(kpi_rows(*numbers, vendor="1,5"), ";"))
    assert column(file, "numerator") == read_as
    assert set(column(file, "vendor")) == {"1,5"}
    assert (("decimal_mark", "comma") in file.assumed) == (read_as != numbers)


def test_two_decimal_marks_in_one_file_are_refused(tmp_path: Path) -> None:
    said = reason(tmp_path / "kpi_values.csv", delimited(kpi_rows("1,5", "2.5"), ";"))
    assert said.startswith("Numbers are written with a decimal comma ('1,5') and with a point ('2.5')")


@pytest.mark.parametrize("number", ["1.234,56", "1,234.56", "1 234", "1'234", "1,234"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_thousands_separators_are_refused_with_what_to_do(tmp_path: Path, number: str, delimiter: str) -> None:
    path = tmp_path / "kpi_values.csv"
    rows = kpi_rows(number, "1", "2", "3")
    for place, row in enumerate(rows):
        row[4] = f"v{place}"
    path.write_text(delimited(rows, delimiter), "utf-8")
    (problem,) = validate_file(path, None, Settings())["problems"]
    assert (problem["row"], problem["value"], problem["rule"]) == (1, number, "type")
    assert "remove thousands separators" in problem["allowed"]


@pytest.mark.parametrize("header_tail", ["", ",,"])
@pytest.mark.parametrize("tails", [["", ""], [",", ","], [",,", ","], ["", ',"",'], [",,,,", ""]])
def test_empty_columns_and_lines_at_the_end_are_nothing(tmp_path: Path, header_tail: str, tails: list[str]) -> None:
    header, *lines = delimited(kpi_rows(1, 2, 3, 4)).splitlines()
    text = "\n".join([header + header_tail, *(line + tails[n % 2] for n, line in enumerate(lines)), ",,,,,,", "", ",,,,,,,,", "   ", ""])
    file = read(tmp_path / "kpi_values.csv", text)
    assert column(file, "numerator") == ["1", "2", "3", "4"]
    assert (column(file, "_row"), file.ragged, file.header_fields) == ([1, 2, 3, 4], (), 7)


def test_a_value_behind_the_last_column_is_no_empty_column(tmp_path: Path) -> None:
    header, *lines = delimited(kpi_rows(1, 2, 3, 4)).splitlines()
    text = "\n".join([header + ",", lines[0] + ",", lines[1] + ",x", lines[2], lines[3] + ",,y,", ""])
    file = read(tmp_path / "kpi_values.csv", text)
    assert column(file, "_row") == [1, 3]
    assert [(r.row, r.fields) for r in file.ragged] == [(2, 8), (4, 10)]
    assert dict(file.apart_counts) == {"fields": 2}


def test_an_empty_row_between_others_is_a_row(tmp_path: Path) -> None:
    file = read(tmp_path / "kpi_values.csv", delimited([*kpi_rows(1), [None] * 7, *kpi_rows(2)]))
    assert column(file, "kpi_code") == ["ADO-01", None, "ADO-01"]


def test_json_lines_keep_numbers_as_written(tmp_path: Path) -> None:
    line = '{"kpi_code": "ADO-01", "period_start": "2024-01-01", "period_end": "2024-03-31", "value_chain_stage": "OP", %s}\n'
    values = [
        '"numerator": 0.10',
        '"numerator": 1e3',
        '"numerator": -0',
        '"numerator": 12345678901234567890',
        '"numerator": 1e999',
        '"numerator": NaN',
    ]
    values += ['"numerator": Infinity', '"numerator": true', '"numerator": null', '"numerator": ""', '"numerator": "5"']
    file = read(tmp_path / "kpi_values.jsonl", "\ufeff\n" + "\r\n".join(line % value for value in values))
    numbers = ["0.10", "1000", "0", "12345678901234567890", "1e999", "NaN", "Infinity", "true", None, None, "5"]
    assert column(file, "numerator") == numbers
    assert file.assumed == (("encoding", "UTF-8"),)


@pytest.mark.parametrize(
    "line",
    ["[1, 2]", "5", "null", '"text"', "no json", "{", '{"kpi_code": {"a": 1}}', '{"kpi_code": [1]}', '{"kpi_code": "a", "kpi_code": "b"}', '{"vendor": "\\ud800"}',
     "[" * 100_000, '{"kpi_code":' * 5_000],
)  # fmt: skip
def test_a_line_that_is_no_flat_object_is_set_apart(tmp_path: Path, line: str) -> None:
    path = tmp_path / "kpi_values.jsonl"
    write_jsonl(path, kpi_rows(1, 2, 3))
    lines = path.read_text("utf-8").splitlines()
    file = read(path, "\n".join([lines[0], line, "", *lines[1:]]))
    assert column(file, "_row") == [1, 3, 4]
    assert [(r.row, r.rule) for r in file.ragged] == [(2, "json_line")]
    problem = next(p for p in validate_file(path, None, Settings())["problems"] if p["rule"] == "json_line")
    assert problem["allowed"].startswith('one JSON object a line, such as {"kpi_code": ...}')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[\n{}\n]", "not JSON lines: write one object a line"),
        ('[{"kpi_code": "a"}]', "not JSON lines"),
        ('{\n"kpi_code": "a"\n}', "not JSON lines"),
        ("\n\n  \n", "The file is empty: one JSON object a line"),
        ("{}\n{}\n", "Required columns are missing: kpi_code"),
        ('{"kpi_code": 1}\n{"kpi_cod": 2}\n', "The column 'kpi_cod' is unknown. Did you mean 'kpi_code'?"),
        ("[1]\n{}", "not JSON lines"),
    ],
)
def test_json_that_is_no_json_lines(tmp_path: Path, text: str, words: str) -> None:
    assert words in reason(tmp_path / "kpi_values.jsonl", text)


def test_json_lines_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.intake.reading.jsonl_files.CHUNK_ROWS", 7)
    write_jsonl(tmp_path / "kpi_values.jsonl", kpi_rows(*range(20)))
    file = read(tmp_path / "kpi_values.jsonl")
    assert column(file, "numerator") == [str(n) for n in range(20)]
    assert "more than 19 rows" in reason(tmp_path / "kpi_values.jsonl", max_file_rows=19)


def book(path: Path, make: Callable[[Any], None]) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as made:
        make(made)
    return path


def test_the_sheet_named_like_the_feed_is_read_and_others_are_noted(tmp_path: Path) -> None:
    def make(made: Any) -> None:
        made.add_worksheet("Cover").write(0, 0, "KPIs of 2024")
        fill(made.add_worksheet("KPI_Values"), kpi_rows(1))
        made.add_worksheet("old").very_hidden()
        made.add_worksheet("lists").hide()

    file = read(book(tmp_path / "kpi_values.xlsx", make))
    assert file.assumed == (("sheet", "KPI_Values"), ("hidden_sheets_ignored", "old, lists"), ("sheets_not_read", "Cover"))
    assert column(file, "numerator") == ["1"]


def test_the_first_visible_sheet_is_read_where_none_has_the_name(tmp_path: Path) -> None:
    def make(made: Any) -> None:
        made.add_worksheet("kpi_values").hide()
        fill(made.add_worksheet("data"), kpi_rows(1, 2))
        made.get_worksheet_by_name("data").activate()
        made.get_worksheet_by_name("data").set_first_sheet()

    file = read(book(tmp_path / "kpi_values.xlsx", make))
    assert file.assumed == (("sheet", "data"), ("hidden_sheets_ignored", "kpi_values"))
    assert file.rows == 2


def test_a_table_may_lie_anywhere_and_rows_are_counted_as_on_the_sheet(tmp_path: Path) -> None:
    def make(made: Any) -> None:
        sheet = made.add_worksheet()
        fill(sheet, kpi_rows(1, 2, 3), top=2, left=3)
        fill(sheet, [], top=2, left=3)
        for place, numerator in ((8, 8), (11, 9)):
            for offset, value in enumerate(kpi_rows(numerator)[0], start=3):
                sheet.write(place, offset, value)
        sheet.write(11, 14, "a note")
        sheet.write(20, 3, "")

    file = read(book(tmp_path / "kpi_values.xlsx", make))
    assert dict(zip(column(file, "_row"), column(file, "numerator"), strict=True)) == {1: "1", 2: "2", 3: "3", 6: "8"}
    assert [(r.row, r.rule) for r in file.ragged] == [(9, "fields")]
    assert file.rows == 5


def test_cells_without_a_value_of_their_own_quarantine_their_row(tmp_path: Path) -> None:
    def make(made: Any) -> None:
        sheet = made.add_worksheet()
        fill(sheet, kpi_rows(*range(1, 9)))
        sheet.write_formula("F3", "=5-3", None, 2)
        sheet.write_formula("F4", "=1/0", None, "#DIV/0!")
        sheet.write_formula("F5", "=A1+1", None, "")
        sheet.write_formula("E6", '=IF(1,"","x")', None, "")
        sheet.merge_range("F7:F8", 6)
        sheet.write_string("E9", "#N/A")
        sheet.write_formula("K2", "=1/0", None, "#DIV/0!")

    file = read(book(tmp_path / "kpi_values.xlsx", make))
    said = {r.row: (r.rule, r.allowed or "") for r in file.ragged}
    assert {row: rule for row, (rule, _) in said.items()} == {
        3: "cell_error",
        4: "cell_error",
        5: "cell_error",
        6: "merged_cells",
        7: "merged_cells",
    }
    assert said[3][1].startswith("a stored value: cell F4 shows an error")
    assert said[4][1].startswith("a stored value: cell F5 holds a formula without its result")
    assert dict(zip(column(file, "_row"), column(file, "numerator"), strict=True)) == {1: "1", 2: "2", 8: "8"}
    assert column(file, "vendor")[2] == "#N/A"


def test_dates_times_and_numbers_of_a_sheet(tmp_path: Path) -> None:
    def make(made: Any) -> None:
        sheet = made.add_worksheet()
        fill(sheet, kpi_rows(*[0.1 + 0.2, 1e22, 1e-7, True, dt.datetime(2024, 1, 2, 3, 4, 5), "007", 45292]))  # noqa: DTZ001

    file = read(book(tmp_path / "kpi_values.xlsx", make))
    assert column(file, "numerator") == ["0.3", "10000000000000000000000", "0.0000001", "true", "2024-01-02 03:04:05", "007", "45292"]
    assert set(column(file, "period_start")) == {"2024-01-01"}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda made: made.add_worksheet("empty"), "The sheet 'empty' is empty"),
        (lambda made: made.add_chartsheet(), "no visible sheet"),
        (lambda made: made.add_worksheet().write(0, 0, "KPIs of 2024"), "The column 'KPIs of 2024' is unknown"),
    ],
)
def test_a_workbook_without_a_table(tmp_path: Path, make: Callable[[Any], None], words: str) -> None:
    assert words in reason(book(tmp_path / "kpi_values.xlsx", make))


def test_types_of_parquet(tmp_path: Path) -> None:
    values: dict[str, pa.Array] = {
        "kpi_code": pa.array(["ADO-01", None, "x"]).dictionary_encode(),
        "period_start": pa.array([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, 5), None], pa.timestamp("ns")),  # noqa: DTZ001
        "period_end": pa.array([1711839600000, None, 0], pa.timestamp("ms", "Europe/Zurich")),
        "value_chain_stage": pa.array(["OP", "", "IL"], pa.large_string()),
        "vendor": pa.array([b"Z\xc3\xbcrich", b"", None], pa.binary()),
        "numerator": pa.array([0.1, float("nan"), 1e22], pa.float64()),
        "denominator": pa.array([decimal.Decimal("10.50"), decimal.Decimal(0), None], pa.decimal128(12, 9)),
        "target": pa.array([0.1, 16777216.0, -0.0], pa.float32()),
        "base": pa.array([1, 2, None], pa.uint8()),
        "months_since_go_live": pa.nulls(3),
        "project_ref": pa.array([True, None, False]),
        "currency": pa.array([dt.date(9999, 12, 31), None, dt.date(1, 1, 1)]),
    }
    pq.write_table(pa.table(values), tmp_path / "kpi_values.parquet", row_group_size=2)
    rows = read(tmp_path / "kpi_values.parquet").table.to_pylist()
    assert [[row[name] for name in values] for row in rows] == [
        ["ADO-01", "2024-01-01", "2024-03-31", "OP", "Zürich", "0.1", "10.500000000", "0.1", "1", None, "true", "9999-12-31"],
        [None, "2024-01-01 05:00:00.000000000", None, None, None, "nan", "0.000000000", "16777216", "2", None, None, None],
        ["x", None, "1970-01-01 01:00:00.000", "IL", None, "10000000000000000000000", None, "0", None, None, "false", "0001-01-01"],
    ]


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.int64()), pa.struct([("a", pa.int64())]), pa.map_(pa.string(), pa.int64()), pa.month_day_nano_interval()]
)
def test_nested_types_of_parquet_are_refused(tmp_path: Path, kind: pa.DataType) -> None:
    table = pa.table(
        {"kpi_code": pa.array(["a"]), "period_start": ["a"], "period_end": ["a"], "value_chain_stage": ["a"], "vendor": pa.nulls(1, kind)}
    )
    try:
        pq.write_table(table, tmp_path / "kpi_values.parquet")
    except pa.ArrowException:
        return  # Arrow cannot store this type in Parquet either
    assert "allowed are texts, numbers, dates and booleans" in reason(tmp_path / "kpi_values.parquet")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1e3", "1000"),
        ("1E-7", "0.0000001"),
        ("-0", "0"),
        ("1.50", "1.50"),
        ("1e999", "1e999"),
        ("1e-999999999", "1e-999999999"),
        ("nan", "nan"),
        ("exe", "exe"),
    ],
)
def test_plain_decimal(text: str, plain: str) -> None:
    assert plain_decimal(text) == plain


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize(
    ("numbers", "kept", "mark"),
    [
        (["12.500", "4"], ["4"], "point"),
        (["12.500", "+1.234", "-999.000", "1000"], ["1000"], "point"),
        (["12.500", "1.5"], ["12.500", "1.5"], "point"),  # 1.5 says what a point is
        (["12.500", "0.125"], ["12.500", "0.125"], "point"),
        (["12.500", "1234.500"], ["12.500", "1234.500"], "point"),
        (["12.500", "1,234.5"], ["12.500", "1,234.5"], "point"),
        (["12.500", "1.5", "1.234.567"], ["1.5", "1.234.567"], "point"),  # and here nothing does
        (["12,5", "4"], ["12.5", "4"], "comma"),
        (["12", "4"], ["12", "4"], "point"),
    ],
)
def test_a_point_before_three_digits_counts_where_the_file_says_what_it_is(
    tmp_path: Path, numbers: list[str], kept: list[str], mark: str, delimiter: str
) -> None:
    file = read(tmp_path / "kpi_values.csv", delimited(kpi_rows(*numbers), delimiter))
    assert column(file, "numerator") == kept
    assert dict(file.assumed)["decimal_mark"] == mark
    assert file.rows == len(numbers)
    assert all(row.rule == "decimal_mark" for row in file.ragged)


def test_a_number_of_two_readings_is_set_apart_with_what_to_do(tmp_path: Path) -> None:
    file = read(tmp_path / "kpi_values.csv", delimited(kpi_rows("7", "12.500"), ";"))
    (apart,) = file.ragged
    assert (apart.row, apart.text) == (2, "ADO-01;2024-01-01;2024-03-31;OP;Zürich AG;12.500;10")
    assert "12.500 in column numerator may be a decimal or a thousand" in (apart.allowed or "")
    assert "write 12500, or 12.5000" in (apart.allowed or "")
    assert file.apart_counts == (("decimal_mark", 1),)
    assert column(file, "_row") == [1]
    again = read(tmp_path / "kpi_values.csv", delimited(kpi_rows("7", "12.5000"), ";"))
    assert column(again, "numerator") == ["7", "12.5000"]


def test_points_of_thousands_beside_decimal_commas_refuse_the_file(tmp_path: Path) -> None:
    said = reason(tmp_path / "kpi_values.csv", delimited(kpi_rows("1.234,56", "12.500"), ";"))
    assert "with a decimal comma ('1.234,56') and with a point ('12.500')" in said


GROUPED, DECIMAL = st.sampled_from([".", ",", " ", "'", ""]), st.sampled_from([".", ","])


@st.composite
def written_numbers(draw: st.DrawFn) -> tuple[list[str], list[decimal.Decimal]]:
    """Numbers as one country writes them, all in one way, and what they are."""
    group, mark = draw(GROUPED), draw(DECIMAL)
    places = draw(st.integers(0, 4))
    values = draw(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=5))
    texts = []
    for value in values:
        whole, rest = divmod(abs(value), 10**places)
        text = f"{whole:,}".replace(",", group) + (f"{mark}{rest:0{places}}" if places else "")
        texts.append("-" * (value < 0) + text)
    return texts, [decimal.Decimal(value).scaleb(-places) for value in values]


@given(written_numbers().filter(lambda made: made[0]), st.sampled_from([";", "\t"]))
def test_no_number_is_taken_for_another(made: tuple[list[str], list[decimal.Decimal]], delimiter: str) -> None:
    """Refused, set apart or left as it is no number: all are right. Another value than was meant is not."""
    texts, meant = made
    group = {t for text in texts for t in re.findall(r"[^0-9-]", text)}
    with tempfile.TemporaryDirectory() as folder:
        try:
            file = read(Path(folder) / "kpi_values.csv", delimited(kpi_rows(*texts), delimiter))
        except UnreadableFileError:
            assert {".", ","} <= group
            return
    for row, text in zip(column(file, "_row"), column(file, "numerator"), strict=True):
        if re.fullmatch(r"-?\d+(\.\d+)?", text or ""):
            assert decimal.Decimal(text or "") == meant[int(row or 0) - 1]


@pytest.mark.parametrize(
    ("reference", "kept"),
    [
        (999999999999999, "999999999999999"),
        (123456789012345, "123456789012345"),
        (-42, "-42"),
        (1.5, "1.5"),
        (1e15, None),
        (1234567890123451, None),
        (12345678901234567890, None),
        (0.1 + 0.2, None),
    ],
)
def test_a_reference_stored_as_a_number_counts_as_far_as_a_spreadsheet_keeps_it(tmp_path: Path, reference: float, kept: str | None) -> None:
    with xlsxwriter.Workbook(tmp_path / "kpi_values.xlsx") as made:
        sheet = made.add_worksheet()
        fill(sheet, kpi_rows(1, 2))
        sheet.write_number(1, 4, 0)
    part = f"<v>{reference!r}</v>"
    rewrite(tmp_path / "kpi_values.xlsx", b'<c r="E2"><v>0</v>', b'<c r="E2">' + part.encode())
    file = read(tmp_path / "kpi_values.xlsx")
    assert column(file, "vendor")[-1] == "Zürich AG"
    if kept:
        assert column(file, "vendor") == [kept, "Zürich AG"]
    else:
        (apart,) = file.ragged
        assert (apart.row, apart.rule) == (1, "lost_digits")
        assert "column vendor has more than 15 digits" in (apart.allowed or "")
        assert "store it as text" in (apart.allowed or "")


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    """Replace bytes of the first sheet, which a writer would not write."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert old in parts[sheet]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data.replace(old, new) if name == sheet else data)


def test_whole_numbers_of_a_sheet_are_exact(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "kpi_values.xlsx") as made:
        fill(made.add_worksheet(), kpi_rows(0))
    rewrite(tmp_path / "kpi_values.xlsx", b'<c r="F2"><v>0</v>', b'<c r="F2"><v>1234567890123451</v>')
    assert column(read(tmp_path / "kpi_values.xlsx"), "numerator") == ["1234567890123451"]


@pytest.mark.parametrize(
    ("kind", "largest", "is_read"),
    [(pa.float64(), 2.0**53 - 1, True), (pa.float64(), -(2.0**53), False), (pa.float32(), 2.0**24, False), (pa.float16(), 2048.0, False)],
)
def test_references_of_parquet_that_are_too_large_floats_refuse_the_file(
    tmp_path: Path, kind: pa.DataType, largest: float, is_read: bool
) -> None:
    path = tmp_path / "kpi_values.parquet"
    write_parquet(path, kpi_rows(1))
    table = pq.read_table(path)
    table = table.set_column(4, "vendor", pa.array(np.array([largest], kind.to_pandas_dtype()), kind))
    pq.write_table(table, path)
    if is_read:
        assert column(read(path), "vendor") == ["9007199254740991"]
    else:
        assert "neighbours cannot be told apart: store it as text" in reason(path)


BOTH = "it would also read as Windows-1252"


@pytest.mark.parametrize(
    ("data", "says_so"),
    [
        ("CAFÉ®".encode("cp1252"), True),
        ("MENÜ™, CAFÉ®".encode("cp1252"), True),
        ("CAFÉ’S".encode("cp1252"), True),
        ("voilà\u00a0»".encode("cp1252"), True),
        ("CAFÉ®".encode(), False),
        ("CAFÉ®".encode("utf-8-sig"), False),
        *(
            (text.encode(), False)
            for text in ("plain", "Zürich", "Łódź", "Škoda", "Mařík", "Ωmega", "Πάπια", "Москва", "Acme’s – “x”", "株式会社", "🙂")
        ),
    ],
)
def test_bytes_that_are_text_in_two_encodings_are_said_to_be(tmp_path: Path, data: bytes, says_so: bool) -> None:
    bom = data[:3] if data.startswith(b"\xef\xbb\xbf") else b""
    whole = bom + delimited(kpi_rows(1, vendor="@")).encode().replace(b"@", data[len(bom) :])
    file = read(tmp_path / "kpi_values.csv", whole)
    encoding = dict(file.assumed)["encoding"]
    assert encoding.startswith("UTF-8")
    assert (BOTH in encoding) == says_so
