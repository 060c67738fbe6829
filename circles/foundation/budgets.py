"""How much a file may cost to read, and the environment variables that raise it for a truly large one."""

from __future__ import annotations

import os
from dataclasses import dataclass

from circles.foundation import errors
from circles.foundation.errors import CallError

_BASE = {
    "CIRCLES_MAX_SECONDS": 1.2, "CIRCLES_MAX_MEMORY_MB": 220.0, "CIRCLES_MAX_FILE_MB": 2000.0,
    "CIRCLES_MAX_TOML_MB": 4.0, "CIRCLES_MAX_CELLS": 2_000_000.0, "CIRCLES_MAX_CELL_CHARACTERS": 32_767.0,
    "CIRCLES_MAX_UPLOAD_MB": 500.0,
}  # fmt: skip
"""What a variable stands for where it is not set; documented in docs/inputs.md."""
_BYTES = 5e6
"""A file of so many bytes may take twice the time of a small one, and so on: KML, the slowest, takes half of it."""
_MEMORY_PER_BYTE = 6
_WALL_PER_CPU = 6.0
_MIN_WALL_S = 20.0
_MAX_DIGITS = 12


@dataclass(frozen=True)
class Budget:
    """What reading one file may take: seconds of a processor and of the clock, bytes of memory, bytes of the answer."""

    cpu_s: float
    wall_s: float
    memory_bytes: int
    answer_bytes: int


OWN = Budget(cpu_s=120.0, wall_s=600.0, memory_bytes=4_000_000_000, answer_bytes=4_000_000_000)
"""What reading a file may take that a run of ours wrote, of any county; it was within its limits when it was written."""


def maximum(name: str) -> float:
    """Return what a ``CIRCLES_MAX_…`` variable says, its usual value where it is not set.

    Raises
    ------
    CallError
        It is set to something that is no number above zero.
    """
    given = os.environ.get(name, "").strip()
    if not given:
        return _BASE[name]
    is_number = given.isascii() and given.replace(".", "", 1).isdecimal() and len(given) <= _MAX_DIGITS
    if not is_number or float(given) <= 0:
        raise CallError(errors.error("limit-not-number", name, value=given[:40], name=name, usual=f"{_BASE[name]:g}"))
    return float(given)


def budget(weight_bytes: int, *, memory_per_byte: float = _MEMORY_PER_BYTE) -> Budget:
    """Return what reading a file of this size, unfolded where it is packed, may take.

    The processor's time is what counts; on a machine that is busy with other things the clock runs several times as long.
    """
    cpu_s = maximum("CIRCLES_MAX_SECONDS") * (1 + weight_bytes / _BYTES)
    memory = round(maximum("CIRCLES_MAX_MEMORY_MB") * 1e6 + memory_per_byte * weight_bytes)
    return Budget(cpu_s, max(_MIN_WALL_S, _WALL_PER_CPU * cpu_s), memory, memory)
