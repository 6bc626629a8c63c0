"""Evidence between two names: the rule that makes them one vendor for sure, or the reason to ask a person.

A name has a core, and beside it what some spellings say and others leave out: places, descriptors (Group, Systems),
supplier codes, the year of a reorganisation. Beside a brand, a word so rare that one company goes by it, cities and general
words say nothing at all. Two names are one vendor for sure where their cores are the same or one slip
apart and nothing beside them speaks against it: what stands in one may be missing in the other if the core tells who it
is without it, but of two different things neither is ever the other. Digits have to be equal. Everything else that
two names have in common is a reason to ask. Nothing here knows about ids or decisions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from orchestration.vendors import vocabulary as words
from orchestration.vendors.accents import Accent, do_accents_agree
from orchestration.vendors.general import BEFORE_NAME, LINES_OF_WORK, is_general
from orchestration.vendors.lexicon import weight
from orchestration.vendors.normalise import Name
from orchestration.vendors.spelling import Speller, is_slip_of_name

TELLING_WORD = 3.0
"""What the first words of two names must weigh together for a person to be asked about them."""
DISTINCTIVE_WORD = 4.2
"""What a word must weigh to say who it is without a place or descriptor beside it."""
BRAND_WORD = 4.0
"""What a word must weigh for general words and cities beside it to say nothing, on either side."""
FIRST_WORDS = 3
"""Among how many first words of a core it is looked for."""
SHORTEST_DISTINCTIVE = 5
"""Shorter words, initials mostly, are shared by companies that have nothing to do with each other."""
UNKNOWN_BRAND = 4.4
"""What a word must weigh for one letter less to do, and for regions beside it to be branches of one company."""
SHORTEST_UNKNOWN_BRAND = 3
SHORTEST_WITHOUT_PLURAL = 10
"""Names of so many letters are one with and without a final S."""
TELLING_PHRASE = 5.5
"""The same for several words together, one of which has to be telling."""
COUNTRY_PHRASE = 4.3
"""What several words must weigh for only the country to be left out: United Rentals (Canada), but not World Vision (Canada)."""
LONELY_RARE = 4.8
"""What a word must weigh for names that hold it anywhere to be compared."""
SHORTEST_TELLING_NAME = 12
SURE_RULES = ("whole", "descriptor", "place", "slip")
SCORES = {"whole": 9.0, "descriptor": 8.0, "place": 7.0, "slip": 6.0}


@dataclass(frozen=True)
class Beside:
    """What a form says beside its core. Of `numbers` every one counts; the others may be left out."""

    numbers: tuple[str, ...] = ()
    codes: frozenset[str] = frozenset()
    years: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    descriptors: frozenset[str] = frozenset()
    accents: frozenset[Accent] = frozenset()


@dataclass(frozen=True)
class Form:
    """A name as it is compared: slips in its words mended, its acronym taken off. `tokens`: all words; `core`: those that name."""

    tokens: tuple[str, ...]
    core: tuple[str, ...]
    beside: Beside
    markers: frozenset[str]
    others: tuple[tuple[str, ...], ...]

    @property
    def compact(self) -> str:
        return _singular("".join(self.core))

    @property
    def is_plain(self) -> bool:
        """Whether it names one vendor and nobody else."""
        return bool(self.tokens) and not (self.markers - {"care_of"})

    @property
    def key(self) -> str:
        """Equal for spellings that differ in nothing that may distinguish."""
        accents = [f"{word}{position}{mark}" for word, position, mark in sorted(self.beside.accents)]
        beside = (self.beside.numbers, *map(sorted, (self.beside.codes, self.beside.years, self.beside.places)), accents)
        whole = "#".join(["".join(self.tokens), *(",".join(part) for part in beside)])
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
    tokens = tuple(_singular(speller.mend(token)) for token in name.tokens) or (name.spelling,)
    tokens, others, markers = _acronym_off(tokens), name.others, name.markers
    if "several_names" in markers and len(others) == 1 and is_acronym(tokens, others[0]):
        tokens, others, markers = tuple(speller.mend(token) for token in others[0]), (), markers - {"several_names"}
    tail = tuple(token for token in map(speller.mend, name.tail) if token not in tokens)
    if any(weight(token) >= DISTINCTIVE_WORD for token in tail):
        others, markers = (*others, tail), markers | {"several_names"}
    tokens += tail
    named = tokens[1:] if tokens[0] in words.LEADING_DESCRIPTORS else tokens
    core = tuple(token for token in named if token not in words.DESCRIPTORS) or tokens
    size = brand_size(core)
    if size:
        brand = core[size - 1]
        front = tuple(token for token in core[: size - 1] if token not in BEFORE_NAME | words.SCOPES)
        branches = words.CITIES | words.REGIONS | words.REGIONS_NAMED if weight(brand) >= UNKNOWN_BRAND else words.CITIES
        core = (*front, brand, *(token for token in core[size:] if not is_general(token) and token not in branches | LINES_OF_WORK))
        return Form(tokens, core, _beside(name, tokens, core, brand), markers, others)
    return Form(tokens, core, _beside(name, tokens, core, None), markers, others)


def _singular(word: str) -> str:
    """A long rare word without its final S."""
    is_plural = len(word) >= SHORTEST_WITHOUT_PLURAL and word.endswith("S") and not word.endswith("SS")
    return word[:-1] if is_plural and weight(word) >= BRAND_WORD else word


def brand_size(core: tuple[str, ...]) -> int:
    """How many first words of a core are a name so distinctive that general words and cities beside it say nothing; 0: it has none."""
    return next((size for size, token in enumerate(core[:FIRST_WORDS], start=1) if is_brand(token)), 0)


def is_brand(token: str) -> bool:
    """Whether a word is a well-known brand, or so rare and long that only one company goes by it."""
    is_rare = weight(token) >= BRAND_WORD and len(token) >= SHORTEST_DISTINCTIVE
    is_unknown = weight(token) >= UNKNOWN_BRAND and len(token) >= SHORTEST_UNKNOWN_BRAND
    return token in words.BRANDS or (
        (is_rare or is_unknown) and token.isalpha() and token not in words.INSTITUTIONS | LINES_OF_WORK and not is_general(token)
    )


def _beside(name: Name, tokens: tuple[str, ...], core: tuple[str, ...], brand: str | None) -> Beside:
    numbers = tuple(sorted(token for token in tokens if token.isdigit()))
    places = frozenset(name.places if is_distinctive(core) else (*name.places, *name.addresses))
    if brand:
        elsewhere = words.COUNTRIES | words.SCOPES
        places |= {token for token in tokens if token in words.SCOPES and token not in core}
        places &= elsewhere if weight(brand) >= UNKNOWN_BRAND else elsewhere | words.REGIONS_NAMED
    return Beside(
        numbers=numbers,
        codes=frozenset(name.codes) - set(numbers),
        years=frozenset(name.years),
        places=places,
        descriptors=frozenset(token for token in tokens if token not in (*core, *places) and not (brand and is_general(token))),
        accents=name.accents,
    )


def is_acronym(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether `short` is one word of the first letters of `long`."""
    return len(short) == 1 and len(long) >= 3 and short[0] == "".join(token[0] for token in long)


def _acronym_off(tokens: tuple[str, ...]) -> tuple[str, ...]:
    for size in (len(tokens) - 1, 3, 4):
        if 3 <= size < len(tokens) and is_acronym(tokens[:1], tokens[1 : size + 1]):
            return tokens[1:]
    return tokens


def is_distinctive(core: tuple[str, ...]) -> bool:
    """Whether a core says who it is with nothing beside it: IBM does, Air and Bank do not."""
    return any(is_brand(token) for token in core)


def conflict(left: Iterable[Beside], right: Iterable[Beside]) -> str | None:
    """What forbids that names with these things beside them are one vendor; None where nothing does."""
    for a, b in product(left, right):
        if a.numbers != b.numbers:
            return "numbers"
        for kind in ("codes", "years", "places", "descriptors"):
            mine, other = getattr(a, kind), getattr(b, kind)
            if not (mine <= other or other <= mine):
                return kind
        if not do_accents_agree(a.accents, b.accents):
            return "accents"
    return None


def evidence(a: Form, b: Form) -> Evidence | None:
    """The best evidence that `a` and `b` are one vendor, or None."""
    if a.key == b.key:
        return Evidence("whole", True, SCORES["whole"])
    if not (a.is_plain and b.is_plain):
        return None
    rule = _rule(a, b)
    if rule is None:
        return _suspicion(*sorted((a.core, b.core), key=len))
    against = conflict([a.beside], [b.beside]) or _left_out(a, b)
    if rule == "slip" and not (max(map(weight, a.core)) >= TELLING_WORD or len(a.compact) >= SHORTEST_TELLING_NAME):
        against = against or "slip"
    return Evidence(against or rule, against is None, SCORES[rule])


def _rule(a: Form, b: Form) -> str | None:
    if a.compact != b.compact:
        return "slip" if is_slip_of_name(a.core, b.core, {t for t in a.core if is_distinctive((t,))}) else None
    if a.beside.places != b.beside.places:
        return "place"
    return "descriptor" if a.beside.descriptors != b.beside.descriptors else "whole"


def _left_out(a: Form, b: Form) -> str | None:
    """Why what only one of them says may not be left out: both leave something out, or the core alone names nobody."""
    mine = (a.beside.places - b.beside.places) | (a.beside.descriptors - b.beside.descriptors)
    other = (b.beside.places - a.beside.places) | (b.beside.descriptors - a.beside.descriptors)
    if mine and other:
        return "family"
    if not (mine or other) or (_tells_by_itself(a.core) and _tells_by_itself(b.core)):
        return None
    is_country = mine | other <= words.COUNTRIES
    return None if is_country and _is_phrase(a.core, COUNTRY_PHRASE) and _is_phrase(b.core, COUNTRY_PHRASE) else "common_name"


def _tells_by_itself(core: tuple[str, ...]) -> bool:
    """Distinctive, or several telling words that together are no name of an institution: United Rentals, Thomson Reuters."""
    return is_distinctive(core) or (_is_phrase(core, TELLING_PHRASE) and max(map(weight, core)) >= TELLING_WORD)


def _is_phrase(core: tuple[str, ...], least: float) -> bool:
    """Several words that weigh at least so much together and name no institution."""
    is_heavy = len(core) > 1 and sum(map(weight, core)) >= least
    return is_heavy and words.INSTITUTIONS.isdisjoint(core) and not any(map(str.isdigit, core))


def _suspicion(a: tuple[str, ...], b: tuple[str, ...]) -> Evidence | None:
    """A reason to ask: `b` is `a` and more, `a` is a rare word that `b` holds, or both begin with the same telling words."""
    size = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    total = sum(map(weight, a[:size]))
    if size and total >= TELLING_WORD:
        return Evidence("head", False, total / 2) if size == len(a) else Evidence("family", False, total / 3)
    if len(a) == 1 and a[0] in b and weight(a[0]) >= LONELY_RARE:
        return Evidence("rare_word", False, 4.0)
    return None
