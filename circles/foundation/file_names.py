"""Names of files that every system can bear, Windows included."""

from __future__ import annotations

import re

FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff<>:"/\\|?*]')
"""What no system, or not every system, takes in the name of a file."""
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
MAX_BYTES = 180
"""Of a name without its ending: systems take 255, and a number or an ending may be added."""


def bearable(text: str, *, instead: str = "_") -> str:
    """Return a text as the name of a file, without its ending.

    What no system, or not every system, takes in a name becomes ``instead``; a name that Windows keeps for itself (``con``,
    ``lpt1``) begins with ``_``; ``_`` where nothing is left.

    >>> bearable("Week 41: list")
    'Week 41_ list'
    """
    kept = FORBIDDEN.sub(instead, text).strip(" .").encode("utf-8", "ignore")[:MAX_BYTES].decode("utf-8", "ignore")
    kept = kept.strip(" .")
    return f"_{kept}" if not kept or kept.split(".")[0].lower() in _RESERVED else kept
