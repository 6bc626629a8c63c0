"""Every rule shown passing and failing; duplicates, contradictions and the verdict on a whole file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import intake_contracts
from orchestration.engine import engine
from orchestration.intake.checking import FileVerdict, check_batch
from orchestration.intake.deriving import SEEDS
from orchestration.intake.reading import read_file
from orchestration.intake.rules import rules_of
from orchestration.settings import Settings

Row = dict[str, str]
GOOD: dict[str, Row] = {
    "kpi_values": {
        "kpi_code": "ADO-01",
        "period_start": "2024-01-01",
        "period_end": "2024-03-31",
        "value_chain_stage": "OP",
        "numerator": "7",
        "denominator": "10",
    },
    "participants": {
        "participant_id": "P1",
        "holding_group_id": "G1",
        "role": "buyer",
        "industry_code": "C",
        "country": "CH",
        "size_band": "L",
        "joined_on": "2024-01-01",
        "verified": "true",
    },
    "projects": {"project_ref": "Apollo", "project_kind": "upgrade", "value_chain_stage": "OP", "status": "live"},
    "engagements": {"project_ref": "Apollo", "vendor": "Acme", "vendor_role": "cloud"},
    "promises": {
        "project_ref": "Apollo",
        "kpi_code": "ADO-01",
        "due_on": "2026-12-31",
        "promised_by": "vendor",
        "promised_on": "2025-01-01",
        "value": "80",
    },
    "success_definition": {"kpi_code": "ADO-01", "weight": "0.5"},
    "outcome_ratings": {
        "job": "J1",
        "step": "S1",
        "outcome_code": "O1",
        "respondent_group": "users",
        "period_start": "2025-01-01",
        "period_end": "2025-12-31",
        "importance": "9",
        "satisfaction": "3",
        "respondents": "40",
    },
    "customer_links": {"customer": "CONSUMER", "period_start": "2025-01-01", "period_end": "2025-12-31", "revenue_share": "0.8"},
    "interventions": {"intervention_ref": "I1", "kind": "training", "started_on": "2025-03-01", "kpi_code": "ADO-01"},
}


def judge(folder: Path, feed: str, files: Iterable[Sequence[Row]]) -> list[FileVerdict]:
    """One verdict per file; every file has all columns of its feed."""
    contract = intake_contracts()[feed]
    read = []
    for number, rows in enumerate(files):
        text = io.StringIO()
        writer = csv.DictWriter(text, contract.column_names)
        writer.writeheader()
        writer.writerows(rows)
        path = folder / f"{feed}__{number}.csv"
        path.write_text(text.getvalue(), "utf-8")
        read.append(read_file(path, contract, Settings()))
    with duckdb.connect() as connection:
        return check_batch(connection, contract, read, SEEDS)


def kpi(**changes: str) -> Row:
    return GOOD["kpi_values"] | changes


def numbered(count: int, **changes: str) -> list[Row]:
    return [kpi(project_ref=f"p{n}", **changes) for n in range(count)]


def counts(verdict: FileVerdict) -> tuple[int, int, int, int]:
    """Read, accepted, quarantined, collapsed; the first is always the sum of the others."""
    parts = (verdict.rows_accepted, verdict.rows_quarantined, verdict.rows_collapsed)
    assert verdict.rows_read == sum(parts)
    return (verdict.rows_read, *parts)


# (feed, what is changed in a good row, the broken rules as column:rule)
CASES: list[tuple[str, Row, str]] = [
    *((feed, {}, "") for feed in GOOD),
    # unsafe_text
    *(("kpi_values", {"vendor": text}, "") for text in ("A=B", "a-b", "a + b", "x@y", "Zürich", "שלום", "two\nlines", "tab\tin", "🙂")),
    *(
        ("kpi_values", {"vendor": text}, "vendor:unsafe_text")
        for text in ("=1+1", "+41", "-", "@SUM(A1)", "  =1", "\t=1", "\n=1", "＝1", "a\u200bb", "\u202eabc", "a\u2066b", "\ufeffa", "a\x07b", "a\x1b[0m")
    ),
    ("kpi_values", {"value_chain_stage": "OP\u200b"}, "value_chain_stage:unsafe_text value_chain_stage:allowed_values"),
    ("kpi_values", {"kpi_code": "ADO-01\u200f"}, "kpi_code:unsafe_text kpi_code:known_kpi"),
    ("participants", {"holding_group_id": "=G1"}, "holding_group_id:unsafe_text holding_group_id:pattern"),
    ("projects", {"project_ref": "=Apollo"}, "project_ref:unsafe_text"),
    ("engagements", {"vendor": "@Acme"}, "vendor:unsafe_text"),
    ("promises", {"project_ref": "=Apollo"}, "project_ref:unsafe_text"),
    ("success_definition", {"objective": "+fewer"}, "objective:unsafe_text"),
    ("outcome_ratings", {"step": "PAY\u200b"}, "step:unsafe_text step:pattern"),
    # codes of a shared list
    *(("outcome_ratings", {"outcome_code": text}, "") for text in ("O1", "OUT-5", "PAY_2.A", "X")),
    *(("outcome_ratings", {"outcome_code": text}, "outcome_code:pattern") for text in ("pay faster", "Out-5", "OUT-", "5", "JANE DOE")),
    ("outcome_ratings", {"job": "J" * 41, "step": "call jane@acme.com"}, "job:length step:pattern"),
    ("customer_links", {"customer": "=SUM(A1)"}, "customer:unsafe_text"),
    ("interventions", {"intervention_ref": "@I1"}, "intervention_ref:unsafe_text"),
    # required
    ("kpi_values", {"kpi_code": ""}, "kpi_code:required kpi_code:known_kpi"),
    ("kpi_values", {"kpi_code": "   "}, "kpi_code:required kpi_code:known_kpi"),
    ("kpi_values", {"period_start": ""}, "period_start:required"),
    ("kpi_values", {"period_end": ""}, "period_end:required"),
    ("kpi_values", {"value_chain_stage": ""}, "value_chain_stage:required"),
    ("kpi_values", {"project_ref": "", "vendor": "", "target": "", "base": ""}, ""),
    ("participants", {"participant_id": ""}, "participant_id:required"),
    ("participants", {"verified": ""}, "verified:required"),
    ("projects", {"status": ""}, "status:required"),
    ("engagements", {"vendor": ""}, "vendor:required"),
    # numbers
    *(
        ("kpi_values", {"target": text}, "")
        for text in ("0", "-3.5", "+4", ".5", "5.", "1e3", "1E-2", " 12 ", "0.000001", "0.3333333333333333", "0.0000501234", "-0.00005", "0e-400", "1000000000000000")
    ),
    *(("kpi_values", {"target": text}, "target:precision") for text in ("0.0000004", "-4e-7", "1e-400", "0.0000014", "0.0000005", "4.25e-6")),
    ("kpi_values", {"numerator": "0.0000004", "denominator": "0.0000004"}, "numerator:precision denominator:precision"),
    ("kpi_values", {"months_since_go_live": "0.0000000000000000001"}, "months_since_go_live:precision"),
    ("outcome_ratings", {"satisfaction": "0.0000001"}, "satisfaction:precision"),
    *(
        ("kpi_values", {"target": text}, "target:type")
        for text in ("1,000", "1_000", "1 000", "1'000", "1e999", "NaN", "nan", "inf", "-inf", "Infinity", "0x10", "1e", "-", ".", "12%", "n/a", "١")
    ),
    ("kpi_values", {"numerator": "abc"}, "numerator:type"),
    ("kpi_values", {"denominator": "1,0"}, "denominator:type denominator:denominator_given"),
    # whole numbers
    *(("kpi_values", {"months_since_go_live": text}, "") for text in ("0", "3", "3.0", "12e1", "1200")),
    *(
        ("kpi_values", {"months_since_go_live": text}, "months_since_go_live:type")
        for text in ("3.7", "3.0000001", "1_0", "1,0", "NaN", "three")
    ),
    # dates
    *(("projects", {"started_on": text}, "") for text in ("2024-02-29", "1990-01-01", "2100-12-31", " 2024-01-05 ")),
    *(
        ("projects", {"started_on": text}, "started_on:type")
        for text in ("2024-1-5", "2024-13-01", "2023-02-29", "2024/01/05", "05.01.2024", "2024-01-05T00:00", "20240105", "2024-01- 5", "today")
    ),
    *(("projects", {"started_on": text}, "started_on:range") for text in ("9999-12-31", "1989-12-31", "0024-01-05", "-024-01-05")),
    ("kpi_values", {"period_end": "9999-12-31"}, "period_end:range"),
    # true or false
    *(("participants", {"verified": text}, "") for text in ("true", "false", "TRUE", "False")),
    *(("participants", {"verified": text}, "verified:type") for text in ("1", "yes", "wahr", "t")),
    # allowed values
    *(("kpi_values", {"value_chain_stage": text}, "") for text in ("IL", "OP", "OL", "MS", "SV", "FI", "HR", "TD", "PR")),
    *(("kpi_values", {"value_chain_stage": text}, "value_chain_stage:allowed_values") for text in ("XX", "op", "O'P", "IL,OP")),
    *(("kpi_values", {"evidence_grade": text}, "") for text in ("", "A", "B", "C")),
    ("kpi_values", {"evidence_grade": "D"}, "evidence_grade:allowed_values"),
    ("participants", {"role": "customer"}, "role:allowed_values"),
    ("participants", {"size_band": "XXL"}, "size_band:allowed_values"),
    ("projects", {"project_kind": "rollout"}, "project_kind:allowed_values"),
    ("engagements", {"vendor_role": "reseller"}, "vendor_role:allowed_values"),
    # patterns
    ("kpi_values", {"currency": "CHF"}, ""),
    *(("kpi_values", {"currency": text}, "currency:pattern") for text in ("chf", "CH", "CHFX", "C F", "CHF\n", "€")),
    ("participants", {"country": "che"}, "country:pattern"),
    *(("participants", {"participant_id": text}, "") for text in ("P-1", "a", "0_:.", "x" * 64)),
    ("participants", {"participant_id": "-P"}, "participant_id:unsafe_text participant_id:pattern"),
    *(("participants", {"participant_id": text}, "participant_id:pattern") for text in ("P 1", "Zürich", "P\n1", "../P")),
    # length
    ("kpi_values", {"vendor": "ü" * 200}, ""),
    ("kpi_values", {"vendor": "x" * 201}, "vendor:length"),
    ("participants", {"participant_id": "x" * 65}, "participant_id:length"),
    ("engagements", {"project_ref": "x" * 201}, "project_ref:length"),
    # range
    *(("kpi_values", {"base": text}, "") for text in ("0", "1000000000000000")),
    *(("kpi_values", {"base": text}, "base:range") for text in ("-1", "-0.000001", "1000000000000000.1")),
    *(("kpi_values", {"months_since_go_live": text}, "months_since_go_live:range") for text in ("-1", "1201")),
    ("kpi_values", {"target": "-1000000000000001"}, "target:range"),
    ("projects", {"planned_cost": "-1", "currency": "CHF"}, "planned_cost:range"),
    # rules over the row
    ("kpi_values", {"period_start": "2024-03-31"}, ""),
    ("kpi_values", {"period_start": "2024-04-01"}, "period_end:period_order"),
    ("kpi_values", {"kpi_code": "ADO-99"}, "kpi_code:known_kpi"),
    ("kpi_values", {"kpi_code": "ado-01"}, "kpi_code:known_kpi"),
    ("kpi_values", {"kpi_code": "BEN-10", "numerator": "1", "denominator": "1"}, "kpi_code:not_computed_kpi"),
    ("kpi_values", {"numerator": "50", "denominator": ""}, "denominator:denominator_given"),
    ("kpi_values", {"kpi_code": "SRC-01", "numerator": "30", "denominator": ""}, ""),
    ("kpi_values", {"kpi_code": "SRC-01", "numerator": "30", "denominator": "2"}, ""),
    ("kpi_values", {"numerator": "0", "denominator": "-1"}, "denominator:denominator_not_negative"),
    ("kpi_values", {"kpi_code": "OUT-01", "numerator": "5", "denominator": "-10"}, "denominator:denominator_not_negative"),
    ("kpi_values", {"numerator": "1", "denominator": "0"}, "denominator:denominator_not_zero"),
    ("kpi_values", {"numerator": "-1", "denominator": "0.0"}, "denominator:denominator_not_zero"),
    ("kpi_values", {"numerator": "0", "denominator": "0"}, ""),
    ("kpi_values", {"numerator": "-0", "denominator": "0.00"}, ""),
    # the hard range: 0 to 100 percent, borders included, whatever binary fractions make of the division
    *(
        ("kpi_values", {"numerator": n, "denominator": d}, "")
        for n, d in (("10", "10"), ("0", "10"), ("0.07", "0.07"), ("0.1", "0.1"), ("1e15", "1e15"), ("0.000003", "0.000003"), ("4.35", "4.35"))
    ),
    *(
        ("kpi_values", {"numerator": n, "denominator": d}, "numerator:hard_range")
        for n, d in (("10.000001", "10"), ("7", "0.07"), ("-0.000001", "10"), ("1e15", "999999999000000"))
    ),
    *(("kpi_values", {"kpi_code": "OUT-01", "numerator": n, "denominator": d}, "") for n, d in (("0.35", "0.07"), ("1.1", "0.22"), ("-0.07", "0.07"))),
    *(
        ("kpi_values", {"kpi_code": "OUT-01", "numerator": n, "denominator": d}, "numerator:hard_range")
        for n, d in (("0.350001", "0.07"), ("-0.070001", "0.07"))
    ),
    ("kpi_values", {"kpi_code": "DEL-04", "numerator": "7", "denominator": "70"}, ""),  # exactly 0.1 hours
    ("kpi_values", {"kpi_code": "DEL-04", "numerator": "6.999", "denominator": "70"}, "numerator:hard_range"),
    *(("kpi_values", {"kpi_code": "SRC-01", "numerator": n, "denominator": ""}, "") for n in ("0", "1825")),
    *(("kpi_values", {"kpi_code": "SRC-01", "numerator": n, "denominator": ""}, "numerator:hard_range") for n in ("-5", "1825.1")),
    ("kpi_values", {"kpi_code": "EXP-03", "numerator": "21", "denominator": "3"}, ""),
    ("kpi_values", {"kpi_code": "EXP-03", "numerator": "21.01", "denominator": "3"}, "numerator:hard_range"),
    # money: the range is checked after conversion, so any size passes here
    ("kpi_values", {"kpi_code": "SVC-07", "numerator": "900000000", "denominator": "1", "currency": "JPY"}, ""),
    ("kpi_values", {"kpi_code": "SVC-07", "numerator": "90", "denominator": "1"}, "currency:currency_given"),
    ("kpi_values", {"kpi_code": "SVC-07", "numerator": "", "denominator": "1"}, ""),
    # a currency that has reference rates; beside a figure that is no money it does not matter
    *(
        ("kpi_values", {"kpi_code": "SVC-07", "numerator": "90", "denominator": "1", "currency": code}, "")
        for code in ("EUR", "CHF", "ZAR", "RUB", "TRL")
    ),
    *(
        ("kpi_values", {"kpi_code": "SVC-07", "numerator": "90", "denominator": "1", "currency": code}, "currency:known_currency")
        for code in ("AED", "DEM", "XXX")
    ),
    ("kpi_values", {"kpi_code": "SVC-07", "numerator": "", "denominator": "1", "currency": "AED"}, ""),
    ("kpi_values", {"currency": "AED"}, ""),
    # an empty numerator is never an error
    ("kpi_values", {"numerator": "", "denominator": ""}, ""),
    ("kpi_values", {"numerator": "", "denominator": "0"}, ""),
    ("kpi_values", {"numerator": "", "denominator": "-5"}, ""),
    ("kpi_values", {"numerator": " ", "denominator": "10", "target": "5", "base": "3"}, ""),
    ("participants", {"valid_from": "2024-01-01", "valid_to": "2024-01-01"}, ""),
    ("participants", {"valid_from": "2024-01-01", "valid_to": ""}, ""),
    ("participants", {"valid_from": "", "valid_to": "2024-01-01"}, ""),
    ("participants", {"valid_from": "2024-01-02", "valid_to": "2024-01-01"}, "valid_to:validity_order"),
    ("projects", {"planned_cost": "5", "currency": "CHF"}, ""),
    ("projects", {"planned_cost": "5"}, "currency:currency_with_cost"),
    ("projects", {"actual_cost": "0"}, "currency:currency_with_cost"),
    ("engagements", {"annual_spend": "5", "currency": "EUR"}, ""),
    ("engagements", {"annual_spend": "5"}, "currency:currency_with_spend"),
    ("projects", {"planned_cost": "5", "currency": "AED"}, "currency:known_currency"),
    ("projects", {"actual_cost": "5", "currency": "AED"}, "currency:known_currency"),
    ("projects", {"currency": "AED"}, ""),
    ("engagements", {"annual_spend": "5", "currency": "AED"}, "currency:known_currency"),
    ("engagements", {"annual_spend": "5", "currency": "aed"}, "currency:pattern"),
    ("interventions", {"cost": "5", "currency": "AED"}, "currency:known_currency"),
    # the other feeds
    *(("promises", {"promised_on": day}, "") for day in ("2026-12-31", "1990-01-01")),
    ("promises", {"promised_on": "2027-01-01"}, "promised_on:promised_before_due"),
    ("promises", {"kpi_code": "NO-01"}, "kpi_code:known_kpi"),
    ("promises", {"value": "100.1"}, "value:hard_range"),
    ("promises", {"promised_by": "nobody"}, "promised_by:allowed_values"),
    *(("success_definition", {"weight": text}, "") for text in ("0", "1", "0.333333")),
    *(("success_definition", {"weight": text}, "weight:range") for text in ("-0.1", "1.1", "40")),
    ("success_definition", {"kpi_code": "NO-01"}, "kpi_code:known_kpi"),
    ("outcome_ratings", {"importance": "10", "satisfaction": "0"}, ""),
    ("outcome_ratings", {"importance": "10.5"}, "importance:range"),
    ("outcome_ratings", {"respondents": "0"}, "respondents:range"),
    ("outcome_ratings", {"period_end": "2024-12-31"}, "period_end:period_order"),
    *(("customer_links", {"customer": text}, "") for text in ("EXTERNAL", "CHE-123.456.789", "529900T8BM49AURSDO55", "HRB 12345")),
    ("customer_links", {"revenue_share": "1.01"}, "revenue_share:range"),
    ("customer_links", {"period_end": "2024-12-31"}, "period_end:period_order"),
    ("interventions", {"kpi_code": "NO-01"}, "kpi_code:known_kpi"),
    ("interventions", {"cost": "5"}, "currency:currency_with_cost"),
    ("interventions", {"cost": "5", "currency": "EUR"}, ""),
    ("interventions", {"treated_units": "6", "total_units": "5"}, "treated_units:treated_within_total"),
    ("interventions", {"treated_units": "5", "total_units": "5"}, ""),
    # personal data, in free text only
    ("engagements", {"vendor": "jane@example.com"}, "vendor:personal_data"),
    ("kpi_values", {"evidence_grade": "jane@example.com"}, "evidence_grade:allowed_values"),
    # several at once, each named
    (
        "kpi_values",
        {"period_start": "x", "value_chain_stage": "", "base": "-1", "evidence_grade": "Z"},
        "period_start:type value_chain_stage:required base:range evidence_grade:allowed_values",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[FileVerdict]:
    """The verdict on every case, each a file of one row."""
    found: dict[int, FileVerdict] = {}
    for feed, good in GOOD.items():
        numbers = [n for n, case in enumerate(CASES) if case[0] == feed]
        judged = judge(tmp_path_factory.mktemp(feed), feed, ([good | CASES[n][1]] for n in numbers))
        found |= dict(zip(numbers, judged, strict=True))
    return [found[n] for n in range(len(CASES))]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{feed} {changed}"[:100] for feed, changed, _ in CASES])
def test_a_row_breaks_exactly_these_rules(verdicts: list[FileVerdict], number: int) -> None:
    _, changed, broken = CASES[number]
    verdict = verdicts[number]
    assert sorted(f"{p.column}:{p.rule}" for p in verdict.problems) == sorted(broken.split())
    assert verdict.verdict == ("rejected" if broken else "accepted")
    assert counts(verdict) == ((1, 0, 1, 0) if broken else (1, 1, 0, 0))
    for problem in verdict.problems:
        assert problem.row == 1
        assert problem.allowed
        if "jane@" not in changed.get(problem.column, ""):  # which is not repeated: tests/unit/test_personal.py
            assert problem.value == changed.get(problem.column, problem.value).strip(" ")[:120]


def test_spellings_of_one_legal_entity_are_one_key(tmp_path: Path) -> None:
    link = GOOD["customer_links"]
    alike = [link | {"customer": text, "revenue_share": share} for text, share in (("CHE-123.456.789", "0.9"), ("che123456789", "0.5"))]
    once = [link | {"customer": "HRB 1"}, link | {"customer": "hrb1"}, link | {"customer": "HRB 2"}]
    contradicting, identical = judge(tmp_path, "customer_links", [[*alike, *once[:1], *once[2:], link], once])
    assert dict(contradicting.rule_counts) == {"contradicting_key": 2}
    assert counts(identical) == (3, 2, 0, 1)


def test_personal_data_in_a_row_that_cannot_be_read_is_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "engagements.csv"
    path.write_text("project_ref,vendor,vendor_role\na,b,cloud\nc,d,cloud\nx,jane.doe@example.com,cloud,too,many\n")
    contract = intake_contracts()["engagements"]
    with engine(Settings()) as connection:
        (verdict,) = check_batch(connection, contract, [read_file(path, contract, Settings())], SEEDS)
    assert [(p.row, p.rule, p.value) for p in verdict.problems] == [(3, "fields", "x,…")]


def test_what_is_allowed_names_the_range_of_the_row_s_kpi(verdicts: list[FileVerdict]) -> None:
    words = {p.allowed for verdict in verdicts for p in verdict.problems if p.rule == "hard_range"}
    assert "a value from 0 to 100 %, the hard range of ADO-01 in the KPI catalogue" in words


def test_every_rule_of_every_contract_is_shown_failing() -> None:
    shown = {(feed, name.split(":")[1]) for feed, _, broken in CASES for name in broken.split()}
    declared = {(feed, rule.name) for feed in GOOD for rule in rules_of(intake_contracts()[feed])}
    by_kind = {"allowed_values", "length", "pattern", "personal_data", "precision", "range", "required", "type"}
    assert {(f, r) for f, r in declared if r not in by_kind} <= shown
    assert by_kind <= {rule for _, rule in shown}
    assert declared >= shown


def test_what_a_sender_reads_says_what_is_allowed(verdicts: list[FileVerdict]) -> None:
    words = {(p.column, p.rule): p.allowed for verdict in verdicts for p in verdict.problems}
    assert words["value_chain_stage", "allowed_values"] == "one of IL, OP, OL, MS, SV, FI, HR, TD, PR"
    assert words["months_since_go_live", "range"] == "from 0 to 1200"
    assert words["started_on", "type"] == "an ISO date such as 2025-12-31"
    assert words["vendor", "length"] == "at most 200 characters"


def test_identical_rows_collapse_to_one_compared_as_typed_values(tmp_path: Path) -> None:
    same = [
        kpi(numerator="1", evidence_grade="C"),
        kpi(numerator="1.0", evidence_grade=""),
        kpi(numerator=" 1e0", vendor=" "),
        kpi(numerator="1", project_ref="other"),
    ]
    (verdict,) = judge(tmp_path, "kpi_values", [same])
    assert counts(verdict) == (4, 2, 0, 2)
    assert (verdict.verdict, verdict.problems) == ("accepted", ())


def test_a_bad_row_sent_twice_is_quarantined_once(tmp_path: Path) -> None:
    (verdict,) = judge(tmp_path, "kpi_values", [[kpi(base="x"), kpi(base="x"), *numbered(2)]])
    assert counts(verdict) == (4, 2, 1, 1)
    assert [p.row for p in verdict.problems] == [1]


@pytest.mark.parametrize("order", ["AAB", "ABA", "BAA", "AB", "AABB"])
def test_contradicting_rows_of_one_key_are_all_quarantined(tmp_path: Path, order: str) -> None:
    rows = [kpi(numerator={"A": "1", "B": "2"}[letter]) for letter in order]
    (verdict,) = judge(tmp_path, "kpi_values", [rows + numbered(len(order))])
    assert counts(verdict) == (2 * len(order), len(order), len(order), 0)
    assert verdict.verdict == "accepted_with_quarantine"
    assert [(p.row, p.rule) for p in verdict.problems] == [(n + 1, "contradicting_key") for n in range(len(order))]
    assert dict(verdict.rule_counts) == {"contradicting_key": len(order)}


@pytest.mark.parametrize("column", ["target", "base", "currency", "evidence_grade", "denominator", "months_since_go_live"])
def test_rows_contradict_in_any_column_outside_the_key(tmp_path: Path, column: str) -> None:
    other = {"currency": "EUR", "evidence_grade": "A"}.get(column, "11")
    (verdict,) = judge(tmp_path, "kpi_values", [[kpi(), kpi(**{column: other}), *numbered(2)]])
    assert counts(verdict) == (4, 2, 2, 0)


@pytest.mark.parametrize("column", ["project_ref", "vendor", "value_chain_stage", "period_start", "period_end", "kpi_code"])
def test_rows_of_different_keys_never_contradict(tmp_path: Path, column: str) -> None:
    other = {"value_chain_stage": "IL", "period_start": "2024-01-02", "period_end": "2024-03-30", "kpi_code": "ADO-02"}.get(column, "x")
    (verdict,) = judge(tmp_path, "kpi_values", [[kpi(numerator="1"), kpi(numerator="2", **{column: other})]])
    assert counts(verdict) == (2, 2, 0, 0)


def test_a_withdrawal_and_a_figure_of_one_key_in_one_file_contradict(tmp_path: Path) -> None:
    (verdict,) = judge(tmp_path, "kpi_values", [[kpi(numerator=""), kpi(), *numbered(2)]])
    assert counts(verdict) == (4, 2, 2, 0)


def test_rows_of_different_files_never_meet(tmp_path: Path) -> None:
    first, second = judge(tmp_path, "kpi_values", [[kpi(numerator="1")], [kpi(numerator="2")]])
    assert counts(first) == counts(second) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("bad", "good", "verdict"), [(2, 2, "accepted_with_quarantine"), (3, 2, "rejected"), (1, 0, "rejected"), (0, 1, "accepted")]
)
def test_more_than_half_bad_rejects_the_whole_file(tmp_path: Path, bad: int, good: int, verdict: str) -> None:
    rows = [kpi(vendor=f"v{n}", base="-1") for n in range(bad)] + numbered(good)
    (found,) = judge(tmp_path, "kpi_values", [rows])
    assert found.verdict == verdict
    assert counts(found) == (bad + good, *((0, bad + good) if verdict == "rejected" else (good, bad)), 0)
    assert [p.row for p in found.problems] == list(range(1, bad + 1))
    assert (found.sentence is not None) == (verdict == "rejected")
    if verdict == "rejected":
        assert found.sentence is not None
        assert f"({bad} of {bad + good})" in found.sentence


def test_rows_of_a_rejected_file_are_all_quarantined_and_other_files_are_not(tmp_path: Path) -> None:
    contract = intake_contracts()["engagements"]
    texts = ["P1,Acme,cloud\nP2,Acme,nobody\nP3,Acme,nobody\nP1,Acme,cloud\nP4,Acme,nobody\n", "P1,Acme,cloud\n"]
    files = []
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.csv"
        path.write_text("project_ref,vendor,vendor_role\n" + text)
        files.append(read_file(path, contract, Settings()))
    with duckdb.connect() as connection:
        rejected, accepted = check_batch(connection, contract, files, SEEDS)
        fates = connection.execute("select _file, _row, _fate from judged order by all").fetchall()
    assert counts(rejected) == (5, 0, 5, 0)
    assert counts(accepted) == (1, 1, 0, 0)
    assert fates == [*((0, row, "quarantined") for row in range(1, 6)), (1, 1, "accepted")]


def test_ragged_rows_count_as_bad_and_are_named_in_row_order(tmp_path: Path) -> None:
    path = tmp_path / "engagements.csv"
    path.write_text("project_ref,vendor,vendor_role\nP1,Acme,cloud\nP2,Acme\nP3,Acme,nobody\nP4,a,cloud,x\nP5,a,cloud\nP6,a,cloud\n")
    contract = intake_contracts()["engagements"]
    with duckdb.connect() as connection:
        (verdict,) = check_batch(connection, contract, [read_file(path, contract, Settings())], SEEDS)
    assert counts(verdict) == (6, 3, 3, 0)
    assert [(p.row, p.rule, p.value) for p in verdict.problems] == [
        (2, "fields", "P2,Acme"),
        (3, "allowed_values", "nobody"),
        (4, "fields", "P4,a,cloud,x"),
    ]
    assert verdict.problems[0].allowed == "3 fields as in the header row; this row has 2"
    assert dict(verdict.rule_counts) == {"allowed_values": 1, "fields": 2}


def test_problems_are_listed_up_to_a_thousand_and_counted_in_full(tmp_path: Path) -> None:
    rows = [kpi(project_ref=f"b{n}", base="-1", evidence_grade="Z") for n in range(1500)] + numbered(1500)
    (verdict,) = judge(tmp_path, "kpi_values", [rows])
    assert counts(verdict) == (3000, 1500, 1500, 0)
    assert len(verdict.problems) == 1000
    assert [p.row for p in verdict.problems] == [1 + n // 2 for n in range(1000)]
    assert dict(verdict.rule_counts) == {"allowed_values": 1500, "range": 1500}


def test_evidenced_rows_are_counted_among_the_accepted(tmp_path: Path) -> None:
    rows = [kpi(vendor=g, evidence_grade=g) for g in ("A", "B", "C", "")] + [kpi(vendor="bad", evidence_grade="A", base="-1")]
    (verdict,) = judge(tmp_path, "kpi_values", [rows])
    assert (verdict.rows_accepted, verdict.evidenced_rows) == (4, 2)


def test_a_file_without_rows_is_accepted(tmp_path: Path) -> None:
    (verdict,) = judge(tmp_path, "kpi_values", [[]])
    assert (verdict.verdict, counts(verdict)) == ("accepted", (0, 0, 0, 0))


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    names = [
        "'; drop table judged; --",
        '"quoted"',
        "a\nb",
        "100%",
        "{x}",
        "\\",
        "$1",
        "名前",
        "עברית",
        "a\u00a0b",
        "5-6",
        "a=b",
        "me@home",
    ]
    (verdict,) = judge(tmp_path, "kpi_values", [[kpi(vendor=name) for name in names]])
    assert counts(verdict) == (len(names), len(names), 0, 0)
