"""The relations the checks look at: the Parquet as tables and views, and small tables made of them, in an in-memory DuckDB.

Only shapes data; what must hold of it is in `suite.py` and `invariants.py`. A relation that cannot be built
(a column is gone, a file is not Parquet) is left out, and every check that needs it then fails as not run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from orchestration.contracts import Profile, TableContract
from orchestration.gate.agreement import own_relations
from orchestration.gate.cells import address, cells_query, dimensions, has_cells
from orchestration.gate.estimator import INTERVALS, QUANTILES, allowed_intervals, allowed_quantiles
from orchestration.gate.model import GateInput
from orchestration.gate.sql import identifier, literal, one_file, parquet, sql_list


def build_relations(connection: duckdb.DuckDBPyConnection, inputs: GateInput, contract: TableContract, profile: Profile) -> None:
    """Builds every relation that can be built."""
    _build_inputs(connection, inputs)
    _table(connection, "declared_columns", _declared_columns(contract))
    _table(connection, "candidate_columns", _candidate_columns())
    _table(connection, "texts", _texts(connection, inputs, contract))
    for name, select in own_relations(inputs, contract).items():
        _table(connection, name, select)
    if has_cells(contract):
        _build_cells(connection, contract, profile)


def _build_cells(connection: duckdb.DuckDBPyConnection, contract: TableContract, profile: Profile) -> None:
    """What only a table of protected cells is judged by."""
    evidence_key = _evidence_key(connection, contract)
    _table(connection, "private_inputs", _private_inputs(evidence_key))
    _table(connection, "allowed", _allowed(connection, profile))
    _table(connection, "cells", cells_query(contract, profile, evidence_key))
    _view(connection, "fresh_cells", "SELECT * FROM cells WHERE status IS DISTINCT FROM 're-served'")
    _view(connection, "reserved_rows", "SELECT * FROM candidate WHERE status = 're-served'")
    _table(connection, "revision_change", _change(contract, "previous_revision"))
    _table(connection, "period_change", _change(contract, "previous_period"))


def _build_inputs(connection: duckdb.DuckDBPyConnection, inputs: GateInput) -> None:
    _table(connection, "candidate", f"SELECT * FROM {parquet(inputs.dataset)}")
    _view(connection, "evidence", f"SELECT * FROM {parquet(inputs.evidence)}")
    _table(connection, "identities", _identities(inputs.identities))
    _table(connection, "catalogue", _catalogue(inputs.catalogue))
    for name, path in inputs.beside.items():
        _view(connection, name, _beside(path))
    _view(connection, "previous_revision", _previous(inputs.previous_revision))
    _view(connection, "previous_period", _previous(inputs.previous_period))


def _identities(path: Path) -> str:
    return f"""
        SELECT DISTINCT CAST(id AS VARCHAR) AS id FROM {parquet(path)} WHERE CAST(id AS VARCHAR) <> ''"""


def _catalogue(path: Path) -> str:
    return f"""
        SELECT code, CAST(version AS INTEGER) AS version, unit, direction, scale,
               CAST(min AS DOUBLE) AS hard_min, CAST(max AS DOUBLE) AS hard_max
        FROM read_csv({literal(one_file(path))}, header = true, all_varchar = true, delim = ',', quote = '"')"""


def _beside(path: Path | None) -> str:
    """A table that is not there has the columns of the benchmark and no rows."""
    if path is None:
        return "SELECT * FROM benchmark WHERE false"
    if path.suffix == ".csv":
        return f"SELECT * FROM read_csv({literal(one_file(path))}, header = true, all_varchar = true)"
    return f"SELECT * FROM {parquet(path)}"


def _previous(path: Path | None) -> str:
    """An edition published before a column was added has it empty."""
    nothing = "SELECT * FROM candidate WHERE false"
    return f"{nothing} UNION ALL BY NAME SELECT * FROM {parquet(path)}" if path else nothing


def _evidence_key(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> tuple[str, ...]:
    """What a cell is matched on: the contract's address, and the rest of its key as far as the evidence has it."""
    found = _rows(connection, "SELECT column_name FROM (DESCRIBE evidence)")
    known = {str(name) for (name,) in found}
    return (*address(contract), *(name for name in dimensions(contract) if name in known))


def _private_inputs(key: Sequence[str]) -> str:
    """One row of yes or no: how many identities and cells with data there are is nobody's business."""
    return f"""
        SELECT (SELECT count(*) > 0 FROM identities) AS identities_listed,
               NOT EXISTS (SELECT 1 FROM evidence GROUP BY {", ".join(key)} HAVING count(*) > 1) AS evidence_unique"""


def _declared_columns(contract: TableContract) -> str:
    rows = (f"({place}, {literal(c.name)}, {literal(c.physical_type)})" for place, c in enumerate(contract.columns))
    return f"SELECT * FROM (VALUES {', '.join(rows)}) AS declared(place, name, type)"


def _candidate_columns() -> str:
    return """
        SELECT found.cid AS place, found.name, found.type, declared.type AS declared_type
        FROM pragma_table_info('candidate') AS found LEFT JOIN declared_columns AS declared ON declared.name = found.name"""


def _allowed(connection: duckdb.DuckDBPyConnection, profile: Profile) -> str:
    """One row for each number of contributors that occurs: the quantiles such a cell shows, from P10 to P90, and the
    quantiles whose interval it may show."""
    query = "SELECT DISTINCT TRY_CAST(contributors AS BIGINT) FROM evidence WHERE contributors > 0 ORDER BY 1"
    counts = [int(str(n)) for (n,) in _rows(connection, query) if n is not None]
    rows = [
        f"({n}, {_names(QUANTILES, allowed_quantiles(n, profile))}, {_names(INTERVALS, allowed_intervals(n, profile))})"
        for n in (0, *counts)
    ]
    return f"SELECT * FROM (VALUES {', '.join(rows)}) AS allowed(contributors, quantiles, intervals)"


def _names(order: Iterable[str], allowed: frozenset[str]) -> str:
    return f"CAST({sql_list(literal(q) for q in order if q in allowed)} AS VARCHAR[])"


def _texts(connection: duckdb.DuckDBPyConnection, inputs: GateInput, contract: TableContract) -> str:
    """Distinct texts of the candidate that are no declared word, and whether an identity stands in them."""
    found = _rows(connection, "SELECT name FROM candidate_columns WHERE type = 'VARCHAR' ORDER BY name")
    columns = " UNION ALL ".join(f"SELECT {identifier(str(name))} AS value FROM candidate" for (name,) in found)
    allowed = {word for column in contract.columns for word in column.allowed}
    declared = ", ".join(f"({literal(word)})" for word in sorted({*allowed, inputs.release_id, inputs.period, "all"}))
    return f"""
        WITH declared AS (
            SELECT word FROM (VALUES {declared}) AS words(word)
            UNION ALL SELECT code FROM catalogue
            UNION ALL SELECT unit FROM catalogue
        ), texts AS (
            SELECT DISTINCT value FROM ({columns}) AS printed
            WHERE value IS NOT NULL AND value NOT IN (SELECT word FROM declared WHERE word IS NOT NULL)
        ), naming AS (
            SELECT DISTINCT value FROM texts, identities WHERE contains(value, id)
        )
        SELECT value IN (SELECT value FROM naming) AS names_someone FROM texts"""


def _change(contract: TableContract, previous: str) -> str:
    key = ", ".join(name for name in contract.key if name != "period")
    return f"""
        SELECT (SELECT count(*) FROM candidate) AS rows_now,
               (SELECT count(*) FROM {previous}) AS rows_before,
               (SELECT count(*) FROM (SELECT DISTINCT {key} FROM {previous})) AS cells_before,
               (SELECT count(*) FROM (SELECT {key} FROM {previous} INTERSECT SELECT {key} FROM candidate))
                   AS cells_kept"""


def _view(connection: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    _build(connection, f"CREATE VIEW {name} AS {select}")


def _table(connection: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    _build(connection, f"CREATE TABLE {name} AS {select}")


def _build(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    """A statement that DuckDB refuses leaves its relation out: see the module's first lines."""
    try:
        connection.execute(statement)
    except duckdb.Error:
        return


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    try:
        return connection.execute(query).fetchall()
    except duckdb.Error:
        return []
