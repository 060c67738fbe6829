"""A timetable: piers, hops of trips between them, and on which days each service runs."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from circles.area.moments import zone
from circles.foundation.types import F64, I64, Bools

DAY_S = 86_400


class Connections(NamedTuple):
    """Hops of one stretch of time, by falling departure; times are seconds after a local midnight.

    ``trip`` says which hops are one boat; ``hop`` is the row in the timetable's trips.
    """

    trip: I64
    hop: I64
    from_pier: I64
    to_pier: I64
    departs_s: F64
    arrives_s: F64

    def taken(self, rows: I64 | Bools) -> Connections:
        """Return these rows."""
        return Connections(
            self.trip[rows],
            self.hop[rows],
            self.from_pier[rows],
            self.to_pier[rows],
            self.departs_s[rows],
            self.arrives_s[rows],
        )


@dataclass(frozen=True)
class Piers:
    """Piers by id: their names and places in degrees; ``file`` and ``row`` say where each stands."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    lon: F64
    lat: F64
    file: tuple[str, ...]
    row: tuple[int | None, ...]


@dataclass(frozen=True)
class Service:
    """On which days something runs: ``runs`` answers for a date."""

    id: str
    runs: Callable[[dt.date], bool]


class Hop(NamedTuple):
    """One hop of a trip; see `Trips`."""

    trip: str
    line: str
    service: int
    from_pier: int
    to_pier: int
    departs_s: float
    arrives_s: float
    order: int
    is_example: bool = False
    may_board: bool = True
    may_leave: bool = True


@dataclass(frozen=True)
class Trips:
    """Hops between neighbouring piers of trips, one row each.

    ``departs_s`` and ``arrives_s`` are seconds after the service day's noon less twelve hours, in ``Timetable.time_zone``;
    they may exceed a day. ``order`` counts the hops of a trip; ``line`` names it for people.
    """

    trip: tuple[str, ...]
    line: tuple[str, ...]
    service: I64
    from_pier: I64
    to_pier: I64
    departs_s: F64
    arrives_s: F64
    order: I64
    is_example: tuple[bool, ...]
    may_board: tuple[bool, ...]
    may_leave: tuple[bool, ...]

    @classmethod
    def of(cls, hops: Sequence[Hop]) -> Trips:
        """Return the trips of these hops."""

        def whole(k: int) -> I64:
            return np.array([hop[k] for hop in hops], dtype=np.int64)

        def seconds(k: int) -> F64:
            return np.array([hop[k] for hop in hops], dtype=np.float64)

        names, lines = tuple(hop.trip for hop in hops), tuple(hop.line for hop in hops)
        flags = tuple(tuple(bool(hop[k]) for hop in hops) for k in (8, 9, 10))
        return cls(
            names, lines, whole(2), whole(3), whole(4), seconds(5), seconds(6), whole(7), flags[0], flags[1], flags[2]
        )


@dataclass(frozen=True)
class Timetable:
    """Boats of an area.

    ``transfers`` holds least seconds between two piers, inf = forbidden, where a feed states them. ``blackout`` is the
    probability, by date, that nothing sails (停航): 1 for a day known.
    """

    piers: Piers
    trips: Trips
    services: tuple[Service, ...]
    time_zone: str
    transfers: Mapping[tuple[int, int], float] = field(default_factory=dict)
    blackout: Callable[[dt.date], float] = lambda _: 0.0

    @property
    def is_example(self) -> bool:
        """Return whether any trip is an example and no published service."""
        return any(self.trips.is_example)

    def pattern(self, day: dt.date) -> tuple[int, ...]:
        """Return the services that run on a day."""
        return tuple(number for number, one in enumerate(self.services) if one.runs(day))

    def connections(self, day: dt.date, local_zone: str, *, days_after: int = 1) -> Connections:
        """Return the hops that depart from the midnight of ``day`` until ``days_after`` days later have passed.

        Parameters
        ----------
        day : local day; trips of the days before that run past midnight are among them
        local_zone : the zone of that midnight
        """
        trips, midnight = self.trips, _instant(day, dt.time(), local_zone)
        longest = math.ceil(float(trips.departs_s.max(initial=0.0)) / DAY_S)
        parts: list[Connections] = []
        for offset in range(-max(longest, 1), days_after + 1):
            service_day = day + dt.timedelta(days=offset)
            running = np.isin(trips.service, self.pattern(service_day))
            rows = np.flatnonzero(running)
            noon = _instant(service_day, dt.time(12), self.time_zone) - 12 * 3600 - midnight
            departs, arrives = trips.departs_s[rows] + noon, trips.arrives_s[rows] + noon
            keep = (departs >= 0) & (departs < (days_after + 1) * DAY_S)
            number = _numbers(trips.trip)[rows] + (offset + 1000) * 10_000_000
            parts.append(
                Connections(
                    number[keep],
                    rows[keep],
                    trips.from_pier[rows][keep],
                    trips.to_pier[rows][keep],
                    departs[keep],
                    arrives[keep],
                )
            )
        merged = Connections(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        falling = np.lexsort((merged.hop, -trips.order[merged.hop], -merged.arrives_s, -merged.departs_s))
        return merged.taken(falling)


def _numbers(names: tuple[str, ...]) -> I64:
    return np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)[1].astype(np.int64)


def _instant(day: dt.date, time: dt.time, zone_name: str) -> float:
    here: ZoneInfo | dt.timezone = zone(zone_name) or dt.UTC
    return dt.datetime.combine(day, time, tzinfo=here).timestamp()
