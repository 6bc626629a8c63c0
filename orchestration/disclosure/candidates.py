"""Write what could be published: one candidate folder per open period, and beside it what only the gate may see.

candidate/<release_id>/<dataset>.parquet                   the protected rows, exactly as they would leave
candidate/<release_id>/kpi_catalogue.csv                   the catalogue they are to be read with
candidate/.private/<release_id>/evidence.parquet           exact cells of the period, for the gate
candidate/.private/<release_id>/contributors.parquet       who is in each protected cell, for the ledger of editions
candidate/.private/<release_id>/<dataset>.*.parquet        the same for the datasets beside the benchmark
candidate/.private/identities.parquet                      every participant and group id, so that none may leave
candidate/.private/intervals.json                          the narrowest interval that this software found in each cell, by its content, so that it is attacked once
candidate/.private/made_of.json                            what each candidate was made of, so that it is made again only where that changed
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from orchestration.contracts import Profile, TableContract
from orchestration.digests import digest_of, read_notes, write_notes
from orchestration.disclosure.coming import Candidate, Coming
from orchestration.disclosure.datasets import BENCHMARK, DATASETS
from orchestration.disclosure.ledger import Ledger
from orchestration.disclosure.making import Workshop, make
from orchestration.disclosure.panels import first_periods
from orchestration.periods import Period, period_of_key
from orchestration.sql import literal

INTERVALS = "intervals.json"


def build_candidates(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    profile: Profile,
    contracts: Mapping[str, TableContract],
    catalogue: Path,
    coming: Callable[[Period], Coming | None],
    made_with: str = "",
    threads: int = 1,
) -> list[Candidate]:
    """Protect the cells and write the candidate of each period that `coming` names, in order of publication; it is asked
    when the candidates of earlier periods are written. A period without a publishable cell of the benchmark makes no candidate.

    A candidate of an earlier night stays where nothing changed that it is made of: its period's fingerprint, the editions it
    refers to, rules, and `made_with`, whatever else decides what is written. All others are removed. threads: how many cells are attacked at a time.
    """
    _write_identities(connection, root)
    ledger = Ledger(root)
    first = sorted(connection.execute(first_periods(profile)).fetchall())  # two rows that come in any order
    common = digest_of(made_with, profile, tuple(contracts.values()), catalogue.read_bytes(), first)
    fingerprints = _periods(connection)
    ledger.keep_only({name for name in ledger.whole() if Candidate.of(root, name).period in fingerprints})
    editions = {period: edition for period in fingerprints if (edition := coming(period))}

    def made_of(period: Period, edition: Coming) -> str:
        return digest_of(common, fingerprints[period], *_referred_to(edition))

    changed = _changed(editions, {period: made_of(period, edition) for period, edition in editions.items()}, ledger)
    ledger.keep_only({edition.release_id for period, edition in editions.items() if period not in changed})
    keys = [period.key for period in changed]
    prepared = _prepare(connection, profile, keys)
    rebuilt = _prepare_again(connection, profile, keys, prepared) if any(editions[period].is_due for period in changed) else {}
    known = read_notes(root / ".private" / INTERVALS).get(made_with, {}) if changed else {}
    workshop = Workshop(connection, profile, contracts, catalogue, rebuilt, known=known, threads=threads)
    for period in changed:
        edition = coming(period) or editions[period]
        candidate = Candidate.of(root, edition.release_id)
        make(workshop, candidate, edition)
        if not _count(candidate.dataset):
            shutil.rmtree(candidate.folder)
            shutil.rmtree(candidate.private)
        ledger.note(edition.release_id, made_of(period, edition))
    if changed:
        write_notes(root / ".private" / INTERVALS, {made_with: workshop.known})
    return read_candidates(root)


Prepared = dict[int, set[tuple[str, int, int]]]
"""By period key, the tables of the datasets with the number of their rows and a digest of all of them."""


def _prepare(connection: duckdb.DuckDBPyConnection, profile: Profile, keys: Sequence[int]) -> Prepared:
    """Make the datasets' tables of some periods, and say what is in them."""
    made: Prepared = {key: set() for key in keys}
    for dataset in DATASETS:
        if dataset.prepare and dataset.table:
            dataset.prepare(connection, profile, keys)
            found = connection.execute(f"select period_key, count(*), sum(cast(hash(t) as hugeint)) from {dataset.table} as t group by all")
            for key, rows, digest in found.fetchall():
                made[key].add((dataset.table, rows, digest))
    return made


def _prepare_again(
    connection: duckdb.DuckDBPyConnection, profile: Profile, keys: Sequence[int], before: Prepared
) -> dict[int, tuple[int, int]]:
    """Once more on one thread, whose rows come in another order: by period key how many rows there are, and how many are in tables
    that came out different.
    """
    threads = connection.execute("select current_setting('threads')").fetchone()
    connection.execute("set threads = 1")
    try:
        again = _prepare(connection, profile, keys)
    finally:
        connection.execute(f"set threads = {threads[0] if threads else 1}")
    return {key: (sum(n for _, n, _ in again[key]), sum(n for _, n, _ in again[key] ^ before[key])) for key in keys}


def _periods(connection: duckdb.DuckDBPyConnection) -> dict[Period, str]:
    """Every period with cells, in order of publication, and the fingerprint of what its marts are made from and by."""
    rows = connection.execute(
        "select period_key, concat(fingerprint, '/', evidence_made_by) from warehouse.intermediate.int_fingerprints__periods "
        "where period_key in (select period_key from warehouse.intermediate.int_cells)"
    ).fetchall()
    found = {period_of_key(key): fingerprint for key, fingerprint in rows}
    return dict(sorted(found.items(), key=lambda item: item[0].order_of_publication))


def _referred_to(edition: Coming) -> tuple[object, ...]:
    """What a candidate takes from other editions: what stands a year earlier, and who was in what was served before."""
    before = edition.year_before
    table = before / f"{BENCHMARK}.parquet" if before else None
    past, stack = (
        [(p.release_id, [(name, digest_of(path.read_bytes())) for name, path in p.ledgers.items()]) for p in given]
        for given in (edition.past, edition.stack)
    )
    return edition.release_id, edition.is_due, before.name if before else None, table.read_bytes() if table else None, past, stack


def _changed(editions: Mapping[Period, Coming], made_of: Mapping[Period, str], ledger: Ledger) -> list[Period]:
    """The periods whose candidates are made again, in order. One that leaves tonight takes along those that look at it: of the next period, of a
    year later, and all that leave after it.
    """
    changed: list[Period] = []
    for period, edition in editions.items():
        leave = {other for other in changed if editions[other].is_due}
        looks_at_one = period.year_before in leave or period.previous in leave or (edition.is_due and bool(leave))
        if looks_at_one or not ledger.holds(edition.release_id, made_of[period]):
            changed.append(period)
    return changed


def read_candidates(root: Path) -> list[Candidate]:
    """The candidates on disk, in order of publication; cells are counted, hidden ones from the evidence beside them."""
    found: list[Candidate] = []
    for folder in root.glob("*-r*"):
        blank = Candidate.of(root, folder.name)
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


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to {literal(str(path))} (format parquet, compression zstd)")
