"""Great Expectations on DuckDB: the engine and the datasource it lacks, and a throwaway context that uses them.

Importing this module imports Great Expectations (seconds), so only a gate run imports it. Nothing here knows
what is checked. What had to be mended: results are fetched after the stock engine closed its connection; one
failing query must not abort the transaction of those after it; regular expressions have no DuckDB spelling.
"""

# Great Expectations is typed in part only.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal
from uuid import uuid4

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
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)

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


class DuckDBColumnValuesMatchRegex(ColumnMapMetricProvider):
    """`ExpectColumnValuesToMatchRegex` on this engine: found anywhere in the value, as in Python's `re.search`."""

    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(self, column: Any, regex: str, **_: Any) -> Any:
        return sa.func.regexp_matches(column, sa.literal(regex))


class DuckDBDatasource(SQLDatasource):
    """A SQL datasource that names the engine above and shares one connection with whoever prepares the tables."""

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


@contextmanager
def memory_datasource() -> Generator[tuple[DuckDBDatasource, sa.Connection], None, None]:
    """An empty in-memory DuckDB: the datasource to validate through and a connection to fill it with."""
    sources: Any = gx.get_context(mode="ephemeral", project_config=_in_memory()).data_sources
    address = f"duckdb:///:memory:gate_{uuid4().hex}"
    datasource: DuckDBDatasource = sources.add_duckdb(name="gate", connection_string=address)
    engine: sa.Engine = datasource.get_engine()
    try:
        with engine.connect() as connection:
            for setting in OFFLINE:
                connection.exec_driver_sql(setting)
            yield datasource, connection
    finally:
        datasource.get_execution_engine().close()


def expectation(kind: str, **arguments: Any) -> Any:
    """One expectation by the name of its class."""
    return getattr(gx.expectations, kind)(**arguments)


def suite(name: str, expectations: list[Any]) -> gx.ExpectationSuite:
    """The expectations of one relation."""
    return gx.ExpectationSuite(name=name, expectations=expectations)


def _in_memory() -> DataContextConfig:
    """Without a site of its own: the default one makes a temporary directory."""
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )
