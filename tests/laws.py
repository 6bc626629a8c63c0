"""How many examples a law is tried on: few in `make test`, all of them with EVENHAND_LAWS=thorough, as `.ci/run` does."""

from __future__ import annotations

import os

LAWS = os.environ.get("EVENHAND_LAWS", "quick")
QUICK_SHARE = 5
LEAST = 12


def examples(thorough: int) -> int:
    """`thorough` examples, or of a quick run a fifth of them, but not fewer than `LEAST` where there are as many."""
    return thorough if LAWS == "thorough" else max(thorough // QUICK_SHARE, min(LEAST, thorough))
