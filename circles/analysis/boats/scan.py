"""Profile connection scan: from every pier, for every departure, the earliest arrival at a target, with the lines taken.

After Dibbelt, Pajor, Strasser, Wagner: Connection Scan Algorithm (2018), section 4. Hops are scanned once by falling
departure. Walks between piers are exact and closed under composition, so one walk stands between two boats.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from circles.foundation.types import F64
from circles.inputs.timetable import Connections

_Falling = tuple[list[float], list[float], list[tuple[str, ...]]]
"""Departures, arrivals and lines from one pier, by falling departure."""


@dataclass
class Profile:
    """Departures from one pier that no later departure beats, by rising departure: when, arrival, lines."""

    departs_s: list[float] = field(default_factory=list)
    arrives_s: list[float] = field(default_factory=list)
    lines: list[tuple[str, ...]] = field(default_factory=list)

    def at(self, ready_s: float) -> int:
        """Return the entry of the first departure at or after ``ready_s``, -1 where there is none."""
        found = bisect.bisect_left(self.departs_s, ready_s - 1e-9)
        return found if found < len(self.departs_s) else -1

    def arrival(self, ready_s: F64) -> F64:
        """Return the earliest arrival for each time of being ready, inf where no boat leads on."""
        if not self.departs_s:
            return np.full(ready_s.shape, np.inf)
        found = np.searchsorted(np.array(self.departs_s), ready_s - 1e-9, side="left")
        return np.append(np.array(self.arrives_s), np.inf)[found]


@dataclass(frozen=True)
class Walking:
    """Seconds between piers on foot: per pier, (other pier, seconds), itself with 0 included."""

    near: Sequence[Sequence[tuple[int, float]]]

    @classmethod
    def none(cls, piers: int) -> Walking:
        """Return what holds where nobody walks between piers."""
        return cls([[(pier, 0.0)] for pier in range(piers)])


def profiles(
    hops: Connections,
    egress_s: F64,
    walking: Walking,
    lines: Sequence[str],
    *,
    boarding_s: float,
    least_s: Mapping[tuple[int, int], float] | None = None,
    may_board: Sequence[bool] | None = None,
    may_leave: Sequence[bool] | None = None,
) -> list[Profile]:
    """Return the profile of each pier.

    Parameters
    ----------
    hops : by falling departure
    egress_s : (piers,) seconds from each pier to the target, inf = none
    walking : on foot between piers
    lines : per hop of the timetable, the line's name
    boarding_s : least time at a pier between arriving, by boat or on foot, and boarding another boat
    least_s : least seconds between two piers when changing, where a feed states them; inf = no change there
    may_board, may_leave : per hop of the timetable, whether one may get on and off; always where left out
    """
    least = least_s or {}
    falling: list[_Falling] = [([], [], []) for _ in egress_s]
    on_trip: dict[int, tuple[float, tuple[str, ...]]] = {}
    rows = zip(*(column.tolist() for column in hops), strict=True)
    for trip, hop, start, end, departs, arrives in rows:
        best, taken = on_trip.get(trip, (math.inf, ()))
        if may_leave is None or may_leave[hop]:
            if arrives + egress_s[end] < best:
                best, taken = arrives + float(egress_s[end]), (lines[hop],)
            for other, walk in walking.near[end]:
                then = _after(falling[other], arrives + max(walk + boarding_s, least.get((end, other), 0.0)))
                if then[0] < best:
                    best, taken = then[0], (lines[hop], *then[1])
        if best < math.inf:
            on_trip[trip] = best, taken
            if may_board is None or may_board[hop]:
                _add(falling[start], departs, best, taken)
    return [Profile(one[0][::-1], one[1][::-1], one[2][::-1]) for one in falling]


def _add(falling: _Falling, departs_s: float, arrives_s: float, lines: tuple[str, ...]) -> None:
    """Add a departure, earlier than all before, unless one that leaves later arrives no later."""
    departures, arrivals, taken = falling
    if arrivals and arrives_s >= arrivals[-1]:
        return
    if departures and departures[-1] == departs_s:
        departures[-1], arrivals[-1], taken[-1] = departs_s, arrives_s, lines
        return
    departures.append(departs_s)
    arrivals.append(arrives_s)
    taken.append(lines)


def _after(falling: _Falling, ready_s: float) -> tuple[float, tuple[str, ...]]:
    """Return arrival, inf where there is none, and lines of the first departure at or after ``ready_s``."""
    departures = falling[0]
    low, high = 0, len(departures)
    while low < high:  # the last of those >= ready_s
        middle = (low + high) // 2
        if departures[middle] >= ready_s - 1e-9:
            low = middle + 1
        else:
            high = middle
    return (math.inf, ()) if low == 0 else (falling[1][low - 1], falling[2][low - 1])


def mirrored(hops: Connections) -> Connections:
    """Return the hops with time running backwards: earliest arrival there is latest departure here."""
    back = Connections(hops.trip, hops.hop, hops.to_pier, hops.from_pier, -hops.arrives_s, -hops.departs_s)
    falling = np.lexsort((np.arange(len(back.trip))[::-1], -back.arrives_s, -back.departs_s))
    return back.taken(falling)
