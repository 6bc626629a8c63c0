"""Accents of a name: left out by many who write it, but where both write one, another accent is another word (pêche, péché)."""

from __future__ import annotations

import re
import unicodedata

Accent = tuple[str, int, str]
"""(word without accents, position in it, mark)."""
ACCENTS = re.compile("[\u0300-\u036f]")
_BETWEEN_WORDS = re.compile("[^\\w\u0300-\u036f]+")


def accents_of(spelling: str) -> frozenset[Accent]:
    """Every accent as (word without accents, position in it, mark)."""
    found: set[Accent] = set()
    if spelling.isascii():
        return frozenset()
    for word in _BETWEEN_WORDS.split(unicodedata.normalize("NFD", unicodedata.normalize("NFKC", spelling).upper())):
        letters: list[str] = []
        marks: list[tuple[int, str]] = []
        for character in word:
            if ACCENTS.fullmatch(character):
                marks.append((len(letters), character))
            else:
                letters.append(character)
        found |= {("".join(letters), position, mark) for position, mark in marks}
    return frozenset(found)


def do_accents_agree(a: frozenset[Accent], b: frozenset[Accent]) -> bool:
    """Accents may be missing, never be others: in no word has each side one that the other has not."""
    return not ({word for word, _, _ in a - b} & {word for word, _, _ in b - a})
