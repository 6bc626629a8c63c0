"""One Spark for all tests of this folder, and two nights of the small consortium on both engines."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.demo.run import DEMO_AS_OF
from orchestration.night import run_night
from orchestration.settings import load_settings
from orchestration.workspace import Workspace
from tests.conftest import new_workspace
from tests.small import cut_small
from tests.spark.cluster import Cluster, spark_cluster

SECOND_NIGHT = date(2026, 7, 1)
CORRECTED_FROM = "2025-10-01"


@pytest.fixture(scope="session")
def cluster() -> Generator[Cluster]:
    with spark_cluster(workers=2, short_lived=True) as running:
        yield running


@dataclass(frozen=True)
class Nights:
    """The same consortium after the same night: `duckdb` and `spark` name the engine of its transformation."""

    duckdb: Workspace
    spark: Workspace


@pytest.fixture(scope="session")
def landed(demo_landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small consortium over all years of the demo, so that there are many parts of which few change."""
    folder = tmp_path_factory.mktemp("landed")
    cut_small(demo_landed, folder, first_day_left_out="2026-01-01")
    return folder


@pytest.fixture(scope="session")
def consortia(cluster: Cluster, landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """After the first night. The second one changes them: tests take one of the two fixtures below."""
    homes = tmp_path_factory.mktemp("consortia")
    reached = f"EVENHAND_SPARK_REMOTE={cluster.remote}\nEVENHAND_THREADS=4\n"
    made = Nights(new_workspace(homes / "duckdb", reached), new_workspace(homes / "spark", reached))
    for workspace, target in ((made.duckdb, "duckdb"), (made.spark, "spark")):
        shutil.copytree(landed, workspace.landing, dirs_exist_ok=True)
        run_night(workspace, load_settings(workspace.home, environ={}).on(target), DEMO_AS_OF, "public")
    return made


@pytest.fixture(scope="session")
def nights(consortia: Nights, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """Copies of the workspaces as the first night left them."""
    homes = tmp_path_factory.mktemp("first") / "homes"
    shutil.copytree(consortia.duckdb.home.parent, homes)
    return Nights(Workspace(homes / "duckdb"), Workspace(homes / "spark"))


@dataclass(frozen=True)
class Grown(Nights):
    """After the second night. `written`: Spark's tables whose parts are partitions, and which of them that night wrote, of how many."""

    written: dict[str, tuple[set[int], int]]


@pytest.fixture(scope="session")
def grown(nights: Nights, consortia: Nights, cluster: Cluster, landed: Path) -> Grown:
    """A participant corrects its newest quarter; the night of Spark is started as an operator would."""
    before = partitions(cluster)
    for workspace in (consortia.duckdb, consortia.spark):
        send_correction(workspace, landed)
    run_night(consortia.duckdb, load_settings(consortia.duckdb.home, environ={}), SECOND_NIGHT, "public")
    night = ["nightly", "--target", "spark", "--as-of", SECOND_NIGHT.isoformat()]
    ended = CliRunner().invoke(app, night, env={"EVENHAND_HOME": str(consortia.spark.home)}, catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    after = partitions(cluster)
    written = {
        table: ({key for key in parts if parts[key] != before.get(table, {}).get(key)}, len(parts)) for table, parts in after.items()
    }
    return Grown(consortia.duckdb, consortia.spark, written)


def send_correction(workspace: Workspace, landed: Path) -> None:
    """One participant's figures of its newest quarter, a tenth lower."""
    source = min(landed.glob("*/kpi_values*.csv"))
    with source.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["period_start"] >= CORRECTED_FROM]
    for row in rows:
        row["numerator"] = f"{float(row['numerator'] or 0) * 0.9:.4f}"
    target = workspace.landing / source.parent.name / "kpi_values__corrected.csv"
    target.parent.mkdir(exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def partitions(cluster: Cluster) -> dict[str, dict[int, set[str]]]:
    """The files of each partition of each partitioned table. Spark gives a file it writes a name of its own, so names tell what was written."""
    found: dict[str, dict[int, set[str]]] = {}
    for file in (cluster.folder / "tables" / "intermediate.db").glob("*/*_key=*/*.parquet"):
        parts = found.setdefault(file.parts[-3], {})
        parts.setdefault(int(file.parts[-2].rpartition("=")[2]), set()).add(file.name)
    return found
