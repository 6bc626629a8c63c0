"""Slips of the pen: which words and names are the same but for a wrong, missing, added or exchanged letter."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from rapidfuzz.distance import OSA

from orchestration.vendors.lexicon import commonness, is_common

SHORTEST_WORD = 6
"""Words below this length are told apart by every letter; an exchange of two neighbours is forgiven from five on."""
LONG_WORD = 9
"""From here on two slips in one word are forgiven."""
SHORTEST_NAME = 9
LONG_NAME = 14
UNKNOWN_WORD = 2.0
WELL_KNOWN_WORD = 3.0
TIMES_MORE_OFTEN = 3


def deletions(text: str) -> set[str]:
    """`text` and what is left with any one character out. Texts at most one slip apart share one of these."""
    return {text, *(text[:i] + text[i + 1 :] for i in range(len(text)))}


def is_slip_of_word(a: str, b: str) -> bool:
    """Whether two words differ by a slip that cannot make another short word of one."""
    longer = max(len(a), len(b))
    if longer < SHORTEST_WORD:
        return longer == SHORTEST_WORD - 1 and sorted(a) == sorted(b) and OSA.distance(a, b) == 1
    if longer < LONG_WORD and a[0] != b[0] and sorted(a) != sorted(b):
        return False
    return OSA.distance(a, b) <= (2 if longer >= LONG_WORD else 1)


def is_slip_of_name(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether two names, as words, differ by a slip: never one between two words that both exist, never in a short one."""
    left, right = "".join(a), "".join(b)
    longer = max(len(left), len(right))
    if longer < SHORTEST_NAME or OSA.distance(left, right) > (2 if longer >= LONG_NAME else 1):
        return False
    if len(a) != len(b):
        return a[: len(b)] != b and b[: len(a)] != a
    return all(_may_be_one_word(x, y) for x, y in zip(a, b, strict=True) if x != y)


def _may_be_one_word(a: str, b: str) -> bool:
    if is_common(a) and is_common(b):
        return False
    return max(len(a), len(b)) >= SHORTEST_WORD - 1 and not (a.isdigit() or b.isdigit())


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
        elif len(word) >= SHORTEST_WORD - 1 and self.counts[word] > 1 and word.isalpha():
            for part in deletions(word):
                self._trusted[part].append(word)

    def _target(self, word: str) -> str | None:
        if len(word) < SHORTEST_WORD - 1 or not word.isalpha() or commonness(word) >= UNKNOWN_WORD:
            return None
        known = {w for part in deletions(word) for w in self._trusted.get(part, ()) if w != word}
        meant = [w for w in known if self._is_meant(word, w)]
        return min(meant, key=lambda w: (OSA.distance(word, w), -self.counts[w], w), default=None)

    def _is_meant(self, word: str, other: str) -> bool:
        seen, others = max(self.counts[word], 1), self.counts[other]
        is_likelier = others >= TIMES_MORE_OFTEN * seen or (others > seen and commonness(other) >= WELL_KNOWN_WORD)
        return is_likelier and is_slip_of_word(word, other)
