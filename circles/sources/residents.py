"""Where people live: a table of points with their number and groups, or a population raster."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer

from circles import errors
from circles.area import Area, PlacesFile
from circles.errors import Finding, InputError
from circles.sources.columns import (
    as_points,
    code_column,
    declared_crs,
    duplicate_ids,
    file_name,
    id_column,
    require_columns,
    unused_columns,
)
from circles.sources.coordinates import locate
from circles.sources.people import larger_groups, people_column, with_groups
from circles.sources.polygons import read_land
from circles.sources.rasters import inhabited
from circles.sources.sheets import read_sheet

Floats = npt.NDArray[np.float64]
RASTERS = (".tif", ".tiff")


def read_residents(area: Area) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read the residents that the area names: a table of points or a raster; points along streets are made elsewhere.

    Returns
    -------
    residents : ``id, population``, group columns, ``township_code, village_code, island`` ('' where not given),
        geometry in EPSG:4326
    findings : warnings and notes

    Raises
    ------
    InputError
        With every problem of the file.
    """
    given = area.data.residents
    if not isinstance(given, str | PlacesFile):
        raise TypeError("points along streets are made from the network")
    path = area.path(file_name(given))
    if path.suffix.lower() in RASTERS:
        return read_raster(path, file_name(given), land=_land(area))
    sheet = read_sheet(path, given, "residents")
    errs: list[Finding] = []
    require_columns(sheet, ["id", "population"], errs)
    ids = id_column(sheet, errs)
    lon, lat, bad = locate(sheet, ids, crs=declared_crs(given), area_crs=area.crs)
    errs += bad
    people = {"population": people_column(sheet, "population", ids, errs)}
    sheet, groups = with_groups(sheet)
    people |= {name: people_column(sheet, name, ids, errs) for name in groups}
    table = pd.DataFrame(
        {
            "id": ids,
            **people,
            "township_code": code_column(sheet, "township_code", errs),
            "village_code": code_column(sheet, "village_code", errs),
            "island": "",
            "file": sheet.file,
            "row": sheet.rows,
            "lon": lon,
            "lat": lat,
        }
    )
    errs += duplicate_ids([table])
    if errs:
        raise InputError(errs)
    notes = [*sheet.findings, *unused_columns(sheet, "residents"), *larger_groups(sheet.file, table, groups)]
    return as_points(table).drop(columns=["file", "row", "lon", "lat"]), tuple(notes)


def _land(area: Area) -> gpd.GeoDataFrame | None:
    """Return the land polygons; None where there are none on disk, or they are wrong, which their reader tells."""
    try:
        land, _ = read_land(area)
    except InputError:
        return None
    return land if len(land) else None


def read_raster(
    path: Path, table: str, *, land: gpd.GeoDataFrame | None = None
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read a population raster as one point per cell that has people, at its centre; counts are never resampled.

    Parameters
    ----------
    path : GeoTIFF, first band = people per cell, in any CRS
    table : name of the file for findings
    land : polygons in EPSG:4326; the people of a cell cut by the coast, whose centre is at sea, are put into the
        largest part of the cell that is land, and a finding says how many

    Raises
    ------
    InputError
        No raster, no CRS, negative counts, no people at all.
    """
    lived_in = inhabited(path, table)
    rows, columns, people, transform, crs = (
        lived_in.rows,
        lived_in.columns,
        lived_in.people,
        lived_in.transform,
        lived_in.crs,
    )
    x = transform.c + transform.a * (columns + 0.5) + transform.b * (rows + 0.5)
    y = transform.f + transform.d * (columns + 0.5) + transform.e * (rows + 0.5)
    moved = np.zeros(len(rows), dtype=bool)
    if land is not None:
        corners = [(columns + i, rows + j) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]
        xy = [
            (transform.c + transform.a * c + transform.b * r, transform.f + transform.d * c + transform.e * r)
            for c, r in corners
        ]
        boxes = shapely.polygons(np.stack([np.column_stack(corner) for corner in xy], axis=1))
        x, y, moved = _ashore(x, y, boxes, land.to_crs(crs))
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    frame = pd.DataFrame(
        {
            "id": [f"c{row}-{column}" for row, column in zip(rows.tolist(), columns.tolist(), strict=True)],
            "population": people,
            "township_code": "",
            "village_code": "",
            "island": "",
            "lon": lon,
            "lat": lat,
        }
    )
    if not np.isfinite(frame[["lon", "lat"]].to_numpy()).all():
        raise InputError(errors.error("crs-unknown", table, value=crs.name))
    told = errors.info("raster-cells-ashore", table, n=int(moved.sum()), people=f"{people[moved].sum():,.0f}")
    return as_points(frame).drop(columns=["lon", "lat"]), (told,) if moved.any() else ()


def _ashore(
    x: Floats, y: Floats, boxes: npt.NDArray[np.object_], land: gpd.GeoDataFrame
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Return places for cells: the centre, or for a centre at sea a point on the largest piece of land in its cell."""
    shapes = shapely.get_parts(land.geometry.to_numpy())
    tree = shapely.STRtree(shapes)
    wet = np.ones(len(x), dtype=bool)
    wet[tree.query(shapely.points(x, y), predicate="intersects")[0]] = False
    at_sea = np.flatnonzero(wet)
    cell, polygon = tree.query(boxes[at_sea], predicate="intersects")
    pieces = shapely.intersection(boxes[at_sea][cell], shapes[polygon])
    areas = shapely.area(pieces)
    x, y, moved = x.copy(), y.copy(), np.zeros(len(x), dtype=bool)
    for number in np.argsort(areas, kind="stable").tolist():  # the largest piece of a cell comes last and stands
        if areas[number] > 0:
            spot, at = shapely.point_on_surface(pieces[number]), at_sea[cell[number]]
            x[at], y[at], moved[at] = spot.x, spot.y, True
    return x, y, moved
