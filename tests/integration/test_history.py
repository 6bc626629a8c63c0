"""What was received when: corrections, withdrawals, leaving, erasing, and past releases built again from the vault."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import EvenhandError
from orchestration.intake.deriving import restore_lake
from orchestration.intake.erasure import TOMBSTONE, erase, plan_erasure
from orchestration.intake.names import own_names
from orchestration.intake.taking import take_in
from orchestration.intake.vault import Vault
from orchestration.rates.lake import lay_rates
from orchestration.release.rebuild import differences, rebuild
from orchestration.settings import load_settings
from orchestration.vendors.decisions import Decision, record
from orchestration.vendors.lake import read_registry, resolve_lake_vendors
from orchestration.warehouse import run_dbt, write_night
from orchestration.workspace import Workspace, write_ahead_log
from tests.conftest import Consortium, contents, new_workspace
from tests.unit.test_feeds import KPI_HEADER, PEOPLE, REGISTRY, put

JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 5) for month in (1, 2, 3, 4))
FIRST = KPI_HEADER + "".join(f"{code},2024-01-01,2024-12-31,OP,,{n},100\n" for code, n in (("ADO-01", 1), ("BEN-02", 2), ("BEN-11", 3)))


def figure(code: str, numerator: str) -> str:
    return KPI_HEADER + f"{code},2024-01-01,2024-12-31,OP,,{numerator},100\n"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Four nights of corrections, with the staging views and the observations of the last one built."""
    workspace = new_workspace(tmp_path_factory.mktemp("history") / "home")
    settings = load_settings(workspace.home, environ={})
    put(workspace, "", "participants.csv", REGISTRY + "".join(PEOPLE))
    put(workspace, "P1", "kpi_values.csv", FIRST)
    put(workspace, "P2", "kpi_values.csv", FIRST)
    take_in(workspace, settings, JANUARY)
    put(workspace, "P1", "kpi_values__z.csv", figure("ADO-01", "12"))
    put(workspace, "P1", "kpi_values__a.csv", figure("ADO-01", "11"))
    put(workspace, "P1", "kpi_values__b.csv", figure("BEN-02", ""))
    take_in(workspace, settings, FEBRUARY)
    put(workspace, "P1", "kpi_values.csv", FIRST)
    take_in(workspace, settings, MARCH)
    put(workspace, "", "participants.csv", REGISTRY + PEOPLE[0])
    put(workspace, "P1", "kpi_values.csv", figure("BEN-02", "22"))
    take_in(workspace, settings, APRIL)
    resolve_lake_vendors(workspace)
    lay_rates(workspace, MARCH)
    write_night(workspace, MARCH, 3)
    select = ["--select", "+excluded_rows", "stg_kpi_values__history", "--exclude-resource-type", "unit_test", "test", "--quiet"]
    run_dbt(workspace, settings, ["build", *select])
    return workspace


def asked(workspace: Workspace, as_of: date, query: str) -> list[tuple]:
    """The staging views as a night sees them."""
    write_night(workspace, as_of, 3)
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        return connection.execute(query).fetchall()


FIGURES = "select kpi_code, cast(numerator as integer) from staging.stg_kpi_values where participant_id = 'P1' order by all"


@pytest.mark.parametrize(
    ("as_of", "figures"),
    [
        (date(2026, 1, 4), []),
        (JANUARY, [("ADO-01", 1), ("BEN-02", 2), ("BEN-11", 3)]),
        # Two corrections in one night: file-name order decides, whatever was landed first. One row was withdrawn.
        (FEBRUARY, [("ADO-01", 12), ("BEN-11", 3)]),
        # The very bytes of January come again and change nothing.
        (MARCH, [("ADO-01", 12), ("BEN-11", 3)]),
        (APRIL, [("ADO-01", 12), ("BEN-02", 22), ("BEN-11", 3)]),
    ],
)
def test_each_night_sees_the_newest_version_of_its_day(told: Workspace, as_of: date, figures: list[tuple[str, int]]) -> None:
    assert asked(told, as_of, FIGURES) == figures


def test_every_version_stays_readable(told: Workspace) -> None:
    versions = asked(
        told,
        APRIL,
        """select kpi_code, cast(numerator as integer), received_at, valid_to, is_withdrawal from staging.stg_kpi_values__history
        where participant_id = 'P1' order by kpi_code, submission_seq""",
    )
    assert versions == [
        ("ADO-01", 1, JANUARY, FEBRUARY, False),
        ("ADO-01", 11, FEBRUARY, FEBRUARY, False),
        ("ADO-01", 12, FEBRUARY, None, False),
        ("BEN-02", 2, JANUARY, FEBRUARY, False),
        ("BEN-02", None, FEBRUARY, APRIL, True),
        ("BEN-02", 22, APRIL, None, False),
        ("BEN-11", 3, JANUARY, None, False),
    ]


def test_the_same_bytes_make_no_second_submission(told: Workspace) -> None:
    taken = [s for event in Vault(told.vault).events("taken_in") for s in event["submissions"]]
    assert sum(s["name"] == "P1/kpi_values.csv" for s in taken) == 2  # January's and April's
    assert not any(p.is_file() for p in told.landing.rglob("*"))


def test_a_participant_that_the_registry_no_longer_lists_stops_counting(told: Workspace) -> None:
    settings = load_settings(told.home, environ={})
    why = "select excluded_because, count(*) from marts.excluded_rows join staging.stg_submissions using (submission_id) where participant_id = 'P2' group by 1"
    assert asked(told, MARCH, why) == []
    write_night(told, APRIL, 3)
    run_dbt(told, settings, ["run", "--select", "+excluded_rows", "--quiet"])
    assert asked(told, APRIL, why) == [("no registry row is valid on period_end", 3)]


# --- Erasing -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(tmp_path: Path) -> Workspace:
    workspace = new_workspace(tmp_path / "home")
    put(workspace, "", "participants.csv", REGISTRY + "".join(PEOPLE))
    for sender in ("P1", "P2"):
        projects = f"Secret-{sender},upgrade,OP,live\nBad-{sender},nothing,OP,live\n"
        put(workspace, sender, "projects.csv", "project_ref,project_kind,value_chain_stage,status\n" + projects)
        put(workspace, sender, "kpi_values.csv", FIRST)
    put(workspace, "P1", "engagements.csv", "nonsense\n")
    take_in(workspace, load_settings(workspace.home, environ={}), JANUARY)
    return workspace


def erase_now(workspace: Workspace, participant: str = "P1") -> None:
    result = CliRunner().invoke(
        app, ["erase", "--participant", participant, "--yes", "--as-of", "2026-02-01"], env={"EVENHAND_HOME": str(workspace.home)}
    )
    assert result.exit_code == 0, result.exception


def rows(workspace: Workspace, source: str) -> int:
    return duckdb.sql(f"select count(*) from read_parquet('{workspace.home}/{source}')").fetchone()[0]


def test_erasing_takes_one_participants_data_and_leaves_the_others(sent: Workspace) -> None:
    untouched = {n: b for n, b in contents(sent.vault).items() if "P2" in n}
    said = {p.parent.name: json.loads(p.read_text()) for p in sent.vault.glob("submissions/*/receipt.json")}
    before = Vault(sent.vault).log.read_bytes()
    resolve_lake_vendors(sent)
    for left_by_a_killed_night in (sent.warehouse, write_ahead_log(sent.warehouse)):
        left_by_a_killed_night.write_bytes(b"Secret-P1")
    erase_now(sent)
    assert not (sent.lake / "vendor_identities").exists()
    for feed, left in (("projects", 1), ("kpi_values", 3)):
        assert rows(sent, f"lake/{feed}/*.parquet") == left
        assert duckdb.sql(f"select distinct participant_id from read_parquet('{sent.lake}/{feed}/*.parquet')").fetchall() == [("P2",)]
    assert rows(sent, "vault/quarantine/projects/*.parquet") == 1
    assert own_names(Vault(sent.vault), "P1") == {}
    assert len(own_names(Vault(sent.vault), "P2")) == 1
    after = contents(sent.home)
    assert any(receipt["problems"] for receipt in said.values())
    assert not any(b"Secret-P1" in content or b"Bad-P1" in content for content in after.values())
    assert {f"vault/{n}": b for n, b in untouched.items()}.items() <= after.items()
    assert Vault(sent.vault).log.read_bytes().startswith(before)
    (event,) = Vault(sent.vault).events("erased")
    assert (event["participant_id"], event["count"], event["as_of"]) == ("P1", 3, "2026-02-01")
    for submission in event["submissions"]:
        assert set(submission) == {"submission_id", "sha256"}
        folder = Vault(sent.vault).submission(submission["submission_id"])
        assert {p.name for p in folder.iterdir()} == {"receipt.json", "receipt.html", TOMBSTONE}
        assert submission["sha256"] in (folder / TOMBSTONE).read_text()
        left, before_it = json.loads((folder / "receipt.json").read_text()), said[submission["submission_id"]]
        assert (left["problems"], left["questions"]) == ([], [])
        kept = ("submission_id", "sha256", "verdict", "rows_read", "rows_accepted", "rows_quarantined", "rule_counts", "received_at")
        assert all(left[name] == before_it[name] for name in kept)


def test_what_still_waits_in_landing_is_erased_too(sent: Workspace) -> None:
    put(sent, "P1", "kpi_values__late.csv", FIRST)
    put(sent, "P2", "kpi_values__late.csv", figure("ADO-01", "12"))
    assert plan_erasure(sent, "P1").sentence == "3 submissions of P1 and 1 file that still waits in landing"
    erase_now(sent)
    take_in(sent, load_settings(sent.home, environ={}), MARCH)
    assert duckdb.sql(f"select distinct participant_id from read_parquet('{sent.lake}/kpi_values/*.parquet')").fetchall() == [("P2",)]


def test_the_lake_is_derived_without_what_was_erased(sent: Workspace) -> None:
    erase_now(sent)
    settings, lake = load_settings(sent.home, environ={}), contents(sent.lake)
    shutil.rmtree(sent.lake)
    restore_lake(sent, settings)
    assert contents(sent.lake) == lake
    vault = contents(sent.vault)
    restore_lake(sent, settings)
    assert contents(sent.vault) == vault


def test_an_erasure_that_was_broken_off_is_finished_by_the_next_run(sent: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(sent.home, environ={})
    with monkeypatch.context() as patch:
        patch.setattr("orchestration.intake.erasure._bury", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            erase(sent, plan_erasure(sent, "P1"), FEBRUARY)
    restore_lake(sent, settings)
    assert rows(sent, "lake/kpi_values/*.parquet") == 3
    assert len(list((sent.vault / "submissions").glob(f"*/{TOMBSTONE}"))) == 3


def test_a_file_sent_again_after_its_erasure_is_a_new_submission(sent: Workspace) -> None:
    erase_now(sent)
    put(sent, "P1", "kpi_values.csv", FIRST)
    take_in(sent, load_settings(sent.home, environ={}), MARCH)
    assert rows(sent, "lake/kpi_values/*.parquet") == 6
    newest = Vault(sent.vault).events("taken_in")[-1]["submissions"][0]
    assert newest["submission_id"].endswith("-2")
    assert json.loads((Vault(sent.vault).submission(newest["submission_id"]) / "receipt.json").read_text())["verdict"] == "accepted"


def test_erasing_asks_and_refuses_what_is_not_there(sent: Workspace) -> None:
    env, before = {"EVENHAND_HOME": str(sent.home)}, contents(sent.vault)
    no = CliRunner().invoke(app, ["erase", "--participant", "P1"], input="n\n", env=env)
    assert "Erase 3 submissions of P1?" in no.output
    for participant, words in (("P9", "no submission of 'P9'"), ("operator", "registry"), ("*", "no submission")):
        refused = CliRunner().invoke(app, ["erase", "--participant", participant, "--yes"], env=env)
        assert isinstance(refused.exception, EvenhandError)
        assert words in str(refused.exception)
    assert contents(sent.vault) == before
    other = CliRunner().invoke(app, ["erase", "--participant", "P1", "--yes"], env=env | {"EVENHAND_SECRET": "00" * 32})
    assert "not the secret this workspace began with" in str(other.exception)
    assert contents(sent.vault) == before
    erase_now(sent)
    with pytest.raises(EvenhandError, match="could be erased"):
        plan_erasure(sent, "P1")


# --- Past releases -----------------------------------------------------------------------------------------------------


def test_a_past_release_is_rebuilt_from_the_vault_until_something_is_erased(copied: Consortium) -> None:
    """Corrections, a shorter registry and decisions on vendors that came later change nothing: the vault alone gives the same bytes."""
    workspace, settings = copied.workspace, copied.settings
    registry = duckdb.sql(
        f"select participant_id from read_parquet('{workspace.lake}/participants/*.parquet') where role = 'buyer' order by 1"
    )
    buyer = registry.fetchone()[0]
    put(workspace, buyer, "kpi_values__late.csv", figure("ADO-01", "99"))
    put(workspace, "", "participants.csv", REGISTRY + PEOPLE[0])
    take_in(workspace, settings, date(2024, 6, 1))
    one, other, *_ = sorted(read_registry(workspace).identities)
    record(Vault(workspace.vault), Decision("same", one, other), date(2024, 6, 1))
    record(Vault(workspace.vault), Decision("name", one, "Renamed"), date(2024, 6, 1))
    before = contents(workspace.vault), contents(workspace.releases)
    rebuilt = rebuild(workspace, settings, "2023-r0")
    assert (rebuilt.release_id, rebuilt.nights, rebuilt.different) == ("2023-r0", ("2024-05-02",), ())
    assert (contents(workspace.vault), contents(workspace.releases)) == before
    assert not list(workspace.dagster.glob("rebuild-*"))
    planned = plan_erasure(workspace, buyer)
    erase(workspace, planned, date(2024, 7, 1))
    with pytest.raises(EvenhandError, match=r"2023-r0 is not rebuildable: \d+ submissions erased"):
        rebuild(workspace, settings, "2023-r0")


def test_a_rebuilt_release_that_differs_names_the_files(tmp_path: Path) -> None:
    for folder, files in (("released", {"a": "1", "b": "2", "c": "3"}), ("again", {"a": "1", "b": "x", "d": "4"})):
        (tmp_path / folder).mkdir()
        for name, text in files.items():
            (tmp_path / folder / name).write_text(text)
    assert differences(tmp_path / "released", tmp_path / "again") == ("b", "c", "d")
    assert differences(tmp_path / "released", tmp_path / "nowhere") == ("a", "b", "c")
