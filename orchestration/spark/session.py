"""A session of Spark Connect. The client is an optional extra; nothing else in the project imports it."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from orchestration.errors import EvenhandError

DEFAULT_PORT = 15002
REACH_SECONDS = 5.0


def require_extra() -> None:
    """Raise `EvenhandError` where the client or dbt's adapter is not installed."""
    if find_spec("pyspark") is None or find_spec("dbt.adapters.spark") is None:
        raise EvenhandError("The target spark needs the extra of that name: 'make spark' installs it (docs/scaling.md).")


def require_spark(remote: str) -> None:
    """Raise `EvenhandError` where the extra is not installed or nothing answers at `remote`; the client itself would try for minutes."""
    require_extra()
    place = urlsplit(remote)
    host, port = place.hostname or "", place.port or DEFAULT_PORT
    try:
        socket.create_connection((host, port), REACH_SECONDS).close()
    except OSError as error:
        raise EvenhandError(
            f"No Spark Connect server answers at {host}:{port} ({error.strerror or error}): EVENHAND_SPARK_REMOTE says where it is."
        ) from None
    warnings.filterwarnings("ignore", message="Failed to set spark.sql.catalogImplementation")  # the adapter asks for Hive in every session


@contextmanager
def spark_session(remote: str) -> Generator[Any]:
    """A session at `remote`, ended afterwards. Where this process has one already, as after dbt, it is that one."""
    from pyspark.sql import SparkSession  # pyright: ignore[reportMissingImports]

    session: Any = SparkSession.builder.remote(remote).getOrCreate()
    try:
        yield session
    finally:
        session.stop()
