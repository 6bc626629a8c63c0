"""Great Expectations on DuckDB: the engine and the datasource it lacks, and its judgement of a table of verdicts.

Importing this module imports Great Expectations (seconds), so only a gate run imports it. Nothing here knows what is checked.
What had to be mended: results are fetched after the stock engine closed its connection; one failing query must not abort the
transaction of those after it.
"""

# Great Expectations is typed in part only.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, Literal

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read while the imports below run

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

from orchestration.gate.sql import literal
from orchestration.gate.verdicts import Verdict

TABLE = "verdicts"
COUNTS_ONLY = {"result_format": "SUMMARY", "partial_unexpected_count": 0}
OFFLINE = ("SET autoinstall_known_extensions = false", "SET autoload_known_extensions = false")


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Keeps one connection for its life: DuckDB's results die with the connection that made them."""

    _kept: sa.Connection | None = None

    @contextmanager
    def get_connection(self) -> Generator[sa.Connection, None, None]:
        if self._kept is None:
            self._kept = self.engine.connect()
        yield self._kept

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        super().close()


class DuckDBDatasource(SQLDatasource):
    """A SQL datasource that names the engine above and shares one connection with whoever lays the table."""

    type: Literal["duckdb"] = "duckdb"  # pyright: ignore[reportIncompatibleVariableOverride]

    @property
    def execution_engine_type(self) -> type[SqlAlchemyExecutionEngine]:
        return DuckDBExecutionEngine

    def _create_engine(self) -> sa.Engine:
        return sa.create_engine(str(self.connection_string), poolclass=sa.StaticPool, isolation_level="AUTOCOMMIT")

    def get_execution_engine(self) -> SqlAlchemyExecutionEngine:
        engine: SqlAlchemyExecutionEngine | None = self._execution_engine
        if engine is None:
            engine = self._execution_engine = DuckDBExecutionEngine(engine=self.get_engine())
        return engine


@dataclass(frozen=True)
class Judgement:
    """Violations by rule as they stand in the table, and how many rules over each relation Great Expectations found broken there;
    None where it could not say.
    """

    violations: dict[str, int | None]
    broken: dict[str, int | None]


@dataclass(frozen=True)
class _Court:
    """A process's own table of verdicts in an in-memory DuckDB, and what Great Expectations knows it by. Making one takes as long
    as judging several candidates.
    """

    connection: sa.Connection
    asset: Any
    busy: Lock


def judge(verdicts: Sequence[Verdict]) -> Judgement:
    """Lay the table of verdicts, and let Great Expectations judge it: one expectation a relation, that each of its rules has 0
    violations.
    """
    court = _court()
    with court.busy:
        _lay(court.connection, verdicts)
        found = court.connection.exec_driver_sql(f"SELECT rule, violations FROM {TABLE}").all()
        relations = sorted({verdict.relation for verdict in verdicts})
        broken = {} if not relations else _validated(court, relations)
    return Judgement({str(rule): violations for rule, violations in found}, broken)


def _validated(court: _Court, relations: list[str]) -> dict[str, int | None]:
    expectations = [_no_rule_broken(relation) for relation in relations]
    batch = court.asset.get_batch(court.asset.build_batch_request())
    validated = batch.validate(gx.ExpectationSuite(name=TABLE, expectations=expectations), result_format=COUNTS_ONLY)
    return {result.expectation_config.meta["relation"]: _broken_rules(result) for result in validated.results}


def _no_rule_broken(relation: str) -> Any:
    query = f"SELECT rule FROM {{batch}} WHERE relation = {literal(relation)} AND violations IS DISTINCT FROM 0"
    return UnexpectedRowsExpectation(unexpected_rows_query=query, meta={"relation": relation})


def _broken_rules(result: Any) -> int | None:
    return None if _raised(result.exception_info) else int(result.result["observed_value"])


def _raised(exception_info: dict[str, Any]) -> bool:
    """Either one record, or one for each metric that could not be computed."""
    if "raised_exception" in exception_info:
        return bool(exception_info["raised_exception"])
    return any(_raised(record) for record in exception_info.values())


def _lay(connection: sa.Connection, verdicts: Sequence[Verdict]) -> None:
    connection.exec_driver_sql(f"DELETE FROM {TABLE}")
    rows = [f"({literal(v.relation)}, {literal(v.rule)}, {'NULL' if v.violations is None else v.violations})" for v in verdicts]
    if rows:
        connection.exec_driver_sql(f"INSERT INTO {TABLE} VALUES {', '.join(rows)}")


@cache
def _court() -> _Court:
    sources: Any = gx.get_context(mode="ephemeral", project_config=_in_memory()).data_sources
    datasource: DuckDBDatasource = sources.add_duckdb(name="gate", connection_string="duckdb:///:memory:")
    engine: sa.Engine = datasource.get_engine()
    connection = engine.connect()
    for statement in (*OFFLINE, f"CREATE TABLE {TABLE} (relation VARCHAR, rule VARCHAR, violations BIGINT)"):
        connection.exec_driver_sql(statement)
    return _Court(connection, datasource.add_table_asset(TABLE, table_name=TABLE), Lock())


def _in_memory() -> DataContextConfig:
    """Without a site of its own: the default one makes a temporary directory."""
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )
