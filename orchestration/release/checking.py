"""The gate over every dataset of a candidate, wherever its files lie: in the candidate's folder or staged to leave.

A verdict is a function of bytes: of the dataset, of what it is judged by, and of the declarations. One that was reached
tonight in this process is not reached again for the same bytes; a changed byte has another digest and is judged anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from orchestration.contracts import Policy, Profile, TableContract
from orchestration.disclosure.audit.run import AUDIT
from orchestration.disclosure.coming import Candidate
from orchestration.disclosure.coverage import SEEDS, declared_cuts
from orchestration.disclosure.datasets import BENCHMARK, DATASETS, Dataset
from orchestration.disclosure.making import attacked_as
from orchestration.errors import EvenhandError
from orchestration.gate import GateInput, GateResult, audit_outcomes, run_gate
from orchestration.intake.vault import file_digest
from orchestration.release.catalogue import CATALOGUE
from orchestration.release.editions import Editions


@dataclass(frozen=True)
class Checker:
    """What a check needs to know besides the candidate."""

    contracts: Mapping[str, TableContract]
    profile: Profile
    policy: Policy
    editions: Editions
    verdicts: dict[str, GateResult] = field(default_factory=lambda: _VERDICTS)

    def check(self, candidate: Candidate, folder: Path) -> GateResult:
        """One result for all datasets and for what attacks found; each check is named after its dataset, or `audit`."""
        results = [self._judge(_inputs(candidate, folder, dataset, self.editions), dataset.name) for dataset in DATASETS]
        outcomes = tuple(
            replace(outcome, name=f"{dataset.name}.{outcome.name}")
            for dataset, result in zip(DATASETS, results, strict=True)
            for outcome in result.outcomes
        )
        coming = self.editions.coming(candidate.period)
        if coming is None:
            raise EvenhandError(f"{candidate.release_id}: of this period there will be no further edition; remove {candidate.folder}.")
        audited = audit_outcomes(folder / AUDIT, attacked_as(candidate, folder, coming, self.profile))
        return GateResult(candidate.release_id, self.profile.name, sum(r.rows for r in results), (*outcomes, *audited))

    def _judge(self, inputs: GateInput, dataset: str) -> GateResult:
        key = _fingerprint(inputs, self.contracts[dataset], self.profile, self.policy)
        if key not in self.verdicts:
            self.verdicts[key] = run_gate(inputs, self.contracts[dataset], self.profile, self.policy)
        return self.verdicts[key]


_VERDICTS: dict[str, GateResult] = {}


def _inputs(candidate: Candidate, folder: Path, dataset: Dataset, editions: Editions) -> GateInput:
    before, revised = editions.standing(candidate.period.previous), editions.published(candidate.period)
    return GateInput(
        release_id=candidate.release_id,
        dataset=dataset.file(folder),
        evidence=candidate.private_file(dataset.name if dataset.evidence else BENCHMARK, "evidence"),
        identities=candidate.identities,
        catalogue=folder / CATALOGUE,
        previous_revision=_table_of(revised, dataset),
        previous_period=_table_of(before, dataset),
        beside=dict(_beside(candidate, folder, dataset, editions)),
    )


def _table_of(folder: Path | None, dataset: Dataset) -> Path | None:
    """A dataset of another edition; None where that edition was made before the dataset existed."""
    return dataset.file(folder) if folder and dataset.file(folder).is_file() else None


def _beside(candidate: Candidate, folder: Path, dataset: Dataset, editions: Editions) -> Iterator[tuple[str, Path | None]]:
    """Other tables that the rows of a dataset must agree with, by the name the gate knows them by."""
    if dataset.name == "trend":
        earlier = editions.standing(candidate.period.year_before)
        yield BENCHMARK, folder / f"{BENCHMARK}.parquet"
        yield "earlier_benchmark", earlier / f"{BENCHMARK}.parquet" if earlier else None
    if dataset.name == "coverage":
        for name in SEEDS:
            yield name, folder / f"{name}.parquet"
            yield f"declared_{name}", declared_cuts(name)


def _fingerprint(inputs: GateInput, contract: TableContract, profile: Profile, policy: Policy) -> str:
    digest = hashlib.sha256(repr((inputs.release_id, contract, profile, policy)).encode())
    for name, path in inputs.files():
        digest.update(f"{name}:{file_digest(path) if path and path.is_file() else None}".encode())
    return digest.hexdigest()
