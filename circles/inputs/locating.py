"""Where places lie: coordinates in the area's CRS, island, township, and what is doubtful about it (contract, 3.4, 3.10)."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circles.area import Area
from circles.foundation import errors
from circles.foundation.crs import WGS84, projected, to_crs
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import NONE
from circles.foundation.types import F64, I64, Bools
from circles.network import Islands

_OFF_LAND_M = 25.0


def project(frame: gpd.GeoDataFrame, crs: str) -> F64:
    """Return the points of a table in EPSG:4326 as (n, 2) coordinates in ``crs``."""
    points = frame.geometry.to_numpy()
    return projected(np.column_stack([shapely.get_x(points), shapely.get_y(points)]), WGS84, crs)


def placed(
    area: Area, frame: gpd.GeoDataFrame, xy: F64, *, ground: Islands, towns: gpd.GeoDataFrame, table: str
) -> tuple[gpd.GeoDataFrame, I64, list[Finding]]:
    """Return the table with island and township filled in, the islands' numbers, and findings.

    A ``township_code`` that stands in the table is kept; an empty one is filled in (contract, section 3.10).

    Parameters
    ----------
    area : gives the CRS and the snapping distance
    frame : residents or facilities, n rows; not changed
    xy : (n, 2) coordinates in the area's CRS, metres
    ground : land polygons with their islands
    towns : table ``townships``
    table : name of the table, for findings

    Returns
    -------
    frame, island, findings : ``island`` is (n,) int64, -1 at sea
    """
    snap = area.walk.snap_max_m
    island, is_near = ground.of_points(xy, within_m=snap)
    names = np.array([*ground.names, ""], dtype=object)
    out = frame.reset_index(drop=True).copy()
    out["island"] = names[island]
    given = out["township_code"].fillna("").astype(str).to_numpy(dtype=object)
    out["township_code"], by_nearness = _township_codes(area, given, xy, towns)
    unit = unit_of(area)
    found = listed(out, island < 0, "at-sea", table, unit=unit) + listed(out, is_near, "off-land", table, unit=unit)
    none = out["township_code"].eq(NONE).to_numpy()
    if none.any() and area.data.townships is not None:
        none, more = _in_holes(out, none, xy, towns, crs=area.crs, unit=unit)
        found += more
    found += [
        *_nearest_reported(out, by_nearness, table, unit=unit),
        *listed(out, none, "no-township", table, unit=unit),
    ]
    return out, island, found


def _nearest_reported(frame: gpd.GeoDataFrame, rows: I64, table: str, *, unit: str) -> list[Finding]:
    """Return a note on the points that lie in no township and count for the nearest one."""
    if not len(rows):
        return []
    people: dict[str, Any] = {}
    if "population" in frame:
        people = {unit: f"{frame['population'].to_numpy()[rows].sum():,.0f}"}
    ids = frame["id"].iloc[rows].astype(str).tolist()
    return [errors.info("township-nearest", table, id=ids[0], count=len(ids), ids=errors.few(ids), **people)]


def _in_holes(
    frame: gpd.GeoDataFrame, none: Bools, xy: F64, towns: gpd.GeoDataFrame, *, crs: str, unit: str
) -> tuple[Bools, list[Finding]]:
    """Return who is in no township, but for those in holes between townships, and a finding for each such hole."""
    whole = shapely.union_all(to_crs(towns.geometry, crs).to_numpy())
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(whole) for ring in part.interiors]
    found, rest = [], none.copy()
    for hole in sorted(holes, key=lambda shape: -shape.area):
        rows = np.flatnonzero(none)[inside(hole, xy[none])]
        rows = rows[rest[rows]]
        if not len(rows):
            continue
        rest[rows] = False
        lon, lat = projected(shapely.get_coordinates(shapely.point_on_surface(hole)), crs, WGS84)[0]
        people: dict[str, Any] = {}
        if "population" in frame:
            people = {unit: f"{frame['population'].to_numpy()[rows].sum():,.0f}"}
        found.append(
            errors.warning(
                "township-hole", "residents" if "population" in frame else "facilities", id=str(frame["id"].iloc[rows[0]]), count=len(rows), lon=f"{lon:.5f}",
                lat=f"{lat:.5f}", area=f"{hole.area / 1e6:.2f}", **people,
            )
        )  # fmt: skip
    return rest, found


def township_overlaps(area: Area, towns: gpd.GeoDataFrame, frame: gpd.GeoDataFrame, xy: F64) -> list[Finding]:
    """Return a finding per pair of townships that overlap, with the residents in both, who count for the first one.

    A sliver along a border, thinner than a metre on average and with nobody in it, is not reported.

    Parameters
    ----------
    area : gives the CRS
    towns : table ``townships``
    frame : table ``residents``, n rows
    xy : (n, 2) coordinates of the residents in the area's CRS, metres
    """
    if area.data.townships is None:
        return []
    shapes = to_crs(towns.geometry, area.crs).to_numpy()
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    found = []
    for one, other in sorted((i, j) for i, j in zip(a.tolist(), b.tolist(), strict=True) if i < j):
        both = shapely.intersection(shapes[one], shapes[other])
        rows = inside(both, xy) if both.area > 0 else np.zeros(0, dtype=np.int64)
        if both.area <= max(shapely.length(both) / 2, 1.0) and not len(rows):
            continue
        people: dict[str, Any] = {unit_of(area): f"{frame['population'].to_numpy()[rows].sum():,.0f}"}
        names = towns["name"].astype(str).to_numpy(dtype=object)
        ids = frame["id"].astype(str).to_numpy()[rows[:5]]
        found.append(
            errors.warning(
                "townships-overlap", "townships", id=str(towns["code"].iloc[other]), count=len(rows),
                ids=", ".join(ids) or "–", area=f"{both.area / 1e6:.3f}", one=names[one], other=names[other], **people,
            )
        )  # fmt: skip
    return found


def _township_codes(
    area: Area, given: npt.NDArray[np.object_], xy: F64, towns: gpd.GeoDataFrame
) -> tuple[npt.NDArray[np.object_], I64]:
    """Return each point's township: its own code, the polygon it lies in, the nearest one, else NONE (contract, 3.10).

    The second array holds the rows that count for the nearest one.
    """
    code, nobody = given.copy(), np.zeros(0, dtype=np.int64)
    todo = np.flatnonzero(code == "")
    if not len(todo):
        return code, nobody
    if area.data.townships is None:
        code[todo] = area.id
        return code, nobody
    shape = to_crs(towns.geometry, area.crs).to_numpy()
    codes = towns["code"].to_numpy(dtype=object)
    code[todo] = NONE
    for number in reversed(range(len(shape))):
        code[todo[inside(shape[number], xy[todo])]] = codes[number]
    rest = todo[code[todo] == NONE]
    if not len(rest):
        return code, nobody
    tree = shapely.STRtree(shape)
    at, near = tree.query_nearest(shapely.points(xy[rest]), max_distance=area.walk.snap_max_m, all_matches=False)
    code[rest[at]] = codes[near]
    return code, rest[at].astype(np.int64)


def inside(shape: shapely.Geometry, xy: F64) -> I64:
    """Return which points lie in a shape or on its border; most are not even in its box."""
    west, south, east, north = shapely.bounds(shape)
    x, y = xy[:, 0], xy[:, 1]
    near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
    shapely.prepare(shape)
    return np.asarray(near[shapely.intersects_xy(shape, x[near], y[near])])


def unit_of(area: Area) -> str:
    """Return what residents count: ``people``, or ``points`` where nobody said how many live along the streets."""
    return "points" if area.counts_points else "people"


def listed(
    frame: pd.DataFrame, hit: npt.NDArray[np.bool_], code: str, table: str, *, unit: str = "people"
) -> list[Finding]:
    """Return one warning per row in ``hit``, or a single one above 200 rows (street points, rasters).

    Parameters
    ----------
    frame : table with ``id``, n rows; with ``population`` the warnings say how many people they are about
    hit : (n,) bool, the rows to report
    code : code of the finding; ``<code>-many`` for the single one
    table : name of the table, where a row names no file of its own
    unit : ``people``, or ``points`` where the weights are no people
    """
    rows = np.flatnonzero(hit)
    people = frame["population"].to_numpy() if "population" in frame else None

    def counted(which: Any) -> dict[str, str]:
        return {} if people is None else {unit: f"{people[which].sum():,.0f}"}

    if len(rows) > 200:
        sample = ", ".join(frame["id"].iloc[rows[:5]].astype(str))
        return [
            Finding("warning", f"{code}-many", table, values={"count": len(rows), "sample": sample} | counted(rows))
        ]
    ids = frame["id"].astype(str).to_numpy()
    number = frame["row"].to_numpy() if "row" in frame else np.full(len(frame), -1)
    file = frame["file"].to_numpy() if "file" in frame else np.full(len(frame), table)
    return [
        Finding(
            "warning", code, str(file[r]) or table, int(number[r]) if number[r] > 0 else None, str(ids[r]), counted(r)
        )
        for r in rows
    ]


def off_land(xy: F64, foot_xy: F64, is_snapped: npt.NDArray[np.bool_], ground: Islands) -> npt.NDArray[np.bool_]:
    """Return which access legs run more than 25 m off land (contract, section 3.5).

    Parameters
    ----------
    xy, foot_xy : (n, 2) both ends of each access leg in the area's CRS, metres
    is_snapped : (n,) bool; all others are False
    ground : land polygons

    Returns
    -------
    (n,) bool
    """
    out = np.zeros(len(xy), dtype=bool)
    rows = np.flatnonzero(is_snapped)
    if not len(ground.polygons) or not len(rows):
        return out
    leg = shapely.linestrings(np.stack([xy[rows], foot_xy[rows]], axis=1))
    long = np.flatnonzero(shapely.length(leg) > _OFF_LAND_M)
    at, polygon = shapely.STRtree(ground.polygons).query(leg[long])
    shapely.prepare(ground.polygons)
    dry = shapely.contains_properly(ground.polygons[polygon], leg[long[at]])  # a fast test that settles nearly all
    long = np.setdiff1d(long, long[at[dry]])
    at, polygon = shapely.STRtree(ground.polygons).query(leg[long], predicate="intersects")
    on_land = np.zeros(len(long))
    np.add.at(on_land, at, shapely.length(shapely.intersection(leg[long[at]], ground.polygons[polygon])))
    out[rows[long]] = shapely.length(leg[long]) - on_land > _OFF_LAND_M
    return out
