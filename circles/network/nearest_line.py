"""Nearest street of many points: a grid over street segments, searched ring by ring, compiled."""
# ruff: noqa: C901, PLR0912, PLR0915, PLR0917 - a compiled search is one function; numba takes its arrays by position

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from circles.foundation.jit import compiled
from circles.foundation.types import F64, I64

_PER_CELL = 0.25
_MOST_CELLS = 4_000_000
TIE_M = 1e-8
"""Points this much nearer or further, in metres, are equally near: ten times what coordinates of 4,000 km resolve."""
SAME_M = 1e-6
"""Points on streets this near to each other, in metres, are the same."""


@dataclass(frozen=True)
class SegmentGrid:
    """Segments of the edges a walker may use, by the cells that their boxes touch.

    Attributes
    ----------
    vertex, edge : (s,) first vertex of each segment, and its edge
    indptr, segment : segments of cell c are ``segment[indptr[c]:indptr[c + 1]]``, cells row by row from the south-west
    west, south, cell_m, n_columns, n_rows : the grid
    """

    vertex: I64
    edge: I64
    indptr: I64
    segment: I64
    west: float
    south: float
    cell_m: float
    n_columns: int
    n_rows: int


def grid(offsets: I64, xy: F64, edges: I64) -> SegmentGrid:
    """Return the grid over the segments of ``edges``."""
    size = np.diff(offsets)[edges] - 1
    edge = np.repeat(edges, size)
    start = np.cumsum(size) - size
    vertex = np.repeat(offsets[:-1][edges] - start, size) + np.arange(int(size.sum()))
    if not len(edge):
        return SegmentGrid(vertex, edge, np.zeros(2, np.int64), edge, 0.0, 0.0, 1.0, 1, 1)
    low = np.minimum(xy[vertex], xy[vertex + 1])
    high = np.maximum(xy[vertex], xy[vertex + 1])
    (west, south), (east, north) = low.min(axis=0), high.max(axis=0)
    area = max(east - west, 1.0) * max(north - south, 1.0)
    cell_m = float(max(np.sqrt(area / min(_MOST_CELLS, max(len(edge) / _PER_CELL, 1.0))), 10.0))
    n_columns, n_rows = int((east - west) // cell_m) + 1, int((north - south) // cell_m) + 1
    # a quotient may be rounded up to the number of cells, where // above was exact
    most = np.array([n_columns - 1, n_rows - 1])
    first = np.minimum(np.floor((low - (west, south)) / cell_m).astype(np.int64), most)
    last = np.minimum(np.floor((high - (west, south)) / cell_m).astype(np.int64), most)
    place = np.zeros(n_columns * n_rows + 2, np.int64)
    segment = np.empty(int((last - first + 1).prod(axis=1).sum()), np.int64)
    _fill(first, last, n_columns, place, segment)
    return SegmentGrid(vertex, edge, place[:-1], segment, float(west), float(south), cell_m, n_columns, n_rows)


# The compiled loops are given the arrays they fill: to make them would be a third of their time to compile.
@compiled()
def _fill(first: I64, last: I64, n_columns: int, place: I64, segment: I64) -> None:
    """List the segments of each cell, ascending; ``place`` comes in as 0 and leaves as compressed rows and one more number."""
    for i in range(first.shape[0]):
        for row in range(first[i, 1], last[i, 1] + 1):
            for column in range(first[i, 0], last[i, 0] + 1):
                place[row * n_columns + column + 2] += 1
    for k in range(1, place.size):
        place[k] += place[k - 1]
    for i in range(first.shape[0]):
        for row in range(first[i, 1], last[i, 1] + 1):
            for column in range(first[i, 0], last[i, 0] + 1):
                cell = row * n_columns + column
                segment[place[cell + 1]] = i
                place[cell + 1] += 1


def warm_up() -> None:
    """Compile the search once, into numba's cache."""
    xy, none, one = np.array([[0.0, 0.0], [1.0, 0.0]]), np.zeros(1, np.int64), np.array([0, 1])
    streets = grid(np.array([0, 2]), xy, none)
    nearest_edge(
        streets, xy, xy, np.array([0, 0]), island_indptr=one, island_index=none, weight=np.zeros(1), within_m=1.0
    )


def nearest_edge(
    streets: SegmentGrid,
    xy: F64,
    points: F64,
    island: I64,
    *,
    island_indptr: I64,
    island_index: I64,
    weight: F64,
    within_m: float,
) -> I64:
    """Return, per point, the nearest edge that belongs to its island and is within ``within_m``; -1 = none.

    Of feet equally near (`TIE_M`): that of the edge with the greatest ``weight``, then of smaller x, then of smaller
    y; of edges that share it the one that stands first. Points at sea (island -1) have none.

    Parameters
    ----------
    streets : grid of the segments a walker may use
    xy : (vertices, 2) of all edges, metres
    points : (points, 2) metres
    island : (points,) island of each point, -1 = at sea
    island_indptr, island_index : islands of edge i are ``island_index[island_indptr[i]:island_indptr[i + 1]]``
    weight : (edges,) metres of line of each edge's component
    within_m : metres, inclusive
    """
    out = np.full(points.shape[0], -1, np.int64)
    _search(
        streets.vertex, streets.edge, streets.indptr, streets.segment, streets.west, streets.south, streets.cell_m,
        streets.n_columns, streets.n_rows, xy, points, island, island_indptr, island_index, weight, within_m, out,
    )  # fmt: skip
    return out


@compiled()
def _search(
    vertex: I64,
    edge: I64,
    indptr: I64,
    segment: I64,
    west: float,
    south: float,
    cell_m: float,
    n_columns: int,
    n_rows: int,
    xy: F64,
    points: F64,
    island: I64,
    island_indptr: I64,
    island_index: I64,
    weight: F64,
    within_m: float,
    out: I64,
) -> None:
    furthest = int(within_m / cell_m) + 2
    for p in range(points.shape[0]):
        if island[p] < 0:
            continue
        x = points[p, 0]
        y = points[p, 1]
        column = int(np.floor((x - west) / cell_m))
        row = int(np.floor((y - south) / cell_m))
        least = within_m
        found = -1
        found_m = np.inf
        found_x = np.inf
        found_y = np.inf
        for ring in range(furthest + 1):
            # cells of this ring are at least (ring - 1) cells away from a place inside the middle cell
            if (ring - 1) * cell_m > least + TIE_M:
                break
            for r in range(max(row - ring, 0), min(row + ring, n_rows - 1) + 1):
                inside = row - ring < r < row + ring
                step = max(2 * ring, 1) if inside else 1
                for c in range(column - ring, column + ring + 1, step):
                    if c < 0 or c >= n_columns:
                        continue
                    cell = r * n_columns + c
                    for k in range(indptr[cell], indptr[cell + 1]):
                        s = segment[k]
                        v = vertex[s]
                        dx = xy[v + 1, 0] - xy[v, 0]
                        dy = xy[v + 1, 1] - xy[v, 1]
                        square = dx * dx + dy * dy
                        t = 0.0
                        if square > 0.0:
                            t = ((x - xy[v, 0]) * dx + (y - xy[v, 1]) * dy) / square
                        if t >= 1.0:
                            foot_x, foot_y = xy[v + 1, 0], xy[v + 1, 1]
                        elif t <= 0.0:
                            foot_x, foot_y = xy[v, 0], xy[v, 1]
                        else:
                            foot_x, foot_y = xy[v, 0] + t * dx, xy[v, 1] + t * dy
                        distance = np.hypot(x - foot_x, y - foot_y)
                        if distance > least + TIE_M or distance > within_m:
                            continue
                        e = edge[s]
                        if found >= 0 and distance >= least - TIE_M and found_m <= distance + TIE_M:
                            if weight[e] != weight[found]:
                                if weight[e] < weight[found]:
                                    continue
                            elif abs(foot_x - found_x) > SAME_M:
                                if foot_x > found_x:
                                    continue
                            elif abs(foot_y - found_y) > SAME_M:
                                if foot_y > found_y:
                                    continue
                            elif e >= found:
                                continue
                        for i in range(island_indptr[e], island_indptr[e + 1]):
                            if island_index[i] == island[p]:
                                least = min(least, distance)
                                found = e
                                found_m = distance
                                found_x = foot_x
                                found_y = foot_y
                                break
        out[p] = found
