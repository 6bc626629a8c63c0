"""What analysts decided about vendors: data in the vault's log, never overruled by the machine, undone by a later decision.

Three rulings: two spellings are the `same` vendor, two spellings are `different` vendors, a spelling's vendor has this
`name` (which, as a spelling, is then the same vendor). For one pair the last decision holds. Every decision is of a day
and holds for the nights from that day on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from orchestration.errors import EvenhandError
from orchestration.intake.vault import Vault

EVENT = "vendor_decision"
RULINGS = ("same", "different", "name")


@dataclass(frozen=True)
class Decision:
    """`left` and `right` are spellings; of a `name`, `right` is the canonical name of `left`'s vendor."""

    ruling: str
    left: str
    right: str


@dataclass(frozen=True)
class Rulings:
    """The decisions that hold: pairs in alphabetical order, and canonical names by spelling, the last given last."""

    same: frozenset[tuple[str, str]] = frozenset()
    different: frozenset[tuple[str, str]] = frozenset()
    names: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def digest(self) -> str:
        """Changes when any ruling does."""
        text = json.dumps([sorted(self.same), sorted(self.different), list(self.names.items())], ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    @property
    def spellings(self) -> set[str]:
        return {spelling for pair in self.same | self.different for spelling in pair}

    @cached_property
    def groups(self) -> dict[str, str]:
        """Every spelling that was ruled on, seen yet or not, to the first of those ruled to be the same vendor as it."""
        found = joined([*self.same, *_named(self.names)])
        return {spelling: found.get(spelling, spelling) for spelling in sorted({*found, *self.spellings})}

    @cached_property
    def apart(self) -> frozenset[tuple[str, str]]:
        """Pairs of groups, both ways round, that are different vendors."""
        pairs = {(self.groups[a], self.groups[b]) for a, b in self.different}
        return frozenset(pairs | {(b, a) for a, b in pairs})

    def are_apart(self, left: Iterable[str], right: Iterable[str]) -> bool:
        """Whether any of these spellings is ruled another vendor than any of those."""
        mine, other = ({self.groups[s] for s in side if s in self.groups} for side in (left, right))
        return bool(mine and other) and any((a, b) in self.apart for a in mine for b in other)


def rulings_of(decisions: Iterable[Decision]) -> Rulings:
    """The rulings that hold after all these decisions. Raises `EvenhandError` where they contradict each other."""
    last: dict[tuple[str, str], str] = {}
    names: dict[str, str] = {}
    for decision in decisions:
        if decision.ruling == "name":
            names.pop(decision.left, None)
            names[decision.left] = decision.right
        else:
            left, right = sorted((decision.left, decision.right))
            last[left, right] = decision.ruling
    same = frozenset(pair for pair, ruling in last.items() if ruling == "same")
    different = frozenset(pair for pair, ruling in last.items() if ruling == "different")
    _require_no_contradiction(same, different, names)
    return Rulings(same, different, names)


def read_rulings(vault: Vault, as_of: date | None = None) -> Rulings:
    """The rulings that hold on a day, or after all decisions; none where the vault has no log yet."""
    return rulings_of(_read(vault, as_of))


def next_due(vault: Vault, after: date) -> date | None:
    """The first day after `after` from which another decision holds."""
    days = (date.fromisoformat(event["as_of"]) for event in vault.events(EVENT))
    return min((day for day in days if day > after), default=None)


def record(vault: Vault, decision: Decision, as_of: date) -> None:
    """Append one decision that holds from `as_of`. Raises `EvenhandError`, and appends nothing, where it contradicts others."""
    if decision.ruling not in RULINGS:
        raise EvenhandError(f"The ruling {decision.ruling!r} is not known; allowed are {', '.join(RULINGS)}.")
    for text in (decision.left, decision.right):
        _require_text(text)
    if decision.left == decision.right and decision.ruling != "name":
        raise EvenhandError(f"A decision is about two different spellings; both are {decision.left!r}.")
    for day in sorted({as_of, *_days(vault)}):
        if day >= as_of:
            rulings_of([*_read(vault, day, ahead_of=as_of), decision, *_read(vault, day, after=as_of)])
    vault.append(EVENT, as_of=as_of.isoformat(), ruling=decision.ruling, left=decision.left, right=decision.right)


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each spelling of `pairs` to the alphabetically first one it is connected with."""
    first: dict[str, str] = {}

    def find(spelling: str) -> str:
        while first.setdefault(spelling, spelling) != spelling:
            spelling = first[spelling]
        return spelling

    for left, right in sorted(pairs):
        low, high = sorted((find(left), find(right)))
        first[high] = low
    return {spelling: find(spelling) for spelling in sorted(first)}


def _require_text(text: str) -> None:
    if not text.strip():
        raise EvenhandError("A decision is about two spellings; one of them is empty.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise EvenhandError(f"{text!r} is not valid UTF-8; no spelling of a vendor is written so.") from None


def _days(vault: Vault) -> set[date]:
    return {date.fromisoformat(event["as_of"]) for event in vault.events(EVENT)}


def _read(vault: Vault, until: date | None = None, *, ahead_of: date | None = None, after: date | None = None) -> list[Decision]:
    """Decisions in the order of the days they hold from, those of one day as they were recorded; by default all of them.

    `ahead_of` keeps those that a decision of that day follows, `after` those that follow it.
    """
    dated = sorted(((date.fromisoformat(e["as_of"]), n, e) for n, e in enumerate(vault.events(EVENT))), key=lambda item: item[:2])
    return [
        Decision(event["ruling"], event["left"], event["right"])
        for day, _, event in dated
        if (until is None or day <= until) and (ahead_of is None or day <= ahead_of) and (after is None or day > after)
    ]


def _named(names: dict[str, str]) -> list[tuple[str, str]]:
    return [(spelling, name) for spelling, name in names.items() if spelling != name]


def _require_no_contradiction(same: frozenset[tuple[str, str]], different: frozenset[tuple[str, str]], names: dict[str, str]) -> None:
    group, named = joined(same), joined([*same, *_named(names)])
    for left, right in sorted(different):
        if left in group and group[left] == group.get(right):
            raise EvenhandError(
                f"{left!r} and {right!r} are decided to be different vendors, yet other decisions say each is the same as {group[left]!r}. Take one of these back first."
            )
        if left in named and named[left] == named.get(right):
            raise EvenhandError(
                f"{left!r} and {right!r} are decided to be different vendors, yet a name was given that makes them one: two vendors never have the same name. "
                "Give another name, or take the decision back first."
            )
    _require_one_vendor_a_name(group, names)


def _require_one_vendor_a_name(group: dict[str, str], names: dict[str, str]) -> None:
    bearers: dict[str, str] = {}
    for spelling, name in names.items():
        other = bearers.setdefault(name, spelling)
        if group.get(other, other) != group.get(spelling, spelling):
            raise EvenhandError(
                f"{name!r} is already the name of the vendor of {other!r}; if {spelling!r} is the same vendor, decide --same first."
            )
