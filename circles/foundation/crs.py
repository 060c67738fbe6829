"""Transformations between coordinate systems, each looked up once.

To find the way from WGS 84 to a CGCS2000 projection takes PROJ a tenth of a second, and geopandas and every caller of
pyproj seek it anew.
"""

from __future__ import annotations

from functools import cache
from typing import TypeVar

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer

from circles.foundation.types import F64

WGS84 = "EPSG:4326"
GEOD = Geod(ellps="WGS84")
"""Distances and areas on the ellipsoid, degrees in and metres out."""
Frame = TypeVar("Frame", gpd.GeoDataFrame, gpd.GeoSeries)


def between(source: str | CRS, target: str | CRS) -> Transformer:
    """Return what turns (x or longitude, y or latitude) of one system into those of another.

    Raises
    ------
    pyproj.exceptions.ProjError
        One of the two is no system, or there is no way.
    """
    return _between(CRS.from_user_input(source), CRS.from_user_input(target))


@cache
def _between(source: CRS, target: CRS) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def projected(xy: F64, source: str | CRS, target: str | CRS) -> F64:
    """Return points (n, 2) of one system in another; inf where that does not reach."""
    return np.column_stack(between(source, target).transform(xy[:, 0], xy[:, 1]))


def to_crs(frame: Frame, target: str | CRS) -> Frame:
    """Return a table or a column of geometries in another system: what geopandas' ``to_crs`` gives, heights left out.

    Raises
    ------
    ValueError
        The geometries have no system.
    """
    if frame.crs is None:
        raise ValueError("the geometries have no coordinate reference system")
    if frame.crs == target:
        return frame.copy()
    moved = shapely.transform(frame.geometry.to_numpy(), lambda xy: projected(xy, frame.crs, target))
    if isinstance(frame, gpd.GeoSeries):
        return gpd.GeoSeries(moved, index=frame.index, crs=target, name=frame.name)
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=target))
