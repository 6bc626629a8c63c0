"""Laws of the check that hold for every table: no row is lost, and a row is accepted where a plain reader of the rules accepts it."""

from __future__ import annotations

import csv
import json
import re
import tempfile
import unicodedata
from collections import Counter
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.contracts import intake_contracts
from orchestration.intake.checking import check_batch
from orchestration.intake.deriving import SEEDS
from orchestration.intake.reading import read_file
from orchestration.settings import Settings
from tests.laws import examples

CONTRACT = intake_contracts()["kpi_values"]
with (SEEDS / "kpi_catalogue.csv").open(encoding="utf-8", newline="") as catalogue_file:
    CATALOGUE = {row["code"]: row for row in csv.DictReader(catalogue_file)}
with (SEEDS / "currencies.csv").open(encoding="utf-8", newline="") as currencies_file:
    CURRENCIES = {row["currency"] for row in csv.DictReader(currencies_file)}
KEY = ("kpi_code", "period_start", "period_end", "value_chain_stage", "project_ref", "vendor")
STAGES = {"IL", "OP", "OL", "MS", "SV", "FI", "HR", "TD", "PR"}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
MOST = Decimal(10) ** 15

Row = dict[str, str]
Typed = dict[str, object]


SPACES = "".join(c for c in map(chr, range(0x110000)) if unicodedata.category(c) == "Zs")


class Wrong:
    """A text that is not of its column's type; equal to itself alone, letter by letter."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wrong) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def number(text: str) -> Decimal | Wrong:
    if not NUMBER.fullmatch(text):
        return Wrong(text)
    try:
        return Decimal(text).quantize(Decimal("0.000001"))
    except InvalidOperation:
        return Wrong(text)


def whole(text: str) -> int | Wrong:
    value = number(text)
    return Wrong(text) if isinstance(value, Wrong) or value % 1 or abs(value) >= 2**31 else int(value)


def day(text: str) -> date | Wrong:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else Wrong(text)
    except ValueError:
        return Wrong(text)


READERS = {"number": number, "integer": whole, "date": day, "string": str}


def typed(row: Row) -> Typed:
    values: Typed = {}
    for column in CONTRACT.columns:
        text = row[column.name].strip(SPACES)
        values[column.name] = READERS[column.logical_type](text) if text else None
    return values | {"evidence_grade": values["evidence_grade"] or "C"}


def is_good(row: Typed) -> bool:
    """METHOD section 3 and the contract, read aloud."""
    if any(isinstance(value, Wrong) or (isinstance(value, str) and is_unsafe(value)) for value in row.values()):
        return False
    start, end, stage, grade = row["period_start"], row["period_end"], row["value_chain_stage"], row["evidence_grade"]
    kpi = CATALOGUE.get(str(row["kpi_code"]))
    if not (isinstance(start, date) and isinstance(end, date) and date(1990, 1, 1) <= start <= end <= date(2100, 12, 31)):
        return False
    if kpi is None or kpi["computed"] == "true" or stage not in STAGES or grade not in {"A", "B", "C"}:
        return False
    if any(len(str(row[name] or "")) > 200 or row[name] in PERSONAL for name in ("project_ref", "vendor")):
        return False
    if row["currency"] is not None and not re.fullmatch("[A-Z]{3}", str(row["currency"]), re.ASCII):
        return False
    return in_bounds(row) and measures(row, kpi)


def is_unsafe(text: str) -> bool:
    """A spreadsheet would run it, or it shows otherwise than it reads."""
    hidden = any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c not in "\t\n\r" for c in text)
    return hidden or text[0] in "=+-@\t\r\n＝＋－＠"


def in_bounds(row: Typed) -> bool:
    bounds = {"numerator": -MOST, "denominator": -MOST, "target": -MOST, "base": Decimal(0), "months_since_go_live": Decimal(0)}
    most = {"months_since_go_live": Decimal(1200)}
    values = {name: row[name] for name in bounds}
    return all(low <= value <= most.get(name, MOST) for name, low in bounds.items() if isinstance(value := values[name], Decimal | int))


def measures(row: Typed, kpi: dict[str, str]) -> bool:
    numerator, denominator = row["numerator"], row["denominator"]
    if not isinstance(numerator, Decimal):
        return True  # a withdrawal
    if denominator is None and kpi["denominator"] != "1":
        return False
    divisor = denominator if isinstance(denominator, Decimal) else Decimal(1)
    if divisor < 0 or (divisor == 0 and numerator != 0):
        return False
    if kpi["unit"] == "cur":
        return row["currency"] in CURRENCIES
    value = None if divisor == 0 else round(Decimal(kpi["multiplier"]) * numerator / divisor, 9)
    return value is None or Decimal(kpi["min"]) <= value <= Decimal(kpi["max"])


def fates(rows: list[Row]) -> list[str]:
    """What becomes of each row of a file that is not rejected."""
    values = [typed(row) for row in rows]
    wholes = [tuple(value.values()) for value in values]
    keys = [tuple(value[name] for name in KEY) for value in values]
    contents = {key: {w for w, k in zip(wholes, keys, strict=True) if k == key} for key in keys}
    seen: Counter[tuple[object, ...]] = Counter()
    found = []
    for value, content, key in zip(values, wholes, keys, strict=True):
        seen[content] += 1
        if len(contents[key]) > 1:
            found.append("quarantined")
        elif seen[content] > 1:
            found.append("collapsed")
        else:
            found.append("accepted" if is_good(value) else "quarantined")
    return found


NUMBERS = [
    "",
    "0",
    "-0",
    "1",
    "1.0",
    "+1",
    "1e0",
    "7",
    "0.07",
    "0.1",
    "100",
    "100.000001",
    "-5",
    "1e15",
    "1000000000000001",
    "1e2",
    ".5",
    "3.",
    " 2 ",
]
NO_NUMBERS = ["1,000", "1_000", "NaN", "inf", "1e999", "abc", "0x1", "-", "1 0"]
DATES = ["2024-01-01", "2024-03-31", "2024-12-31", "1990-01-01", "2100-12-31"]
NO_DATES = ["", "2024-1-5", "2024-13-01", "2023-02-29", "9999-12-31", "1989-12-31", "31.12.2024"]


def mostly(good: list[str], bad: list[str]) -> st.SearchStrategy[str]:
    return st.integers(0, 24).flatmap(lambda draw: st.sampled_from(bad if draw == 0 else good))


PERSONAL = ["a@b.cc", "call +41 44 123 45 67", "Mrs Jane Doe"]
UNSAFE = ["=1", "+x", "-x", "@x", "a\u200bb", "\u202ea", "a\x07", "＝1"]
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
ROWS = st.fixed_dictionaries(
    {
        "kpi_code": mostly(["ADO-01", "OUT-01", "SRC-01"], ["SVC-07", "SRC-08", "", "BEN-10", "ado-01", "XXX-1"]),
        "period_start": mostly(DATES[:2], DATES + NO_DATES),
        "period_end": mostly(DATES[1:3], DATES + NO_DATES),
        "value_chain_stage": mostly(["OP", "IL"], ["", "op", "XX"]),
        "project_ref": st.sampled_from(["", "a", " a", "b"]),
        "vendor": st.one_of(mostly(["", "Acme"], ["x" * 201, *PERSONAL, *UNSAFE]), TEXTS),
        "numerator": mostly(["", "0", "0.05", "0.07", "1", "1.0", " 2 ", ".5", "1e-2"], NUMBERS + NO_NUMBERS),
        "denominator": mostly(["10", "100", "0.07", ""], NUMBERS + NO_NUMBERS),
        "target": mostly(["", "1", "1.0"], NUMBERS + NO_NUMBERS),
        "currency": mostly(["", "CHF"], ["AED", "chf", "EURO", "E1R"]),
        "base": mostly(["", "3"], NUMBERS + NO_NUMBERS),
        "months_since_go_live": mostly(["", "3", "3.0"], ["3.7", "1201", "-1", "x"]),
        "evidence_grade": mostly(["", "A", "C"], ["D", "a"]),
    }
)


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """Rows of which some are sent again, as they are or with one other value."""
    rows = draw(st.lists(ROWS, max_size=12))
    for row in draw(st.lists(st.sampled_from(rows), max_size=4)) if rows else []:
        other = draw(st.sampled_from([{}, {}, {"numerator": "1.00"}, {"target": "2"}, {"evidence_grade": "C"}]))
        rows.insert(draw(st.integers(0, len(rows))), row | other)
    return rows


def written(folder: Path, rows: list[Row], ending: str) -> Path:
    path = folder / f"kpi_values.{ending}"
    if ending == "parquet":
        pq.write_table(pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in CONTRACT.column_names}), path)
    elif ending == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    else:
        with path.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, CONTRACT.column_names)
            writer.writeheader()
            writer.writerows(rows)
    return path


@settings(max_examples=examples(150))
@given(tables(), st.sampled_from(["csv", "jsonl", "parquet"]))
def test_no_row_is_lost_and_each_has_the_fate_a_plain_reader_gives_it(rows: list[Row], ending: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), rows, ending if rows else "csv")  # without a line, JSON has no columns
        file = read_file(path, CONTRACT, Settings())
    with duckdb.connect(config={"threads": 1}) as connection:
        (verdict,) = check_batch(connection, CONTRACT, [file], SEEDS)
        found = [fate for (fate,) in connection.execute("select _fate from judged order by _row").fetchall()]

    expected = fates(rows)
    counted = Counter(expected)
    assert verdict.rows_read == len(rows) == verdict.rows_accepted + verdict.rows_quarantined + verdict.rows_collapsed
    assert (verdict.verdict == "rejected") == (counted["quarantined"] * 2 > len(rows))
    assert {p.row for p in verdict.problems} == {n for n, fate in enumerate(expected, start=1) if fate == "quarantined"}
    if verdict.verdict == "rejected":
        assert (verdict.rows_quarantined, found) == (len(rows), ["quarantined"] * len(rows))
    else:
        assert found == expected
        assert (verdict.rows_accepted, verdict.rows_quarantined) == (counted["accepted"], counted["quarantined"])
