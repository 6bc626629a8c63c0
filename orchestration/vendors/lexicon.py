"""How common a word is in English and French at large, so that a rare one can stand for a vendor.

The list is general (wordfreq), not the names themselves: there big brands would look common.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache

COMMONEST = 7.0
COMMON = 3.3
"""Zipf frequency (log10 of occurrences per billion words) from which a word is one that anybody may use."""

BILLION_EXPONENT = 9
_ACCENTS = re.compile("[\u0300-\u036f]")

UNLISTED_SCRIPT = 2.0
"""Weight of a word in letters the lists do not know: such names are the same only where they are spelt the same."""


@lru_cache(maxsize=200_000)
def commonness(token: str) -> float:
    """Zipf frequency of `token` or its plural in English or French, the larger; 0 for an unknown word."""
    from wordfreq import zipf_frequency

    forms = (token.lower(), token.lower() + "s")
    listed = max(zipf_frequency(form, language) for form in forms for language in ("en", "fr"))
    return max(listed, *(_without_accents().get(form, 0.0) for form in forms))


@lru_cache(maxsize=1)
def _without_accents() -> dict[str, float]:
    """French words written with accents by their spelling without: names are compared folded, SOCIETE is no rare word."""
    from wordfreq import get_frequency_dict

    folded: dict[str, float] = {}
    for word, frequency in get_frequency_dict("fr").items():
        if not word.isascii():
            plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", word))
            folded[plain] = max(folded.get(plain, 0.0), round(math.log10(frequency) + BILLION_EXPONENT, 2))
    return folded


def weight(token: str) -> float:
    """What a token tells about identity, 0 (says nothing) to 7 (in no word list). Digits tell little."""
    if token.isdigit():
        return 1.0
    if not token.isascii():
        return UNLISTED_SCRIPT
    return max(0.0, COMMONEST - commonness(token))


def is_common(token: str) -> bool:
    return commonness(token) >= COMMON
