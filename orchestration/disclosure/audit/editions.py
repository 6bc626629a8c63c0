"""What was published and who stood behind it, read back from files: the rows of an edition and its private ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq

from orchestration.contracts import Profile
from orchestration.disclosure.audit.figures import Reading, read_row
from orchestration.disclosure.audit.printed import Printed
from orchestration.disclosure.panels import Ranges
from orchestration.disclosure.policy.cells import Floats, Integers
from orchestration.sql import literal, quoted

NOT_ADDRESS = ("period", "holding_group_id", "value")
CATALOGUE = "kpi_catalogue.csv"

Readings = Mapping[str, Callable[[Ranges, Profile], Reading]]
"""How the rows of each dataset are read, by its name."""


@dataclass(frozen=True)
class PublishedCell:
    """One published cell with what the house knows of it.

    names, key: the columns and values that name it within its dataset and period. family: cells of one family are of the same dataset, KPI and version.
    groups, digests: who is in it, and of each a number that is equal for equal values. printed, values: what is printed and what
    stands behind it, sorted, on the working scale from its lower end in units of the typical range, so that a width is a share of it.
    quantiles: the name of each figure. again: whether the figures are those of an earlier edition.
    """

    names: tuple[str, ...]
    key: tuple[object, ...]
    family: tuple[str, str, int]
    groups: Integers
    digests: Integers
    values: Floats
    printed: Printed
    quantiles: tuple[str, ...]
    again: bool

    @cached_property
    def values_of_groups(self) -> frozenset[tuple[int, int]]:
        """Groups with the digests of their values."""
        return frozenset(zip(self.groups.tolist(), self.digests.tolist(), strict=True))


@dataclass(frozen=True)
class PublishedEdition:
    """The cells of one edition, in the order of dataset and key."""

    release_id: str
    period: str
    cells: tuple[PublishedCell, ...]


def families(edition: PublishedEdition) -> dict[tuple[str, str, int], list[int]]:
    """The places of an edition's cells by family, in order."""
    found: dict[tuple[str, str, int], list[int]] = {}
    for place, cell in enumerate(edition.cells):
        found.setdefault(cell.family, []).append(place)
    return dict(sorted(found.items()))


def read_edition(release_id: str, folder: Path, ledgers: Mapping[str, Path], profile: Profile, readings: Readings) -> PublishedEdition:
    """Read an edition whose tables and catalogue lie in `folder`; `ledgers`: who is in the cells of each dataset."""
    with duckdb.connect(config={"threads": 1}) as connection:
        ranges = _ranges(connection, folder / CATALOGUE)
        cells = [
            cell
            for dataset, ledger in sorted(ledgers.items())
            for cell in _cells(connection, dataset, folder / f"{dataset}.parquet", ledger, ranges, profile, readings[dataset])
        ]
    return PublishedEdition(release_id, release_id.rsplit("-r", 1)[0], tuple(cells))


def _ranges(connection: duckdb.DuckDBPyConnection, catalogue: Path) -> dict[tuple[str, int], Ranges]:
    rows = connection.execute(
        "select code, cast(version as integer), scale, cast(min as double), cast(max as double), cast(typical_low as double), "
        f"cast(typical_high as double) from read_csv({literal(str(catalogue))}, header = true, all_varchar = true) where typical_low is not null"
    ).fetchall()
    return {(code, version): Ranges(*ranges) for code, version, *ranges in rows}


def _cells(
    connection: duckdb.DuckDBPyConnection,
    dataset: str,
    table: Path,
    ledger: Path,
    ranges: Mapping[tuple[str, int], Ranges],
    profile: Profile,
    reading_of: Callable[[Ranges, Profile], Reading],
) -> list[PublishedCell]:
    key = tuple(name for name in pq.read_schema(ledger).names if name not in NOT_ADDRESS)
    ordered = ", ".join(quoted(name) for name in key)
    numbered = f"select row_number() over (order by {ordered}) - 1 as place, * from read_parquet({literal(str(table))})"
    found = connection.execute(f"{numbered} order by place")
    columns = [name for name, *_ in found.description or ()]
    rows = [dict(zip(columns, values, strict=True)) for values in found.fetchall()]
    behind = _behind(connection, numbered, ledger, key, len(rows))
    readings = cache(lambda code, version: reading_of(ranges[code, version], profile))
    return [
        _cell(dataset, key, row, members, readings(row["kpi_code"], row["kpi_version"]), profile)
        for row, members in zip(rows, behind, strict=True)
        if len(members.groups)
    ]


@dataclass(frozen=True)
class _Behind:
    """Who is in one cell, in the order of their names, with digests of their values and the values themselves."""

    groups: Integers
    digests: Integers
    values: Floats


def _behind(connection: duckdb.DuckDBPyConnection, numbered: str, ledger: Path, key: Sequence[str], cells: int) -> list[_Behind]:
    """Of each of so many cells, by place."""
    same = " and ".join(f"b.{quoted(name)} is not distinct from m.{quoted(name)}" for name in key)
    found = connection.execute(f"""
        select b.place, cast(hash(m.holding_group_id) >> 1 as bigint) as groups, cast(hash(m.value) >> 1 as bigint) as digests, m.value
        from ({numbered}) as b join read_parquet({literal(str(ledger))}) as m on {same}
        order by b.place, m.holding_group_id""").fetchnumpy()
    starts = np.searchsorted(found["place"], np.arange(1, cells))
    parts = [
        np.split(np.asarray(found[name], dtype=kind), starts)
        for name, kind in (("groups", np.int64), ("digests", np.int64), ("value", np.float64))
    ]
    return [_Behind(*own) for own in zip(*parts, strict=True)][:cells]


def _cell(dataset: str, key: tuple[str, ...], row: Mapping[str, Any], behind: _Behind, reading: Reading, profile: Profile) -> PublishedCell:
    unit = reading.scale.range_width
    printed, quantiles = read_row(row, len(behind.groups), reading, profile)
    return PublishedCell(
        names=key,
        key=tuple(row[name] for name in key),
        family=(dataset, row["kpi_code"], row["kpi_version"]),
        groups=behind.groups,
        digests=behind.digests,
        values=(np.sort(reading.on_scale(behind.values)) - reading.low) / unit,
        printed=printed.in_units(reading.low, unit),
        quantiles=quantiles,
        again=row["status"] == "re-served",
    )
