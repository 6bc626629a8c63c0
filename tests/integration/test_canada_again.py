"""The real input again, from nothing and on one thread: the same bytes; and with vendors as they are spelled. Needs ../shared; `.ci/run` says when it is not there."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.night import run_night
from orchestration.settings import load_settings
from orchestration.workspace import Workspace
from tests.conftest import contents
from tests.integration.conftest import CANADA_AS_OF, canadian_night

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return canadian_night(tmp_path_factory.mktemp("alone") / "home", "EVENHAND_THREADS=1\n")


def test_a_run_on_one_thread_changes_no_byte(alone: Workspace, canada: Workspace) -> None:
    for name in ("lake", "releases", "reports"):
        assert contents(alone.home / name) == contents(canada.home / name), name


def test_vendor_identity_changes_the_cells_of_merged_vendors_and_no_others(canada: Workspace, canada_copied: Workspace) -> None:
    spelled = canada_copied
    with (spelled.home / ".env").open("a", encoding="utf-8") as handle:
        handle.write("EVENHAND_VENDOR_IDENTITY=as_spelled\n")
    run_night(spelled, load_settings(spelled.home, environ={}), CANADA_AS_OF, "public", even_if_idle=True)
    with duckdb.connect() as con:
        for name, place in (("resolved", canada), ("spelled", spelled)):
            con.execute(f"attach '{place.warehouse}' as {name} (read_only)")
            con.execute(f"create temp table {name}_cells as select columns(c -> not ends_with(c, '_key')) from {name}.marts.cell_evidence")
        merged = {
            vendor
            for (vendor,) in con.execute(
                """with merged as (select vendor_key from resolved.intermediate.int_vendors group by 1 having count(*) > 1)
                select vendor from resolved.intermediate.int_vendors semi join merged using (vendor_key)
                union select spelling from resolved.intermediate.int_vendors semi join merged using (vendor_key)"""
            ).fetchall()
        }
        different = con.execute(
            """select 'resolved', cut, vendor from (from resolved_cells except from spelled_cells)
            union all select 'spelled', cut, vendor from (from spelled_cells except from resolved_cells)"""
        ).fetchall()
    assert merged
    assert different, "spellings are merged, so some cell of a vendor must hold more companies"
    assert {cut for _, cut, _ in different} <= {"vendor", "value_chain_stage x vendor"}
    assert {vendor for _, _, vendor in different} <= merged
