"""The lake that the benchmarks make directly is the one that the intake derives from landing files of the same consortium."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks.generate import generate, generate_later
from benchmarks.lake import AS_OF, LATER_AS_OF, append_later, make_lake, make_workspace
from orchestration.contracts import disclosure_policy
from orchestration.intake.taking import take_in
from orchestration.rates.lake import lay_rates
from orchestration.settings import load_settings
from orchestration.vendors.lake import resolve_lake_vendors
from orchestration.warehouse import run_dbt, write_night
from orchestration.workspace import Workspace

ROWS = 8000
MADE_UP = {"submissions": "exclude (submission_id, sha256)"}
SENT = ("participants", "projects", "engagements", "kpi_values")


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Workspace]:
    """Both with the second batch in them: made directly, and derived by the intake on two nights."""
    folder = tmp_path_factory.mktemp("lakes")
    made = Workspace(folder / "made")
    make_lake(made.home, ROWS)
    append_later(made.home, ROWS)
    derived = make_workspace(folder / "derived")
    for write, as_of in ((generate, AS_OF), (generate_later, LATER_AS_OF)):
        write(derived.landing, ROWS)
        settings = load_settings(derived.home)
        take_in(derived, settings, as_of)
        lay_rates(derived, as_of)
        resolve_lake_vendors(derived, as_of)
        write_night(derived, as_of, disclosure_policy().profile(settings.profile).min_age_months, settings.require_secret())
    return made, derived


def test_every_feed_holds_the_same_rows(lakes: tuple[Workspace, Workspace]) -> None:
    made, derived = lakes
    for feed in (*SENT, "submissions", "vendor_identities", "exchange_rates", "night"):
        rows = [_read(lake, feed) for lake in lakes]
        assert rows[0] == rows[1], feed
        assert rows[0], feed
    assert {p.name for p in made.lake.iterdir()} == {p.name for p in derived.lake.iterdir()}


def test_all_types_are_the_same(lakes: tuple[Workspace, Workspace]) -> None:
    for feed in SENT:
        types = [duckdb.sql(f"describe from read_parquet('{lake.lake / feed}/*-*.parquet')").fetchall() for lake in lakes]
        assert types[0] == types[1], feed


def test_both_give_the_same_cells(lakes: tuple[Workspace, Workspace]) -> None:
    cells = []
    for lake in lakes:
        _build_cells(lake)
        with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
            cells.append(connection.sql("from marts.cell_evidence order by all").fetchall())
    assert cells[0] == cells[1]
    assert len(cells[0]) > ROWS


def test_the_second_batch_is_new_rows_of_the_newest_quarter(lakes: tuple[Workspace, Workspace]) -> None:
    rows = f"read_parquet('{lakes[0].lake}/kpi_values/*.parquet')"
    key = "participant_id, kpi_code, period_start, value_chain_stage, project_ref, vendor"
    later = f"(from {rows} where received_on = date '{LATER_AS_OF}')"
    first = f"(from {rows} where received_on = date '{AS_OF}')"
    assert duckdb.sql(f"select count(*), count(distinct ({key})), min(period_start)::varchar from {later}").fetchone() == (
        ROWS // 100,
        ROWS // 100,
        "2025-10-01",
    )
    assert duckdb.sql(f"select count(*) from (select {key} from {later} intersect select {key} from {first})").fetchone() == (0,)
    assert duckdb.sql(f"select count(*) from {first}").fetchone() == (ROWS,)


def test_the_same_number_of_rows_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        generate(tmp_path / name, 2000)
        generate_later(tmp_path / name, 2000)
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.csv"))
    assert len(files) > 20
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files)


def _read(lake: Workspace, feed: str) -> list[tuple[object, ...]]:
    shown = f"* {MADE_UP.get(feed, '')}"
    return duckdb.sql(f"select {shown} from read_parquet('{lake.lake / feed}/*.parquet') order by all").fetchall()


def _build_cells(lake: Workspace) -> None:
    """Everything that `cell_evidence` is made from."""
    arguments = [
        "build",
        "--select",
        "+cell_evidence",
        "--exclude-resource-type",
        "unit_test",
        "--exclude-resource-type",
        "test",
        "--quiet",
    ]
    results = run_dbt(lake, load_settings(lake.home), arguments)
    assert {str(getattr(r.status, "value", r.status)) for r in results} == {"success"}
