"""A participant's own names: what its pseudonyms stand for, kept in the vault for nothing but its own report.

    vault/names/<participant_id>/<batch>.json    rows of column, pseudonym, name as it was sent

No model reads this, and a report is given the names of its own participant alone.
"""

from __future__ import annotations

import json
from itertools import groupby

import duckdb

from orchestration.contracts import TableContract
from orchestration.intake.landing import SENDER
from orchestration.intake.pseudonyms import hidden_columns, pseudonyms_of
from orchestration.intake.vault import Vault
from orchestration.sql import literal
from orchestration.workspace import write_atomically


def write_names(connection: duckdb.DuckDBPyConnection, contract: TableContract, vault: Vault, batch: str) -> None:
    """Write the names of a checked batch (temp tables `senders` and those of `hide_names`), a file per participant.

    The same batch gives the same bytes again, so that deriving the lake anew changes nothing here.
    """
    hidden = hidden_columns(contract)
    if contract.sender != "participant" or not hidden:
        return
    each = " union all ".join(
        f"select s.participant_id, {literal(c.name)} as col, h.pseudonym, h.name from {pseudonyms_of(c.name)} as h join senders as s using (_file)"
        for c in hidden
    )
    rows = connection.execute(f"select distinct * from ({each}) order by all").fetchall()
    for participant_id, named in groupby(rows, key=lambda row: row[0]):
        content = json.dumps([row[1:] for row in named], ensure_ascii=False, separators=(",", ":"))
        write_atomically(vault.names / participant_id / f"{batch}.json", content + "\n", durable=False)


def own_names(vault: Vault, participant_id: str) -> dict[str, str]:
    """Pseudonym to name as sent, of one participant; of several spellings of one entity the newest. Empty where it sent none."""
    files = sorted((vault.names / participant_id).glob("*.json")) if SENDER.fullmatch(participant_id) else []
    rows = [row for path in files for row in json.loads(path.read_text("utf-8"))]
    return {pseudonym: name for _, pseudonym, name in rows}
