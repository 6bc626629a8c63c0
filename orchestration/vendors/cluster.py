"""All names of a file or a night among themselves: components of sure evidence, with a guard against chaining.

The result does not depend on the order of the input. What the guard or a veto holds back becomes a doubt for people.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from orchestration.vendors.book import Book
from orchestration.vendors.decisions import Rulings
from orchestration.vendors.match import SURE_RULES, Evidence, Form, evidence, form_of
from orchestration.vendors.normalise import Name, parse
from orchestration.vendors.spelling import Speller, is_slip_of_name

LARGE = 4
"""Two clusters that both hold more forms than this are joined by a person only, unless the rule is among `STRONG_RULES`."""
STRONG_RULES = ("whole", "head")
NO_RULINGS = Rulings()
SHORTEST_SHOUT = 5
SUPPORT = 0.5
"""Two large clusters are joined where at least this share of the smaller one's spellings has sure evidence of its own."""


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
    found = [(a, b, e) for a, b in book.pairs() if (e := evidence(book.forms[a], book.forms[b], book.heads))]
    for a, b, e in found:
        if e.is_sure:
            groups.link(a, b)
    for a, b, e in sorted(found, key=lambda item: (SURE_RULES.index(item[2].rule), -item[2].score, item[0], item[1])):
        groups.judge(a, b, e)
    for spelling, form in forms.items():
        if form.markers and not form.is_plain:
            groups.doubt_marked(spelling, form)
    return groups.result()


class Groups:
    """Union-find over forms. A form is split into its spellings only where a ruling says they differ."""

    def __init__(self, forms: dict[str, Form], rulings: Rulings) -> None:
        self._forms = {form.key: form for form in forms.values()}
        self._mends = {s: sum(t not in form.tokens for t in parse(s).tokens) for s, form in forms.items()}
        self._links: dict[str, set[str]] = defaultdict(set)
        self._node = {spelling: form.key for spelling, form in forms.items()}
        self._split_by(rulings, forms)
        self.members: dict[str, list[str]] = defaultdict(list)
        for spelling in sorted(self._node):
            self.members[self._node[spelling]].append(spelling)
        self._parent = {node: node for node in self.members}
        self._nodes = {node: [node] for node in self.members}
        self._years = {node: {forms[s].years for s in spellings if forms[s].years} for node, spellings in self.members.items()}
        self._apart: dict[str, set[str]] = defaultdict(set)
        self._rule: dict[str, str] = {}
        self._doubts: dict[tuple[str, str], Doubt] = {}
        self._rule_on(rulings)

    def link(self, a: str, b: str) -> None:
        """Note sure evidence, so that the guard can count how many forms of a cluster have their own."""
        self._links[a].add(b)
        self._links[b].add(a)

    def judge(self, a: str, b: str, found: Evidence) -> None:
        """Join two forms on sure evidence, or note the doubt."""
        left, right = self.find(a), self.find(b)
        if left == right:
            return
        objection = None if found.is_sure else found.rule
        objection = objection or self._objection(left, right, found.rule)
        if objection is None:
            self._join(left, right, found.rule)
        elif right not in self._apart[left]:
            self._doubt(a, b, objection, found.score)

    def doubt_marked(self, spelling: str, form: Form) -> None:
        """A name with a marker asks whether it is the vendor that stands first in it."""
        node, first = self._node[spelling], form.compact
        if first in self._parent and self.find(first) != self.find(node) and self.find(node) not in self._apart[self.find(first)]:
            self._doubt(node, first, "+".join(sorted(form.markers)), 3.0)

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

    def _split_by(self, rulings: Rulings, forms: dict[str, Form]) -> None:
        for pair in sorted(rulings.different):
            if all(spelling in forms for spelling in pair) and self._node[pair[0]] == self._node[pair[1]]:
                node = f"{self._node[pair[1]]}\x00{pair[1]}"
                self._node[pair[1]] = node
                self._forms[node] = forms[pair[1]]

    def _rule_on(self, rulings: Rulings) -> None:
        known = self._node
        for a, b in sorted(rulings.different):
            if a in known and b in known:
                left, right = self.find(known[a]), self.find(known[b])
                self._apart[left].add(right)
                self._apart[right].add(left)
        for a, b in sorted(rulings.same):
            if a in known and b in known and (left := self.find(known[a])) != (right := self.find(known[b])):
                self._join(left, right, "decided")

    def _objection(self, left: str, right: str, rule: str) -> str | None:
        if right in self._apart[left]:
            return "decided"
        if len(self._years[left] | self._years[right]) > 1:
            return "years"
        if rule in STRONG_RULES:
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
        return do_agree(self._forms[self._anchor(left)].tokens, self._forms[self._anchor(right)].tokens)

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
        self._years[left] |= self._years[right]
        for other in self._apart.pop(right, set()):
            self._apart[other].discard(right)
            self._apart[other].add(left)
            self._apart[left].add(other)

    def _size(self, root: str) -> int:
        return sum(len(self.members[node]) for node in self._nodes[root])

    def _doubt(self, a: str, b: str, reason: str, score: float) -> None:
        self._doubts[a, b] = Doubt(a, b, reason, score)

    def _founder(self, root: str) -> str:
        members = self.members[self._anchor(root)]
        often = Counter(parse(spelling).tokens for spelling in members)
        return min(members, key=lambda s: (self._mends[s], -often[parse(s).tokens], *_unsightliness(s)))

    def _ranked_doubts(self) -> list[Doubt]:
        best: dict[tuple[str, str], Doubt] = {}
        for doubt in self._doubts.values():
            left, right = sorted((self.find(doubt.left), self.find(doubt.right)))
            if left != right:
                stake = math.log2(1 + min(self._size(left), self._size(right)))
                asked = Doubt(self._founder(left), self._founder(right), doubt.reason, round(doubt.score * stake, 3))
                best[left, right] = max(best.get((left, right), asked), asked, key=lambda d: (d.score, d.reason))
        return sorted(best.values(), key=lambda d: (-d.score, d.left, d.right))


def do_agree(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether the names two clusters are mostly spelt by have a first word in common, or are one slip apart."""
    return a[0] == b[0] or a[0] in b or b[0] in a or is_slip_of_name(a, b) or is_slip_of_name(a[:1], b[:1])


def _unsightliness(spelling: str) -> tuple[int, int, int, str]:
    odd = sum(not (c.isalnum() or c in " .,'&-()") for c in spelling) + (spelling != spelling.strip())
    is_shouted = (spelling.isupper() and len(spelling) > SHORTEST_SHOUT) or spelling.islower()
    return odd, int(is_shouted), len(spelling), spelling


def review_spellings(clustering: Clustering) -> set[str]:
    """Founders that stand alone and are in doubt: the spellings whose decision is `review`."""
    sizes = Counter(clustering.founders.values())
    return {side for doubt in clustering.doubts for side in (doubt.left, doubt.right) if sizes[side] == 1}


def decisions_of(clustering: Clustering) -> dict[str, str]:
    """Each spelling's decision: `merged` into its founder, `review` or `new`."""
    asked = review_spellings(clustering)
    return {s: "merged" if s != f else "review" if s in asked else "new" for s, f in clustering.founders.items()}
