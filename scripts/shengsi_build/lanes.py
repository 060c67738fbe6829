"""Village lanes: they grow from the roads, follow the slope's contours, branch, meet, climb by steps and end blindly."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from shengsi_build.plane import Plane, Point, Tag, crossing, nearest_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry import Polygon

    from shengsi_build.dice import Dice
    from shengsi_build.facts import Place
    from shengsi_build.terrain import Grid, Ground

LANE_MAX_SLOPE = 0.17
STEPS_MAX_SLOPE = 0.55
CONNECT_M = 17.0
CLEAR_M = 10.5
MIN_ANGLE = math.radians(38.0)
KEEP_OFF_SHORE_M = 7.0
_TURNS = (0.0, 0.3, -0.3, 0.6, -0.6)


@dataclass
class Tip:
    """The growing end of a lane."""

    node: int
    heading: float
    place: int
    level: int
    since: float
    gap: float
    on_steps: bool = False


class Grower:
    """Grows the lanes of one island's settlements into a plane that already holds the roads.

    Parameters
    ----------
    plane, grid, island : what exists
    settlements, grounds : the settlements of this island with their numbers in the whole list
    dice : chance
    """

    def __init__(
        self,
        plane: Plane,
        grid: Grid,
        island: Polygon,
        *,
        settlements: Sequence[tuple[int, Place, Ground]],
        dice: Dice,
    ) -> None:
        self.plane, self.grid, self.dice = plane, grid, dice
        self.inner = island.buffer(-KEEP_OFF_SHORE_M)
        shapely.prepare(self.inner)
        self.place = {number: place for number, place, _ in settlements}
        self.ground = {number: ground for number, _, ground in settlements}
        self.budget = {number: budget_m(place) for number, place, _ in settlements}
        self.grown = dict.fromkeys(self.budget, 0.0)
        self._heap: list[tuple[float, int, Tip]] = []
        self._count = 0

    def grow(self) -> None:
        """Grow until each settlement has the lanes its people need, or finds no more room."""
        self._seed_from_roads()
        for _ in range(6):
            self._run()
            if not self._reseed():
                return
        self._run()

    def _run(self) -> None:
        while self._heap:
            _, _, tip = heapq.heappop(self._heap)
            if self.grown[tip.place] < self.budget[tip.place]:
                self._advance(tip)

    def _push(self, tip: Tip) -> None:
        ground = self.ground[tip.place]
        far = math.dist(self.plane.nodes[tip.node], (ground.x, ground.y)) / ground.radius_m
        self._count += 1
        heapq.heappush(self._heap, (far + self.dice.between(0.0, 0.35), self._count, tip))

    def _gap(self, place: int) -> float:
        """Return the distance to the next branch: 26-50 m in villages, 34-64 m in the seat."""
        return self.dice.between(34.0, 64.0) if self.place[place].is_inland else self.dice.between(26.0, 50.0)

    def _owner(self, point: Point) -> int | None:
        """Return the settlement in whose reach a point lies, the relatively nearest one."""
        best = min(self.ground, key=lambda n: (self._relative(point, n), n))
        return best if self._relative(point, best) < 1.25 and self.budget[best] > 0 else None

    def _relative(self, point: Point, number: int) -> float:
        ground = self.ground[number]
        return math.dist(point, (ground.x, ground.y)) / ground.radius_m

    def _seed_from_roads(self) -> None:
        waiting: dict[int, float] = {}
        for edge, a, b, _ in list(self.plane.pieces()):
            owner = self._owner(self.plane.nodes[a])
            if owner is None or self.plane.edges[edge] is None:
                continue
            waiting[owner] = waiting.get(owner, 0.0) - math.dist(self.plane.nodes[a], self.plane.nodes[b])
            if waiting[owner] <= 0.0:
                waiting[owner] = self._gap(owner)
                heading = _heading(self.plane.nodes[a], self.plane.nodes[b])
                for side in (1, -1):
                    if self.dice.chance(0.85):
                        turn = side * (math.pi / 2 + self.dice.bell(0.16))
                        self._push(Tip(a, heading + turn, owner, 1, 0.0, self._gap(owner)))

    def _reseed(self) -> bool:
        """Start again from chance nodes of settlements that have not all their lanes; return whether any did."""
        short = [n for n in self.budget if self.grown[n] < 0.97 * self.budget[n]]
        by_owner: dict[int, list[int]] = {n: [] for n in short}
        for node, point in enumerate(self.plane.nodes):
            owner = self._owner(point) if len(self.plane.around[node]) in (1, 2) else None
            if owner in by_owner:
                by_owner[owner].append(node)
        for owner in short:
            nodes = by_owner[owner]
            for _ in range(min(len(nodes), 160)):
                node = nodes[int(self.dice.unit() * len(nodes))]
                self._push(Tip(node, self.dice.between(-math.pi, math.pi), owner, 2, 0.0, self._gap(owner)))
        return bool(self._heap)

    def _advance(self, tip: Tip) -> None:
        """Grow one piece at a tip, then push the tip and any branch."""
        placed = self._extend(tip)
        if placed is None:
            return
        node, heading, is_snapped, length, on_steps = placed
        self.grown[tip.place] += length
        if is_snapped:
            if self.dice.chance(0.3):
                self._push(Tip(node, heading, tip.place, tip.level + 1, 0.0, self._gap(tip.place)))
            return
        since = tip.since + length
        if since >= tip.gap:
            for side in (1, -1):
                if self.dice.chance(0.62):
                    turn = side * (math.pi / 2 + self.dice.bell(0.2))
                    self._push(Tip(node, heading + turn, tip.place, tip.level + 1, 0.0, self._gap(tip.place)))
            since = 0.0
        blind = 0.035 + 0.03 * tip.level
        if not self.dice.chance(min(blind, 0.2)):
            gap = tip.gap if since else self._gap(tip.place)
            self._push(Tip(node, heading, tip.place, tip.level, since, gap, on_steps))

    def _extend(self, tip: Tip) -> tuple[int, float, bool, float, bool] | None:
        start = self.plane.nodes[tip.node]
        base = self._drawn_by_ground(start, tip.heading + self.dice.bell(0.10))
        reach = self.dice.between(11.0, 17.0)
        choices = []
        for turn in _TURNS:
            heading = base + turn
            target = (start[0] + reach * math.cos(heading), start[1] + reach * math.sin(heading))
            if not shapely.contains_xy(self.inner, *target):
                continue
            choices.append((abs(turn) + 2.2 * self.grid.slope(start, target), heading, target))
        for _, heading, target in sorted(choices)[:3]:
            found = self._connect(tip, target)
            if found is not None:
                node, is_snapped, on_steps = found
                return node, heading, is_snapped, math.dist(start, self.plane.nodes[node]), on_steps
        return None

    def _drawn_by_ground(self, point: Point, heading: float) -> float:
        """Turn a heading a little towards the contour or the line of slope, whichever is nearer."""
        east, north = self.grid.uphill(*point)
        steep = math.hypot(east, north)
        if steep < 0.03:
            return heading
        quarter = math.pi / 2
        off = (math.atan2(north, east) - heading + quarter / 2) % quarter - quarter / 2
        return heading + off * min(0.35, 1.6 * steep)

    def _connect(self, tip: Tip, target: Point) -> tuple[int, bool, bool] | None:
        """Place the piece from the tip to ``target`` or to what lies in its way; None if it does not fit."""
        start = self.plane.nodes[tip.node]
        aim = self._aim(tip.node, target)
        if aim is None:
            return None
        edge, point = aim
        slope = self.grid.slope(start, point)
        limit = 0.11 if tip.on_steps else LANE_MAX_SLOPE
        on_steps = slope > limit
        if slope > STEPS_MAX_SLOPE or math.dist(start, point) < 7.0 or not self._fits(tip.node, edge, point):
            return None
        node = self.plane.node(*point) if edge < 0 else self.plane.split(edge, point, snap_m=8.0)
        kind = (
            "steps" if on_steps else ("lane" if tip.level <= (2 if self.place[tip.place].is_inland else 1) else "alley")
        )
        self.plane.add(tip.node, node, Tag(kind, tip.place))
        return node, edge >= 0, on_steps

    def _aim(self, node: int, target: Point) -> tuple[int, Point] | None:
        """Return (piece to join or −1, point): what the way meets first, what lies close ahead, or the target."""
        plane, start = self.plane, self.plane.nodes[node]
        met = plane.first_crossing(node, target)
        if met is not None:
            return met[1], self._snapped(met[1], met[2])
        best = (CONNECT_M, -1, target)
        ahead = (target[0] - start[0], target[1] - start[1])
        length = math.hypot(*ahead)
        for edge in plane.near(start, target, CONNECT_M):
            p, q = plane.ends(edge)
            if node in (p, q):
                continue
            far, foot = nearest_on(plane.nodes[p], plane.nodes[q], target)
            way = (foot[0] - start[0], foot[1] - start[1])
            cosine = (way[0] * ahead[0] + way[1] * ahead[1]) / (length * math.hypot(*way) + 1e-9)
            if cosine > 0.75 and far < best[0]:
                best = (far, edge, foot)
            elif cosine <= 0.75 and far < CLEAR_M:
                return None
        return best[1], (self._snapped(best[1], best[2]) if best[1] >= 0 else best[2])

    def _snapped(self, edge: int, point: Point) -> Point:
        for end in self.plane.ends(edge):
            if math.dist(self.plane.nodes[end], point) < 8.0:
                return self.plane.nodes[end]
        return round(point[0], 2), round(point[1], 2)

    def _fits(self, node: int, connected: int, point: Point) -> bool:
        """Return whether a piece from ``node`` to ``point`` keeps angles and distances and stays on land."""
        plane, start = self.plane, self.plane.nodes[node]
        if not shapely.contains(self.inner, shapely.LineString([start, point])):
            return False
        goal = plane.known(point) if connected >= 0 else None
        if goal is not None:
            at_end = plane.around[goal]
            turns = not plane.connected(node, goal) and self._wide_angles(goal, _heading(point, start))
        else:
            at_end = [connected] if connected >= 0 else []
            turns = connected < 0 or _oblique(plane, connected, _heading(start, point))
        return turns and self._wide_angles(node, _heading(start, point)) and self._clear(node, at_end, point)

    def _clear(self, node: int, at_end: Sequence[int], point: Point) -> bool:
        """Return whether a piece crosses nothing and keeps its distance from all it does not end on."""
        plane, start = self.plane, self.plane.nodes[node]
        middle = ((start[0] + point[0]) / 2, (start[1] + point[1]) / 2)
        for edge in plane.near(start, point, 8.0):
            p, q = (plane.nodes[end] for end in plane.ends(edge))
            if edge in plane.around[node] or edge in at_end:
                continue
            if crossing(start, point, p, q) is not None:
                return False
            if nearest_on(p, q, middle)[0] < 6.0 or nearest_on(p, q, point)[0] < 5.0:
                return False
        return True

    def _wide_angles(self, node: int, heading: float) -> bool:
        for edge in self.plane.around[node]:
            p, q = self.plane.ends(edge)
            other = q if p == node else p
            away = _heading(self.plane.nodes[node], self.plane.nodes[other])
            if abs((heading - away + math.pi) % (2 * math.pi) - math.pi) < MIN_ANGLE:
                return False
        return len(self.plane.around[node]) < 4


def budget_m(place: Place) -> float:
    """Return the metres of lane a settlement needs: more per head where it is small."""
    if place.people == 0:
        return 0.0
    per_head = 2.1 if place.is_inland else 2.7
    return max(130.0, per_head * place.people + 150.0)


def _heading(a: Point, b: Point) -> float:
    return math.atan2(b[1] - a[1], b[0] - a[0])


def _oblique(plane: Plane, edge: int, heading: float) -> bool:
    """Return whether a heading meets a piece at an angle wide enough for a corner."""
    p, q = plane.ends(edge)
    off = (heading - _heading(plane.nodes[p], plane.nodes[q])) % math.pi
    return min(off, math.pi - off) >= MIN_ANGLE
