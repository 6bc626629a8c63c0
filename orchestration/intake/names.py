"""A participant's own names: what its pseudonyms stand for, kept in the vault for nothing but its own report.

    vault/names/<participant_id>/<batch>.parquet    column, pseudonym, name as it was sent

No model reads this, and a report is given the names of its own participant alone.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import unquote

import duckdb

from orchestration.contracts import TableContract
from orchestration.intake.landing import SENDER
from orchestration.intake.pseudonyms import pseudonym
from orchestration.intake.rules import raw_text
from orchestration.intake.vault import Vault
from orchestration.sql import literal, quoted

FOLDER_OF_ONE = "participant_id="


def write_names(connection: duckdb.DuckDBPyConnection, contract: TableContract, vault: Vault, batch: str) -> None:
    """Write the names of a checked batch (temp tables `judged` and `senders`), all participants in one go.

    The same batch gives the same bytes again, so that deriving the lake anew changes nothing here.
    """
    hidden = [column for column in contract.columns if column.privacy]
    if contract.sender != "participant" or not hidden:
        return
    each = " union all ".join(_names_of(column.name, column.privacy or "") for column in hidden)
    named = connection.execute(f"select distinct * from ({each}) order by all").to_arrow_table()
    beside = vault.root / "incoming" / f"names-{batch}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 1}) as alone:  # one thread keeps the order, and so the bytes
        alone.register("named", named)
        alone.execute(
            f"copy (from named) to {literal(str(beside))} (format parquet, compression zstd, partition_by (participant_id), filename_pattern 'names_')"
        )
    _settle(beside, vault, batch)


def own_names(vault: Vault, participant_id: str) -> dict[str, str]:
    """Pseudonym to name as sent, of one participant; of several spellings of one entity the newest. Empty where it sent none."""
    files = sorted((vault.names / participant_id).glob("*.parquet")) if SENDER.fullmatch(participant_id) else []
    if not files:
        return {}
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select pseudonym, name from read_parquet($1, filename = true) order by filename, pseudonym, name", [[str(f) for f in files]]
        ).fetchall()
    return dict(rows)


def _names_of(column: str, privacy: str) -> str:
    name, hashed = f"r.{raw_text(column)}", pseudonym(privacy, f"r.{quoted(column)}", "s.participant_id")
    return (
        f"select s.participant_id, {literal(column)} as col, {hashed} as pseudonym, {name} as name "
        f"from (select distinct _file, {quoted(column)}, {raw_text(column)} from judged where _fate = 'accepted') as r join senders as s using (_file) "
        f"where {name} is not null"
    )


def _settle(beside: Path, vault: Vault, batch: str) -> None:
    """Give each participant's file its final place; a folder's name is the participant's, as the engine escapes it."""
    for written in sorted(beside.glob(f"{FOLDER_OF_ONE}*/*.parquet")) if beside.exists() else ():
        target = vault.names / unquote(written.parent.name.removeprefix(FOLDER_OF_ONE)) / f"{batch}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        written.replace(target)
    shutil.rmtree(beside, ignore_errors=True)
