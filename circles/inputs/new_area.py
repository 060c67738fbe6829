"""A new area out of an OpenStreetMap extract: clipped data, townships, boundary, and an ``area.toml`` to work on."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circles.area import BUILT_IN_CATEGORIES
from circles.foundation import atomic, errors
from circles.foundation.crs import GEOD
from circles.foundation.errors import CallError, Finding, InputError
from circles.inputs.osm.child import ordered
from circles.inputs.osm.extract import Extract, read_extract

__all__ = ["Boundary", "NewArea", "boundaries", "metric_crs", "new_area"]

HALO_M = 2500.0
"""Streets and places this far outside still serve people inside: 15 minutes at 1.2 m/s, twice the snapping distance, a detour."""
EXTRACT, BOUNDARY, TOWNSHIPS, AREA = "extract.osm.pbf", "boundary.geojson", "townships.geojson", "area.toml"
_CHINA = shapely.box(73.5, 15.0, 135.1, 53.6)
_DEEPER = (1, 2, 3, 4)
"""Levels below the area's own at which its townships are looked for, the nearest first."""
_STRAY = 0.25
"""A level whose boundaries have less than this share of the area of another's is passed over: one of them has a wrong level."""


@dataclass(frozen=True)
class NewArea:
    """What was made: the folder, the metric system chosen, and what the extract holds of the area."""

    folder: Path
    name: str
    crs: str
    as_of: str
    street_km: float
    townships: int
    facilities: dict[str, int]
    has_coast: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Boundary:
    """An administrative boundary of an extract; ``name`` holds all its names, one a line, the main one first."""

    number: int
    name: str
    level: int
    shape: shapely.Geometry | None

    @property
    def km2(self) -> float:
        """Its area; NaN where the extract does not hold all of its line."""
        return abs(GEOD.geometry_area_perimeter(self.shape)[0]) / 1e6 if self.shape is not None else math.nan


def new_area(
    extract: Path,
    out: Path,
    *,
    name: str | None = None,
    admin_level: int | None = None,
    relation: int | None = None,
    bbox: tuple[float, float, float, float] | None = None,
) -> NewArea:
    """Make the folder of a new area.

    Parameters
    ----------
    extract : .osm.pbf, .osm, .osm.gz or .osm.bz2 that covers the area
    out : the folder, which must not exist or be empty
    name : name of the administrative boundary that is the area, in any language of the extract
    admin_level : of that boundary, where several have the name
    relation : number of its OpenStreetMap relation, with a name or instead of one; namesakes of one level differ only in it
    bbox : west, south, east, north in degrees, instead of a name or a relation

    Raises
    ------
    CallError
        Neither or both of a boundary and bbox, an impossible bbox, or ``out`` holds something.
    InputError
        No boundary or several of that name, one that the extract does not cover, or no street in it.
    """
    is_named = name is not None or relation is not None
    wrong = _call_findings(extract, out, bbox, is_named=is_named)
    if wrong:
        raise CallError(wrong)
    size = extract.stat().st_size
    known, as_of = boundaries(extract)
    chosen = _chosen(extract, known, name, admin_level, relation) if is_named else None
    shape = chosen.shape if chosen is not None else None if bbox is None else shapely.box(*bbox)
    level = chosen.level if chosen is not None else 1
    with atomic.folder_in_place(out) as fresh:
        clipped = fresh / EXTRACT
        order = {"do": "osm-clip", "out": str(clipped), "box": _grown(shape), "level": level}
        ordered(order, name=str(extract), file=extract, folder=fresh, size_bytes=4 * size)
        return _written(fresh, (extract, out), shape, chosen, known, as_of=as_of)


def boundaries(extract: Path) -> tuple[list[Boundary], str]:
    """Return every administrative boundary of an extract, and the date of its data ('' where it says none).

    Raises
    ------
    InputError
        It cannot be read, or holds ways that were never uploaded.
    """
    size = extract.stat().st_size
    with tempfile.TemporaryDirectory() as scratch:
        listed = ordered(
            {"do": "osm-boundaries"}, name=str(extract), file=extract, folder=Path(scratch), size_bytes=4 * size
        )
    if listed.get("negative"):
        raise InputError(errors.error("new-area-negative-ids", str(extract), count=listed["negative"]))
    return [_boundary(entry) for entry in listed["boundaries"]], str(listed["date"])


def _call_findings(
    extract: Path, out: Path, bbox: tuple[float, float, float, float] | None, *, is_named: bool
) -> list[Finding]:
    found = []
    if is_named == (bbox is not None):
        found.append(errors.error("new-area-name-or-box", str(extract)))
    if bbox is not None:
        west, south, east, north = bbox
        fits = -180 <= west < east <= 180 and -90 <= south < north <= 90
        if not fits:
            found.append(errors.error("new-area-box", str(extract), value=",".join(f"{v:g}" for v in bbox)))
    if not extract.is_file():
        what = errno.EISDIR if extract.is_dir() else errno.ENOENT
        found.append(errors.error("osm-unreadable", str(extract), detail=os.strerror(what)))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        found.append(errors.error("new-area-folder-full", str(out)))
    return found


def _boundary(entry: dict[str, object]) -> Boundary:
    level = str(entry["level"])
    shape = shapely.from_wkb(bytes.fromhex(str(entry["wkb"]))) if entry["wkb"] else None
    names = "\n".join([str(entry.get("name", "")), *(str(n) for n in entry["names"])])  # type: ignore[attr-defined]
    return Boundary(int(str(entry["id"])), names, int(level) if level.isdigit() else 0, shape)


def _chosen(
    extract: Path, known: list[Boundary], name: str | None, admin_level: int | None, relation: int | None
) -> Boundary:
    """Return the one boundary that has all that was given of it; what is wrong lists all that could be meant."""
    wanted = (name or "").strip().casefold()
    hits = [b for b in known if name is None or wanted in (part.strip().casefold() for part in b.name.split("\n"))]
    hits = [b for b in hits if admin_level in (None, b.level) and relation in (None, b.number)]
    name = name if name is not None else f"r{relation}"
    if not hits:
        near = [b for b in known if wanted in b.name.casefold()] or sorted(known, key=lambda b: -(b.km2 or 0.0))
        raise InputError(errors.error("new-area-unknown", str(extract), name=name, valid=_shown(near[:12])))
    if len(hits) > 1:
        raise InputError(errors.error("new-area-several", str(extract), name=name, valid=_shown(hits)))
    if hits[0].shape is None or hits[0].level == 0:
        raise InputError(errors.error("new-area-not-covered", str(extract), name=name, relation=f"r{hits[0].number}"))
    return hits[0]


def _shown(boundaries: list[Boundary]) -> str:
    rows = [
        f"{b.name.split(chr(10))[0]} (admin_level={b.level}, {'?' if b.shape is None else f'{b.km2:.1f}'} km², r{b.number})"
        for b in boundaries
    ]
    return "；".join(rows) or "–"


def _grown(shape: shapely.Geometry) -> list[float]:
    """Return the box of a shape with the halo around it, in degrees."""
    west, south, east, north = shapely.bounds(shape)
    up = HALO_M / 111_000.0
    side = up / max(0.05, math.cos(math.radians(max(abs(south), abs(north)))))
    return [float(west - side), float(south - up), float(east + side), float(north + up)]


def metric_crs(shape: shapely.Geometry) -> str:
    """Return the metric CRS of a place as ``EPSG:…``: CGCS2000 / 3-degree Gauss-Kruger in China, else WGS 84 / UTM.

    ``shape`` is in degrees (WGS 84); its centroid decides the zone.
    """
    middle = shapely.centroid(shape)
    if shapely.intersects(_CHINA, middle):
        return f"EPSG:{4534 + round((middle.x - 75) / 3)}"
    zone = min(60, int((middle.x + 180) // 6) + 1)
    return f"EPSG:{(32600 if middle.y >= 0 else 32700) + zone}"


def _written(
    fresh: Path,
    names: tuple[Path, Path],
    shape: shapely.Geometry,
    chosen: Boundary | None,
    known: list[Boundary],
    *,
    as_of: str,
) -> NewArea:
    (extract, out), crs = names, metric_crs(shape)
    tags = {c.id: c.osm_tags for c in BUILT_IN_CATEGORIES if c.osm_tags}
    read = read_extract(fresh / EXTRACT, crs=crs, tags_by_category=tags, want_land=True)
    inside = _street_km(read, shape, crs)
    if not inside > 0:
        raise InputError(errors.error("osm-no-streets", str(extract)))
    name = (chosen.name.split("\n")[0] if chosen is not None else "") or out.name
    towns = _townships(shape, chosen, known, name)
    _write_geojson(fresh / TOWNSHIPS, towns)
    _write_geojson(fresh / BOUNDARY, gpd.GeoDataFrame({"name": [name]}, geometry=[shape], crs="EPSG:4326"))
    has_coast = read.land is not None and len(read.land) > 0
    places = pd.DataFrame() if read.facilities is None else read.facilities
    own = _counts(places, shape)
    (fresh / AREA).write_text(
        _toml(_area_id(out.name), name, crs, as_of, has_coast=has_coast, counts=own, source=extract.name),
        encoding="utf-8",
    )
    found = [
        item for item in read.findings if item.code != "osm-no-coastline"
    ]  # said below, with what was done about it
    found.append(errors.info("new-area-boundary", str(out / BOUNDARY)))
    if not has_coast:
        found.append(errors.info("new-area-no-coast", str(out / AREA)))
    return NewArea(out, name, crs, as_of, inside, len(towns), own, has_coast, tuple(found))


def _street_km(read: Extract, shape: shapely.Geometry, crs: str) -> float:
    if read.streets is None or not len(read.streets.offsets) - 1:
        return 0.0
    area = gpd.GeoSeries([shape], crs="EPSG:4326").to_crs(crs).iloc[0]
    xy, offsets = read.streets.xy, read.streets.offsets
    first = np.repeat(np.diff(offsets) > 1, np.diff(offsets))
    sizes = np.diff(offsets)[np.diff(offsets) > 1]
    lines = shapely.linestrings(xy[first], indices=np.repeat(np.arange(len(sizes)), sizes))
    shapely.prepare(area)
    whole = shapely.contains_properly(area, lines)  # only the others need be cut, which takes a hundred times as long
    near = lines[~whole]
    near = near[shapely.intersects(area, near)]
    return float(shapely.length(lines[whole]).sum() + shapely.length(shapely.intersection(near, area)).sum()) / 1000.0


def _townships(shape: shapely.Geometry, chosen: Boundary | None, known: list[Boundary], name: str) -> gpd.GeoDataFrame:
    """Return the boundaries next below the area's own that lie in it; the area itself where there are none."""
    level = chosen.level if chosen is not None else 0
    inside = [b for b in known if b.level > level and b.shape is not None and _lies_in(b.shape, shape)]
    levels = sorted({b.level for b in inside if (b.level >= 7 if chosen is None else b.level - level in _DEEPER)})
    size = {one: sum(float(shapely.area(b.shape)) for b in inside if b.level == one) for one in levels}
    for below in levels:
        if size[below] < _STRAY * max(size.values()):
            continue
        rows = [
            (f"r{b.number}", b.name.split("\n")[0], _class(b.name), b.shape)
            for b in sorted(inside, key=lambda b: b.number)
            if b.level == below
        ]
        return gpd.GeoDataFrame(
            rows, columns=["code", "name", "class", "geometry"], geometry="geometry", crs="EPSG:4326"
        )
    code = f"r{chosen.number}" if chosen is not None else "area"
    rows = [(code, name, "", shape)]
    return gpd.GeoDataFrame(rows, columns=["code", "name", "class", "geometry"], geometry="geometry", crs="EPSG:4326")


def _lies_in(part: shapely.Geometry, whole: shapely.Geometry) -> bool:
    return bool(shapely.contains(whole, shapely.point_on_surface(part)))


def _class(name: str) -> str:
    """Return town or rural where the Chinese name says so."""
    first = name.split("\n", maxsplit=1)[0]
    return "rural" if first.endswith("乡") else "town" if first.endswith(("镇", "街道")) else ""


def _counts(places: pd.DataFrame, shape: shapely.Geometry) -> dict[str, int]:
    if places.empty:
        return {c.id: 0 for c in BUILT_IN_CATEGORIES}
    inside = shapely.contains_xy(shape, places["lon"].to_numpy(), places["lat"].to_numpy())
    return {c.id: int((inside & (places["category"] == c.id).to_numpy()).sum()) for c in BUILT_IN_CATEGORIES}


def _write_geojson(file: Path, frame: gpd.GeoDataFrame) -> None:
    file.write_text(frame.to_json(ensure_ascii=False), encoding="utf-8")


def _area_id(text: str) -> str:
    plain = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")
    return plain or "area"


def _toml(
    area_id: str, name: str, crs: str, as_of: str, *, has_coast: bool, counts: dict[str, int], source: str
) -> str:
    lines = [
        f"# 由 {json.dumps(source, ensure_ascii=False)[1:-1]} 生成；乡镇界线为示意，不作划界依据。",
        "# Made from an OpenStreetMap extract (© OpenStreetMap contributors, ODbL 1.0); boundaries are no official lines.",
        "[area]",
        f"id = {json.dumps(area_id)}",
        f"name = {json.dumps(name, ensure_ascii=False)}",
        f'crs = "{crs}"',
        f"as_of = {as_of or '2024-12-31'}                # 数据日期 date of the data",
        "",
        "[data]",
        f'network = "{EXTRACT}"',
        f'facilities = [{{ osm = "{EXTRACT}" }}]   # 换成本地表格 or your own table: ["facilities.csv"]',
        f'land = {{ osm = "{EXTRACT}" }}'
        if has_coast
        else f'land = "{BOUNDARY}"          # 无海岸线，以边界为陆地 no coastline: the boundary is the land',
        f'townships = "{TOWNSHIPS}"',
        "residents = { streets = 50, inside_townships = true }   # 沿居住街道布点，是点不是人 points along streets, not people",
        '# terrain = "dem.tif"',
        "",
        "[walk]",
        "limit_min = 15",
    ]
    for category in BUILT_IN_CATEGORIES:
        tags = ", ".join(
            f"{key} = {json.dumps(list(values) if isinstance(values, tuple) else values)}"
            for key, values in category.osm_tags.items()
        )
        lines += [
            "", f"# {counts[category.id]} 处 places of this kind in the extract", "[[categories]]", f'id = "{category.id}"',
            f"name = {json.dumps(category.name, ensure_ascii=False)}", f'profile = "{category.profile}"', f"osm_tags = {{ {tags} }}",
        ]  # fmt: skip
    lines += [
        "", "# 标准由本地确定；去掉注释并写明来源 rules are yours to adopt: uncomment one and say where it comes from",
        "# [[rules]]", '# id = "clinic-all"', '# category = "clinic"', '# applies_to = "all"', '# measure = "population_share"',
        "# threshold = 0.9", '# source = ""', '# status = "assumed"', "",
    ]  # fmt: skip
    return "\n".join(lines)
