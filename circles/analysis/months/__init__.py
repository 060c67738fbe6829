"""Runs kept by date: twelve months on one page, each change taken apart by cause."""

from circles.analysis.months.book import Book, Month, Shapes, admitted, month_of, read_book
from circles.analysis.months.events import Event, events
from circles.analysis.months.series import CAUSES, Cell, Step, cells

__all__ = [
    "CAUSES", "Book", "Cell", "Event", "Month", "Shapes", "Step", "admitted", "cells", "events", "month_of", "read_book",
]  # fmt: skip
