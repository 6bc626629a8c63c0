"""What a workspace holds after its nights, counted for tests on the small consortium and on the whole demo."""

from __future__ import annotations

import json

import duckdb

from orchestration.intake.vault import Vault
from orchestration.workspace import Workspace

CELL = "kpi_code, cut, industry, sector, country, size_band, value_chain_stage, project_kind, vendor, vendor_class"


def accounted_for(workspace: Workspace) -> tuple[int, int]:
    """Receipts, and rows of figures in the lake; every row that was read is in one of a receipt's counts, or this fails."""
    receipts = [json.loads(p.read_text()) for p in (workspace.vault / "submissions").glob("*/receipt.json")]
    for receipt in receipts:
        assert receipt["rows_read"] == receipt["rows_accepted"] + receipt["rows_quarantined"] + receipt["rows_collapsed"]
    lake = duckdb.sql(f"select count(*) from read_parquet('{workspace.lake}/kpi_values/*.parquet')").fetchone()[0]
    assert lake == sum(r["rows_accepted"] for r in receipts if r["feed"] == "kpi_values")
    return len(receipts), lake


def published_rows(workspace: Workspace) -> tuple[int, int, float]:
    """Rows of all benchmarks, and of the cells behind them the fewest contributors and the largest share of ties."""
    same = " and ".join(f"e.{name} is not distinct from b.{name}" for name in CELL.split(", "))
    with duckdb.connect() as con:
        con.execute(f"attach '{workspace.warehouse}' as built (read_only)")
        return con.execute(
            f"""select count(*), min(e.contributors), max(e.tie_share) from read_parquet('{workspace.releases}/*/benchmark.parquet') as b
            left join built.marts.cell_evidence as e on e.period = b.period and {same}"""
        ).fetchone()


def served_and_in_ledger(workspace: Workspace, release_id: str) -> tuple[int, int, int]:
    """Cells that a release serves, cells in its ledger, and the fewest groups in one of these."""
    ledger, dataset = Vault(workspace.vault).edition(release_id), workspace.releases / release_id / "benchmark.parquet"
    with duckdb.connect() as con:
        served = con.execute(f"select count(*) from read_parquet('{dataset}')").fetchone()[0]
        in_ledger = con.execute(f"select count(*) from (select distinct {CELL} from read_parquet('{ledger}'))").fetchone()[0]
        smallest = con.execute(f"select min(n) from (select count(*) as n from read_parquet('{ledger}') group by {CELL})").fetchone()[0]
    return served, in_ledger, smallest
