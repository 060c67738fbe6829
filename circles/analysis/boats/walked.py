"""The walks of a journey: home ⇄ pier, pier ⇄ destination, pier ⇄ pier, home ⇄ destination, all exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from circles.analysis.access import Walks
from circles.analysis.boats.scan import Walking
from circles.area import Area, Journey
from circles.area.walkers import Walker
from circles.foundation.crs import WGS84, projected
from circles.foundation.types import F64, Bools
from circles.inputs.timetable import Timetable
from circles.inputs.timetable.reading import piers_xy
from circles.network import Positions, Snapped


@dataclass(frozen=True)
class Ways:
    """Seconds on foot, inf where there is no way.

    ``out`` (residents, piers) from home to pier, ``back`` from pier to home; ``egress`` (piers,) from pier to the nearest
    destination, ``ingress`` from the destination nearest to the pier; ``direct`` and ``direct_back`` (residents,) without a
    boat. ``is_snapped`` (piers,): which piers are near a street.
    """

    out: F64
    back: F64
    egress: F64
    ingress: F64
    direct: F64
    direct_back: F64
    between: Walking
    is_snapped: Bools


def walker_of(area: Area, journey: Journey) -> Walker:
    """Return who makes the journey: the profile it names, its category's, or an adult."""
    if journey.profile:
        return area.walkers[journey.profile]
    return area.walker(journey.to.category) if journey.to.category else area.walkers["adult"]


def ways(walks: Walks, timetable: Timetable, journey: Journey) -> Ways:
    """Return every walk of a journey."""
    area, network = walks.area, walks.network
    walker = walker_of(area, journey)
    piers = _snapped(walks, piers_xy(timetable, area.crs), walker)
    homes = walks.snapped("residents", walker)
    goals, at_pier = _goals(walks, timetable, journey, walker)
    graph = network.graph(walker)
    n_homes, n_piers = len(homes.edge), len(piers.edge)

    def matrix(origins: Snapped, destinations: Snapped) -> F64:
        out = np.full((len(origins.edge), len(destinations.edge)), np.inf)
        rows, columns = np.flatnonzero(origins.is_snapped), np.flatnonzero(destinations.is_snapped)
        if len(rows) and len(columns):
            found = graph.matrix(
                *(one.positions(speed_m_per_s=walker.speed_m_per_s) for one in (origins, destinations))
            )
            out[np.ix_(rows, columns)] = _dense(found)
        return out

    def nearest(places: Snapped, *, is_back: bool) -> F64:
        out, rows = np.full(len(places.edge), np.inf), np.flatnonzero(places.is_snapped)
        if len(rows) and len(goals):
            at = places.positions(speed_m_per_s=walker.speed_m_per_s)
            out[rows] = graph.nearest_at(goals, at, direction="from" if is_back else "to")[0]
        return out

    egress, ingress = nearest(piers, is_back=False), nearest(piers, is_back=True)
    if at_pier is not None:
        egress[at_pier] = ingress[at_pier] = 0.0
    walked = matrix(piers, piers)
    np.fill_diagonal(walked, 0.0)
    near = [
        [(int(q), float(walked[p, q])) for q in np.flatnonzero(np.isfinite(walked[p])).tolist()] for p in range(n_piers)
    ]
    for (a, b), least in timetable.transfers.items():
        if np.isfinite(least) and not np.isfinite(walked[a, b]):
            near[a].append((b, least))
    direct = nearest(homes, is_back=False) if at_pier is None else np.full(n_homes, np.inf)
    direct_back = nearest(homes, is_back=True) if at_pier is None else np.full(n_homes, np.inf)
    return Ways(
        matrix(homes, piers),
        matrix(piers, homes).T,
        egress,
        ingress,
        direct,
        direct_back,
        Walking(near),
        piers.is_snapped,
    )


def _dense(found: sparse.csr_matrix) -> F64:
    """Return a matrix of seconds in which an entry that is not stored is inf."""
    out = np.full(found.shape, np.inf)
    rows = np.repeat(np.arange(found.shape[0]), np.diff(found.indptr))
    out[rows, found.indices] = found.data
    return out


def _snapped(walks: Walks, xy: F64, walker: Walker) -> Snapped:
    area = walks.area
    known: Bools = np.asarray(np.isfinite(xy).all(axis=1))
    island, _ = walks.network.islands.of_points(np.where(known[:, None], xy, 0.0), within_m=area.walk.snap_max_m)
    return walks.snap(xy, np.where(known, island, -1), walker)


def _goals(
    walks: Walks, timetable: Timetable, journey: Journey, walker: Walker
) -> tuple[Positions | Sequence[int], int | None]:
    """Return the places one wants to get to, and the pier, where the journey ends at one."""
    area, to = walks.area, journey.to
    if to.pier is not None:
        return [], timetable.piers.ids.index(to.pier)
    if to.lon is not None and to.lat is not None:
        place = _snapped(walks, projected(np.array([[to.lon, to.lat]]), WGS84, area.crs), walker)
        return place.positions(speed_m_per_s=walker.speed_m_per_s), None
    frame = walks.facilities
    if to.facility is not None:
        mine = (frame["id"] == to.facility).to_numpy()
    else:
        mine = (frame["category"] == to.category).to_numpy() & frame["is_counted"].to_numpy(dtype=bool)
    places = walks.snapped("facilities", walker)
    return places.positions(speed_m_per_s=walker.speed_m_per_s, only=mine), None
