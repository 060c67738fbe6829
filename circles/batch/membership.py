"""Which region a township, a resident and a facility belong to: each to one, or to none."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circles.area import Area, OsmFile
from circles.batch.regions import ExtractPlan, check_codes
from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import NONE
from circles.foundation.types import F64, I64
from circles.inputs.locating import placed
from circles.inputs.osm.extract import read_townships
from circles.inputs.readers import cells
from circles.inputs.readers.vectors import read_vector
from circles.network import Islands

_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True)
class Membership:
    """Regions and townships of a large area.

    Attributes
    ----------
    area : the large area
    boundaries : one row per region, ``code, name, geometry`` in EPSG:4326, by code
    polygons : (k,) the regions in the area's CRS
    towns : townships, those of the area, or the regions themselves where it has none
    region_of_town : township code -> number of its region, the one it shares most ground with
    """

    area: Area
    boundaries: gpd.GeoDataFrame
    polygons: npt.NDArray[np.object_]
    towns: gpd.GeoDataFrame
    region_of_town: dict[str, int]

    def of_points(self, frame: gpd.GeoDataFrame, xy: F64, ground: Islands) -> tuple[gpd.GeoDataFrame, I64]:
        """Return points with ``township_code`` filled in ('' for none), and the number of each one's region, or -1.

        A point belongs to its township's region; without a township to the region it lies in, else to the nearest
        within ``snap_max_m``.
        """
        out, _, _ = placed(self._with_towns(), frame, xy, ground=ground, towns=self.towns, table="")
        region = out["township_code"].map(self.region_of_town).fillna(-1).to_numpy(dtype=np.int64, copy=True)
        rest = np.flatnonzero(region < 0)
        for number in reversed(range(len(self.polygons))):
            inside = shapely.intersects_xy(self.polygons[number], xy[rest, 0], xy[rest, 1])
            region[rest[inside]] = number
        rest = np.flatnonzero(region < 0)
        if len(rest):
            tree, snap = shapely.STRtree(self.polygons), self.area.walk.snap_max_m
            at, near = tree.query_nearest(shapely.points(xy[rest]), max_distance=snap, all_matches=False)
            region[rest[at]] = near
        out["township_code"] = out["township_code"].where(out["township_code"] != NONE, "")
        return out.assign(island=""), region

    def _with_towns(self) -> Area:
        """Return the area as one that has townships, which is what `towns` are for it."""
        return replace(self.area, data=self.area.data.model_copy(update={"townships": "given"}))


def membership(plan: ExtractPlan, towns: gpd.GeoDataFrame | None) -> Membership:
    """Read the regions' boundaries and share the townships out among them.

    Raises
    ------
    InputError
        With every row without code or valid polygon, columns that are missing, codes unfit for a folder's name.
    """
    boundaries = _boundaries(plan)
    polygons = boundaries.to_crs(plan.area.crs).geometry.to_numpy()
    shapely.prepare(polygons)
    if towns is None:
        given = boundaries.assign(**{"class": ""})[["code", "name", "class", "geometry"]]
        return Membership(plan.area, boundaries, polygons, given, {c: n for n, c in enumerate(boundaries["code"])})
    shapes = towns.to_crs(plan.area.crs).geometry.to_numpy()
    at, region = shapely.STRtree(polygons).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[at], polygons[region]))
    pairs = pd.DataFrame({"town": at, "region": region, "shared": shared})
    best = pairs[pairs["shared"] > 0].sort_values(["town", "shared", "region"], ascending=[True, False, True])
    first = best.drop_duplicates("town")
    codes = towns["code"].to_numpy(dtype=object)
    of_town = {str(codes[t]): int(r) for t, r in zip(first["town"], first["region"], strict=True)}
    return Membership(plan.area, boundaries, polygons, towns.reset_index(drop=True), of_town)


def _boundaries(plan: ExtractPlan) -> gpd.GeoDataFrame:
    """Return ``code, name, geometry``, rows of one code united, by code."""
    if isinstance(plan.boundaries, OsmFile):
        frame, _ = read_townships(plan.boundaries.osm, admin_level=plan.boundaries.admin_level or 0)
        table, code, name = plan.boundaries.osm, "code", "name"
    else:
        table, code, name = plan.boundaries.name, plan.code, plan.name
        frame, _ = read_vector(plan.boundaries, table)
    columns = [str(column) for column in frame.columns if column != "geometry"]
    missing = [column for column in (code, name) if column not in columns]
    if missing:
        shown = tuple(columns)
        raise InputError([errors.error("extract-column-missing", table, column=c, columns=shown) for c in missing])
    codes, names = ([cells.plain(str(v)) for v in frame[column].fillna("")] for column in (code, name))
    found: list[Finding] = []
    shapes = frame.geometry.to_crs("EPSG:4326").to_numpy()
    for row, (text, shape) in enumerate(zip(codes, shapes, strict=True), 1):
        if not text:
            found.append(errors.error("extract-code-missing", table, row))
        if shape is None or shapely.get_type_id(shape) not in _POLYGONS or not shape.is_valid:
            detail = "–" if shape is None else shapely.is_valid_reason(shape)
            found.append(errors.error("extract-not-polygon", table, row, text or None, detail=detail))
    found += check_codes(sorted(set(codes) - {""}), table)
    if found:
        raise InputError(found)
    rows = pd.DataFrame({"code": codes, "name": names, "shape": shapes})
    united = [
        (key, part["name"].iloc[0] or key, shapely.union_all(part["shape"].to_numpy()))
        for key, part in rows.groupby("code", sort=True)
    ]
    return gpd.GeoDataFrame(united, columns=["code", "name", "geometry"], geometry="geometry", crs="EPSG:4326")
