"""How many cores there are to work on, and how rarely work stops to look for garbage."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

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
    """Let the collector of garbage wait longer. For processes that are ours: a caller's own stays as it is."""
    gc.set_threshold(_YOUNG, 50, 100)


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile. To load or compile makes up to millions of objects that stay; looking took a sixth."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
