"""The walking network: streets become routable arrays, places are joined to it, and it answers in seconds."""

from circles.network.graph import TOLERANCE_S, Network
from circles.network.islands import Islands, islands
from circles.network.joining import Joined
from circles.network.paths import Step
from circles.network.positions import Direction, Places, Positions
from circles.network.streets import StreetNetwork, build

__all__ = [
    "TOLERANCE_S",
    "Direction",
    "Islands",
    "Joined",
    "Network",
    "Places",
    "Positions",
    "Step",
    "StreetNetwork",
    "build",
    "islands",
]
