"""Coverage × rules → 达标 verdicts with numerator, denominator and shortfall."""

from circles.analysis.verdicts.facts import AccessLookup, Facts, StreetShare
from circles.analysis.verdicts.judge import (
    NO_RULE,
    OVERALL,
    applies,
    check,
    clause_doubts,
    doubts,
    problems,
    shortfall,
    verdict,
)
from circles.analysis.verdicts.measures import MEASURES, is_share, margin
from circles.analysis.verdicts.naming import area_rule_names, rule_names

__all__ = [
    "MEASURES",
    "NO_RULE",
    "OVERALL",
    "AccessLookup",
    "Facts",
    "StreetShare",
    "applies",
    "area_rule_names",
    "check",
    "clause_doubts",
    "doubts",
    "is_share",
    "margin",
    "problems",
    "rule_names",
    "shortfall",
    "verdict",
]
