"""The walking network: streets become routable arrays, places are snapped to it, and it answers in seconds.

`Network` alone needs numpy and scipy; what reads tables of streets is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from circles.foundation.direction import Direction
from circles.foundation.limits import TOLERANCE_S
from circles.network.graph import Network
from circles.network.islands import Islands, islands
from circles.network.legs import AccessLeg, Snapped
from circles.network.paths import Step
from circles.network.positions import Places, Positions

if TYPE_CHECKING:
    from circles.network.streets import StreetNetwork, build

__all__ = [
    "TOLERANCE_S",
    "AccessLeg",
    "Direction",
    "Islands",
    "Network",
    "Places",
    "Positions",
    "Snapped",
    "Step",
    "StreetNetwork",
    "build",
    "islands",
]


def __getattr__(name: str) -> Any:
    """Import what needs geopandas when it is first used."""
    if name not in {"StreetNetwork", "build"}:
        raise AttributeError(f"module 'circles.network' has no attribute {name!r}")
    from circles.network import streets  # noqa: PLC0415 - as above

    return getattr(streets, name)
