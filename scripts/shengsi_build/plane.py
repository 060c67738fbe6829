"""A growing plane graph: short straight pieces that meet only at shared nodes, whatever is added."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HASH_M = 40.0
Point = tuple[float, float]


@dataclass(frozen=True)
class Tag:
    """What a piece of street is: kind (``road``, ``coast``, ``lane``, ``alley``, ``steps`` …), settlement, name."""

    kind: str
    place: int = -1
    name: str = ""


@dataclass
class Plane:
    """Nodes and pieces. Pieces that were split stay in the lists as ``None``."""

    nodes: list[Point] = field(default_factory=list)
    edges: list[tuple[int, int, Tag] | None] = field(default_factory=list)
    around: list[list[int]] = field(default_factory=list)
    _cells: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    _known: dict[Point, int] = field(default_factory=dict)

    def node(self, x: float, y: float) -> int:
        """Return the node at a point (rounded to 0.01 m), made if there is none."""
        point = (round(x, 2), round(y, 2))
        if point not in self._known:
            self._known[point] = len(self.nodes)
            self.nodes.append(point)
            self.around.append([])
        return self._known[point]

    def known(self, point: Point) -> int | None:
        """Return the node at a point, None if there is none."""
        return self._known.get((round(point[0], 2), round(point[1], 2)))

    def add(self, a: int, b: int, tag: Tag) -> None:
        """Add a piece between two nodes, unless they are one or already joined."""
        if a == b or self.connected(a, b):
            return
        number = len(self.edges)
        self.edges.append((a, b, tag))
        self.around[a].append(number)
        self.around[b].append(number)
        for cell in self._covered(self.nodes[a], self.nodes[b]):
            self._cells.setdefault(cell, []).append(number)

    def connected(self, a: int, b: int) -> bool:
        """Return whether a piece joins the two nodes."""
        return any(b in self.ends(e) for e in self.around[a])

    def ends(self, edge: int) -> tuple[int, int]:
        """Return the two nodes of a piece."""
        piece = self.edges[edge]
        if piece is None:
            raise KeyError(edge)
        return piece[0], piece[1]

    def split(self, edge: int, point: Point, *, snap_m: float = 5.0) -> int:
        """Return a node on a piece at ``point``: an end of it if nearer than ``snap_m``, else a new one."""
        piece = self.edges[edge]
        if piece is None:
            raise KeyError(edge)
        a, b, tag = piece
        for end in (a, b):
            if math.dist(self.nodes[end], point) < snap_m:
                return end
        middle = self.node(*point)
        self.edges[edge] = None
        self.around[a].remove(edge)
        self.around[b].remove(edge)
        for cell in self._covered(self.nodes[a], self.nodes[b]):
            self._cells[cell].remove(edge)
        self.add(a, middle, tag)
        self.add(middle, b, tag)
        return middle

    def remove(self, edge: int) -> None:
        """Take a piece out."""
        a, b = self.ends(edge)
        self.edges[edge] = None
        self.around[a].remove(edge)
        self.around[b].remove(edge)
        for cell in self._covered(self.nodes[a], self.nodes[b]):
            self._cells[cell].remove(edge)

    def near(self, a: Point, b: Point, reach: float) -> list[int]:
        """Return the pieces whose boxes may come within ``reach`` of the piece a-b, in order of number."""
        left, right = sorted((a[0], b[0]))
        low, high = sorted((a[1], b[1]))
        found: set[int] = set()
        for i in range(int((left - reach) // HASH_M), int((right + reach) // HASH_M) + 1):
            for j in range(int((low - reach) // HASH_M), int((high + reach) // HASH_M) + 1):
                found.update(self._cells.get((i, j), ()))
        return sorted(found)

    def first_crossing(self, a: int, target: Point) -> tuple[float, int, Point] | None:
        """Return (share of the way, piece, point) where the way from node ``a`` to ``target`` first meets a piece."""
        start = self.nodes[a]
        best: tuple[float, int, Point] | None = None
        for edge in self.near(start, target, 0.0):
            p, q = self.ends(edge)
            if a in (p, q):
                continue
            share = crossing(start, target, self.nodes[p], self.nodes[q])
            if share is not None and (best is None or share < best[0]):
                point = (start[0] + share * (target[0] - start[0]), start[1] + share * (target[1] - start[1]))
                best = (share, edge, point)
        return best

    def draw(self, points: list[Point], tag: Tag) -> list[int]:
        """Add a polyline, meeting what it crosses at shared nodes; return its nodes in order."""
        trail = [self.node(*points[0])]
        for target in points[1:]:
            while trail[-1] != self.known(target):
                met = self.first_crossing(trail[-1], target)
                goal = self.known(target)
                ends_there = met is None or (goal is not None and goal in self.ends(met[1]))
                following = self.node(*target) if met is None or ends_there else self.split(met[1], met[2])
                if following == trail[-1]:
                    following = self.node(*target)
                self.add(trail[-1], following, tag)
                trail.append(following)
        return trail

    def pieces(self) -> Iterator[tuple[int, int, int, Tag]]:
        """Yield (number, node, node, tag) of every piece."""
        for number, piece in enumerate(self.edges):
            if piece is not None:
                yield number, *piece

    def _covered(self, a: Point, b: Point) -> list[tuple[int, int]]:
        left, right = sorted((a[0], b[0]))
        low, high = sorted((a[1], b[1]))
        return [
            (i, j)
            for i in range(int(left // HASH_M), int(right // HASH_M) + 1)
            for j in range(int(low // HASH_M), int(high // HASH_M) + 1)
        ]


def crossing(a: Point, b: Point, p: Point, q: Point) -> float | None:
    """Return the share of the way a-b at which it meets p-q (ends included), None if it does not or runs parallel."""
    rx, ry, sx, sy = b[0] - a[0], b[1] - a[1], q[0] - p[0], q[1] - p[1]
    area = rx * sy - ry * sx
    if abs(area) < 1e-9:
        return None
    t = ((p[0] - a[0]) * sy - (p[1] - a[1]) * sx) / area
    u = ((p[0] - a[0]) * ry - (p[1] - a[1]) * rx) / area
    return t if -1e-9 <= t <= 1 + 1e-9 and -1e-9 <= u <= 1 + 1e-9 else None


def nearest_on(p: Point, q: Point, point: Point) -> tuple[float, Point]:
    """Return the distance from ``point`` to the piece p-q and the nearest place on it."""
    dx, dy = q[0] - p[0], q[1] - p[1]
    length = dx * dx + dy * dy
    t = max(0.0, min(1.0, ((point[0] - p[0]) * dx + (point[1] - p[1]) * dy) / length)) if length else 0.0
    foot = (p[0] + t * dx, p[1] + t * dy)
    return math.dist(foot, point), foot
