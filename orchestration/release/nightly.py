"""A night's use of the release room: candidates for all open periods, the gate on those due, publication of those due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.disclosure.candidates import build_candidates, read_candidates
from orchestration.disclosure.coming import Candidate
from orchestration.disclosure.protect import open_marts
from orchestration.gate import GateResult
from orchestration.intake.grading import days_to_answer
from orchestration.periods import add_months
from orchestration.release.catalogue import refuse_changed_meaning
from orchestration.release.plan import NextEdition
from orchestration.release.publish import Publisher, check_candidate, finish_interrupted, publish, refusal
from orchestration.software import CANDIDATES, made_with
from orchestration.warehouse import DBT_PROJECT
from orchestration.workspace import write_atomically

REFUSAL = "refusal.txt"
CATALOGUE_SEED = DBT_PROJECT / "seeds" / "kpi_catalogue.csv"


@dataclass(frozen=True)
class Publication:
    """What a night published, and what it says about it."""

    published: tuple[Path, ...]
    sentence: str


def make_candidates(publisher: Publisher) -> list[Candidate]:
    """Candidates of every period whose next edition is still to come.

    Raises `EvenhandError` where the catalogue changed the meaning of a KPI that was published.
    """
    finish_interrupted(publisher)
    refuse_changed_meaning(publisher.workspace.releases, CATALOGUE_SEED)
    editions = publisher.editions
    with open_marts(publisher.workspace.warehouse, publisher.settings) as connection:
        return build_candidates(
            connection,
            publisher.workspace.candidate,
            publisher.profile,
            publisher.contracts,
            CATALOGUE_SEED,
            editions.coming,
            made_with=made_with(CANDIDATES),
            threads=publisher.settings.threads,
        )


def check_due(publisher: Publisher) -> list[GateResult]:
    """The gate over every candidate that is due; its page lies beside each candidate, and the sentence of the first refusal too."""
    checked = [(candidate, check_candidate(publisher, candidate)) for candidate, _ in _due(publisher)]
    refused = [str(refusal(candidate, result)) for candidate, result in checked if not result.passed]
    if refused:
        write_atomically(publisher.workspace.candidate / ".private" / REFUSAL, refused[0])
    return [result for _, result in checked]


def publish_due(publisher: Publisher) -> Publication:
    """Publish every due candidate in order. Raises `GateRefusedError` at the first red one; those before it stay published."""
    published = [publish(publisher, candidate, edition) for candidate, edition in _due(publisher)]
    folders = tuple(folder for folder in published if folder)
    done = f"Published: {', '.join(f.name for f in folders)}." if folders else "Nothing was due."
    return Publication(folders, f"{done} {next_sentence(publisher)}")


def next_sentence(publisher: Publisher) -> str:
    """What comes next and when, from the candidates and the history of editions."""
    editions = publisher.editions
    open_editions = [editions.of(candidate.period) for candidate in read_candidates(publisher.workspace.candidate)]
    waiting = [edition for edition in open_editions if edition and not edition.is_due(publisher.as_of)]
    soonest = min(waiting, key=lambda e: e.due_on, default=None)
    if soonest is None:
        return "Nothing is due, and no period is waiting to become due."
    if soonest.replaces:
        return f"Nothing is due until {soonest.due_on.isoformat()} ({soonest.release_id}, if anything changed)."
    return f"Nothing is due until {soonest.due_on.isoformat()} ({soonest.release_id})."


def _open(publisher: Publisher) -> list[tuple[Candidate, NextEdition]]:
    editions = publisher.editions
    pairs = [(candidate, editions.of(candidate.period)) for candidate in read_candidates(publisher.workspace.candidate)]
    return [(c, e) for c, e in pairs if e is not None and e.release_id == c.release_id]


def _due(publisher: Publisher) -> list[tuple[Candidate, NextEdition]]:
    return [(candidate, edition) for candidate, edition in _open(publisher) if edition.is_due(publisher.as_of)]


def quiet_until(publisher: Publisher) -> date | None:
    """The first day on which something may change without a new file: an edition falls due, a waiting row may count, or a
    question has been open for too long.
    """
    editions = publisher.editions
    coming = [editions.of(candidate.period) for candidate in read_candidates(publisher.workspace.candidate)]
    days = [edition.due_on for edition in coming if edition and not edition.is_due(publisher.as_of)]
    with duckdb.connect(str(publisher.workspace.warehouse), read_only=True) as connection:
        row = connection.execute(
            "select min(period_end) from intermediate.int_sent__spans where period_end > (select data_until from staging.stg_night)"
        ).fetchone()
        asked = connection.execute("select min(asked_on) from marts.questions where status = 'open'").fetchone()
    if asked and asked[0]:
        days.append(asked[0] + timedelta(days=days_to_answer()))  # an open question becomes an unanswered one
    if row and row[0]:
        days.append(add_months(row[0], publisher.profile.min_age_months) - timedelta(days=3))  # months differ in length
    later = [date.fromisoformat(event["as_of"]) for event in publisher.vault.events() if "as_of" in event]
    days += [day for day in later if day > publisher.as_of]  # a night for an earlier date does not see what came after it
    return min(days, default=None)
