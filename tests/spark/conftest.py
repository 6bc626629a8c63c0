"""One Spark for all tests of this folder, and the made consortium's night on both engines."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.demo.run import DEMO_AS_OF
from orchestration.night import run_night
from orchestration.settings import Settings, load_settings
from orchestration.workspace import Workspace
from tests.conftest import new_workspace
from tests.spark.cluster import Cluster, spark_cluster


@pytest.fixture(scope="session")
def cluster() -> Generator[Cluster]:
    with spark_cluster(workers=2, short_lived=True) as running:
        yield running


@dataclass(frozen=True)
class Nights:
    """The same consortium after the same night: `duckdb` and `spark` name the engine of its transformation."""

    duckdb: Workspace
    spark: Workspace


def spark_settings(workspace: Workspace, cluster: Cluster) -> Settings:
    return load_settings(workspace.home, environ={"EVENHAND_TARGET": "spark", "EVENHAND_SPARK_REMOTE": cluster.remote})


@pytest.fixture(scope="session")
def nights(cluster: Cluster, landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    homes = tmp_path_factory.mktemp("nights")
    made = Nights(
        new_workspace(homes / "duckdb", REMOTE.format(cluster.remote)), new_workspace(homes / "spark", REMOTE.format(cluster.remote))
    )
    for workspace, target in ((made.duckdb, "duckdb"), (made.spark, "spark")):
        shutil.copytree(landed, workspace.landing, dirs_exist_ok=True)
        run_night(workspace, load_settings(workspace.home, environ={}).on(target), DEMO_AS_OF, "public")
    return made


REMOTE = "EVENHAND_SPARK_REMOTE={}\n"
