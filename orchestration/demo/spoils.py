"""The ways a row is spoiled, as data: which rows suit and what is done to them. Counting and choosing is in `dirt`.

Each way breaks exactly one rule of the contracts, so that a receipt's count per rule equals the truth file's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orchestration.demo.catalogue import Kpi, kpis

Fields = dict[str, str]
COPIED = "identical_copy"
CONTRADICTED = "contradicting_key"
ONE_FIELD_TOO_MANY = "fields"


@dataclass(frozen=True)
class Spoil:
    """`change` is given a suitable row's fields and the running number of the row it spoils."""

    feed: str
    rule: str
    rows: int
    suits: Callable[[Fields], bool]
    change: Callable[[Fields, int], Fields]


def _kpi(row: Fields) -> Kpi:
    return kpis()[row["kpi_code"]]


def _is_plain_share(row: Fields) -> bool:
    kpi = _kpi(row)
    return (kpi.unit, kpi.low, kpi.high) == ("%", 0.0, 100.0) and float(row["numerator"]) > 0


def _holds_without_denominator(row: Fields) -> bool:
    kpi = _kpi(row)
    return kpi.has_denominator and kpi.unit != "cur" and kpi.allows(kpi.multiplier * float(row["numerator"]))


def _holds_with_negative_denominator(row: Fields) -> bool:
    kpi = _kpi(row)
    if not kpi.has_denominator or kpi.unit == "cur":
        return False
    return kpi.allows(kpi.value(float(row["numerator"]), -float(row["denominator"])))


def _has_some_numerator(row: Fields) -> bool:
    return _kpi(row).has_denominator and float(row["numerator"]) != 0


def _is_money(row: Fields) -> bool:
    return _kpi(row).unit == "cur"


def _always(row: Fields) -> bool:
    return bool(row)


def _sets(column: str, *texts: str) -> Callable[[Fields, int], Fields]:
    return lambda row, nth: {**row, column: texts[nth % len(texts)]}


def _swapped_period(row: Fields, _: int) -> Fields:
    return {**row, "period_start": row["period_end"], "period_end": row["period_start"]}


def _mistyped_code(row: Fields, nth: int) -> Fields:
    code = row["kpi_code"]
    return {**row, "kpi_code": (code.replace("-", ""), code.replace("-", "\u2013"), code + "b")[nth % 3]}


def _computed_code(row: Fields, nth: int) -> Fields:
    computed = [kpi.code for kpi in kpis().values() if kpi.computed]
    return {**row, "kpi_code": computed[nth % len(computed)]}


def _negative_denominator(row: Fields, _: int) -> Fields:
    return {**row, "denominator": "-" + row["denominator"]}


def _sent_as_percent_of_percent(row: Fields, nth: int) -> Fields:
    return {**row, "numerator": f"{float(row['denominator']) * (1.3 + 0.1 * (nth % 5)) + 1:.0f}"}


def _mistyped_cell(row: Fields, nth: int) -> Fields:
    column, text = (
        ("numerator", "n/a"),
        ("numerator", "12,5"),
        ("months_since_go_live", "about 18"),
        ("period_end", "31.12.2024"),
        ("target", "tbd"),
        ("numerator", "85 %"),
    )[nth % 6]
    return {**row, column: text}


def _missing_cell(row: Fields, nth: int) -> Fields:
    return {**row, ("value_chain_stage", "period_start", "period_end")[nth % 3]: ""}


def _unlisted_cell(row: Fields, nth: int) -> Fields:
    choices = (
        ("value_chain_stage", "Operations"),
        ("evidence_grade", "high"),
        ("value_chain_stage", "IT"),
        ("evidence_grade", "D"),
    )
    column, text = choices[nth % 4]
    return {**row, column: text}


def _same(row: Fields, nth: int) -> Fields:
    """Typed alike, written differently in every second copy."""
    text = row["numerator"]
    return {**row, "numerator": f"{text}.0" if nth % 2 and "." not in text else text}


def _unchanged(row: Fields, _: int) -> Fields:
    return row


def _doubted(row: Fields, _: int) -> Fields:
    return {**row, "target": f"{float(row['target'] or 0) + 1:.2f}"}


SPOILS = (
    Spoil("kpi_values", "period_order", 30, _always, _swapped_period),
    Spoil("kpi_values", "known_kpi", 40, _always, _mistyped_code),
    Spoil("kpi_values", "not_computed_kpi", 20, _is_plain_share, _computed_code),
    Spoil("kpi_values", "denominator_given", 25, _holds_without_denominator, _sets("denominator", "")),
    Spoil("kpi_values", "denominator_not_negative", 20, _holds_with_negative_denominator, _negative_denominator),
    Spoil("kpi_values", "denominator_not_zero", 40, _has_some_numerator, _sets("denominator", "0")),
    Spoil("kpi_values", "hard_range", 70, _is_plain_share, _sent_as_percent_of_percent),
    Spoil("kpi_values", "currency_given", 15, _is_money, _sets("currency", "")),
    Spoil("kpi_values", "pattern", 8, _is_money, _sets("currency", "Euro", "eur")),
    Spoil("kpi_values", "type", 48, _always, _mistyped_cell),
    Spoil("kpi_values", "range", 10, _always, _sets("base", "-1")),
    Spoil("kpi_values", "required", 30, _always, _missing_cell),
    Spoil("kpi_values", "allowed_values", 40, _always, _unlisted_cell),
    Spoil("kpi_values", ONE_FIELD_TOO_MANY, 12, _always, _unchanged),
    Spoil("kpi_values", COPIED, 40, _always, _same),
    Spoil("kpi_values", CONTRADICTED, 25, _always, _doubted),
    Spoil("projects", "allowed_values", 3, _always, _sets("status", "done", "in progress")),
    Spoil("projects", "type", 2, _always, _sets("planned_cost", "n/a", "1.2m")),
    Spoil("projects", "required", 2, _always, _sets("value_chain_stage", "")),
    Spoil("projects", "currency_with_cost", 2, _always, _sets("currency", "")),
    Spoil("engagements", "allowed_values", 5, _always, _sets("vendor_role", "reseller", "partner")),
    Spoil("engagements", "required", 3, _always, _sets("vendor", "")),
    Spoil("engagements", "currency_with_spend", 3, _always, _sets("currency", "")),
    Spoil("engagements", COPIED, 4, _always, _unchanged),
)
