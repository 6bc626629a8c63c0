"""Which of several spellings of a vendor is the one to show, and which is spelt most like another."""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.vendors.normalise import fold

SHORTEST_SHOUT = 5


def closest(spelling: str, others: Iterable[str]) -> str:
    """Which of several spellings of one form is spelt most like `spelling`, legal form and all."""
    plain = " ".join(fold(spelling).split())
    return min(others, key=lambda other: (" ".join(fold(other).split()) != plain, *unsightliness(other)))


def unsightliness(spelling: str) -> tuple[int, int, int, str]:
    odd = sum(not (c.isalnum() or c in " .,'&-()") for c in spelling) + (spelling != spelling.strip())
    is_shouted = (spelling.isupper() and len(spelling) > SHORTEST_SHOUT) or spelling.islower()
    return odd, int(is_shouted), len(spelling), spelling
