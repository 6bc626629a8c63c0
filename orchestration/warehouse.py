"""Run dbt in this process: from the lake to the marts. Knows how dbt is called, not what its models mean.

dbt gets its paths through the environment (a `--vars` argument would force a full parse on every run), and the night's
dates through the one-row source `raw.night`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import yaml

from orchestration.digests import digest_of
from orchestration.engine import engine, spill_folder
from orchestration.errors import EvenhandError
from orchestration.intake.grading import days_to_answer
from orchestration.model_codes import Project
from orchestration.periods import data_until
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.software import INTAKE, made_with
from orchestration.spark.session import require_spark
from orchestration.spark.takeover import begin_own_warehouse, take_over
from orchestration.sql import literal
from orchestration.workspace import Workspace

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
BYTES_A_ROW = 600  # of memory for each row that one statement sums, measured with all cuts
LEAST_ROWS_AT_ONCE = 100_000
MARTS = (
    "company_values",
    "cell_evidence",
    "trend_evidence",
    "attainment_evidence",
    "participant_values",
    "excluded_rows",
    "questions",
    "converted_amounts",
    "rates_used",
    "submission_grades",
    "success_weights",
)
BAD = ("error", "fail", "runtime error")


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt node. `status`: success, pass, warn, fail, error or skipped."""

    unique_id: str
    status: str
    seconds: float
    message: str
    failures: int


def write_night(workspace: Workspace, as_of: date, min_age_months: int, secret: str = "") -> None:
    """The one-row source that tells the models which night it is. `secret`: what the key of the questions' ids is derived from."""
    path = workspace.lake / "night" / "night.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    until = data_until(as_of, min_age_months)
    answers_until = as_of - timedelta(days=days_to_answer())
    key = hashlib.sha256(f"questions:{secret}".encode()).hexdigest()
    beside = path.with_suffix(".tmp")
    with duckdb.connect() as connection:
        select = (
            f"select date '{as_of.isoformat()}' as as_of, date '{until.isoformat()}' as data_until, "
            f"date '{answers_until.isoformat()}' as answers_until, '{key}' as question_key, '{intake_version()}' as intake_version"
        )
        connection.execute(f"copy ({select}) to {literal(str(beside))} (format parquet)")
    beside.replace(path)


def intake_version() -> str:
    """A digest of what decides the rows of the lake that received files become, and of the engine. Models have digests of their own."""
    return digest_of(duckdb.__version__, made_with(INTAKE))[:16]


def build(workspace: Workspace, settings: Settings) -> list[NodeResult]:
    """Build seeds and models and run their data tests (unit tests belong to the test suite).

    What Spark built is taken over into the warehouse where nothing failed. Returns every node's result, the failed ones too.
    Raises `EvenhandError` where dbt could not run at all.
    """
    results = build_models(workspace, settings)
    if settings.target == "spark" and is_built(results):
        take_over(workspace, settings)
    return results


def build_models(workspace: Workspace, settings: Settings) -> list[NodeResult]:
    """As `build`, on the engine alone: what Spark built stays there."""
    if settings.target == "spark":
        require_spark(settings.spark_remote)
    else:
        begin_own_warehouse(workspace)
    return [
        NodeResult(
            str(r.node.unique_id),
            str(getattr(r.status, "value", r.status)),
            float(r.execution_time),
            str(r.message or ""),
            int(r.failures or 0),
        )
        for r in run_dbt(workspace, settings, ["build", "--exclude-resource-type", "unit_test", "--quiet"])
    ]


def run_dbt(workspace: Workspace, settings: Settings, arguments: Sequence[str]) -> list[Any]:
    """Call dbt with `arguments` on the workspace and return its per-node results; of its hooks those that failed. The models are
    told what they are made by.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    with _environment(workspace, settings):
        manifest = _parsed(settings)
        try:
            with _variables({"EVENHAND_MODEL_CODES": json.dumps(_codes(manifest, workspace))}):
                result = _invoke(dbtRunner(manifest=manifest), [*arguments, *_where(settings)])
        finally:
            DuckDBConnectionManager.close_all_connections()
    results = getattr(result, "results", None) or []
    return [r for r in results if not (r.node.unique_id.startswith("operation.") and str(r.status) == "success")]


def model_codes(workspace: Workspace, settings: Settings) -> dict[str, tuple[str, str, str]]:
    """What each model is made by, checked by and built from, by its name."""
    with _environment(workspace, settings):
        return _codes(_parsed(settings), workspace)


def _where(settings: Settings) -> list[str]:
    return ["--target", settings.target, "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]


def _parsed(settings: Settings) -> Manifest:
    from dbt.cli.main import dbtRunner

    return _invoke(dbtRunner(), ["--no-write-json", "parse", "--quiet", *_where(settings)])


def _invoke(runner: dbtRunner, arguments: list[str]) -> Any:
    outcome = runner.invoke(arguments)
    if outcome.exception is not None:
        raise EvenhandError(f"dbt could not run: {' '.join(str(outcome.exception).split())}")
    return outcome.result


def _codes(manifest: Manifest, workspace: Workspace) -> dict[str, tuple[str, str, str]]:
    parsed = manifest.writable_manifest().to_dict(omit_none=False)
    variables = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text("utf-8"))["vars"]
    adapter = f"dbt-{parsed['metadata']['adapter_type']}"
    engine = tuple(f"{name} {version(name)}" for name in ("duckdb", "dbt-core", adapter))
    return Project(parsed, variables, engine, lake=str(workspace.lake)).codes()


def is_built(results: Sequence[NodeResult]) -> bool:
    """Whether no node failed."""
    return not any(r.status in BAD for r in results)


def require_all_built(results: Sequence[NodeResult]) -> None:
    """Raise `EvenhandError` naming what failed, so that nothing is derived from half-built marts."""
    bad = [r for r in results if r.status in BAD]
    if bad:
        named = "; ".join(f"{r.unique_id.split('.')[2]}: {' '.join(r.message.split())[:200]}" for r in bad[:3])
        raise EvenhandError(f"The transformation failed at {len(bad)} node(s), so nothing was derived from it: {named}.")


def mart_rows(workspace: Workspace, settings: Settings) -> dict[str, int]:
    """Rows of each mart, for people who watch a run; but not of every company's and participant's values, which are spread where they are read."""
    counted = [mart for mart in MARTS if mart not in ("company_values", "participant_values")]
    with engine(settings, workspace.warehouse) as connection:
        counts = [connection.execute(f"select count(*) from marts.{mart}").fetchone() for mart in counted]
    return {mart: row[0] if row else 0 for mart, row in zip(counted, counts, strict=True)}


def manifest_path() -> Path:
    """The dbt manifest Dagster reads its graph from; made by `make setup`, or here where it is missing or stale."""
    path = DBT_PROJECT / "target" / "manifest.json"
    newest_source = max(p.stat().st_mtime for p in DBT_PROJECT.rglob("*") if _is_source(p))
    if not path.exists() or path.stat().st_mtime < newest_source:
        _parse()
    return path


def _is_source(path: Path) -> bool:
    return path.suffix in (".sql", ".yml", ".csv") and "target" not in path.relative_to(DBT_PROJECT).parts


def _parse() -> None:
    from dbt.cli.main import dbtRunner

    with _variables({"DBT_TARGET_PATH": str(DBT_PROJECT / "target"), "DBT_LOG_PATH": str(DBT_PROJECT / "target" / "logs")}):
        outcome = dbtRunner().invoke(["parse", "--quiet", "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)])
    if not outcome.success:
        raise EvenhandError(f"The dbt project cannot be parsed: {outcome.exception}")
    (DBT_PROJECT / "target" / "manifest.json").touch()


@contextmanager
def _environment(workspace: Workspace, settings: Settings) -> Generator[None]:
    target = workspace.dagster / "dbt"
    target.mkdir(parents=True, exist_ok=True)
    limits = {"EVENHAND_THREADS": str(settings.threads), "EVENHAND_MEMORY_LIMIT": settings.memory_limit}
    names = {
        "EVENHAND_ROWS_AT_ONCE": str(max(int(settings.memory_bytes) // BYTES_A_ROW, LEAST_ROWS_AT_ONCE)),
        "EVENHAND_LAKE": str(workspace.lake),
        "EVENHAND_WAREHOUSE": str(workspace.warehouse),
        "EVENHAND_SPARK_REMOTE": settings.spark_remote,
        "EVENHAND_SPARK_FILE_FORMAT": settings.spark_file_format,
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target / "logs"),
        "DBT_LOG_LEVEL_FILE": "info",  # each node, and what failed with its reason; every statement besides took a tenth of a small night
    }
    # The folder is named alike every night: dbt parses everything anew where a variable of its profile changed.
    with spill_folder(settings, "dbt") as spill, _variables({**names, **limits, "EVENHAND_TEMP_DIRECTORY": str(spill)}):
        yield


@contextmanager
def _variables(names: dict[str, str]) -> Generator[None]:
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({**names, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
