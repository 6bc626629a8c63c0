"""`make docs`: the models, columns and lineage of a workspace's warehouse as one page for analysts."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestration.errors import EvenhandError
from orchestration.settings import Settings, load_settings
from orchestration.warehouse import run_dbt
from orchestration.workspace import Workspace, exclusive_run

PAGE = "static_index.html"


def write_docs(workspace: Workspace, settings: Settings) -> Path:
    """Write `models.html` into the workspace, all in one file. Raises `EvenhandError` before the first night, and while one is running."""
    if not workspace.warehouse.exists():
        raise EvenhandError(f"There is no warehouse in {workspace.home} yet: run 'evenhand nightly' or 'evenhand demo' first.")
    target = workspace.home / "models.html"
    with exclusive_run(workspace):
        run_dbt(workspace, settings.on("duckdb"), ["docs", "generate", "--static", "--quiet"])
        shutil.copyfile(workspace.dagster / "dbt" / PAGE, target)
    return target


def main() -> None:
    """Write the page for the workspace of EVENHAND_HOME; where there is none, for the demo's."""
    settings = load_settings()
    home = settings.home if (settings.home / "warehouse.duckdb").exists() else settings.home / "demo"
    try:
        print(f"Models: {write_docs(Workspace(home), load_settings(home))}")
    except EvenhandError as error:
        raise SystemExit(f"evenhand: {error}") from None


if __name__ == "__main__":
    main()
