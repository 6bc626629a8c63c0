"""What is to be made: the edition that comes next of a period, and where its candidate lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestration.disclosure.datasets import BENCHMARK
from orchestration.disclosure.deciding import Past
from orchestration.periods import Period, parse_period


@dataclass(frozen=True)
class Coming:
    """The edition a period's candidate is for, and what it depends on of other editions, the newest last in each.

    year_before: the folder of the edition that will stand for the same period a year earlier when this one is published. past:
    what was served of the period and its neighbours. is_due: whether it leaves tonight, and so must survive every attack. stack:
    the editions served last, which attackers have too.
    """

    release_id: str
    year_before: Path | None = None
    past: tuple[Past, ...] = ()
    is_due: bool = False
    stack: tuple[Past, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """One period's candidate on disk. `cells` publishable ones of the benchmark, `hidden` all others that hold data."""

    release_id: str
    period: Period
    folder: Path
    private: Path
    cells: int
    hidden: int

    @classmethod
    def of(cls, root: Path, release_id: str) -> Candidate:
        """The candidate of an edition below `root`, whether it lies there or not; nothing is counted."""
        period = parse_period(release_id.rsplit("-r", 1)[0])
        return cls(release_id, period, root / release_id, root / ".private" / release_id, 0, 0)

    @property
    def dataset(self) -> Path:
        return self.folder / f"{BENCHMARK}.parquet"

    @property
    def evidence(self) -> Path:
        return self.private_file(BENCHMARK, "evidence")

    @property
    def identities(self) -> Path:
        return self.private.parent / "identities.parquet"

    def ledger(self, dataset: str) -> Path:
        """Who is in each of its cells."""
        return self.private_file(dataset, "contributors")

    def private_file(self, dataset: str, kind: str) -> Path:
        """Where `evidence` or `contributors` of a dataset lie."""
        return self.private / (f"{kind}.parquet" if dataset == BENCHMARK else f"{dataset}.{kind}.parquet")
