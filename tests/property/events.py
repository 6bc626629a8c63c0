"""What may happen between two nights, drawn at random: each event sends a file, changes a declared table, or decides something."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from hypothesis import strategies as st

from orchestration.errors import EvenhandError
from orchestration.intake.vault import Vault
from orchestration.vendors.decisions import Decision, record
from tests.property.consortium import (
    CURRENCIES,
    MONEY,
    PARTICIPANTS,
    PROMISED,
    QUARTERLY,
    QUARTERS,
    SPELLINGS,
    YEARLY,
    YEARS,
    Consortium,
    Row,
    figure,
    first_figures,
    participant,
    write_csv,
)

ODD_SPANS = (
    ("2024-04-01", "2025-03-31"),  # a fiscal year
    ("2024-01-01", "2024-01-31"),
    ("2024-02-01", "2024-04-15"),
    ("2023-11-15", "2024-02-15"),
    ("2022-01-01", "2022-12-31"),  # a year nobody sent before
)
SPANS = QUARTERS + YEARS + ODD_SPANS
NEW_SPELLINGS = ("Norvik Systems", "NORVIK SYSTEMS LTD", "Balden", "Tamsin Consulting", "Quartz Cloud Inc.", "Ulmen & Partner")
VENDORS = SPELLINGS + NEW_SPELLINGS
REFS = ("Apollo", "Beacon", "Comet")
DAYS = ("2023-02-01", "2023-09-01", "2024-05-15", "2025-01-01")
ATTRIBUTES = {
    "industry_code": ("C", "K", "A"),
    "country": ("CH", "DE", "FR"),
    "size_band": ("M", "L"),
    "holding_group_id": ("G01", "G02", "G30"),
    "role": ("buyer", "vendor"),
    "verified": ("true", "false"),
    "joined_on": ("2021-01-01", "2024-06-01"),
    "consent_version": ("", "v2"),
}


class Event(Protocol):
    """`happen` is called by day, before the night."""

    def happen(self, house: Consortium) -> None: ...


@dataclass(frozen=True)
class Figures:
    """Rows of one participant, new or corrected; a numerator of None withdraws the row of its key."""

    sender: str
    rows: tuple[tuple[tuple[str, str], ...], ...]

    def happen(self, house: Consortium) -> None:
        house.send(self.sender, "kpi_values", [dict(row) for row in self.rows])


@dataclass(frozen=True)
class Sent:
    """One row of another feed."""

    sender: str
    feed: str
    row: tuple[tuple[str, str], ...]

    def happen(self, house: Consortium) -> None:
        house.send(self.sender, self.feed, [dict(self.row)])


@dataclass(frozen=True)
class Registered:
    """An attribute of a participant is another from a day on, which may be long past, or always was (`since` empty)."""

    who: int
    attribute: str
    value: str
    since: str

    def happen(self, house: Consortium) -> None:
        mine = [row for row in house.registry if row["participant_id"] == PARTICIPANTS[self.who]] or [participant(self.who)]
        others = [row for row in house.registry if row not in mine]
        changed = mine[-1] | {self.attribute: self.value, "valid_from": self.since}
        kept = [row for row in mine if row["valid_from"] < self.since] if self.since else []
        house.registry = [*others, *kept, changed]
        house.send_registry()


@dataclass(frozen=True)
class Left:
    """The registry no longer lists a participant."""

    who: int

    def happen(self, house: Consortium) -> None:
        house.registry = [row for row in house.registry if row["participant_id"] != PARTICIPANTS[self.who]]
        house.send_registry()


@dataclass(frozen=True)
class Decided:
    """A person decided about two spellings of vendors; what contradicts earlier decisions is refused."""

    decision: Decision

    def happen(self, house: Consortium) -> None:
        with suppress(EvenhandError):
            record(Vault(house.workspace.vault), self.decision, house.day)


@dataclass(frozen=True)
class Confirmed:
    """A participant answers the first question it was asked."""

    which: int

    def happen(self, house: Consortium) -> None:
        asked = house.asked("select distinct participant_id, question_id from marts.questions where status <> 'confirmed' order by all")
        if asked:
            sender, question = asked[self.which % len(asked)]
            house.send(sender, "confirmations", [{"question_id": question, "reason": "as_measured"}])


@dataclass(frozen=True)
class Rates:
    """The operator drops a file of reference rates that mends one day."""

    day: str
    rate: str

    def happen(self, house: Consortium) -> None:
        rows = [{"Date": house.day.isoformat(), "USD": "1.1", "CHF": "0.95"}, {"Date": self.day, "USD": self.rate, "CHF": self.rate}]
        write_csv(house.workspace.rates / f"rates-{house.day.isoformat()}.csv", rows)


@dataclass(frozen=True)
class Declared:
    """A row of a declared table is added or changed: prices, classes of vendors, the catalogue."""

    table: str
    key: str
    row: tuple[tuple[str, str], ...]

    def happen(self, house: Consortium) -> None:
        path = house.seeds / f"{self.table}.csv"
        with path.open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            columns, rows = list(reader.fieldnames or ()), list(reader)
        new = dict(self.row)
        old = next((row for row in rows if row[self.key] == new[self.key]), dict.fromkeys(columns, ""))
        write_csv(path, [*(row for row in rows if row is not old), old | new])


def _pairs(rows: Iterable[Row]) -> tuple[tuple[tuple[str, str], ...], ...]:
    return tuple(tuple(row.items()) for row in rows)


senders = st.sampled_from(PARTICIPANTS)
numbers = st.integers(0, len(PARTICIPANTS) - 1)
numerators = st.one_of(st.none(), st.integers(0, 99), st.integers(0, 99))


@st.composite
def figures(draw: st.DrawFn) -> Figures:
    """One to four figures of one participant, of any period, mostly ones it sent before; often withdrawn."""
    number = draw(numbers)
    rows: list[Row] = []
    for _ in range(draw(st.integers(1, 4))):
        kpi = draw(st.sampled_from((QUARTERLY, QUARTERLY, MONEY, YEARLY, PROMISED)))
        span = draw(st.sampled_from(SPANS if kpi == QUARTERLY else YEARS + ODD_SPANS))
        ref = draw(st.sampled_from(("", *REFS)))
        vendor = draw(st.sampled_from(("", "", *VENDORS))) if ref else ""
        other = {"project_ref": ref, "vendor": vendor, "value_chain_stage": draw(st.sampled_from(("OP", "OP", "SV", "FI")))}
        if kpi == MONEY:
            other["currency"] = draw(st.sampled_from(CURRENCIES))
        rows.append(figure(kpi, span, draw(numerators), number, evidence_grade=draw(st.sampled_from("AC")), **other))
    return Figures(PARTICIPANTS[number], _pairs(rows))


@st.composite
def as_first_sent(draw: st.DrawFn) -> Figures:
    """A row of the first night again, corrected or withdrawn."""
    number = draw(numbers)
    row = draw(st.sampled_from(first_figures(number)))
    return Figures(PARTICIPANTS[number], _pairs([row | {"numerator": draw(st.sampled_from(("", "7", "55")))}]))


@st.composite
def others(draw: st.DrawFn) -> Sent:
    """A project declared or changed, a vendor engaged, a promise or its re-baseline, a weight."""
    ref, kpi = draw(st.sampled_from(REFS)), draw(st.sampled_from((PROMISED, QUARTERLY, YEARLY)))
    day, value = draw(st.sampled_from(DAYS)), str(draw(st.integers(1, 20)))
    feed, row = draw(
        st.sampled_from(
            (
                ("projects", {"project_kind": "upgrade", "status": "live", "value_chain_stage": "OP", "go_live_on": day}),
                ("projects", {"project_kind": "migration", "status": "abandoned", "value_chain_stage": "FI"}),
                ("engagements", {"vendor": draw(st.sampled_from(VENDORS)), "vendor_role": draw(st.sampled_from(("product", "cloud")))}),
                ("promises", {"kpi_code": kpi, "due_on": "2024-06-30", "promised_by": "vendor", "promised_on": day, "value": value}),
                (
                    "promises",
                    {"kpi_code": kpi, "due_on": "2023-12-31", "promised_by": "buyer", "promised_on": "2023-01-01", "value": value},
                ),
            )
        )
    )
    if draw(st.integers(0, 5)) == 0:
        return Sent(draw(senders), "success_definition", _pairs([{"kpi_code": kpi, "weight": "0." + value, "valid_from": day}])[0])
    return Sent(draw(senders), feed, _pairs([{"project_ref": ref} | row])[0])


@st.composite
def registered(draw: st.DrawFn) -> Registered:
    """A change of any attribute, of a newcomer too."""
    attribute = draw(st.sampled_from(sorted(ATTRIBUTES)))
    return Registered(draw(numbers), attribute, draw(st.sampled_from(ATTRIBUTES[attribute])), draw(st.sampled_from(("", *DAYS))))


@st.composite
def declared(draw: st.DrawFn) -> Declared:
    """New prices of a year, the class of a vendor, or the typical range, the hard range or the controllability of a KPI."""
    table, key, row = draw(
        st.sampled_from(
            (
                ("price_index", "year", {"year": "2024", "price_index": "131.3"}),
                ("price_index", "year", {"year": "2023", "price_index": "120.6"}),
                ("vendor_classes", "vendor", {"vendor": "Norvik Systems", "vendor_class": "suites"}),
                ("vendor_classes", "vendor", {"vendor": "Balden", "vendor_class": "analytics"}),
                ("kpi_catalogue", "code", {"code": QUARTERLY, "typical_low": "10"}),
                ("kpi_catalogue", "code", {"code": MONEY, "max": "9000"}),
                ("kpi_catalogue", "code", {"code": PROMISED, "controllability": "buyer"}),
                ("kpi_catalogue", "code", {"code": YEARLY, "frequency": "quarter"}),
            )
        )
    )
    return Declared(table, key, tuple(row.items()))


decisions = st.builds(
    Decided, st.builds(Decision, st.sampled_from(("same", "different", "name")), st.sampled_from(VENDORS), st.sampled_from(VENDORS))
)
rates = st.builds(Rates, st.sampled_from(("2023-06-30", "2024-12-31", "2024-03-15")), st.sampled_from(("0.5", "2.5")))
events = st.one_of(
    figures(),
    as_first_sent(),
    registered(),
    others(),
    st.builds(Left, numbers),
    decisions,
    rates,
    st.builds(Confirmed, st.integers(0, 20)),
    declared(),
)


@dataclass(frozen=True)
class Day:
    """What happens before one night, and how many days after the last one it is; a night may also be of an earlier day."""

    later: int
    events: tuple[Event, ...]


days = st.builds(Day, st.sampled_from((1, 1, 30, 92, 200, -40)), st.lists(events, max_size=3).map(tuple))
