"""What is wrong or doubtful in tables that could be read: places on the Earth, names, codes, doubles.

Nothing is repaired and nothing is raised here; the pipeline stops where a finding is an error.
"""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circles.area import Area
from circles.foundation import errors, nearest_word
from circles.foundation.crs import to_crs
from circles.foundation.errors import Finding
from circles.foundation.types import F64
from circles.inputs.checks import fix
from circles.inputs.checks.crs import crs_finding, diagnose_crs
from circles.inputs.checks.files import check_crs
from circles.inputs.hours.places import doubts as doubts_of_hours
from circles.inputs.osm.facilities import UNNAMED
from circles.inputs.readers import degrees

__all__ = ["check", "check_crs", "crs_finding", "diagnose_crs", "fix"]


FAR_KM = 20.0
"""Further outside the box of land and townships than this is an error (issue of the inputs, 'Bad input')."""
_NEAR_KM = 1.0
DOUBLE_M = 5.0
"""Facilities of one category that are nearer than this may be one, entered twice."""
SAME_NAME_M = 1000.0
"""One name at two places further apart than this is doubtful."""
_KM_PER_DEGREE = 111.195
"""Length of a degree of latitude on a sphere of 6371 km: good enough for a box 20 km wide."""


def check(
    area: Area,
    facilities: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame | None,
    townships: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None,
) -> list[Finding]:
    """Return everything wrong or doubtful about the places of an area.

    Parameters
    ----------
    area : the area, for the names of its files
    facilities, residents : tables as sources return them, geometry in EPSG:4326
    townships, land : tables as sources return them; None or no rows where the area has none

    Returns
    -------
    findings : errors (more than 20 km outside the box of land and townships, swapped, at (0, 0)) and warnings
        (doubles, one name at two places, unknown township code, a point in another township than its code says)
    """
    box = _box(townships, land)
    found: list[Finding] = []
    for kind, points in (("facilities", facilities), ("residents", residents)):
        if points is None or not len(points):
            continue
        where = _places(area, kind, points)
        bad, far = _outside(where, points, box)
        found += bad + _unknown_codes(where, points, townships) + _other_township(where, points[~far], townships, far)
    if len(facilities):
        where = _places(area, "facilities", facilities)
        found += _doubles(where, facilities, area.crs) + _same_names(where, facilities, area.crs)
        found += doubts_of_hours(area, facilities)
    return found


class _Where:
    """File, row and id of each row of a table, for findings."""

    def __init__(self, files: list[str], rows: list[int | None], ids: list[str]) -> None:
        self.files, self.rows, self.ids = files, rows, ids

    def at(self, position: int) -> tuple[str, int | None, str]:
        """Return file, row and id of one row."""
        return self.files[position], self.rows[position], self.ids[position]


def _places(area: Area, kind: str, points: pd.DataFrame) -> _Where:
    given = getattr(area.data, kind)
    name = given if isinstance(given, str) else getattr(given, "file", kind)
    files = [str(file) for file in points["file"].tolist()] if "file" in points else [str(name)] * len(points)
    rows: list[int | None] = [None] * len(points)
    if "row" in points:
        rows = [int(row) if row > 0 else None for row in points["row"].tolist()]
    return _Where(files, rows, [str(id_) for id_ in points["id"].tolist()])


def _box(*tables: gpd.GeoDataFrame | None) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of all polygons, or None where there are none."""
    bounds = [table.total_bounds for table in tables if table is not None and len(table)]
    if not bounds:
        return None
    west, south, east, north = np.array(bounds).T
    return float(west.min()), float(south.min()), float(east.max()), float(north.max())


def _km_outside(lon: F64, lat: F64, box: tuple[float, float, float, float]) -> F64:
    """Return how far outside a box places are, in kilometres, 0 inside; on a sphere."""
    west, south, east, north = box
    east_km = np.maximum(np.maximum(west - lon, lon - east), 0.0) * _KM_PER_DEGREE * np.cos(np.radians(lat))
    north_km = np.maximum(np.maximum(south - lat, lat - north), 0.0) * _KM_PER_DEGREE
    return np.asarray(np.hypot(east_km, north_km), dtype=np.float64)


def _outside(
    where: _Where, points: gpd.GeoDataFrame, box: tuple[float, float, float, float] | None
) -> tuple[list[Finding], npt.NDArray[np.bool_]]:
    """Return an error per place that is nowhere near the area, and which rows they are."""
    lon, lat = shapely.get_x(points.geometry.to_numpy()), shapely.get_y(points.geometry.to_numpy())
    zero = (np.abs(lon) < 1e-4) & (np.abs(lat) < 1e-4)
    away = np.zeros(len(points)) if box is None else _km_outside(lon, lat, box)
    swapped = np.full(len(points), np.inf) if box is None else _km_outside(lat, lon, box)
    zero &= (away > FAR_KM) if box is not None else True
    far = zero | (away > FAR_KM)
    seconds = np.array([_km_dotted(a, b, box) for a, b in zip(lon[far], lat[far], strict=True)])
    is_dotted = np.zeros(len(points), dtype=bool)
    is_dotted[far] = seconds <= _NEAR_KM
    found = []
    for at in np.flatnonzero(far).tolist():
        a, b = f"{lon[at]:.8g}", f"{lat[at]:.8g}"
        if zero[at]:
            found.append(errors.error("place-zero", *where.at(at)))
        elif swapped[at] <= FAR_KM:
            found.append(errors.error("place-swapped", *where.at(at), lon=a, lat=b))
        elif is_dotted[at]:
            east, north = (f"{degrees.dotted(float(value)) or 0.0:.7f}" for value in (lon[at], lat[at]))
            found.append(errors.error("degrees-dotted", *where.at(at), lon=a, lat=b, east=east, north=north))
        else:
            found.append(errors.error("place-far", *where.at(at), lon=a, lat=b, km=f"{away[at]:.0f}"))
    return found, far


def _km_dotted(lon: float, lat: float, box: tuple[float, float, float, float] | None) -> float:
    """Return how far outside the area a place lies if its numbers pack minutes and seconds behind the point."""
    own = [degrees.dotted(float(value)) for value in (lon, lat)]
    if box is None or None in own or any(abs(value * 100 - round(value * 100)) < 1e-4 for value in (lon, lat)):
        return float("inf")  # without seconds a number is a round one, no packed one
    return float(_km_outside(np.array(own[:1], dtype=np.float64), np.array(own[1:], dtype=np.float64), box)[0])


def _unknown_codes(where: _Where, points: pd.DataFrame, townships: pd.DataFrame | None) -> list[Finding]:
    if townships is None or not len(townships):
        return []
    known = set(townships["code"])
    by_name = dict(zip(townships["name"], townships["code"], strict=True))
    found = []
    for at, code in enumerate(points["township_code"].tolist()):
        if code and code not in known and code != "NONE":
            near = by_name.get(code) or nearest_word.near(str(code), sorted(known))
            found.append(errors.warning("township-unknown", *where.at(at), value=code, near=near))
    return found


def _other_township(
    where: _Where,
    points: gpd.GeoDataFrame,
    townships: gpd.GeoDataFrame | None,
    far: npt.NDArray[np.bool_],
) -> list[Finding]:
    """Return a warning for each point that lies in another township's polygon than its code says."""
    if townships is None or not len(townships) or not len(points):
        return []
    positions = np.flatnonzero(~far)
    shapes = townships.geometry.to_numpy()
    hit, polygon = shapely.STRtree(shapes).query(points.geometry.to_numpy(), predicate="intersects")
    codes, names = (townships[name].to_numpy(dtype=object) for name in ("code", "name"))
    given = points["township_code"].to_numpy(dtype=object)
    inside: dict[int, list[int]] = {}
    for at, number in zip(hit.tolist(), polygon.tolist(), strict=True):
        inside.setdefault(at, []).append(number)
    found, known = [], set(codes)
    for at, numbers in sorted(inside.items()):
        if given[at] in known and given[at] not in {codes[number] for number in numbers}:
            values = {"value": given[at], "other": codes[numbers[0]], "name": names[numbers[0]]}
            found.append(errors.warning("township-other", *where.at(int(positions[at])), **values))
    return found


def _metric(points: gpd.GeoDataFrame, crs: str) -> F64:
    return np.asarray(shapely.get_coordinates(to_crs(points.geometry, crs).to_numpy()), dtype=np.float64)


def _doubles(where: _Where, points: gpd.GeoDataFrame, crs: str) -> list[Finding]:
    """Return a warning for each facility within a few metres of an earlier one of its category, unless one is closed."""
    found = []
    metric = _metric(points, crs)
    usable = np.isfinite(metric).all(axis=1) & (points["status"] != "closed").to_numpy()
    for category in sorted(set(points["category"])):
        own = np.flatnonzero((points["category"] == category).to_numpy() & usable)
        places = shapely.points(metric[own])
        pairs = shapely.STRtree(places).query(places, predicate="dwithin", distance=DOUBLE_M)
        earliest: dict[int, int] = {}
        for one, other in sorted(zip(*pairs[:, pairs[0] < pairs[1]].tolist(), strict=True)):
            earliest.setdefault(other, one)
        for later, earlier in sorted(earliest.items()):
            a, b = int(own[earlier]), int(own[later])
            apart = np.hypot(*(metric[a] - metric[b]))
            metres = f"{apart:.1f}" if apart >= 0.05 else "<0.1"
            found.append(errors.warning("place-double", *where.at(b), other=where.ids[a], metres=metres))
    return found


def _same_names(where: _Where, points: gpd.GeoDataFrame, crs: str) -> list[Finding]:
    """Return a warning for each facility with the name and category of an earlier one more than a kilometre away."""
    metric = _metric(points, crs)
    found = []
    keyed = pd.DataFrame({"category": points["category"], "name": points["name"], "_at": np.arange(len(points))})
    is_named = (keyed["name"].str.len() > 0) & ~keyed["name"].str.startswith(UNNAMED)
    keyed = keyed[is_named & keyed.duplicated(["category", "name"], keep=False)]
    for _, group in keyed.groupby(["category", "name"], sort=True):
        order = group["_at"].tolist()
        for a, b in pairwise(order):
            metres = float(np.hypot(*(metric[a] - metric[b])))
            if np.isfinite(metres) and metres > SAME_NAME_M:
                values = {"name": str(points["name"].iloc[b]), "other": where.ids[a], "km": f"{metres / 1000:.1f}"}
                found.append(errors.warning("same-name", *where.at(b), **values))
    return found
