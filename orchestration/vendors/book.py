"""The index of known forms: which of them a name has to be compared with at all. A look-up costs a few dictionary reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from orchestration.vendors.lexicon import weight
from orchestration.vendors.match import LONELY_RARE, TELLING_WORD, Form
from orchestration.vendors.spelling import SHORTEST_NAME, deletions

WIDEST_BLOCK = 300
"""A block with more forms than this is compared with its shortest names only."""
SHORTEST_OF_BLOCK = 20


class Book:
    """Forms by key, and by what may make two of them one vendor."""

    def __init__(self) -> None:
        self.forms: dict[str, Form] = {}
        self._blocks: dict[str, list[str]] = defaultdict(list)

    def add(self, form: Form) -> None:
        if form.key in self.forms:
            return
        self.forms[form.key] = form
        for block in blocks_of(form):
            self._blocks[block].append(form.key)

    def candidates(self, form: Form) -> list[str]:
        """Keys of the forms that share a block with `form`, sorted."""
        found = {key for block in blocks_of(form) for key in self._compared(self._blocks.get(block, []))}
        return sorted({*found, *([form.key] if form.key in self.forms else [])})

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every pair of keys worth a comparison, once, in a fixed order."""
        seen: set[tuple[str, str]] = set()
        for block in sorted(self._blocks):
            keys = sorted(self._blocks[block])
            compared = set(self._compared(keys))
            for pair in combinations(keys, 2):
                if pair not in seen and (pair[0] in compared or pair[1] in compared):
                    seen.add(pair)
                    yield pair

    def _compared(self, keys: list[str]) -> list[str]:
        return keys if len(keys) <= WIDEST_BLOCK else sorted(keys, key=lambda k: (len(k), k))[:SHORTEST_OF_BLOCK]


def blocks_of(form: Form) -> set[str]:
    """Names of the blocks a plain form lies in: its telling beginning, its rare words, its spelling less one letter."""
    if not form.is_plain:
        return set()
    blocks = {f"whole {form.compact}", f"begins {' '.join(telling_beginning(form.core))}"}
    blocks |= {f"holds {token}" for token in form.core if weight(token) >= LONELY_RARE}
    if len(form.compact) >= SHORTEST_NAME - 1:
        blocks |= {f"spelt {part}" for part in deletions(form.compact)}
    return blocks


def telling_beginning(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The fewest first words of a core that together tell something; all of them where none do."""
    total = 0.0
    for size, token in enumerate(tokens, start=1):
        total += weight(token)
        if total >= TELLING_WORD:
            return tokens[:size]
    return tokens
