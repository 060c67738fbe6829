"""The bounded shortest-path kernels, and nothing else.

Arrays in, arrays out; nodes, sources and goals are numbers. `circles.network.Network` is the door for everybody else.
Importing this package imports numba.
"""

from circles.network.engine.arrays import Goals, Rows, Seeds, Workspaces, build_rows
from circles.network.engine.driver import matrix, nearest, nearest_goals, reach, side_by_side, warm_up
from circles.network.engine.ranks import ranked, ranked_of_places

__all__ = [
    "Goals",
    "Rows",
    "Seeds",
    "Workspaces",
    "build_rows",
    "matrix",
    "nearest",
    "nearest_goals",
    "ranked",
    "ranked_of_places",
    "reach",
    "side_by_side",
    "warm_up",
]
