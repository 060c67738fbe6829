"""Minutes + residents → who is covered, what capacity reaches them, and how evenly."""

from circles.coverage import capacity
from circles.coverage.capacity import Catchments, enhanced, two_step
from circles.coverage.equity import equity, gini, palma, percentile, variation
from circles.coverage.share import by_island, by_village, coverage, groups, people, reached, shown_percent, variants

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
    "palma",
    "people",
    "percentile",
    "reached",
    "shown_percent",
    "two_step",
    "variants",
    "variation",
]
