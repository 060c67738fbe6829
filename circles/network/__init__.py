"""The walking network: streets become routable arrays, places are joined to it, and it answers in seconds."""

from circles.network.graph import TOLERANCE_S, Network
from circles.network.paths import Step
from circles.network.positions import Direction, Places, Positions

__all__ = ["TOLERANCE_S", "Direction", "Network", "Places", "Positions", "Step"]
