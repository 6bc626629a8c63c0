"""Arrow's compute functions. They are made at run time, so type checkers cannot know them."""

from __future__ import annotations

from typing import Any

from pyarrow import compute

arrow: Any = compute
