"""What a release says about its money: the rates it was made with, and the price index, in numbers read where they are declared."""

from __future__ import annotations

import csv
from functools import cache
from typing import Any

import yaml

from orchestration.intake.vault import file_digest
from orchestration.rates.lake import rates_digest
from orchestration.warehouse import DBT_PROJECT
from orchestration.workspace import Workspace

PRICE_INDEX = DBT_PROJECT / "seeds" / "price_index.csv"


def money_inputs(workspace: Workspace) -> dict[str, str]:
    """For the manifest: digests of the files of exchange rates and of the price index. The lake must hold rates."""
    return {"exchange_rates": rates_digest(workspace), "price_index": file_digest(PRICE_INDEX)}


@cache
def money_text() -> str:
    """For `method.md`: how amounts of money become figures, with the price index in full."""
    declared = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text("utf-8"))["vars"]
    rows = _price_index()
    base = next(row["year"] for row in rows if row["is_base"] == "true")
    return f"""## Money
- Amounts in other currencies become EUR at the euro foreign exchange reference rates of the European Central Bank, in units of the
  currency for one euro: EUR = amount / rate x deflator, to 6 decimal places. The manifest holds a digest of the files of rates.
- A flow (price basis `flow`, `flow_constant`) takes the **average** of the rates published on the days of the row's own span, to 8 decimal
  places. They must begin and end within {declared["days_without_rate"]} days of the span's first and last day; a span on which none was published takes the
  closing rate. A stock (`stock`, `stock_constant`) takes the **closing** rate: the last one published on or before the span's last day,
  at most {declared["days_without_rate"]} days old.
- Figures of price basis `..._constant` are at **prices of {base}**: deflator = index of {base} / index of the row's year, to 10 decimal places. The year
  of a flow is the calendar year its span belongs to, that of a stock the year of its last day. A year that has no index yet takes the last
  one, for at most {declared["years_without_index"]} years. Nothing is converted at purchasing power parities.
- The index ({rows[0]["source"]}; read {rows[-1]["read_on"]}): {", ".join(f"{row['year']} {row['price_index']}" for row in rows)}.
- The hard range of a money KPI is checked in EUR, after conversion. A row outside it, a row whose days have no rate, and one whose year has
  no index enter no cell and raise a question. Amounts in a currency that never had reference rates are set aside at intake.
- A ratio of two amounts (a percentage, such as an overrun of cost) is taken as sent: both amounts are in one currency and at one time's prices."""


def _price_index() -> list[dict[str, Any]]:
    with PRICE_INDEX.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
