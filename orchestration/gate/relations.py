"""The relations the checks look at: views over the Parquet, and the candidate joined with what it is judged by.

Only shapes data; what must hold of it is in `suite.py` and `invariants.py`. A relation that cannot be built
(a column is gone, a file is not Parquet) is left out, and every check that needs it then fails as not run.

`cells` has the columns of the contract and: ev_* (evidence), cat_* (catalogue), allowed and printed (quantile
names in order), numbers, states (0 lower band, 1 number, 2 upper band), times_printed, cut_of_dimensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import sqlalchemy as sa

from orchestration.contracts import Profile, TableContract
from orchestration.gate.estimator import QUANTILES, allowed_quantiles
from orchestration.gate.model import GateInput

ADDRESS = ("period", "kpi_code", "kpi_version", "cut")


def build_relations(
    connection: sa.Connection, inputs: GateInput, contract: TableContract, profile: Profile
) -> dict[str, int]:
    """Builds every relation that can be built; answers how many rows each has."""
    _build_inputs(connection, inputs)
    _build_columns(connection, contract)
    _build_allowed(connection, profile)
    _table(connection, "texts", _texts(connection, contract))
    _table(connection, "cells", _cells(connection, contract, profile))
    _view(connection, "fresh_cells", "SELECT * FROM cells WHERE status IS DISTINCT FROM 're-served'")
    _view(connection, "reserved_rows", "SELECT * FROM candidate WHERE status = 're-served'")
    for previous in ("revision", "period"):
        _table(connection, f"{previous}_change", _change(contract, f"previous_{previous}"))
    return _row_counts(connection)


def dimensions(contract: TableContract) -> tuple[str, ...]:
    """The key columns that name a peer group: everything in the key but period, KPI, version and cut."""
    return tuple(name for name in contract.key if name not in ADDRESS)


def count_band(low: int, high: int | None) -> str:
    return f"{low}+" if high is None else f"{low}-{high}"


def share_band(low: int, high: int) -> str:
    return f"{low}-{high}"


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'


def _build_inputs(connection: sa.Connection, inputs: GateInput) -> None:
    _view(connection, "candidate", f"SELECT * FROM {_parquet(inputs.dataset)}")
    _view(connection, "evidence", f"SELECT * FROM {_parquet(inputs.evidence)}")
    _table(connection, "identities", f"""
        SELECT DISTINCT CAST(id AS VARCHAR) AS id FROM {_parquet(inputs.identities)} WHERE CAST(id AS VARCHAR) <> ''""")
    _table(connection, "catalogue", f"""
        SELECT code, CAST(version AS INTEGER) AS version, unit, direction,
               CAST(min AS DOUBLE) AS hard_min, CAST(max AS DOUBLE) AS hard_max
        FROM read_csv({literal(_path(inputs.catalogue))}, header = true, all_varchar = true, delim = ',', quote = '"')""")
    for name, path in (("previous_revision", inputs.previous_revision), ("previous_period", inputs.previous_period)):
        source = _parquet(path) if path else "candidate WHERE false"
        _view(connection, name, f"SELECT * FROM {source}")
    _view(connection, "expected", f"""
        SELECT {literal(inputs.release_id)} AS release_id, {literal(inputs.period)} AS period""")


def _build_columns(connection: sa.Connection, contract: TableContract) -> None:
    declared = ", ".join(f"({literal(c.name)}, {literal(c.physical_type)})" for c in contract.columns)
    _table(connection, "candidate_columns", f"""
        SELECT found.column_name AS name, found.data_type AS type, declared.type AS declared_type
        FROM duckdb_columns() AS found LEFT JOIN (VALUES {declared}) AS declared(name, type)
             ON declared.name = found.column_name
        WHERE found.table_name = 'candidate'""")


def _build_allowed(connection: sa.Connection, profile: Profile) -> None:
    counts = _rows(connection, "SELECT DISTINCT TRY_CAST(contributors AS BIGINT) FROM evidence ORDER BY 1")
    _run(connection, "CREATE TABLE allowed (contributors BIGINT, quantiles VARCHAR[])")
    rows = [_allowed_row(int(n), profile) for (n,) in counts if n is not None]
    if rows:
        _run(connection, f"INSERT INTO allowed VALUES {', '.join(rows)}")


def _allowed_row(n: int, profile: Profile) -> str:
    allowed = allowed_quantiles(n, profile)
    return f"({n}, CAST({_sql_list(literal(q) for q in QUANTILES if q in allowed)} AS VARCHAR[]))"


def _cells(connection: sa.Connection, contract: TableContract, profile: Profile) -> str:
    known = set(_columns(connection, "evidence"))
    names = dimensions(contract)
    shared = (*ADDRESS, *(name for name in names if name in known))
    same_cell = [f"e.{name} IS NOT DISTINCT FROM c.{name}" for name in shared]
    outside = [f"c.{name} IS NULL" for name in names if name not in known]
    return f"""
        WITH joined AS (
            SELECT {", ".join(f"c.{identifier(name)}" for name in contract.column_names)},
                   e.kpi_code IS NOT NULL AS in_evidence, e.contributors AS ev_contributors,
                   e.established AS ev_established, e.tie_share AS ev_tie_share, e.zero_share AS ev_zero_share,
                   k.code IS NOT NULL AS in_catalogue, k.unit AS cat_unit, k.direction AS cat_direction,
                   k.hard_min AS cat_min, k.hard_max AS cat_max, a.quantiles AS allowed,
                   coalesce(string_split(c.edge_low, ','), CAST([] AS VARCHAR[])) AS low,
                   coalesce(string_split(c.edge_high, ','), CAST([] AS VARCHAR[])) AS high
            FROM candidate AS c
            LEFT JOIN evidence AS e ON {" AND ".join(same_cell + outside)}
            LEFT JOIN catalogue AS k ON k.code = c.kpi_code AND k.version = c.kpi_version
            LEFT JOIN allowed AS a ON a.contributors = e.contributors
        )
        SELECT *, {_count_band("ev_contributors", profile)} AS ev_contributors_band,
               {_share_band("ev_tie_share", profile)} AS ev_tie_share_band,
               {_share_band("ev_zero_share", profile)} AS ev_zero_share_band,
               {_printed()}, {_cut_of(names)} AS cut_of_dimensions
        FROM joined"""


def _printed() -> str:
    states = [
        f"CASE WHEN {q} IS NOT NULL THEN 1 WHEN list_contains(low, '{q}') THEN 0"
        f" WHEN list_contains(high, '{q}') THEN 2 END"
        for q in QUANTILES
    ]
    shown = [f"CASE WHEN ({state}) IS NOT NULL THEN '{q}' END" for q, state in zip(QUANTILES, states, strict=True)]
    times = [
        f"CAST({q} IS NOT NULL AS INTEGER) + CAST(list_contains(low, '{q}') AS INTEGER)"
        f" + CAST(list_contains(high, '{q}') AS INTEGER)"
        for q in QUANTILES
    ]
    names = _sql_list(literal(q) for q in QUANTILES)
    return f"""
        [x for x in {_sql_list(QUANTILES)} if x IS NOT NULL] AS numbers,
        [x for x in {_sql_list(states)} if x IS NOT NULL] AS states,
        [x for x in {_sql_list(shown)} if x IS NOT NULL] AS printed,
        [x for x in {names} if list_contains(low, x)] AS low_in_order,
        [x for x in {names} if list_contains(high, x)] AS high_in_order,
        greatest({", ".join(times)}) AS times_printed"""


def _count_band(column: str, profile: Profile) -> str:
    arms = [
        f"WHEN {column} >= {low}" + ("" if high is None else f" AND {column} <= {high}")
        + f" THEN {literal(count_band(low, high))}"
        for low, high in profile.count_bands
    ]
    return f"CASE {' '.join(arms)} END"


def _share_band(column: str, profile: Profile) -> str:
    percent = f"round({column} * 100, 9)"
    arms = [
        f"WHEN {percent} >= {low} AND {percent} {'<=' if high == 100 else '<'} {high} THEN {literal(share_band(low, high))}"
        for low, high in profile.share_bands
    ]
    return f"CASE {' '.join(arms)} END"


def _cut_of(names: Sequence[str]) -> str:
    used = ", ".join(f"CASE WHEN {name} IS NOT NULL THEN {literal(name)} END" for name in names)
    return f"coalesce(nullif(concat_ws(' x ', {used}), ''), 'all')"


def _texts(connection: sa.Connection, contract: TableContract) -> str:
    """Distinct texts of the candidate that are no declared word, and whether an identity stands in them."""
    found = _rows(connection, "SELECT name FROM candidate_columns WHERE type = 'VARCHAR' ORDER BY name")
    columns = [f"SELECT {identifier(str(name))} AS value FROM candidate" for (name,) in found]
    words = sorted({word for column in contract.columns for word in column.allowed})
    declared = ", ".join(f"({literal(word)})" for word in (*words, "all"))
    return f"""
        WITH declared AS (
            SELECT word FROM (VALUES {declared}) AS words(word)
            UNION ALL SELECT code FROM catalogue UNION ALL SELECT unit FROM catalogue
            UNION ALL SELECT release_id FROM expected UNION ALL SELECT period FROM expected
        ), texts AS (
            SELECT DISTINCT value FROM ({" UNION ALL ".join(columns)})
            WHERE value IS NOT NULL AND value NOT IN (SELECT word FROM declared WHERE word IS NOT NULL)
        ), named AS (
            SELECT DISTINCT value FROM texts, identities WHERE contains(value, id)
        )
        SELECT value IN (SELECT value FROM named) AS names_someone FROM texts"""


def _change(contract: TableContract, previous: str) -> str:
    key = ", ".join(name for name in contract.key if name != "period")
    return f"""
        SELECT (SELECT count(*) FROM candidate) AS rows_now, (SELECT count(*) FROM {previous}) AS rows_before,
               (SELECT count(*) FROM (SELECT DISTINCT {key} FROM {previous})) AS cells_before,
               (SELECT count(*) FROM (SELECT {key} FROM {previous} INTERSECT SELECT {key} FROM candidate)) AS cells_kept"""


def _parquet(path: Path) -> str:
    return f"read_parquet({literal(_path(path))}, hive_partitioning = false)"


def _path(path: Path) -> str:
    """One file, never a pattern: DuckDB would read brackets, stars and question marks as wildcards."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(path))


def _sql_list(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]"


def _view(connection: sa.Connection, name: str, select: str) -> None:
    _run(connection, f"CREATE VIEW {name} AS {select}")


def _table(connection: sa.Connection, name: str, select: str) -> None:
    _run(connection, f"CREATE TABLE {name} AS {select}")


def _run(connection: sa.Connection, statement: str) -> None:
    try:
        connection.exec_driver_sql(statement)
    except sa.exc.DBAPIError:
        return


def _rows(connection: sa.Connection, query: str) -> list[tuple[object, ...]]:
    try:
        return [tuple(row) for row in connection.exec_driver_sql(query).all()]
    except sa.exc.DBAPIError:
        return []


def _columns(connection: sa.Connection, relation: str) -> list[str]:
    query = f"SELECT column_name FROM duckdb_columns() WHERE table_name = {literal(relation)}"
    return [str(name) for (name,) in _rows(connection, query)]


def _row_counts(connection: sa.Connection) -> dict[str, int]:
    found = _rows(connection, "SELECT DISTINCT table_name FROM duckdb_columns() ORDER BY table_name")
    counts = {str(name): _rows(connection, f"SELECT count(*) FROM {identifier(str(name))}") for (name,) in found}
    return {name: int(str(rows[0][0])) for name, rows in counts.items() if rows}
