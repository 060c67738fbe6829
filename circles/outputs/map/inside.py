"""Who lives within a facility's own circle: people by group who walk there, whether or not another one is nearer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.analysis.coverage import groups, people
from circles.analysis.results import Tables
from circles.area import Direction
from circles.area.walkers import Walker
from circles.network import TOLERANCE_S, Positions
from circles.outputs.map.walked import Snaps

_PLACES = 256
"""Facilities measured at a time, so that a large county needs little memory."""


def people_inside(tables: Tables, snaps: Snaps) -> dict[str, Any]:
    """Return ``limits`` (minutes), ``groups`` and ``people``.

    ``people`` holds, per facility in the table's order, the people of each group within each limit (group by group
    within a limit), or None for a facility that is snapped to no street or whose service is unknown. Facilities that
    do not count are measured too: whom a planned one would reach is what people ask.
    """
    area, frame = tables.area, tables.facilities
    limits = sorted({*(b for b in area.walk.breaks_min if b < area.walk.limit_min), area.walk.limit_min})
    names = groups(tables.residents)
    weights = [people(tables.residents, name) for name in names]
    out: list[list[float] | None] = [None] * len(frame)
    for category in area.categories:
        walker = area.walker(category.id)
        places, homes = snaps.of("facilities", walker), snaps.of("residents", walker)
        home_rows = np.flatnonzero(homes.is_snapped)
        rows = np.flatnonzero((frame["category"] == category.id).to_numpy() & places.is_snapped)
        for start in range(0, len(rows), _PLACES):
            some = rows[start : start + _PLACES]
            chosen = np.zeros(len(frame), dtype=bool)
            chosen[some] = True
            speed = walker.speed_m_per_s
            ends = homes.positions(speed_m_per_s=speed), places.positions(speed_m_per_s=speed, only=chosen)
            table = _seconds(tables, walker, *ends, limit_min=limits[-1])
            for row, first, stop in zip(some, table.indptr[:-1], table.indptr[1:], strict=True):
                home, seconds = home_rows[table.indices[first:stop]], table.data[first:stop]
                near = [home[seconds <= limit * 60 + TOLERANCE_S] for limit in limits]
                out[row] = [_sum(weight[own]) for own in near for weight in weights]
    return {"limits": limits, "groups": names, "people": out}


def _seconds(
    tables: Tables, walker: Walker, homes: Positions, places: Positions, *, limit_min: float
) -> sparse.csc_matrix:
    """Return the seconds between homes (rows) and facilities (columns) within the limit, as people walk."""
    to_facility = tables.area.walk.direction is Direction.TO_FACILITY
    ends = (homes, places) if to_facility else (places, homes)
    seconds = tables.network.graph(walker).matrix(*ends, limit_s=limit_min * 60)
    return sparse.csc_matrix(seconds if to_facility else seconds.T)


def _sum(values: npt.NDArray[np.float64]) -> float:
    total = math.fsum(values.tolist())
    return int(total) if total == int(total) else total
