"""Places the facilities of the facts beside the modelled streets of the village in which they are said to be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import shapely

from shengsi_build.dice import Dice
from shengsi_build.facts import Facts, Place, Row, to_degrees

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shengsi_build.plane import Plane, Point
    from shengsi_build.terrain import Ground

COLUMNS = [
    "id",
    "name",
    "category",
    "lon",
    "lat",
    "township_code",
    "kind",
    "capacity",
    "status",
    "service_mode",
    "source",
    "position",
    "position_accuracy_m",
]


def build(facts: Facts, planes: dict[str, Plane], settlements: Sequence[Place], grounds: Sequence[Ground]) -> list[Row]:
    """Return the rows of ``facilities.csv``: facts without a category (what is no service of the four) are left out."""
    rows = []
    for fact in facts.facilities:
        if not fact["category"]:
            continue
        number = next(n for n, p in enumerate(settlements) if p.code == fact["village_code"] and not p.is_hamlet)
        place, ground = settlements[number], grounds[number]
        if fact["position"] == "surveyed":
            lon, lat = float(fact["lon"]), float(fact["lat"])
        else:
            point = _place(fact, planes[place.island], ground, number=number, land=facts.island(place.island))
            lon, lat = to_degrees(*point)
        row = {**fact, "lon": f"{lon:.6f}", "lat": f"{lat:.6f}", "township_code": place.township_code}
        rows.append({column: row[column] for column in COLUMNS})
    return rows


def _place(fact: Row, plane: Plane, ground: Ground, *, number: int, land: shapely.Geometry) -> Point:
    """Return a point 9 m beside the street node that lies nearest to the wished distance and bearing."""
    dice = Dice(330922, 5, *(ord(letter) for letter in fact["id"]))
    bearing = math.radians(float(fact["bearing"]))
    far = float(fact["radii"]) * ground.radius_m
    wish = (ground.x + far * math.sin(bearing), ground.y + far * math.cos(bearing))
    own = {n for _, a, b, tag in plane.pieces() if tag.place == number and tag.kind != "steps" for n in (a, b)}
    node = min(sorted(own), key=lambda n: (math.dist(plane.nodes[n], wish), n))
    x, y = plane.nodes[node]
    for _ in range(24):
        turn = dice.between(-math.pi, math.pi)
        point = (round(x + 9.0 * math.cos(turn), 2), round(y + 9.0 * math.sin(turn), 2))
        if shapely.contains_xy(land, *point):
            return point
    return x, y
