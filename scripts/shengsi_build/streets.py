"""The whole walking network: roads, bridges and lanes of every island, joined to street lines between junctions."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from shengsi_build import roads
from shengsi_build.dice import Dice
from shengsi_build.facts import SIJIAO, Facts, Place, Row, to_metres
from shengsi_build.lanes import Grower
from shengsi_build.plane import Plane, Point, Tag, nearest_on
from shengsi_build.routes import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry import Polygon

    from shengsi_build.terrain import Grid, Ground

OFF_LAND_M = 15.0
NEAR_M = 14.0
"""A road to a surveyed place ends about this near to it."""
STUB_M = 19.0
"""Blind lanes shorter than this are left out."""


@dataclass(frozen=True)
class Street:
    """One street line in metres."""

    points: tuple[Point, ...]
    highway: str
    name: str
    place: int
    bridge: str
    confidence: str


@dataclass(frozen=True)
class Network:
    """All streets, and the plane graph of each island for those who place things along them."""

    streets: tuple[Street, ...]
    planes: dict[str, Plane]


def build(facts: Facts, grid: Grid, settlements: Sequence[Place], grounds: Sequence[Ground]) -> Network:
    """Return the network of every island on which somebody lives."""
    planes: dict[str, Plane] = {}
    bridges = _bridge_ends(facts)
    streets: list[Street] = []
    islands = sorted({p.island for p in settlements if p.people > 0}, key=lambda name: (name != SIJIAO, name))
    for island in islands:
        here = [(n, p, grounds[n]) for n, p in enumerate(settlements) if p.island == island and p.people > 0]
        planes[island] = _island(facts, grid, island, here, bridges)
    for island in islands:
        streets += _lines(planes[island], settlements, grid)
    for link in facts.links:
        a, b = bridges[link["id"], link["island_from"]], bridges[link["id"], link["island_to"]]
        name = link["name"]
        streets.append(Street((a, b), "tertiary", name, -1, "yes", f"bridge: {link['confidence']}"))
    return Network(tuple(streets), planes)


def _bridge_ends(facts: Facts) -> dict[tuple[str, str], Point]:
    """Return the abutment of each link on each of its islands: where the coasts are nearest, 14 m inland."""
    ends: dict[tuple[str, str], Point] = {}
    for link in facts.links:
        first, second = facts.island(link["island_from"]), _far_side(facts, link)
        for name, own, other in ((link["island_from"], first, second), (link["island_to"], second, first)):
            point = shapely.shortest_line(own.buffer(-14.0), other).coords[0]
            if not name:
                point = to_metres(float(link["to_lon"]), float(link["to_lat"]))
            ends[link["id"], name] = (round(point[0], 2), round(point[1], 2))
    return ends


def _far_side(facts: Facts, link: Row) -> Polygon:
    """Return the land that a link leads to: a named island, or the islet that holds its end."""
    if link["island_to"]:
        return facts.island(link["island_to"])
    return facts.ground_at(*to_metres(float(link["to_lon"]), float(link["to_lat"])))


def _island(
    facts: Facts,
    grid: Grid,
    island: str,
    here: Sequence[tuple[int, Place, Ground]],
    bridges: dict[tuple[str, str], Point],
) -> Plane:
    polygon: Polygon = facts.island(island)
    plane, router = Plane(), Router.of(grid, polygon)
    grounds = [ground for _, _, ground in here]
    roads.build(router, plane, grounds, [place.name for _, place, _ in here])
    for pier in facts.piers:
        if pier["island"] == island and pier["lon"] and _on(polygon, pier):
            target = to_metres(float(pier["lon"]), float(pier["lat"]))
            tag = Tag("coast", name=f"{pier['name']}进港路（模型）")
            roads.spur(router, plane, grounds, target=target, tag=tag, shore_m=50.0)
    for point in facts.public_points:
        if _on(polygon, point):
            target = to_metres(float(point["lon"]), float(point["lat"]))
            tag = Tag("road", name=f"{point['name']}门前路（模型）")
            roads.spur(router, plane, grounds, target=target, tag=tag)
            _close_up(plane, polygon, target, tag)
    for (link, name), end in bridges.items():
        if name == island:
            row = next(r for r in facts.links if r["id"] == link)
            tag = Tag("road", name=f"{row['name']}接线（模型）")
            foot = roads.spur(router, plane, grounds, target=end, tag=tag)
            plane.draw([_nearest(plane, foot), end], tag)
    dice = Dice(330922, 2, *(ord(letter) for letter in island))
    Grower(plane, grid, polygon, settlements=here, dice=dice).grow()
    return plane


def _on(polygon: Polygon, place: Row) -> bool:
    """Return whether a place stands on an island, as the simplified coast has it."""
    return bool(
        shapely.dwithin(polygon, shapely.Point(to_metres(float(place["lon"]), float(place["lat"]))), OFF_LAND_M)
    )


def _close_up(plane: Plane, polygon: Polygon, target: Point, tag: Tag) -> None:
    """Draw a road from the nearest one to within a few metres of a surveyed place, as far as it keeps off the shore."""
    ways = []
    for edge, a, b, _ in plane.pieces():
        far, foot = nearest_on(plane.nodes[a], plane.nodes[b], target)
        ways.append((round(far, 3), edge, foot))
    away, edge, foot = min(ways)
    if away <= NEAR_M:
        return
    start = plane.nodes[plane.split(edge, (round(foot[0], 2), round(foot[1], 2)), snap_m=8.0)]
    away = math.dist(start, target)
    share = (away - 0.5 * NEAR_M) / away
    end = (round(start[0] + share * (target[0] - start[0]), 2), round(start[1] + share * (target[1] - start[1]), 2))
    is_dry = shapely.contains(polygon.buffer(-6.0), shapely.LineString([start, end]))
    if is_dry and plane.first_crossing(plane.node(*start), end) is None:
        plane.draw([start, end], tag)


def _nearest(plane: Plane, point: Point) -> Point:
    return min(plane.nodes, key=lambda node: (math.dist(node, point), node))


def _lines(plane: Plane, settlements: Sequence[Place], grid: Grid) -> list[Street]:
    """Return the pieces of a plane joined to lines that run from junction to junction with one tag."""
    _drop_stubs(plane)
    done: set[int] = set()
    result: list[Street] = []
    order = [(n, a, b, tag) for n, a, b, tag in plane.pieces()]
    for only_from_ends in (True, False):
        for number, a, b, tag in order:
            for start, following in ((a, b), (b, a)):
                if number in done or (only_from_ends and _passes(plane, start, tag)):
                    continue
                chain = _chain(plane, start, following, number, done)
                points = tuple(plane.nodes[n] for n in chain)
                result.append(_street(points, tag, settlements, grid))
    return result


def _chain(plane: Plane, start: int, following: int, number: int, done: set[int]) -> list[int]:
    chain = [start, following]
    piece = plane.edges[number]
    tag = piece[2] if piece else Tag("")
    done.add(number)
    while chain[-1] != start and _passes(plane, chain[-1], tag):
        onward = next((e for e in plane.around[chain[-1]] if e not in done), None)
        if onward is None:
            break
        done.add(onward)
        p, q = plane.ends(onward)
        chain.append(q if p == chain[-1] else p)
    return chain


def _passes(plane: Plane, node: int, tag: Tag) -> bool:
    """Return whether a line runs through a node: two pieces meet there, of the same tag."""
    around = plane.around[node]
    if len(around) != 2:
        return False
    tags = [piece[2] for piece in (plane.edges[e] for e in around) if piece]
    return tags == [tag, tag]


def _drop_stubs(plane: Plane) -> None:
    """Take out blind lanes too short to be one, from their blind end back to the junction."""
    for node in range(len(plane.nodes)):
        blind: list[int] = []
        at, length = node, 0.0
        while len(plane.around[at]) == (1 if not blind else 2):
            onward = next(e for e in plane.around[at] if e not in blind)
            piece = plane.edges[onward]
            if piece is None or piece[2].place < 0:
                break
            blind.append(onward)
            length += math.dist(plane.nodes[piece[0]], plane.nodes[piece[1]])
            at = piece[1] if piece[0] == at else piece[0]
        if length < STUB_M:
            for edge in blind:
                plane.remove(edge)


def _street(points: tuple[Point, ...], tag: Tag, settlements: Sequence[Place], grid: Grid) -> Street:
    in_seat = tag.place >= 0 and settlements[tag.place].is_inland
    highway = {
        "road": "tertiary",
        "coast": "unclassified",
        "lane": "residential",
        "alley": "service" if in_seat else "footway",
        "path": "path",
        "steps": "steps",
    }[tag.kind]
    run = sum(math.dist(p, q) for p, q in itertools.pairwise(points))
    climb = abs(grid.at(*points[-1]) - grid.at(*points[0]))
    if highway in {"footway", "residential", "service"} and climb > 0.25 * run:
        highway = "steps"
    return Street(points, highway, tag.name, tag.place, "", "modelled")
