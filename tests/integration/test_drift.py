"""Every place where a column is declared says the same: contracts, dbt sources, mart contracts, the release, INTERFACE's names."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration.contracts import intake_contracts, release_contracts
from orchestration.release.money import money_inputs
from orchestration.warehouse import DBT_PROJECT, manifest_path
from tests.conftest import Consortium

ADDED_BY_INTAKE = {"participant_id": "varchar", "submission_seq": "integer", "submission_row": "integer", "received_on": "date"}
DIMENSIONS = ["industry", "sector", "country", "size_band", "value_chain_stage", "project_kind", "vendor", "vendor_class"]
NAMED_IN_INTERFACE = {
    "company_values": ["holding_group_id", "cut", *DIMENSIONS, "kpi_code", "period", "value", "rows", "grade"],
    "cell_evidence": [
        *["cut", *DIMENSIONS, "kpi_code", "period", "contributors", "established"],
        *["p10", "p25", "p50", "p75", "p90", "top1_share", "tie_share", "zero_share"],
    ],
}


def columns_of(source: str) -> dict[str, str]:
    return {row[0]: row[1].lower().replace(" ", "") for row in duckdb.sql(f"describe select * from {source}").fetchall()}


def test_dbt_sources_declare_the_contracts_columns() -> None:
    declared = yaml.safe_load((DBT_PROJECT / "models" / "staging" / "sources.yml").read_text())["sources"][0]["tables"]
    sources = {t["name"]: {c["name"]: c["data_type"].replace(" ", "") for c in t["columns"]} for t in declared}
    assert set(sources) == set(intake_contracts()) | {"night", "submissions", "vendor_identities", "exchange_rates"}
    for name, contract in intake_contracts().items():
        expected = {c.name: c.physical_type.lower().replace(" ", "") for c in contract.columns}
        assert sources[name] == {**ADDED_BY_INTAKE, **expected}, name


def test_the_lake_holds_the_contracts_columns(consortium: Consortium) -> None:
    for name, contract in intake_contracts().items():
        expected = {c.name: c.physical_type.lower().replace(" ", "") for c in contract.columns}
        for path in (consortium.workspace.lake / name).glob("*.parquet"):
            assert columns_of(f"read_parquet('{path}')") == {**ADDED_BY_INTAKE, **expected}, path.name


def test_mart_contracts_are_what_the_warehouse_holds(consortium: Consortium) -> None:
    nodes = json.loads(manifest_path().read_text())["nodes"].values()
    marts = {n["name"]: n for n in nodes if n["resource_type"] == "model" and n["schema"] == "marts"}
    with duckdb.connect(str(consortium.workspace.warehouse), read_only=True) as con:
        for name, node in marts.items():
            assert node["config"]["contract"]["enforced"], name
            found = {row[0]: row[1].lower() for row in con.execute(f"describe marts.{name}").fetchall()}
            assert found == {c["name"]: c["data_type"].lower() for c in node["columns"].values()}, name
    for name, columns in NAMED_IN_INTERFACE.items():
        assert set(columns) <= set(marts[name]["columns"]), name


def test_a_release_contains_what_its_contract_declares(consortium: Consortium) -> None:
    for name, contract in release_contracts().items():
        declared = {c.name: c.physical_type.lower() for c in contract.columns}
        for folder in consortium.workspace.releases.glob("2*"):
            assert columns_of(f"read_parquet('{folder}/{name}.parquet')") == declared
            assert tuple((folder / f"{name}.csv").read_text().split("\n", 1)[0].split(",")) == contract.column_names


def test_a_release_folder_holds_what_it_should(consortium: Consortium) -> None:
    tables = {f"{name}.{suffix}" for name in release_contracts() for suffix in ("parquet", "csv")}
    expected = {*tables, "kpi_catalogue.csv", "method.md", "checks.html", "audit.json", "manifest.json"}
    assert {"benchmark.csv", "trend.csv", "attainment.csv", "coverage.csv"} <= expected
    for folder in consortium.workspace.releases.glob("2*"):
        assert {p.name for p in folder.iterdir()} == expected
        manifest = json.loads((folder / "manifest.json").read_text())
        assert set(manifest["files"]) == expected - {"manifest.json"}
        assert manifest["money"] == money_inputs(consortium.workspace)
        assert all(len(digest) == 64 for digest in manifest["money"].values())


@pytest.mark.parametrize("change", ["* exclude (profile)", "*, 1 as contributors", "* replace (cast(p50 as integer) as p50)"])
def test_a_drifted_release_would_be_seen(consortium: Consortium, tmp_path: Path, change: str) -> None:
    """The comparison above can fail: a column less, a column more, another type."""
    source, path = consortium.workspace.releases / "2023-r0" / "benchmark.parquet", tmp_path / "drifted.parquet"
    duckdb.sql(f"copy (select {change} from read_parquet('{source}')) to '{path}' (format parquet)")
    declared = {c.name: c.physical_type.lower() for c in release_contracts()["benchmark"].columns}
    assert columns_of(f"read_parquet('{source}')") == declared
    assert columns_of(f"read_parquet('{path}')") != declared
