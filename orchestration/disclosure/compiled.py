"""Loops over arrays that numba compiles when they are first called, and keeps compiled on disk for the processes after.

What was compiled lies beside the source, or where that is read-only in the user's own cache folder (NUMBA_CACHE_DIR, where it is set). numba
makes it again where the source file has another time or size, or the machine another processor; it does not look at other files, so a
compiled function may call, and take constants from, nothing but its own file. A test sees to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compiled without Python's lock, so that threads run side by side. Where no folder can be written to it is compiled in each process."""
    try:
        return cast("Function", njit(nogil=True, cache=True)(function))
    except RuntimeError:  # numba found no place for its cache
        return cast("Function", njit(nogil=True)(function))
