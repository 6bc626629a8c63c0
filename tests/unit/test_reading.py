"""A file becomes a table of texts, or one sentence why not."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from orchestration.contracts import intake_contracts
from orchestration.intake.reading import ReadFile, UnreadableFileError, csv_files, encodings, quotations, read_file
from orchestration.settings import Settings

ENGAGEMENTS = intake_contracts()["engagements"]
HEADER = "project_ref,vendor,vendor_role\n"


def read(tmp_path: Path, content: str | bytes, **limits: int) -> ReadFile:
    path = tmp_path / "engagements.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_file(path, ENGAGEMENTS, Settings(**limits))


def reason(tmp_path: Path, content: str | bytes, **limits: int) -> str:
    with pytest.raises(UnreadableFileError) as error:
        read(tmp_path, content, **limits)
    return str(error.value)


def refs(file: ReadFile) -> dict[int, str | None]:
    return dict(zip(file.table["_row"].to_pylist(), file.table["project_ref"].to_pylist(), strict=True))


def apart(file: ReadFile) -> dict[int, int]:
    return {ragged.row: ragged.fields for ragged in file.ragged}


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_byte_order_mark_and_line_ends_do_not_matter(tmp_path: Path, bom: bytes, line_end: str) -> None:
    text = (HEADER + "P1,Acme,cloud\nP2,Zürich AG,product\n").replace("\n", line_end)
    file = read(tmp_path, bom + text.encode())
    assert refs(file) == {1: "P1", 2: "P2"}
    assert file.table["vendor"].to_pylist() == ["Acme", "Zürich AG"]
    assert file.table["vendor_role"].to_pylist() == ["cloud", "product"]


def test_columns_come_in_contract_order_and_absent_ones_are_missing(tmp_path: Path) -> None:
    file = read(tmp_path, "vendor_role, vendor ,project_ref\ncloud,Acme,P1\n")
    assert file.table.column_names == [*ENGAGEMENTS.column_names, "_row"]
    assert file.table.to_pylist() == [
        {"project_ref": "P1", "vendor": "Acme", "vendor_role": "cloud", "annual_spend": None, "currency": None, "_row": 1}
    ]
    assert file.header_fields == 3


def test_quoted_fields_keep_line_breaks_commas_and_marks(tmp_path: Path) -> None:
    file = read(tmp_path, HEADER + '"a\nb","Acme, Inc","5"" disk"\nP2,"",cloud\n')
    assert refs(file) == {1: "a\nb", 2: "P2"}
    assert file.table["vendor"].to_pylist() == ["Acme, Inc", None]
    assert file.table["vendor_role"].to_pylist() == ['5" disk', "cloud"]


@pytest.mark.parametrize("lead", ["", "\n", "\r\n\r\n", "\n\n\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_blank_lines_are_no_rows_and_ragged_rows_keep_their_numbers(tmp_path: Path, lead: str, bom: str) -> None:
    body = "P1,a,cloud\n\n\nonly one\nP3,a,cloud\n\nP4,a,cloud,more,and more\nP5,a,cloud\n\n\n"
    file = read(tmp_path, bom + lead + HEADER + "\n" + body)
    assert refs(file) == {1: "P1", 3: "P3", 5: "P5"}
    assert apart(file) == {2: 1, 4: 5}
    assert file.rows == 5
    assert [ragged.text for ragged in file.ragged] == ["only one", "P4,a,cloud,more,and more"]


def test_ragged_rows_keep_their_numbers_after_quoted_line_breaks_and_without_a_last_line_end(tmp_path: Path) -> None:
    file = read(tmp_path, HEADER + '"P\n\n1",a,cloud\nshort\n"P3",a,cloud\nshort,too')
    assert refs(file) == {1: "P\n\n1", 3: "P3"}
    assert apart(file) == {2: 1, 4: 2}


def test_ragged_rows_keep_their_numbers_in_a_file_of_several_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "LONGEST_ROW_BYTES", 1 << 16)
    lines = [f"P{n},{'y' * 90},cloud" for n in range(1, 3001)]
    lines[1999], lines[2998] = "short", "P,a,b,c"
    file = read(tmp_path, HEADER + "\n".join(lines[:700]) + "\n\n\n" + "\n".join(lines[700:]) + "\n")
    assert apart(file) == {2000: 1, 2999: 4}
    assert refs(file) == {n: f"P{n}" for n in range(1, 3001) if n not in {2000, 2999}}


@pytest.mark.parametrize("text", [HEADER, HEADER.strip(), HEADER + "\n\n", "\n" + HEADER.replace("\n", "\r\n"), HEADER + "   \n"])
def test_header_alone_is_a_file_without_rows(tmp_path: Path, text: str) -> None:
    file = read(tmp_path, text)
    assert (file.rows, file.header_fields) == (0, 3)
    assert file.table.column_names == [*ENGAGEMENTS.column_names, "_row"]


def test_last_row_needs_no_line_end(tmp_path: Path) -> None:
    assert refs(read(tmp_path, HEADER + "P1,a,cloud\nP2,b,cloud")) == {1: "P1", 2: "P2"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty: a header row"),
        (b"\n\n\r\n", "The first line is empty: a header row"),
        (b"   \n  \n", "The first line is empty: a header row"),
        (b"  ", "The first line is empty: a header row"),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00" * 50, "not UTF-8 text (it holds zero bytes)"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe" * 20, "not UTF-8 text (byte 1 cannot be read)"),
        ((HEADER + "P1,a,cloud\n").encode("utf-16-be"), "not UTF-8 text (it holds zero bytes)"),
        ((HEADER + "P1,Zürich,cloud\n").encode("latin-1") + "Zürich".encode(), "(byte 36 cannot be read)"),
        ((HEADER + "P1,Zürich\x81,cloud\n").encode("latin-1"), "(byte 36 cannot be read)"),
        (b'"project_ref,vendor', "header row cannot be read"),
    ],
)
def test_what_is_no_text_is_refused_in_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    said = reason(tmp_path, content)
    assert words in said
    assert "\n" not in said


@pytest.mark.parametrize("block", [1000, encodings.BLOCK_BYTES])
@pytest.mark.parametrize("row", [b"P\xff,Acme,cloud\n", b'P\xff,5" disk,cloud\n', b"P\xff\n", b"P\xc3"])
def test_bytes_that_are_no_text_are_found_late_in_the_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], block: int, row: bytes
) -> None:
    monkeypatch.setattr(encodings, "BLOCK_BYTES", block)
    good = (HEADER + "P1,Zürich,cloud\n" * (csv_files.SNIFF_BYTES // 17 + 10)).encode()
    assert len(good) > csv_files.SNIFF_BYTES
    assert f"not UTF-8 text (byte {len(good) + 2:,} cannot be read)" in reason(tmp_path, good + row)
    assert capfd.readouterr().err == ""


def test_zero_bytes_are_found_late_in_the_file_too(tmp_path: Path) -> None:
    assert "it holds zero bytes" in reason(tmp_path, HEADER.encode() + b"P1,Acme,cloud\n" * 20000 + b"\x00" * 100)


def test_a_letter_across_the_end_of_the_first_look_is_whole(tmp_path: Path) -> None:
    start = (HEADER + "P1,").encode()
    vendor = "x" * (csv_files.SNIFF_BYTES - len(start) - 1) + "ü"
    assert read(tmp_path, start + vendor.encode() + b",cloud\n").table["vendor"].to_pylist() == [vendor]


def test_wrong_delimiter_is_named(tmp_path: Path) -> None:
    said = reason(tmp_path, (HEADER + "P1,a,cloud\n").replace(",", "|"))
    assert said.startswith("The columns are separated by vertical bars, allowed are commas, semicolons or tabs")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("project_ref,vendor,vendor_rolle\n", "'vendor_rolle' is unknown. Did you mean 'vendor_role'? Allowed are: annual_spend, currency"),
        ("project_ref,vendor,VENDOR_ROLE\n", "'VENDOR_ROLE' is unknown. Did you mean 'vendor_role'?"),
        ("project_ref,,vendor,vendor_role\n", "The column '' is unknown. Allowed are"),
        ("project_ref,vendor,vendor_role,vendor\n", "The column 'vendor' stands 2 times in the header row"),
        ("project_ref,annual_spend\n", "Required columns are missing: vendor, vendor_role."),
        ("P1,Acme,cloud\n", "The column 'P1' is unknown."),
    ],
)
def test_wrong_columns_reject_the_file(tmp_path: Path, header: str, words: str) -> None:
    assert words in reason(tmp_path, header + "P1,a,cloud\n")


@pytest.mark.parametrize(
    "rows",
    [
        'P1,"Acme,cloud\nP2,b,cloud\n',  # never closed
        'P1,"Acme,cloud\nP2,b,cloud\nP3,"Zeta,cloud\nP4,b,cloud\n',  # the second mark would close the first, two rows later
        '"P1,a,cloud\nP2,b,cloud\n"P3,b,cloud\n',
        'P1,"Acme" Inc,cloud\n',
        'P1,a,"cloud',
    ],
)
def test_a_quotation_that_would_swallow_rows_is_refused(tmp_path: Path, rows: str) -> None:
    assert "check its quotation marks" in reason(tmp_path, HEADER + rows)


@pytest.mark.parametrize("block", [7, 1 << 24])
@pytest.mark.parametrize(
    ("rows", "vendors"),
    [
        ('P1,5" disk,cloud\nP2,b,cloud\n', ['5" disk', "b"]),
        ('P1,5" disk,cloud\nP2,7" disk,cloud\n', ['5" disk', '7" disk']),
        ('P1,a"",cloud\nP2,"a""b",cloud\n', ['a""', 'a"b']),
        ('P1,"""a""",cloud\n"P2","","cloud"', ['"a"', None]),
    ],
)
def test_marks_that_swallow_nothing_are_read_as_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, rows: str, vendors: list[str | None]
) -> None:
    monkeypatch.setattr(quotations, "BLOCK_BYTES", block)
    file = read(tmp_path, "\ufeff" + HEADER + rows)
    assert file.table["vendor"].to_pylist() == vendors
    assert file.ragged == ()


def test_too_many_bytes_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "engagements.csv"
    path.write_text(HEADER)
    os.truncate(path, 2 * 1024**3)
    with pytest.raises(UnreadableFileError, match=re.escape("has 2,147,483,648 bytes, allowed are at most 536,870,912: split it")):
        read_file(path, ENGAGEMENTS, Settings())
    exact = HEADER + "P1,a,cloud\n"
    assert read(tmp_path, exact, max_file_bytes=len(exact)).rows == 1
    assert "bytes, allowed are at most" in reason(tmp_path, exact, max_file_bytes=len(exact) - 1)


def test_too_many_rows_count_ragged_ones_too(tmp_path: Path) -> None:
    text = HEADER + "P1,a,cloud\nshort\nP3,a,cloud\n"
    assert read(tmp_path, text, max_file_rows=3).rows == 3
    assert reason(tmp_path, text, max_file_rows=2) == "The file has 3 rows, allowed are at most 2: split it."


def test_too_many_columns(tmp_path: Path) -> None:
    header = ",".join(f"c{n}" for n in range(501))
    assert reason(tmp_path, header + "\n") == "The header row has 501 columns, allowed are at most 500."


@pytest.mark.parametrize("mark", ["", '"'])
def test_a_row_of_megabytes_is_refused_by_its_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str) -> None:
    monkeypatch.setattr(csv_files, "LONGEST_ROW_BYTES", 1 << 16)
    long = mark + "x" * (1 << 18) + mark
    said = reason(tmp_path, f"{HEADER}P1,a,cloud\nP2,{long},cloud\nP3,a,cloud\n")
    assert "no row is longer than 16 MB" in said


def test_a_long_row_below_the_limit_is_read(tmp_path: Path) -> None:
    vendor = "x" * (1 << 20)
    assert read(tmp_path, f"{HEADER}P1,{vendor},cloud\n").table["vendor"].to_pylist() == [vendor]
