"""Where people live when no table of points says so: points along streets, villages' totals, townships' totals."""

from circles.homes.along import spread, street_points
from circles.homes.control import control

__all__ = ["control", "spread", "street_points"]
