"""From the temp table of a dataset to decisions: names become numbers for the policy, and its answers become rows again.

The policy sees places of cells, numbers of groups and digests of values. What it hides leaves the table; what is to be served again
is listed in a temp table of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from orchestration.contracts import Profile
from orchestration.disclosure.policy.cells import ALL_RULES, Cells, Decisions, Edition, Flags, Integers, Members, Reason, Rule
from orchestration.disclosure.policy.decide import decide
from orchestration.sql import literal

NOW = -1


@dataclass(frozen=True)
class Past:
    """An edition that was served, or will have been tonight. `ledgers`: who was in its cells, by dataset. `folder`: its tables.

    same_period: an earlier revision of the period that is decided on; else of a neighbouring period.
    """

    release_id: str
    same_period: bool
    folder: Path
    ledgers: Mapping[str, Path]


@dataclass(frozen=True)
class Table:
    """A prepared temp table of cells. key: what names a cell within a period. members: SQL of who is in them, with the key's columns."""

    dataset: str
    name: str
    key: tuple[str, ...]
    members: str
    period_key: int


@dataclass(frozen=True)
class Settled:
    """What was decided on each cell, and how many decisions came out different under other names."""

    decisions: Decisions
    differing: int


def settle(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    past: Sequence[Past],
    profile: Profile,
    rules: frozenset[Rule] = ALL_RULES,
    *,
    may_serve_again: bool = True,
) -> Settled:
    """Decide on every cell of the table's period; remove from the table what is not published with new figures.

    Creates the table `again_table` names: key and release_id of what is published with old ones. The decisions are in the order of the key.

    Everything is decided a second time with cells, groups and so vendors in another order and under other numbers.
    """
    key = ", ".join(table.key)
    connection.execute(
        f"create or replace temp table asked as select row_number() over (order by {key}) - 1 as place, * "
        f"from {table.name} where period_key = {table.period_key}"
    )
    known = [edition for edition in past if table.dataset in edition.ledgers]
    members = _members(connection, table, known)
    count = _count(connection)
    served = [_edition(edition, members[place], count) for place, edition in enumerate(known)]
    neighbours = [edition for edition in served if not edition.same_period]
    cells = _cells(connection, neighbours[-1].shown if neighbours else np.ones(count, dtype=np.bool_))
    decided = decide(cells, members[NOW], served, profile, rules, may_serve_again=may_serve_again)
    order, last = _another_order(count), max(int(m.group.max(initial=0)) for m in members.values())
    turned = [Edition(e.same_period, e.shown[order], _renumbered(e.members, order, last)) for e in served]
    again = decide(
        _reordered(cells, order), _renumbered(members[NOW], order, last), turned, profile, rules, may_serve_again=may_serve_again
    )
    differing = int(((decided.reason[order] != again.reason) | (decided.edition[order] != again.edition)).sum())
    _apply(connection, table, decided, [edition.release_id for edition in known])
    return Settled(decided, differing)


def again_table(dataset: str) -> str:
    """The temp table that lists which cells of a dataset are served again, and from which edition."""
    return f"{dataset}_served_again"


def same_cell(key: Sequence[str], one: str, other: str) -> str:
    """The condition that rows of two relations are of one cell; an empty dimension is as good as any value."""
    return " and ".join(f"{one}.{name} is not distinct from {other}.{name}" for name in key)


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("select count(*) from asked").fetchone()
    return row[0] if row else 0


def _cells(connection: duckdb.DuckDBPyConnection, shown_before: Flags) -> Cells:
    columns = connection.execute(
        "select dense_rank() over (order by kpi_code, kpi_version) as family, established, most_common_times, printed, steps_apart, in_first_period "
        "from asked order by place"
    ).fetchnumpy()
    return Cells(
        family=np.asarray(columns["family"], dtype=np.int64),
        established=np.asarray(columns["established"], dtype=np.int64),
        most_common_times=np.asarray(columns["most_common_times"], dtype=np.int64),
        printed=np.asarray(columns["printed"], dtype=np.int64),
        steps_apart=np.asarray(columns["steps_apart"], dtype=np.float64),
        in_first_period=np.asarray(columns["in_first_period"], dtype=np.bool_),
        hidden_before=~shown_before,
    )


def _members(connection: duckdb.DuckDBPyConnection, table: Table, past: Sequence[Past]) -> dict[int, Members]:
    """Who is in the cells now (NOW) and was in each edition, with the same numbers for the same groups."""
    columns = ", ".join(table.key)
    sources = [(NOW, f"({table.members})")]
    sources += [(place, f"read_parquet({literal(str(edition.ledgers[table.dataset]))})") for place, edition in enumerate(past)]
    union = " union all ".join(
        f"select {place} as edition, {columns}, holding_group_id, value from {source} as s" for place, source in sources
    )
    found = connection.execute(
        f"""select s.edition, a.place, dense_rank() over (order by s.holding_group_id) as number, cast(hash(s.value) >> 1 as bigint) as digest
        from ({union}) as s join asked as a on {same_cell(table.key, "s", "a")}"""
    ).fetchnumpy()
    arrays = [np.asarray(found[name], dtype=np.int64) for name in ("edition", "place", "number", "digest")]
    return {place: Members(*(array[arrays[0] == place] for array in arrays[1:])) for place, _ in sources}


def _another_order(count: int) -> Integers:
    """Places in an order that has nothing to do with names: that of the fractional parts of multiples of the golden ratio."""
    return np.argsort(np.arange(1, count + 1) * ((math.sqrt(5) - 1) / 2) % 1, kind="stable")


def _reordered(cells: Cells, order: Integers) -> Cells:
    return Cells(*(getattr(cells, field.name)[order] for field in fields(cells)))


def _renumbered(members: Members, order: Integers, last: int) -> Members:
    """The members of cells that stand in another order now, their groups numbered from the `last` one on, their rows turned round."""
    place = np.argsort(order, kind="stable")
    return Members(place[members.cell][::-1], last - members.group[::-1], members.digest[::-1])


def _edition(past: Past, members: Members, cells: int) -> Edition:
    return Edition(past.same_period, members.sizes(cells) > 0, members)


def _apply(connection: duckdb.DuckDBPyConnection, table: Table, decided: Decisions, release_ids: Sequence[str]) -> None:
    key = ", ".join(table.key)
    again = np.flatnonzero(decided.reason == Reason.RE_SERVED)
    lists = {"hidden": np.flatnonzero(decided.reason != Reason.PUBLISHED), "again": again}
    connection.register("decided_hidden", pa.table({"place": pa.array(lists["hidden"], pa.int64())}))
    named = [release_ids[place] for place in decided.edition[again]]
    connection.register("decided_again", pa.table({"place": pa.array(again, pa.int64()), "release_id": pa.array(named, pa.string())}))
    connection.execute(
        f"create or replace temp table {again_table(table.dataset)} as select {key}, release_id from asked join decided_again using (place)"
    )
    connection.execute(
        f"delete from {table.name} as t where period_key = {table.period_key} "
        f"and exists (select 1 from asked as a semi join decided_hidden using (place) where {same_cell(table.key, 'a', 't')})"
    )
    connection.unregister("decided_hidden")
    connection.unregister("decided_again")
