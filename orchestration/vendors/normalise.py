"""A vendor's spelling as a structured name: English and French, pure, no data from other names.

`parse` folds case, accents and punctuation, takes off legal forms, places, supplier codes and asides, and tells the
markers that make identity uncertain (joint venture, o/a, formerly, reseller). What two names have in common is judged
in `match`, not here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from orchestration.vendors import vocabulary as words
from orchestration.vendors.accents import ACCENTS, Accent, accents_of
from orchestration.vendors.general import as_meant

_APOSTROPHES = re.compile(r"[`´‘’‛ʼ]")
_ELISION = re.compile(r"\b([DL])'(?=[A-Z])")
_ASIDE = re.compile(r"\(([^()]*)(?:\)|$)")
_RUN_TOGETHER = re.compile(r"(?<=[A-Z])(INC|LTD|LTEE)(?=[.,]*$)")
_LONG_PARTS = re.compile(r"(?<=[A-Z.]{3})\s*[/\\]\s*(?=[A-Z]{3})|\s/\s|/\s*$|\\")
_CODE = re.compile(r"(?:[A-Z]{0,2}\d{5,}[A-Z]?|[A-Z]\d{4,}[A-Z]?)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_PIECE = re.compile(r"[^\W\d_]+|\d+")
_BETWEEN = re.compile(r"[\W_]+")
FILLER = "X"
_ABBREVIATIONS = (
    (re.compile(r"(?<![A-Z0-9])C\s*/\s*O(?![A-Z0-9])"), " CARE OF "),
    (re.compile(r"(?<![A-Z0-9])(?:O\s*/\s*A|D\s*/\s*B\s*/\s*A|D\.B\.A\.?|T\s*/\s*A)(?![A-Z0-9])"), " OPERATING AS "),
    (re.compile(r"(?<![A-Z0-9])F\s*/\s*K\s*/\s*A(?![A-Z0-9])"), " FORMERLY "),
    (re.compile(r"(?<![A-Z0-9])J\s*/\s*V(?![A-Z0-9])"), " JOINT VENTURE "),
    (re.compile(r"\b(?:HUMAN RESOURCES?|RESSOURCES HUMAINES)\b"), " HR "),
    (re.compile(r"&|\+"), " AND "),
)


@dataclass(frozen=True)
class Name:
    """A spelling taken apart. `tokens` are the words that may distinguish, in order, with the digits among them.

    `places` stood behind the name or in brackets. `years` are of a reorganisation, e.g. (2017). `markers` say why identity is
    uncertain. `others`: further names in the spelling (behind a slash, behind o/a), each as tokens. `tail`: what stands
    behind the legal form, in brackets or behind a slash and is said nowhere else. `codes`: long numbers beside words, a
    supplier's code mostly. `accents`: (word, position, mark) of every accent. `addresses`: cities and regions behind a legal form, an office and
    no part of the name.
    """

    spelling: str
    tokens: tuple[str, ...]
    places: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    markers: frozenset[str] = frozenset()
    others: tuple[tuple[str, ...], ...] = ()
    tail: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    accents: frozenset[Accent] = frozenset()
    addresses: tuple[str, ...] = ()

    @property
    def compact(self) -> str:
        """The form that decides whether two spellings are the same but for spaces."""
        return "".join(self.tokens)


@lru_cache(maxsize=200_000)
def parse(spelling: str) -> Name:
    """Take a spelling apart. A spelling without any letter or digit has no tokens."""
    text, asides = _without_asides(fold(spelling))
    first, *later = [part for part in _LONG_PARTS.split(text) if part.strip()] or [""]
    own, rest, markers = _split_at_marker(_pieces(first))
    own, tail, is_double = _split_at_legal_form(own)
    others = [rest, tail if is_double else [], *(_pieces(part) for part in later)]
    name = _assemble(spelling, own, others, asides, markers | ({"several_names"} if is_double else set()), later)
    beside = [*([] if is_double else [tail]), *(_pieces(aside) for aside in asides), *(_pieces(part) for part in later)]
    return _with_tail(name, beside, ends_in_form=not words.STRONG_FORMS.isdisjoint(own[1:]))


def _with_tail(name: Name, parts: list[list[str]], *, ends_in_form: bool) -> Name:
    """What stands beside the name and is neither a year, a desk, the name in other words nor its acronym: it may tell vendors apart."""
    tail, places, addresses, codes = list[str](), list(name.places), list[str](), list(name.codes)
    for part in parts:
        if not part or any(part == [year] for year in name.years) or any(_split_at_marker(["X", *part])[2]):
            continue
        words_of, places_of, _ = _core([FILLER, *part])
        codes += [piece for piece in part if _CODE.fullmatch(piece) and piece not in name.tokens]
        for place in places_of:
            (addresses if ends_in_form and place not in words.COUNTRIES | words.SCOPES else places).append(place)
        said = [word for word in words_of[1:] if word not in name.tokens and word not in words.DEPARTMENTS]
        known = {"".join(word[0] for word in name.tokens), name.compact, *("".join(other) for other in name.others)}
        is_expansion = len(name.tokens) == 1 and name.tokens[0] == "".join(word[0] for word in words_of[1:])
        if not is_expansion and "".join(words_of[1:]) not in known:
            tail += [word for word in said if word not in tail and not any(word in other for other in name.others)]
    return replace(
        name,
        tail=tuple(tail),
        places=tuple(dict.fromkeys(places)),
        addresses=tuple(dict.fromkeys(addresses)),
        codes=tuple(dict.fromkeys(codes)),
        accents=accents_of(name.spelling),
    )


def fold(text: str) -> str:
    """Upper case without Latin accents, without apostrophes, abbreviations of markers written out."""
    upper = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).upper().replace("Œ", "OE").replace("Æ", "AE"))
    plain = _APOSTROPHES.sub("'", unicodedata.normalize("NFC", ACCENTS.sub("", upper)))
    plain = _ELISION.sub(r"\1E ", plain).replace("'", "")
    for pattern, meaning in _ABBREVIATIONS:
        plain = pattern.sub(meaning, plain)
    return _RUN_TOGETHER.sub(r" \1", plain.strip())


def _without_asides(text: str) -> tuple[str, list[str]]:
    asides = [aside for aside in _ASIDE.findall(text) if aside.strip()]
    left = _ASIDE.sub(" ", text)
    return (left, asides) if _PIECE.search(left) else (text, [])


def _pieces(text: str) -> list[str]:
    """Words and digits; single letters in a row are one word (S. I. Systems is SI Systems)."""
    text = " ".join(word if _CODE.fullmatch(word) else " ".join(_PIECE.findall(word)) for word in _BETWEEN.split(text) if word)
    pieces: list[str] = []
    was_single = False
    for word in text.split():
        is_single = len(word) == 1 and word.isalpha()
        if is_single and was_single:
            pieces[-1] += word
        else:
            pieces.append(word)
        was_single = is_single
    return pieces


def _split_at_marker(pieces: list[str]) -> tuple[list[str], list[str], set[str]]:
    """(the name before the first marker, what comes behind it, the markers' kinds)."""
    line = " ".join(pieces)
    found = [(match.start(), match.end(), kind) for kind, pattern in _MARKERS.items() if (match := pattern.search(line))]
    if not found:
        return pieces, [], set()
    start, end, _ = min(found)
    before, after = line[:start].split(), line[end:].split()
    kinds = {kind for _, _, kind in found}
    return (before, after, kinds) if _distinguishing(before) else (after, [], kinds)


def _split_at_legal_form(pieces: list[str]) -> tuple[list[str], list[str], bool]:
    """A name ends at its legal form: (name, what stands behind it, whether that is a second name with its own form)."""
    for position in range(1, len(pieces) - 1):
        if pieces[position] in words.STRONG_FORMS and _distinguishing(pieces[:position]):
            tail = pieces[position + 1 :]
            is_double = tail[0] in ("AND", "ET") or any(piece in words.STRONG_FORMS for piece in tail)
            return pieces[: position + 1], tail, is_double and bool(_distinguishing(tail))
    return pieces, [], False


def _assemble(spelling: str, own: list[str], others: list[list[str]], asides: list[str], markers: set[str], later: list[str]) -> Name:
    years = [y for aside in asides for y in _YEAR.findall(aside) if aside.strip() == y]
    core, places, _ = _core(own)
    codes = tuple(piece for piece in own if _CODE.fullmatch(piece) and piece not in core)
    further = [tuple(_core(other)[0]) for other in others]
    further = [other for other in further if _names_somebody_else(other, core)]
    if later and any(_names_somebody_else(tuple(_core(_pieces(part))[0]), core) for part in later):
        markers = markers | {"several_names"}
    if "several_names" in markers and not further:
        markers = markers - {"several_names"}
    for aside in asides:
        markers = markers | _split_at_marker(["X", *_pieces(aside)])[2]
    return Name(spelling, tuple(core), tuple(places), tuple(sorted(set(years))), frozenset(markers), tuple(further), codes=codes)


def _names_somebody_else(tokens: tuple[str, ...], core: list[str]) -> bool:
    """Whether `tokens` say more than places and the name itself in other words."""
    said = [token for token in tokens if token not in words.PLACES and not token.isdigit()]
    return bool(said) and bool(core) and core[0] not in said and not set(said) <= set(core) and "".join(said) not in "".join(core)


def _core(pieces: list[str]) -> tuple[list[str], list[str], bool]:
    """(distinguishing tokens, places behind them, whether any were). Never empties a name that had any word."""
    kept, places = _without_places(_without_codes(_without_forms(pieces)))
    kept = [piece for piece in kept if piece not in words.CONNECTIVES] or kept
    tokens = [words.VARIANTS.get(piece, piece) for piece in as_meant(kept)]
    return tokens[:1] + [_singular(token) for token in tokens[1:]], places, bool(places)


def _without_forms(pieces: list[str]) -> list[str]:
    line = f" {' '.join(pieces)} "
    for phrase in words.LEGAL_PHRASES:
        line = line.replace(f" {' '.join(phrase)} ", " ")
    split = line.split()
    kept = split[:1] + [piece for piece in split[1:] if piece not in words.LEGAL_FORMS]
    if len(kept) > 1 and kept[0] in words.LEGAL_FORMS and kept[0] in words.STRONG_FORMS:
        kept = kept[1:]
    if len(kept) > 1 and (_is_cut_form(kept[-1]) or (len(kept) > 2 and kept[-1] in words.CUT_FORMS and kept[-2] in words.COUNTRIES)):
        kept = kept[:-1]
    if 1 < len(kept) < len(split) and kept[-1] == "CA":
        return [*kept[:-1], "CANADA"]
    return kept or pieces


def _is_cut_form(piece: str) -> bool:
    return len(piece) >= 2 and any(form.startswith(piece) for form in words.LEGAL_PREFIXES) and piece not in words.PLACES


def _without_codes(pieces: list[str]) -> list[str]:
    """Without supplier codes, unless only a place is left: 1320376 Ontario is a company."""
    kept = [piece for piece in pieces if not _CODE.fullmatch(piece)]
    return kept if any(piece not in words.PLACES and piece.isalpha() for piece in kept) else pieces


def _without_places(pieces: list[str]) -> tuple[list[str], list[str]]:
    """(the name, the places and scopes behind it in one spelling each). A name of places and digits alone stays whole."""
    kept, places = list(pieces), list[str]()
    while len(kept) > 1:
        size = next((len(phrase) for phrase in words.PLACE_PHRASES if tuple(kept[-len(phrase) :]) == phrase and len(kept) > len(phrase)), 0)
        last = words.VARIANTS.get(kept[-1], kept[-1])
        if not size and last not in words.PLACES and last not in words.SCOPES and last not in words.CONNECTIVES:
            break
        size = size or 1
        place = " ".join(words.VARIANTS.get(piece, piece) for piece in kept[-size:])
        places = ([words.PLACE_NAMES.get(place, place)] if place not in words.CONNECTIVES else []) + places
        kept = kept[:-size]
    if all(piece.isdigit() or piece in words.CONNECTIVES for piece in kept):
        return list(pieces), []
    return kept, places


def _singular(piece: str) -> str:
    """A plural that says nothing behind a name. TECHNOLOGIES and the like are among the variants."""
    return piece[:-1] if piece.endswith("S") and piece[:-1] in words.PLURALS else piece


def _distinguishing(pieces: list[str]) -> list[str]:
    return [p for p in pieces if p not in words.LEGAL_FORMS and p not in words.PLACES and p not in words.CONNECTIVES and not p.isdigit()]


def _any_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"(?:^|(?<= ))(?:" + "|".join(sorted(phrases, key=len, reverse=True)) + r")(?= |$)")


_MARKERS = {
    "joint_venture": _any_of(words.JOINT_VENTURE),
    "trading_as": _any_of(words.TRADING_AS),
    "formerly": _any_of(words.FORMERLY),
    "division_of": _any_of(words.DIVISION_OF),
    "care_of": _any_of(words.CARE_OF),
    "reseller": _any_of(words.RESELLER),
}
