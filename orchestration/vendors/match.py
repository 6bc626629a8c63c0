"""Evidence between two names: the rule that makes them one vendor for sure, or the reason to ask a person.

Pure functions of two forms and, for one veto, of the names other vendors go by. Numbers are a veto everywhere: names
whose digits differ are never joined. Nothing here knows about clusters, ids or decisions.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from orchestration.vendors import vocabulary as words
from orchestration.vendors.lexicon import is_common, weight
from orchestration.vendors.normalise import Name
from orchestration.vendors.spelling import Speller, is_slip_of_name

TELLING_WORD = 3.0
"""A name none of whose words weighs this much is told apart by its place: University of Ottawa, of Calgary."""
HEAD_ALONE = 4.2
"""What one word must weigh to stand for a vendor whatever follows it, where it stands alone somewhere."""
HEAD_OF_WORDS = 4.6
"""The same for two and more words together; then one of them must be telling."""
HEAD_UNSEEN = 5.5
"""What a first word must weigh where it stands alone nowhere; only words any company may add can follow it."""
HEADS_UNSEEN = 5.2
"""What several first words must weigh then; only common words may follow them."""
LONELY_RARE = 4.8
"""What the only rare word of a name must weigh to stand for it wherever it stands."""
SURE_RULES = ("whole", "slip", "head", "rare_word", "family")


@dataclass(frozen=True)
class Form:
    """A name as it is compared: slips in its words mended, its acronym taken off, its place taken in where it must be."""

    tokens: tuple[str, ...]
    numbers: tuple[str, ...]
    years: tuple[str, ...]
    markers: frozenset[str]
    others: tuple[tuple[str, ...], ...]

    @property
    def compact(self) -> str:
        return "".join(self.tokens)

    @property
    def is_plain(self) -> bool:
        """Whether it names one vendor and nobody else."""
        return bool(self.tokens) and not (self.markers - {"care_of"})

    @property
    def key(self) -> str:
        """Equal for spellings that differ in nothing that may distinguish."""
        whole = "#".join([self.compact, *self.years])
        if self.is_plain:
            return whole
        return "|".join([whole, *sorted(self.markers), *("".join(other) for other in self.others)])


@dataclass(frozen=True)
class Evidence:
    """Why two names may be one vendor. `is_sure`: they are joined without a person; `score` ranks what a person is asked."""

    rule: str
    is_sure: bool
    score: float


def form_of(name: Name, speller: Speller) -> Form:
    """The form of a parsed name."""
    tokens = tuple(speller.mend(token) for token in name.tokens)
    heaviest = max(map(weight, tokens), default=0.0)
    if not tokens:
        tokens = (name.spelling,)
    if heaviest < HEAD_ALONE:
        tokens += name.codes
    if heaviest < TELLING_WORD:
        tokens += tuple(place for place in name.places if place not in words.COUNTRIES)
    tokens, others, markers = _acronym_off(tokens), name.others, name.markers
    if "several_names" in markers and len(others) == 1 and is_acronym(tokens, others[0]):
        tokens, others, markers = tuple(speller.mend(token) for token in others[0]), (), markers - {"several_names"}
    if any(weight(token) >= HEAD_ALONE for token in name.tail if speller.mend(token) not in tokens):
        others, markers = (*others, name.tail), markers | {"several_names"}
    return Form(tokens, tuple(sorted(t for t in tokens if t.isdigit())), name.years, markers, others)


def is_acronym(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether `short` is one word of the first letters of `long`."""
    return len(short) == 1 and len(long) >= 3 and short[0] == "".join(token[0] for token in long)


def _acronym_off(tokens: tuple[str, ...]) -> tuple[str, ...]:
    for size in (len(tokens) - 1, 3, 4):
        if 3 <= size < len(tokens) and is_acronym(tokens[:1], tokens[1 : size + 1]):
            return tokens[1:]
    return tokens


def evidence(a: Form, b: Form, heads: Collection[str]) -> Evidence | None:
    """The best evidence that `a` and `b` are one vendor, or None. `heads`: single words that are whole names elsewhere."""
    if a.key == b.key:
        return Evidence("whole", True, 9.0)
    if not (a.is_plain and b.is_plain):
        return None
    if a.compact == b.compact:
        return Evidence("whole", not (a.years and b.years), 9.0)
    if len(a.tokens) > len(b.tokens):
        a, b = b, a
    for rule in (_slip, _head, _rare_word, _family):
        found = rule(a, b, heads)
        if found:
            return found if found.is_sure and a.numbers == b.numbers else Evidence(found.rule, False, found.score)
    return None


def _slip(a: Form, b: Form, _heads: Collection[str]) -> Evidence | None:
    if not is_slip_of_name(a.tokens, b.tokens):
        return None
    is_telling = max(map(weight, a.tokens)) >= TELLING_WORD or len(a.compact) >= 12
    return Evidence("slip", is_telling, 6.0)


def _head(a: Form, b: Form, heads: Collection[str]) -> Evidence | None:
    """`b` is `a` with more words behind it."""
    size = len(a.tokens)
    own, rest = [token for token in a.tokens if token not in words.TRADES], b.tokens[size:]
    total = sum(map(weight, a.tokens))
    if b.tokens[:size] != a.tokens or total < TELLING_WORD:
        return None
    told, most = sum(map(weight, own)), max(map(weight, own), default=0.0)
    is_enough = told >= HEAD_ALONE if len(own) < 2 else told >= HEAD_OF_WORDS and most >= TELLING_WORD
    is_enough = is_enough and not (size == 1 and any(token in words.LINES_OF_BUSINESS or len(token) == 1 for token in rest))
    is_enough = is_enough or (total >= (TELLING_WORD if size == 1 else HEAD_OF_WORDS) and _all_in(rest, words.TRADES))
    return Evidence("head", is_enough and not any(token in heads for token in rest if token not in a.tokens), total / 2)


def _rare_word(a: Form, b: Form, heads: Collection[str]) -> Evidence | None:
    """`a` is one rare word and `b` holds it among common ones."""
    if len(a.tokens) != 1 or a.tokens[0] not in b.tokens or weight(a.tokens[0]) < LONELY_RARE:
        return None
    others = [token for token in b.tokens if token != a.tokens[0]]
    return Evidence("rare_word", len(a.tokens[0]) >= 6 and all(_is_harmless(t, heads) for t in others), 4.0)


def _family(a: Form, b: Form, heads: Collection[str]) -> Evidence | None:
    """Both begin with the same rare words and go on differently."""
    size = next((i for i, (x, y) in enumerate(zip(a.tokens, b.tokens, strict=False)) if x != y), len(a.tokens))
    total = sum(map(weight, a.tokens[:size]))
    if not size or total < TELLING_WORD:
        return None
    rest = {*a.tokens[size:], *b.tokens[size:]}
    told = sum(weight(token) for token in a.tokens[:size] if token not in words.TRADES)
    if size == 1:
        return Evidence("family", told >= HEAD_UNSEEN and _all_in(tuple(sorted(rest)), words.TRADES), total / 3)
    is_sure = told >= HEADS_UNSEEN and all(_is_harmless(token, heads) for token in rest)
    return Evidence("family", is_sure, total / 3)


def _is_harmless(token: str, heads: Collection[str]) -> bool:
    return is_common(token) and token not in heads and token not in words.LINES_OF_BUSINESS


def _all_in(tokens: tuple[str, ...], allowed: Collection[str]) -> bool:
    return all(token in allowed or token in words.PLACES for token in tokens)
