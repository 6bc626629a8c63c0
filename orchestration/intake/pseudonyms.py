"""Pseudonyms as SQL: how a name becomes a keyed hash. Builds text; the key is a variable of the connection.

keyed_hash     keyed by participant too: the same name of two participants has two pseudonyms
registry_hash  of the value alone, so that the same legal entity can be found whoever names it; words that stand for
               nobody in particular stay as they are
"""

from __future__ import annotations

import duckdb

from orchestration.contracts import Column, TableContract
from orchestration.errors import EvenhandError
from orchestration.sql import literal, quoted

HEX_DIGITS = 24
REGISTRY_HASH = "registry_hash"
NOBODY_IN_PARTICULAR = ("CONSUMER", "EXTERNAL")
KEY = "getvariable('pseudonym_key')"


def set_key(connection: duckdb.DuckDBPyConnection, secret: str) -> None:
    """Give the connection the key that every pseudonym needs."""
    connection.execute("set variable pseudonym_key = $1", [secret])


def hidden_columns(contract: TableContract) -> list[Column]:
    """Columns whose values are replaced before they reach the lake."""
    return [column for column in contract.columns if column.privacy]


def pseudonyms_of(column: str) -> str:
    """Name of the temp table that `hide_names` makes for a column."""
    return quoted(f"pseudonyms of {column}")


def hide_names(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    """Hash every name of a checked batch once (temp tables `judged`, accepted rows, and `senders`): _file, name, pseudonym."""
    for column in hidden_columns(contract):
        hashed = pseudonym(column.privacy or "", "n.name", "s.participant_id")
        connection.execute(
            f"""create or replace temp table {pseudonyms_of(column.name)} as
            with named as (select distinct _file, {quoted(column.name)} as name from judged where _fate = 'accepted' and {quoted(column.name)} is not null)
            select n._file, n.name, {hashed} as pseudonym from named as n join senders as s using (_file)"""
        )


def pseudonym(privacy: str, value: str, participant: str) -> str:
    """SQL of the pseudonym of the SQL text `value`; NULL stays NULL. Raises `EvenhandError` for an undeclared kind."""
    if privacy == "keyed_hash":
        return f"case when {value} is not null then {_keyed(f'{participant} || chr(31) || {value}')} end"
    if privacy == REGISTRY_HASH:
        plain = spelled_alike(value)
        clear = ", ".join(literal(word) for word in NOBODY_IN_PARTICULAR)
        hashed = _keyed(f"'registry' || chr(30) || {plain}")
        return f"case when {plain} in ({clear}) then {plain} when {value} is not null then {hashed} end"
    raise EvenhandError(f"A contract declares privacy {privacy!r}; allowed are keyed_hash and registry_hash.")


def spelled_alike(value: str) -> str:
    """An id in capitals without spaces, dots and hyphens: `che-123.456.789` and `CHE123456789` are one entity."""
    return rf"upper(regexp_replace({value}, '[\s.\-]', '', 'g'))"


def _keyed(text: str) -> str:
    return f"substr(sha256({KEY} || sha256({KEY} || {text})), 1, {HEX_DIGITS})"
