"""What is within reach at a moment: walking times to places that are open when one arrives."""

from circles.analysis.by_time.doors import Doors, doors_of, unannounced
from circles.analysis.by_time.tables import coverage_by_hour, coverage_by_time, week_of
from circles.analysis.by_time.walks import TimedWalks
from circles.analysis.by_time.week import Week, week

__all__ = [
    "Doors",
    "TimedWalks",
    "Week",
    "coverage_by_hour",
    "coverage_by_time",
    "doors_of",
    "unannounced",
    "week",
    "week_of",
]
