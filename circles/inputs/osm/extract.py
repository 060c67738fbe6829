"""OpenStreetMap extracts: streets, land, townships and facilities out of one file, in one pass (two with relations).

``.osm.pbf``, ``.osm``, ``.osm.gz`` and ``.osm.bz2`` are distinguished by their first bytes. The walking rules are in
:mod:`circles.network.passability`; ``docs/osm.md`` says what is kept and why.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from circles.foundation import errors
from circles.foundation.crs import GEOD, projected
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import Rings
from circles.foundation.types import I64
from circles.inputs.osm import areas as osm_areas
from circles.inputs.osm import facilities as osm_facilities
from circles.inputs.osm import land as osm_land
from circles.inputs.osm import streets as osm_streets
from circles.inputs.osm.areas import Ways
from circles.inputs.osm.scan import Dump, Element, Keys, Places, lonlat_of, members_of, scanned
from circles.network.passability import closes_gate

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd

    from circles.foundation.schema.tables import Streets
    from circles.inputs.osm.facilities import TagsByCategory

__all__ = ["Extract", "read_extract", "read_facilities", "read_land", "read_streets", "read_townships"]

_SHOWN = 5


@dataclass(frozen=True)
class Extract:
    """What was asked of an extract; None for what was not.

    Attributes
    ----------
    streets : every way with ``highway``, and the ferries, in the area's CRS; the walking rules are applied by who walks
    land : islands from the coastline, EPSG:4326; None also where the file has no coastline
    townships : administrative boundaries of the asked level, EPSG:4326
    facilities : one row per object and category, ``lon`` and ``lat`` in WGS84; columns of ``osm_facilities.COLUMNS``
    findings : everything doubtful
    counts : how many of what was read
    """

    streets: Streets | None
    land: gpd.GeoDataFrame | None
    townships: gpd.GeoDataFrame | None
    facilities: pd.DataFrame | None
    findings: tuple[Finding, ...]
    counts: dict[str, int]


@dataclass(frozen=True)
class _Wish:
    streets: bool
    land: bool
    admin_level: int | None
    tags: TagsByCategory

    @cached_property
    def facility_keys(self) -> frozenset[str]:
        """Keys of which a facility has one: most objects have none."""
        return osm_facilities.keys_of(self.tags)

    def keys(self) -> Keys:
        """Return which keys make an object interesting."""
        facility = self.facility_keys
        street = osm_streets.KEYS if self.streets else frozenset()
        place = frozenset({"place"}) if self.land else frozenset()
        coast = frozenset({"natural"}) if self.land else frozenset()
        border = frozenset({"boundary"}) if self.admin_level is not None else frozenset()
        gates = frozenset({"barrier"}) if self.streets else frozenset()
        squares = frozenset({"highway"}) if self.streets else frozenset()
        return Keys(facility | place | gates, facility | street | place | coast, facility | place | border | squares)


@dataclass
class _Found:
    """The objects of one pass, sorted by what they are for."""

    streets: osm_streets.StreetRows = field(default_factory=osm_streets.StreetRows)
    ways: Ways = field(default_factory=Ways)
    coast: list[int] = field(default_factory=list)
    islands: list[Element] = field(default_factory=list)
    townships: list[Element] = field(default_factory=list)
    facilities: list[Element] = field(default_factory=list)
    squares: list[Element] = field(default_factory=list)
    gates: list[int] = field(default_factory=list)

    def relations(self) -> list[Element]:
        """Return the relations whose members are needed."""
        return [e for e in (*self.islands, *self.townships, *self.facilities, *self.squares) if e.kind == "r"]


def read_extract(
    path: str | Path,
    *,
    crs: str,
    want_streets: bool = True,
    tags_by_category: TagsByCategory | None = None,
    admin_level: int | None = None,
    want_land: bool = False,
    around: osm_land.Box | None = None,
) -> Extract:
    """Read an extract.

    Parameters
    ----------
    path : file
    crs : the area's metric CRS, in which the streets are given
    want_streets : whether to read the streets
    tags_by_category : category id -> {key: True (any value) | value | values}
    admin_level : level of the boundary relations that are townships
    want_land : whether to build the islands
    around : west, south, east, north in degrees of what the area holds besides: an open coast is closed around it

    Raises
    ------
    InputError
        The file cannot be read as OpenStreetMap data, or holds no street although streets are wanted.
    """
    path = Path(path)
    wish = _Wish(want_streets, want_land, admin_level, tags_by_category or {})
    with scanned(path, wish.keys()) as dump:
        found = _sorted_out(dump.objects(), wish)
        _fetch_members(found, dump)
        refs = [found.streets.refs()[0], found.ways.all_refs(), _member_nodes(found.facilities)]
        places = dump.places(np.concatenate(refs))
        box = _wider(dump.box, around)
        notes = dump.findings
    return _built(found, wish, places, box, crs=crs, file=path.name, notes=notes)


def _wider(box: osm_land.Box | None, around: osm_land.Box | None) -> osm_land.Box | None:
    """Return the box that holds both."""
    if box is None or around is None:
        return box or around
    return min(box[0], around[0]), min(box[1], around[1]), max(box[2], around[2]), max(box[3], around[3])


def read_streets(path: str | Path, *, crs: str) -> tuple[Streets, tuple[Finding, ...]]:
    """Read only the streets of an extract, in the metric CRS ``crs``; see :func:`read_extract`."""
    extract = read_extract(path, crs=crs)
    if extract.streets is None:
        raise AssertionError
    return extract.streets, extract.findings


def read_land(path: str | Path) -> tuple[gpd.GeoDataFrame | None, tuple[Finding, ...]]:
    """Read only the islands of an extract (EPSG:4326); None where it has no coastline."""
    extract = read_extract(path, crs="EPSG:4326", want_streets=False, want_land=True)
    return extract.land, extract.findings


def read_townships(path: str | Path, *, admin_level: int) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read only the administrative boundaries of a level (EPSG:4326)."""
    extract = read_extract(path, crs="EPSG:4326", want_streets=False, admin_level=admin_level)
    return extract.townships, extract.findings


def read_facilities(path: str | Path, *, tags_by_category: TagsByCategory) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Read only the facilities of an extract, by tags of each category."""
    extract = read_extract(path, crs="EPSG:4326", want_streets=False, tags_by_category=tags_by_category)
    if extract.facilities is None:
        raise AssertionError
    return extract.facilities, extract.findings


def _sorted_out(objects: Iterable[Element], wish: _Wish) -> _Found:
    found = _Found()
    sort = {"n": _sort_node, "w": _sort_way, "r": _sort_relation}
    for element in objects:
        sort[element.kind](element, found, wish)
    return found


def _is_facility(tags: dict[str, str], wish: _Wish) -> bool:
    if wish.facility_keys.isdisjoint(tags):
        return False
    return any(osm_facilities.matches(tags, wanted) for wanted in wish.tags.values())


def _sort_node(node: Element, found: _Found, wish: _Wish) -> None:
    tags = node.tags
    if wish.land and tags.get("place") in osm_land.PLACE_VALUES:
        found.islands.append(node)
    if wish.streets and "barrier" in tags and closes_gate(tags):
        found.gates.append(node.id)
    if wish.tags and _is_facility(tags, wish):
        found.facilities.append(node)


def _sort_way(way: Element, found: _Found, wish: _Wish) -> None:
    tags = way.tags
    if wish.streets and osm_streets.is_street(tags):
        found.streets.add(way)
    if wish.land and tags.get("natural") == "coastline":
        found.coast.append(way.id)
        found.ways.add(way)
    if wish.land and tags.get("place") in osm_land.PLACE_VALUES:
        found.islands.append(way)
        found.ways.add(way)
    if wish.tags and _is_facility(tags, wish):
        found.facilities.append(way)
        found.ways.add(way)


def _sort_relation(relation: Element, found: _Found, wish: _Wish) -> None:
    tags = relation.tags
    if wish.admin_level is not None and osm_areas.is_township(tags, wish.admin_level):
        found.townships.append(relation)
    if wish.land and tags.get("place") in osm_land.PLACE_VALUES:
        found.islands.append(relation)
    if wish.tags and _is_facility(tags, wish):
        found.facilities.append(relation)
    if wish.streets and "highway" in tags and tags.get("type") == "multipolygon":
        found.squares.append(relation)


def _fetch_members(found: _Found, dump: Dump) -> None:
    """Read the ways that relations are made of, whatever their tags; outlines of squares become streets."""
    wanted = {way for relation in found.relations() for way in osm_areas.outline(relation)}
    square = {way: relation for relation in found.squares for way in osm_areas.outer(relation)}
    known = set(found.streets.ids) if square else set()
    for way in dump.ways(wanted):
        found.ways.add(way)
        if way.id in square and way.id not in known:
            found.streets.add(way, {**square[way.id].tags, "area": "yes"})


def _member_nodes(elements: list[Element]) -> I64:
    nodes = [n for e in elements if e.kind == "r" for kind, n, _ in members_of(e.body) if kind == "n"]
    return np.array(nodes, dtype=np.int64)


def _built(
    found: _Found,
    wish: _Wish,
    places: Places,
    box: osm_land.Box | None,
    *,
    crs: str,
    file: str,
    notes: tuple[Finding, ...],
) -> Extract:
    findings = [*notes, *_doubts(found, places, file)]
    streets = land = townships = facilities = None
    if wish.streets:
        if not found.streets.ids:
            raise InputError(errors.error("osm-no-streets", file))
        streets, more = osm_streets.streets(found.streets, places, crs=crs, file=file)
        findings += more
        streets = replace(streets, holes=_holes(found, places, crs))
        if not len(streets.lines):
            raise InputError(errors.error("osm-nodes-missing", file, n=len(found.streets.ids)))
    if wish.land:
        names = _island_names(found, places)
        box = _wider(box, _extent(found, places))
        land, more = osm_land.land(found.coast, found.ways, places, names, box=box, file=file)
        findings += more
    if wish.admin_level is not None:
        townships, more = osm_areas.townships(found.townships, found.ways, places, file=file)
        findings += more
        if townships.empty:
            findings.append(errors.error("osm-no-townships", file, level=wish.admin_level))
    if wish.tags:
        facilities, more = osm_facilities.facilities(found.facilities, wish.tags, found.ways, places, file=file)
        findings += more
    tables = {"land": land, "townships": townships, "facilities": facilities}
    counts = {name: len(table) for name, table in tables.items() if table is not None}
    if streets is not None:
        counts |= {
            "streets": len(streets.lines),
            "vertices": len(streets.xy),
            "ferries": int((streets.lines["route"] == "ferry").sum()),
        }
    return Extract(streets, land, townships, facilities, tuple(findings), counts)


def _holes(found: _Found, places: Places, crs: str) -> Rings | None:
    """Return the inner rings of squares in the metric CRS ``crs``, None where there are none."""
    rings = [ring for square in found.squares for ring in osm_areas.rings(osm_areas.inner(square), found.ways, places)]
    if not rings:
        return None
    offsets = np.concatenate([[0], np.cumsum([len(ids) for _, ids in rings])]).astype(np.int64)
    xy = projected(np.concatenate([xy for xy, _ in rings]), "EPSG:4326", crs)
    return Rings(offsets, xy, np.concatenate([ids for _, ids in rings]))


def _extent(found: _Found, places: Places) -> osm_land.Box | None:
    """Return the box of all nodes read and of the facilities that are nodes."""
    spots = [lonlat_of(e.body) for e in found.facilities if e.kind == "n"]
    xy = np.concatenate([places.lonlat, np.array(spots, dtype=np.float64).reshape(-1, 2)])
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return None
    (west, south), (east, north) = xy.min(axis=0).tolist(), xy.max(axis=0).tolist()
    return west, south, east, north


def _doubts(found: _Found, places: Places, file: str) -> list[Finding]:
    """Report nodes that the file holds at two places, and gates on streets that walkers may not pass."""
    findings = []
    if len(places.twice):
        ids = [f"n{i}" for i in places.twice]
        findings.append(errors.warning("osm-node-twice", file, id=ids[0], n=len(ids), ids=", ".join(ids[:_SHOWN])))
    gates = np.intersect1d(np.array(found.gates, dtype=np.int64), found.streets.refs()[0])
    if len(gates):
        ids = [f"n{int(i)}" for i in gates]
        findings.append(errors.info("osm-gates", file, id=ids[0], n=len(ids), ids=", ".join(ids[:_SHOWN])))
    return findings


def _island_names(found: _Found, places: Places) -> list[osm_land.PlaceName]:
    names = []
    for element in found.islands:
        tags = element.tags
        name = tags.get("name") or tags.get("name:zh") or tags.get("name:en")
        if not name:
            continue
        if element.kind == "n":
            lon, lat = lonlat_of(element.body)
            names.append(osm_land.PlaceName(name, tags["place"], (2, element.id), lon, lat))
            continue
        outline = [element.id] if element.kind == "w" else osm_areas.outline(element)
        polygon, _ = osm_areas.area(outline, found.ways, places)
        if polygon is not None:
            point = polygon.point_on_surface()
            size = abs(GEOD.geometry_area_perimeter(polygon)[0])
            order = (int(element.kind == "w"), element.id)
            names.append(osm_land.PlaceName(name, tags["place"], order, point.x, point.y, size))
    return names
