"""Slips of the pen: which words and names are the same but for a wrong, missing, added or exchanged letter."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping

from rapidfuzz.distance import OSA

from orchestration.vendors.lexicon import commonness

SHORTEST_WORD = 7
"""Words below this length are told apart by every letter; an exchange of two neighbours is forgiven from `SHORTEST_EXCHANGE` on."""
SHORTEST_EXCHANGE = 5
LONG_WORD = 9
"""From here on another letter in place of one is forgiven too, and from `LONGEST` on two slips."""
LONGEST = 12
SHORTEST_NAME = 9
LONG_NAME = 14
SHORTEST_ANCHORED = 5
SAME_WORDS = 2
"""So many equal words beside it make a plural a matter of spelling, though none of them is distinctive."""
UNKNOWN_WORD = 2.0
WELL_KNOWN_WORD = 3.0
TIMES_MORE_OFTEN = 3


def deletions(text: str) -> set[str]:
    """`text` and what is left with any one character out. Texts at most one slip apart share one of these."""
    return {text, *(text[:i] + text[i + 1 :] for i in range(len(text)))}


def is_slip_of_word(a: str, b: str) -> bool:
    """Whether two words differ by a slip that makes no other word of one: never in their first or last letter.

    Coined names differ in a letter on purpose (Novatech, Novotech), so another letter counts as a slip in long words only.
    """
    longer, distance = max(len(a), len(b)), OSA.distance(a, b)
    is_exchange = len(a) == len(b) and sorted(a) == sorted(b)
    if a[0] != b[0] or longer < (SHORTEST_EXCHANGE if is_exchange else SHORTEST_WORD):
        return False
    if not is_exchange and (a[-1] != b[-1] or (len(a) == len(b) and longer < LONG_WORD)):
        return False
    return distance <= (2 if longer >= LONGEST else 1)


def is_slip_of_name(a: tuple[str, ...], b: tuple[str, ...], anchors: Collection[str] = ()) -> bool:
    """Whether two names, as words, differ by a slip: never one between two words that both exist, never in a short one.

    `anchors`: words that say by themselves who it is. Beside one that both names have, a shorter word may be misspelt too,
    or stand in the plural; the plural also beside any two words that both have.
    """
    left, right = "".join(a), "".join(b)
    longer = max(len(left), len(right))
    if longer < SHORTEST_NAME or OSA.distance(left, right) > (2 if longer >= LONG_NAME else 1):
        return False
    if len(a) != len(b):
        return a[: len(b)] != b and b[: len(a)] != a and sorted(a) != sorted(b) and _is_split_word(a, b)
    same = [x for x, y in zip(a, b, strict=True) if x == y]
    is_anchored = any(x in anchors for x in same)
    may_be_plural = is_anchored or len(same) >= SAME_WORDS
    return all(
        _may_be_one_word(x, y, is_anchored=is_anchored) or (may_be_plural and _is_plural(x, y)) for x, y in zip(a, b, strict=True) if x != y
    )


def _is_split_word(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether two names of unlike numbers of words are one long run of letters with a slip in it, none of them a number."""
    return not any(token.isdigit() for token in (*a, *b)) and is_slip_of_word("".join(a), "".join(b))


def _may_be_one_word(a: str, b: str, *, is_anchored: bool) -> bool:
    if not (a.isalpha() and b.isalpha()):
        return False
    if min(commonness(a), commonness(b)) >= UNKNOWN_WORD:
        return False
    return is_slip_of_word(a, b) or (is_anchored and min(len(a), len(b)) >= SHORTEST_ANCHORED and OSA.distance(a, b) == 1)


def _is_plural(a: str, b: str) -> bool:
    return a.isalpha() and b.isalpha() and (a + "S" == b or b + "S" == a)


class Speller:
    """Mends slips in unknown words towards the words other names use, e.g. CALAINN to CALIANN. Same counts, same mending."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts: Counter[str] = Counter(counts)
        self._trusted: dict[str, list[str]] = defaultdict(list)
        self._mended: dict[str, str] = {}
        for word in sorted(self.counts, key=lambda w: (-self.counts[w], w)):
            self._learn(word)

    def mend(self, word: str) -> str:
        """The word meant; an unseen word is judged as if it had been seen once."""
        if word in self.counts:
            return self._mended.get(word, word)
        return self._target(word) or word

    def _learn(self, word: str) -> None:
        target = self._target(word)
        if target:
            self._mended[word] = target
        elif len(word) >= SHORTEST_EXCHANGE and self.counts[word] > 1 and word.isalpha():
            for part in deletions(word):
                self._trusted[part].append(word)

    def _target(self, word: str) -> str | None:
        if len(word) < SHORTEST_EXCHANGE or not word.isalpha() or commonness(word) >= UNKNOWN_WORD:
            return None
        known = {w for part in deletions(word) for w in self._trusted.get(part, ()) if w != word}
        meant = [w for w in known if self._is_meant(word, w)]
        return min(meant, key=lambda w: (OSA.distance(word, w), -self.counts[w], w), default=None)

    def _is_meant(self, word: str, other: str) -> bool:
        seen, others = max(self.counts[word], 1), self.counts[other]
        is_likelier = others >= TIMES_MORE_OFTEN * seen or (others > seen and commonness(other) >= WELL_KNOWN_WORD)
        return is_likelier and is_slip_of_word(word, other)
