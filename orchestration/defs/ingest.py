"""Landing to vault and lake: one asset a feed, `raw/<feed>`, plus what the house adds: night, submissions, identities, rates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.contracts import intake_contracts
from orchestration.defs.resources import Night
from orchestration.defs.tables import markdown_table
from orchestration.engine import forget_spilled
from orchestration.intake.taking import take_in
from orchestration.rates.lake import lay_rates, take_in_rates
from orchestration.stages import stage
from orchestration.vendors.lake import resolve_lake_vendors
from orchestration.warehouse import write_night
from orchestration.workspace import exclusive_run

RAW = ("night", "submissions", "vendor_identities", "exchange_rates", *sorted(intake_contracts()))


@dg.multi_asset(
    name="intake",
    specs=[dg.AssetSpec(["raw", name], group_name="intake", kinds={"parquet"}, description=f"The lake's {name}.") for name in RAW],
)
def intake(night: Night) -> Iterator[dg.MaterializeResult[Any]]:
    """Take in what landed, and tell the models which night it is."""
    with exclusive_run(night.workspace), stage("intake") as report:
        forget_spilled(night.settings)
        summary = take_in(night.workspace, night.settings, night.date)
        rate_files = take_in_rates(night.workspace, night.date)
        lay_rates(night.workspace, night.date)
        write_night(night.workspace, night.date, night.disclosure_profile.min_age_months, night.settings.require_secret())
        resolve_lake_vendors(night.workspace, night.date, as_spelled=night.settings.vendor_identity == "as_spelled")
        report.counts = {
            "files": summary.files,
            "repeated": summary.repeated,
            **summary.verdicts,
            **({"rate files": rate_files} if rate_files else {}),
        }
        for counts in summary.feeds.values():
            report.add({"rows": counts["read"], "quarantined": counts["quarantined"]})
    table = markdown_table(
        ("feed", "files", "read", "accepted", "quarantined", "collapsed"),
        [(f, *c.values()) for f, c in sorted(summary.feeds.items())],
    )
    for name in RAW:
        counts = summary.feeds.get(name, {})
        yield dg.MaterializeResult(asset_key=["raw", name], metadata={**counts, "tonight": dg.MetadataValue.md(table)})
