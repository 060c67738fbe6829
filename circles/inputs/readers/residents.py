"""Where people live: a table of points with their number and groups, or a population raster."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circles.area import Area, PlacesFile
from circles.foundation import errors
from circles.foundation.crs import between
from circles.foundation.errors import Finding, InputError
from circles.foundation.types import F64
from circles.inputs.readers.columns import (
    as_points,
    code_column,
    dated_ids,
    declared_crs,
    duplicate_ids,
    file_name,
    id_column,
    in_our_words,
    named_townships,
    raised,
    require_columns,
    rounded_codes,
    total_rows,
    unused_columns,
)
from circles.inputs.readers.coordinates import locate
from circles.inputs.readers.people import asked_groups, declared_groups, larger_groups, people_column, with_groups
from circles.inputs.readers.polygons import read_land, read_townships, towns
from circles.inputs.readers.raster_cells import Parts, parts
from circles.inputs.readers.rasters import inhabited
from circles.inputs.readers.sheets import read_sheet

_MARGIN_DEGREES = 0.01
"""About a kilometre: cells further outside the area are none of its people."""


def read_residents(area: Area) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read the table of points that the area names as its residents.

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
    sheet = in_our_words(read_sheet(area.path(file_name(given)), given, "residents"), area.data.values)
    errs: list[Finding] = total_rows(sheet)
    require_columns(sheet, ["id", "population"], errs)
    ids = id_column(sheet, errs)
    lon, lat, bad = locate(sheet, ids, crs=declared_crs(given), area_crs=area.crs)
    errs += bad
    people = {"population": people_column(sheet, "population", ids, errs)}
    sheet, groups = with_groups(sheet, errs, declared=declared_groups(given), wanted=asked_groups(area))
    people |= {name: people_column(sheet, name, ids, errs) for name in groups}
    table = pd.DataFrame(
        {
            "id": ids,
            **people,
            "township_code": named_townships(sheet, code_column(sheet, "township_code", errs), ids, towns(area), errs),
            "village_code": code_column(sheet, "village_code", errs),
            "island": "",
            "file": sheet.file,
            "row": sheet.rows,
            "lon": lon,
            "lat": lat,
        }
    )
    errs += duplicate_ids([table])
    notes = [
        *raised(errs),
        *sheet.findings,
        *rounded_codes(sheet, "id"),
        *dated_ids(sheet),
        *unused_columns(sheet, "residents"),
        *larger_groups(sheet.file, table, groups),
    ]
    return as_points(table).drop(columns=["lon", "lat"]), tuple(notes)


def read_cells(
    area: Area, *, land: gpd.GeoDataFrame | None = None, townships: gpd.GeoDataFrame | None = None
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read the population raster that the area names as its residents, as `read_raster` does.

    ``land`` and ``townships`` cut its cells; where they are left out, the files of the area are read.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    given = area.data.residents
    if not isinstance(given, str | PlacesFile):
        raise TypeError("points along streets are made from the network")
    land = land if land is not None else _polygons(read_land, area)
    townships = townships if townships is not None else _polygons(read_townships, area)
    crs = given.crs if isinstance(given, PlacesFile) else None
    return read_raster(area.path(file_name(given)), file_name(given), land=land, townships=townships, given_crs=crs)


def _polygons(
    read: Callable[[Area], tuple[gpd.GeoDataFrame, tuple[Finding, ...]]], area: Area
) -> gpd.GeoDataFrame | None:
    """Return polygons; None where there are none on disk, or they are wrong, which their reader reports."""
    try:
        table, _ = read(area)
    except InputError:
        return None
    return table if len(table) else None


def read_raster(
    path: Path,
    table: str,
    *,
    land: gpd.GeoDataFrame | None = None,
    townships: gpd.GeoDataFrame | None = None,
    given_crs: str | None = None,
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read a population raster as one point per cell that has people, at its centre; counts are never resampled.

    Parameters
    ----------
    path : GeoTIFF, first band = people per cell, in any CRS
    table : name of the file for findings
    land, townships : polygons in EPSG:4326. The people of a cell that the coast or a township's boundary cuts are shared
        by the area of its parts (`raster_cells.parts`); cells more than a kilometre outside the box of both are left
        out; findings say how many people that are
    given_crs : the declared one of a file that says none

    Raises
    ------
    InputError
        No raster, no CRS, negative counts, no people at all.
    """
    lived_in = inhabited(path, table, given_crs=given_crs)
    rows, columns, people = lived_in.rows, lived_in.columns, lived_in.people
    transform, crs = lived_in.transform, lived_in.crs
    to_degrees = between(crs, "EPSG:4326")
    corners = np.stack([_places(transform, columns + i, rows + j) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))], axis=1)
    centres = _places(transform, columns + 0.5, rows + 0.5)
    if not np.isfinite(np.column_stack(to_degrees.transform(*centres.T))).all():
        raise InputError(errors.error("crs-unknown", table, value=crs.name))
    near, found = _near(np.column_stack(to_degrees.transform(*centres.T)), people, (land, townships), table)
    rows, columns, people, corners, centres = rows[near], columns[near], people[near], corners[near], centres[near]
    cut = parts(
        shapely.polygons(corners), centres,
        land=None if land is None else land.to_crs(crs).geometry.to_numpy(),
        townships=None if townships is None else townships.to_crs(crs).geometry.to_numpy(),
    )  # fmt: skip
    found += _cell_findings(cut, people, table)
    lon, lat = to_degrees.transform(*cut.xy.T)
    several = np.bincount(cut.cell, minlength=len(people))[cut.cell] > 1
    rank = np.arange(len(cut.cell)) - np.searchsorted(cut.cell, cut.cell)
    numbers = zip(rows[cut.cell].tolist(), columns[cut.cell].tolist(), rank.tolist(), several.tolist(), strict=True)
    frame = pd.DataFrame(
        {
            "id": [
                f"c{row}-{column}" + (f"-{part + 1}" if is_one_of_many else "")
                for row, column, part, is_one_of_many in numbers
            ],
            "population": people[cut.cell] * cut.weight,
            "township_code": "",
            "village_code": "",
            "island": "",
            "lon": lon,
            "lat": lat,
        }
    )
    return as_points(frame).drop(columns=["lon", "lat"]), tuple(found)


def _places(transform: Any, columns: np.ndarray, rows: np.ndarray) -> F64:
    """Return places of a raster's grid, (n, 2), in its CRS."""
    x = transform.c + transform.a * columns + transform.b * rows
    return np.column_stack([x, transform.f + transform.d * columns + transform.e * rows])


def _near(
    lonlat: F64, people: F64, layers: tuple[gpd.GeoDataFrame | None, ...], table: str
) -> tuple[npt.NDArray[np.bool_], list[Finding]]:
    """Return which cells lie in the area's box or less than about a kilometre outside, and how many people do not."""
    bounds = [layer.total_bounds for layer in layers if layer is not None and len(layer)]
    if not bounds:
        return np.ones(len(people), dtype=bool), []
    low = np.min(bounds, axis=0)[:2] - _MARGIN_DEGREES
    high = np.max(bounds, axis=0)[2:] + _MARGIN_DEGREES
    near = ((lonlat >= low) & (lonlat <= high)).all(axis=1)
    given = next(layer for layer in reversed(layers) if layer is not None and len(layer))
    rows = np.flatnonzero(near)
    hit = shapely.STRtree(given.to_crs("EPSG:4326").geometry.to_numpy()).query(
        shapely.points(lonlat[rows]), predicate="dwithin", distance=_MARGIN_DEGREES
    )
    near[np.setdiff1d(rows, rows[hit[0]])] = False
    if near.all():
        return near, []
    if not near.any():
        raise InputError(errors.error("raster-elsewhere", table, people=f"{people.sum():,.0f}"))
    left = math.fsum(people[~near])
    share = f"{100 * left / math.fsum(people):.1f}"
    return near, [errors.warning("raster-outside", table, n=int((~near).sum()), people=f"{left:,.0f}", share=share)]


def _cell_findings(cut: Parts, people: F64, table: str) -> list[Finding]:
    """Return how many cells and people the coast or a boundary cuts, and how many people have no land in their cell."""
    found = []
    for code, hit in (("raster-cells-cut", cut.is_cut), ("raster-cells-at-sea", ~cut.is_dry)):
        report = errors.info if code == "raster-cells-cut" else errors.warning
        if hit.any():
            share = f"{100 * math.fsum(people[hit]) / math.fsum(people):.1f}"
            found.append(report(code, table, n=int(hit.sum()), people=f"{math.fsum(people[hit]):,.0f}", share=share))
    return found
