"""What `evenhand status` shows the operator: submissions with their verdicts, the last run, and what is due."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import EvenhandError
from orchestration.idle import STATE
from orchestration.intake.receipts import read_receipt
from orchestration.intake.vault import Vault
from orchestration.night import last_run
from orchestration.workspace import Workspace

SHOWN_SUBMISSIONS = 20
SHOWN_QUESTIONS = 20


def overview(workspace: Workspace) -> list[str]:
    """Lines on the newest submissions (rejected ones with their sentence), the last run and what is due."""
    return [*_submissions(workspace), "", *_last_run(workspace), *_due(workspace)]


def one_receipt(workspace: Workspace, submission_id: str) -> dict[str, Any]:
    """A submission's receipt. Raises `EvenhandError` where there is no such submission."""
    folder = Vault(workspace.vault).submission(submission_id)
    if (not submission_id.isalnum() and not submission_id.replace("-", "").isalnum()) or not (folder / "receipt.json").is_file():
        raise EvenhandError(f"There is no submission {submission_id!r}; 'evenhand status' lists them.")
    return read_receipt(folder)


def submission_standing(workspace: Workspace, submission_id: str) -> list[str]:
    """The grade of a submission as the last night saw it, and the questions about it; nothing before the first night."""
    if not workspace.warehouse.exists():
        return []
    with duckdb.connect(str(workspace.warehouse), read_only=True) as connection:
        graded = connection.execute(
            "select grade, grade_at_intake, unanswered_questions from marts.submission_grades where submission_id = $1", [submission_id]
        ).fetchone()
        asked = connection.execute(
            "select question_id, status, kind, submission_row, rows from marts.questions where submission_id = $1 "
            "order by status = 'confirmed', submission_row, question_id",
            [submission_id],
        ).fetchall()
    unanswered = f"unanswered questions: {graded[2]:,}" if graded else ""
    lines = [f"Grade as of the last night: {graded[0]} ({graded[1]} at intake, {unanswered})"] if graded else []
    for question_id, status, kind, row, rows in asked[:SHOWN_QUESTIONS]:
        lines.append(f"  {status}  {question_id}  {kind.replace('_', ' ')}, {f'row {row}' if row else f'{rows:,} rows'}")
    if len(asked) > SHOWN_QUESTIONS:
        lines.append(f"  ... and {len(asked) - SHOWN_QUESTIONS:,} more")
    return lines


def _submissions(workspace: Workspace) -> list[str]:
    vault = Vault(workspace.vault)
    taken = [(event["as_of"], s) for event in vault.events("taken_in") for s in event["submissions"]]
    counts: dict[str, int] = {}
    for _, submission in taken:
        counts[submission["verdict"]] = counts.get(submission["verdict"], 0) + 1
    shown = ", ".join(f"{n:,} {verdict.replace('_', ' ')}" for verdict, n in sorted(counts.items())) or "none yet"
    lines = [f"Submissions: {shown}"]
    rejected = [(day, s) for day, s in taken if s["verdict"] == "rejected"]
    for day, submission in rejected[-SHOWN_SUBMISSIONS:]:
        lines.append(
            f"  rejected  {day}  {submission['submission_id']}  {submission['name']}: {_sentence(vault.submission(submission['submission_id']))}"
        )
    for day, submission in [t for t in taken if t[1]["verdict"] != "rejected"][-SHOWN_SUBMISSIONS:]:
        lines.append(f"  {submission['verdict'].replace('_', ' ')}  {day}  {submission['submission_id']}  {submission['name']}")
    again = [(event["as_of"], s) for event in vault.events("repeated") for s in event["submissions"]]
    for day, submission in again[-SHOWN_SUBMISSIONS:]:
        lines.append(f"  the same bytes again, nothing changed  {day}  {submission['submission_id']}  {submission['name']}")
    return lines


def _sentence(folder: Path) -> str:
    return str(read_receipt(folder).get("sentence") or "")


def _last_run(workspace: Workspace) -> list[str]:
    run = last_run(workspace)
    if run is None:
        return ["Last run: none yet"]
    stages: Any = run["stages"]
    return [
        f"Last run: night of {run['as_of']}",
        *(f"  {name}: {counts}" for name, counts in ((n, _counts(c)) for n, c in stages.items())),
    ]


def _counts(facts: dict[str, Any]) -> str:
    return ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in facts.items())


def _due(workspace: Workspace) -> list[str]:
    path = workspace.dagster / STATE
    try:
        return [f"Due: {json.loads(path.read_text('utf-8'))['says']}"]
    except (OSError, ValueError, KeyError):
        return ["Due: unknown before the first night"]
