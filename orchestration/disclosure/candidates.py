"""Write what could be published: one candidate folder per open period, and beside it what only the gate may see.

candidate/<release_id>/<dataset>.parquet                   the protected rows, exactly as they would leave
candidate/<release_id>/kpi_catalogue.csv                   the catalogue they are to be read with
candidate/.private/<release_id>/evidence.parquet           exact cells of the period, for the gate
candidate/.private/<release_id>/contributors.parquet       who is in each protected cell, for the ledger of editions
candidate/.private/<release_id>/<dataset>.*.parquet        the same for the datasets beside the benchmark
candidate/.private/identities.parquet                      every participant and group id, so that none may leave
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from orchestration.contracts import Profile, TableContract
from orchestration.disclosure.datasets import BENCHMARK, DATASETS, Dataset, Edition, select_columns
from orchestration.periods import Period, parse_period, period_of_key
from orchestration.sql import literal, quoted


@dataclass(frozen=True)
class Coming:
    """The edition a period's candidate is for, the folder of the revision it would replace, and the folder of the edition
    that will stand for the same period a year earlier when this one is published.
    """

    release_id: str
    replaced: Path | None = None
    year_before: Path | None = None


@dataclass(frozen=True)
class Candidate:
    """One period's candidate on disk. `cells` publishable ones of the benchmark, `hidden` all others that hold data."""

    release_id: str
    period: Period
    folder: Path
    private: Path
    cells: int
    hidden: int

    @property
    def dataset(self) -> Path:
        return self.folder / f"{BENCHMARK}.parquet"

    @property
    def evidence(self) -> Path:
        return self.private_file(BENCHMARK, "evidence")

    @property
    def contributors(self) -> Path:
        return self.private_file(BENCHMARK, "contributors")

    @property
    def identities(self) -> Path:
        return self.private.parent / "identities.parquet"

    def private_file(self, dataset: str, kind: str) -> Path:
        """Where `evidence` or `contributors` of a dataset lie."""
        return self.private / (f"{kind}.parquet" if dataset == BENCHMARK else f"{dataset}.{kind}.parquet")


def build_candidates(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    profile: Profile,
    contracts: Mapping[str, TableContract],
    catalogue: Path,
    coming: Callable[[Period], Coming | None],
) -> list[Candidate]:
    """Protect every cell and write the candidate of each period that `coming` names, in order of publication; it is asked
    when the candidates of earlier periods are written. A period without a publishable cell of the benchmark makes no candidate.
    Candidates of earlier nights are removed.
    """
    for dataset in DATASETS:
        if dataset.prepare:
            dataset.prepare(connection, profile)
    _write_identities(connection, root)
    candidates: list[Candidate] = []
    for period, cells, hidden in _open_periods(connection):
        edition = coming(period)
        if edition:
            folder, private = root / edition.release_id, root / ".private" / edition.release_id
            candidate = Candidate(edition.release_id, period, folder, private, cells, hidden)
            _write(connection, candidate, edition, profile, contracts)
            shutil.copyfile(catalogue, candidate.folder / catalogue.name)
            candidates.append(candidate)
    return candidates


def read_candidates(root: Path) -> list[Candidate]:
    """The candidates on disk, in order of publication; cells are counted, hidden ones from the evidence beside them."""
    found: list[Candidate] = []
    for folder in root.glob("*-r*"):
        private = root / ".private" / folder.name
        period = parse_period(folder.name.rsplit("-r", 1)[0])
        blank = Candidate(folder.name, period, folder, private, 0, 0)
        cells, with_data = _count(blank.dataset), _count(blank.evidence)
        found.append(replace(blank, cells=cells, hidden=with_data - cells))
    return sorted(found, key=lambda c: c.period.order_of_publication)


def _count(path: Path) -> int:
    return pq.read_metadata(path).num_rows


def _write_identities(connection: duckdb.DuckDBPyConnection, root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    (root / ".private").mkdir(parents=True)
    (root / ".private").chmod(0o700)
    identities = (
        "select participant_id as id from warehouse.marts.participants where role = 'buyer' "
        "union select holding_group_id from warehouse.marts.participants where role = 'buyer' order by 1"
    )
    _copy(connection, identities, root / ".private" / "identities.parquet")


def _open_periods(connection: duckdb.DuckDBPyConnection) -> list[tuple[Period, int, int]]:
    """Periods with cells to publish, in order of publication, with the numbers of those cells and of the others."""
    counts = connection.execute(
        "select period_key, count(*), (select count(*) from warehouse.marts.cell_evidence as e where e.period_key = p.period_key) - count(*) "
        "from protected as p group by period_key"
    ).fetchall()
    periods = [(period_of_key(key), cells, hidden) for key, cells, hidden in counts]
    return sorted(periods, key=lambda p: p[0].order_of_publication)


def _write(
    connection: duckdb.DuckDBPyConnection,
    candidate: Candidate,
    coming: Coming,
    profile: Profile,
    contracts: Mapping[str, TableContract],
) -> None:
    candidate.folder.mkdir(parents=True)
    candidate.private.mkdir(parents=True)
    edition = Edition(candidate.release_id, candidate.period, profile, candidate.folder, coming.year_before)
    for dataset in DATASETS:
        contract = contracts[dataset.name]
        if coming.replaced and dataset.table and dataset.file(coming.replaced).is_file():
            _keep_hidden(connection, dataset.table, candidate.period, dataset.file(coming.replaced), contract)
        _copy(connection, select_columns(contract, edition, dataset.rows(edition)), dataset.file(candidate.folder))
        _write_private(connection, candidate, dataset)


def _keep_hidden(connection: duckdb.DuckDBPyConnection, table: str, period: Period, replaced: Path, contract: TableContract) -> None:
    """Inside the revisions of one period, what was hidden stays hidden (DISCLOSURE "Between editions")."""
    same = " and ".join(f"old.{quoted(k)} is not distinct from {table}.{quoted(k)}" for k in contract.key)
    connection.execute(
        f"delete from {table} where period_key = {period.key} "
        f"and not exists (select 1 from read_parquet({literal(str(replaced))}) as old where {same})"
    )


def _write_private(connection: duckdb.DuckDBPyConnection, candidate: Candidate, dataset: Dataset) -> None:
    for kind, select in (("evidence", dataset.evidence), ("contributors", dataset.contributors)):
        if select:
            _copy(connection, select(candidate.period.key), candidate.private_file(dataset.name, kind))


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to {literal(str(path))} (format parquet, compression zstd)")
