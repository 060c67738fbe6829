"""When the facilities of an area are open, over a span of time."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from circles.area import Area
from circles.area.moments import elapsed_s
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.types import F64, I64
from circles.inputs.hours import Hours, Openings, UnreadableHours, calendar_of, openings
from circles.inputs.hours.evaluate import OPEN, UNKNOWN, needs_place

_CALENDAR_WORD = re.compile(r"\b(WD|RD|PH)\b")


@dataclass(frozen=True)
class Doors:
    """Open times as they pass: per door the seconds after ``start`` at which its state changes, and the states.

    Facilities whose hours mean the same share a door: ``door`` (facilities,) is each one's position in the other two.
    """

    start: dt.datetime
    time_zone: str
    bounds_s: tuple[F64, ...]
    state: tuple[I64, ...]
    door: I64

    def windows(
        self, door: int, at: dt.datetime, *, length_s: float, unknown_is_open: bool
    ) -> list[tuple[float, float]]:
        """Return the open windows of a door as pairs (opens, closes), in seconds after ``at``.

        Parameters
        ----------
        door : position of the door
        at : start of the span, a local time
        length_s : length of the span in seconds
        unknown_is_open : whether a facility without readable hours counts as open

        Returns
        -------
        list
            Windows that meet the span, ascending; the first may begin at 0, and the last ends at inf where the facility
            does not close within ``length_s``.
        """
        begin = elapsed_s(self.start, at, self.time_zone)
        is_open = self.state[door] >= (UNKNOWN if unknown_is_open else OPEN)
        change = np.flatnonzero(np.diff(is_open, prepend=False, append=False))
        bounds = np.append(self.bounds_s[door], np.inf)[change] - begin
        spans = zip(bounds[::2].tolist(), bounds[1::2].tolist(), strict=True)
        found = [(max(first, 0.0), last) for first, last in spans if last > 0 and first <= length_s]
        return [(first, last if last <= length_s else np.inf) for first, last in found]


def doors_of(
    area: Area, facilities: pd.DataFrame, hours: Sequence[Hours | None], first: dt.datetime, last: dt.datetime
) -> Doors:
    """Return when each facility is open from ``first`` to ``last``, local times.

    Parameters
    ----------
    area : its time zone, with the calendar that goes with it
    facilities : table of this name, with geometry in EPSG:4326 for the sun
    hours : per facility, None = unknown
    first, last : begin and end of the span, local times

    Notes
    -----
    Equal hours are evaluated once; those that follow the sun, once for each place.
    """
    calendar = calendar_of(area.time_zone)
    known: dict[object, tuple[F64, I64]] = {None: (np.zeros(1), np.array([UNKNOWN]))}
    keys: list[object] = []
    for number, one in enumerate(hours):
        if one is None:
            keys.append(None)
            continue
        point = facilities.geometry.iloc[number] if needs_place(one, calendar) else None
        place = None if point is None else (round(float(point.y), 3), round(float(point.x), 3))
        keys.append((one.variants, place))
        if keys[-1] not in known:
            try:
                found = openings(one, first, last, calendar=calendar, place=place, time_zone=area.time_zone)
            except UnreadableHours:  # a country without a calendar, a sun that does not set
                found = Openings(first, np.zeros(1), np.array([UNKNOWN]))
            passed = [
                elapsed_s(first, first + dt.timedelta(seconds=s), area.time_zone) for s in found.bounds_s.tolist()
            ]
            known[keys[-1]] = np.array(passed), found.state
    doors = {key: number for number, key in enumerate(known)}
    bounds_s, state = zip(*known.values(), strict=True)
    return Doors(first, area.time_zone, bounds_s, state, np.array([doors[key] for key in keys], dtype=np.int64))


def unannounced(area: Area, hours: Iterable[Hours | None], days: Iterable[dt.date]) -> list[Finding]:
    """Return a warning for each year whose holidays are needed and not announced."""
    calendar = calendar_of(area.time_zone)
    if calendar is None:
        return []  # holidays there are the library's
    is_needed = any(_CALENDAR_WORD.search(text) for one in hours if one is not None for text in one.variants)
    if not is_needed:
        return []
    missing = sorted({day.year for day in days} - calendar.years)
    return [errors.warning("hours-year-unannounced", area.file.name, id="moments", year=year) for year in missing]
