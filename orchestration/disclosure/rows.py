"""What the rows of an edition say, as one digest."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from orchestration.disclosure.datasets import DATASETS
from orchestration.sql import literal


def content_digest(folder: Path) -> str:
    """sha256 of the rows of every dataset in a folder, without release_id: equal where two editions say the same.

    Datasets made of the others alone add nothing.
    """
    digest = hashlib.sha256()
    with duckdb.connect() as connection:
        for dataset in DATASETS:
            if dataset.table:
                source = literal(str(dataset.file(folder)))
                rows = connection.execute(f"select * exclude (release_id) from read_parquet({source})").fetchall()
                digest.update(dataset.name.encode())
                for row in rows:
                    digest.update(repr(row).encode("utf-8"))
    return digest.hexdigest()
