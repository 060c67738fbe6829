"""Writes the area's files, the same bytes each time."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely
from rasterio.transform import Affine

from shengsi_build.facts import CRS, Facts, Place, Row, geometry_to_degrees, to_degrees
from shengsi_build.terrain import CELL_M, NO_DATA, Grid, voids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from shengsi_build.residents import Resident
    from shengsi_build.streets import Street
    from shengsi_build.townships import Township

STAMP = "2024-12-31T00:00:00.000Z"
"""The one date that a GeoPackage carries: the area's ``as_of``, never the clock."""
ATTRIBUTION = (
    "© OpenStreetMap contributors, ODbL 1.0 (land polygons through roaring-landmask 0.11.0); division approximate"
)


def rows(path: Path, columns: Sequence[str], records: Iterable[Row]) -> None:
    """Write a UTF-8 CSV with line feeds."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


def residents(path: Path, points: Sequence[Resident], settlements: Sequence[Place]) -> None:
    """Write ``residents.csv``."""
    columns = ("id", "lon", "lat", "population", "township_code", "village_code", "age_0_2", "age_60_plus")
    records = []
    for point in points:
        lon, lat = to_degrees(point.x, point.y)
        place = settlements[point.place]
        values = (point.id, f"{lon:.6f}", f"{lat:.6f}", point.people, place.township_code, place.code)
        records.append(dict(zip(columns, map(str, (*values, point.infants, point.elders)), strict=True)))
    rows(path, columns, records)


def townships(path: Path, units: Sequence[Township]) -> None:
    """Write ``townships.geojson`` in WGS84, coordinates to 1e-5 degree (1 m)."""
    features = []
    for unit in units:
        degrees = shapely.transform(geometry_to_degrees(unit.land), lambda c: np.round(c, 5))
        if not degrees.is_valid:  # rounding may fold a narrow spit over itself
            snapped = shapely.set_precision(shapely.make_valid(degrees), 1e-5)
            parts = [part for part in shapely.get_parts(snapped) if part.geom_type == "Polygon"]
            degrees = shapely.transform(shapely.MultiPolygon(parts), lambda c: np.round(c, 5))
        polygons = [
            [[[float(x), float(y)] for x, y in ring.coords] for ring in (part.exterior, *part.interiors)]
            for part in degrees.geoms
        ]
        properties = {"code": unit.code, "name": unit.name, "class": unit.kind, "derivation": "approximate"}
        geometry = {"type": "MultiPolygon", "coordinates": polygons}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    head = {"type": "FeatureCollection", "name": "townships", "attribution": ATTRIBUTION}
    body = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    text = json.dumps(head, ensure_ascii=False)[:-1] + ',\n"features": [\n' + body + "\n]}\n"
    path.write_bytes(text.encode("utf-8"))


def streets(path: Path, lines: Sequence[Street]) -> None:
    """Write ``streets.gpkg`` in the area's metric system, coordinates to 0.01 m."""
    frame = gpd.GeoDataFrame(
        {
            "id": [f"s{number:05d}" for number in range(1, len(lines) + 1)],
            "name": [line.name or None for line in lines],
            "highway": [line.highway for line in lines],
            "bridge": [line.bridge or None for line in lines],
            "tunnel": [None] * len(lines),
            "source": ["modelled"] * len(lines),
            "confidence": [line.confidence for line in lines],
        },
        geometry=[shapely.LineString(line.points) for line in lines],
        crs=CRS,
    )
    frame["tunnel"] = frame["tunnel"].astype("object")
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP})
    try:
        pyogrio.write_dataframe(
            frame,
            path,
            layer="streets",
            driver="GPKG",
            layer_options={"SPATIAL_INDEX": "NO"},
            geometry_type="LineString",
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def terrain(path: Path, grid: Grid) -> None:
    """Write ``dem.tif``: float32 metres in the area's system, no data far from land."""
    height = np.where(voids(grid), NO_DATA, grid.height).astype(np.float32)
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "height": height.shape[0],
        "width": height.shape[1],
        "crs": CRS,
        "transform": Affine(CELL_M, 0.0, grid.left, 0.0, -CELL_M, grid.top),
        "nodata": NO_DATA,
        "compress": "deflate",
        "predictor": 3,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
    }
    path.unlink(missing_ok=True)
    with rasterio.open(path, "w", **profile) as target:
        target.write(height, 1)
        target.update_tags(source="modelled terrain of the demonstration, not a survey", units="m")


def villages(path: Path, facts: Facts) -> None:
    """Write ``villages.csv``: the published names, codes and approximate places, unchanged."""
    rows(path, list(facts.villages[0]), facts.villages)


def links(path: Path, facts: Facts) -> None:
    """Write ``links.csv``: the bridges with source and confidence, unchanged."""
    rows(path, list(facts.links[0]), facts.links)
