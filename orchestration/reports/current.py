"""Reports of the current release for every buyer of the registry, written again where they would say something else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from orchestration.engine import engine
from orchestration.periods import Period, parse_period
from orchestration.release.shelf import find_release, read_manifest
from orchestration.reports.apart import Helper, Task, write_with
from orchestration.reports.build import Participant, ReportSummary, is_whole, write_reports
from orchestration.reports.notes import Notes
from orchestration.reports.questions import OwnQuestion, own_questions
from orchestration.settings import load_settings
from orchestration.sql import literal
from orchestration.workspace import Workspace

WORTH_HELP = 100
"""So many reports take longer than a second process needs to start."""


def write_current_reports(workspace: Workspace) -> list[ReportSummary]:
    """Write the reports of `releases/current` that would say something else than they do, or that are missing; nothing where
    nothing was released.
    """
    if not (workspace.releases / "current").exists():
        return []
    release = find_release(workspace.releases, "current")
    period, questions, notes = _period(release), own_questions(workspace), Notes(workspace, release)
    participants, values = _buyers(workspace, period), notes.own_digests(period)
    made_of = {
        p.participant_id: notes.made_of(p, values.of.get(p.participant_id), questions.get(p.participant_id, ())) for p in participants
    }
    folder = workspace.reports / release.name
    changed = [
        p for p in participants if not is_whole(folder / p.participant_id) or not notes.hold(p.participant_id, made_of[p.participant_id])
    ]
    notes.forget([p.participant_id for p in changed])
    written = _write(workspace, release, changed, questions)
    notes.keep(made_of, values)
    return written


def write_release_reports(workspace: Workspace, release: Path, *, participant_id: str | None = None) -> list[ReportSummary]:
    """Write the reports of one release for every buyer, or for one participant."""
    participants = [p for p in _buyers(workspace, _period(release)) if participant_id in (None, p.participant_id)]
    Notes(workspace, release).forget([p.participant_id for p in participants])
    return _write(workspace, release, participants, own_questions(workspace))


def _period(release: Path) -> Period:
    return parse_period(read_manifest(release)["period"])


def _write(
    workspace: Workspace, release: Path, participants: list[Participant], questions: Mapping[str, tuple[OwnQuestion, ...]]
) -> list[ReportSummary]:
    if not participants:
        return []
    helper = Helper() if len(participants) >= WORTH_HELP and load_settings(workspace.home).threads > 1 else None
    own_values = workspace.candidate / ".private" / f"own-{release.name}.parquet"
    task = Task(release, own_values, tuple(participants), workspace.reports / release.name, questions)
    try:
        _export_own_values(workspace, _period(release), [p.participant_id for p in participants], own_values)
        if helper is not None:
            return write_with(helper, task)
        return write_reports(release, own_values, participants, task.out_dir, questions)
    finally:
        if helper is not None:
            helper.stop()
        own_values.unlink(missing_ok=True)


def _buyers(workspace: Workspace, period: Period) -> list[Participant]:
    """Every buyer with the attributes that hold on the period's last day, or else the latest ones."""
    query = """
        select participant_id, industry, sector, country, size_band from marts.participants
        where role = 'buyer'
        qualify row_number() over (
            partition by participant_id order by $1 between valid_from and valid_to desc, valid_from desc
        ) = 1
        order by participant_id"""
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        rows = connection.execute(query, [period.last_day]).fetchall()
        weights = _weights(connection, period)
    return [Participant(*row, weights=weights.get(row[0], {})) for row in rows]


def _weights(connection: duckdb.DuckDBPyConnection, period: Period) -> dict[str, dict[str, float]]:
    """Each participant's own weight of each KPI on the period's last day: that of the KPI as a whole, or else the largest
    of its stages.
    """
    rows = connection.execute(
        """with valid as (
            select participant_id, kpi_code, value_chain_stage, weight from marts.success_weights
            where valid_from <= $1
            qualify row_number() over (partition by participant_id, kpi_code, value_chain_stage order by valid_from desc) = 1
        )
        select participant_id, kpi_code, coalesce(max(weight) filter (where value_chain_stage is null), max(weight)) from valid
        group by participant_id, kpi_code order by participant_id, kpi_code""",
        [period.last_day],
    ).fetchall()
    weights: dict[str, dict[str, float]] = {}
    for participant_id, kpi_code, weight in rows:
        weights.setdefault(participant_id, {})[kpi_code] = float(weight)
    return weights


def _export_own_values(workspace: Workspace, period: Period, participant_ids: list[str], path: Path) -> None:
    """Those of the participants who get a report: of a night's many companies few have something new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with engine(load_settings(workspace.home), workspace.warehouse) as connection:
        connection.execute("create temp table asked as select unnest($1::varchar[]) as participant_id", [participant_ids])
        query = f"select * from marts.participant_values semi join asked using (participant_id) where period = {literal(period.label)}"
        connection.execute(f"copy ({query}) to {literal(str(path))} (format parquet)")
