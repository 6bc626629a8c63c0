"""The manifest of a release: what is in the folder, made from what, by which versions, and signed.

The signature is Ed25519 over the manifest without its signature, as JSON with sorted keys and no spaces (UTF-8).
The Merkle root is that of RFC 6962 section 2.1 over the included submissions in order of receipt.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from orchestration.intake.vault import file_digest

MANIFEST = "manifest.json"


def describe_files(folder: Path) -> dict[str, dict[str, Any]]:
    """sha256, bytes and (for tables) rows of every file in a folder but the manifest, by name."""
    with duckdb.connect(config={"threads": 1}) as connection:
        return {
            path.name: {"sha256": file_digest(path), "bytes": path.stat().st_size, "rows": _rows(connection, path)}
            for path in sorted(folder.iterdir())
            if path.name != MANIFEST
        }


def _rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int | None:
    """Of Parquet as its footer says; None where it is no table, or a damaged one: its digest says so."""
    try:
        if path.suffix == ".parquet":
            return pq.read_metadata(path).num_rows
        if path.suffix != ".csv":
            return None
        row = connection.execute("select count(*) from read_csv($1, header = true, all_varchar = true)", [str(path)]).fetchone()
    except (duckdb.Error, pa.ArrowException, OSError):
        return None
    return row[0] if row else 0


def merkle_root(leaves: list[bytes]) -> str:
    """The RFC 6962 tree head of the leaves, in hex; of no leaf, the digest of nothing."""
    return _tree_head(leaves).hex()


def _tree_head(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + _tree_head(leaves[:split]) + _tree_head(leaves[split:])).digest()


def public_key_hex(signing_key: str) -> str:
    """The public half of a signing key (the Ed25519 seed in hex), in hex."""
    return _private(signing_key).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def sign(manifest: dict[str, Any], signing_key: str) -> dict[str, Any]:
    """The manifest with public_key and signature added."""
    named = {**manifest, "public_key": public_key_hex(signing_key)}
    return {**named, "signature": _private(signing_key).sign(_signed_bytes(named)).hex()}


def is_signed_by(manifest: dict[str, Any], public_key: str) -> bool:
    """Whether the manifest carries a valid signature of that key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(str(manifest.get("signature", ""))), _signed_bytes(manifest))
    except (InvalidSignature, ValueError):
        return False
    return True


def to_text(manifest: dict[str, Any]) -> str:
    return json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _signed_bytes(manifest: dict[str, Any]) -> bytes:
    unsigned = {name: value for name, value in manifest.items() if name != "signature"}
    return json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _private(signing_key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(signing_key))
