"""The intake's checks on a participant's own machine: no workspace, nothing stored."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from orchestration.contracts import TableContract, intake_contracts
from orchestration.engine import engine
from orchestration.errors import EvenhandError
from orchestration.intake.arrivals import READABLE, feed_named, printable, unknown_name
from orchestration.intake.checking import FileVerdict, check_batch, refused
from orchestration.intake.deriving import SEEDS
from orchestration.intake.reading import UnreadableFileError, read_file
from orchestration.intake.receipts import receipt
from orchestration.settings import Settings


def validate_file(path: Path, feed: str | None, settings: Settings) -> dict[str, Any]:
    """The receipt a file would get, without the facts of receipt. Raises `EvenhandError` for an unknown feed or no file."""
    if not path.is_file():
        raise EvenhandError(f"There is no file {printable(str(path))}.")
    contract = _contract(feed or feed_named(path.name), " Name it with --feed.")
    verdict, assumed = _judge(path, contract, settings)
    with path.open("rb") as handle:
        sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
    return receipt({"file": printable(path.name), "feed": contract.name, "sha256": sha256}, verdict, assumed)


def _contract(feed: str, hint: str = "") -> TableContract:
    contracts = intake_contracts()
    if feed not in contracts:
        raise EvenhandError(unknown_name("feed", feed, contracts) + hint)
    return contracts[feed]


def _judge(path: Path, contract: TableContract, settings: Settings) -> tuple[FileVerdict, dict[str, str]]:
    if path.suffix.lower() not in READABLE:
        return refused(f"The file ends in {printable(path.suffix) or 'nothing'!r}: allowed are {', '.join(READABLE)}."), {}
    try:
        file = read_file(path, contract, settings)
    except UnreadableFileError as reason:
        return refused(str(reason)), {}
    with engine(settings) as connection:
        return check_batch(connection, contract, [file], SEEDS)[0], dict(file.assumed)
