"""Which edition of a period comes next and which one stands, seen from the vault's log and the candidates at one moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from orchestration.disclosure.candidates import Candidate, Coming
from orchestration.disclosure.datasets import DATASETS
from orchestration.disclosure.deciding import Past
from orchestration.intake.vault import Vault
from orchestration.periods import Period
from orchestration.release.plan import NextEdition, history, next_edition
from orchestration.sql import literal
from orchestration.workspace import Workspace


class Editions:
    """Reads the log once; candidate folders are looked at when asked."""

    def __init__(self, workspace: Workspace, as_of: date, min_age_months: int) -> None:
        self._workspace = workspace
        self._as_of = as_of
        self._min_age = min_age_months
        self._served = history(Vault(workspace.vault).events())

    def of(self, period: Period) -> NextEdition | None:
        """The next edition of a period; None where there will be no further one."""
        return next_edition(period, self._served, self._min_age)

    def coming(self, period: Period) -> Coming | None:
        """What a candidate of the period is for, asked when those of earlier periods are written."""
        edition = self.of(period)
        return Coming(edition.release_id, self.standing(period.year_before), self._past(period)) if edition else None

    def published(self, period: Period) -> Path | None:
        """The folder of the newest release of a period."""
        released = [s for s in self._served if s.period == period and not s.skipped]
        newest = max(released, key=lambda s: s.revision, default=None)
        return self._workspace.releases / newest.release_id if newest else None

    def _past(self, period: Period) -> tuple[Past, ...]:
        """Every edition of the period and of those next to it that was served, in the order in which they left, and the one of the
        period before that will be served tonight.
        """
        near = [s for s in self._served if not s.skipped and (s.period in (period, period.previous) or s.period.previous == period)]
        past = [self._released(s.release_id, same_period=s.period == period) for s in near]
        before = self.standing(period.previous)
        if before and before.parent == self._workspace.candidate:
            past.append(Past(before.name, False, before, _ledgers(Candidate.of(self._workspace.candidate, before.name).ledger)))
        return tuple(past)

    def _released(self, release_id: str, *, same_period: bool) -> Past:
        vault = Vault(self._workspace.vault)
        return Past(release_id, same_period, self._workspace.releases / release_id, _ledgers(partial(vault.ledger, release_id)))

    def standing(self, period: Period) -> Path | None:
        """The folder of the edition of a period that stands once everything due tonight is published: a due candidate, or
        the newest release where there is none, or where it would change nothing and is therefore not published.
        """
        edition = self.of(period)
        if edition and edition.is_due(self._as_of):
            folder = self._workspace.candidate / edition.release_id
            if folder.is_dir() and not changes_nothing(folder, edition):
                return folder
        return self.published(period)


def _ledgers(file: Callable[[str], Path]) -> dict[str, Path]:
    """The files of an edition that say who was in its cells, by dataset; one that is younger than the edition has none."""
    named = {dataset.name: file(dataset.name) for dataset in DATASETS if dataset.contributors}
    return {name: path for name, path in named.items() if path.is_file()}


def changes_nothing(folder: Path, edition: NextEdition) -> bool:
    """Whether a candidate says what the release it would replace says."""
    return edition.replaces is not None and edition.replaces.content_sha256 == content_digest(folder)


def content_digest(folder: Path) -> str:
    """sha256 of the rows of every dataset in a folder, without release_id: equal where two editions say the same.

    Datasets made of the others alone add nothing.
    """
    digest = hashlib.sha256()
    with duckdb.connect() as connection:
        for dataset in DATASETS:
            if dataset.table:
                source = literal(str(dataset.file(folder)))
                rows = connection.execute(f"select * exclude (release_id) from read_parquet({source})").fetchall()
                digest.update(dataset.name.encode())
                for row in rows:
                    digest.update(repr(row).encode("utf-8"))
    return digest.hexdigest()
