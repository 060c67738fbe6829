"""Reporting periods: a week, a month, a quarter or a year, written as people write them.

``2024-W21`` · ``2024-05`` · ``2024-Q2`` · ``2024``. Weeks are ISO weeks (Monday to Sunday). A period belongs to the
year in which it ends.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

_FORMS = {
    "week": re.compile(r"^(\d{4})-W(0[1-9]|[1-4]\d|5[0-3])$"),
    "month": re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$"),
    "quarter": re.compile(r"^(\d{4})-Q([1-4])$"),
    "year": re.compile(r"^(\d{4})$"),
}


class Frequency(StrEnum):
    """How often a figure is reported."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, order=True)
class Period:
    """One reporting period, first and last day included; periods sort by their end, then by their start."""

    end: date
    start: date
    text: str
    frequency: Frequency

    @property
    def year(self) -> int:
        """Return the year in which the period ends."""
        return self.end.year


def _month(year: int, first: int, last: int) -> tuple[date, date]:
    return date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])


@lru_cache(maxsize=4096)
def parse(text: str) -> Period:
    """Return the period written as ``text``.

    Raises
    ------
    ValueError
        ``text`` is none of ``2024-W21``, ``2024-05``, ``2024-Q2``, ``2024``.

    Examples
    --------
    >>> parse("2024-Q2").end
    datetime.date(2024, 6, 30)
    """
    for name, form in _FORMS.items():
        found = form.match(text)
        if not found:
            continue
        year = int(found[1])
        if name == "week":
            start = date.fromisocalendar(year, int(found[2]), 1)
            end = start + timedelta(days=6)
        elif name == "month":
            start, end = _month(year, int(found[2]), int(found[2]))
        elif name == "quarter":
            quarter = int(found[2])
            start, end = _month(year, 3 * quarter - 2, 3 * quarter)
        else:
            start, end = _month(year, 1, 12)
        return Period(end, start, text, Frequency(name))
    raise ValueError(text)


def containing(day: date, frequency: Frequency) -> Period:
    """Return the period of ``frequency`` in which ``day`` lies."""
    if frequency is Frequency.WEEK:
        year, week, _ = day.isocalendar()
        return parse(f"{year}-W{week:02d}")
    if frequency is Frequency.MONTH:
        return parse(f"{day.year}-{day.month:02d}")
    if frequency is Frequency.QUARTER:
        return parse(f"{day.year}-Q{(day.month + 2) // 3}")
    return parse(str(day.year))


def last_closed(day: date, frequency: Frequency, *, due_days: int) -> Period:
    """Return the latest period whose figures are missing on ``day`` if they are not in: its last day to report is past."""
    period = containing(day, frequency)
    while period.end + timedelta(days=due_days) >= day:
        period = containing(period.start - timedelta(days=1), frequency)
    return period


def of_year(year: int, frequency: Frequency) -> tuple[Period, ...]:
    """Return the periods of ``frequency`` named after ``year``, in order."""
    if frequency is Frequency.WEEK:
        last = date(year, 12, 28).isocalendar().week
        return tuple(parse(f"{year}-W{week:02d}") for week in range(1, last + 1))
    if frequency is Frequency.MONTH:
        return tuple(parse(f"{year}-{month:02d}") for month in range(1, 13))
    if frequency is Frequency.QUARTER:
        return tuple(parse(f"{year}-Q{quarter}") for quarter in range(1, 5))
    return (parse(str(year)),)


def months_through(day: date) -> Decimal:
    """Return the months from the year 0 to the end of ``day``; a month in progress counts by its days."""
    days = calendar.monthrange(day.year, day.month)[1]
    return Decimal(12 * day.year + day.month - 1) + Decimal(day.day) / Decimal(days)


def elapsed_share(day: date, start: date, end: date) -> Decimal:
    """Return the share of ``start`` … ``end`` (both included) that has passed at the end of ``day``, from 0 to 1.

    Counted in months, so that the ends of the quarters of a year are exactly 25, 50 and 75 %, as 时序进度 is
    commonly read; a month in progress counts by its days.

    Examples
    --------
    >>> elapsed_share(date(2024, 6, 30), date(2024, 1, 1), date(2024, 12, 31))
    Decimal('0.5')
    """
    if day >= end:
        return Decimal(1)
    before = months_through(start - timedelta(days=1))
    share = (months_through(day) - before) / (months_through(end) - before)
    return max(Decimal(0), share)
