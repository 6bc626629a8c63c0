"""The Dagster definitions: exact names, the gate blocks, the schedule and the sensor do what they say."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from orchestration.contracts import intake_contracts
from orchestration.definitions import defs
from tests.conftest import new_workspace

MARTS = {
    *("company_values", "cell_evidence", "trend_evidence", "attainment_evidence"),
    *("participant_values", "participants", "excluded_rows", "questions"),
    *("converted_amounts", "rates_used", "submission_grades", "success_weights"),
}


def test_names_are_pinned() -> None:
    keys = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
    assert {f"raw/{feed}" for feed in [*intake_contracts(), "night", "submissions", "vendor_identities", "exchange_rates"]} <= keys
    assert {f"marts/{mart}" for mart in MARTS} == {k for k in keys if k.startswith("marts/")}
    assert {"candidate", "release", "reports"} <= keys
    assert {job.name for job in defs.resolve_all_job_defs() if not job.name.startswith("__")} == {"nightly", "intake_only"}
    assert [s.name for s in defs.schedules] == ["nightly"]
    assert [s.name for s in defs.sensors] == ["landing"]


def test_the_graph_flows_one_way_from_landing_to_reports() -> None:
    graph = defs.resolve_asset_graph()

    def upstream(key: dg.AssetKey) -> set[str]:
        found, waiting = set(), [key]
        while waiting:
            for parent in graph.get(waiting.pop()).parent_keys:
                if parent.to_user_string() not in found:
                    found.add(parent.to_user_string())
                    waiting.append(parent)
        return found

    before_reports = upstream(dg.AssetKey("reports"))
    assert {"release", "candidate", "marts/company_values", "raw/kpi_values", "raw/participants"} <= before_reports
    assert "release" not in upstream(dg.AssetKey("candidate"))
    assert not any(k.startswith("marts") for k in upstream(dg.AssetKey(["raw", "kpi_values"])))


def test_the_gate_is_a_blocking_check_on_the_candidate() -> None:
    (gate,) = [c for c in defs.asset_checks if isinstance(c, dg.AssetChecksDefinition)]
    (spec,) = gate.check_specs
    assert (spec.name, spec.asset_key, spec.blocking) == ("gate", dg.AssetKey("candidate"), True)


def test_the_schedule_runs_the_night_of_its_day() -> None:
    schedule = defs.resolve_schedule_def("nightly")
    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.execution_timezone == "UTC"
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 7, 1, 2, tzinfo=ZoneInfo("UTC")))
    (request,) = schedule.evaluate_tick(context).run_requests
    assert request.run_config == {"resources": {"night": {"config": {"as_of": "2026-07-01"}}}}


def test_the_sensor_asks_for_an_intake_once_per_landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = new_workspace(tmp_path / "home")
    monkeypatch.setenv("EVENHAND_HOME", str(workspace.home))
    sensor = defs.resolve_sensor_def("landing")
    context = dg.build_sensor_context()
    assert sensor.evaluate_tick(context).skip_message == "Nothing new in landing."
    (workspace.landing / "P1").mkdir()
    (workspace.landing / "P1" / "kpi_values.csv.part").write_text("x")
    assert sensor.evaluate_tick(context).run_requests == []
    (workspace.landing / "P1" / "kpi_values.csv").write_text("x")
    first = sensor.evaluate_tick(context)
    assert len(first.run_requests) == 1
    assert sensor.evaluate_tick(dg.build_sensor_context(cursor=first.cursor)).run_requests == []
