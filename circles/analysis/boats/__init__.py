"""Walks and boats together: earliest arrival, latest return, which line carries it, on how many days."""

from circles.analysis.boats.journeys import Sailing, by_boat
from circles.analysis.boats.places import by_line, by_place, departures

__all__ = ["Sailing", "by_boat", "by_line", "by_place", "departures"]
