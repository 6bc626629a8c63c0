"""Vendor identities of a workspace, derived from its lake and its vault: `lake/vendor_identities/identities.parquet`.

Spellings are resolved in the order in which submissions brought them, one submission after the other, so that deriving
everything anew gives the same bytes as adding night by night. As long as no decision and no rule has changed, only new
spellings are looked up.
"""

from __future__ import annotations

from dataclasses import astuple, fields
from itertools import groupby
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.intake.vault import Vault
from orchestration.sql import literal
from orchestration.vendors.decisions import Rulings, read_rulings
from orchestration.vendors.identity import EMPTY, Identity, Registry, own_vendor, resolve
from orchestration.workspace import Workspace

FOLDER = "vendor_identities"
RULES_VERSION = "1"
"""To be raised with every change of the rules: identities are then derived anew."""
FEEDS = ("kpi_values", "engagements")
COLUMNS = [(f.name, pa.int32() if f.name == "batch" else pa.string()) for f in fields(Identity)]


def resolve_lake_vendors(workspace: Workspace, *, as_spelled: bool = False, anew: bool = False) -> Registry:
    """Resolve every spelling in the lake and write the identities, ordered by spelling. `anew` forgets earlier ones.

    `as_spelled` leaves every spelling a vendor of its own, whatever was found or decided.
    """
    rulings = read_rulings(Vault(workspace.vault))
    path = workspace.lake / FOLDER / "identities.parquet"
    seen = _first_seen(workspace.lake)
    registry = EMPTY if anew or as_spelled else _kept(path, rulings, seen)
    if as_spelled:
        _write(Registry({s: own_vendor(s, seen[s]) for s in seen}), b"as_spelled", path)
        return read_registry(workspace)
    for batch, spellings in groupby(sorted(seen, key=lambda s: (seen[s], s)), key=lambda s: seen[s]):
        registry = resolve(list(spellings), registry, rulings, batch)
    _write(registry, _derived_by(rulings), path)
    return registry


def read_registry(workspace: Workspace) -> Registry:
    """The registry as it was last written; empty where it never was."""
    path = workspace.lake / FOLDER / "identities.parquet"
    return _registry(pq.read_table(path)) if path.exists() else EMPTY


def _first_seen(lake: Path) -> dict[str, int]:
    """Every spelling in the lake and the number of the submission that brought it first."""
    files = [lake / feed for feed in FEEDS if any((lake / feed).glob("*.parquet"))]
    if not files:
        return {}
    rows = " union all ".join(f"select vendor, submission_seq from read_parquet({literal(f'{folder}/*.parquet')})" for folder in files)
    with duckdb.connect() as connection:
        found = connection.execute(f"select vendor, min(submission_seq) from ({rows}) where vendor is not null group by vendor").fetchall()
    return {str(vendor): int(first) for vendor, first in found}


def _kept(path: Path, rulings: Rulings, seen: dict[str, int]) -> Registry:
    """What was derived before, where it still is what deriving anew would give."""
    if not path.exists():
        return EMPTY
    table = pq.read_table(path)
    registry = _registry(table)
    is_current = (table.schema.metadata or {}).get(b"derived_by") == _derived_by(rulings)
    last = max((row.batch for row in registry.identities.values()), default=0)
    is_prefix = {s: seen[s] for s in seen if seen[s] <= last} == {s: row.batch for s, row in registry.identities.items()}
    return registry if is_current and is_prefix else EMPTY


def _registry(table: pa.Table) -> Registry:
    return Registry({row["spelling"]: Identity(**row) for row in table.to_pylist()})


def _write(registry: Registry, derived_by: bytes, path: Path) -> None:
    schema = pa.schema(COLUMNS, metadata={b"derived_by": derived_by})
    rows = [astuple(registry.identities[spelling]) for spelling in sorted(registry.identities)]
    columns = [pa.array(column, type=kind) for column, (_, kind) in zip(zip(*rows, strict=True), COLUMNS, strict=True)] if rows else None
    table = pa.Table.from_arrays(columns, schema=schema) if columns else schema.empty_table()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    pq.write_table(table, beside)
    beside.replace(path)


def _derived_by(rulings: Rulings) -> bytes:
    return f"{RULES_VERSION}:{rulings.digest}".encode()
