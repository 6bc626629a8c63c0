"""Write what could be published: one candidate folder per open period, and beside it what only the gate may see.

candidate/<release_id>/benchmark.parquet                   the protected rows, exactly as they would leave
candidate/<release_id>/kpi_catalogue.csv                   the catalogue they are to be read with
candidate/.private/<release_id>/evidence.parquet           exact cells of the period, for the gate
candidate/.private/<release_id>/contributors.parquet       who is in each protected cell, for the ledger of editions
candidate/.private/identities.parquet                      every participant and group id, so that none may leave
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from orchestration.contracts import Profile, TableContract
from orchestration.disclosure.protect import CELL, DIMENSIONS, protect
from orchestration.periods import Period, parse_period, period_of_key
from orchestration.sql import literal, quoted

DATASET = "benchmark"
EVIDENCE = (
    "contributors",
    "established",
    "p10",
    "p25",
    "p50",
    "p75",
    "p90",
    "top1_share",
    "tie_share",
    "zero_share",
    "grade_a_share",
    "grade_b_share",
    "grade_c_share",
)


@dataclass(frozen=True)
class Coming:
    """The edition a period's candidate is for, and the dataset of the revision it would replace."""

    release_id: str
    replaced: Path | None = None


@dataclass(frozen=True)
class Candidate:
    """One period's candidate on disk. `cells` publishable ones, `hidden` all others that hold data."""

    release_id: str
    period: Period
    folder: Path
    private: Path
    cells: int
    hidden: int

    @property
    def dataset(self) -> Path:
        return self.folder / f"{DATASET}.parquet"

    @property
    def evidence(self) -> Path:
        return self.private / "evidence.parquet"

    @property
    def contributors(self) -> Path:
        return self.private / "contributors.parquet"

    @property
    def identities(self) -> Path:
        return self.private.parent / "identities.parquet"


def build_candidates(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    profile: Profile,
    contract: TableContract,
    catalogue: Path,
    coming: Callable[[Period], Coming | None],
) -> list[Candidate]:
    """Protect every cell and write the candidate of each period that `coming` names, in order of publication.

    A period without a publishable cell makes no candidate. Candidates of earlier nights are removed.
    """
    protect(connection, profile)
    shutil.rmtree(root, ignore_errors=True)
    (root / ".private").mkdir(parents=True)
    (root / ".private").chmod(0o700)
    identities = (
        "select participant_id as id from warehouse.marts.participants where role = 'buyer' "
        "union select holding_group_id from warehouse.marts.participants where role = 'buyer' order by 1"
    )
    _copy(connection, identities, root / ".private" / "identities.parquet")
    counts = connection.execute(
        "select period_key, count(*), (select count(*) from warehouse.marts.cell_evidence as e where e.period_key = p.period_key) - count(*) "
        "from protected as p group by period_key"
    ).fetchall()
    open_periods = [(period_of_key(key), cells, hidden) for key, cells, hidden in counts]
    candidates: list[Candidate] = []
    for period, cells, hidden in sorted(open_periods, key=lambda p: p[0].order_of_publication):
        edition = coming(period)
        if edition:
            candidate = Candidate(
                edition.release_id,
                period,
                root / edition.release_id,
                root / ".private" / edition.release_id,
                cells,
                hidden,
            )
            _keep_hidden(connection, candidate, edition.replaced, contract)
            _write(connection, candidate, contract)
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


def _keep_hidden(connection: duckdb.DuckDBPyConnection, candidate: Candidate, replaced: Path | None, contract: TableContract) -> None:
    """Inside the revisions of one period, what was hidden stays hidden (DISCLOSURE "Between editions")."""
    if replaced is None:
        return
    same = " and ".join(f"old.{quoted(k)} is not distinct from protected.{quoted(k)}" for k in contract.key)
    connection.execute(
        f"delete from protected where period_key = {candidate.period.key} "
        f"and not exists (select 1 from read_parquet({literal(str(replaced))}) as old where {same})"
    )


def _write(connection: duckdb.DuckDBPyConnection, candidate: Candidate, contract: TableContract) -> None:
    candidate.folder.mkdir(parents=True)
    candidate.private.mkdir(parents=True)
    own = {"release_id": literal(candidate.release_id), "status": "'published'"}
    columns = ", ".join(f"cast({own.get(c.name, quoted(c.name))} as {c.physical_type}) as {quoted(c.name)}" for c in contract.columns)
    key = ", ".join(quoted(k) for k in contract.key)
    this = f"period_key = {candidate.period.key}"
    _copy(connection, f"select {columns} from protected where {this} order by {key}", candidate.dataset)
    dimensions = ", ".join(DIMENSIONS)
    evidence = f"select period, kpi_code, kpi_version, cut, {dimensions}, {', '.join(EVIDENCE)} from warehouse.marts.cell_evidence where {this} order by all"
    _copy(connection, evidence, candidate.evidence)
    contributors = (
        f"select v.period, v.kpi_code, v.kpi_version, v.cut, {', '.join('v.' + d for d in DIMENSIONS)}, v.holding_group_id, v.value "
        f"from warehouse.marts.company_values as v semi join (select {CELL} from protected where {this}) using ({CELL}) order by all"
    )
    _copy(connection, contributors, candidate.contributors)


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to {literal(str(path))} (format parquet, compression zstd)")
