"""Residential land as points: what share of it lies within reach, as city assessments ask."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circles.area import Area
from circles.foundation.crs import to_crs
from circles.foundation.errors import Finding
from circles.foundation.types import F64, I64
from circles.inputs.locating import placed
from circles.inputs.readers.polygons import read_residential_land
from circles.network import Islands

GRID_M = 20.0


@dataclass(frozen=True)
class LandPoints:
    """Points of residential land.

    Attributes
    ----------
    table : one row per point: ``id, township_code, island, floor_m2`` (its part of the polygon's area × floors)
    xy : (n, 2) in the area's CRS
    island : (n,) number of each point's island, -1 = at sea
    """

    table: pd.DataFrame
    xy: F64
    island: I64


def land_points(area: Area, ground: Islands, towns: gpd.GeoDataFrame) -> tuple[LandPoints | None, list[Finding]]:
    """Return the area's residential land as points on a 20 m grid; None where the area names no such table.

    A polygon's m² × floors are shared evenly among the grid's cell centres inside it, so that sums are those of the
    polygons; one too small for any cell is one point.

    Raises
    ------
    InputError
        With every problem of the table.
    """
    if area.data.residential_land is None:
        return None, []
    land, notes = read_residential_land(area)
    shapes = to_crs(land.geometry, area.crs).to_numpy()
    floors = land["floors"].to_numpy(dtype=np.float64)
    parts = [grid_points(shape) for shape in shapes]
    size = np.array([len(part) for part in parts])
    xy = np.concatenate(parts)
    floor_m2 = np.repeat(shapely.area(shapes) * floors / size, size)
    blank = pd.DataFrame({"id": np.arange(len(xy)).astype(str), "township_code": ""})
    table, island, found = placed(
        area, gpd.GeoDataFrame(blank), xy, ground=ground, towns=towns, table="residential_land"
    )
    table = pd.DataFrame(table[["id", "township_code", "island"]]).assign(floor_m2=floor_m2)
    return LandPoints(table, xy, island), [*notes, *found]


def grid_points(shape: shapely.Geometry) -> F64:
    """Return the centres of the 20 m cells (edges at whole multiples of 20 m) that lie in a polygon, at least one point.

    >>> grid_points(shapely.box(0, 0, 40, 20)).tolist()
    [[10.0, 10.0], [30.0, 10.0]]
    >>> grid_points(shapely.box(1, 1, 5, 5)).tolist()
    [[3.0, 3.0]]
    """
    west, south, east, north = np.asarray(shapely.bounds(shape)) / GRID_M
    x = (np.arange(np.floor(west), np.ceil(east)) + 0.5) * GRID_M
    y = (np.arange(np.floor(south), np.ceil(north)) + 0.5) * GRID_M
    across, along = (grid.ravel() for grid in np.meshgrid(x, y))
    shapely.prepare(shape)
    inside = shapely.intersects_xy(shape, across, along)
    if inside.any():
        return np.column_stack([across[inside], along[inside]])
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(shape)), dtype=np.float64)
