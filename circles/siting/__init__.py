"""Where the next ones should go: exact facility location on any matrix of costs."""

from circles.errors import Infeasible
from circles.siting.alternatives import alternatives, gain_curve, marginal_order, ranked
from circles.siting.backup import backup_cover
from circles.siting.capacity import capacitated_max_cover, capacitated_p_median
from circles.siting.center import p_center
from circles.siting.combined import CombinedAnswer, Service, combined_cover
from circles.siting.constraints import Constraints, pairs_within
from circles.siting.cover import cover_all, max_cover
from circles.siting.median import p_median
from circles.siting.problem import LIMIT_TOLERANCE, Answer, Options, nearest_open

__all__ = [
    "LIMIT_TOLERANCE",
    "Answer",
    "CombinedAnswer",
    "Constraints",
    "Infeasible",
    "Options",
    "Service",
    "alternatives",
    "backup_cover",
    "capacitated_max_cover",
    "capacitated_p_median",
    "combined_cover",
    "cover_all",
    "gain_curve",
    "marginal_order",
    "max_cover",
    "nearest_open",
    "p_center",
    "p_median",
    "pairs_within",
    "ranked",
]
