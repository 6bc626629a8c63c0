"""What `make setup` does after the packages are there: parse the dbt project, so that Dagster has its graph."""

from __future__ import annotations

import sys
from pathlib import Path

from orchestration.night import prepare_instance
from orchestration.settings import load_settings
from orchestration.warehouse import manifest_path
from orchestration.workspace import create_workspace


def main(arguments: list[str]) -> None:
    manifest = manifest_path()
    print(f"dbt graph: {manifest.relative_to(Path.cwd()) if manifest.is_relative_to(Path.cwd()) else manifest}")
    if "--dagster" in arguments:
        workspace, _ = create_workspace(load_settings().home)
        prepare_instance(workspace)


if __name__ == "__main__":
    main(sys.argv[1:])
