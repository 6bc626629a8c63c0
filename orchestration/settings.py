"""One frozen `Settings` from the environment (or `.env`); every missing or wrong variable in one error.

Secrets are read from the environment only and never printed: their fields are excluded from `repr`.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestration.errors import EvenhandError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
PREFIX = "EVENHAND_"
SECRET_HEX_DIGITS = 64
MOST_THREADS = 1024
MOST_DIGITS = 18
MOST_SHOWN = 40
LEAST_MEMORY, MOST_MEMORY = 64e6, 1e15
"""In bytes. A size below is mistyped rather than meant; one far above DuckDB cannot read."""
BYTES = {"MB": 1e6, "GB": 1e9, "MiB": 2.0**20, "GiB": 2.0**30}
FILE_FORMATS = ("parquet", "delta", "iceberg")
SPARK_URL = re.compile(r"sc://[^/;?#@\s]+(/(;[^=;?#\s]+=[^=;?#\s]*)*)?")
"""As the client takes it: a host and perhaps a port, then parameters, one `=` in each."""


@dataclass(frozen=True)
class Settings:
    """What a run may be told from outside. Sizes are in bytes unless the name says otherwise.

    `threads`, `memory_limit` and `temp_directory` are DuckDB's; what it spills goes to the workspace's `spill/` where no folder is named.
    """

    home: Path = Path("workspace")
    profile: str = "public"
    label: str | None = None
    timezone: str = "UTC"
    vendor_identity: str = "resolved"
    threads: int = 2
    memory_limit: str = "3GB"
    temp_directory: str | None = None
    max_file_bytes: int = 512 * 1024 * 1024
    max_file_rows: int = 20_000_000
    max_file_columns: int = 500
    max_unpacked_bytes: int = 1024 * 1024 * 1024
    max_value_chars: int = 1024 * 1024
    read_seconds: int = 300
    target: str = "duckdb"
    spark_remote: str = field(default="sc://127.0.0.1:15002", repr=False)  # may hold a token
    spark_file_format: str = "parquet"
    secret: str | None = field(default=None, repr=False)
    signing_key: str | None = field(default=None, repr=False)

    @property
    def memory_bytes(self) -> float:
        """`memory_limit` as a number."""
        return _bytes(self.memory_limit) or 0

    def on(self, target: str) -> Settings:
        """These settings with another engine of the transformation. Raises `EvenhandError` where it is not known."""
        if problem := _problem("target", target):
            raise EvenhandError(f"The target {problem}.")
        return replace(self, target=target)

    def require_secret(self) -> str:
        """The key of the pseudonyms. Raises `EvenhandError` where there is none."""
        return _required("EVENHAND_SECRET", self.secret)

    def require_signing_key(self) -> str:
        """The Ed25519 seed that signs releases, in hex. Raises `EvenhandError` where there is none."""
        return _required("EVENHAND_SIGNING_KEY", self.signing_key)


def load_settings(home: Path | None = None, environ: dict[str, str] | None = None) -> Settings:
    """Settings from `environ` (default: the process's own), completed by `.env` files.

    The workspace's own `.env` wins over the one in the current folder; the environment wins over both.
    Raises `EvenhandError` naming every variable that is wrong, all at once.
    """
    given = dict(os.environ if environ is None else environ)
    base = {**read_env_file(Path(".env")), **given}
    where = Path(home or base.get(PREFIX + "HOME") or "workspace").resolve()
    merged = {**read_env_file(Path(".env")), **read_env_file(where / ".env"), **given}
    values: dict[str, Any] = {"home": where}
    problems: list[str] = []
    for spec in fields(Settings):
        name = PREFIX + spec.name.upper()
        if spec.name != "home" and merged.get(name):
            _take(values, problems, spec.name, name, merged[name])
    if problems:
        raise EvenhandError("Settings: " + "; ".join(problems))
    return Settings(**values)


def read_env_file(path: Path) -> dict[str, str]:
    """`NAME=value` lines of an env file; an absent file is empty."""
    if not path.is_file():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text("utf-8", "replace").splitlines() if _is_assignment(line))
    return {name.strip(): value.strip().strip("'\"") for name, value in pairs}


def _is_assignment(line: str) -> bool:
    return "=" in line and not line.lstrip().startswith("#")


def _take(values: dict[str, Any], problems: list[str], key: str, name: str, text: str) -> None:
    if problem := _problem(key, text):
        problems.append(f"{name} {problem}")
        return
    values[key] = int(text) if key in _WHOLE_NUMBERS else text


_WHOLE_NUMBERS = {
    "threads",
    "max_file_bytes",
    "max_file_rows",
    "max_file_columns",
    "max_unpacked_bytes",
    "max_value_chars",
    "read_seconds",
}


def _problem(key: str, text: str) -> str | None:
    """What is wrong with a variable's text, None where it is fine."""
    checks = (
        (
            key in _WHOLE_NUMBERS and not _is_whole_number(text, MOST_THREADS if key == "threads" else None),
            f"is {_shortened(text)!r}, allowed is a whole number above 0" + (f", at most {MOST_THREADS}" if key == "threads" else ""),
        ),
        (
            key in {"secret", "signing_key"} and not _is_hex_key(text),
            f"must be {SECRET_HEX_DIGITS} hexadecimal digits ('evenhand init' makes one)",
        ),
        (
            key == "memory_limit" and not _is_size(text),
            f"is {_shortened(text)!r}, allowed is a size such as 4GB or 512MB, at least 64MB",
        ),
        (
            key == "temp_directory" and not _is_writable_folder(text),
            f"is {text!r}, allowed is a folder that exists and can be written to",
        ),
        (key == "timezone" and not _is_timezone(text), f"is {text!r}, allowed is an IANA name such as Europe/Zurich"),
        (key == "vendor_identity" and text not in ("resolved", "as_spelled"), f"is {text!r}, allowed are resolved, as_spelled"),
        (key == "spark_file_format" and text not in FILE_FORMATS, f"is {text!r}, allowed are {', '.join(FILE_FORMATS)}"),
        (key == "target" and text not in ("duckdb", "spark"), f"is {text!r}, allowed are duckdb, spark"),
        (
            key == "spark_remote" and not _is_spark_url(text),
            "is not the URL of a Spark Connect server, such as sc://host:15002",
        ),
        (key == "profile" and text not in ("public", "members"), f"is {text!r}, allowed are public, members"),
    )
    return next((problem for is_wrong, problem in checks if is_wrong), None)


def _is_whole_number(text: str, most: int | None) -> bool:
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        return False
    return 0 < int(text) <= (most or int(text))


def _is_size(text: str) -> bool:
    size = _bytes(text)
    return size is not None and LEAST_MEMORY <= size <= MOST_MEMORY


def _bytes(text: str) -> float | None:
    found = re.fullmatch(r"(\d{1,18}(?:\.\d{1,18})?)\s?(MB|GB|MiB|GiB)", text, re.ASCII)
    return float(found[1]) * BYTES[found[2]] if found else None


def _is_writable_folder(text: str) -> bool:
    """Tried, for what permissions say is not all: /proc takes no files from anybody."""
    try:
        with tempfile.TemporaryDirectory(prefix="evenhand-", dir=text):
            return True
    except (OSError, ValueError):
        return False


def _is_spark_url(text: str) -> bool:
    try:
        place = urlsplit(text)
        return SPARK_URL.fullmatch(text) is not None and bool(place.hostname) and place.port != 0
    except ValueError:
        return False


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "..."


def _is_hex_key(text: str) -> bool:
    return len(text) == SECRET_HEX_DIGITS and all(c in "0123456789abcdefABCDEF" for c in text)


def _is_timezone(text: str) -> bool:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _required(name: str, value: str | None) -> str:
    if not value:
        raise EvenhandError(
            f"{name} is not set: it is read from the environment or from .env; 'evenhand init' makes one for a new workspace."
        )
    return value
