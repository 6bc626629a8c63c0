"""A made consortium of any size as landing files (INTERFACE formats) or straight as a lake.

    python -m benchmarks.generate landing FOLDER [--rows 2000000] [--later [BATCH]]
    python -m benchmarks.generate lake WORKSPACE [--rows 2000000] [--later [BATCH]]

What is sent stands in `consortium.py`; the same number of rows always gives the same bytes. `--later` writes a later
batch alone: one row more for every hundred, all of the newest quarter, in files of their own.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.consortium import LATER_COMPANIES, company_name, corrected, engagements, later_values, plan, projects, registry, values

ROWS = 2_000_000


@dataclass(frozen=True)
class Made:
    """What was written: companies, kpi_values rows (corrections among them) and files."""

    companies: int
    rows: int
    files: int


def generate(landing: Path, rows: int = ROWS) -> Made:
    """Write the registry and every company's files into `landing`, exactly `rows` rows of kpi_values."""
    made = plan(rows)
    landing.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        (landing / "participants.csv").write_bytes(_as_csv(connection, registry(made.companies), landing))
        files = 1
        for piece in values(made):
            files += _write_feed(connection, piece, landing, "kpi_values.csv")
            files += _write_feed(connection, corrected(made, piece), landing, "kpi_values__corrections.csv")
        files += _write_feed(connection, projects(made.companies), landing, "projects.csv")
        files += _write_feed(connection, engagements(made.companies), landing, "engagements.csv")
    return Made(made.companies, rows, files)


def generate_later(landing: Path, rows: int = ROWS, batch: int = 1) -> Made:
    """Write a later batch of a consortium that sent `rows` rows."""
    made, files, written = plan(rows), 0, 0
    landing.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for piece in later_values(made, batch):
            files += _write_feed(connection, piece, landing, "kpi_values__later.csv")
            written += len(piece)
    return Made(files, written, files)


def generate_feed(landing: Path, declared: Path, files: int, rows_a_file: int, faulty_each: int) -> Made:
    """`files` companies with one kpi_values file of about `rows_a_file` rows each in `landing`; registry and projects in `declared`.

    Every `faulty_each`-th row of a piece names a stage that does not exist, so that something is quarantined.
    """
    made = plan(files * rows_a_file, files)
    declared.mkdir(parents=True, exist_ok=True)
    landing.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        (declared / "participants.csv").write_bytes(_as_csv(connection, registry(files), declared))
        _write_feed(connection, projects(files), declared, "projects.csv")
        written = sum(_write_feed(connection, _spoilt(piece, faulty_each), landing, "kpi_values.csv") for piece in values(made))
    return Made(files, int(made.sent.sum()), written)


def _spoilt(piece: pa.Table, faulty_each: int) -> pa.Table:
    faulty = pa.array(np.arange(len(piece)) % faulty_each == faulty_each - 1)
    stages = pc.if_else(faulty, "XX", piece["value_chain_stage"].combine_chunks().cast(pa.string()))
    return piece.set_column(piece.column_names.index("value_chain_stage"), "value_chain_stage", stages)


def _write_feed(connection: duckdb.DuckDBPyConnection, table: pa.Table, landing: Path, name: str) -> int:
    """One file per company; `table` lies in company order. Returns the number of files."""
    company = table["company"].to_numpy()
    starts = np.flatnonzero(np.diff(company, prepend=-1))
    content = _as_csv(connection, table.drop_columns("company"), landing)
    header_ends = content.index(b"\n") + 1
    line_ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n")) + 1
    firsts, lasts = line_ends[starts], line_ends[np.append(starts[1:], len(company))]
    for number, first, last in zip(company[starts].tolist(), firsts.tolist(), lasts.tolist(), strict=True):
        folder = landing / company_name(number)
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content[:header_ends] + content[first:last])
    return len(starts)


def _as_csv(connection: duckdb.DuckDBPyConnection, table: pa.Table, landing: Path) -> bytes:
    beside = landing / "all.part"
    columns = ", ".join(f"cast({c} as decimal(18, 0)) * 0.0001 as {c}" if c == "numerator" else c for c in table.column_names)
    connection.register("made", table)
    connection.execute(f"copy (select {columns} from made) to '{beside}' (format csv, header true)")
    content = beside.read_bytes()
    beside.unlink()
    return content


def main() -> None:
    from benchmarks.lake import append_later, make_lake

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("landing", "lake"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--later", type=int, nargs="?", const=1, choices=range(1, LATER_COMPANIES + 1), metavar="BATCH")
    given = parser.parse_args()
    first, later = {"landing": (generate, generate_later), "lake": (make_lake, append_later)}[given.what]
    made = later(given.folder, given.rows, given.later) if given.later else first(given.folder, given.rows)
    print(json.dumps(asdict(made)))


if __name__ == "__main__":
    main()
