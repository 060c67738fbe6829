"""``natural=coastline`` ways → islands. A coastline has the land on its left."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import Polygon

from circles.foundation import errors
from circles.foundation.crs import GEOD

if TYPE_CHECKING:
    from circles.foundation.errors import Finding
    from circles.inputs.osm.areas import Ways
    from circles.inputs.osm.scan import Places
from circles.foundation.types import F64, I64

Box = tuple[float, float, float, float]
PLACE_VALUES = frozenset({"island", "islet"})


@dataclass(frozen=True)
class PlaceName:
    """A ``place=island`` or ``islet`` of the file: where it is and, where it is drawn as an area, how large (m²)."""

    name: str
    place: str
    order: tuple[int, int]
    lon: float
    lat: float
    area_m2: float = float("nan")


def land(
    coast: list[int], ways: Ways, places: Places, names: list[PlaceName], *, box: Box | None, file: str
) -> tuple[gpd.GeoDataFrame | None, list[Finding]]:
    """Return the table ``land`` (one row per island, largest first) from coastlines, and findings.

    Coastline ways are connected at shared nodes. What stays open is closed along the edge of the extract, with a
    finding.

    Parameters
    ----------
    coast : ids of the ways with ``natural=coastline``
    ways : their nodes
    places : coordinates of nodes
    names : ``place=island`` and ``islet`` of the extract; islands without any get ''
    box : extent of the extract in degrees; that of the coastlines where None
    file : name of the extract, for findings

    Returns
    -------
    table, findings : the table is None without any coastline
    """
    if not coast:
        return None, [errors.warning("osm-no-coastline", file)]
    closed, open_ = _chains([ways.refs[way] for way in coast if len(ways.refs[way]) > 1])
    findings: list[Finding] = []
    rings = [xy for xy in (_located(refs, places) for refs in closed) if len(xy) > 3]
    reversed_, open_ = _undirected(open_)
    rings += [xy if _is_ccw(xy) else xy[::-1] for xy in (_located(refs, places) for refs in reversed_) if len(xy) > 3]
    if reversed_:
        findings.append(errors.warning("osm-coastline-direction", file, n=len(reversed_)))
    lines = [xy for xy in (_located(refs, places) for refs in open_) if len(xy) > 1]
    if lines:
        findings.append(errors.warning("osm-coastline-open", file, n=len(lines)))
        rings += _closed_along_edge(lines, _extent(lines + rings, box))
    islands, turned = _islands(rings)
    if turned:
        findings.append(errors.warning("osm-coastline-direction", file, n=turned))
    size = [abs(GEOD.geometry_area_perimeter(item)[0]) for item in islands]
    order = sorted(range(len(islands)), key=lambda i: (-size[i], islands[i].bounds))
    islands, size = [islands[i] for i in order], [size[i] for i in order]
    frame = gpd.GeoDataFrame({"island": _named(islands, size, names)}, geometry=islands, crs="EPSG:4326")
    return frame.astype({"island": "str"}), findings


def _chains(ways: list[I64]) -> tuple[list[I64], list[I64]]:
    """Chain ways head to tail, in their direction: (closed chains, open chains), each as node ids."""
    starting: dict[int, list[int]] = defaultdict(list)
    ending = {int(way[-1]) for way in ways}
    for number, way in reversed(list(enumerate(ways))):
        starting[int(way[0])].append(number)
    order = sorted(range(len(ways)), key=lambda i: (int(ways[i][0]) in ending, i))  # open heads first, then rings
    used: set[int] = set()
    closed: list[I64] = []
    open_: list[I64] = []
    for first in order:
        if first in used:
            continue
        chain, at = [first], first
        used.add(first)
        while int(ways[at][-1]) != int(ways[first][0]):
            following = [i for i in starting[int(ways[at][-1])] if i not in used]
            if not following:
                break
            at = following[-1]
            used.add(at)
            chain.append(at)
        refs = np.concatenate([ways[chain[0]], *(ways[i][1:] for i in chain[1:])])
        (closed if refs[0] == refs[-1] else open_).append(refs)
    return closed, open_


def _undirected(chains: list[I64]) -> tuple[list[I64], list[I64]]:
    """Connect open chains whatever their direction, where that closes a ring: (rings, still open)."""
    rest, rings, still = list(chains), [], []
    while rest:
        chain, used = rest[0], [0]
        while chain[0] != chain[-1]:
            found = next(
                (i for i in range(len(rest)) if i not in used and chain[-1] in (rest[i][0], rest[i][-1])), None
            )
            if found is None:
                break
            used.append(found)
            other = rest[found]
            chain = np.concatenate([chain, (other if other[0] == chain[-1] else other[::-1])[1:]])
        if chain[0] == chain[-1]:
            rings.append(chain)
            rest = [item for i, item in enumerate(rest) if i not in used]
        else:
            still.append(rest.pop(0))
    return rings, still


def _located(refs: I64, places: Places) -> F64:
    xy = places.at(refs)
    return np.asarray(xy[np.isfinite(xy[:, 0])], dtype=np.float64)


def _is_ccw(xy: F64) -> bool:
    return bool(shapely.is_ccw(shapely.linearrings(xy)))


def _extent(lines: list[F64], box: Box | None) -> Box:
    points = np.concatenate(lines)
    low, high = points.min(axis=0), points.max(axis=0)
    if box is not None:
        low, high = np.minimum(low, box[:2]), np.maximum(high, box[2:])
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _closed_along_edge(lines: list[F64], box: Box) -> list[F64]:
    """Close open coastlines along the box, counter-clockwise from each end to the next start: the land is left."""
    starts = [_on_edge(line[0], box) for line in lines]
    ends = [_on_edge(line[-1], box) for line in lines]
    rings, unused = [], set(range(len(lines)))
    while unused:
        first = at = min(unused)
        pieces: list[F64] = []
        while True:
            unused.discard(at)
            pieces += [_at_edge(starts[at], box), lines[at]]
            following = min({first, *unused}, key=lambda i: ((starts[i] - ends[at]) % 4.0, i))
            pieces.append(_along_edge(ends[at], starts[following], box))
            if following == first:
                break
            at = following
        ring = np.concatenate(pieces)
        rings.append(np.concatenate([ring, ring[:1]]))
    return rings


def _on_edge(point: F64, box: Box) -> float:
    """Return the nearest place on the edge as a number in [0, 4): side (south, east, north, west) + share of it."""
    west, south, east, north = box
    width, height = max(east - west, 1e-12), max(north - south, 1e-12)
    x, y = (point[0] - west) / width, (point[1] - south) / height
    away = [(point[1] - south, x), (east - point[0], 1 + y), (north - point[1], 3 - x), (point[0] - west, 4 - y)]
    return float(min(away)[1]) % 4.0


def _at_edge(t: float, box: Box) -> F64:
    west, south, east, north = box
    corners = np.array([[west, south], [east, south], [east, north], [west, north], [west, south]], dtype=np.float64)
    side = int(t)
    return np.asarray(corners[[side]] + (t - side) * (corners[[side + 1]] - corners[[side]]), dtype=np.float64)


def _along_edge(start: float, end: float, box: Box) -> F64:
    """Return the points of the edge from ``start`` counter-clockwise to ``end``, corners between them included."""
    if end < start:
        end += 4.0
    corners = [float(c) for c in range(int(start) + 1, int(np.ceil(end)))]
    return np.vstack([_at_edge(t % 4.0, box) for t in (start, *corners, end)])


def _islands(rings: list[F64]) -> tuple[list[Polygon], int]:
    """Turn rings into islands: counter-clockwise = land, clockwise inside land = a hole, else drawn the wrong way."""
    parts = [(part, _is_ccw(xy)) for xy in rings for part in _polygons(Polygon(xy))]
    lands = [part for part, ccw in parts if ccw]
    tree = shapely.STRtree(lands)
    holes: dict[int, list[Polygon]] = defaultdict(list)
    turned = []
    for part, ccw in parts:
        if ccw:
            continue
        around = tree.query(part, predicate="covered_by")
        if len(around):
            holes[min(around, key=lambda i: lands[i].area)].append(part)
        else:
            turned.append(part)
    for i, inner in holes.items():
        lands[i] = shapely.difference(lands[i], shapely.union_all(inner))
    return [part for item in [*lands, *turned] for part in _polygons(item)], len(turned)


def _polygons(shape: shapely.Geometry) -> list[Polygon]:
    valid = shape if shape.is_valid else shapely.make_valid(shape)
    return [part for part in shapely.get_parts(valid) if part.geom_type == "Polygon" and part.area > 0]


def _named(islands: list[Polygon], size_m2: list[float], names: list[PlaceName]) -> list[str]:
    """Name each island by the place that lies on it: an area of its size before a node, an island before an islet."""
    found = [""] * len(islands)
    taken: dict[str, int] = {}
    points = shapely.points([[item.lon, item.lat] for item in names]) if names else np.empty(0, dtype=object)
    for i, island in enumerate(islands):
        shapely.prepare(island)
        inside = (
            [names[j] for j in np.flatnonzero(shapely.contains_xy(island, shapely.get_coordinates(points)))]
            if names
            else []
        )
        if not inside:
            continue
        middle = island.centroid
        best = min(
            inside,
            key=lambda n: (
                not 0.5 < n.area_m2 / size_m2[i] < 2.0,
                n.place != "island",
                np.hypot(n.lon - middle.x, n.lat - middle.y),
                n.order,
            ),
        )
        taken[best.name] = taken.get(best.name, 0) + 1
        found[i] = best.name if taken[best.name] == 1 else f"{best.name} ({taken[best.name]})"
    return found
