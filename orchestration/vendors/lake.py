"""Vendor identities of a workspace, derived from its lake and its vault: `lake/vendor_identities/identities.parquet`.

Spellings are resolved in the order in which submissions brought them, one submission after the other, so that deriving
everything anew gives the same bytes as adding night by night. As long as no decision and no rule has changed, only new
spellings are looked up. Ids come from the vault's book and outlive the lake, erasures and decisions.
"""

from __future__ import annotations

from dataclasses import astuple, fields
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.engine import engine
from orchestration.intake.vault import Vault
from orchestration.settings import Settings, load_settings
from orchestration.sql import literal
from orchestration.vendors.decisions import Rulings, read_rulings
from orchestration.vendors.identity import Identity, Registry, own_vendor, resolve_batches
from orchestration.vendors.ids import IdBook, append_ids, read_ids
from orchestration.workspace import Workspace

FOLDER = "vendor_identities"
RULES_VERSION = "4"
"""To be raised with every change of the rules: identities are then derived anew."""
FEEDS = ("kpi_values", "engagements")
KINDS = {"batch": pa.int32(), "is_doubtful": pa.bool_()}
COLUMNS = [(f.name, KINDS.get(f.name, pa.string())) for f in fields(Identity)]
BOOK = Path("vendors") / "ids.jsonl"


def resolve_lake_vendors(workspace: Workspace, as_of: date | None = None, *, as_spelled: bool = False, anew: bool = False) -> Registry:
    """Resolve every spelling in the lake and write the identities, ordered by spelling. `anew` forgets earlier ones.

    Decisions that hold on `as_of` count, by default all. `as_spelled` leaves every spelling a vendor of its own, whatever
    was found or decided.
    """
    path = workspace.lake / FOLDER / "identities.parquet"
    settings = load_settings(workspace.home)
    seen = _first_seen(workspace.lake, settings)
    if as_spelled:
        _write(Registry({s: own_vendor(s, seen[s]) for s in seen}), b"as_spelled", path)
        return read_registry(workspace)
    rulings = read_rulings(Vault(workspace.vault), as_of)
    ids = read_ids(workspace.vault / BOOK, settings.require_secret()) if seen else IdBook()
    known = Registry({}, ids, rulings) if anew else _kept(path, ids, rulings, seen)
    batches: dict[int, list[str]] = {}
    for spelling in sorted(seen.keys() - known.identities.keys()):
        batches.setdefault(seen[spelling], []).append(spelling)
    registry = resolve_batches(batches, known, rulings)
    append_ids(workspace.vault / BOOK, registry.ids)
    _write(registry, _derived_by(rulings), path)
    return registry


def read_registry(workspace: Workspace) -> Registry:
    """The registry as it was last written; empty where it never was."""
    path = workspace.lake / FOLDER / "identities.parquet"
    return Registry(_identities(pq.read_table(path)) if path.exists() else {})


def _first_seen(lake: Path, settings: Settings) -> dict[str, int]:
    """Every spelling in the lake and the number of the submission that brought it first."""
    files = [lake / feed for feed in FEEDS if any((lake / feed).glob("*.parquet"))]
    if not files:
        return {}
    rows = " union all ".join(f"select vendor, submission_seq from read_parquet({literal(f'{folder}/*.parquet')})" for folder in files)
    with engine(settings) as connection:
        found = connection.execute(f"select vendor, min(submission_seq) from ({rows}) where vendor is not null group by vendor").fetchall()
    return {str(vendor): int(first) for vendor, first in found}


def _kept(path: Path, ids: IdBook, rulings: Rulings, seen: dict[str, int]) -> Registry:
    """What was derived before, where it still is what deriving anew would give."""
    if not path.exists():
        return Registry({}, ids, rulings)
    table = pq.read_table(path)
    if (table.schema.metadata or {}).get(b"derived_by") != _derived_by(rulings):
        return Registry({}, ids, rulings)
    identities = _identities(table)
    last = max((row.batch for row in identities.values()), default=0)
    is_prefix = {s: seen[s] for s in seen if seen[s] <= last} == {s: row.batch for s, row in identities.items()}
    return Registry(identities if is_prefix else {}, ids, rulings)


def _identities(table: pa.Table) -> dict[str, Identity]:
    return {row["spelling"]: Identity(**row) for row in table.to_pylist()}


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
