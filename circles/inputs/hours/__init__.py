"""Opening hours as written (OpenStreetMap's syntax, Chinese tables) → one normal form → when a place is open."""

from circles.inputs.hours.calendar import Calendar, calendar_of
from circles.inputs.hours.evaluate import Openings, openings
from circles.inputs.hours.model import Hours, Seasons, UnreadableHours
from circles.inputs.hours.reading import read_hours

__all__ = ["Calendar", "Hours", "Openings", "Seasons", "UnreadableHours", "calendar_of", "openings", "read_hours"]
