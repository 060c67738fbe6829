"""Moments and the hours of a week → the tables ``coverage_by_time`` and ``coverage_by_hour``."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from circles.analysis.by_time.doors import Doors
from circles.analysis.by_time.walks import TimedWalks
from circles.analysis.coverage import coverage, people
from circles.analysis.coverage.share import total, units_and_all
from circles.area import Area, Instant
from circles.foundation.limits import reached
from circles.foundation.schema.tables import TABLES
from circles.foundation.types import F64


def coverage_by_time(timed: TimedWalks, moments: tuple[Instant, ...], townships: pd.DataFrame) -> pd.DataFrame:
    """Return the table ``coverage_by_time``: who finds a place open within the limit, leaving at each moment."""
    area, residents = timed.walks.area, pd.DataFrame(timed.walks.residents.drop(columns="geometry"))
    parts = []
    for moment in moments:
        doors = timed.doors(moment.at, moment.at)
        shut, open_ = (
            coverage(residents, _access(timed, moment.at, doors, unknown_is_open=way), area, townships)
            for way in (False, True)
        )
        parts.append(shut.assign(moment=moment.id, covered_if_unknown_open=open_["covered"]))
    if not parts:
        return TABLES["coverage_by_time"].empty()
    return pd.concat(parts, ignore_index=True)[TABLES["coverage_by_time"].names]


def _access(timed: TimedWalks, at: dt.datetime, doors: Doors, *, unknown_is_open: bool) -> pd.DataFrame:
    area, ids = timed.walks.area, timed.walks.residents["id"]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "resident_id": ids,
                    "category": c.id,
                    "minutes": timed.minutes(c.id, area.walker(c.id), at, doors, unknown_is_open=unknown_is_open),
                }
            )
            for c in area.categories
        ],
        ignore_index=True,
    )


def week_of(area: Area) -> dt.datetime:
    """Return the Monday, 0:00, of the week of the first moment, or of the area's date where it has no moments."""
    day = area.moments[0].at.date() if area.moments else area.as_of
    return dt.datetime.combine(day - dt.timedelta(days=day.weekday()), dt.time())


def coverage_by_hour(timed: TimedWalks, monday: dt.datetime, townships: pd.DataFrame) -> pd.DataFrame:
    """Return the table ``coverage_by_hour``: the same for each of the 168 hours of a week, people of all ages."""
    area, residents = timed.walks.area, timed.walks.residents
    weights = people(residents, "population")
    units = units_and_all(residents, townships, area.name)
    everyone = [total(weights, unit.rows) for unit in units]
    doors = timed.doors(monday, monday + dt.timedelta(days=7))
    known: dict[bytes, list[float]] = {}

    def covered(minutes: F64) -> list[float]:
        inside = reached(minutes, area.walk.limit_min)
        key = inside.tobytes()
        if key not in known:  # few hours differ from the one before
            known[key] = [total(weights, unit.rows[inside[unit.rows]]) for unit in units]
        return known[key]

    rows = []
    for category in area.categories:
        walker = area.walkers[category.profile]
        for hour in range(168):
            at = monday + dt.timedelta(hours=hour)
            shut, open_ = (
                covered(timed.minutes(category.id, walker, at, doors, unknown_is_open=way)) for way in (False, True)
            )
            for unit, here, sure, most in zip(units, everyone, shut, open_, strict=True):
                share = sure / here if here > 0 else np.nan
                rows.append(
                    (hour // 24 + 1, hour % 24, at.date().isoformat(), unit.code, unit.name, category.id, category.profile,
                     here, sure, share, most)
                )  # fmt: skip
    return TABLES["coverage_by_hour"].frame(rows)
