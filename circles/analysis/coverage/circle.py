"""Straight-line distance beside travel time: how far a circle on a map overstates.

Never part of a verdict. The circle has the radius limit × flat speed of the category's walker, ignores streets, slopes,
steps and the sea, and counts everybody who lives within it of some counted facility, snapped to a street or not.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from circles.analysis.coverage.share import Unit, groups, people, total, township_units
from circles.area import Area
from circles.foundation.schema.tables import ALL, TABLES
from circles.foundation.types import F64, Bools


def radius_m(area: Area, category: str) -> float:
    """Return the radius of a category's circle: its walker's flat speed for the limit."""
    return area.walker(category).speed_m_per_s * area.walk.limit_min * 60.0


def straight_line(
    coverage: pd.DataFrame,
    residents: pd.DataFrame,
    townships: pd.DataFrame,
    area: Area,
    *,
    resident_xy: F64,
    facility_xy: F64,
    facilities: pd.DataFrame,
) -> pd.DataFrame:
    """Return the table ``straight_line``: people within the circle beside people who can walk it.

    Parameters
    ----------
    coverage, residents, townships, facilities : tables of these names
    resident_xy, facility_xy : (n, 2) and (k, 2) places in the area's CRS; not finite = nowhere

    Returns
    -------
    DataFrame
        One row per row of ``coverage``, in that order. ``overstated`` = in_circle − covered; it can be below zero only
        where a walker goes downhill faster than on the flat.
    """
    rows = {unit.code: unit.rows for unit in township_units(residents, townships)}
    rows[ALL] = Unit(ALL, area.name, np.arange(len(residents), dtype=np.intp)).rows
    weights = {group: people(residents, group) for group in groups(residents)}
    inside = {c.id: _inside(area, c.id, resident_xy, facility_xy, facilities) for c in area.categories}
    out = []
    for row in coverage.to_dict("records"):
        category, group, population = row["category"], row["group"], row["population"]
        mine = rows[row["township_code"]]
        circle = total(weights[group], mine[inside[category][mine]])
        share = circle / population if population > 0 else math.nan
        found = {"radius_m": radius_m(area, category), "in_circle": circle, "circle_share": share}
        out.append(row | found | {"overstated": circle - row["covered"]})
    return TABLES["straight_line"].frame(out)


def _inside(area: Area, category: str, resident_xy: F64, facility_xy: F64, facilities: pd.DataFrame) -> Bools:
    """Return who lives within the radius of a counted facility."""
    counted = facilities["is_counted"].to_numpy(dtype=bool) & (facilities["category"] == category).to_numpy()
    places = facility_xy[counted & np.isfinite(facility_xy).all(axis=1)]
    found = np.zeros(len(resident_xy), dtype=np.bool_)
    here = np.flatnonzero(np.isfinite(resident_xy).all(axis=1))
    here = here[np.argsort(resident_xy[here, 0], kind="stable")]
    x, y = resident_xy[here].T
    reach_m = radius_m(area, category) + 1e-6
    first, last = (np.searchsorted(x, places[:, 0] + way) for way in (-reach_m - 1.0, reach_m + 1.0))
    for (at_x, at_y), low, high in zip(places.tolist(), first.tolist(), last.tolist(), strict=True):
        near = np.sqrt((x[low:high] - at_x) ** 2 + (y[low:high] - at_y) ** 2) <= reach_m
        found[here[low:high][near]] = True
    return found
