"""Where people live when no table of points says so: points along streets, villages' totals, townships' totals."""

from circles.inputs.population.along import spread, street_points
from circles.inputs.population.control import control

__all__ = ["control", "spread", "street_points"]
