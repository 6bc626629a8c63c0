"""What publishing refuses and finishes: a red gate, changed definitions and bytes, foreign folders and keys, a killed publication."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import disclosure_policy, release_contracts
from orchestration.disclosure import candidates
from orchestration.disclosure.candidates import read_candidates
from orchestration.disclosure.protect import protect
from orchestration.errors import EvenhandError
from orchestration.idle import nothing_to_do
from orchestration.intake.taking import take_in
from orchestration.intake.vault import Vault
from orchestration.night import run_night
from orchestration.release import nightly
from orchestration.release import publish as publishing
from orchestration.release.nightly import CATALOGUE_SEED, publish_due
from orchestration.release.plan import NextEdition
from orchestration.release.publish import GateRefusedError, Publisher, publish
from orchestration.release.shelf import read_public_key, verify
from orchestration.settings import load_settings
from tests.conftest import FIRST_NIGHT, Consortium, contents, new_workspace

EXPECTED = ["2023-Q1-r0", "2023-Q2-r0", "2023-Q3-r0", "2023-Q4-r0", "2023-r0"]


def publisher(consortium: Consortium, as_of: date = FIRST_NIGHT) -> Publisher:
    policy = disclosure_policy()
    return Publisher(consortium.workspace, consortium.settings, policy.profile("public"), policy, release_contracts(), as_of)


def test_a_red_gate_publishes_nothing_and_says_why(landed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The candidate holds cells that the rules forbid (as a bug in the disclosure room would make them): the night fails."""
    loose = replace(
        candidates.DATASETS[0], prepare=lambda con, profile, periods: protect(con, replace(profile, k=5, tail=1, window=3), periods)
    )
    monkeypatch.setattr(candidates, "DATASETS", (loose, *candidates.DATASETS[1:]))
    workspace = new_workspace(tmp_path / "home")
    shutil.copytree(landed, workspace.landing, dirs_exist_ok=True)
    with pytest.raises(EvenhandError, match="gate refuses"):
        run_night(workspace, load_settings(workspace.home, environ={}), FIRST_NIGHT, "public")
    assert not list(workspace.releases.glob("2*"))
    assert not (workspace.releases / "current").exists()
    page = (workspace.candidate / "2023-r0" / "checks.html").read_text()
    assert "enough_groups" in page


def test_a_changed_definition_of_a_published_kpi_stops_the_night(
    copied: Consortium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = tmp_path / "kpi_catalogue.csv"
    changed.write_text(CATALOGUE_SEED.read_text("utf-8").replace("Of all the people who may use the system", "Of all employees"), "utf-8")
    monkeypatch.setattr(nightly, "CATALOGUE_SEED", changed)
    before = contents(copied.workspace.releases)
    with pytest.raises(
        EvenhandError, match=r"KPI ADO-01: version 1 was published in 2023-Q1-r0 and now has another definition: .* version 2"
    ):
        run_night(copied.workspace, copied.settings, date(2024, 11, 2), "public")
    assert contents(copied.workspace.releases) == before


def test_publishing_refuses_a_candidate_with_a_changed_definition(copied: Consortium) -> None:
    """A run of `release` alone makes no candidates; the catalogue that would leave is looked at again."""
    night = date(2024, 11, 2)  # revisions of 2023 are due
    run_stage_candidates(copied, night)
    before = contents(copied.workspace.releases)
    for candidate in read_candidates(copied.workspace.candidate):
        path = candidate.folder / "kpi_catalogue.csv"
        path.write_text(path.read_text("utf-8").replace(",points,100,H,", ",points,100,L,"), "utf-8")
    with pytest.raises(EvenhandError, match=r"KPI EXP-01: version 1 .* another direction"):
        publish_due(publisher(copied, night))
    assert contents(copied.workspace.releases) == before


def test_publishing_checks_the_bytes_it_publishes(copied: Consortium) -> None:
    """A run of `release` alone passes no asset check; the gate inside publishing must refuse."""
    night = date(2024, 11, 2)  # revisions of 2023 are due
    run_stage_candidates(copied, night)
    candidate = next(c for c in read_candidates(copied.workspace.candidate) if c.release_id == "2023-Q1-r1")
    before = contents(copied.workspace.releases)
    with duckdb.connect() as con:
        con.execute(
            f"create table t as select * replace (case when p50 is not null then 99999.0 end as p50) from read_parquet('{candidate.dataset}')"
        )
        con.execute(f"copy t to '{candidate.dataset}' (format parquet)")
    with pytest.raises(GateRefusedError, match="2023-Q1-r1"):
        publish_due(publisher(copied, night))
    assert contents(copied.workspace.releases) == before
    assert "numbers_in_hard_range" in (candidate.folder / "checks.html").read_text()


def run_stage_candidates(consortium: Consortium, as_of: date) -> None:
    from orchestration.release.nightly import make_candidates
    from orchestration.warehouse import build, write_night

    write_night(consortium.workspace, as_of, 3)
    build(consortium.workspace, consortium.settings)
    make_candidates(publisher(consortium, as_of))


def test_a_killed_publication_is_finished_by_the_next_night(copied: Consortium, monkeypatch: pytest.MonkeyPatch) -> None:
    night = date(2024, 11, 2)
    run_stage_candidates(copied, night)

    log = publishing._log

    def killed(*facts: object) -> None:
        if "released" in facts:
            raise KeyboardInterrupt
        log(*facts)

    monkeypatch.setattr(publishing, "_log", killed)
    with pytest.raises(KeyboardInterrupt):
        publish_due(publisher(copied, night))
    monkeypatch.undo()
    run_stage_candidates(copied, night)
    publish_due(publisher(copied, night))
    vault = Vault(copied.workspace.vault)
    events = [e["release_id"] for e in vault.events("released")]
    unchanged = [e["release_id"] for e in vault.events("revision_unchanged")]
    folders = sorted(p.name for p in copied.workspace.releases.iterdir() if p.is_dir())
    assert sorted(events) == folders
    assert len(set(events)) == len(events)
    assert "2023-r1" in folders  # rows of fiscal years that waited have come in
    assert len(unchanged) == len(set(unchanged))
    due_meanwhile = ["2024-Q1-r0", "2024-Q2-r0"]
    assert sorted([*folders, *unchanged]) == sorted([*EXPECTED, *(name.replace("-r0", "-r1") for name in EXPECTED), *due_meanwhile])
    key = read_public_key(copied.workspace.releases / "evenhand.pub")
    assert all(verify(copied.workspace.releases / name, key) == [] for name in folders)


def test_a_foreign_folder_among_the_releases_is_never_adopted(copied: Consortium) -> None:
    foreign = copied.workspace.releases / "2025-r0"
    foreign.mkdir()
    (foreign / "manifest.json").write_text('{"release_id": "2025-r0", "period": "2025", "revision": 0, "files": {}}')
    before = Vault(copied.workspace.vault).log.read_bytes()
    with pytest.raises(EvenhandError, match="no release of this house"):
        run_night(copied.workspace, copied.settings, FIRST_NIGHT, "public", even_if_idle=True)
    assert Vault(copied.workspace.vault).log.read_bytes() == before
    assert (copied.workspace.releases / "current").read_text() == "2023-r0\n"
    shutil.rmtree(foreign)
    assert nothing_to_do(copied.workspace, copied.settings, FIRST_NIGHT, "public") is None, "after a night that failed the next one works"


def test_other_keys_are_refused(copied: Consortium) -> None:
    settings = replace(copied.settings, secret="11" * 32)
    with pytest.raises(EvenhandError, match="EVENHAND_SECRET"):
        take_in(copied.workspace, settings, FIRST_NIGHT)
    other = replace(publisher(copied), settings=replace(copied.settings, signing_key="22" * 32))
    candidate = read_candidates(copied.workspace.candidate)[0]
    with pytest.raises(EvenhandError, match="EVENHAND_SIGNING_KEY"):
        publish(other, candidate, NextEdition("2023-r1", candidate.period, 1, FIRST_NIGHT))
