"""Minutes + residents → who is covered, what capacity reaches them, and how evenly."""

from circles.coverage import capacity
from circles.coverage.capacity import Catchments, enhanced, two_step
from circles.coverage.circle import straight_line
from circles.coverage.equity import equity, gini, palma, percentile, variation
from circles.coverage.poverty import kinds_lacking, poverty
from circles.coverage.share import by_island, by_village, coverage, groups, people, reached, shown_percent, variants
from circles.coverage.supply import supply

__all__ = [
    "Catchments",
    "by_island",
    "by_village",
    "capacity",
    "coverage",
    "enhanced",
    "equity",
    "gini",
    "groups",
    "kinds_lacking",
    "palma",
    "people",
    "percentile",
    "poverty",
    "reached",
    "shown_percent",
    "straight_line",
    "supply",
    "two_step",
    "variants",
    "variation",
]
