"""A feed's contract as SQL: how a text becomes a typed value, and when a row is bad. Builds text, runs nothing.

Every rule is a `Rule` with the SQL condition under which it is BROKEN, over the typed values (`r.<column>`), the texts
they came from (`r."raw <column>"`) and the lookups the contract names.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.contracts import Column, TableContract
from orchestration.intake.personal import holds_personal_data
from orchestration.sql import literal, quoted

MISSING = "required"
WRONG_TYPE = "type"
LOST_DIGITS = "precision"
NOT_ALLOWED = "allowed_values"
OUT_OF_RANGE = "range"
BAD_PATTERN = "pattern"
TOO_LONG = "length"
UNSAFE = "unsafe_text"
PERSONAL = "personal_data"
CONTRADICTION = "contradicting_key"

TYPE_WORDS = {
    "string": "a text",
    "number": "a number with a decimal point; remove thousands separators (1234.5, not 1,234.5 or 1 234.5)",
    "integer": "a whole number; remove thousands separators (1234, not 1,234)",
    "date": "an ISO date such as 2025-12-31",
    "boolean": "true or false",
}
LOST_DIGITS_WORDS = (
    "at most six decimals, which is what is kept: this number would become 0, or change by more than one in a hundred; "
    "send larger units, or the counts that a share was made of"
)
UNSAFE_WORDS = "a text without control, zero-width or direction characters and without a leading = + - @, which a spreadsheet would run"
_HIDDEN = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}\p{Cf}\p{Zl}\p{Zp}"
_LEADING = r"=+\-@\t\r\n\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}"
UNSAFE_TEXT = f"^[{_LEADING}]|[{_HIDDEN}]"
SUSPECT_TEXT = f"(?:^|\n)[{_LEADING}]|[{_HIDDEN}]"


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong with a row; `allowed` is what its sender reads.

    `suspect`: a cheaper SQL condition without which the rule cannot be broken; empty where there is none.
    """

    name: str
    column: str
    broken: str
    allowed: str
    suspect: str = ""


def raw_text(name: str) -> str:
    """SQL name of the text a column was sent as."""
    return quoted("raw " + name)


def canonical(name: str) -> str:
    """SQL of what "identical" compares: the typed value, or the text where it could not be typed (INTERFACE)."""
    return f"coalesce(cast({quoted(name)} as varchar), {raw_text(name)})"


def typed_value(column: Column) -> str:
    """SQL that casts the trimmed text of a column, NULL where it cannot be one of its type."""
    text = raw_text(column.name)
    value = _CASTS[column.logical_type].format(text=text)
    return f"coalesce({value}, {literal(column.default)})" if column.default else value


_CASTS = {
    "string": "{text}",
    # the narrow decimal first: DuckDB reads it seventy times faster than the wide one, and the values are the same
    "number": "case when not contains({text}, '_') "
    "then coalesce(cast(try_cast({text} as decimal(18, 6)) as decimal(28, 6)), try_cast({text} as decimal(28, 6))) end",
    "integer": "case when not contains({text}, '_') and try_cast({text} as decimal(38, 18)) = trunc(try_cast({text} as decimal(38, 18))) "
    "then try_cast(try_cast({text} as decimal(38, 18)) as integer) end",
    "date": "case when length({text}) = 10 and substr({text}, 5, 1) = '-' and substr({text}, 8, 1) = '-' then try_cast({text} as date) end",
    "boolean": "case lower({text}) when 'true' then true when 'false' then false end",
}


def rules_of(contract: TableContract) -> list[Rule]:
    """Every rule of a feed in the order a receipt lists them: column by column, then the rules over the row."""
    suspect = _suspect_text(contract)
    rules = [rule for column in contract.columns for rule in _column_rules(column, suspect)]
    rules += [Rule(r.name, r.column, f"not ({r.passes})", r.allowed) for r in contract.rules]
    return rules


def _suspect_text(contract: TableContract) -> str:
    """SQL that finds, in one look at all texts of a row, every row of which one text may be unsafe."""
    texts = ", ".join(f"r.{raw_text(c.name)}" for c in contract.columns if c.logical_type == "string")
    return f"regexp_matches(concat_ws(chr(10), {texts}), {literal(SUSPECT_TEXT)})" if texts else ""


def _column_rules(column: Column, suspect: str) -> list[Rule]:
    raw, typed = f"r.{raw_text(column.name)}", f"r.{quoted(column.name)}"
    rules: list[Rule] = []
    if column.required:
        rules.append(Rule(MISSING, column.name, f"{raw} is null", "a value: the column is required"))
    if column.logical_type != "string":
        rules.append(Rule(WRONG_TYPE, column.name, f"{raw} is not null and {typed} is null", TYPE_WORDS[column.logical_type]))
        rules += _precision_rules(column, raw, typed)
    else:
        rules.append(Rule(UNSAFE, column.name, f"regexp_matches({raw}, {literal(UNSAFE_TEXT)})", UNSAFE_WORDS, suspect))
    if column.allowed:
        values = ", ".join(literal(v) for v in column.allowed)
        rules.append(Rule(NOT_ALLOWED, column.name, f"{typed} not in ({values})", "one of " + ", ".join(column.allowed)))
    if column.pattern:
        rules.append(
            Rule(
                BAD_PATTERN,
                column.name,
                f"not regexp_matches({typed}, {literal(column.pattern)})",
                f"a text of the form {column.pattern}",
            )
        )
    if column.max_length:
        rules.append(
            Rule(
                TOO_LONG,
                column.name,
                f"length({typed}) > {column.max_length}",
                f"at most {column.max_length} characters",
            )
        )
    return rules + _range_rules(column, typed) + _personal_rules(column, typed)


def _precision_rules(column: Column, raw: str, typed: str) -> list[Rule]:
    """Rounding to six decimals must not turn something into nothing; only numbers below 0.00005 can change by a hundredth."""
    if column.logical_type not in ("number", "integer"):
        return []
    sent = f"try_cast({raw} as double)"
    becomes_zero = f"({typed} = 0 and regexp_matches({raw}, '^[^eE]*[1-9]'))"
    changes = f"({typed} > -0.00005 and {typed} < 0.00005 and abs({sent} - cast({typed} as double)) > abs({sent}) / 100)"
    return [Rule(LOST_DIGITS, column.name, f"({becomes_zero} or {changes})", LOST_DIGITS_WORDS)]


def _personal_rules(column: Column, typed: str) -> list[Rule]:
    """Free text, that is a text without allowed values or pattern, must name no person."""
    if column.logical_type != "string" or column.allowed or column.pattern:
        return []
    words = "a text without e-mail address, telephone number or a person's name: use a reference instead"
    return [Rule(PERSONAL, column.name, holds_personal_data(typed, is_vendor=column.name == "vendor"), words)]


def _range_rules(column: Column, typed: str) -> list[Rule]:
    if column.minimum is None and column.maximum is None:
        return []
    low, high = _bound(column, column.minimum), _bound(column, column.maximum)
    broken = " or ".join([f"{typed} < {low}"] * (low != "") + [f"{typed} > {high}"] * (high != ""))
    return [Rule(OUT_OF_RANGE, column.name, broken, _range_words(column))]


def _bound(column: Column, value: float | str | None) -> str:
    if value is None:
        return ""
    return f"date {literal(str(value))}" if column.logical_type == "date" else str(value)


def _range_words(column: Column) -> str:
    if column.maximum is None:
        return f"at least {column.minimum}"
    return f"from {column.minimum} to {column.maximum}"
