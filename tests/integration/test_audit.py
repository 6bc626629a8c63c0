"""What left was attacked first: the audit of every release, revisions beside their first editions, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.disclosure.audit.run import SAYS
from orchestration.errors import EvenhandError
from orchestration.intake.vault import Vault
from orchestration.release.auditing import audit_release
from orchestration.workspace import Workspace
from tests.conftest import Consortium

KEY = "kpi_code, kpi_version, cut, industry, sector, country, size_band, value_chain_stage, project_kind, vendor, vendor_class"


def audits(workspace: Workspace) -> dict[str, dict]:
    return {path.parent.name: json.loads(path.read_text("utf-8")) for path in sorted(workspace.releases.glob("*-r*/audit.json"))}


def test_every_release_withstood_every_attack(consortium: Consortium) -> None:
    found = audits(consortium.workspace)
    assert sorted(found) == sorted(path.name for path in consortium.workspace.releases.glob("*-r*"))
    for release_id, audit in found.items():
        assert audit["passed"] is True
        assert [claim["name"] for claim in audit["claims"]] == list(SAYS), release_id
        assert all(claim["passed"] and claim["broken"] == 0 for claim in audit["claims"])
        tried = {claim["name"]: claim["how_many"] for claim in audit["claims"]}
        assert min(tried[name] for name in ("identification", "interval", "change_of_one", "rebuild", "neutrality", "newcomers")) > 0
        interval = next(claim for claim in audit["claims"] if claim["name"] == "interval")
        assert interval["narrowest_interval_percent"] >= interval["limit_percent"] == 5.0


def test_an_audit_names_the_editions_that_left_before(consortium: Consortium) -> None:
    found = audits(consortium.workspace)
    assert found["2023-Q1-r0"]["beside_editions"] == {}
    assert list(found["2023-r0"]["beside_editions"]) == ["2023-Q1-r0", "2023-Q2-r0", "2023-Q3-r0", "2023-Q4-r0"]


def test_an_audit_names_nobody(consortium: Consortium) -> None:
    ids = {event["participant_id"] for event in Vault(consortium.workspace.vault).events() if "participant_id" in event}
    with duckdb.connect(str(consortium.workspace.warehouse), read_only=True) as con:
        ids |= {name for row in con.execute("select participant_id, holding_group_id from marts.participants").fetchall() for name in row}
    texts = [path.read_text("utf-8") for path in consortium.workspace.releases.glob("*-r*/audit.json")]
    assert ids
    assert not [name for name in ids for text in texts if name in text]


def test_a_release_can_be_attacked_again(consortium: Consortium) -> None:
    release_id, claims = audit_release(consortium.workspace, "2023-r0")
    published = audits(consortium.workspace)["2023-r0"]["claims"]
    assert release_id == "2023-r0"
    again = {claim.name: (claim.count, claim.broken) for claim in claims}
    assert again == {c["name"]: (c["how_many"], c["broken"]) for c in published if c["name"] in again}


def test_the_command_says_what_holds(consortium: Consortium, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENHAND_HOME", str(consortium.workspace.home))
    result = CliRunner().invoke(app, ["audit", "2023-Q1-r0"])
    assert result.exit_code == 0, result.output
    assert "2023-Q1-r0: every claim holds." in result.output
    unknown = CliRunner().invoke(app, ["audit", "1999-r0"])
    assert unknown.exit_code != 0
    assert "Traceback" not in unknown.output


def test_a_damaged_release_is_not_attacked_but_named(copied: Consortium, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENHAND_HOME", str(copied.workspace.home))
    damaged = copied.workspace.releases / "2023-Q1-r0" / "benchmark.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-100])
    result = CliRunner().invoke(app, ["audit", "2023-Q2-r0"])
    assert isinstance(result.exception, EvenhandError)
    assert str(result.exception).startswith("2023-Q1-r0 is not as it was signed (benchmark.parquet: bytes is ")


def test_the_checks_page_shows_every_claim(consortium: Consortium) -> None:
    page = (consortium.workspace.releases / "2023-r0" / "checks.html").read_text("utf-8")
    for says, _ in SAYS.values():
        assert says.replace("'", "&#39;") in page


def test_one_corrected_value_serves_the_old_figures_again(revised: Workspace) -> None:
    assert (revised.releases / "2023-r1").is_dir()
    new, old = (f"read_parquet('{revised.releases}/2023-r{revision}/benchmark.parquet')" for revision in (1, 0))
    counts = dict(duckdb.sql(f"select status, count(*) from {new} group by 1").fetchall())
    assert counts["re-served"] > 0
    assert counts["published"] > 0
    figures = "p10, p25, p50, p75, p90, edge_low, edge_high, contributors_band, tie_share_band, zero_share_band"
    other = duckdb.sql(
        f"select {KEY}, {figures} from {new} where status = 're-served' except select {KEY}, {figures} from {old}"
    ).fetchall()
    assert other == []
    codes = {code for (code,) in duckdb.sql(f"select distinct kpi_code from {new} where status = 're-served'").fetchall()}
    assert "ADO-01" in codes


def test_a_revision_withstands_the_attacks_beside_its_first_edition(revised: Workspace) -> None:
    audit = audits(revised)["2023-r1"]
    assert audit["passed"] is True
    assert "2023-r0" in audit["beside_editions"]


def test_the_ledger_of_a_revision_holds_who_stands_behind_what_it_serves(revised: Workspace) -> None:
    vault = Vault(revised.vault)
    both = [f"read_parquet('{vault.ledger(name, 'benchmark')}')" for name in ("2023-r0", "2023-r1")]
    new = f"read_parquet('{Path(revised.releases) / '2023-r1' / 'benchmark.parquet'}')"
    same = " and ".join(f"l.{name.strip()} is not distinct from b.{name.strip()}" for name in KEY.split(","))
    behind = [
        duckdb.sql(f"select l.* from {ledger} as l join {new} as b on {same} where b.status = 're-served' order by all").fetchall()
        for ledger in both
    ]
    assert behind[0] == behind[1] != []
