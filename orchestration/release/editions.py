"""Which edition of a period comes next and which one stands, seen from the vault's log and the candidates at one moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from orchestration.disclosure.audit.run import stacked
from orchestration.disclosure.coming import Candidate, Coming
from orchestration.disclosure.datasets import DATASETS
from orchestration.disclosure.deciding import Past
from orchestration.disclosure.rows import content_digest
from orchestration.intake.vault import Vault
from orchestration.periods import Period
from orchestration.release.plan import NextEdition, history, next_edition
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
        if edition is None:
            return None
        is_due = edition.is_due(self._as_of)
        return Coming(
            edition.release_id, self.standing(period.year_before), self._past(period), is_due, self._stack(period) if is_due else ()
        )

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
        before = self._candidate(period.previous)
        return (*past, before) if before else tuple(past)

    def _stack(self, period: Period) -> tuple[Past, ...]:
        """The editions that will have left last before this one, and all of its period: releases, and candidates of earlier periods that leave
        tonight too.
        """
        stack = [self._released(s.release_id, same_period=s.period == period) for s in self._served if not s.skipped]
        stack += [past for other in self._tonight(period) if (past := self._candidate(other))]
        attacked = stacked([past.release_id for past in stack], f"{period.label}-r0")
        return tuple(past for past in stack if past.release_id in attacked)

    def _tonight(self, period: Period) -> list[Period]:
        """The periods of candidates on disk that come before that of `period`, in order of publication."""
        found = [Candidate.of(self._workspace.candidate, folder.name).period for folder in self._workspace.candidate.glob("*-r*")]
        return sorted((p for p in found if p.order_of_publication < period.order_of_publication), key=lambda p: p.order_of_publication)

    def _candidate(self, period: Period) -> Past | None:
        """The candidate of a period, where it leaves tonight."""
        folder = self.standing(period)
        if folder is None or folder.parent != self._workspace.candidate:
            return None
        return Past(folder.name, False, folder, ledgers(Candidate.of(self._workspace.candidate, folder.name).ledger))

    def _released(self, release_id: str, *, same_period: bool) -> Past:
        vault = Vault(self._workspace.vault)
        return Past(release_id, same_period, self._workspace.releases / release_id, ledgers(partial(vault.ledger, release_id)))

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


def ledgers(file: Callable[[str], Path]) -> dict[str, Path]:
    """The files of an edition that say who was in its cells, by dataset; a dataset that is younger than the edition has none."""
    named = {dataset.name: file(dataset.name) for dataset in DATASETS if dataset.contributors}
    return {name: path for name, path in named.items() if path.is_file()}


def changes_nothing(folder: Path, edition: NextEdition) -> bool:
    """Whether a candidate says what the release it would replace says."""
    return edition.replaces is not None and edition.replaces.content_sha256 == content_digest(folder)
