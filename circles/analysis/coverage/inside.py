"""Who lives within each facility's own circle: people by group who walk there, whether or not another one is nearer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.analysis.coverage.share import groups, people
from circles.foundation.limits import within
from circles.inputs.snapped_places import SnappedPlaces

_PLACES = 256
"""Facilities measured at a time, so that a large county needs little memory."""


def people_inside(places: SnappedPlaces) -> dict[str, Any]:
    """Return ``limits`` (minutes), ``groups`` and ``people``.

    ``people`` holds, per facility in the table's order, the people of each group within each limit (group by group
    within a limit), or None for a facility that is snapped to no street or whose service is unknown. Facilities that
    do not count are measured too: whom a planned one would reach is what people ask.
    """
    area, frame = places.area, places.facilities
    limits = sorted({*(b for b in area.walk.breaks_min if b < area.walk.limit_min), area.walk.limit_min})
    names = groups(places.residents)
    weights = [people(places.residents, name) for name in names]
    out: list[list[float] | None] = [None] * len(frame)
    for category in area.categories:
        walker = area.walker(category.id)
        shops, homes = places.snapped("facilities", walker), places.snapped("residents", walker)
        rows = np.flatnonzero((frame["category"] == category.id).to_numpy() & shops.is_snapped)
        for start in range(0, len(rows), _PLACES):
            some = rows[start : start + _PLACES]
            chosen = np.zeros(len(frame), dtype=bool)
            chosen[some] = True
            table = sparse.csc_matrix(
                places.network.od_seconds(
                    homes, shops, walker, direction=area.walk.direction, limit_s=limits[-1] * 60, only_places=chosen
                )
            )
            for row in some.tolist():
                part = slice(table.indptr[row], table.indptr[row + 1])
                home, seconds = table.indices[part], table.data[part]
                near = [home[within(seconds, limit * 60)] for limit in limits]
                out[row] = [_sum(weight[own]) for own in near for weight in weights]
    return {"limits": limits, "groups": names, "people": out}


def _sum(values: npt.NDArray[np.float64]) -> float:
    total = math.fsum(values.tolist())
    return int(total) if total == int(total) else total
