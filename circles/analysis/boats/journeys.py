"""Residents × journeys × moments → the table ``by_boat``: when one arrives, how one returns, on how many days it works."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from circles.analysis.access import Walks
from circles.analysis.boats.scan import Profile, mirrored, profiles
from circles.analysis.boats.walked import Ways, ways
from circles.area import Area, Journey
from circles.area.moments import elapsed_s
from circles.foundation.limits import within
from circles.foundation.schema.tables import TABLES
from circles.foundation.types import F64, I64, Bools
from circles.inputs.timetable import Timetable
from circles.inputs.timetable.model import DAY_S


@dataclass(frozen=True)
class Day:
    """The boats of one day, for one journey: profiles outward, and homeward with time running backwards."""

    out: list[Profile]
    back_boat: list[Profile]
    back_leave: list[Profile]


@dataclass(frozen=True)
class Trip:
    """One departure of every resident: seconds after midnight, NaN where there is none; ``pier`` -1 = on foot.

    ``entry`` is the row of the pier's profile. ``last_boat_s`` and ``latest_s``: when the last boat leaves that still
    reaches home that day, and when one must leave the destination for it, or to walk home by midnight.
    """

    depart_s: F64
    arrive_s: F64
    pier: I64
    entry: I64
    last_boat_s: F64
    latest_s: F64

    def returns(self, stay_s: float) -> Bools:
        """Return who is home again the same day after a stay."""
        return within(self.arrive_s + stay_s, self.latest_s)


@dataclass
class Sailing:
    """A journey with its walks and the boats of each kind of day, worked out once."""

    walks: Walks
    timetable: Timetable
    journey: Journey
    without: str = ""
    _days: dict[tuple[object, ...], Day] = field(default_factory=dict)
    _ways: Ways | None = None
    _shares: dict[tuple[int, float], F64] = field(default_factory=dict)

    @property
    def ways(self) -> Ways:
        """Return the walks."""
        if self._ways is None:
            self._ways = ways(self.walks, self.timetable, self.journey)
        return self._ways

    def less(self, line: str) -> Sailing:
        """Return the same journey without the boats of one line."""
        return Sailing(self.walks, self.timetable, self.journey, line, _ways=self.ways)

    def key(self, day: dt.date) -> tuple[object, ...]:
        """Return what makes two days alike: the services around them, and the hours between their midnights."""
        around = range(-2, 2)
        zone = self.walks.area.time_zone
        start = dt.datetime.combine(day, dt.time())
        return (
            tuple(self.timetable.pattern(day + dt.timedelta(days=n)) for n in around),
            tuple(elapsed_s(start, start + dt.timedelta(days=n), zone) for n in around),
        )

    def day(self, day: dt.date) -> Day:
        """Return the boats of a day."""
        key = self.key(day)
        if key not in self._days:
            self._days[key] = self._scanned(day)
        return self._days[key]

    def _scanned(self, day: dt.date) -> Day:
        trips, found = self.timetable.trips, self.ways
        hops = self.timetable.connections(day, self.walks.area.time_zone)
        if self.without:
            keep = np.array([trips.line[hop] != self.without for hop in hops.hop.tolist()], dtype=bool)
            hops = hops.taken(keep)
        boarding_s = self.walks.area.walk.boarding_min * 60
        same = {"boarding_s": boarding_s, "least_s": self.timetable.transfers}
        out = profiles(
            hops, found.egress, found.between, trips.line, may_board=trips.may_board, may_leave=trips.may_leave, **same,  # type: ignore[arg-type]
        )  # fmt: skip
        turned = {"boarding_s": boarding_s, "least_s": {(b, a): s for (a, b), s in self.timetable.transfers.items()}}
        there = np.where(np.isfinite(found.ingress), 0.0, np.inf)
        back_boat, back_leave = (
            profiles(
                mirrored(hops), ends, found.between, trips.line, may_board=trips.may_leave, may_leave=trips.may_board, **turned,  # type: ignore[arg-type]
            )
            for ends in (there, found.ingress + boarding_s)
        )  # fmt: skip
        return Day(out, back_boat, back_leave)

    def trip(self, day: dt.date, leave_s: float) -> Trip:
        """Return the journey of every resident who leaves home at ``leave_s`` after the midnight of ``day``."""
        found, boats = self.ways, self.day(day)
        boarding_s = self.walks.area.walk.boarding_min * 60
        best = leave_s + found.direct
        pier = np.full(len(best), -1, dtype=np.int64)
        for number, profile in enumerate(boats.out):
            ready = leave_s + found.out[:, number] + boarding_s
            arrival = np.where(np.isfinite(ready), profile.arrival(np.where(np.isfinite(ready), ready, 0.0)), np.inf)
            better = arrival < best - 1e-9
            best, pier = np.where(better, arrival, best), np.where(better, number, pier)
        entry, depart = np.full(len(best), -1, dtype=np.int64), np.full(len(best), leave_s, dtype=np.float64)
        for row in np.flatnonzero(pier >= 0).tolist():
            profile = boats.out[pier[row]]
            entry[row] = profile.at(leave_s + found.out[row, pier[row]] + boarding_s)
            depart[row] = profile.departs_s[entry[row]]
        none = ~np.isfinite(best)
        last, latest = self.homeward(day)
        last = np.where(np.isfinite(found.direct_back), np.nan, last)  # who walks home needs no boat
        latest = np.fmax(latest, np.where(np.isfinite(found.direct_back), DAY_S - found.direct_back, np.nan))
        return Trip(
            np.where(none, np.nan, depart), np.where(none, np.nan, best), np.where(none, -1, pier), entry, last, latest
        )

    def homeward(self, day: dt.date) -> tuple[F64, F64]:
        """Return, per resident, the last boat's departure that still reaches home by midnight, and when to leave for one."""
        found, boats = self.ways, self.day(day)
        results = []
        for kind in (boats.back_boat, boats.back_leave):
            best = np.full(len(found.direct), np.inf)
            for number, profile in enumerate(kind):
                ready = -DAY_S + found.back[:, number]
                arrival = profile.arrival(np.where(np.isfinite(ready), ready, 0.0))
                best = np.minimum(best, np.where(np.isfinite(ready), arrival, np.inf))
            results.append(np.where(np.isfinite(best), -best, np.nan))
        return results[0], results[1]

    def share_of_days(self, year: int, leave_s: float) -> F64:
        """Return, per resident, the share of a year's days on which one gets there and home again the same day.

        A day of 停航 counts with its probability: those who walk are not stopped by it.
        """
        if (year, leave_s) in self._shares:
            return self._shares[year, leave_s]
        stay_s = self.journey.stay_min * 60
        on_foot = within(leave_s + self.ways.direct + stay_s + self.ways.direct_back, DAY_S)
        whole = np.zeros(len(self.ways.direct))
        first = dt.date(year, 1, 1)
        days = [first + dt.timedelta(days=n) for n in range((dt.date(year + 1, 1, 1) - first).days)]
        sails: dict[tuple[object, ...], list[float]] = {}
        sample: dict[tuple[object, ...], dt.date] = {}
        for day in days:
            key = self.key(day)
            sample.setdefault(key, day)
            sails.setdefault(key, []).append(1.0 - self.timetable.blackout(day))
        for key, chances in sails.items():
            works = self.trip(sample[key], leave_s).returns(stay_s)
            whole += np.where(on_foot, len(chances), np.where(works, float(np.sum(chances)), 0.0))
        self._shares[year, leave_s] = whole / len(days)
        return self._shares[year, leave_s]


def moments_of(area: Area, journey: Journey) -> list[dt.datetime]:
    """Return when a journey is begun: its times on its days; else the area's moments; days are those of the moments, else as_of."""
    moments = [moment.at for moment in area.moments]
    days = (
        [dt.date.fromisoformat(text) for text in journey.days] or sorted({at.date() for at in moments}) or [area.as_of]
    )
    times = [dt.time.fromisoformat(text) for text in journey.leave]
    return [dt.datetime.combine(day, time) for day in days for time in times] if times else moments


def by_boat(sailings: list[Sailing]) -> pd.DataFrame:
    """Return the table ``by_boat``: one row per resident × journey × moment."""
    parts = []
    for sailing in sailings:
        area, ids = sailing.walks.area, sailing.walks.residents["id"].to_numpy(dtype=object)
        for moment in moments_of(area, sailing.journey):
            leave_s = elapsed_s(dt.datetime.combine(moment.date(), dt.time()), moment, area.time_zone)
            found = sailing.trip(moment.date(), leave_s)
            midnight = dt.datetime.combine(moment.date(), dt.time())
            boats = sailing.day(moment.date()).out
            lines = [
                "+".join(boats[p].lines[e]) if p >= 0 else ""
                for p, e in zip(found.pier.tolist(), found.entry.tolist(), strict=True)
            ]
            parts.append(
                pd.DataFrame(
                    {
                        "resident_id": ids,
                        "journey": sailing.journey.id,
                        "moment": moment.isoformat(timespec="minutes"),
                        "depart": _clock(midnight, found.depart_s),
                        "arrive": _clock(midnight, found.arrive_s),
                        "minutes": (found.arrive_s - leave_s) / 60.0,
                        "last_return": _clock(midnight, found.last_boat_s),
                        "lines": lines,
                        "share_of_days": sailing.share_of_days(area.as_of.year, leave_s),
                    }
                )
            )
    if not parts:
        return TABLES["by_boat"].empty()
    return pd.concat(parts, ignore_index=True)[TABLES["by_boat"].names]


def _clock(midnight: dt.datetime, seconds: F64) -> list[str]:
    """Return local times to the second, '' where there is none."""
    return [
        "" if not np.isfinite(s) else (midnight + dt.timedelta(seconds=round(s))).isoformat(timespec="seconds")
        for s in seconds.tolist()
    ]
