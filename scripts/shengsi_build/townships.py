"""Townships derived from the land: each island goes to its township, the shared one is split by the nearest village."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from shapely.geometry import MultiPolygon, Polygon

from shengsi_build.facts import Facts, to_metres

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Township:
    """One township: code, name, class and its land in metres."""

    code: str
    name: str
    kind: str
    land: MultiPolygon


def build(facts: Facts) -> list[Township]:
    """Return the townships in the order of their codes."""
    parts: dict[str, list[Polygon]] = {row["code"]: [] for row in facts.townships}
    codes = {row["name"]: row["code"] for row in facts.townships}
    named = [land for land in facts.land if land.island]
    tree = shapely.STRtree([land.polygon for land in named])
    for land in facts.land:
        owner = land if land.island else named[int(tree.nearest(land.polygon))]
        if owner.township in codes:
            parts[codes[owner.township]].append(land.polygon)
        elif land.island:
            for code, share in _split(facts, land.polygon, land.island):
                parts[code].append(share)
        else:
            parts[_nearest_village(facts, land.polygon, owner.island)].append(land.polygon)
    return [
        Township(row["code"], row["name"], row["class"], _multi(parts[row["code"]]))
        for row in sorted(facts.townships, key=lambda row: row["code"])
    ]


def _villages(facts: Facts, island: str) -> list[tuple[str, tuple[float, float]]]:
    rows = [row for row in facts.villages if row["island"] == island]
    return [(row["township_code"], to_metres(float(row["lon"]), float(row["lat"]))) for row in rows]


def _split(facts: Facts, polygon: Polygon, island: str) -> list[tuple[str, Polygon]]:
    """Return (township code, share) of an island by the cells of its villages' published places."""
    villages = _villages(facts, island)
    points = shapely.MultiPoint([point for _, point in villages])
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=polygon, ordered=True))
    codes = sorted({code for code, _ in villages})
    result = []
    for code in codes:
        own = [cell for (other, _), cell in zip(villages, cells, strict=True) if other == code]
        result.append((code, shapely.intersection(shapely.union_all(own), polygon)))
    return result


def _nearest_village(facts: Facts, polygon: Polygon, island: str) -> str:
    villages = _villages(facts, island)
    return min(villages, key=lambda v: (shapely.distance(polygon, shapely.Point(v[1])), v[0]))[0]


def _multi(parts: Sequence[Polygon | MultiPolygon]) -> MultiPolygon:
    flat = [p for part in parts for p in shapely.get_parts(part) if isinstance(p, Polygon) and p.area > 1.0]
    return MultiPolygon(flat)
