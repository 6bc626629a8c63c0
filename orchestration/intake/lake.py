"""The lake: accepted rows as Parquet, derived from the vault, appended batch by batch.

    lake/<feed>/<batch>.parquet      typed contract columns, participant_id, submission_seq, submission_row, received_on
    lake/submissions/<batch>.parquet one row per submission of the batch

References are replaced by keyed pseudonyms (pseudonyms.py), so that no name of a project reaches the lake.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.contracts import TableContract
from orchestration.intake.checking import QUARANTINED_ROWS, texts_sent
from orchestration.intake.pseudonyms import hidden_columns, hide_names, pseudonyms_of, set_key
from orchestration.intake.rules import raw_text
from orchestration.sql import literal, quoted

SUBMISSION_FIELDS = [
    ("submission_seq", pa.int32()),
    ("submission_id", pa.string()),
    ("participant_id", pa.string()),
    ("feed", pa.string()),
    ("sha256", pa.string()),
    ("received_on", pa.date32()),
    ("verdict", pa.string()),
    ("grade", pa.string()),
    ("rows_read", pa.int64()),
    ("rows_accepted", pa.int64()),
    ("rows_quarantined", pa.int64()),
    ("rows_collapsed", pa.int64()),
]
SUBMISSIONS = pa.schema(SUBMISSION_FIELDS)


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    senders: pa.Table,
    secret: str,
    accepted: Path,
    quarantined: Path,
) -> None:
    """Write the batch on `connection` (temp table `judged`): accepted rows to the lake, the others to the vault.

    `senders`: _file, participant_id, submission_seq, received_on. Rows lie in file and row order.
    """
    connection.register("senders", senders)
    set_key(connection, secret)
    hide_names(connection, contract)
    hidden = [column.name for column in hidden_columns(contract)]
    values = ", ".join(f"h{hidden.index(c)}.pseudonym as {quoted(c)}" if c in hidden else f"r.{quoted(c)}" for c in contract.column_names)
    hashes = " ".join(
        f"left join {pseudonyms_of(c)} as h{n} on h{n}._file = r._file and h{n}.name = r.{quoted(c)}" for n, c in enumerate(hidden)
    )
    who = "" if "participant_id" in contract.column_names else "s.participant_id, "
    joined = "from judged as r join senders as s using (_file)"
    _copy(
        connection,
        f"select {who}s.submission_seq, r._row as submission_row, s.received_on, {values} {joined} {hashes} where r._fate = 'accepted' order by r._file, r._row",
        accepted,
    )
    texts = ", ".join(f"t.{raw_text(c)} as {quoted(c)}" for c in contract.column_names)
    _copy(
        connection,
        f"select s.submission_seq, r._row as submission_row, r._contradicts as contradicts, {texts} {joined} "
        f"join ({texts_sent(contract, QUARANTINED_ROWS)}) as t using (_file, _row) where r._fate = 'quarantined' order by r._file, r._row",
        quarantined,
    )


def write_submissions(rows: list[dict[str, object]], path: Path) -> None:
    """Write the register of a batch's submissions (schema `SUBMISSIONS`)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    pq.write_table(pa.Table.from_pylist(rows, schema=SUBMISSIONS), beside)
    beside.replace(path)


def ensure_feeds_exist(lake: Path, contracts: dict[str, TableContract]) -> None:
    """An empty file for every declared feed nobody has sent yet, so that every source can be read."""
    connection = duckdb.connect()
    for contract in contracts.values():
        columns = ", ".join(f"cast(null as {c.physical_type}) as {quoted(c.name)}" for c in contract.columns)
        who = "" if "participant_id" in contract.column_names else "cast(null as varchar) as participant_id, "
        path = lake / contract.name / "0000-empty.parquet"
        if not path.exists():
            select = f"select {who}cast(null as integer) as submission_seq, cast(null as integer) as submission_row, cast(null as date) as received_on, {columns}"
            _copy(connection, f"{select} limit 0", path)
    connection.close()
    if not (lake / "submissions" / "0000-empty.parquet").exists():
        write_submissions([], lake / "submissions" / "0000-empty.parquet")


def remove_batches_unknown_to(known: set[str], folder: Path) -> None:
    """Remove what a killed run left behind: the vault's log, not the folder, says which batches exist."""
    for path in (p for p in folder.glob("*/*") if p.parent.name != "vendor_identities"):
        if path.suffix == ".tmp" or (path.suffix in (".parquet", ".json") and path.stem != "0000-empty" and path.stem not in known):
            path.unlink()


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    connection.execute(f"copy ({query}) to {literal(str(beside))} (format parquet, compression zstd)")
    beside.replace(path)
