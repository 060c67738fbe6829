"""Timetables of boats, from plain tables or GTFS → one table of connections between piers."""

from circles.inputs.timetable.model import Connections, Piers, Service, Timetable, Trips
from circles.inputs.timetable.reading import read_boats

__all__ = ["Connections", "Piers", "Service", "Timetable", "Trips", "read_boats"]
