"""What the Spark tests and measurements call equal."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.spark.comparing import compare_marts

ROWS = "values ('A', 1, 0.1), ('A', 1, 0.2), ('B', 2, null), (null, 3, 7.0)"


def _warehouse(path: Path, rows: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.evidence as select * from ({rows}) as t(cut, kpi_key, p50)")
        connection.execute("alter table marts.evidence alter p50 type double")
    return path


def _difference(tmp_path: Path, rows: str) -> tuple[int, int, int]:
    (found,) = compare_marts(_warehouse(tmp_path / "warehouse.duckdb", ROWS), _warehouse(tmp_path / "other.duckdb", rows))
    return found.only_left, found.only_right, found.unequal


def test_rows_in_another_order_and_the_last_digits_are_equal(tmp_path: Path) -> None:
    assert _difference(tmp_path, "values (null, 3, 7.000000001), ('B', 2, null), ('A', 1, 0.2), ('A', 1, 0.1)") == (0, 0, 0)


def test_every_kind_of_difference_is_found(tmp_path: Path) -> None:
    for place, (rows, found) in enumerate(
        (
            ("values ('A', 1, 0.1), ('A', 1, 0.2), ('B', 2, null)", (1, 0, 0)),
            ("values ('A', 1, 0.1), ('A', 1, 0.2), ('B', 2, null), (null, 3, 7.0), (null, 3, 7.0)", (0, 1, 0)),
            ("values ('A', 1, 0.1), ('A', 1, 0.2), ('C', 2, null), (null, 3, 7.0)", (1, 1, 0)),
            ("values ('A', 1, 0.1), ('A', 1, 0.2), ('B', 2, null), (null, 3, 7.00000001)", (0, 0, 1)),
            ("values ('A', 1, 0.1), ('A', 1, 0.2), ('B', 2, 0.0), (null, 3, 7.0)", (0, 0, 1)),
        )
    ):
        folder = tmp_path / str(place)
        folder.mkdir()
        assert _difference(folder, rows) == found, rows
