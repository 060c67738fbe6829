"""Moments: text of the area file or the command line → local times that exist once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from circles.foundation import errors
from circles.foundation.errors import Finding


@dataclass(frozen=True)
class Instant:
    """A moment at which people leave; ``at`` is local time without its zone."""

    id: str
    name: str
    at: dt.datetime


@cache
def zone(name: str) -> ZoneInfo | None:
    """Return the time zone of this name, None where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def instant(text: str, time_zone: str, *, id: str, file: str, name: str = "") -> Instant | Finding:  # noqa: A002 - the column's name
    """Return the moment that ``text`` says, or the finding that says why it says none.

    Parameters
    ----------
    text : ISO 8601; without an offset local time, with one any place's
    time_zone : the area's, which must exist
    id, file : where it stands
    name : what it is called; ``id`` where left out
    """
    here = zone(time_zone) or dt.UTC
    try:
        said = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return errors.error("moment-unreadable", file, id=id, value=text[:80])
    if said.tzinfo is not None:
        said = said.astimezone(here)
        return Instant(id, name or id, said.replace(tzinfo=None, fold=0))
    twice = [said.replace(tzinfo=here, fold=fold).astimezone(dt.UTC) for fold in (0, 1)]
    back = [when.astimezone(here).replace(tzinfo=None, fold=0) for when in twice]
    if said not in back:
        return errors.error("moment-skipped", file, id=id, value=text[:80], zone=time_zone)
    if twice[0] != twice[1]:
        first = said.replace(tzinfo=here).isoformat()
        return errors.error("moment-twice", file, id=id, value=text[:80], zone=time_zone, first=first)
    return Instant(id, name or id, said)


def elapsed_s(start: dt.datetime, end: dt.datetime, time_zone: str) -> float:
    """Return the seconds that pass between two local times, a change of the clock included."""
    here = zone(time_zone) or dt.UTC
    return (end.replace(tzinfo=here).astimezone(dt.UTC) - start.replace(tzinfo=here).astimezone(dt.UTC)).total_seconds()
