"""Reports of the current release for every buyer of the registry, written where they are missing."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.engine import engine
from orchestration.periods import Period, parse_period
from orchestration.release.shelf import find_release, read_manifest
from orchestration.reports.build import Participant, ReportSummary, write_reports
from orchestration.reports.questions import own_questions, write_questions
from orchestration.settings import load_settings
from orchestration.sql import literal
from orchestration.workspace import Workspace


def write_current_reports(workspace: Workspace) -> list[ReportSummary]:
    """Write the reports of `releases/current` for participants who have none yet; nothing where nothing was released."""
    if not (workspace.releases / "current").exists():
        return []
    release = find_release(workspace.releases, "current")
    return write_release_reports(workspace, release, only_missing=True)


def renew_questions(workspace: Workspace) -> int:
    """Bring `questions.csv` of every report on the current release up to this night; tells how many changed."""
    if not (workspace.releases / "current").exists():
        return 0
    questions = own_questions(workspace)
    reports = sorted((workspace.reports / find_release(workspace.releases, "current").name).glob("*/report.html"))
    return sum(write_questions(page.parent, questions.get(page.parent.name, ())) for page in reports)


def write_release_reports(
    workspace: Workspace, release: Path, *, participant_id: str | None = None, only_missing: bool = False
) -> list[ReportSummary]:
    """Write the reports of one release for every buyer, or for one participant."""
    out = workspace.reports / release.name
    period = parse_period(read_manifest(release)["period"])
    participants = [p for p in _buyers(workspace, period) if participant_id in (None, p.participant_id)]
    if only_missing:
        participants = [p for p in participants if not (out / p.participant_id / "report.html").exists()]
    if not participants:
        return []
    own_values = workspace.candidate / ".private" / f"own-{release.name}.parquet"
    try:
        _export_own_values(workspace, period, own_values)
        return write_reports(release, own_values, participants, out, own_questions(workspace))
    finally:
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


def _export_own_values(workspace: Workspace, period: Period, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with engine(load_settings(workspace.home), workspace.warehouse) as connection:
        query = f"select * from marts.participant_values where period = {literal(period.label)} order by all"
        connection.execute(f"copy ({query}) to {literal(str(path))} (format parquet)")
