"""Ids of vendors that stay: an append-only book of which spelling ever had which id.

    vault/vendors/ids.jsonl    {"id": ..., "spelling": keyed digest of the normalised spelling}, the founding spelling first

A vendor has the id that one of its spellings founded, of several the oldest; without one, an id that one of its spellings
had. Only then a new one is made. The book holds no name: what was erased stays unreadable, and the ids of others stay.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ID_HEX_DIGITS = 16
Line = tuple[str, str]


@dataclass(frozen=True)
class IdBook:
    """Lines of (id, digest of a spelling) in the order in which they were written, and the key of the digests."""

    lines: tuple[Line, ...] = ()
    key: bytes = field(default=b"", repr=False)

    def assign(self, vendors: Mapping[str, Sequence[str]]) -> tuple[dict[str, str], IdBook]:
        """Ids of vendors, given by founder with the spellings of each, and the book with what is new. The order of both counts."""
        digests = {founder: [self._digest(s) for s in spellings] for founder, spellings in vendors.items()}
        ids = self._founded(digests)
        ids |= self._inherited({f: d for f, d in digests.items() if f not in ids}, set(ids.values()))
        taken = {line[0] for line in self.lines}
        for founder in (f for f in vendors if f not in ids):
            ids[founder] = self._new(founder, taken)
            taken.add(ids[founder])
        known = set(self.lines)
        added = [line for founder in vendors for digest in digests[founder] if (line := (ids[founder], digest)) not in known]
        return ids, IdBook((*self.lines, *dict.fromkeys(added)), self.key)

    def _founded(self, digests: Mapping[str, list[str]]) -> dict[str, str]:
        """A spelling lies in one vendor only, so no two vendors claim one id here."""
        founded: dict[str, list[str]] = {}
        seen: set[str] = set()
        for vendor_id, digest in self.lines:
            if vendor_id not in seen:
                seen.add(vendor_id)
                founded.setdefault(digest, []).append(vendor_id)
        order = {vendor_id: place for place, (vendor_id, _) in reversed(list(enumerate(self.lines)))}
        claims = {founder: [i for d in own for i in founded.get(d, [])] for founder, own in digests.items()}
        return {founder: min(ids, key=lambda i: order[i]) for founder, ids in claims.items() if ids}

    def _inherited(self, digests: Mapping[str, list[str]], taken: set[str]) -> dict[str, str]:
        """Ids whose founding spelling is gone: to the vendor with most of the spellings that had it, then the one named first."""
        vendor_of = {digest: founder for founder, own in digests.items() for digest in own}
        holders: dict[str, Counter[str]] = {}
        for vendor_id, digest in self.lines:
            if vendor_id not in taken and digest in vendor_of:
                holders.setdefault(vendor_id, Counter())[vendor_of[digest]] += 1
        heirs: dict[str, str] = {}
        places = {founder: place for place, founder in enumerate(digests)}
        for vendor_id, counts in holders.items():
            free = [founder for founder in counts if founder not in heirs]
            if free:
                heirs[min(free, key=lambda f: (-counts[f], places[f]))] = vendor_id
        return heirs

    def _new(self, founder: str, taken: set[str]) -> str:
        text, attempt = self._digest(founder), 0
        while (made := "v" + hashlib.sha256(f"{text}:{attempt}".encode()).hexdigest()[:ID_HEX_DIGITS]) in taken:
            attempt += 1
        return made

    def _digest(self, spelling: str) -> str:
        text = " ".join(spelling.split())
        return hmac.new(self.key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def read_ids(path: Path, secret: str) -> IdBook:
    """The book of a vault; empty where there is none yet. A line half written by a crash does not count."""
    lines = [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]] if path.exists() else []
    return IdBook(tuple((line["id"], line["spelling"]) for line in lines), hashlib.sha256(f"vendor ids {secret}".encode()).digest())


def append_ids(path: Path, book: IdBook) -> None:
    """Write the lines of `book` that are not in the file yet, durably."""
    whole = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    new = [json.dumps({"id": vendor_id, "spelling": digest}).encode() for vendor_id, digest in book.lines[len(whole) :]]
    if not new:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if path.exists() else "wb") as handle:
        handle.truncate(sum(len(line) + 1 for line in whole))
        handle.seek(0, os.SEEK_END)
        handle.write(b"".join(line + b"\n" for line in new))
        handle.flush()
        os.fsync(handle.fileno())
