"""Write what could be published: one candidate folder per open period, and beside it what only the gate may see.

candidate/<release_id>/<dataset>.parquet                   the protected rows, exactly as they would leave
candidate/<release_id>/kpi_catalogue.csv                   the catalogue they are to be read with
candidate/.private/<release_id>/evidence.parquet           exact cells of the period, for the gate
candidate/.private/<release_id>/contributors.parquet       who is in each protected cell, for the ledger of editions
candidate/.private/<release_id>/<dataset>.*.parquet        the same for the datasets beside the benchmark
candidate/.private/identities.parquet                      every participant and group id, so that none may leave
candidate/.private/made_of.json                            what each candidate was made of, so that it is made again only where that changed
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from orchestration.contracts import Profile, TableContract
from orchestration.digests import digest_of
from orchestration.disclosure.datasets import BENCHMARK, DATASETS, Dataset, Edition, select_columns
from orchestration.disclosure.ledger import Ledger
from orchestration.disclosure.panels import first_periods
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
    made_with: str = "",
) -> list[Candidate]:
    """Protect the cells and write the candidate of each period that `coming` names, in order of publication; it is asked
    when the candidates of earlier periods are written. A period without a publishable cell of the benchmark makes no candidate.

    A candidate of an earlier night stays where nothing changed that it is made of: its period's fingerprint, the editions it
    refers to, rules, and `made_with`, whatever else decides what is written. All others are removed.
    """
    _write_identities(connection, root)
    ledger = Ledger(root)
    first = sorted(connection.execute(first_periods(profile)).fetchall())  # two rows that come in any order
    common = digest_of(made_with, profile, tuple(contracts.values()), catalogue.read_bytes(), first)
    fingerprints = _periods(connection)
    editions = {period: edition for period in fingerprints if (edition := coming(period))}

    def made_of(period: Period, edition: Coming) -> str:
        return digest_of(common, fingerprints[period], *_referred_to(edition))

    changed = _changed(editions, {period: made_of(period, edition) for period, edition in editions.items()}, ledger)
    ledger.keep_only({edition.release_id for period, edition in editions.items() if period not in changed})
    for dataset in DATASETS:
        if dataset.prepare:
            dataset.prepare(connection, profile, [period.key for period in changed])
    with_cells = _with_cells(connection)
    for period in changed:
        edition = coming(period) or editions[period]
        if period.key in with_cells:
            folder, private = root / edition.release_id, root / ".private" / edition.release_id
            _write(connection, Candidate(edition.release_id, period, folder, private, 0, 0), edition, profile, contracts)
            shutil.copyfile(catalogue, folder / catalogue.name)
        ledger.note(edition.release_id, made_of(period, edition))
    return read_candidates(root)


def _periods(connection: duckdb.DuckDBPyConnection) -> dict[Period, str]:
    """Every period with cells, in order of publication, and the fingerprint of what its marts are made from."""
    rows = connection.execute(
        "select period_key, fingerprint from warehouse.intermediate.int_fingerprints__periods "
        "where period_key in (select period_key from warehouse.intermediate.int_cells)"
    ).fetchall()
    found = {period_of_key(key): fingerprint for key, fingerprint in rows}
    return dict(sorted(found.items(), key=lambda item: item[0].order_of_publication))


def _with_cells(connection: duckdb.DuckDBPyConnection) -> set[int]:
    return {key for (key,) in connection.execute("select distinct period_key from protected").fetchall()}


def _referred_to(edition: Coming) -> tuple[object, ...]:
    """What a candidate takes from other editions: which one it replaces, and what stands a year earlier."""
    before = edition.year_before
    table = before / f"{BENCHMARK}.parquet" if before else None
    return edition.release_id, edition.replaced, before.name if before else None, table.read_bytes() if table else None


def _changed(editions: Mapping[Period, Coming], made_of: Mapping[Period, str], ledger: Ledger) -> list[Period]:
    """The periods whose candidates are made again, in order; one that is made again takes along the one a year later, which refers to it."""
    changed: list[Period] = []
    for period, edition in editions.items():
        if period.year_before in changed or not ledger.holds(edition.release_id, made_of[period]):
            changed.append(period)
    return changed


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
    (root / ".private").mkdir(parents=True, exist_ok=True)
    (root / ".private").chmod(0o700)
    identities = (
        "select participant_id as id from warehouse.marts.participants where role = 'buyer' "
        "union select holding_group_id from warehouse.marts.participants where role = 'buyer' order by 1"
    )
    _copy(connection, identities, root / ".private" / "identities.parquet")


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
