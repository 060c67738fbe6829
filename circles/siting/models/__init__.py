"""Pure location models on a matrix of costs: exact, bounded, without a map."""

from circles.foundation.errors import Infeasible
from circles.siting.models.alternatives import alternatives, gain_curve, marginal_order, ranked
from circles.siting.models.backup import backup_cover
from circles.siting.models.capacity import capacitated_max_cover, capacitated_p_median
from circles.siting.models.center import p_center
from circles.siting.models.combined import CombinedAnswer, Service, combined_cover
from circles.siting.models.constraints import Constraints, pairs_within
from circles.siting.models.cover import cover_all, max_cover
from circles.siting.models.median import p_median
from circles.siting.models.problem import LIMIT_TOLERANCE, Answer, Options, nearest_open

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
