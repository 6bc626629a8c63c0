"""The vault: every submission as sent, and the append-only log of events. The only truth (ARCHITECTURE, rule 1).

    vault/events.jsonl                          one JSON object per line, each holding the digest of the line before
    vault/submissions/<submission_id>/          original.<ext>, receipt.json, receipt.html
    vault/quarantine/<feed>/<batch>.parquet     quarantined rows with their reasons
    vault/names/<participant_id>/<batch>.parquet  what its pseudonyms stand for, for its own report alone
    vault/vendors/ids.jsonl                     which id each vendor ever had, by keyed digests of its spellings
    vault/editions/<release_id>.parquet         private ledger of what was served, with contributor sets
    vault/rates/<sha256>.<ext>                  files of exchange rates that the operator dropped

Nothing here is ever changed or removed, but for an erasure on request (erasure.py). An event is a fact that derivation needs again; wall clocks stay in receipts.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from orchestration.errors import EvenhandError

FIRST = "0" * 64
COPY_BYTES = 1 << 20


@dataclass(frozen=True)
class Vault:
    """One consortium's vault folder."""

    root: Path

    @property
    def log(self) -> Path:
        return self.root / "events.jsonl"

    def submission(self, submission_id: str) -> Path:
        return self.root / "submissions" / submission_id

    def edition(self, release_id: str) -> Path:
        return self.root / "editions" / f"{release_id}.parquet"

    def ledger(self, release_id: str, dataset: str) -> Path:
        """Who was in each cell of an edition's dataset."""
        return self.edition(release_id) if dataset == "benchmark" else self.root / "editions" / f"{release_id}.{dataset}.parquet"

    def rates(self, sha256: str, extension: str) -> Path:
        return self.root / "rates" / f"{sha256}{extension}"

    @property
    def names(self) -> Path:
        return self.root / "names"

    def quarantine(self, feed: str, batch: str) -> Path:
        return self.root / "quarantine" / feed / f"{batch}.parquet"

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Every event in order, or those of one kind. Raises `EvenhandError` where the chain is broken."""
        return [event for event in self._read() if kind is None or event["event"] == kind]

    def append(self, kind: str, **facts: Any) -> None:
        """Add one event, durably, chained to the one before. A line half written by a crash is cut off first."""
        self.root.mkdir(parents=True, exist_ok=True)
        lines = self._whole_lines()
        line = json.dumps(
            {"event": kind, "previous": _digest(lines[-1]) if lines else FIRST, **facts},
            sort_keys=True,
            ensure_ascii=False,
        )
        with self.log.open("r+b" if self.log.exists() else "wb") as handle:
            handle.truncate(sum(len(text) + 1 for text in lines))
            handle.seek(0, os.SEEK_END)
            handle.write(line.encode("utf-8") + b"\n")
            handle.flush()
            os.fsync(handle.fileno())

    def keep(self, path: Path, number: int) -> tuple[Path, str]:
        """Copy a landed file in beside its final place; of a link only where it points, for links are never followed.

        Returns (copy, sha256 of the copy).
        """
        incoming = self.root / "incoming" / f"{number}{'.link' if path.is_symlink() else _extension(path)}"
        incoming.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            incoming.write_bytes(os.fsencode(path.readlink()))
        else:
            _copy(path, incoming)
        return incoming, file_digest(incoming)

    def settle(self, incoming: Path, submission_id: str) -> Path:
        """Give a kept file its final place. Settling the same bytes again changes nothing."""
        folder = self.submission(submission_id)
        folder.mkdir(parents=True, exist_ok=True)
        original = folder / f"original{incoming.suffix}"
        incoming.replace(original)
        return original

    def _whole_lines(self) -> list[bytes]:
        if not self.log.exists():
            return []
        return self.log.read_bytes().split(b"\n")[:-1]

    def _read(self) -> Iterator[dict[str, Any]]:
        expected = FIRST
        for number, line in enumerate(self._whole_lines(), start=1):
            event = _parsed(line)
            if event.get("previous") != expected:
                raise EvenhandError(
                    f"The vault's event log is broken at line {number}: it was changed after it was written. Restore {self.log.name} from a backup."
                )
            expected = _digest(line)
            yield event


def chained(events: Iterable[dict[str, Any]]) -> bytes:
    """The text of a log of its own that holds these events and nothing else."""
    lines: list[bytes] = []
    for event in events:
        facts = {**event, "previous": _digest(lines[-1]) if lines else FIRST}
        lines.append(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode("utf-8"))
    return b"".join(line + b"\n" for line in lines)


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _parsed(line: bytes) -> dict[str, Any]:
    """The event of a line; an empty one, which breaks the chain, where the line holds none."""
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _extension(path: Path) -> str:
    extension = path.suffix.lower()[:12]
    return extension if extension[1:].isascii() and extension[1:].isalnum() else ""


def _copy(source: Path, target: Path) -> None:
    """Copy a file's bytes; its holes stay holes, so that gigabytes of nothing cost neither time nor disk."""
    with source.open("rb") as reader, target.open("wb") as writer:
        size, end = os.fstat(reader.fileno()).st_size, 0
        writer.truncate(size)
        while end < size and (start := _next_data(reader.fileno(), end)) is not None:
            end = min(os.lseek(reader.fileno(), start, os.SEEK_HOLE), size)
            reader.seek(start)
            writer.seek(start)
            _copy_bytes(reader, writer, end - start)


def _next_data(descriptor: int, position: int) -> int | None:
    try:
        return os.lseek(descriptor, position, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:  # only a hole is left
            return None
        raise


def _copy_bytes(reader: BinaryIO, writer: BinaryIO, count: int) -> None:
    while count > 0 and (block := reader.read(min(count, COPY_BYTES))):
        writer.write(block)
        count -= len(block)


def file_digest(path: Path) -> str:
    """sha256 of a file in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
