"""Tagged nodes, ways and relations → the table of facilities."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from circles.foundation import errors
from circles.foundation.crs import GEOD
from circles.foundation.schema.tables import Position, Status
from circles.inputs.osm import lifecycle
from circles.inputs.osm.areas import Ways, area, outline
from circles.inputs.osm.scan import Element, Places, lonlat_of, members_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from circles.foundation.errors import Finding

TagChoice = bool | str | tuple[str, ...] | list[str]
TagsByCategory = Mapping[str, Mapping[str, TagChoice]]
COLUMNS = [
    "id", "name", "category", "lon", "lat", "kind", "capacity", "status", "opened_on", "closed_on", "opening_hours", "updated_on", "source",
    "position", "position_accuracy_m", "osm_version",
]  # fmt: skip
UNNAMED = "未命名 "
"""Begins the name of an object that has none."""
_GENERIC = frozenset(
    {
        "playground",
        "school",
        "clinic",
        "hospital",
        "pitch",
        "football pitch",
        "tennis court",
        "pharmacy",
        "sports centre",
        "stadium",
        "kindergarten",
        "操场",
        "球场",
        "篮球场",
        "足球场",
        "学校",
        "幼儿园",
        "卫生室",
        "诊所",
        "健身点",
        "游乐场",
    }
)
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

    A node is its own location (``exact``). An area is located by a point well inside it (``point_on_surface``), and its
    ``position_accuracy_m`` is the radius of the circle of its size.

    Parameters
    ----------
    found : tagged nodes, ways and relations
    tags_by_category : per category the tags that an object must have
    ways : the ways that outline areas
    places : coordinates of nodes
    file : name of the extract, for findings
    """
    rows, findings, outlines = [], [], []
    by_key: dict[tuple[str, int], Element] = {}
    for element in found:
        known = by_key.get((element.kind, element.id))
        if known is not None:
            findings.append(errors.warning("osm-object-twice", file, id=f"{element.kind}{element.id}"))
        if known is None or element.version > known.version:
            by_key[element.kind, element.id] = element
    private: list[str] = []
    said: dict[str, str] = {}
    for (kind, number), element in sorted(by_key.items()):
        hits = {c: hit for c, wanted in tags_by_category.items() if (hit := matches(element.tags, wanted))}
        if hits and lifecycle.is_private(element.tags):
            private.append(f"{kind}{number}")
            continue
        spot = _spot(element, ways, places)
        if spot is None:
            findings += [_nowhere(element, file)] if hits else []
            continue
        for category, value in hits.items():
            suffix = "" if len(hits) == 1 else f"-{category}"
            rows.append((f"{kind}{number}{suffix}", *_described(element, value, category, spot)))
            said[f"{kind}{number}{suffix}"] = lifecycle.said(element.tags)
            outlines.append(spot.outline)
    frame = pd.DataFrame(rows, columns=COLUMNS).astype(
        {"lon": float, "lat": float, "capacity": float, "osm_version": "int64"}
    )
    findings += _lifecycle_findings(frame, private, said, file)
    twins, more = _twins(frame, outlines, file)
    return frame.drop(index=twins).reset_index(drop=True), findings + more


def _lifecycle_findings(frame: pd.DataFrame, private: list[str], said: dict[str, str], file: str) -> list[Finding]:
    """Return the findings on places that do not count, and of those that count although a remark says otherwise."""
    found = []
    there = frame["status"] == Status.EXISTING.value
    shut, doubtful = frame["id"][~there].tolist(), [id_ for id_ in frame["id"][there] if said[id_]]
    if private:
        found.append(
            errors.warning("osm-facility-private", file, id=private[0], n=len(private), ids=errors.few(private))
        )
    if doubtful:
        shown, value = errors.few(doubtful), said[doubtful[0]]
        found.append(errors.warning("osm-facility-said", file, id=doubtful[0], n=len(doubtful), ids=shown, value=value))
    if shut:
        found.append(errors.warning("osm-facility-shut", file, id=shut[0], n=len(shut), ids=errors.few(shut)))
    return found


def _nowhere(element: Element, file: str) -> Finding:
    """Return why the place of a facility is not known."""
    members = members_of(element.body) if element.kind == "r" else []
    of_relations = any(kind == "r" for kind, _, _ in members)
    code = "osm-facility-of-relations" if of_relations else "osm-facility-nowhere"
    return errors.warning(code, file, id=f"{element.kind}{element.id}")


def _described(element: Element, value: str, category: str, spot: Spot) -> tuple[object, ...]:
    tags = element.tags
    number = _NUMBER.fullmatch(tags.get("capacity", ""))
    name = tags.get("name") or tags.get("name:zh") or tags.get("name:en") or tags.get("operator") or f"{UNNAMED}{value}"
    return (
        name, category, spot.lon, spot.lat, value, float(number[1]) if number else math.nan, lifecycle.status(tags).value,
        lifecycle.opened_on(tags), lifecycle.closed_on(tags), tags.get("opening_hours", ""), element.updated_on, "openstreetmap", spot.position.value, spot.accuracy_m,
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
        radius = math.sqrt(abs(GEOD.geometry_area_perimeter(polygon)[0]) / math.pi)
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


def _twins(frame: pd.DataFrame, outlines: list[BaseGeometry | None], file: str) -> tuple[list[int], list[Finding]]:
    """Find places that are mapped twice; return the rows to leave out, and a finding for each.

    One place: a node or an area inside an area of the same category and name, or of the same name within the radius of
    its size. Without a name of their own (``Playground``) only a node inside an area of the same kind is one. The node
    or the smaller area stays: it is nearer to the door.
    """
    n = len(frame)
    areas = [i for i, shape in enumerate(outlines) if shape is not None]
    if not areas or n < 2:
        return [], []
    points = shapely.points(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    names, kinds = frame["name"].tolist(), frame["kind"].tolist()
    category, radius = frame["category"].tolist(), frame["position_accuracy_m"].fillna(0.0).tolist()
    near_deg = max(radius) / 111_000.0 * 2.0 + 1e-9
    tree = shapely.STRtree(points)
    gone: dict[int, int] = {}
    for whole in sorted(areas, key=lambda i: -radius[i]):
        around = shapely.box(*(shapely.bounds(outlines[whole]) + np.array([-1, -1, 1, 1]) * min(near_deg, 0.05)))
        for other in sorted(tree.query(around, predicate="intersects").tolist()):
            if other == whole or whole in gone or category[other] != category[whole] or radius[other] > radius[whole]:
                continue
            if names[other] != names[whole] or (radius[other] == radius[whole] and other > whole):
                continue
            is_inside = bool(shapely.intersects(outlines[whole], points[other]))
            if _is_named(names[other], kinds[other]):
                metres = GEOD.inv(*(frame[c].iloc[at] for at in (whole, other) for c in ("lon", "lat")))[2]
                if is_inside or metres <= radius[whole]:
                    gone[whole] = other
            elif is_inside and outlines[other] is None and kinds[other] == kinds[whole]:
                gone[whole] = other
    found = [
        errors.warning("osm-facility-twin", file, id=frame["id"][other], other=frame["id"][whole], name=names[whole])
        for whole, other in sorted(gone.items(), key=lambda pair: (pair[1], pair[0]))
    ]
    return sorted(gone), found


def _is_named(name: str, kind: str) -> bool:
    """Return whether a name is a place's own, not what all of its kind are called."""
    plain = name.strip().lower()
    return not name.startswith(UNNAMED) and plain not in _GENERIC and plain.replace(" ", "_") != kind.lower()
