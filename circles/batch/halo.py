"""How far around a region the network must be kept so that no minute within the horizon changes."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import shapely

from circles.area import Area
from circles.walking import slope_factor

_QUADRANT_SEGMENTS = 16
_BEST_SLOPE = -0.05
"""Where Tobler's function has its maximum: a gentle way down."""


def halo_m(area: Area) -> float:
    """Return metres that nobody of an area can walk further than within the horizon.

    horizon × the greatest speed of any walker of any category or rule or profile: the flat speed times the slope
    factor at its maximum (1.1912 at −5 %) for those who use slope, the speed on steps if that were greater. Legs are
    walked at flat speed and count towards the horizon, so the bound holds for leg + streets + leg; lengths are metres
    of the area's CRS, in which the halo is drawn.

    >>> import circles
    >>> round(halo_m(circles.load_area()))
    5146
    """
    fastest = max(
        max(w.speed_m_per_s * (float(slope_factor(_BEST_SLOPE)) if w.uses_slope else 1.0), w.steps_m_per_s)
        for w in area.walkers.values()
    )
    return area.horizon_min * 60.0 * fastest


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
