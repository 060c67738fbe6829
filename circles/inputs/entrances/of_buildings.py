"""Entrances of OpenStreetMap on the buildings of facilities → doors.

A node with ``entrance`` is a door of a facility where it is a corner of the facility's own outline, or of a building that
the facility's point lies in. Ways out, doors of garages and private doors are none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.types import I64
from circles.inputs.osm.areas import Ways, area, outline
from circles.inputs.osm.scan import Dump, Element, Keys, lonlat_of, scanned

_NO_WAY_IN = frozenset({"no", "exit", "emergency", "emergency_exit", "garage", "service", "home", "closed", "disused"})
_NOT_PUBLIC = frozenset({"private", "no", "permit", "military", "residents", "employees", "delivery"})
_OBJECT = re.compile(r"([nwr])(-?\d+)(?:-.*)?")
_COLUMNS = ["facility_id", "door", "name", "source", "file", "row", "geometry"]


@dataclass(frozen=True)
class _Entrance:
    name: str
    lon: float
    lat: float


@dataclass(frozen=True)
class _Outline:
    """An outline with doors on it: the object's kind and number, its ways, and the nodes that are doors."""

    kind: str
    number: int
    ways: tuple[int, ...]
    doors: tuple[int, ...]


def doors_of_buildings(path: Path, facilities: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the doors of facilities: ``facility_id, door, name, source, file, row``, geometry in EPSG:4326.

    Parameters
    ----------
    path : an OpenStreetMap extract
    facilities : with ``id`` and geometry in EPSG:4326; those read from OpenStreetMap bear their object's id

    Raises
    ------
    InputError
        The file cannot be read as OpenStreetMap data.
    """
    own = _objects(facilities)
    keys = Keys(frozenset({"entrance"}), frozenset({"building"}), frozenset({"building"}))
    with scanned(path, keys) as dump:
        entrances, outlines, ways = _read(dump, own)
        used = [ways.refs[number] for one in outlines for number in one.ways if number in ways.refs]
        places = dump.places(np.concatenate([*used, np.empty(0, np.int64)]))
    shapes = [area(one.ways, ways, places)[0] for one in outlines]
    rows = _matched(facilities, own, entrances, outlines, shapes)
    doors = [
        (id_, f"n{node}" if count == 1 else f"{id_}.n{node}", entrances[node].name, "openstreetmap", path.name, -1,
         shapely.Point(entrances[node].lon, entrances[node].lat))
        for id_, node, count in _counted(rows)
    ]  # fmt: skip
    table = gpd.GeoDataFrame(doors, columns=_COLUMNS, geometry="geometry", crs="EPSG:4326")
    n = table["facility_id"].nunique()
    return table, [errors.info("entrances-found", path.name, n=len(table), facilities=n, all=len(facilities))]


def _counted(rows: list[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """Return the pairs with how many facilities share the door: two in one building have it under their own names."""
    shared: dict[int, int] = defaultdict(int)
    for _, node in rows:
        shared[node] += 1
    return [(id_, node, shared[node]) for id_, node in rows]


def _objects(facilities: gpd.GeoDataFrame) -> dict[int, tuple[str, int]]:
    """Return, per row that comes from OpenStreetMap, its object."""
    out = {}
    source = facilities["source"].fillna("").astype(str) if "source" in facilities else [""] * len(facilities)
    for row, (id_, origin) in enumerate(zip(facilities["id"].astype(str), source, strict=True)):
        if origin == "openstreetmap" and (hit := _OBJECT.fullmatch(id_)):
            out[row] = hit[1], int(hit[2])
    return out


def _read(
    dump: Dump, own: dict[int, tuple[str, int]]
) -> tuple[dict[int, _Entrance], list[_Outline], Ways]:  # fmt: skip
    """Return the entrances by node, the outlines that have some, and their ways."""
    entrances: dict[int, _Entrance] = {}
    closed: dict[tuple[str, int], tuple[int, ...]] = {}
    ways = Ways()
    relations: list[Element] = []
    for element in dump.objects():
        if element.kind == "n":
            if (known := _entrance(element)) is not None:
                entrances[element.id] = known
        elif element.kind == "w":
            ways.add(element)
            closed["w", element.id] = (element.id,)
        else:
            relations.append(element)
    for relation in relations:
        closed["r", relation.id] = tuple(outline(relation))
    wanted = {number for kind, number in own.values() if kind == "w"} | {w for ids in closed.values() for w in ids}
    for way in dump.ways(wanted - set(ways.refs)):
        ways.add(way)
        closed.setdefault(("w", way.id), (way.id,))
    is_door = np.array(sorted(entrances), dtype=np.int64)
    outlines = []
    for (kind, number), ids in sorted(closed.items()):
        refs = np.concatenate([*(ways.refs[w] for w in ids if w in ways.refs), np.empty(0, np.int64)])
        doors = np.intersect1d(refs, is_door)
        if len(doors):
            outlines.append(_Outline(kind, number, ids, tuple(doors.tolist())))
    return entrances, outlines, ways


def _entrance(node: Element) -> _Entrance | None:
    tags = node.tags
    if tags.get("entrance", "").strip().lower() in _NO_WAY_IN or tags.get("access", "").strip() in _NOT_PUBLIC:
        return None
    lon, lat = lonlat_of(node.body)
    if not np.isfinite(lon):
        return None
    return _Entrance(tags.get("name") or tags.get("ref") or "", lon, lat)


def _matched(
    facilities: gpd.GeoDataFrame,
    own: dict[int, tuple[str, int]],
    entrances: dict[int, _Entrance],
    outlines: list[_Outline],
    shapes: list[shapely.Geometry | None],
) -> list[tuple[str, int]]:
    """Return ``(facility id, node)``, sorted."""
    ids = facilities["id"].astype(str).tolist()
    of_object = {(one.kind, one.number): one.doors for one in outlines}
    known = [at for at, shape in enumerate(shapes) if shape is not None]
    found: dict[int, set[int]] = defaultdict(set)
    for row, item in own.items():
        if item[0] == "n" and item[1] in entrances:
            found[row] = {item[1]}  # it is mapped as the door itself
        else:
            found[row] |= set(of_object.get(item, ()))
    rows, hits = _within(facilities, [shapes[at] for at in known])
    for row, at in zip(rows.tolist(), hits.tolist(), strict=True):
        if not (own.get(row, ("", 0))[0] == "n" and own[row][1] in entrances):
            found[row] |= set(outlines[known[at]].doors)
    return sorted((ids[row], node) for row, nodes in found.items() for node in nodes)


def _within(facilities: gpd.GeoDataFrame, shapes: list[shapely.Geometry]) -> tuple[I64, I64]:
    """Return the pairs of a facility's row and the outline that its point lies in."""
    if not shapes or facilities.empty:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    rows, hits = shapely.STRtree(shapes).query(facilities.geometry.to_numpy(), predicate="intersects")
    return np.asarray(rows, dtype=np.int64), np.asarray(hits, dtype=np.int64)
