"""Personal data in free text: what is caught, what is not, and what a receipt still shows of it."""

from __future__ import annotations

import time
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import intake_contracts
from orchestration.intake.personal import holds_personal_data
from orchestration.intake.rules import PERSONAL, rules_of
from tests.unit.test_checking import GOOD, counts, judge

CAUGHT = (
    *("jane.doe@example.com", "ask J.D@EXAMPLE.CO.UK now", "<müller@firma.de>", "a+b@c.org"),
    *("+49 30 1234567", "+493012345678", "+1 (555) 123-4567", "call +41 44 668 18 00!", "+44 (0)20 7946 0958", "+ 33 1 23 45 67 89"),
    *("(030) 123-4567", "(555) 123 4567", "Tel. 030 1234567", "phone: 044/668 18 00", "Fax 0800-123456"),
    *("Mr Smith", "Mr. Smith", "Mrs Jane Doe", "Ms. Doe", "Herr Müller", "Herrn Dr. Kunz", "Frau Prof. Dr. Weiß", "Mme Dupont"),
    *("Monsieur Dupont", "Madame Éluard", "team of Mr J. Smith", "(Frau Kunz)", "Mr\u00a0Smith", "Ms Office by Mr Smith"),
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
    *("Dr. Oetker", "M. Müller GmbH", "MS Office", "Ms Office 2021", "Ms Project", "mr smith", "Mrs", "Mr", "MR Systems", "Amr Group"),
    *("Herrmann AG", "Frauenhofer Institut", "Telefonica 2024", "Phoenix Contact 123456", "Fon", "Telekom 12345678", "", "日本電気"),
)


def caught(text: str | None) -> bool | None:
    with duckdb.connect() as connection:
        row = connection.execute("select " + holds_personal_data("t") + " from (select $1::varchar as t)", [text]).fetchone()
    assert row
    return row[0]


@pytest.mark.parametrize("text", CAUGHT)
def test_what_names_a_person_is_caught(text: str) -> None:
    assert caught(text)


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
    assert {("kpi_values", "vendor"), ("projects", "objective"), ("outcome_ratings", "job"), ("customer_links", "customer")} <= free
    assert ("projects", "status") not in free


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
