"""Walking times to places that are open on arrival, or open while one waits, and stay open for the stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from circles.analysis.access import Walks, reach
from circles.analysis.by_time.doors import Doors, doors_of
from circles.area.walkers import Walker
from circles.foundation.limits import within
from circles.foundation.types import F64, Bools
from circles.inputs.hours import Hours

_Groups = dict[tuple[float, float], bytes]
"""Facilities, as the bytes of a mask over their table, by when they open and until when one may arrive, in seconds."""


@dataclass(frozen=True)
class TimedWalks:
    """Walks that begin at a moment; what has been walked to a set of open places is kept, and the last answer of each kind.

    ``hours`` holds one entry per row of the table of facilities, None = unknown; ``speed_factor`` makes every walk faster,
    ``paces`` those of single walkers on top of it.
    """

    walks: Walks
    hours: Sequence[Hours | None]
    speed_factor: float = 1.0
    paces: Mapping[str, float] = field(default_factory=dict)
    _seconds: dict[tuple[str, Walker, bytes], F64] = field(default_factory=dict, repr=False, compare=False)
    _mine: dict[str, Bools] = field(default_factory=dict, repr=False, compare=False)
    _last: dict[tuple[str, Walker, bool], tuple[_Groups, F64]] = field(default_factory=dict, repr=False, compare=False)

    def doors(self, first: dt.datetime, last: dt.datetime) -> Doors:
        """Return the doors for moments from ``first`` to ``last``."""
        area = self.walks.area
        longest_min = max((c.stay_min for c in area.categories), default=0.0) + area.horizon_min
        until = last + dt.timedelta(minutes=longest_min + 60)
        return doors_of(area, self.walks.facilities, self.hours, first, until)

    def minutes(self, category: str, walker: Walker, at: dt.datetime, doors: Doors, *, unknown_is_open: bool) -> F64:
        """Return minutes from leaving home until the service begins, waiting for the door included.

        Parameters
        ----------
        category, walker : what and who
        at : local time of leaving, within the span of ``doors``
        unknown_is_open : how places count whose hours are not known

        Returns
        -------
        (residents,) minutes up to the horizon, NaN where no place can be reached in time: one must arrive, or the door
        must open, no later than closing − ``stay_min`` of the category.
        """
        area = self.walks.area
        horizon_s, stay_s = area.horizon_min * 60, area.category(category).stay_min * 60
        groups = self._groups(category, at, doors, stay_s=stay_s, unknown_is_open=unknown_is_open)
        asked = category, walker, unknown_is_open
        if asked in self._last and self._last[asked][0] == groups:  # most hours differ in nothing from the one before
            return self._last[asked][1]
        best = np.full(len(self.walks.residents), np.inf)
        for (opens_s, latest_s), places in groups.items():
            walked = self._walked(category, walker, places) / (self.speed_factor * self.paces.get(walker.id, 1.0))
            in_time = within(walked, latest_s)
            best = np.where(in_time, np.minimum(best, np.maximum(walked, opens_s)), best)
        found = np.where(within(best, horizon_s), best / 60.0, np.nan)
        self._last[asked] = groups, found
        return found

    def _groups(self, category: str, at: dt.datetime, doors: Doors, *, stay_s: float, unknown_is_open: bool) -> _Groups:
        """Return the facilities by when they open and until when one may arrive."""
        is_mine = self._counted(category)
        horizon_s = self.walks.area.horizon_min * 60
        found: dict[tuple[float, float], set[int]] = {}
        for door in np.unique(doors.door[is_mine]).tolist():
            windows = doors.windows(door, at, length_s=horizon_s + stay_s + 1, unknown_is_open=unknown_is_open)
            for first, last in windows:
                if first <= min(last - stay_s, horizon_s):
                    found.setdefault((first, last - stay_s), set()).add(door)
        return {
            window: (is_mine & np.isin(doors.door, sorted(open_doors))).tobytes()
            for window, open_doors in found.items()
        }

    def _counted(self, category: str) -> Bools:
        if category not in self._mine:
            frame = self.walks.facilities
            is_counted = frame["is_counted"].to_numpy(dtype=bool)
            self._mine[category] = (frame["category"] == category).to_numpy(dtype=bool) & is_counted
        return self._mine[category]

    def _walked(self, category: str, walker: Walker, places: bytes) -> F64:
        key = category, walker, places
        if key not in self._seconds:
            only = np.frombuffer(places, dtype=np.bool_)
            found = reach(self.walks, category, walker, only=only).seconds
            self._seconds[key] = np.where(np.isnan(found), np.inf, found)
        return self._seconds[key]
