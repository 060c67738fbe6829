"""Junctions without a vertex: streets that cross, or end on each other, and count as not connected (contract, 3.1)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import Streets
from circles.foundation.types import F64, I64, Objects
from circles.network import meeting, nearest_line, passability, slopes
from circles.network.nearest_line import SegmentGrid
from circles.network.noding import Edges

NEAR_M = 0.5
"""An end this near to the inside of another line looks as if it should meet it."""
_SAME_M = 1e-6
_MOST_LINES = 3_000_000


@dataclass(frozen=True)
class Misses:
    """Places where two lines look as if they met: rows of both lines, the place, and how far apart they are there."""

    one: I64
    other: I64
    xy: F64
    gap_m: F64

    def __len__(self) -> int:
        return len(self.one)


def crossings(streets: SegmentGrid, level: Objects, offsets: I64, xy: F64, key: I64 | None) -> Misses:
    """Return where lines of one level cross without a shared vertex.

    Parameters
    ----------
    streets : the grid over the segments of the lines ``offsets, xy``
    level : (n,) their level, '' for what is on a bridge or in a tunnel: those cross nothing
    key : what makes two vertices one: their ids, or None where their places do
    """
    if len(level) > _MOST_LINES:
        return _none()
    a, b = meeting.crossing_candidates(streets, xy, offsets, _numbered(level))
    one, other = _shapes(offsets, xy, a), _shapes(offsets, xy, b)
    keep = shapely.crosses(one, other)
    a, b = a[keep], b[keep]
    points, pair = shapely.get_coordinates(shapely.intersection(one[keep], other[keep]), return_index=True)
    a, b = a[pair], b[pair]
    shared = np.array(
        [_shares(x, (i, j), offsets, xy, key) for x, i, j in zip(points, a.tolist(), b.tolist(), strict=True)],
        dtype=bool,
    )
    fresh = ~shared if len(shared) else np.zeros(0, dtype=bool)
    return Misses(a[fresh], b[fresh], points[fresh], np.zeros(int(fresh.sum())))


def _shares(at: F64, pair: tuple[int, int], offsets: I64, xy: F64, key: I64 | None) -> bool:
    """Return whether both lines have one vertex in common at a place."""
    own = []
    for line in pair:
        rows = np.arange(offsets[line], offsets[line + 1])
        rows = rows[np.hypot(*(xy[rows] - at).T) <= _SAME_M]
        own.append({int(key[r]) for r in rows} if key is not None else {tuple(xy[r].tolist()) for r in rows})
    return bool(own[0] & own[1])


def _numbered(level: Objects) -> I64:
    """Return a number per level, -1 for that of bridges and tunnels."""
    names, number = np.unique(level.astype(str), return_inverse=True)
    return np.where(names[number] == "", -1, number)


def near_ends(streets: SegmentGrid, level: Objects, offsets: I64, xy: F64, loose: I64) -> Misses:
    """Return where loose ends lie within half a metre of the inside of another line of their level.

    Parameters
    ----------
    streets : the grid over the segments of the lines ``offsets, xy``
    level : (lines,) level of each line, '' on a bridge or in a tunnel: those meet nothing
    offsets, xy : vertices of line i are ``xy[offsets[i]:offsets[i + 1]]``, metres
    loose : (ends,) rows of ``xy`` at which a line ends and no other line has a vertex
    """
    line_of = np.searchsorted(offsets, loose, side="right") - 1
    at, other = meeting.near_candidates(streets, xy, xy[loose], NEAR_M)
    keep = (other != line_of[at]) & (level[other] == level[line_of[at]]) & (level[other] != "")
    at, other = at[keep], other[keep]
    points, lines = shapely.points(xy[loose[at]]), _shapes(offsets, xy, other)
    keep = shapely.dwithin(points, lines, NEAR_M)
    at, other, points, lines = at[keep], other[keep], points[keep], lines[keep]
    ends = np.stack([xy[offsets[other]], xy[offsets[other + 1] - 1]])
    inside = (np.hypot(*np.moveaxis(ends - xy[loose[at]], -1, 0)) > NEAR_M).all(axis=0)
    at, other = at[inside], other[inside]
    gap = shapely.distance(points[inside], lines[inside])
    order = np.lexsort((other, gap, at))
    first = order[np.unique(at[order], return_index=True)[1]] if len(order) else order
    return Misses(line_of[at[first]], other[first], xy[loose[at[first]]], gap[first])


def doubts(lines: pd.DataFrame, edges: Edges, component: I64) -> list[Finding]:
    """Return findings on edges of a network that cross, or end on each other, without meeting.

    Parameters
    ----------
    lines : attributes of each edge
    edges : the noded streets
    component : (n,) connected component of each edge
    """
    offsets, xy, tail, head = edges.offsets, edges.xy, edges.tail, edges.head
    streets, level = _grid(offsets, xy), levels(lines)
    cross = crossings(streets, level, offsets, xy, _node_keys(offsets, tail, head))
    degree = np.bincount(np.concatenate([tail, head]))
    first, last = offsets[:-1][degree[tail] == 1], offsets[1:][degree[head] == 1] - 1
    ends = near_ends(streets, level, offsets, xy, np.concatenate([first, last]))
    found = []
    for code, misses in (("lines-cross", cross), ("ends-near-lines", ends)):
        if len(misses):
            apart = int((component[misses.one] != component[misses.other]).sum())
            worst = int(np.lexsort((misses.xy[:, 1], misses.xy[:, 0], -misses.gap_m))[0])
            x, y = misses.xy[worst].tolist()
            found.append(
                errors.warning(
                    code, "network", n=len(misses), apart=apart, x=round(x, 1), y=round(y, 1),
                    gap=f"{misses.gap_m[worst]:.2f}",
                )
            )  # fmt: skip
    return found


def _node_keys(offsets: I64, tail: I64, head: I64) -> I64:
    """Return a number per vertex: the node's at both ends, one of its own inside."""
    key = -1 - np.arange(int(offsets[-1]), dtype=np.int64)
    key[offsets[:-1]], key[offsets[1:] - 1] = tail, head
    return key


def levels(lines: pd.DataFrame) -> Objects:
    """Return the level of each line, '' where it is a bridge, a tunnel or a way across a square."""
    layer = lines["layer"].astype(object).fillna("").astype(str).to_numpy(dtype=object) if "layer" in lines else None
    out = np.full(len(lines), "0", dtype=object) if layer is None else np.where(layer == "", "0", layer).astype(object)
    out[slopes.is_level(lines)] = ""
    if "source" in lines:
        out[(lines["source"] == passability.ACROSS).to_numpy(dtype=bool)] = ""
    return out


def noded(streets: Streets) -> tuple[Streets, int]:
    """Return the streets with a shared vertex wherever lines of one level cross or end on each other; and how many.

    An explicit choice (``circles network --node-crossings``): the rule is that lines meet only where vertices are
    shared. Bridges and tunnels are left alone, and so are lines that nobody may walk.
    """
    open_ = passability.passable(streets.lines)
    grid = _grid(streets.offsets, streets.xy)
    level = np.where(open_, levels(streets.lines), "").astype(object)
    key = streets.vertex_id
    if key is not None and streets.is_noded:  # inner vertices of a kept network have no number
        key = np.where(key < 0, -2 - np.arange(len(key), dtype=np.int64), key)
    cross = crossings(grid, level, streets.offsets, streets.xy, key)
    ends = near_ends(grid, level, streets.offsets, streets.xy, _loose(streets, key))
    added: dict[int, list[tuple[float, float, float, int]]] = defaultdict(list)
    fresh = -1 - 4 * (len(streets.xy) + 1) if key is None else int(min(key.min(), 0)) - 1
    for number, (one, other, at) in enumerate(zip(cross.one.tolist(), cross.other.tolist(), cross.xy, strict=True)):
        for line in (one, other):
            along = float(shapely.line_locate_point(_line(streets, line), shapely.Point(at)))
            added[line].append((along, float(at[0]), float(at[1]), fresh - number))
    for one, other, at in zip(ends.one.tolist(), ends.other.tolist(), ends.xy, strict=True):
        along = float(shapely.line_locate_point(_line(streets, other), shapely.Point(at)))
        rows = np.arange(streets.offsets[one], streets.offsets[one + 1])
        row = int(rows[np.argmin(np.hypot(*(streets.xy[rows] - at).T))])
        added[other].append((along, float(at[0]), float(at[1]), int(key[row]) if key is not None else 0))
    return with_vertices(streets, added, key), len(cross) + len(ends)


def _loose(streets: Streets, key: I64 | None) -> I64:
    """Return the rows of vertices that end a line and stand at no other line's vertex."""
    ends = np.unique(np.concatenate([streets.offsets[:-1], streets.offsets[1:] - 1]))
    if key is None:
        number = pd.DataFrame(streets.xy + 0.0).groupby([0, 1], sort=False).ngroup().to_numpy()
    else:
        _, number = np.unique(key, return_inverse=True)
    return np.asarray(ends[np.bincount(number)[number[ends]] == 1], dtype=np.int64)


def with_vertices(
    streets: Streets, added: dict[int, list[tuple[float, float, float, int]]], key: I64 | None = None
) -> Streets:
    """Return the streets with further vertices on some lines.

    Parameters
    ----------
    added : row of a line -> (metres along it, x, y, number of the vertex) of each
    key : the numbers of the vertices there are; those of the streets where left out
    """
    key = streets.vertex_id if key is None else key
    xy, ids, sizes = [], [], []
    for line in range(len(streets.offsets) - 1):
        rows = slice(int(streets.offsets[line]), int(streets.offsets[line + 1]))
        own, own_ids = streets.xy[rows], None if key is None else key[rows]
        if line in added:
            step = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(own, axis=0).T))])
            more = sorted(added[line])
            at = np.searchsorted(step, [along for along, *_ in more], side="right")
            own = np.insert(own, at, [(x, y) for _, x, y, _ in more], axis=0)
            own_ids = None if own_ids is None else np.insert(own_ids, at, [number for *_, number in more])
        xy.append(own)
        sizes.append(len(own))
        if own_ids is not None:
            ids.append(own_ids)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    vertex_id = None if key is None else np.concatenate(ids)
    return replace(streets, offsets=offsets, xy=np.concatenate(xy), vertex_id=vertex_id, is_noded=False)


def _grid(offsets: I64, xy: F64) -> SegmentGrid:
    return nearest_line.grid(offsets, xy, np.flatnonzero(np.diff(offsets) > 1))


def _line(streets: Streets, line: int) -> shapely.LineString:
    return shapely.LineString(streets.xy[streets.offsets[line] : streets.offsets[line + 1]])


def _shapes(offsets: I64, xy: F64, rows: I64) -> Objects:
    """Return some of the lines as geometries."""
    size = np.diff(offsets)[rows]
    ends = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    vertex = np.repeat(offsets[:-1][rows] - ends[:-1], size) + np.arange(int(ends[-1]))
    return np.asarray(shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy[vertex], (ends,)), dtype=object)


def _none() -> Misses:
    return Misses(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros(0))
