"""Two warehouses, mart by mart and row by row: the same rows, and numbers equal but for the last digits."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.sql import literal, quoted

TOLERANCE = 1e-9
"""Relative. Engines add the same doubles in another order and interpolate quantiles by another formula."""
MEMORY_LIMIT = "4GB"
SIZES = {"cross_section_change": "p50", "membership_change": "p50", "real_change": "p50"}
"""A difference of nearly equal figures is as exact as those figures, not as itself."""


@dataclass(frozen=True)
class MartComparison:
    """`only_left`, `only_right`: rows whose key columns the other side has not; `unequal`: rows with a number that differs."""

    mart: str
    rows: int
    only_left: int
    only_right: int
    unequal: int
    largest_difference: float

    @property
    def is_equal(self) -> bool:
        return self.only_left == self.only_right == self.unequal == 0


def compare_marts(left: Path, right: Path) -> list[MartComparison]:
    """Compare every table and view of the schema `marts`. Both warehouses must have the same columns in the same order; `right` is Spark's."""
    with (
        tempfile.TemporaryDirectory() as spill,
        duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": spill}) as connection,
    ):
        connection.execute(f"attach {literal(str(left))} as warehouse (read_only)")  # its views know it by this name
        connection.execute(f"attach {literal(str(right))} as taken_over (read_only)")
        marts = _columns(connection, "warehouse")
        assert marts == _columns(connection, "taken_over")
        return [_compare(connection, mart, columns) for mart, columns in marts.items()]


def _columns(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[tuple[str, str]]]:
    """The columns of each mart with their types."""
    rows = connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        f"where database_name = '{database}' and schema_name = 'marts' order by table_name, column_index"
    ).fetchall()
    marts: dict[str, list[tuple[str, str]]] = {}
    for mart, column, kind in rows:
        marts.setdefault(mart, []).append((column, kind))
    return marts


def _compare(connection: duckdb.DuckDBPyConnection, mart: str, columns: list[tuple[str, str]]) -> MartComparison:
    """Rows are matched by a 64-bit digest of everything that is no measured number, and where that repeats by their order."""
    numbers = [quoted(name) for name, kind in columns if kind == "DOUBLE" or kind.startswith("DECIMAL")]
    keys = ", ".join(quoted(name) for name, _ in columns if quoted(name) not in numbers)
    for side, database in (("l", "warehouse"), ("r", "taken_over")):
        connection.execute(
            f"create or replace temp table {side}_rows as select *, row_number() over (partition by keys order by {', '.join(numbers) or '1'}) "
            f"as place from (select {', '.join([f'hash({keys}) as keys', *numbers])} from {database}.marts.{mart})"
        )
    differences = [_difference(number, numbers) for number in numbers] or ["0.0"]
    row = connection.execute(
        f"""select count(*), count(*) filter (where right_place is null), count(*) filter (where left_place is null),
            count(*) filter (where left_place is not null and right_place is not null and difference > {TOLERANCE}),
            coalesce(max(difference) filter (where left_place is not null and right_place is not null), 0)
        from (
            select l.place as left_place, r.place as right_place, greatest({", ".join(differences)}) as difference
            from l_rows as l full outer join r_rows as r on l.keys = r.keys and l.place = r.place
        )"""
    ).fetchone()
    assert row is not None
    return MartComparison(mart, *row)


def _difference(number: str, numbers: list[str]) -> str:
    size = SIZES.get(number.strip('"'))
    beside = f", abs(l.{quoted(size)})" if size and quoted(size) in numbers else ""
    return (
        f"case when l.{number} is null and r.{number} is null then 0 when l.{number} is null or r.{number} is null then 'inf' "
        f"when l.{number} = r.{number} then 0 "
        f"else abs(cast(l.{number} as double) - r.{number}) / greatest(abs(l.{number}), abs(r.{number}){beside}) end::double"
    )


def table_of(comparisons: list[MartComparison]) -> str:
    """What was compared, for people."""
    lines = [f"{'mart':22}{'rows':>10}{'only duckdb':>13}{'only spark':>12}{'unequal':>9}  largest difference"]
    lines += [
        f"{c.mart:22}{c.rows:>10,}{c.only_left:>13,}{c.only_right:>12,}{c.unequal:>9,}  {c.largest_difference:.1e}" for c in comparisons
    ]
    return "\n".join(lines)
