"""Contracts are valid ODCS and become dataclasses; what is wrong in one is said in a sentence."""

from __future__ import annotations

import csv
import itertools
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from orchestration.contracts import (
    CONTRACTS,
    LOGICAL_TYPES,
    TableContract,
    disclosure_policy,
    intake_contracts,
    read_contract,
    release_contracts,
)
from orchestration.errors import EvenhandError
from orchestration.intake.deriving import SEEDS
from orchestration.intake.grading import grading

FILES = sorted(CONTRACTS.rglob("*.odcs.yaml"))
TABLES = [*intake_contracts().values(), *release_contracts().values()]


def declared(tmp_path: Path, **changes: object) -> TableContract:
    """A contract of one column, its property changed."""
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "x",
        "version": "2.0.0",
        "status": "active",
        "schema": [{"name": "things", "properties": [{"name": "a", "logicalType": "string", "physicalType": "VARCHAR"} | changes]}],
    }
    path = tmp_path / "things.odcs.yaml"
    path.write_text(yaml.safe_dump(document))
    return read_contract(path)


def test_no_contract_file_is_left_out() -> None:
    names = {path.name.removesuffix(".odcs.yaml") for path in FILES}
    assert names == set(intake_contracts()) | set(release_contracts())
    assert {"participants", "kpi_values", "projects", "engagements"} <= set(intake_contracts())
    assert "benchmark" in release_contracts()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_contract_file_is_odcs_and_named_as_its_table(path: Path) -> None:
    document = OpenDataContractStandard.from_file(str(path))
    assert (document.kind, document.apiVersion, document.status) == ("DataContract", "v3.1.0", "active")
    assert document.schema_ is not None
    assert [table.name for table in document.schema_] == [path.name.removesuffix(".odcs.yaml")]
    assert document.id == f"evenhand.{path.parent.name}.{document.schema_[0].name}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_typed_described_and_named_once(table: TableContract) -> None:
    assert len(set(table.column_names)) == len(table.columns) > 0
    assert all(c.logical_type in LOGICAL_TYPES and c.physical_type and c.description for c in table.columns)
    assert all(rule.column in table.column_names and rule.allowed for rule in table.rules)
    assert len({rule.name for rule in table.rules}) == len(table.rules)


@pytest.mark.parametrize("table", intake_contracts().values(), ids=lambda table: table.name)
def test_physical_types_are_types_and_hold_what_the_logical_type_says(table: TableContract) -> None:
    expected = {"string": "VARCHAR", "number": "DECIMAL(28,6)", "integer": "INTEGER", "date": "DATE", "boolean": "BOOLEAN"}
    assert {c.name: c.physical_type for c in table.columns} == {c.name: expected[c.logical_type] for c in table.columns}
    with duckdb.connect() as connection:
        connection.execute(f"create table t ({', '.join(f'{c.name} {c.physical_type}' for c in table.columns)})")


@pytest.mark.parametrize("table", intake_contracts().values(), ids=lambda table: table.name)
def test_keys_are_numbered_from_one_and_come_first(table: TableContract) -> None:
    positions = sorted(c.key_position for c in table.columns if c.key_position is not None)
    assert positions == list(range(1, len(table.key) + 1))
    assert len(table.key) >= 1


def test_the_key_of_a_figure() -> None:
    key = ("kpi_code", "period_start", "period_end", "value_chain_stage", "project_ref", "vendor")
    assert intake_contracts()["kpi_values"].key == key


def test_only_the_registry_is_the_operators_and_a_snapshot() -> None:
    assert {c.name for c in intake_contracts().values() if c.sender == "operator"} == {"participants"}
    assert {c.name for c in intake_contracts().values() if c.snapshot} == {"participants"}


def test_every_reference_to_something_of_the_senders_own_is_hashed() -> None:
    hashed = {(t.name, c.name) for t in intake_contracts().values() for c in t.columns if c.privacy in ("keyed_hash", "registry_hash")}
    references = {
        (t.name, c.name)
        for t in intake_contracts().values()
        for c in t.columns
        if c.name.endswith("_ref") or c.name in {"objective", "legal_entity_id"}
    }
    assert references <= hashed


@pytest.mark.parametrize("table", intake_contracts().values(), ids=lambda table: table.name)
def test_lookups_name_seeds_that_exist_and_match_a_row_once(table: TableContract) -> None:
    for lookup in table.lookups:
        with (SEEDS / f"{lookup.seed}.csv").open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))
        if lookup.seed == "currencies":
            assert len({row["currency"] for row in rows}) == len(rows)
            continue
        spans = sorted((row["code"], date.fromisoformat(row["valid_from"]), row["valid_to"]) for row in rows)
        for (code, _, ends), (following, starts, _) in itertools.pairwise(spans):
            assert code != following or (ends and date.fromisoformat(ends) < starts)


@pytest.mark.parametrize("wrong", ["timestamp", "object", "String", None])
def test_a_logical_type_nobody_reads_is_refused_in_a_sentence(tmp_path: Path, wrong: str | None) -> None:
    with pytest.raises(EvenhandError, match=r"things\.odcs\.yaml: a has logicalType .*allowed are"):
        declared(tmp_path, logicalType=wrong)


def test_a_contract_of_two_tables_or_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "two.odcs.yaml"
    document = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": "x", "version": "1", "status": "active"}
    for schema in ([], [{"name": "a"}, {"name": "b"}]):
        path.write_text(yaml.safe_dump(document | {"schema": schema}))
        with pytest.raises(EvenhandError, match=r"two\.odcs\.yaml: a contract declares exactly one schema object"):
            read_contract(path)


def test_what_a_property_declares_is_what_the_column_says(tmp_path: Path) -> None:
    table = declared(
        tmp_path,
        required=True,
        primaryKey=True,
        primaryKeyPosition=1,
        description="A thing.",
        logicalTypeOptions={"pattern": "^x$", "maxLength": 3, "minimum": 1, "maximum": 2},
        quality=[{"type": "library", "metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": ["x", "y"]}}],
        customProperties=[{"property": "privacy", "value": "keyed_hash"}, {"property": "default", "value": "x"}],
    )
    column = table.column("a")
    assert (table.version, table.key, column.required, column.description) == ("2.0.0", ("a",), True, "A thing.")
    assert (column.pattern, column.max_length, column.minimum, column.maximum) == ("^x$", 3, 1, 2)
    assert (column.allowed, column.privacy, column.default) == (("x", "y"), "keyed_hash", "x")


def test_a_disclosure_profile_nobody_declared_is_refused() -> None:
    assert {profile.name for profile in disclosure_policy().profiles} == {"public", "members"}
    with pytest.raises(EvenhandError, match=r"'private' is not declared in contracts/disclosure\.yaml; allowed are"):
        disclosure_policy().profile("private")


def test_a_policy_with_a_number_missing_is_refused(tmp_path: Path) -> None:
    document = yaml.safe_load((CONTRACTS / "disclosure.yaml").read_text("utf-8"))
    del document["profiles"]["public"]["minimum_groups"]
    path = tmp_path / "disclosure.yaml"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(EvenhandError, match=r"disclosure\.yaml: 'minimum_groups' is missing"):
        disclosure_policy(path)


def test_grades_lie_in_order() -> None:
    quarantined = grading()["quarantined_share"]
    assert list(quarantined) == ["A", "B", "C"]
    assert 0 < quarantined["A"] < quarantined["B"] < quarantined["C"] < 0.5  # a file with more than half is rejected
    for part in ("evidenced_share", "complete_share"):
        limits = grading()[part]
        assert list(limits) == ["A", "B", "C"]
        assert 1 > limits["A"] > limits["B"] > limits["C"] == 0
