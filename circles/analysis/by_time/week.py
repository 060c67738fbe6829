"""The 168 hours of a week, place by place and resident by resident, for products that let people choose the hour."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from circles.analysis.by_time.walks import TimedWalks
from circles.foundation.types import F64, I64

HOURS = 168


@dataclass(frozen=True)
class Week:
    """A week from its Monday on.

    ``state`` (168, facilities) is SHUT, UNKNOWN or OPEN on each hour; ``at`` gives, per category, which of ``minutes`` holds
    at each hour: (residents,) minutes for who leaves then, unknown hours counted as shut, NaN where there are none.
    """

    monday: dt.date
    state: npt.NDArray[np.int8]
    at: dict[str, I64]
    minutes: dict[str, tuple[F64, ...]]


def week(timed: TimedWalks, monday: dt.datetime) -> Week:
    """Return a week hour by hour; hours that are alike share their minutes."""
    area = timed.walks.area
    doors = timed.doors(monday, monday + dt.timedelta(days=7))
    moments = np.arange(HOURS) * 3600.0
    states = [
        own[np.searchsorted(bounds, moments, side="right") - 1]
        for bounds, own in zip(doors.bounds_s, doors.state, strict=True)
    ]
    state = np.stack(states, axis=1).astype(np.int8)[:, doors.door]
    at: dict[str, I64] = {}
    minutes: dict[str, tuple[F64, ...]] = {}
    for category in area.categories:
        known: dict[bytes, int] = {}
        kept: list[F64] = []
        which = np.zeros(HOURS, dtype=np.int64)
        for hour in range(HOURS):
            found = timed.minutes(
                category.id,
                area.walkers[category.profile],
                monday + dt.timedelta(hours=hour),
                doors,
                unknown_is_open=False,
            )
            key = found.tobytes()
            if key not in known:
                known[key] = len(kept)
                kept.append(found)
            which[hour] = known[key]
        at[category.id], minutes[category.id] = which, tuple(kept)
    return Week(monday.date(), state, at, minutes)
