"""OSM relations and closed ways → polygons."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from circles.foundation import errors
from circles.foundation.schema.tables import ALL, NONE, TABLES
from circles.foundation.types import F64, I64
from circles.inputs.osm.scan import Element, Places, members_of, refs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely.geometry.base import BaseGeometry

    from circles.foundation.errors import Finding

_CODE = re.compile(r"[\w.][\w.\-]*")


@dataclass
class Ways:
    """The ways that outline areas, by id: their node ids."""

    refs: dict[int, I64] = field(default_factory=dict)

    def add(self, way: Element) -> None:
        """Keep a way's nodes."""
        if way.id not in self.refs:
            self.refs[way.id] = refs_of([way.body])[0]

    def all_refs(self) -> I64:
        """Return every node id used."""
        return np.concatenate([*self.refs.values(), np.empty(0, np.int64)])


def area(way_ids: Iterable[int], ways: Ways, places: Places) -> tuple[BaseGeometry | None, bool]:
    """Build the polygons that the ways outline, and say whether they are whole.

    Outer and inner rings are distinguished by how they lie in each other, not by their roles, which are often missing or wrong. Not whole:
    a way or a node is not in the file, or a line closes no ring.
    """
    ends, is_whole = [], True
    for way in dict.fromkeys(way_ids):
        xy = places.at(ways.refs[way]) if way in ways.refs else np.empty((0, 2))
        there = np.isfinite(xy[:, 0])
        is_whole &= bool(there.all()) and len(xy) > 1
        if there.sum() > 1:
            known = xy[there]
            ends.append(np.stack([known[:-1], known[1:]], axis=1))
    if not ends:
        return None, False
    lines = _once(np.concatenate(ends))
    if not len(lines):
        return None, False
    built = _built(shapely.multilinestrings(list(lines)))
    if built is None:
        return None, False
    outlined = shapely.length(shapely.boundary(built))
    drawn = float(np.sum(shapely.length(lines)))
    return built, is_whole and abs(outlined - drawn) <= 1e-9 * drawn


def _once(ends: F64) -> npt.NDArray[np.object_]:
    """Return the segments that occur an odd number of times: where two rings of one area touch, there is no border."""
    swapped = (ends[:, 0, 0] > ends[:, 1, 0]) | ((ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1]))
    ordered = np.where(swapped[:, None, None], ends[:, ::-1], ends)
    ordered = ordered[(ordered[:, 0] != ordered[:, 1]).any(axis=1)]
    kept, count = np.unique(ordered.reshape(-1, 4), axis=0, return_counts=True)
    return np.asarray(shapely.linestrings(kept[count % 2 == 1].reshape(-1, 2, 2)))


def _built(lines: BaseGeometry) -> BaseGeometry | None:
    for candidate in (lines, shapely.unary_union(lines)):
        built = shapely.build_area(candidate)
        if built is not None and not built.is_empty and built.is_valid:
            return built
    return None


def outline(relation: Element) -> list[int]:
    """Return the ids of a relation's member ways."""
    return [number for kind, number, _ in members_of(relation.body) if kind == "w"]


def outer(relation: Element) -> list[int]:
    """Return the ids of the member ways that are no inner rings: along these a square is walked."""
    return [number for kind, number, role in members_of(relation.body) if kind == "w" and role.strip() != "inner"]


def inner(relation: Element) -> list[int]:
    """Return the ids of the member ways that are inner rings."""
    return [number for kind, number, role in members_of(relation.body) if kind == "w" and role.strip() == "inner"]


def rings(way_ids: Iterable[int], ways: Ways, places: Places) -> list[tuple[F64, I64]]:
    """Return the closed rings that ways make, end to end: places of their vertices in degrees, and node ids.

    Ways that close no ring, or lack nodes in the file, are left out.
    """
    rest = [ways.refs[way] for way in dict.fromkeys(way_ids) if way in ways.refs and len(ways.refs[way]) > 1]
    out = []
    while rest:
        ring = rest.pop(0)
        while ring[0] != ring[-1]:
            at = next((i for i, part in enumerate(rest) if ring[-1] in (part[0], part[-1])), None)
            if at is None:
                break
            part = rest.pop(at)
            ring = np.concatenate([ring, (part if part[0] == ring[-1] else part[::-1])[1:]])
        xy = places.at(ring)
        if ring[0] == ring[-1] and len(ring) > 3 and np.isfinite(xy).all():
            out.append((xy, ring))
    return out


def is_township(tags: Mapping[str, str], admin_level: int) -> bool:
    """Return whether a relation is an administrative boundary of the level."""
    return tags.get("boundary") == "administrative" and tags.get("admin_level", "").strip() == str(admin_level)


def townships(
    relations: list[Element], ways: Ways, places: Places, *, file: str
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the table ``townships`` from administrative boundaries, sorted by code, and findings.

    The code is the tag ``ref`` where it is usable and unique, else ``r<relation id>``.

    Parameters
    ----------
    relations : boundary relations
    ways : the ways that are their members
    places : coordinates of the ways' nodes
    file : name of the extract, for findings
    """
    refs = [relation.tags.get("ref", "").strip() for relation in relations]
    rows, findings = [], []
    for relation, ref in zip(relations, refs, strict=True):
        polygon, is_whole = area(outline(relation), ways, places)
        usable = ref not in ("", ALL, NONE) and refs.count(ref) == 1 and _CODE.fullmatch(ref)
        code = ref if usable else f"r{relation.id}"
        name = relation.tags.get("name") or relation.tags.get("name:zh") or relation.tags.get("name:en") or code
        if polygon is None:
            findings.append(errors.warning("osm-relation-empty", file, id=f"r{relation.id}", name=name))
            continue
        if not is_whole:
            findings.append(errors.warning("osm-relation-broken", file, id=f"r{relation.id}", name=name))
        rows.append((code, name, "", polygon))
    frame = gpd.GeoDataFrame(rows, columns=TABLES["townships"].names, geometry="geometry", crs="EPSG:4326")
    return frame.sort_values("code", ignore_index=True), findings
