"""All names of a file or a night among themselves: components of sure evidence, with a guard against chaining.

The result does not depend on the order of the input. What the guard or a veto holds back becomes a doubt for people.
Decisions come first: what was ruled the same is one group before anything is compared, what was ruled different is
never joined, whatever lies between.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from orchestration.vendors.book import Book
from orchestration.vendors.decisions import Rulings
from orchestration.vendors.match import SURE_RULES, Beside, Evidence, Form, conflict, evidence, form_of
from orchestration.vendors.naming import closest, unsightliness
from orchestration.vendors.normalise import Name, parse
from orchestration.vendors.spelling import Speller, is_slip_of_name

LARGE = 4
"""Two clusters that both hold more forms than this are joined by a slip only where `SUPPORT` of the smaller one have it."""
SUPPORT = 0.5
NO_RULINGS = Rulings()


@dataclass(frozen=True)
class Doubt:
    """Two spellings that may be one vendor, for a person to say. The higher the score, the sooner it is asked."""

    left: str
    right: str
    reason: str
    score: float


@dataclass(frozen=True)
class Clustering:
    """`founders`: spelling to the founding spelling of its group. `reasons`: the rule that brought it there."""

    founders: dict[str, str]
    reasons: dict[str, str]
    doubts: list[Doubt]


def speller_of(names: Iterable[Name]) -> Speller:
    """A speller that knows every word of these names; a name counts once for every spelling, but not for every case."""
    different = {name.spelling.upper(): name.tokens for name in names}
    return Speller(Counter(token for tokens in different.values() for token in tokens))


def cluster(spellings: Iterable[str], rulings: Rulings = NO_RULINGS, speller: Speller | None = None) -> Clustering:
    """Group spellings into vendors. `speller`: one that knows more names than these."""
    names = {spelling: parse(spelling) for spelling in sorted(set(spellings))}
    speller = speller or speller_of(names.values())
    forms = {spelling: form_of(name, speller) for spelling, name in names.items()}
    groups = Groups(forms, rulings)
    book = Book()
    for form in forms.values():
        book.add(form)
    found = [(a, b, e) for a, b in book.pairs() if (e := evidence(book.forms[a], book.forms[b]))]
    for a, b, e in found:
        if e.is_sure:
            groups.link(a, b)
    groups.judge_the_same()
    for a, b, e in sorted(found, key=_surest_first):
        groups.judge(a, b, e)
    for spelling, form in forms.items():
        if form.markers and not form.is_plain:
            groups.doubt_marked(spelling, form)
    return groups.result()


def _surest_first(item: tuple[str, str, Evidence]) -> tuple[int, float, str, str]:
    a, b, found = item
    return (SURE_RULES.index(found.rule) if found.is_sure else len(SURE_RULES), -found.score, a, b)


class Groups:
    """Union-find over nodes: a form, or those of its spellings that one ruling speaks of."""

    def __init__(self, forms: dict[str, Form], rulings: Rulings) -> None:
        self._rulings = rulings
        self._mends = {s: sum(t not in form.tokens for t in parse(s).tokens) for s, form in forms.items()}
        self._links: dict[str, set[str]] = defaultdict(set)
        self._node = _nodes(forms, rulings)
        self._of_form: dict[str, set[str]] = defaultdict(set)
        self.members: dict[str, list[str]] = defaultdict(list)
        for spelling in sorted(self._node):
            self.members[self._node[spelling]].append(spelling)
            self._of_form[forms[spelling].key].add(self._node[spelling])
        self._forms = {node: forms[spellings[0]] for node, spellings in self.members.items()}
        self._parent = {node: node for node in self.members}
        self._nodes = {node: [node] for node in self.members}
        self._beside: dict[str, set[Beside]] = {node: {form.beside} for node, form in self._forms.items()}
        self._ruled = {node: {s for s in spellings if s in rulings.groups} for node, spellings in self.members.items()}
        self._rule: dict[str, str] = {}
        self._doubts: dict[tuple[str, str], Doubt] = {}
        self._join_what_was_ruled()

    def link(self, a: str, b: str) -> None:
        """Note sure evidence between forms, so that the guard can count how many forms of a cluster have their own."""
        for left in self._of_form[a]:
            self._links[left] |= self._of_form[b]
        for right in self._of_form[b]:
            self._links[right] |= self._of_form[a]

    def judge_the_same(self) -> None:
        """Join what a ruling split off a form with the rest of the form, where no ruling keeps them apart."""
        for nodes in self._of_form.values():
            first, *others = sorted(nodes, key=lambda node: (len(node), node))
            for other in others:
                self._judge_nodes(first, other, Evidence("whole", True, 9.0))

    def judge(self, a: str, b: str, found: Evidence) -> None:
        """Join two forms on sure evidence, or note the doubt."""
        for left in sorted(self._of_form[a]):
            for right in sorted(self._of_form[b]):
                self._judge_nodes(left, right, found)

    def _judge_nodes(self, a: str, b: str, found: Evidence) -> None:
        left, right = self.find(a), self.find(b)
        if left == right or self._are_apart(left, right):
            return
        objection = (None if found.is_sure else found.rule) or self._objection(left, right, found.rule)
        if objection is None:
            self._join(left, right, found.rule)
        else:
            self._doubts[a, b] = Doubt(a, b, objection, found.score)

    def doubt_marked(self, spelling: str, form: Form) -> None:
        """A name with a marker asks whether it is the vendor that stands first in it."""
        node, first = self._node[spelling], first_name(form)
        for other in sorted(self._of_form.get(first, ())):
            if self.find(other) != self.find(node) and not self._are_apart(self.find(other), self.find(node)):
                self._doubts[node, other] = Doubt(node, other, "+".join(sorted(form.markers)), 3.0)

    def find(self, node: str) -> str:
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = self._parent[node]
        return node

    def result(self) -> Clustering:
        founder = {root: self._founder(root) for root in self._nodes if self.find(root) == root}
        groups = {spelling: founder[self.find(node)] for spelling, node in self._node.items()}
        reasons = {spelling: self._rule.get(node, "whole") for spelling, node in self._node.items()}
        return Clustering(dict(sorted(groups.items())), dict(sorted(reasons.items())), self._ranked_doubts())

    def _join_what_was_ruled(self) -> None:
        by_group: dict[str, str] = {}
        for spelling in sorted(s for s in self._node if s in self._rulings.groups):
            first = by_group.setdefault(self._rulings.groups[spelling], self._node[spelling])
            left, right = self.find(first), self.find(self._node[spelling])
            if left != right:
                self._join(left, right, "decided")

    def _are_apart(self, left: str, right: str) -> bool:
        return self._rulings.are_apart(self._ruled[left], self._ruled[right])

    def _objection(self, left: str, right: str, rule: str) -> str | None:
        """Why two groups are not joined though two of their forms may be: the first objection, or None."""
        if against := conflict(self._beside[left], self._beside[right]):
            return against
        if rule != "slip":
            return None
        if min(len(self._nodes[left]), len(self._nodes[right])) > LARGE and self._support(left, right) < SUPPORT:
            return "two_large_clusters"
        return None if self._anchors_agree(left, right) else "chain"

    def _support(self, left: str, right: str) -> float:
        """Share of the smaller cluster's spellings that have sure evidence of their own for the larger one."""
        small, large = sorted((left, right), key=self._size)
        others = set(self._nodes[large])
        linked = sum(len(self.members[node]) for node in self._nodes[small] if not others.isdisjoint(self._links[node]))
        return linked / self._size(small)

    def _anchors_agree(self, left: str, right: str) -> bool:
        return do_agree(self._forms[self._anchor(left)].core, self._forms[self._anchor(right)].core)

    def _anchor(self, root: str) -> str:
        return min(self._nodes[root], key=lambda node: (-len(self.members[node]), len(node), node))

    def _join(self, left: str, right: str, rule: str) -> None:
        if self._size(left) < self._size(right) or (self._size(left) == self._size(right) and right < left):
            left, right = right, left
        for node in self._nodes[right]:
            self._rule.setdefault(node, rule)
        self._rule.setdefault(left, rule)
        self._parent[right] = left
        self._nodes[left] += self._nodes.pop(right)
        self._beside[left] |= self._beside.pop(right)
        self._ruled[left] |= self._ruled.pop(right)

    def _size(self, root: str) -> int:
        return sum(len(self.members[node]) for node in self._nodes[root])

    def _founder(self, root: str) -> str:
        members = self.members[self._anchor(root)]
        often = Counter(parse(spelling).tokens for spelling in members)
        return min(members, key=lambda s: (self._mends[s], -often[parse(s).tokens], *unsightliness(s)))

    def _ranked_doubts(self) -> list[Doubt]:
        best: dict[tuple[str, str], Doubt] = {}
        for doubt in self._doubts.values():
            left, right = sorted((self.find(doubt.left), self.find(doubt.right)))
            if left != right:
                stake = math.log2(1 + min(self._size(left), self._size(right)))
                asked = Doubt(self._founder(left), self._founder(right), doubt.reason, round(doubt.score * stake, 3))
                best[left, right] = max(best.get((left, right), asked), asked, key=lambda d: (d.score, d.reason))
        return sorted(best.values(), key=lambda d: (-d.score, d.left, d.right))


def _nodes(forms: dict[str, Form], rulings: Rulings) -> dict[str, str]:
    """Each spelling's node: its form, and where rulings set spellings of the form apart, the one it is spelt most like."""
    ruled: dict[str, list[str]] = defaultdict(list)
    for spelling in sorted(s for s in forms if s in rulings.groups):
        ruled[forms[spelling].key].append(spelling)
    nodes: dict[str, str] = {}
    for spelling, form in forms.items():
        groups = {rulings.groups[s] for s in ruled[form.key]}
        is_split = len(groups) > 1
        like = spelling if spelling in rulings.groups else closest(spelling, ruled[form.key]) if is_split else None
        nodes[spelling] = f"{form.key}\x00{rulings.groups[like]}" if like else form.key
    return nodes


def first_name(form: Form) -> str:
    """The key of the plain name that stands first in a marked one."""
    return Form(form.tokens, form.core, form.beside, frozenset(), ()).key


def do_agree(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether the names two clusters are mostly spelt by have a first word in common, or are one slip apart."""
    return a[0] == b[0] or a[0] in b or b[0] in a or is_slip_of_name(a, b) or is_slip_of_name(a[:1], b[:1])


def review_spellings(clustering: Clustering) -> set[str]:
    """Founders that stand alone and are in doubt: the spellings whose decision is `review`."""
    sizes = Counter(clustering.founders.values())
    return {side for doubt in clustering.doubts for side in (doubt.left, doubt.right) if sizes[side] == 1}


def decisions_of(clustering: Clustering) -> dict[str, str]:
    """Each spelling's decision: `merged` into its founder, `review` or `new`."""
    asked = review_spellings(clustering)
    return {s: "merged" if s != f else "review" if s in asked else "new" for s, f in clustering.founders.items()}
