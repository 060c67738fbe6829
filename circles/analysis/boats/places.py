"""Island by island and village by village: what the boats give, and what each line alone contributes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pandas as pd

from circles.analysis.boats.journeys import Sailing, Trip, moments_of
from circles.analysis.coverage import people
from circles.analysis.coverage.equity import percentile
from circles.analysis.coverage.share import Unit, total, township_units, units
from circles.area.moments import elapsed_s
from circles.foundation.limits import inclusive
from circles.foundation.schema.tables import ALL, TABLES
from circles.foundation.types import F64
from circles.inputs.timetable import Timetable


def by_place(sailings: list[Sailing], townships: pd.DataFrame, villages: pd.DataFrame) -> pd.DataFrame:
    """Return the table ``boats_by_place``: per journey × moment × township, island and village."""
    rows = []
    for sailing in sailings:
        residents = pd.DataFrame(sailing.walks.residents.drop(columns="geometry"))
        weights = people(residents, "population")
        stay_s, within = sailing.journey.stay_min * 60, sailing.journey.within_min
        places = list(_units(residents, townships, villages, sailing.walks.area.name))
        for moment, leave_s, found in _leaving(sailing):
            minutes = (found.arrive_s - leave_s) / 60.0
            reached, returns = np.isfinite(minutes), found.returns(stay_s)
            inside = reached & (minutes <= within + 1e-9) if within is not None else reached
            stay = np.where(returns, (found.latest_s - found.arrive_s) / 60.0, np.nan)
            share = sailing.share_of_days(sailing.walks.area.as_of.year, leave_s)
            for level, unit in places:
                here = total(weights, unit.rows)
                rows.append(
                    (level, unit.code, unit.name, sailing.journey.id, moment, here, total(weights, unit.rows[reached[unit.rows]]),
                     total(weights, unit.rows[inside[unit.rows]]), total(weights, unit.rows[returns[unit.rows]]),
                     _median(minutes, weights, unit), _median(stay, weights, unit),
                     total(weights * share, unit.rows) / here if here > 0 else np.nan)
                )  # fmt: skip
    return TABLES["boats_by_place"].frame(rows)


def by_line(sailings: list[Sailing]) -> pd.DataFrame:
    """Return the table ``boats_by_line``: who is cut off, or no longer home the same day, without each line alone."""
    rows = []
    for sailing in sailings:
        trips, stay_s = sailing.timetable.trips, sailing.journey.stay_min * 60
        weights = people(pd.DataFrame(sailing.walks.residents.drop(columns="geometry")), "population")
        whole = list(_leaving(sailing))
        for line in sorted(set(trips.line)):
            is_example = any(e for name, e in zip(trips.line, trips.is_example, strict=True) if name == line)
            for (moment, _, all_), (_, _, less) in zip(whole, _leaving(sailing.less(line)), strict=True):
                cut = np.isfinite(all_.arrive_s) & ~np.isfinite(less.arrive_s)
                late = all_.returns(stay_s) & ~less.returns(stay_s)
                slower = np.isfinite(less.arrive_s) & (less.arrive_s > inclusive(all_.arrive_s))
                rows.append(
                    (
                        sailing.journey.id,
                        moment,
                        line,
                        is_example,
                        *(total(weights, np.flatnonzero(x)) for x in (cut, late, slower)),
                    )
                )
    return TABLES["boats_by_line"].frame(rows)


def _leaving(sailing: Sailing) -> Iterator[tuple[str, float, Trip]]:
    area = sailing.walks.area
    for moment in moments_of(area, sailing.journey):
        leave_s = elapsed_s(dt.datetime.combine(moment.date(), dt.time()), moment, area.time_zone)
        yield moment.isoformat(timespec="minutes"), leave_s, sailing.trip(moment.date(), leave_s)


def departures(timetable: Timetable) -> pd.DataFrame:
    """Return the timetable of each pier: ``pier, name, lon, lat, departs, line, to, days, is_example``, piers by id."""
    trips, piers = timetable.trips, timetable.piers
    rows = [
        (piers.ids[a], piers.names[a] or piers.ids[a], float(piers.lon[a]), float(piers.lat[a]),
         f"{int(s) // 3600:02d}:{int(s) // 60 % 60:02d}", line, piers.names[b] or piers.ids[b],
         timetable.services[service].id, is_example)
        for a, b, s, line, service, is_example in zip(
            trips.from_pier.tolist(), trips.to_pier.tolist(), trips.departs_s.tolist(), trips.line,
            trips.service.tolist(), trips.is_example, strict=True,
        )
    ]  # fmt: skip
    names = ["pier", "name", "lon", "lat", "departs", "line", "to", "days", "is_example"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.sort_values(["pier", "departs", "line"], kind="stable", ignore_index=True)


def _units(
    residents: pd.DataFrame, townships: pd.DataFrame, villages: pd.DataFrame, name: str
) -> Iterator[tuple[str, Unit]]:
    yield "all", Unit(ALL, name, np.arange(len(residents), dtype=np.intp))
    for unit in township_units(residents, townships):
        yield "township", unit
    for unit in units(residents["island"], (), ()):
        yield "island", unit
    if "code" in villages.columns and len(villages):
        for unit in units(residents["village_code"], villages["code"], villages["name"]):
            yield "village", unit


def _median(values: F64, weights: F64, unit: Unit) -> float:
    known = unit.rows[np.isfinite(values[unit.rows])]
    return percentile(values[known], weights[known], 50.0) if total(weights, known) > 0 else np.nan
