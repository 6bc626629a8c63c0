"""`receipt.html`: one receipt as a page that a person understands. No script, nothing loaded from outside, no clock.

Decides words and order only; every figure stands in `receipt.json` beside it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from orchestration.workspace import write_atomically

TEMPLATE = Path(__file__).with_name("receipt.html.j2")
PAGE = "receipt.html"
SHOWN = 50
RULE_WORDS = {
    "required": "a required value is missing",
    "type": "the value is not of the column's type",
    "allowed_values": "the value is not one of the allowed ones",
    "pattern": "the value does not have the required form",
    "length": "the text is too long",
    "range": "the value is outside the allowed range",
    "json_line": "the line is no flat JSON object",
    "fields": "the row has more or fewer fields than the header row",
    "contradicting_key": "rows of one key contradict each other",
    "personal_data": "the text seems to hold personal data",
    "unsafe_text": "the text could do harm where it is shown or opened",
    "precision": "the number has digits beyond the six decimals that are kept",
    "lost_digits": "the spreadsheet has lost digits of a reference",
    "decimal_mark": "the point may mean decimals or thousands",
    "cell_error": "a cell shows an error instead of a value",
    "merged_cells": "cells of the row are merged",
    "period_order": "the period ends before it starts",
    "validity_order": "the validity ends before it starts",
    "known_kpi": "the KPI code is unknown on that day",
    "not_computed_kpi": "the KPI is computed by the house",
    "denominator_given": "the denominator is missing",
    "denominator_not_negative": "the denominator is negative",
    "denominator_not_zero": "the denominator is zero",
    "hard_range": "the KPI's value is outside its possible range",
    "known_currency": "the currency has no exchange rates",
    "currency_given": "the currency is missing",
    "currency_with_cost": "the currency of the cost is missing",
    "currency_with_spend": "the currency of the spend is missing",
    "treated_within_total": "more units were treated than there are",
    "promised_before_due": "the promise was made after it was due",
}
QUESTION_WORDS = {"unknown_project": "rows name a project you have not declared"}


def write_receipt_page(folder: Path, content: dict[str, Any]) -> None:
    """Write the page beside the receipt; the caller makes a whole batch durable at once."""
    write_atomically(folder / PAGE, receipt_page(content), durable=False)


def receipt_page(content: dict[str, Any]) -> str:
    """The page of a receipt (INTERFACE "Verdict on a submission"). The same receipt gives the same bytes."""
    return _template().render(
        r=content,
        verdict_words=_verdict_words(content),
        next_steps=_next_steps(content),
        rules=[(_words(RULE_WORDS, name), count) for name, count in content["rule_counts"].items()],
        asked=[(_words(QUESTION_WORDS, kind), count) for kind, count in content["question_counts"].items()],
        problems=content["problems"][:SHOWN],
        questions=content["questions"][:SHOWN],
        rule_words=RULE_WORDS,
    )


def _verdict_words(content: dict[str, Any]) -> str:
    read, accepted, aside = content["rows_read"], content["rows_accepted"], content["rows_quarantined"]
    if content["verdict"] == "rejected":
        return "Rejected: no row of this file was taken in."
    if aside:
        return f"Accepted in part: {accepted:,} of {_rows(read)} taken in, {aside:,} set aside."
    return f"Accepted: {_rows(read)} read, none set aside." if read else "Accepted, but the file holds no rows."


def _next_steps(content: dict[str, Any]) -> list[str]:
    """What its sender does next, the most pressing first."""
    steps: list[str] = []
    if content["verdict"] == "rejected":
        steps.append("Mend the file as said above and send it again, whole, under any name that begins with the feed.")
    elif content["rows_quarantined"]:
        steps.append("Mend the rows listed below and send them again; the rows that were taken in need not be sent again.")
    if content["questions"]:
        steps.append("Look at the questions below: these rows count already, and a later file answers the question.")
    return steps or ["Nothing. To correct a row later, send it again with the same key: the newer row replaces the older one."]


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


def _words(known: dict[str, str], name: str) -> str:
    return known.get(name, name.replace("_", " "))


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(TEMPLATE.read_text("utf-8"))
