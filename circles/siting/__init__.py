"""Where the next ones should go: exact facility location on any matrix of costs."""

from circles.errors import Infeasible
from circles.siting.center import p_center
from circles.siting.constraints import Constraints, pairs_within
from circles.siting.cover import cover_all, max_cover
from circles.siting.median import p_median
from circles.siting.problem import Answer, Options

__all__ = [
    "Answer",
    "Constraints",
    "Infeasible",
    "Options",
    "cover_all",
    "max_cover",
    "p_center",
    "p_median",
    "pairs_within",
]
