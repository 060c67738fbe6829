"""Which streets come close enough to be looked at: a grid over their segments, compiled; geometry decides afterwards."""
# ruff: noqa: C901, PLR0912, PLR0917 - a compiled search is one function; numba takes its arrays by position

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from circles.foundation.jit import compiled
from circles.foundation.types import F64, I64
from circles.network.nearest_line import SegmentGrid, grid

_ROOM = 1024


def crossing_candidates(streets: SegmentGrid, xy: F64, offsets: I64, level: I64) -> tuple[I64, I64]:
    """Return pairs of edges a < b of one level of which a segment may meet one of the other.

    Parameters
    ----------
    streets : the grid over the segments of ``offsets, xy``
    xy, offsets : vertices of edge i are ``xy[offsets[i]:offsets[i + 1]]``, metres
    level : (n,) a number per edge; edges of a negative one meet nothing

    No pair is left out whose edges cross; edges that only end at one place are no pair.
    """
    found = _growing(
        lambda pairs: _crossing(
            streets.vertex, streets.edge, streets.indptr, streets.segment, xy, offsets, level, pairs
        )
    )
    return found[:, 0], found[:, 1]


def near_candidates(streets: SegmentGrid, xy: F64, points: F64, within_m: float) -> tuple[I64, I64]:
    """Return pairs (point, edge) that may lie within some metres of each other; no such pair is left out.

    Parameters
    ----------
    streets, xy : the grid over the segments of lines with the vertices ``xy``, metres
    points : (n, 2) places, metres
    within_m : how near
    """
    g = streets
    found = _growing(
        lambda pairs: _near(
            g.vertex, g.edge, g.indptr, g.segment, xy, g.west, g.south, g.cell_m, g.n_columns, g.n_rows, points,
            within_m, pairs,
        )
    )  # fmt: skip
    return found[:, 0], found[:, 1]


def _growing(search: Callable[[I64], int]) -> I64:
    """Return the distinct pairs of a search, whose list is given more room until it holds them all."""
    pairs = np.empty((_ROOM, 2), np.int64)
    while (count := search(pairs)) > len(pairs):
        pairs = np.empty((count, 2), np.int64)
    if not count:
        return pairs[:0]
    rows = pairs[:count]
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    is_new = np.ones(count, np.bool_)
    is_new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return np.asarray(rows[is_new], dtype=np.int64)


def warm_up() -> None:
    """Compile both searches once, into numba's cache."""
    xy, ends, zero = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([0, 2]), np.zeros(1, np.int64)
    streets = grid(ends, xy, zero)
    crossing_candidates(streets, xy, ends, zero)
    near_candidates(streets, xy, xy, 1.0)


@compiled()
def _crossing(
    vertex: I64, edge: I64, indptr: I64, segment: I64, xy: F64, offsets: I64, level: I64, pairs: I64,
) -> int:  # fmt: skip
    """Write pairs into ``pairs`` as far as it reaches, and return how many there are, repeats included."""
    count = 0
    for cell in range(indptr.size - 1):
        for i in range(indptr[cell], indptr[cell + 1]):
            s = segment[i]
            a = edge[s]
            if level[a] < 0:
                continue
            p = vertex[s]
            px, py, qx, qy = xy[p, 0], xy[p, 1], xy[p + 1, 0], xy[p + 1, 1]
            for j in range(i + 1, indptr[cell + 1]):
                t = segment[j]
                b = edge[t]
                if a == b or level[a] != level[b]:
                    continue
                r = vertex[t]
                rx, ry, tx, ty = xy[r, 0], xy[r, 1], xy[r + 1, 0], xy[r + 1, 1]
                if max(px, qx) < min(rx, tx) or max(rx, tx) < min(px, qx):
                    continue
                if max(py, qy) < min(ry, ty) or max(ry, ty) < min(py, qy):
                    continue
                # straight pieces that share an end meet there and nowhere else; where both edges end, they do not cross
                is_end = False
                for m in range(2):
                    if p + m != offsets[a] and p + m != offsets[a + 1] - 1:
                        continue
                    for n in range(2):
                        if r + n != offsets[b] and r + n != offsets[b + 1] - 1:
                            continue
                        is_end |= xy[p + m, 0] == xy[r + n, 0] and xy[p + m, 1] == xy[r + n, 1]
                if is_end:
                    continue
                dx, dy, ex, ey = qx - px, qy - py, tx - rx, ty - ry
                # the sides on which the ends of one lie of the other; what rounding could turn counts as meeting
                slack = 1e-9 * (abs(dx) + abs(dy) + 1.0) * (abs(ex) + abs(ey) + 1.0)
                one = dx * (ry - py) - dy * (rx - px)
                two = dx * (ty - py) - dy * (tx - px)
                if (one > slack and two > slack) or (one < -slack and two < -slack):
                    continue
                one = ex * (py - ry) - ey * (px - rx)
                two = ex * (qy - ry) - ey * (qx - rx)
                if (one > slack and two > slack) or (one < -slack and two < -slack):
                    continue
                if count < pairs.shape[0]:
                    pairs[count, 0] = min(a, b)
                    pairs[count, 1] = max(a, b)
                count += 1
    return count


@compiled()
def _near(
    vertex: I64, edge: I64, indptr: I64, segment: I64, xy: F64, west: float, south: float, cell_m: float,
    n_columns: int, n_rows: int, points: F64, within_m: float, pairs: I64,
) -> int:  # fmt: skip
    """Write pairs into ``pairs`` as far as it reaches, and return how many there are, repeats included."""
    count = 0
    wide = within_m * (1.0 + 1e-9) + 1e-6
    for i in range(points.shape[0]):
        x, y = points[i, 0], points[i, 1]
        left = max(int(np.floor((x - wide - west) / cell_m)), 0)
        right = min(int(np.floor((x + wide - west) / cell_m)), n_columns - 1)
        low = max(int(np.floor((y - wide - south) / cell_m)), 0)
        high = min(int(np.floor((y + wide - south) / cell_m)), n_rows - 1)
        for row in range(low, high + 1):
            for column in range(left, right + 1):
                cell = row * n_columns + column
                for k in range(indptr[cell], indptr[cell + 1]):
                    v = vertex[segment[k]]
                    dx, dy = xy[v + 1, 0] - xy[v, 0], xy[v + 1, 1] - xy[v, 1]
                    square = dx * dx + dy * dy
                    t = 0.0
                    if square > 0.0:
                        t = min(max(((x - xy[v, 0]) * dx + (y - xy[v, 1]) * dy) / square, 0.0), 1.0)
                    if np.hypot(x - xy[v, 0] - t * dx, y - xy[v, 1] - t * dy) > wide:
                        continue
                    if count < pairs.shape[0]:
                        pairs[count, 0] = i
                        pairs[count, 1] = edge[segment[k]]
                    count += 1
    return count
