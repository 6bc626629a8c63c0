"""Personal data in free text: what is caught, what is not, and what a receipt still shows of it."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contracts import intake_contracts
from orchestration.intake.personal import holds_personal_data, shown, shown_texts
from orchestration.intake.rules import PERSONAL, rules_of
from tests.unit.test_checking import GOOD, counts, judge

CAUGHT = (
    *("jane.doe@example.com", "ask J.D@EXAMPLE.CO.UK now", "<müller@firma.de>", "a+b@c.org"),
    *("+49 30 1234567", "+493012345678", "+1 (555) 123-4567", "call +41 44 668 18 00!", "+44 (0)20 7946 0958", "+ 33 1 23 45 67 89"),
    *("(030) 123-4567", "(555) 123 4567", "Tel. 030 1234567", "phone: 044/668 18 00", "Fax 0800-123456"),
    *("Mr Smith", "Mr. Smith", "Mrs Jane Doe", "Ms. Doe", "Herr Müller", "Herrn Dr. Kunz", "Frau Prof. Dr. Weiß", "Mme Dupont"),
    *("Dr. Jane Smith", "with Dr Max Müller", "Prof. Dr. A. Weiß", "HERR MÜLLER", "mr smith", "Mr SMITH", "frau müller", "MME DUPONT"),
    *("613-555-0123", "call 613 555 0123 now", "1-613-555-2024", "06 12 34 56 78", "01.23.45.67.89", "00491711234567", "0049 171 1234567"),
    *(
        "Tél. 01 23 45 67 89",
        "Tel.: 030 123456",
        "Téléphone 044/668 18 00",
        "Mobile 0171 1234567",
        "cell: +1 613 555 0123",
        "+49 2024 1234567",
    ),
    *("Fax Nr. 044 2024 300", "+1 613 555 2024", "0016135550123"),
    *("jane＠acme.com", "x@пример.рф", "jane@acme．com", "a@例え.テスト", "jane﹫acme.com"),
    *("DE89 3704 0044 0532 0130 00", "pay GB29NWBK60161331926819.", "FR14 2004 1010 0505 0001 3M02 606", "NO93 8601 1117 947"),
    *(
        "Monsieur Dupont",
        "Madame Éluard",
        "team of Mr J. Smith",
        "(Frau Kunz)",
        "Mr\u00a0Smith",
        "Ms Office by Mr Smith",
        "Mr Smith Software rollout",
        "Herr Øst",
    ),
)
NOT_CAUGHT = (
    *(
        "10647802 Canada Limited",
        "20230001234",
        "2023-000-1234",
        "P-0301234567",
        "PRJ 2024/001 (phase 2)",
        "(2024) rollout",
        "030-123-4567",
    ),
    *("1+1 Telecom", "C++ 2024 1234567", "SAP S/4HANA 2023", "+100", "E@syPay", "@home", "me@home", "a@b", "552 100 554", "2024+1234567"),
    *("Dr. Oetker", "M. Müller GmbH", "MS Office", "Ms Office 2021", "Ms Project", "Ms Copilot", "Mrs", "Mr", "MR Systems", "Amr Group"),
    *("Herrmann AG", "Frauenhofer Institut", "Telefonica 2024", "Phoenix Contact 123456", "Fon", "Telekom 12345678", "", "日本電気"),
    *("Fax 2024-2025", "Phone 2025-01-15", "ERP (2023) 2024-2025", "SAP + 2024-2025 upgrade", "WBS (100) 200300", "IP Phone 7841-2024"),
    *("01.02.03.04.05", "0020-2024-0012", "000012345678", "0012345678", "2024+12345678", "Mobile 2024", "Mobile 123456", "Tel 31.12.2025"),
    *(
        "SE2024 ROLLOUT OF THE ERP",
        "DE89 3704 1144 1532 1130",
        "PR2024000123456789",
        "MR SYSTEMS",
        "mr review",
        "Dr. Oetker GmbH",
        "50 ms latency",
    ),
    *("John Smith", "JOHN SMITH"),  # a bare name cannot be known
)
VENDORS_CAUGHT = (
    "Mr John Smith",
    "Herr Dr. Max Müller",
    "Dr. Jane Smith",
    "Mme A. Dupont",
    "jane@acme.com",
    "Acme, Tel. 030 123456",
    "613-555-0123",
)
VENDORS_NOT_CAUGHT = (
    *(
        "Frau Holle Software GmbH",
        "Monsieur Bricolage",
        "Mr Lube Canada",
        "Mr. Rooter",
        "Mr. Cooper",
        "Dr. Oetker",
        "MR PRICE",
        "Madame Tussauds",
    ),
    *("Frau Holle", "Mrs. Fields Inc", "John Smith", "Mr Lube Systems Ltd"),
)


def caught(text: str | None, *, is_vendor: bool = False) -> bool:
    with duckdb.connect() as connection:
        row = connection.execute(
            "select " + holds_personal_data("t", is_vendor=is_vendor) + " from (select $1::varchar as t)", [text]
        ).fetchone()
    assert row
    return row[0]


@pytest.mark.parametrize("text", CAUGHT)
def test_what_names_a_person_is_caught(text: str) -> None:
    assert caught(text)


@pytest.mark.parametrize("text", VENDORS_CAUGHT)
def test_a_vendor_who_is_a_person_is_caught(text: str) -> None:
    assert caught(text, is_vendor=True)


@pytest.mark.parametrize("text", [*VENDORS_NOT_CAUGHT, *NOT_CAUGHT])
def test_a_company_named_like_a_person_passes_as_a_vendor(text: str) -> None:
    assert not caught(text, is_vendor=True)


@pytest.mark.parametrize("text", ["", None])
def test_nothing_is_nothing_personal(text: str | None) -> None:
    assert caught(text) is False


YEARS = st.integers(1990, 2099).map(str)
DATES = st.dates(date(1990, 1, 1), date(2099, 12, 31)).map(str)
BETWEEN = st.sampled_from([" ", "-", " - ", "/", ", ", " ("])


@given(
    st.lists(st.one_of(YEARS, DATES), min_size=1, max_size=3), BETWEEN, st.sampled_from(["Fax ", "Phone: ", "+ ", "Mobile ", "Tel. ", ""])
)
def test_years_and_dates_are_no_telephone_numbers(days: list[str], between: str, word: str) -> None:
    assert not caught(word + between.join(days))


@given(
    st.sampled_from(["+49 171 1234567", "613-555-0123", "jane@acme.com", "Herr Müller", "06 12 34 56 78", "DE89370400440532013000"]),
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.text(st.characters(codec="utf-8"), max_size=20),
)
def test_words_around_it_do_not_hide_it(personal: str, before: str, after: str) -> None:
    assert caught(f"{before}\n{personal}\n{after}".replace("\x00", ""))


@given(st.lists(st.one_of(st.sampled_from([*CAUGHT, *NOT_CAUGHT]), st.text(max_size=150))), st.integers(3, 130))
def test_what_a_receipt_shows_of_a_text(texts: list[str], length: int) -> None:
    texts = [text.replace("\x00", "") for text in texts]
    with duckdb.connect() as connection:
        found = shown_texts(connection, texts, length)
    assert found == [text[:2] + "…" if caught(text) else text[:length] for text in texts]


def test_what_is_missing_is_shown_as_empty() -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"select {shown('null::varchar', 9)}").fetchone() == ("",)


@pytest.mark.parametrize("text", NOT_CAUGHT)
def test_what_names_no_person_passes(text: str) -> None:
    assert not caught(text)


def test_every_text_that_is_free_is_looked_at_and_no_other() -> None:
    free = {
        (name, column.name)
        for name, contract in intake_contracts().items()
        for column in contract.columns
        if column.logical_type == "string" and not column.allowed and not column.pattern
    }
    looked_at = {
        (name, rule.column) for name, contract in intake_contracts().items() for rule in rules_of(contract) if rule.name == PERSONAL
    }
    assert looked_at == free
    assert {
        ("kpi_values", "vendor"),
        ("projects", "objective"),
        ("outcome_ratings", "respondent_group"),
        ("customer_links", "customer"),
    } <= free
    assert not {("projects", "status"), ("outcome_ratings", "job")} & free


def test_the_row_is_set_aside_and_its_receipt_does_not_repeat_the_text(tmp_path: Path) -> None:
    good = GOOD["engagements"]
    rows = [good, good | {"vendor": "Herr Müller, mueller@firma.de"}]
    (verdict,) = judge(tmp_path, "engagements", [rows])
    assert counts(verdict) == (2, 1, 1, 0)
    (problem,) = verdict.problems
    assert (problem.row, problem.column, problem.rule, problem.value) == (2, "vendor", "personal_data", "He…")
    assert "reference" in problem.allowed


def test_looking_is_cheap() -> None:
    """A million texts in bulk, most of them plain references: well below ten microseconds each."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("create table t as select 'Project ' || i || ' of Acme Systems' as t from range(1000000) as r(i)")
        started = time.process_time()
        connection.execute("select count(*) from t where " + holds_personal_data("t")).fetchall()
    assert time.process_time() - started < 10
