"""Coverage × rules → 达标 verdicts with numerator, denominator and shortfall."""

from circles.analysis.verdicts.judge import NO_RULE, OVERALL, applies, check, doubts, shortfall, verdict
from circles.analysis.verdicts.measures import AccessLookup, Facts, StreetShare

__all__ = [
    "NO_RULE",
    "OVERALL",
    "AccessLookup",
    "Facts",
    "StreetShare",
    "applies",
    "check",
    "doubts",
    "shortfall",
    "verdict",
]
