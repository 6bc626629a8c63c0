"""Laws of numbers that hold for every text: a number is kept to its sixth decimal, or its row is set aside."""

from __future__ import annotations

from decimal import Decimal

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contracts import Column
from orchestration.intake.rules import LOST_DIGITS, _column_rules, raw_text, typed_value

COLUMN = Column("x", "number", "DECIMAL(28,6)", "A number.")
(LOST,) = (rule for rule in _column_rules(COLUMN, "") if rule.name == LOST_DIGITS)
NUMBERS = st.one_of(
    st.decimals(-1, 1, allow_nan=False, places=9),
    st.builds(lambda digits, places: Decimal(digits).scaleb(-places), st.integers(-(10**6), 10**6), st.integers(0, 30)),
)


@given(st.lists(NUMBERS, min_size=1, max_size=20), st.sampled_from("fe"))
def test_no_number_becomes_another_in_silence(numbers: list[Decimal], form: str) -> None:
    texts = [format(number, form) for number in numbers]
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            f"create table sent as select row_number() over () as n, t as {raw_text('x')} from (select unnest($1) as t)", [texts]
        )
        rows = connection.execute(
            f"select r.x, coalesce({LOST.broken}, false) from (select *, {typed_value(COLUMN)} as x from sent) as r order by n"
        ).fetchall()
    for number, (kept, is_lost) in zip(numbers, rows, strict=True):
        change = abs(kept - number)
        assert change <= Decimal("0.0000005") or (form == "e" and change < Decimal("0.000001"))  # DuckDB rounds exponents twice
        if change * 100 != abs(number):  # exactly a hundredth is a matter of a double's last digit
            assert is_lost == (change * 100 > abs(number))
