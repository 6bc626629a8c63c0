"""What analysts decided about vendors: data in the vault's log, never overruled by the machine, undone by a later decision.

Three rulings: two spellings are the `same` vendor, two spellings are `different` vendors, a spelling's vendor has this
`name`. For one pair the last decision holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

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
    """The decisions that hold: pairs in alphabetical order, and canonical names by spelling."""

    same: frozenset[tuple[str, str]] = frozenset()
    different: frozenset[tuple[str, str]] = frozenset()
    names: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def digest(self) -> str:
        """Changes when any ruling does."""
        text = json.dumps([sorted(self.same), sorted(self.different), sorted(self.names.items())], ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    @property
    def spellings(self) -> set[str]:
        return {spelling for pair in self.same | self.different for spelling in pair}


def rulings_of(decisions: Iterable[Decision]) -> Rulings:
    """The rulings that hold after all these decisions. Raises `EvenhandError` where they contradict each other."""
    last: dict[tuple[str, str], str] = {}
    names: dict[str, str] = {}
    for decision in decisions:
        if decision.ruling == "name":
            names[decision.left] = decision.right
        else:
            left, right = sorted((decision.left, decision.right))
            last[left, right] = decision.ruling
    same = frozenset(pair for pair, ruling in last.items() if ruling == "same")
    different = frozenset(pair for pair, ruling in last.items() if ruling == "different")
    _require_no_contradiction(same, different)
    return Rulings(same, different, names)


def read_rulings(vault: Vault) -> Rulings:
    """The rulings of a vault; none where it has no log yet."""
    return rulings_of(_read(vault))


def record(vault: Vault, decision: Decision) -> None:
    """Append one decision. Raises `EvenhandError`, and appends nothing, where it contradicts earlier ones."""
    if decision.ruling not in RULINGS:
        raise EvenhandError(f"The ruling {decision.ruling!r} is not known; allowed are {', '.join(RULINGS)}.")
    if not (decision.left.strip() and decision.right.strip()):
        raise EvenhandError("A decision is about two spellings; one of them is empty.")
    if decision.left == decision.right and decision.ruling != "name":
        raise EvenhandError(f"A decision is about two different spellings; both are {decision.left!r}.")
    rulings_of([*_read(vault), decision])
    vault.append(EVENT, ruling=decision.ruling, left=decision.left, right=decision.right)


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


def _read(vault: Vault) -> list[Decision]:
    return [Decision(event["ruling"], event["left"], event["right"]) for event in vault.events(EVENT)]


def _require_no_contradiction(same: frozenset[tuple[str, str]], different: frozenset[tuple[str, str]]) -> None:
    group = joined(same)
    for left, right in sorted(different):
        if left in group and group[left] == group.get(right):
            raise EvenhandError(
                f"{left!r} and {right!r} are decided to be different vendors, yet other decisions say each is the same as {group[left]!r}. Take one of these back first."
            )
