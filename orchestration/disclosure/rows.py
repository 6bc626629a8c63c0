"""What the rows of an edition say, as one digest."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import duckdb

from orchestration.disclosure.datasets import DATASETS
from orchestration.sql import literal


def content_digest(folder: Path) -> str:
    """sha256 of the rows of every dataset in a folder, without release_id: equal where two editions say the same.

    Datasets made of the others alone add nothing. Files are read as rows once only while their bytes stay the same: a night asks for each
    edition as often as there are editions after it.
    """
    files = [(dataset.name, dataset.file(folder)) for dataset in DATASETS if dataset.table]
    return _digest_of_rows(tuple((name, file, hashlib.sha256(file.read_bytes()).hexdigest()) for name, file in files))


@lru_cache(maxsize=1024)
def _digest_of_rows(files: tuple[tuple[str, Path, str], ...]) -> str:
    """files: the name of each dataset, its file, and a digest of its bytes."""
    digest = hashlib.sha256()
    with duckdb.connect() as connection:
        for name, file, _ in files:
            rows = connection.execute(f"select * exclude (release_id) from read_parquet({literal(str(file))})").fetchall()
            digest.update(name.encode())
            for row in rows:
                digest.update(repr(row).encode("utf-8"))
    return digest.hexdigest()
