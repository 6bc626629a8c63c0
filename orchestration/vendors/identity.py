"""The registry of vendors: every spelling ever seen, whose it is, and why. New spellings are looked up, not clustered anew.

Decisions come first: what was ruled the same lies together and what was ruled different apart, whenever either came.
Resolving spellings never joins two vendors that exist: what points to two of them waits in the review queue. Where the
decisions are others than those a registry was made with, it is made anew, batch by batch, under the new ones; that is how
merges are reversed, and the book of ids keeps every vendor its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orchestration.vendors.book import Book
from orchestration.vendors.cluster import NO_RULINGS, cluster, decisions_of, do_agree, speller_of
from orchestration.vendors.decisions import Rulings
from orchestration.vendors.ids import IdBook
from orchestration.vendors.match import Beside, Form, conflict, evidence, form_of
from orchestration.vendors.naming import closest
from orchestration.vendors.normalise import parse


@dataclass(frozen=True)
class Identity:
    """One spelling: its vendor's `founder` (the first spelling of it that is there), by which `rule` it came to it, and when.

    `vendor_id`, `vendor` (the canonical name) and `decision` (merged, new or review) are what holds. `is_doubtful`: the
    spelling stood alone when it came, and a person should look. `batch`: in which batch it was first seen, from 1.
    """

    spelling: str
    founder: str
    rule: str
    is_doubtful: bool
    batch: int
    vendor_id: str
    vendor: str
    decision: str


@dataclass(frozen=True)
class Merge:
    """An event: `spelling` came to `vendor_id`, by this rule. A later ruling reverses it."""

    spelling: str
    vendor_id: str
    rule: str


@dataclass(frozen=True)
class Registry:
    """All identities by spelling, the book of their ids, and the rulings under which they were found."""

    identities: Mapping[str, Identity]
    ids: IdBook = field(default_factory=IdBook, compare=False)
    rulings: Rulings = field(default=NO_RULINGS, compare=False)

    def merges(self) -> list[Merge]:
        """Every merge in force, sorted."""
        rows = sorted(self.identities.values(), key=lambda row: (row.batch, row.spelling))
        return [Merge(row.spelling, row.vendor_id, row.rule) for row in rows if row.decision == "merged"]


EMPTY = Registry({})


@dataclass(frozen=True)
class Placed:
    """Where a spelling lies before ids and names are given."""

    founder: str
    rule: str
    is_doubtful: bool
    batch: int


def resolve(new_spellings: Iterable[str], registry: Registry, rulings: Rulings = NO_RULINGS, batch: int | None = None) -> Registry:
    """The registry with a batch of spellings added. The order within the batch does not matter.

    `batch`: its number, above every earlier one; the next one by default.
    """
    fresh = sorted({s for s in new_spellings if s not in registry.identities})
    batch = batch or 1 + max((row.batch for row in registry.identities.values()), default=0)
    batches: dict[int, list[str]] = {}
    placed: dict[str, Placed] = {}
    if rulings.digest == registry.rulings.digest:
        placed = {s: Placed(row.founder, row.rule, row.is_doubtful, row.batch) for s, row in registry.identities.items()}
    else:
        for spelling, row in sorted(registry.identities.items()):
            batches.setdefault(row.batch, []).append(spelling)
    batches.setdefault(batch, []).extend(fresh)
    return _named(_placed_in(batches, placed, rulings), registry.ids, rulings)


def resolve_batches(batches: Mapping[int, list[str]], registry: Registry, rulings: Rulings) -> Registry:
    """The same for several batches, one after the other."""
    placed = {s: Placed(row.founder, row.rule, row.is_doubtful, row.batch) for s, row in registry.identities.items()}
    return _named(_placed_in(batches, placed, rulings), registry.ids, rulings)


def _placed_in(batches: Mapping[int, list[str]], placed: dict[str, Placed], rulings: Rulings) -> dict[str, Placed]:
    for batch, spellings in sorted(batches.items()):
        if spellings:
            placed = placed | _place(sorted(spellings), Index(placed, spellings, rulings), batch)
    return placed


@dataclass(frozen=True)
class Hit:
    """What a look-up found: the founder of the vendor and the rule, or nothing; `is_doubtful` where a person should look."""

    founder: str | None
    rule: str
    is_doubtful: bool


class Index:
    """What a look-up needs of the spellings placed so far, built once for a batch. Vendors go by their founders."""

    def __init__(self, placed: Mapping[str, Placed], fresh: Iterable[str], rulings: Rulings) -> None:
        self.rulings = rulings
        self.speller = speller_of(parse(spelling) for spelling in (*placed, *fresh))
        self._book = Book()
        self._spellings: dict[str, list[str]] = {}
        self._founder_of: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}
        self._beside: dict[str, set[Beside]] = {}
        self._forms: dict[str, Form] = {}
        self._founder_of_group: dict[str, str] = {}
        for spelling in sorted(placed):
            self.add(spelling, placed[spelling].founder)

    def form(self, spelling: str) -> Form:
        if spelling not in self._forms:
            self._forms[spelling] = form_of(parse(spelling), self.speller)
        return self._forms[spelling]

    def add(self, spelling: str, founder: str) -> None:
        form = self.form(spelling)
        self._book.add(form)
        self._spellings.setdefault(form.key, []).append(spelling)
        self._founder_of[spelling] = founder
        if spelling in self.rulings.groups:
            self._founder_of_group[self.rulings.groups[spelling]] = founder
        self._members.setdefault(founder, []).append(spelling)
        self._beside.setdefault(founder, set()).add(form.beside)

    def ruled(self, spelling: str) -> str | None:
        """The vendor that holds a spelling ruled to be the same."""
        return self._founder_of_group.get(self.rulings.groups[spelling]) if spelling in self.rulings.groups else None

    def look_up(self, spelling: str) -> Hit:
        """The one vendor that sure evidence points to. A few dictionary reads and some comparisons."""
        same = [s for s in self._spellings.get(self.form(spelling).key, []) if not self.are_apart([spelling], self._founder_of[s])]
        if same:
            return Hit(self._founder_of[closest(spelling, same)], "whole", is_doubtful=False)
        return self.look_up_all([spelling])

    def look_up_all(self, spellings: list[str]) -> Hit:
        """The one vendor that all of a group of spellings may join."""
        sure: dict[str, str] = {}
        is_doubtful = any(self.form(s).markers and not self.form(s).is_plain for s in spellings)
        for spelling in spellings:
            form = self.form(spelling)
            for key in self._book.candidates(form):
                found = evidence(form, self._book.forms[key])
                for founder in sorted({self._founder_of[s] for s in self._spellings[key]}) if found else ():
                    if found and not self.are_apart(spellings, founder):
                        is_doubtful = is_doubtful or not found.is_sure
                        if found.is_sure:
                            sure.setdefault(founder, found.rule)
        if len(sure) == 1:
            founder, rule = next(iter(sure.items()))
            if self._may_join(spellings, founder, rule):
                return Hit(founder, rule, is_doubtful=False)
        return Hit(None, "new", is_doubtful or bool(sure))

    def _may_join(self, spellings: list[str], founder: str, rule: str) -> bool:
        if conflict({self.form(s).beside for s in spellings}, self._beside[founder]):
            return False
        return rule != "slip" or all(do_agree(self.form(s).core, self.form(founder).core) for s in spellings)

    def are_apart(self, spellings: Iterable[str], founder: str) -> bool:
        return self.rulings.are_apart(spellings, self._members[founder])


def _place(fresh: list[str], index: Index, batch: int) -> dict[str, Placed]:
    """Where a batch of spellings goes: to where decisions put them, to vendors that exist, and the rest in groups of its own."""
    placed: dict[str, Placed] = {}

    def put(spelling: str, founder: str, rule: str, *, is_doubtful: bool = False) -> None:
        placed[spelling] = Placed(founder, rule, is_doubtful, batch)
        index.add(spelling, founder)

    for spelling in fresh:
        if founder := index.ruled(spelling):
            put(spelling, founder, "decided")
    clustering = cluster([s for s in fresh if s not in placed], index.rulings, index.speller)
    decisions = decisions_of(clustering)
    for members in _groups(clustering.founders):
        hit = _whole(members, index) or index.look_up_all(members)
        founder = hit.founder or clustering.founders[members[0]]
        for spelling in members:
            rule = clustering.reasons[spelling] if spelling != clustering.founders[spelling] else hit.rule
            is_doubtful = hit.founder is None and len(members) == 1 and (hit.is_doubtful or decisions[spelling] == "review")
            put(spelling, founder, rule, is_doubtful=is_doubtful)
    return placed


def _whole(members: list[str], index: Index) -> Hit | None:
    """The vendor that a group's spellings are spelt like already, where all that are point to one and no ruling objects."""
    hits = [hit for spelling in members if (hit := index.look_up(spelling)).rule == "whole" and hit.founder]
    founders = {hit.founder for hit in hits if hit.founder and not index.are_apart(members, hit.founder)}
    return hits[0] if len(founders) == 1 and {hit.founder for hit in hits} == founders else None


def _groups(founders: Mapping[str, str]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for spelling in sorted(founders):
        groups.setdefault(founders[spelling], []).append(spelling)
    return [groups[founder] for founder in sorted(groups)]


def own_vendor(spelling: str, batch: int) -> Identity:
    """A spelling as a vendor of its own, joined with nothing."""
    ids, _ = IdBook().assign({spelling: [spelling]})
    return Identity(spelling, spelling, "as_spelled", False, batch, "s" + ids[spelling][1:], spelling, "new")


def _named(placed: Mapping[str, Placed], ids: IdBook, rulings: Rulings) -> Registry:
    """Ids and canonical names: the last one decided for any spelling of the vendor, else its founder."""
    order = sorted(placed, key=lambda s: (placed[s].batch, s != placed[s].founder, s))
    members: dict[str, list[str]] = {}
    for spelling in order:
        members.setdefault(placed[spelling].founder, []).append(spelling)
    vendor_ids, ids = ids.assign(members)
    names = {founder: founder for founder in members}
    names |= {placed[s].founder: name for s, name in rulings.names.items() if s in placed}
    rows = {s: _identity(s, placed[s], vendor_ids, names, rulings) for s in sorted(placed)}
    return Registry(rows, ids, rulings)


def _identity(spelling: str, at: Placed, ids: Mapping[str, str], names: Mapping[str, str], rulings: Rulings) -> Identity:
    name = names[at.founder]
    is_asked = at.is_doubtful and spelling not in rulings.spellings
    decision = "merged" if name != spelling else "review" if is_asked else "new"
    return Identity(spelling, at.founder, at.rule, at.is_doubtful, at.batch, ids[at.founder], name, decision)
