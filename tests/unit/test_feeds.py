"""The other feeds on their way in: pseudonyms that can and cannot be joined, questions, and a participant's own names."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import intake_contracts
from orchestration.errors import EvenhandError
from orchestration.intake.deriving import restore_lake
from orchestration.intake.names import own_names
from orchestration.intake.pseudonyms import pseudonym, set_key
from orchestration.intake.taking import take_in
from orchestration.intake.vault import Vault
from orchestration.settings import load_settings
from orchestration.workspace import Workspace
from tests.conftest import contents, new_workspace

NIGHT = date(2026, 5, 10)
REGISTRY = "participant_id,holding_group_id,role,industry_code,country,size_band,joined_on,verified,legal_entity_id,consent_version\n"
PEOPLE = ("P1,G1,buyer,C,CH,L,2024-01-01,true,CHE-123.456.789,v1\n", "P2,G2,buyer,C,CH,L,2024-01-01,true,che 987654321,\n")
KPI_HEADER = "kpi_code,period_start,period_end,value_chain_stage,project_ref,numerator,denominator\n"


def kpi(project: str, numerator: str = "7", start: str = "2024-01-01") -> str:
    return f"ADO-01,{start},2024-03-31,OP,{project},{numerator},10\n"


def put(workspace: Workspace, sender: str, name: str, text: str) -> None:
    folder = workspace.landing / sender if sender else workspace.landing
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = new_workspace(tmp_path / "home")
    put(made, "", "participants.csv", REGISTRY + "".join(PEOPLE))
    return made


def night(workspace: Workspace, day: date = NIGHT) -> dict[str, dict]:
    """Take in what landed; receipts of everything ever sent, by the name it had in landing."""
    take_in(workspace, load_settings(workspace.home, environ={}), day)
    read = [json.loads(p.read_text("utf-8")) for p in (workspace.vault / "submissions").glob("*/receipt.json")]
    return {receipt["file"]: receipt for receipt in read}


def lake(workspace: Workspace, feed: str, columns: str) -> list[tuple]:
    return duckdb.sql(f"select {columns} from read_parquet('{workspace.lake}/{feed}/*.parquet') order by all").fetchall()


# --- Feeds -------------------------------------------------------------------------------------------------------------

SENT = {
    "promises": "project_ref,kpi_code,due_on,promised_by,promised_on,value\nApollo,ADO-01,2026-12-31,vendor,2025-01-01,80\n",
    "success_definition": "kpi_code,weight,objective\nADO-01,0.4,grow\n",
    "outcome_ratings": "job,step,outcome_code,respondent_group,period_start,period_end,importance,satisfaction,respondents\n"
    "J1,S1,O1,users,2025-01-01,2025-12-31,9,3,40\n",
    "customer_links": "customer,period_start,period_end,revenue_share\nche987654321,2025-01-01,2025-12-31,0.2\nconsumer,2025-01-01,2025-12-31,0.8\n",
    "interventions": "intervention_ref,kind,started_on,kpi_code,cost,currency\nI-1,training,2025-03-01,ADO-01,5000,EUR\n",
}


@pytest.mark.parametrize("feed", SENT)
def test_every_feed_goes_from_landing_to_the_lake(workspace: Workspace, feed: str) -> None:
    put(workspace, "P1", f"{feed}.csv", SENT[feed])
    receipt = night(workspace)[f"P1/{feed}.csv"]
    assert (receipt["verdict"], receipt["problems"]) == ("accepted", [])
    assert lake(workspace, feed, "participant_id, received_on") == [("P1", NIGHT)] * receipt["rows_read"]


def test_promises_alone_are_frozen() -> None:
    assert [name for name, contract in intake_contracts().items() if contract.frozen] == ["promises"]


# --- Pseudonyms --------------------------------------------------------------------------------------------------------


def test_a_customer_and_the_registry_have_the_same_hash(workspace: Workspace) -> None:
    """Whoever names the entity, however spelled; consumers stay in clear, and no id reaches the lake."""
    put(workspace, "P1", "customer_links.csv", SENT["customer_links"])
    night(workspace)
    registry = dict(lake(workspace, "participants", "participant_id, legal_entity_id"))
    links = [row[0] for row in lake(workspace, "customer_links", "customer")]
    assert sorted(links) == sorted(["CONSUMER", registry["P2"]])
    assert len(set(registry.values())) == 2
    assert all(b"987654321" not in content for content in contents(workspace.lake).values())


def test_the_same_project_name_of_two_participants_has_two_pseudonyms(workspace: Workspace) -> None:
    for sender in ("P1", "P2"):
        put(workspace, sender, "projects.csv", "project_ref,project_kind,value_chain_stage,status\nApollo,upgrade,OP,live\n")
    night(workspace)
    assert len({row[0] for row in lake(workspace, "projects", "project_ref")}) == 2


def test_pseudonyms_depend_on_the_key_and_an_undeclared_kind_raises() -> None:
    def hashed(key: str) -> str:
        with duckdb.connect() as connection:
            set_key(connection, key)
            row = connection.execute("select " + pseudonym("registry_hash", "'X1'", "'P1'")).fetchone()
            assert row
            return row[0]

    assert hashed("a") != hashed("b")
    with pytest.raises(EvenhandError, match="allowed are keyed_hash"):
        pseudonym("md5", "x", "p")


# --- Questions ---------------------------------------------------------------------------------------------------------


def test_an_undeclared_project_is_a_question_not_a_problem(workspace: Workspace) -> None:
    put(workspace, "P1", "kpi_values.csv", KPI_HEADER + kpi("Apollo") + kpi("") + kpi("  Zeus ") + kpi("Hera", ""))
    put(workspace, "P1", "projects.csv", "project_ref,project_kind,value_chain_stage,status\nApollo,upgrade,OP,live\n")
    put(workspace, "P2", "projects.csv", "project_ref,project_kind,value_chain_stage,status\nZeus,upgrade,OP,live\n")
    receipt = night(workspace)["P1/kpi_values.csv"]
    assert (receipt["verdict"], receipt["rows_accepted"], receipt["problems"]) == ("accepted", 4, [])
    assert receipt["question_counts"] == {"unknown_project": 1}  # another's Zeus declares nothing; a withdrawal asks nothing
    (question,) = receipt["questions"]
    assert (question["row"], question["column"], question["value"]) == (3, "project_ref", "Zeus")
    assert "declared" in question["question"]


@pytest.mark.parametrize("feed", ["promises", "interventions", "engagements"])
def test_other_feeds_ask_too(workspace: Workspace, feed: str) -> None:
    texts = {
        "promises": SENT["promises"],
        "interventions": "intervention_ref,project_ref,kind,started_on,kpi_code\nI-1,Apollo,training,2025-03-01,ADO-01\nI-2,,other,2025-03-01,ADO-01\n",
        "engagements": "project_ref,vendor,vendor_role\nApollo,Acme,cloud\n",
    }
    put(workspace, "P1", f"{feed}.csv", texts[feed])
    receipt = night(workspace)[f"P1/{feed}.csv"]
    assert receipt["question_counts"] == {"unknown_project": 1}
    assert receipt["questions"][0]["value"] == "Apollo"


def test_a_project_of_an_earlier_night_is_known_and_one_of_a_later_night_is_not(workspace: Workspace) -> None:
    projects = "project_ref,project_kind,value_chain_stage,status\nApollo,upgrade,OP,live\n"
    put(workspace, "P1", "kpi_values__1.csv", KPI_HEADER + kpi("Apollo"))
    assert night(workspace)["P1/kpi_values__1.csv"]["question_counts"] == {"unknown_project": 1}
    put(workspace, "P1", "projects.csv", projects)
    night(workspace, date(2026, 5, 11))
    put(workspace, "P1", "kpi_values__2.csv", KPI_HEADER + kpi("Apollo", "8"))
    receipts = night(workspace, date(2026, 5, 12))
    assert receipts["P1/kpi_values__2.csv"]["question_counts"] == {}
    assert receipts["P1/kpi_values__1.csv"]["question_counts"] == {"unknown_project": 1}


def test_questions_are_listed_up_to_a_thousand_and_counted_in_full(workspace: Workspace) -> None:
    put(workspace, "P1", "kpi_values.csv", KPI_HEADER + "".join(kpi(f"p{n}") for n in range(1200)))
    receipt = night(workspace)["P1/kpi_values.csv"]
    assert receipt["question_counts"] == {"unknown_project": 1200}
    assert [q["row"] for q in receipt["questions"]] == list(range(1, 1001))


# --- Own names ---------------------------------------------------------------------------------------------------------


def test_own_names_lead_from_pseudonyms_to_what_was_sent(workspace: Workspace) -> None:
    put(workspace, "P1", "projects.csv", "project_ref,project_kind,value_chain_stage,status,objective\nApollo 2,upgrade,OP,live,grow\n")
    put(workspace, "P1", "customer_links.csv", SENT["customer_links"])
    put(workspace, "P2", "projects.csv", "project_ref,project_kind,value_chain_stage,status\nSecret,upgrade,OP,live\n")
    night(workspace)
    names = own_names(Vault(workspace.vault), "P1")
    assert set(names.values()) == {"Apollo 2", "grow", "che987654321", "consumer"}
    ((project,),) = duckdb.sql(
        f"select project_ref from read_parquet('{workspace.lake}/projects/*.parquet') where participant_id = 'P1'"
    ).fetchall()
    assert names[project] == "Apollo 2"
    assert set(own_names(Vault(workspace.vault), "P2").values()) == {"Secret"}
    assert (
        own_names(Vault(workspace.vault), "P3")
        == own_names(Vault(workspace.vault), "P1/../P2")
        == own_names(Vault(workspace.vault), "..")
        == {}
    )


def test_names_of_quarantined_rows_are_not_kept(workspace: Workspace) -> None:
    rows = "Apollo,upgrade,OP,live\nBad,nothing,OP,live\n"
    put(workspace, "P1", "projects.csv", "project_ref,project_kind,value_chain_stage,status\n" + rows)
    night(workspace)
    assert set(own_names(Vault(workspace.vault), "P1").values()) == {"Apollo"}


def test_names_are_the_same_bytes_after_a_restore_of_the_lake(workspace: Workspace) -> None:
    for sender in ("P1", "P2"):
        projects = "".join(f"Project {n},upgrade,OP,live\n" for n in range(50))
        put(workspace, sender, "projects.csv", "project_ref,project_kind,value_chain_stage,status\n" + projects)
        put(workspace, sender, "kpi_values.csv", KPI_HEADER + "".join(kpi(f"Project {n}") for n in range(50)))
    night(workspace)
    before = contents(workspace.vault), contents(workspace.lake)
    assert sum(name.startswith("names/") for name in before[0]) == 4
    shutil.rmtree(workspace.lake)
    restore_lake(workspace, load_settings(workspace.home, environ={}))
    assert (contents(workspace.vault), contents(workspace.lake)) == before
    shutil.rmtree(workspace.lake)
    shutil.rmtree(workspace.vault / "names")
    restore_lake(workspace, load_settings(workspace.home, environ={}))
    assert (contents(workspace.vault), contents(workspace.lake)) == before
