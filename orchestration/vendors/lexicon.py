"""How common a word is in English and French at large, so that a rare one can stand for a vendor.

The list is general (wordfreq), not the names themselves: there big brands would look common.
"""

from __future__ import annotations

from functools import lru_cache

COMMONEST = 7.0
COMMON = 3.3
"""Zipf frequency (log10 of occurrences per billion words) from which a word is one that anybody may use."""

UNLISTED_SCRIPT = 2.0
"""Weight of a word in letters the lists do not know: such names are the same only where they are spelt the same."""


@lru_cache(maxsize=200_000)
def commonness(token: str) -> float:
    """Zipf frequency of `token` or its plural in English or French, the larger; 0 for an unknown word."""
    from wordfreq import zipf_frequency

    return max(zipf_frequency(form, language) for form in (token.lower(), token.lower() + "s") for language in ("en", "fr"))


def weight(token: str) -> float:
    """What a token tells about identity, 0 (says nothing) to 7 (in no word list). Digits tell little."""
    if token.isdigit():
        return 1.0
    if not token.isascii():
        return UNLISTED_SCRIPT
    return max(0.0, COMMONEST - commonness(token))


def is_common(token: str) -> bool:
    return commonness(token) >= COMMON
