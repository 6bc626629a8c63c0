"""The made consortium straight as a lake, as the intake would have derived it from its landing files.

The dbt part of a hundred million rows is measured without reading them from CSV first. Rows, register, grades, pseudonyms
and order are those that the intake writes on the night of `AS_OF` (and the second batch on `LATER_AS_OF`); rates, vendor
identities and the night's own row are written by the rooms themselves. What nobody computes with is made up: ids and
digests of submissions. The vault holds nothing but the book of vendor ids.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.consortium import (
    Integers,
    Plan,
    company_name,
    corrected,
    engagements,
    later_values,
    plan,
    project_names,
    projects,
    registry,
    values,
)
from benchmarks.generate import Made
from orchestration.contracts import Column, disclosure_policy, intake_contracts
from orchestration.intake.arrivals import OPERATOR
from orchestration.intake.checking import ACCEPTED, FileVerdict
from orchestration.intake.grading import grade
from orchestration.intake.lake import ensure_feeds_exist, write_submissions
from orchestration.intake.pseudonyms import pseudonym, set_key
from orchestration.rates.lake import lay_rates
from orchestration.settings import load_settings
from orchestration.sql import literal, quoted
from orchestration.vendors.lake import resolve_lake_vendors
from orchestration.warehouse import write_night
from orchestration.workspace import Workspace, create_workspace

AS_OF = date(2026, 6, 30)
LATER_AS_OF = date(2026, 7, 1)
MADE_KEYS = "EVENHAND_SECRET=" + "5e" * 32 + "\nEVENHAND_SIGNING_KEY=" + "51" * 32 + "\n"  # of made data: the same bytes each time
EVIDENCED = ("A", "B")
OPERATORS_FILE = -1


@dataclass(frozen=True)
class _Batch:
    """Where one file of the lake goes. `first_seq`: the number that its first submission gets."""

    feed: str
    received_on: date
    first_seq: int

    @property
    def name(self) -> str:
        digest = hashlib.sha256(f"{self.feed} {self.first_seq}".encode()).hexdigest()[:16]
        return f"{self.received_on.isoformat()}-{self.first_seq:08d}-{digest}"


def make_workspace(home: Path) -> Workspace:
    """A workspace whose keys are always the same, so that pseudonyms are."""
    home.mkdir(parents=True, exist_ok=True)
    (home / ".env").write_text(MADE_KEYS, "utf-8")
    return create_workspace(home)[0]


def make_lake(home: Path, rows: int) -> Made:
    """A workspace at `home` whose lake holds `rows` rows of kpi_values, everything they refer to, and the night of `AS_OF`."""
    made, workspace = plan(rows), make_workspace(home)
    ensure_feeds_exist(workspace.lake, intake_contracts())
    files = 0
    with _engine(workspace, made) as connection:
        files += _write(connection, workspace, _Batch("participants", AS_OF, 1), [registry(made.companies)])
        for table, feed in ((projects(made.companies), "projects"), (engagements(made.companies), "engagements")):
            files += _write(connection, workspace, _Batch(feed, AS_OF, files + 1), [table])
        for piece in values(made):
            files += _write(connection, workspace, _Batch("kpi_values", AS_OF, files + 1), [piece, corrected(made, piece)])
    _finish(workspace, AS_OF)
    return Made(made.companies, rows, files)


def append_later(home: Path, rows: int, batch: int = 1) -> Made:
    """A later batch, one row for every hundred, appended to the lake that `make_lake` made; the night is `LATER_AS_OF`."""
    made, workspace = plan(rows), Workspace(home)
    first_seq = 1 + _last_seq(workspace.lake)
    files = written = 0
    with _engine(workspace, made) as connection:
        for piece in later_values(made, batch):
            files += _write(connection, workspace, _Batch("kpi_values", LATER_AS_OF, first_seq + files), [piece])
            written += len(piece)
    _finish(workspace, LATER_AS_OF)
    return Made(files, written, files)


def _engine(workspace: Workspace, made: Plan) -> duckdb.DuckDBPyConnection:
    """A connection with the pseudonyms of every company's projects: table `named`."""
    settings = load_settings(workspace.home)
    connection = duckdb.connect(config={"threads": settings.threads, "memory_limit": settings.memory_limit})
    set_key(connection, settings.require_secret())
    companies = pa.table({"company": pa.array(np.arange(made.companies)), "name": [company_name(n) for n in range(made.companies)]})
    connection.register("companies", companies)
    connection.register("refs", pa.table({"ref": project_names()}))
    hashed = pseudonym("keyed_hash", "ref", "name")
    connection.execute(f"create temp table named as select company as of, ref, {hashed} as pseudonym from companies cross join refs")
    return connection


def _write(connection: duckdb.DuckDBPyConnection, workspace: Workspace, batch: _Batch, tables: list[pa.Table]) -> int:
    """One batch of rows and its register. `tables`: each company's first files, then its second ones. Returns how many files those are."""
    files = np.concatenate([_files_of(table, nth) for nth, table in enumerate(tables)])
    sent, place, counts = np.unique(files, return_inverse=True, return_counts=True)
    rows = pa.concat_tables(tables).append_column("place", pa.array(place)).append_column("nth_row", pa.array(np.arange(len(files))))
    connection.register("made", rows)
    contract, given = intake_contracts()[batch.feed], set(rows.column_names)
    sender = "" if "participant_id" in given else "printf('C%06d', company) as participant_id, "
    columns = ", ".join(f"{_value(c, given)} as {quoted(c.name)}" for c in contract.columns)
    hidden = "left join named on named.of = company and named.ref = project_ref" if "project_ref" in given else ""
    path = workspace.lake / batch.feed / f"{batch.name}.parquet"
    connection.execute(
        f"""copy (
            select {sender}cast({batch.first_seq} + place as integer) as submission_seq,
                cast(row_number() over (partition by place order by nth_row) as integer) as submission_row,
                date '{batch.received_on.isoformat()}' as received_on, {columns}
            from made {hidden} order by submission_seq, submission_row
        ) to {literal(str(path))} (format parquet, compression zstd)"""
    )
    evidenced = np.bincount(place, _evidenced(rows), len(sent)).astype(int) if "evidence_grade" in given else None
    write_submissions(_register(batch, sent, counts, evidenced), workspace.lake / "submissions" / f"{batch.name}.parquet")
    return len(sent)


def _files_of(table: pa.Table, nth: int) -> Integers:
    """For each row a number that orders files as the intake does: by company, then by name; the operator's is the only one of its kind."""
    return table["company"].to_numpy() * 2 + nth if "company" in table.column_names else np.full(len(table), OPERATORS_FILE)


def _value(column: Column, given: set[str]) -> str:
    """SQL of one contract column from what was made; what was not made is missing."""
    if column.name not in given:
        return f"cast(null as {column.physical_type})"
    if column.name == "project_ref":
        return "pseudonym"
    source = "cast(numerator as decimal(18, 0)) * 0.0001" if column.name == "numerator" else quoted(column.name)
    return f"cast({source} as {column.physical_type})"


def _evidenced(rows: pa.Table) -> npt.NDArray[np.bool_]:
    return pc.is_in(rows["evidence_grade"].cast(pa.string()), pa.array(EVIDENCED)).to_numpy()


def _register(batch: _Batch, sent: Integers, counts: Integers, evidenced: Integers | None) -> list[dict[str, object]]:
    """One row for each file; every wanted value is there, so that evidence alone decides on its grade."""
    rows: list[dict[str, object]] = []
    for place, (file, count) in enumerate(zip(sent.tolist(), counts.tolist(), strict=True)):
        sender = OPERATOR if file == OPERATORS_FILE else company_name(file // 2)
        sha256 = hashlib.sha256(f"{batch.name} {file}".encode()).hexdigest()
        verdict = FileVerdict(ACCEPTED, count, count, evidenced_rows=None if evidenced is None else int(evidenced[place]))
        rows.append(
            {
                "submission_seq": batch.first_seq + place,
                "submission_id": "S" + sha256[:16],
                "participant_id": sender,
                "feed": batch.feed,
                "sha256": sha256,
                "received_on": batch.received_on,
                "verdict": ACCEPTED,
                "grade": grade(verdict).grade,
                "rows_read": count,
                "rows_accepted": count,
                "rows_quarantined": 0,
                "rows_collapsed": 0,
            }
        )
    return rows


def _last_seq(lake: Path) -> int:
    with duckdb.connect() as connection:
        found = connection.execute(f"select max(submission_seq) from read_parquet({literal(f'{lake}/submissions/*.parquet')})").fetchone()
    return int(found[0]) if found else 0


def _finish(workspace: Workspace, as_of: date) -> None:
    """Rates, vendor identities and the night, by the rooms that write them every night."""
    settings = load_settings(workspace.home)
    lay_rates(workspace, as_of)
    resolve_lake_vendors(workspace, as_of)
    write_night(workspace, as_of, disclosure_policy().profile(settings.profile).min_age_months, settings.require_secret())
