"""China's days off and make-up working days as announced, 2007 on; a year not yet announced is reported, not guessed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

_CHINA = frozenset({"Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Harbin", "PRC"})


@dataclass(frozen=True)
class Calendar:
    """Which days are off.

    ``years`` are those announced; ``off`` statutory days off (a bridged weekend among them), ``work`` weekend days that
    are worked in exchange. Both empty where the calendar of the place is not known to this program.
    """

    years: frozenset[int]
    off: frozenset[dt.date]
    work: frozenset[dt.date]

    def is_working(self, day: dt.date) -> bool:
        """Return whether 工作日 holds: Monday to Friday that is no day off, or a make-up working day."""
        return day in self.work or (day.weekday() < 5 and day not in self.off)

    def is_resting(self, day: dt.date) -> bool:
        """Return whether 双休日 holds: a Saturday or Sunday that is not worked in exchange."""
        return day.weekday() >= 5 and day not in self.work


def calendar_of(time_zone: str) -> Calendar | None:
    """Return the announced calendar of China for its time zones, None elsewhere."""
    return _china() if time_zone in _CHINA else None


@cache
def _china() -> Calendar:
    content = json.loads(resources.files(__package__).joinpath("holidays_cn.json").read_text(encoding="utf-8"))
    off, work = (frozenset(dt.date.fromisoformat(day) for day in content[key]) for key in ("off", "work"))
    return Calendar(frozenset(content["years"]), off, work)


def days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Return every day from ``first`` to ``last``, both included."""
    for number in range((last - first).days + 1):
        yield first + dt.timedelta(days=number)
