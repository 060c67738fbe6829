"""Which way people walk, for every room: the area file's words, and the short ones of the network's calls."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class Direction(StrEnum):
    """Which way people walk; the values are those of the area file's ``direction``."""

    TO_FACILITY = "to_facility"
    FROM_FACILITY = "from_facility"

    @classmethod
    def of(cls, way: Way) -> Direction:
        """Return the direction that a call means: ``"to"`` the sources, ``"from"`` them, or a direction itself.

        Raises
        ------
        ValueError
            It is none of these.
        """
        return cls({"to": "to_facility", "from": "from_facility"}.get(str(way), way))

    @property
    def is_to(self) -> bool:
        """Return whether people walk to the facility."""
        return self is Direction.TO_FACILITY


Way = Direction | Literal["to", "from"]
"""A direction as calls of the network take it."""
