"""Reads the committed facts: land, villages, census figures, links, piers, peaks and named facilities."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry import Polygon, shape

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

CRS = "EPSG:4550"
"""CGCS2000 / 3-degree Gauss-Krueger CM 123E: the metric system of the county (121.5-124.5 degrees east)."""
SIJIAO = "泗礁山(岛)"
_TO_METRES = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
_TO_DEGREES = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)

Row = dict[str, str]


@dataclass(frozen=True)
class Land:
    """One land feature in metres: its island name (empty for an islet without one), township and polygon."""

    island: str
    township: str
    polygon: Polygon


@dataclass(frozen=True)
class Place:
    """A settlement that gets lanes: a village, or a hamlet of it on another island.

    ``x, y`` are the published (approximate) coordinates in metres, ``people`` the residents of the demonstration.
    """

    code: str
    name: str
    township_code: str
    island: str
    x: float
    y: float
    accuracy_m: float
    people: int
    is_outer: bool
    is_inland: bool
    is_hamlet: bool = False


@dataclass(frozen=True)
class Facts:
    """Everything that was found out, as read from ``data/gis/shengsi/facts``."""

    land: tuple[Land, ...]
    villages: tuple[Row, ...]
    weights: tuple[Row, ...]
    units: tuple[Row, ...]
    townships: tuple[Row, ...]
    links: tuple[Row, ...]
    piers: tuple[Row, ...]
    peaks: tuple[Row, ...]
    facilities: tuple[Row, ...]
    public_points: tuple[Row, ...]
    village_points: tuple[Row, ...]
    spot_heights: tuple[Row, ...]
    island_heights: tuple[Row, ...]
    srtm_file: Path
    totals: dict[str, int] = field(default_factory=dict)

    def island(self, name: str) -> Polygon:
        """Return the polygon of a named island, in metres."""
        return next(land.polygon for land in self.land if land.island == name)

    def ground_at(self, x: float, y: float) -> Polygon:
        """Return the land polygon that holds a point, or the nearest one."""
        point = shapely.Point(x, y)
        return min(self.land, key=lambda land: shapely.distance(land.polygon, point)).polygon


def to_metres(lon: float, lat: float) -> tuple[float, float]:
    """Return WGS84 degrees as metres of the area's system, rounded to 0.01 m."""
    x, y = _TO_METRES.transform(lon, lat)
    return round(float(x), 2), round(float(y), 2)


def to_degrees(x: float, y: float) -> tuple[float, float]:
    """Return metres of the area's system as WGS84 degrees, rounded to 1e-6 degree (0.1 m)."""
    lon, lat = _TO_DEGREES.transform(x, y)
    return round(float(lon), 6), round(float(lat), 6)


def geometry_to_metres(geometry: BaseGeometry) -> BaseGeometry:
    """Return a WGS84 geometry in metres, coordinates rounded to 0.01 m so that no PROJ version shifts them."""
    return shapely.transform(geometry, lambda c: np.round(np.column_stack(_TO_METRES.transform(c[:, 0], c[:, 1])), 2))


def geometry_to_degrees(geometry: BaseGeometry) -> BaseGeometry:
    """Return a metric geometry in WGS84 degrees, rounded to 1e-6 degree."""
    return shapely.transform(geometry, lambda c: np.round(np.column_stack(_TO_DEGREES.transform(c[:, 0], c[:, 1])), 6))


def read_rows(path: Path) -> tuple[Row, ...]:
    """Return the rows of a UTF-8 CSV file as dictionaries of text."""
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def read_land(path: Path) -> tuple[Land, ...]:
    """Return the land features of the GeoJSON file in metres, in file order."""
    collection: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    rows = []
    for feature in collection["features"]:
        properties = feature["properties"]
        polygon = geometry_to_metres(shape(feature["geometry"]))
        rows.append(Land(properties.get("island") or "", properties.get("township") or "", polygon))
    return tuple(rows)


def read_facts(folder: Path) -> Facts:
    """Return all facts below ``folder`` (the area's folder with ``land.geojson`` and ``facts/``)."""
    facts = folder / "facts"
    return Facts(
        land=read_land(folder / "land.geojson"),
        villages=read_rows(facts / "villages.csv"),
        weights=read_rows(facts / "village_weights.csv"),
        units=read_rows(facts / "census_2000_units.csv"),
        townships=read_rows(facts / "townships.csv"),
        links=read_rows(facts / "links.csv"),
        piers=read_rows(facts / "piers.csv"),
        peaks=read_rows(facts / "peaks.csv"),
        facilities=read_rows(facts / "facilities.csv"),
        public_points=read_rows(facts / "public_points.csv"),
        village_points=read_rows(facts / "village_points.csv"),
        spot_heights=read_rows(facts / "spot_heights.csv"),
        island_heights=read_rows(facts / "island_heights.csv"),
        srtm_file=facts / "srtm_mean.tif",
        totals={row["key"]: int(row["value"]) for row in read_rows(facts / "county_totals.csv")},
    )
