"""How far around a region the network must be kept so that no minute within the horizon changes, nor why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from circles.area import Area
from circles.area.walkers import slope_factor
from circles.network import Islands

_QUADRANT_SEGMENTS = 16
_BEST_SLOPE = -0.05
"""Where Tobler's function has its maximum: a gentle way down."""
_NARROWEST_M, _FARTHEST_M = 2_000.0, 50_000.0
"""Half the width of a way to a witness at least, and how far away a witness is looked for."""
_WITNESSES = 3
"""Facilities of a kind that a region's streets hold at least: one may stand on streets that lead nowhere."""


@dataclass(frozen=True)
class Facilities:
    """Places (n, 2) in the area's CRS, and the number of the category and of the island of each."""

    xy: npt.NDArray[np.float64]
    category: npt.NDArray[np.int64]
    island: npt.NDArray[np.int64]


def halo_m(area: Area) -> float:
    """Return metres around which no street changes a minute within the horizon.

    horizon × the greatest speed of any walker that is walked with (of a category, a rule, a journey, a profile of the
    area file, or one of the two that every run compares; a built-in one that nothing names is not): the flat speed times the slope
    factor at its maximum (1.1912 at −5 %) for those who use slope, the speed on steps if that were greater. Access legs are
    walked at flat speed and count towards the horizon, so the bound holds for access leg + streets + access leg; lengths are metres
    of the area's CRS, in which the halo is drawn. Around that, ``fragment_max_m + snap_max_m`` more decide whether the
    streets beside a place are a fragment: a longer piece has that much line within that distance.

    >>> import circles
    >>> round(halo_m(circles.load_area()))
    6346
    """
    fastest = max(
        max(w.speed_m_per_s * (float(slope_factor(_BEST_SLOPE)) if w.uses_slope else 1.0), w.steps_m_per_s)
        for w in (area.walkers[name] for name in sorted(_walked_with(area)))
    )
    around_m = area.walk.fragment_max_m + area.walk.snap_max_m if area.walk.fragment_max_m > 0 else 0.0
    return area.horizon_min * 60.0 * fastest + around_m


def _walked_with(area: Area) -> set[str]:
    """Return the walkers that some minute of a run is of."""
    rules = [item for rule in area.rules for item in (rule, *(rule.of_class(name) for name in rule.by_class))]
    named = {item.profile for item in area.categories} | {trip.profile for trip in area.journeys}
    named |= {rule.profile for rule in rules}
    return {name for name in named if name} | set(area.walk.profiles) | {"adult", "elder"}


def around(polygon: shapely.Geometry, outliers: npt.NDArray[np.float64], area: Area) -> shapely.Geometry:
    """Return everything within reach of a region: its polygon, and of its residents who live off it.

    Residents near a region's edge may belong to it from ``snap_max_m`` outside. A buffer's arcs are chords, which lie
    inside the circle; the radius is larger by as much.
    """
    chords = 1.0 / math.cos(math.pi / (4 * _QUADRANT_SEGMENTS))
    reach = halo_m(area) * chords + 1.0
    parts = [shapely.buffer(polygon, reach + area.walk.snap_max_m * chords, quad_segs=_QUADRANT_SEGMENTS)]
    if len(outliers):
        parts.append(shapely.buffer(shapely.multipoints(outliers), reach, quad_segs=_QUADRANT_SEGMENTS))
    whole = shapely.union_all(parts)
    shapely.prepare(whole)
    return whole


def with_witnesses(
    reach: shapely.Geometry, polygon: shapely.Geometry, facilities: Facilities, ground: Islands
) -> shapely.Geometry:
    """Return what is within reach, and wide ways to the nearest facilities of kinds that have fewer than three there.

    No minute depends on them; but with them a walk that is longer than the horizon is distinguished from one that does not
    exist. A kind is a category on one island; only islands within reach matter. Where none of the three can be walked
    to inside the wide ways, or all are further than 50 km, that distinction is lost.

    Parameters
    ----------
    reach, polygon : from `around`, and the region
    facilities : counted ones of the whole
    ground : the islands of the whole
    """
    kind = facilities.category * len(ground.names) + facilities.island
    xy = facilities.xy
    near = shapely.intersects_xy(reach, xy[:, 0], xy[:, 1])
    here = ground.island_of[shapely.intersects(ground.polygons, reach)] if len(ground.polygons) else np.zeros(1, int)
    outside = np.flatnonzero(np.isin(facilities.island, here) & ~near)
    points = shapely.points(xy[outside])
    far_m = shapely.distance(points, polygon)
    ways = []
    for group in np.unique(kind[outside]).tolist():
        mine = np.flatnonzero((kind[outside] == group) & (far_m <= _FARTHEST_M))
        missing = max(0, _WITNESSES - int((kind[near] == group).sum()))
        for one in mine[np.argsort(far_m[mine], kind="stable")][:missing].tolist():
            way = shapely.shortest_line(polygon, points[one])
            ways.append(shapely.buffer(way, max(far_m[one] / 2, _NARROWEST_M), quad_segs=_QUADRANT_SEGMENTS))
    if not ways:
        return reach
    whole = shapely.union_all([reach, *ways])
    shapely.prepare(whole)
    return whole
