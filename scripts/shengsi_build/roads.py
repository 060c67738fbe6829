"""The roads of one island: over the saddles between settlements, along the coast, to piers and to bridges."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from shengsi_build.plane import Plane, Point, Tag
from shengsi_build.routes import HILL_PATH, RING, ROAD, SECOND, WATERFRONT, Manner, Router, resample, smooth, trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry import Polygon

    from shengsi_build.terrain import Ground

SPACING_M = 18.0
DETOUR = 2.0
"""Two settlements whose way over existing roads is this many times the straight one get a coast road."""
LOOP_MAX_M = 3200.0
"""Farther apart than this, no loop is closed."""
PATH_DETOUR = 1.6
"""As ``DETOUR``, for the old paths over the hills, drawn last."""
PATH_MAX_M = 2000.0
SEAT_MAX_M = 1100.0
STEPS_FROM = 0.2
"""Hill paths steeper than this are steps."""


def build(router: Router, plane: Plane, grounds: Sequence[Ground], names: Sequence[str]) -> None:
    """Draw the saddle roads, the waterfronts, the coast roads that close loops, and the old paths over the hills."""
    _tree(router, plane, grounds, names)
    for ground in grounds:
        _waterfront(router, plane, ground)
    for straight, i, j in _pairs(grounds):
        pair = f"{names[i]}—{names[j]}"
        if _in_town(straight, names[i], names[j]):
            _second(router, plane, (grounds[i], grounds[j]), (SECOND, 1.25), Tag("road", name=f"{pair}道路（模型）"))
        elif straight < LOOP_MAX_M:
            _second(router, plane, (grounds[i], grounds[j]), (RING, DETOUR), Tag("coast", name=f"{pair}环岛路（模型）"))
    for straight, i, j in _pairs(grounds):
        if straight < PATH_MAX_M and not _in_town(straight, names[i], names[j]):
            tag = Tag("path", name=f"{names[i]}—{names[j]}山路（模型）")
            _second(router, plane, (grounds[i], grounds[j]), (HILL_PATH, PATH_DETOUR), tag)


def _in_town(straight: float, *names: str) -> bool:
    """Return whether two settlements are neighbouring quarters (社区) of one town."""
    return straight < SEAT_MAX_M and all(name.endswith("社区") for name in names)


def spur(
    router: Router, plane: Plane, grounds: Sequence[Ground], *, target: Point, tag: Tag, shore_m: float = math.inf
) -> Point:
    """Draw the cheapest way from a settlement to the cell nearest to ``target``; return that cell's centre.

    ``shore_m`` keeps the end within that distance of the shore (a pier).
    """
    goal = router.cell(target, within_m=shore_m)
    cost, before = router.ways(goal, ROAD)
    starts = [router.cell((g.x, g.y)) for g in grounds]
    best = min(range(len(starts)), key=lambda i: (float(cost[starts[i]]), i))
    _draw(router, plane, trace(before, goal, starts[best])[::-1], tag)
    return router.centre(goal)


def _tree(router: Router, plane: Plane, grounds: Sequence[Ground], names: Sequence[str]) -> None:
    """Join the settlements one by one, always the one that is cheapest to reach from those joined."""
    cells = [router.cell((g.x, g.y)) for g in grounds]
    connected = [0]
    while len(connected) < len(cells):
        best = (math.inf, -1, -1)
        traces = {}
        for i in connected:
            cost, before = router.ways(cells[i], ROAD)
            traces[i] = before
            best = min([best, *((float(cost[cells[j]]), i, j) for j in range(len(cells)) if j not in connected)])
        _, i, j = best
        _draw(
            router, plane, trace(traces[i], cells[i], cells[j]), Tag("road", name=f"{names[i]}—{names[j]}道路（模型）")
        )
        connected.append(j)


def _waterfront(router: Router, plane: Plane, ground: Ground) -> None:
    """Draw the street along the water of a settlement: between two shore cells at its sides, by way of its middle."""
    rows, columns = np.nonzero(router.allowed & (router.shore() < 75.0))
    xs = router.grid.left + (router.column0 + columns + 0.5) * 30.0
    ys = router.grid.top - (router.row0 + rows + 0.5) * 30.0
    far = np.hypot(xs - ground.x, ys - ground.y)
    ring = np.flatnonzero(np.abs(far - 1.05 * ground.radius_m) < 60.0)
    if len(ring) < 2 or float(far.min()) > 0.8 * ground.radius_m + 60.0:
        return
    middle = int(np.argmin(far))
    apart = np.hypot(xs[ring] - xs[middle], ys[ring] - ys[middle])
    first = int(ring[np.argmax(apart)])
    second = int(ring[np.argmax(np.hypot(xs[ring] - xs[first], ys[ring] - ys[first]))])
    width = router.allowed.shape[1]
    stops = [int(rows[k]) * width + int(columns[k]) for k in (middle, first, second)]
    tag = Tag("coast", name="海滨路（模型）")
    home = router.cell((ground.x, ground.y))
    _, before = router.ways(home, ROAD)
    _draw(router, plane, trace(before, home, stops[0]), Tag("road"))
    for goal in stops[1:]:
        cost, before = router.ways(stops[0], WATERFRONT)
        if float(cost[goal]) < 40.0 * ground.radius_m:
            _draw(router, plane, trace(before, stops[0], goal), tag)


def _pairs(grounds: Sequence[Ground]) -> list[tuple[float, int, int]]:
    """Return (straight distance, one, other) of all pairs of settlements, the nearest first."""
    numbers = range(len(grounds))
    return sorted(
        (round(math.dist((grounds[i].x, grounds[i].y), (grounds[j].x, grounds[j].y)), 2), i, j)
        for i in numbers
        for j in numbers
        if i < j
    )


def _second(router: Router, plane: Plane, pair: tuple[Ground, Ground], choice: tuple[Manner, float], tag: Tag) -> None:
    """Draw another way between two settlements if that over existing roads is too long for its straight distance."""
    manner, detour = choice
    a, b = (router.cell((g.x, g.y)) for g in pair)
    walk = _along(plane, _closest(plane, router.centre(a)), _closest(plane, router.centre(b)))
    if walk > detour * math.dist((pair[0].x, pair[0].y), (pair[1].x, pair[1].y)):
        _, before = router.ways(a, manner)
        _draw(router, plane, trace(before, a, b), tag)


def _draw(router: Router, plane: Plane, cells: list[int], tag: Tag) -> None:
    """Draw what is new of a way: runs of cells without a road, tied to the nearest nodes of the roads they touch."""
    used = router.used.ravel()
    i = 0
    while i < len(cells):
        if used[cells[i]] == 1:
            i += 1
            continue
        j = i
        while j + 1 < len(cells) and used[cells[j + 1]] != 1:
            j += 1
        _draw_run(router, plane, cells, (i, j), tag)
        i = j + 1


def _draw_run(router: Router, plane: Plane, cells: list[int], run: tuple[int, int], tag: Tag) -> None:
    points = [router.centre(c) for c in cells[run[0] : run[1] + 1]]
    ends: list[int] = []
    if run[0] > 0:
        ends.append(_closest(plane, router.centre(cells[run[0] - 1])))
        points.insert(0, plane.nodes[ends[-1]])
    if run[1] + 1 < len(cells):
        ends.append(_closest(plane, router.centre(cells[run[1] + 1])))
        points.append(plane.nodes[ends[-1]])
    length = sum(math.dist(p, q) for p, q in itertools.pairwise(points))
    if len(ends) == 2 and (ends[0] == ends[1] or _along(plane, ends[0], ends[1]) < 1.25 * length + 60.0):
        return
    if len(points) < 2:
        plane.node(*points[0])
        return
    line = _on_land(router.island, points)
    for part, kind in _by_slope(router, line, tag):
        plane.draw(part, kind)
    router.mark(line)


def _by_slope(router: Router, line: list[Point], tag: Tag) -> list[tuple[list[Point], Tag]]:
    """Return the parts of a hill path that are path and those that are steps; any other way whole."""
    if tag.kind != "path":
        return [(line, tag)]
    grid, last = router.grid, len(line) - 1
    steep = [grid.slope(line[max(0, k - 1)], line[min(last, k + 2)]) > STEPS_FROM for k in range(last)]
    parts: list[tuple[list[Point], Tag]] = []
    for k, is_steep in enumerate(steep):
        if k and is_steep == steep[k - 1]:
            parts[-1][0].append(line[k + 1])
        else:
            parts.append(([line[k], line[k + 1]], Tag("steps", name=tag.name) if is_steep else tag))
    return parts


def _on_land(island: Polygon, points: list[Point]) -> list[Point]:
    """Return the line with its bends rounded as far as it keeps off the water."""
    inner = island.buffer(-10.0)
    for rounds in (6, 3, 1, 0):
        line = resample(smooth(points, rounds=rounds), SPACING_M)
        if rounds == 0 or shapely.contains(inner, shapely.LineString(line)):
            return line
    raise AssertionError


def _closest(plane: Plane, point: Point) -> int:
    """Return the road node nearest to a point (it exists: roads are drawn before anything ties to them)."""
    return min(range(len(plane.nodes)), key=lambda n: (math.dist(plane.nodes[n], point), n))


def _along(plane: Plane, a: int, b: int) -> float:
    """Return the distance along the plane between two nodes, infinite without a way."""
    rows = [(s, t, math.dist(plane.nodes[s], plane.nodes[t])) for _, s, t, _ in plane.pieces()]
    if not rows:
        return math.inf
    tails, heads, lengths = zip(*rows, strict=True)
    graph = coo_matrix((lengths, (tails, heads)), shape=(len(plane.nodes), len(plane.nodes))).tocsr()
    return float(dijkstra(graph, directed=False, indices=a)[b])
