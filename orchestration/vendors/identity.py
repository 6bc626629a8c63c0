"""The registry of vendors: every spelling ever seen, whose it is, and why. New spellings are looked up, not clustered anew.

A vendor's id comes from its founding spelling and never changes while the vendor grows. Resolving spellings never joins
two vendors that exist: what points to two of them waits in the review queue. Only an analyst's decision joins vendors;
it lies over the machine's identities and is undone by taking it back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from orchestration.vendors.book import Book
from orchestration.vendors.cluster import NO_RULINGS, cluster, decisions_of, do_agree, speller_of
from orchestration.vendors.decisions import Rulings, joined
from orchestration.vendors.match import Form, evidence, form_of
from orchestration.vendors.normalise import parse

ID_HEX_DIGITS = 16
WEAK_RULES = ("slip", "rare_word", "family")


@dataclass(frozen=True)
class Identity:
    """One spelling. What the machine found: `own_id`, `founder`, `found` (merged, new or review) and by which `rule`.

    What holds after the analysts' decisions: `vendor_id`, `vendor` (the canonical name) and `decision`. `batch`: in
    which batch of spellings it was first seen, from 1.
    """

    spelling: str
    own_id: str
    founder: str
    found: str
    rule: str
    batch: int
    vendor_id: str
    vendor: str
    decision: str


@dataclass(frozen=True)
class Merge:
    """An event: `spelling` (and with it `own_id`) came to `vendor_id`, by this rule. A later ruling reverses it."""

    spelling: str
    own_id: str
    vendor_id: str
    rule: str


@dataclass(frozen=True)
class Registry:
    """All identities by spelling."""

    identities: Mapping[str, Identity]

    def merges(self) -> list[Merge]:
        """Every merge in force, sorted: spellings that joined a vendor, and vendors that a decision joined."""
        rows = sorted(self.identities.values(), key=lambda row: (row.batch, row.spelling))
        return [Merge(row.spelling, row.own_id, row.vendor_id, _why(row)) for row in rows if row.decision == "merged"]


EMPTY = Registry({})


def _why(row: Identity) -> str:
    return row.rule if row.own_id == row.vendor_id and row.found == "merged" else "decided"


def resolve(new_spellings: Iterable[str], registry: Registry, rulings: Rulings = NO_RULINGS, batch: int | None = None) -> Registry:
    """The registry with a batch of spellings added. The order within the batch does not matter; known spellings stay.

    `batch`: its number, above every earlier one; the next one by default.
    """
    registry = with_rulings(registry, rulings)
    fresh = sorted({s for s in new_spellings if s not in registry.identities})
    if not fresh:
        return registry
    index = Index(registry, fresh, rulings)
    hits = {spelling: index.look_up(spelling) for spelling in fresh}
    batch = batch or 1 + max((row.batch for row in registry.identities.values()), default=0)
    added = _placed(fresh, hits, index, rulings, batch)
    return with_rulings(Registry({**registry.identities, **added}), rulings)


@dataclass(frozen=True)
class Hit:
    """What a look-up found: the vendor and the rule, or nothing; `is_doubtful` where a person should look."""

    own_id: str | None
    rule: str
    is_doubtful: bool


class Index:
    """What a look-up needs of a registry, built once for a batch."""

    def __init__(self, registry: Registry, fresh: Iterable[str], rulings: Rulings) -> None:
        self.identities = registry.identities
        self.speller = speller_of(parse(spelling) for spelling in (*registry.identities, *fresh))
        self.forms: dict[str, Form] = {}
        self._book = Book()
        self._rulings = rulings
        self._vendors: dict[str, set[str]] = {}
        for spelling in sorted(registry.identities):
            row, form = registry.identities[spelling], form_of(parse(spelling), self.speller)
            self._book.add(form)
            self._vendors.setdefault(form.key, set()).add(row.vendor_id)
            if spelling == row.founder:
                self.forms[row.own_id] = form
        self.ids = {row.own_id for row in registry.identities.values()}

    def look_up(self, spelling: str) -> Hit:
        """The one vendor that sure evidence points to. A few dictionary reads and some comparisons."""
        form, barred = form_of(parse(spelling), self.speller), self.barred(spelling)
        same = self._vendors.get(form.key, set()) - barred
        if len(same) == 1:
            return Hit(next(iter(same)), "whole", is_doubtful=False)
        sure: dict[str, str] = {}
        is_doubtful = len(same) > 1
        for key in self._book.candidates(form):
            found = evidence(form, self._book.forms[key], self._book.heads)
            for own_id in sorted(self._vendors[key] - barred) if found else ():
                is_sure = found is not None and found.is_sure and (found.rule not in WEAK_RULES or self._agrees(form, own_id))
                if found and is_sure:
                    sure.setdefault(own_id, found.rule)
                is_doubtful = is_doubtful or not is_sure
        if len(sure) == 1:
            return Hit(*next(iter(sure.items())), is_doubtful=False)
        return Hit(None, "new", is_doubtful or bool(sure) or bool(form.markers and not form.is_plain))

    def _agrees(self, form: Form, own_id: str) -> bool:
        founder = self.forms.get(own_id)
        return founder is not None and do_agree(form.tokens, founder.tokens)

    def barred(self, spelling: str) -> set[str]:
        others = {a if b == spelling else b for a, b in self._rulings.different if spelling in (a, b)}
        return {self.identities[other].vendor_id for other in others if other in self.identities}


def _placed(fresh: list[str], hits: dict[str, Hit], index: Index, rulings: Rulings, batch: int) -> dict[str, Identity]:
    """Identities of a batch: what was found, and the rest in groups of its own."""
    founders = {row.own_id: row.founder for row in index.identities.values()}
    clustering = cluster(fresh, Rulings(different=rulings.different), index.speller)
    decisions = decisions_of(clustering)
    placed: dict[str, Identity] = {}
    for members in _members(clustering.founders).values():
        found = {own_id for s in members if (own_id := hits[s].own_id)}
        for spelling in members:
            own_id = hits[spelling].own_id or (next(iter(found)) if len(found) == 1 and not _is_barred(spelling, found, index) else None)
            if own_id:
                rule = hits[spelling].rule if hits[spelling].own_id else clustering.reasons[spelling]
                placed[spelling] = _row(spelling, own_id, founders[own_id], "merged", rule, batch)
        left = [spelling for spelling in members if spelling not in placed]
        if left:
            founder = clustering.founders[left[0]] if clustering.founders[left[0]] in left else left[0]
            own_id = _new_id(founder, index.ids)
            for spelling in left:
                is_doubtful = hits[spelling].is_doubtful or decisions[spelling] == "review" or bool(found)
                decision = "merged" if spelling != founder else "review" if is_doubtful and len(left) == 1 else "new"
                placed[spelling] = _row(
                    spelling, own_id, founder, decision, clustering.reasons[spelling] if decision == "merged" else "new", batch
                )
    return placed


def _is_barred(spelling: str, found: set[str], index: Index) -> bool:
    return not found.isdisjoint(index.barred(spelling))


def _members(founders: Mapping[str, str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for spelling in sorted(founders):
        groups.setdefault(founders[spelling], []).append(spelling)
    return dict(sorted(groups.items()))


def own_vendor(spelling: str, batch: int) -> Identity:
    """A spelling as a vendor of its own, joined with nothing."""
    return _row(spelling, "s" + _digest(spelling), spelling, "new", "as_spelled", batch)


def _row(spelling: str, own_id: str, founder: str, decision: str, rule: str, batch: int) -> Identity:
    return Identity(spelling, own_id, founder, decision, rule, batch, own_id, founder, decision)


def _new_id(founder: str, taken: set[str]) -> str:
    """An id from the founder's normal form; from its very spelling where that is taken by a vendor ruled different."""
    name = parse(founder)
    normal = "|".join([name.compact, *name.places, *name.years, *sorted(name.markers), *("".join(other) for other in name.others)])
    candidates = (normal, f"{normal}\x00{founder}")
    own_id = next(i for text in candidates if (i := "v" + _digest(text)) not in taken)
    taken.add(own_id)
    return own_id


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:ID_HEX_DIGITS]


def with_rulings(registry: Registry, rulings: Rulings) -> Registry:
    """Analysts' decisions laid over what the machine found: joined vendors take the id that was there first, and names."""
    rows = registry.identities
    standing = _standing_ids(rows, rulings)
    names = _names(rows, standing, rulings)
    return Registry({spelling: _ruled(row, standing, names, rulings) for spelling, row in sorted(rows.items())})


def _standing_ids(rows: Mapping[str, Identity], rulings: Rulings) -> dict[str, str]:
    """Each own id that a decision joined with others to the id, among them, that was founded first."""
    pairs = [(rows[a].own_id, rows[b].own_id) for a, b in rulings.same if a in rows and b in rows]
    group = joined(pairs)
    founded = {row.own_id: (row.batch, row.founder) for row in rows.values() if row.spelling == row.founder}
    first: dict[str, str] = {}
    for own_id in sorted(group, key=lambda i: founded[i]):
        first.setdefault(group[own_id], own_id)
    return {own_id: first[root] for own_id, root in group.items()}


def _names(rows: Mapping[str, Identity], standing: Mapping[str, str], rulings: Rulings) -> dict[str, str]:
    founders = {row.own_id: row.founder for row in rows.values()}
    named = {rows[s].own_id: name for s, name in sorted(rulings.names.items()) if s in rows}
    return founders | {standing.get(own_id, own_id): name for own_id, name in named.items()}


def _ruled(row: Identity, standing: Mapping[str, str], names: Mapping[str, str], rulings: Rulings) -> Identity:
    vendor_id = standing.get(row.own_id, row.own_id)
    vendor, decision = names[vendor_id], row.found
    if vendor != row.spelling and (decision == "merged" or vendor_id != row.own_id or vendor != row.founder):
        decision = "merged"
    elif decision == "review" and row.spelling in rulings.spellings:
        decision = "new"
    return replace(row, vendor_id=vendor_id, vendor=vendor, decision=decision)
