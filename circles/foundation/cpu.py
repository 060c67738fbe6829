"""Number of usable cores, and frequency of garbage collection."""

from __future__ import annotations

import gc
import os

_YOUNG = 200_000
"""Objects between two collections: libraries and tables make half a million that all stay, and looking for garbage among
them took a third of the start and a sixth of an analysis."""


_MOST_DIGITS = 6


def usable_cores() -> int:
    """Return how many cores this process may use: those it is bound to, and no more than ``CIRCLES_CORES`` says."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    given = os.environ.get("CIRCLES_CORES", "")
    return min(found, max(1, int(given))) if given.isdecimal() and len(given) <= _MOST_DIGITS else found


def collect_rarely() -> None:
    """Make garbage collection rare. For processes that are ours, so only `cli` and workers call it."""
    gc.set_threshold(_YOUNG, 50, 100)
