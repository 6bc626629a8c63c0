"""What counts as other software: everything that decides what is made, and nothing that does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestration import software, warehouse
from orchestration.settings import PROJECT_ROOT
from orchestration.software import software_digest
from orchestration.warehouse import code_version


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sources that the digests are asked about."""
    for folder in ("orchestration", "contracts", "dbt_project"):
        shutil.copytree(PROJECT_ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("target", "__pycache__"))
    monkeypatch.setattr(software, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(warehouse, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(warehouse, "DBT_PROJECT", tmp_path / "dbt_project")
    return tmp_path


@pytest.mark.parametrize(
    "source",
    [
        "orchestration/reports/page.py",
        "orchestration/reports/templates/report.html.j2",
        "orchestration/reports/templates/report.css",
        "dbt_project/models/marts/cell_evidence.sql",
        "dbt_project/seeds/price_index.csv",
        "contracts/disclosure.yaml",
    ],
)
def test_every_source_is_part_of_the_software(copied: Path, source: str) -> None:
    before = software_digest.__wrapped__()
    _change(copied / source)
    assert software_digest.__wrapped__() != before


@pytest.mark.parametrize(
    ("source", "is_made_anew"),
    [
        ("dbt_project/models/intermediate/int_cells.sql", True),
        ("dbt_project/models/intermediate/int_cells.yml", True),  # its data tests
        ("dbt_project/dbt_project.yml", True),  # its vars
        ("dbt_project/macros/part_keys.sql", True),
        ("dbt_project/seeds/cuts.csv", True),
        ("orchestration/intake/checking.py", True),
        ("contracts/intake/kpi_values.odcs.yaml", True),
        ("dbt_project/seeds/price_index.csv", False),  # the models compare its rows themselves
        ("contracts/disclosure.yaml", False),  # marts know nothing of it
        ("orchestration/reports/page.py", False),
    ],
)
def test_marts_are_made_anew_by_another_version_of_what_decides_them(copied: Path, source: str, *, is_made_anew: bool) -> None:
    before = code_version()
    _change(copied / source)
    assert (code_version() != before) is is_made_anew


def _change(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")
