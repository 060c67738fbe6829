"""Coverage × rules → 达标 verdicts with numerator, denominator, shortfall, stability and the least that turns them."""

from circles.check.judge import NO_RULE, OVERALL, applies, check, doubts, shortfall, verdict
from circles.check.least_change import Candidates, Link, Streets, least_change, limit_of
from circles.check.measures import AccessLookup, Facts, StreetShare
from circles.check.stability import Stability, Variant, assumptions, stability

__all__ = [
    "NO_RULE",
    "OVERALL",
    "AccessLookup",
    "Candidates",
    "Facts",
    "Link",
    "Stability",
    "StreetShare",
    "Streets",
    "Variant",
    "applies",
    "assumptions",
    "check",
    "doubts",
    "least_change",
    "limit_of",
    "shortfall",
    "stability",
    "verdict",
]
