"""One candidate on its way: decided on, laid out as files, attacked, and laid out again with less where an attack succeeded.

Attacks look at the files, for these are what would leave. What they break is taken back in the prepared tables, from which the
files are written anew, until nothing is broken any more.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.contracts import Profile, TableContract
from orchestration.digests import digest_of
from orchestration.disclosure.audit.attacks import SetsKnown
from orchestration.disclosure.audit.degrade import figures_to_drop
from orchestration.disclosure.audit.editions import CATALOGUE, PublishedCell, PublishedEdition, Readings, read_edition
from orchestration.disclosure.audit.run import AUDIT, Audit, Claim, audit, audit_of, audit_text, made_claim
from orchestration.disclosure.coming import Candidate, Coming
from orchestration.disclosure.datasets import DATASETS, Dataset, Edition, select_columns
from orchestration.disclosure.deciding import Past, Table, again_table, same_cell, settle
from orchestration.disclosure.rows import content_digest
from orchestration.sql import literal
from orchestration.workspace import write_atomically

MOST_ROUNDS = 20
EDGES = ("edge_low", "edge_high")


@dataclass(frozen=True)
class Workshop:
    """What every candidate of a night is made with. rebuilt: by period key, how many prepared rows were made twice, and how many came
    out different. read: editions that were read back already. known: intervals found before, by content. sets: what attack 1
    found in families before, by content. threads: how many cells are attacked at a time."""

    connection: duckdb.DuckDBPyConnection
    profile: Profile
    contracts: Mapping[str, TableContract]
    catalogue: Path
    rebuilt: Mapping[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    read: dict[Path, PublishedEdition] = field(default_factory=dict[Path, PublishedEdition])
    known: dict[str, float] = field(default_factory=dict[str, float])
    sets: SetsKnown = field(default_factory=SetsKnown)
    threads: int = 1


def make(workshop: Workshop, candidate: Candidate, coming: Coming) -> None:
    """Write one candidate; where it is due, attack it, and leave `audit.json` beside it. Its tables must be prepared.

    A candidate that attacks still break after twenty rounds is left with an audit that says so, which the gate refuses.
    """
    tables, neutral = _decide(workshop, candidate, coming)
    _lay(workshop, candidate, coming, tables)
    if not coming.is_due:
        return
    served = [_read(workshop, past) for past in coming.stack]
    made = (made_claim("rebuild", *workshop.rebuilt.get(candidate.period.key, (0, 0))), neutral)
    found = _attack(workshop, candidate, served, made)
    for _ in range(MOST_ROUNDS):
        if not found.audit.broken:
            break
        lost = _take_back(workshop, tables, found)
        _lay(workshop, candidate, coming, tables, lost)
        found = _attack(workshop, candidate, served, made)
    workshop.read[candidate.folder] = found.edition  # as it would be read back for those that come after it
    attacked = attacked_as(candidate, candidate.folder, coming, workshop.profile)
    write_atomically(candidate.folder / AUDIT, audit_text(attacked, found.audit.claims))


def attacked_as(candidate: Candidate, folder: Path, coming: Coming, profile: Profile) -> dict[str, object]:
    """What the audit of a candidate, whose files lie in `folder`, must say that it was made of."""
    beside = {past.release_id: digest_of(*_tables(past)) for past in coming.stack}
    return audit_of(candidate.release_id, profile, beside, content_digest(folder), (folder / CATALOGUE).read_bytes())


def _tables(past: Past) -> Iterator[bytes]:
    for dataset in DATASETS:
        if dataset.name in past.ledgers:
            yield dataset.file(past.folder).read_bytes()


def _decide(workshop: Workshop, candidate: Candidate, coming: Coming) -> tuple[dict[str, Table], Claim]:
    """The tables that were decided on, and whether the same would have been decided under other names."""
    tables: dict[str, Table] = {}
    tried = differing = 0
    for dataset in DATASETS:
        if dataset.table and dataset.contributors:
            members = dataset.contributors(candidate.period.key)
            named = {name for name, *_ in workshop.connection.execute(f"describe {members}").fetchall()}
            key = tuple(name for name in workshop.contracts[dataset.name].key if name in named and name != "period")
            tables[dataset.name] = Table(dataset.name, dataset.table, key, members, candidate.period.key)
            settled = settle(
                workshop.connection, tables[dataset.name], coming.past, workshop.profile, may_serve_again=dataset.may_serve_again
            )
            tried, differing = tried + len(settled.decisions.reason), differing + settled.differing
            columns = ", ".join(key)
            workshop.connection.execute(
                f"create or replace temp table {_left_out(dataset.name)} as select {columns}, cast(null as varchar) as left_out from {dataset.table} limit 0"
            )
    return tables, made_claim("neutrality", tried, differing)


@dataclass(frozen=True)
class _Lost:
    """The datasets of which a round took back whole cells, and those of which it took back figures."""

    cells: frozenset[str]
    figures: frozenset[str]


EVERYTHING = _Lost(*(frozenset(dataset.name for dataset in DATASETS),) * 2)


def _lay(workshop: Workshop, candidate: Candidate, coming: Coming, tables: Mapping[str, Table], lost: _Lost = EVERYTHING) -> None:
    """Write every table of the candidate that is not as it was laid before, and beside it what only the house may see."""
    candidate.folder.mkdir(parents=True, exist_ok=True)
    candidate.private.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(workshop.catalogue, candidate.folder / workshop.catalogue.name)
    edition = Edition(candidate.release_id, candidate.period, workshop.profile, candidate.folder, coming.year_before)
    reads_new_rows = False  # a dataset may read those before it
    for dataset in DATASETS:
        rows, table = dataset.rows(edition), tables.get(dataset.name)
        if table:
            rows = _with_old(rows, _rows_again(coming.past, dataset, table.key))
        if table and dataset.name in lost.cells:
            members = _with_old(table.members, _members_again(coming.past, dataset, table.key))
            _copy(workshop, f"select * from ({members}) order by all", candidate.private_file(dataset.name, "contributors"))
        if table and dataset.evidence and dataset.name in lost.figures:
            evidence = _with_left_out(dataset.evidence(candidate.period.key), table)
            _copy(workshop, evidence, candidate.private_file(dataset.name, "evidence"))
        reads_new_rows |= dataset.name in lost.cells | lost.figures
        if reads_new_rows:
            _copy(workshop, select_columns(workshop.contracts[dataset.name], edition, rows), dataset.file(candidate.folder))


def _with_left_out(evidence: str, table: Table) -> str:
    """Evidence, and which figures of a published cell an attack broke."""
    key = ", ".join(table.key)
    left_out = f"select {key}, string_agg(left_out, ',') as left_out from {_left_out(table.dataset)} group by {key}"
    return f"select e.*, l.left_out from ({evidence}) as e left join ({left_out}) as l on {same_cell(table.key, 'e', 'l')} order by all"


def _left_out(dataset: str) -> str:
    """The temp table that lists the figures of published cells which an attack broke, for the gate."""
    return f"{dataset}_left_out"


def _with_old(rows: str, old: Sequence[str]) -> str:
    return " union all by name ".join(f"(select * from ({select}))" for select in (rows, *old))


def _rows_again(past: Sequence[Past], dataset: Dataset, key: Sequence[str]) -> list[str]:
    """The rows of earlier editions that are served again, as they were."""
    own = [edition for edition in past if edition.same_period and dataset.file(edition.folder).is_file()]
    return [
        f"select * replace ('re-served' as status) from read_parquet({literal(str(dataset.file(p.folder)))}) as old where {_again(dataset, p, key)}"
        for p in own
    ]


def _members_again(past: Sequence[Past], dataset: Dataset, key: Sequence[str]) -> list[str]:
    """Who stands behind them."""
    own = [edition for edition in past if edition.same_period and dataset.name in edition.ledgers]
    return [f"select * from read_parquet({literal(str(p.ledgers[dataset.name]))}) as old where {_again(dataset, p, key)}" for p in own]


def _again(dataset: Dataset, past: Past, key: Sequence[str]) -> str:
    listed = f"select 1 from {again_table(dataset.name)} as again where again.release_id = {literal(past.release_id)}"
    return f"exists ({listed} and {same_cell(key, 'old', 'again')})"


def _copy(workshop: Workshop, query: str, path: Path) -> None:
    workshop.connection.execute(f"copy ({query}) to {literal(str(path))} (format parquet, compression zstd)")


# --- What the attacks need and take --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Attacked:
    edition: PublishedEdition
    audit: Audit


def _attack(workshop: Workshop, candidate: Candidate, served: Sequence[PublishedEdition], made: Sequence[Claim]) -> _Attacked:
    edition = read_edition(candidate.release_id, candidate.folder, _ledgers(candidate), workshop.profile, _readings())
    public = [replace(claim, count=len(edition.cells) if claim.count else 0) for claim in made]  # how many are hidden is nobody's business
    return _Attacked(edition, audit(edition, served, workshop.profile, workshop.known, public, workshop.threads, workshop.sets))


def _readings() -> Readings:
    return {dataset.name: dataset.reading for dataset in DATASETS if dataset.reading}


def _ledgers(candidate: Candidate) -> dict[str, Path]:
    return {dataset.name: candidate.ledger(dataset.name) for dataset in DATASETS if dataset.contributors}


def _read(workshop: Workshop, past: Past) -> PublishedEdition:
    if past.folder not in workshop.read:
        workshop.read[past.folder] = read_edition(past.release_id, past.folder, past.ledgers, workshop.profile, _readings())
    return workshop.read[past.folder]


def _take_back(workshop: Workshop, tables: Mapping[str, Table], found: _Attacked) -> _Lost:
    """Of cells in which somebody is pinned the figures that pin, of all others that an attack broke the whole cell."""
    hidden: dict[str, list[PublishedCell]] = defaultdict(list)
    fewer: dict[tuple[str, frozenset[str]], list[PublishedCell]] = defaultdict(list)
    limit = workshop.profile.narrowest_interval

    def dropped_from(place: int) -> frozenset[str] | None:
        cell = found.edition.cells[place]
        if place not in found.audit.pinned or cell.again:
            return None
        return figures_to_drop(cell.printed, cell.quantiles, cell.values, limit, workshop.known)

    broken = sorted(found.audit.broken)
    with ThreadPoolExecutor(workshop.threads) as pool:
        taken = list(pool.map(dropped_from, broken))
    for place, dropped in zip(broken, taken, strict=True):
        cell = found.edition.cells[place]
        if dropped:
            fewer[cell.family[0], dropped].append(cell)
        else:
            hidden[cell.family[0]].append(cell)
    for (dataset, figures), cells in fewer.items():
        _drop(workshop.connection, tables[dataset], figures, cells)
    for dataset, cells in hidden.items():
        _hide(workshop.connection, tables[dataset], cells)
    return _Lost(frozenset(hidden), frozenset(dataset for dataset, _ in fewer))


def _hide(connection: duckdb.DuckDBPyConnection, table: Table, cells: Sequence[PublishedCell]) -> None:
    with_cells = _among(connection, table, cells)
    connection.execute(f"delete from {table.name} as t where period_key = {table.period_key} and {with_cells}")
    connection.execute(f"delete from {again_table(table.dataset)} as t where {with_cells}")
    connection.unregister("taken_back")


def _drop(connection: duckdb.DuckDBPyConnection, table: Table, figures: frozenset[str], cells: Sequence[PublishedCell]) -> None:
    with_cells = _among(connection, table, cells)
    names = ", ".join(literal(name) for name in sorted(figures))
    empty = [f"{name} = null" for name in sorted(figures)]
    empty += [f"{e} = nullif(array_to_string(list_filter(string_split({e}, ','), lambda q: q not in ({names})), ','), '')" for e in EDGES]
    listed = literal(",".join(sorted(figures)))
    connection.execute(
        f"insert into {_left_out(table.dataset)} by name select {', '.join(table.key)}, {listed} as left_out from taken_back"
    )
    connection.execute(f"update {table.name} as t set {', '.join(empty)} where period_key = {table.period_key} and {with_cells}")
    connection.unregister("taken_back")


def _among(connection: duckdb.DuckDBPyConnection, table: Table, cells: Sequence[PublishedCell]) -> str:
    """The condition that a row `t` is of one of the cells."""
    columns = dict(zip(cells[0].names, zip(*(cell.key for cell in cells), strict=True), strict=True))
    arrays = {name: pa.array(values, pa.int32() if name == "kpi_version" else pa.string()) for name, values in columns.items()}
    connection.register("taken_back", pa.table(arrays))
    return f"exists (select 1 from taken_back as c where {same_cell(table.key, 'c', 't')})"
