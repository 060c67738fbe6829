"""Resident points along the lanes of each settlement, with whole people that add up to every known total."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from shengsi_build.dice import Dice
from shengsi_build.people import apportion, elder_shares, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shengsi_build.facts import Facts, Place
    from shengsi_build.plane import Plane, Point
    from shengsi_build.terrain import Ground

PEOPLE_PER_POINT = 42
NEAR_SHARE = 1.45
"""Houses stand within this many radii of their settlement's anchor."""


@dataclass(frozen=True)
class Resident:
    """One resident point in metres: people, people of 60 and older, children under 3."""

    id: str
    x: float
    y: float
    people: int
    place: int
    elders: int = 0
    infants: int = 0


def build(
    facts: Facts, planes: dict[str, Plane], settlements: Sequence[Place], grounds: Sequence[Ground]
) -> list[Resident]:
    """Return all resident points in village order."""
    points: list[tuple[int, Point, float]] = []
    for number, place in enumerate(settlements):
        if place.people > 0:
            land = facts.island(place.island).buffer(-4.0)
            shapely.prepare(land)
            points += _points(planes[place.island], place, grounds[number], number=number, land=land)
    people = _people(points, settlements)
    elders, infants = _ages(facts, points, people, settlements)
    counters: dict[str, int] = {}
    result = []
    for i, (number, (x, y), _) in enumerate(points):
        code = settlements[number].code
        counters[code] = counters.get(code, 0) + 1
        name = f"r{code[5:]}-{counters[code]:03d}"
        result.append(Resident(name, x, y, people[i], number, elders[i], infants[i]))
    return result


def _points(
    plane: Plane, place: Place, ground: Ground, *, number: int, land: shapely.Geometry
) -> list[tuple[int, Point, float]]:
    """Return (settlement, point, weight) at even distances along the settlement's lanes, beside them, denser inside."""
    dice = Dice(330922, 3, int(place.code), number)
    pieces = [(a, b) for _, a, b, tag in plane.pieces() if tag.place == number]
    lengths = [math.dist(plane.nodes[a], plane.nodes[b]) for a, b in pieces]
    wanted = max(2, round(place.people / PEOPLE_PER_POINT))
    spacing = math.fsum(lengths) / wanted
    result: list[tuple[int, Point, float]] = []
    until = spacing * dice.between(0.2, 0.8)
    for (a, b), length in zip(pieces, lengths, strict=True):
        while until < length:
            point = _beside(plane.nodes[a], plane.nodes[b], until / length, dice, land)
            far = math.dist(point, (ground.x, ground.y)) / ground.radius_m
            weight = (0.35 + math.exp(-far * far)) * dice.between(0.6, 1.4)
            result.append((number, point, weight))
            until += spacing * dice.between(0.75, 1.25)
        until -= length
    return result


def _beside(a: Point, b: Point, share: float, dice: Dice, land: shapely.Geometry) -> Point:
    """Return a point 5-11 m beside a piece of lane, on land."""
    length = math.dist(a, b)
    x, y = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
    off = dice.between(5.0, 11.0) * (1 if dice.chance(0.5) else -1)
    for side in (off, -off, 3.0, -3.0):
        point = (round(x - side * (b[1] - a[1]) / length, 2), round(y + side * (b[0] - a[0]) / length, 2))
        if shapely.contains_xy(land, *point):
            return point
    return round(x, 2), round(y, 2)


def _people(points: Sequence[tuple[int, Point, float]], settlements: Sequence[Place]) -> list[int]:
    people = [0] * len(points)
    for number, place in enumerate(settlements):
        own = [i for i, point in enumerate(points) if point[0] == number]
        if own:
            spare = apportion(place.people - len(own), [points[i][2] for i in own])
            for i, more in zip(own, spare, strict=True):
                people[i] = 1 + more
    return people


def _ages(
    facts: Facts, points: Sequence[tuple[int, Point, float]], people: Sequence[int], settlements: Sequence[Place]
) -> tuple[list[int], list[int]]:
    """Return people of 60+ and under 3 by point: county totals kept, the outer islands older."""
    outer_share, other_share = elder_shares(facts, settlements)
    dice = Dice(330922, 4)
    shares = [outer_share if settlements[p[0]].is_outer else other_share for p in points]
    wanted = [n * share * dice.between(0.8, 1.2) for n, share in zip(people, shares, strict=True)]
    elders = [0] * len(points)
    is_outer = [settlements[p[0]].is_outer for p in points]
    outer = round(outer_share * sum(n for n, far in zip(people, is_outer, strict=True) if far))
    for total, group in ((outer, True), (facts.totals["age_60_plus"] - outer, False)):
        own = [i for i, far in enumerate(is_outer) if far == group]
        for i, n in zip(own, spread(total, [wanted[i] for i in own], [people[i] for i in own]), strict=True):
            elders[i] = n
    rest = [n - old for n, old in zip(people, elders, strict=True)]
    infants = spread(facts.totals["age_0_2"], [n * dice.between(0.7, 1.3) for n in rest], [n // 3 for n in rest])
    return elders, infants
