"""A question from the night that raises it to its answer: left unanswered, corrected, confirmed, and asked once only."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.intake.taking import take_in
from orchestration.rates.lake import lay_rates
from orchestration.reports.questions import own_questions
from orchestration.settings import load_settings
from orchestration.status import submission_standing
from orchestration.vendors.lake import resolve_lake_vendors
from orchestration.warehouse import run_dbt, write_night
from orchestration.workspace import Workspace
from tests.conftest import new_workspace
from tests.unit.test_feeds import PEOPLE, REGISTRY, put

MONDAY, DAY_29, DAY_30, LATER = date(2026, 1, 5), date(2026, 2, 3), date(2026, 2, 4), date(2026, 2, 20)
HEADER = "kpi_code,period_start,period_end,value_chain_stage,project_ref,numerator,denominator,evidence_grade\n"
UNUSUAL = "DEL-02,2024-01-01,2024-12-31,OP,{project},120,100,A\n"  # 120 %; the public typical range ends at 80 %
USUAL = "BEN-02,2024-01-01,2024-12-31,OP,,40,100,A\n"


def night(workspace: Workspace, as_of: date) -> None:
    """Intake and the models that questions and grades need."""
    settings = load_settings(workspace.home, environ={})
    take_in(workspace, settings, as_of)
    resolve_lake_vendors(workspace)
    lay_rates(workspace, as_of)
    write_night(workspace, as_of, 3, settings.require_secret())
    run_dbt(
        workspace,
        settings,
        ["build", "--select", "+questions", "+submission_grades", "--exclude-resource-type", "unit_test", "test", "--quiet"],
    )


def questions(workspace: Workspace) -> list[tuple[str, str, str, float | None]]:
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        return connection.execute(
            "select participant_id, kind, status, value from marts.questions where kind <> 'unknown_project' order by all"
        ).fetchall()


def grades(workspace: Workspace, participant: str) -> list[str]:
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        query = "select grade from marts.submission_grades where participant_id = $1 and feed = 'kpi_values' order by received_on, submission_id"
        return [grade for (grade,) in connection.execute(query, [participant]).fetchall()]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = new_workspace(tmp_path_factory.mktemp("asked") / "home")
    put(workspace, "", "participants.csv", REGISTRY + "".join(PEOPLE))
    for sender in ("P1", "P2"):
        put(workspace, sender, "kpi_values.csv", HEADER + UNUSUAL.format(project="") + USUAL)
    night(workspace, MONDAY)
    return workspace


def test_from_question_to_answer(asked: Workspace) -> None:
    kind = "outside_typical_range"
    assert questions(asked) == [("P1", kind, "open", 120.0), ("P2", kind, "open", 120.0)]
    assert (grades(asked, "P1"), grades(asked, "P2")) == (["A"], ["A"])
    first = {name: own[0] for name, own in own_questions(asked).items()}
    assert first["P1"].question_id != first["P2"].question_id  # the same figure of another sender is another question
    assert (first["P1"].expected_low, first["P1"].expected_high) == (-20.0, 80.0)

    night(asked, DAY_29)
    assert [status for _, _, status, _ in questions(asked)] == ["open", "open"]

    night(asked, DAY_30)
    assert [status for _, _, status, _ in questions(asked)] == ["unanswered", "unanswered"]
    assert (grades(asked, "P1"), grades(asked, "P2")) == (["B"], ["B"])
    assert "Grade as of the last night: B (A at intake, unanswered questions: 1)" in submission_standing(asked, first["P1"].submission_id)

    # P1 sends its whole file again, with a row more: nothing is confirmed by accident, and the question keeps its id.
    more = "BEN-02,2025-01-01,2025-12-31,OP,,41,100,A\n"
    put(asked, "P1", "kpi_values__again.csv", HEADER + UNUSUAL.format(project="") + USUAL + more)
    # P2 tries to answer for P1, and corrects its own figure.
    put(asked, "P2", "confirmations.csv", f"question_id\n{first['P1'].question_id}\n")
    put(asked, "P2", "kpi_values__corrected.csv", HEADER + UNUSUAL.format(project="").replace("120", "12"))
    night(asked, LATER)
    assert questions(asked) == [("P1", kind, "open", 120.0)]
    assert own_questions(asked)["P1"][0].question_id == first["P1"].question_id
    assert (grades(asked, "P1"), grades(asked, "P2")) == (["A", "A"], ["A", "A"])

    put(asked, "P1", "confirmations.csv", f"question_id,reason\n{first['P1'].question_id},one_off_event\n")
    night(asked, date(2026, 6, 1))
    assert questions(asked) == [("P1", kind, "confirmed", 120.0)]
    assert grades(asked, "P1") == ["A", "A"]


def test_the_project_of_a_question_is_told_to_its_own_participant_by_its_own_name(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "home")
    put(workspace, "", "participants.csv", REGISTRY + "".join(PEOPLE))
    put(workspace, "P1", "projects.csv", "project_ref,project_kind,value_chain_stage,status\nApollo,upgrade,OP,live\n")
    put(workspace, "P1", "kpi_values.csv", HEADER + UNUSUAL.format(project="Apollo"))
    night(workspace, MONDAY)
    (question,) = own_questions(workspace)["P1"]
    assert question.project == "Apollo"
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.questions where project_ref = 'Apollo'").fetchone() == (0,)
