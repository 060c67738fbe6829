"""Tagged nodes, ways and relations → the table of facilities."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from circles.foundation import errors
from circles.foundation.schema.tables import Position, Status
from circles.inputs.osm.areas import Ways, area, outline
from circles.inputs.osm.scan import Element, Places, lonlat_of, members_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from circles.foundation.errors import Finding

TagChoice = bool | str | tuple[str, ...] | list[str]
TagsByCategory = Mapping[str, Mapping[str, TagChoice]]
COLUMNS = [
    "id", "name", "category", "lon", "lat", "kind", "capacity", "status", "opening_hours", "updated_on", "source",
    "position", "position_accuracy_m", "osm_version",
]  # fmt: skip
UNNAMED = "未命名 "
"""Begins the name of an object that has none."""
_GEOD = Geod(ellps="WGS84")
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*")


class Spot(NamedTuple):
    """Where an object is: one point, how well known, and its outline where it has one."""

    lon: float
    lat: float
    position: Position
    accuracy_m: float
    outline: BaseGeometry | None


def keys_of(tags_by_category: TagsByCategory) -> frozenset[str]:
    """Return every tag key that some category asks for."""
    return frozenset(key for tags in tags_by_category.values() for key, choice in tags.items() if choice is not False)


def matches(tags: Mapping[str, str], wanted: Mapping[str, TagChoice]) -> str:
    """Return the value that makes an object one of a category, '' where none does.

    A tag with several values (``a;b``) matches by any of them.
    """
    for key, choice in wanted.items():
        given = tags.get(key, "")
        if not given:
            continue
        values = [value.strip() for value in given.split(";")]
        if choice is True and values[0] != "no":
            return given
        if not isinstance(choice, bool):
            allowed = (choice,) if isinstance(choice, str) else choice
            if hit := next((value for value in values if value in allowed), ""):
                return hit
    return ""


def facilities(
    found: list[Element], tags_by_category: TagsByCategory, ways: Ways, places: Places, *, file: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return one row per object and category it serves, sorted by id, and findings.

    A node is its own place (``exact``). An area is the point inside it that lies well within
    (``point_on_surface``), ``approximate`` to the radius of the circle of its size.
    """
    rows, findings, outlines = [], [], []
    by_key: dict[tuple[str, int], Element] = {}
    for element in found:
        known = by_key.get((element.kind, element.id))
        if known is not None:
            findings.append(errors.warning("osm-object-twice", file, id=f"{element.kind}{element.id}"))
        if known is None or element.version > known.version:
            by_key[element.kind, element.id] = element
    for (kind, number), element in sorted(by_key.items()):
        hits = {c: hit for c, wanted in tags_by_category.items() if (hit := matches(element.tags, wanted))}
        spot = _spot(element, ways, places)
        if spot is None:
            if hits:
                findings.append(errors.warning("osm-facility-nowhere", file, id=f"{kind}{number}"))
            continue
        for category, value in hits.items():
            suffix = "" if len(hits) == 1 else f"-{category}"
            rows.append((f"{kind}{number}{suffix}", *_described(element, value, category, spot)))
            outlines.append(spot.outline)
    frame = pd.DataFrame(rows, columns=COLUMNS).astype(
        {"lon": float, "lat": float, "capacity": float, "osm_version": "int64"}
    )
    return frame, findings + _twins(frame, outlines, file)


def _described(element: Element, value: str, category: str, spot: Spot) -> tuple[object, ...]:
    tags = element.tags
    number = _NUMBER.fullmatch(tags.get("capacity", ""))
    name = tags.get("name") or tags.get("name:zh") or tags.get("name:en") or tags.get("operator") or f"{UNNAMED}{value}"
    return (
        name, category, spot.lon, spot.lat, value, float(number[1]) if number else math.nan, Status.EXISTING.value,
        tags.get("opening_hours", ""), element.updated_on, "openstreetmap", spot.position.value, spot.accuracy_m,
        element.version,
    )  # fmt: skip


def _spot(element: Element, ways: Ways, places: Places) -> Spot | None:
    if element.kind == "n":
        lon, lat = lonlat_of(element.body)
        return Spot(lon, lat, Position.EXACT, math.nan, None) if math.isfinite(lon) else None
    outlines = [element.id] if element.kind == "w" else outline(element)
    polygon, _ = area(outlines, ways, places)
    if polygon is not None:
        point = shapely.point_on_surface(polygon)
        radius = math.sqrt(abs(_GEOD.geometry_area_perimeter(polygon)[0]) / math.pi)
        return Spot(point.x, point.y, Position.APPROXIMATE, round(radius, 1), polygon)
    return _loose_spot(element, outlines, ways, places)


def _loose_spot(element: Element, outlines: list[int], ways: Ways, places: Places) -> Spot | None:
    """Return the middle vertex of what is there of an object that outlines nothing; a relation's node otherwise."""
    refs = [ways.refs[way] for way in outlines if way in ways.refs]
    if element.kind == "r":
        refs += [np.array([number]) for kind, number, _ in members_of(element.body) if kind == "n"]
    xy = places.at(np.concatenate([*refs, np.empty(0, np.int64)]))
    xy = xy[np.isfinite(xy[:, 0])]
    if not len(xy):
        return None
    lon, lat = xy[len(xy) // 2]
    return Spot(float(lon), float(lat), Position.APPROXIMATE, math.nan, None)


def _twins(frame: pd.DataFrame, outlines: list[BaseGeometry | None], file: str) -> list[Finding]:
    """Find nodes that lie in an area of the same category and name: one place, mapped twice."""
    areas = [i for i, shape in enumerate(outlines) if shape is not None]
    nodes = [i for i, key in enumerate(frame["id"]) if key.startswith("n")]
    if not areas or not nodes:
        return []
    tree = shapely.STRtree([outlines[i] for i in areas])
    points = shapely.points(frame["lon"].to_numpy()[nodes], frame["lat"].to_numpy()[nodes])
    pairs = [(nodes[a], areas[b]) for a, b in np.transpose(tree.query(points, predicate="intersects"))]
    same = [
        (node, whole)
        for node, whole in sorted(pairs)
        if (frame["category"][node], frame["name"][node]) == (frame["category"][whole], frame["name"][whole])
    ]
    return [
        errors.warning(
            "osm-facility-twin", file, id=frame["id"][node], other=frame["id"][whole], name=frame["name"][node]
        )
        for node, whole in same
    ]
