"""Lines → edges: lines are connected where they share a vertex, and nowhere else (contract, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from circles.foundation.schema.tables import Streets
from circles.foundation.types import F64, I64


@dataclass(frozen=True)
class Edges:
    """Pieces of lines between two nodes.

    Attributes
    ----------
    line : (m,) row of the line in the streets given
    tail, head : (m,) node numbers
    offsets, xy : vertices of edge i are ``xy[offsets[i]:offsets[i + 1]]``, metres
    length_m : (m,) horizontal length
    node_xy : (n, 2) places of the nodes
    """

    line: I64
    tail: I64
    head: I64
    offsets: I64
    xy: F64
    length_m: F64
    node_xy: F64


def node(streets: Streets) -> Edges:
    """Cut lines where their vertices are shared.

    A vertex is a node when it is the end of a line, or when it occurs more than once: on two lines, or twice on one.
    Two vertices are the same when their ``vertex_id`` are equal, or where there are none, their coordinates.
    """
    line_of, xy, key = _without_repeats(streets)
    is_first = np.ones(len(xy), dtype=bool)
    is_first[1:] = line_of[1:] != line_of[:-1]
    is_last = np.roll(is_first, -1)
    number, count = _numbered(key, xy)
    is_node = is_first | is_last
    if not streets.is_noded:
        is_node |= count[number] > 1
    start = np.flatnonzero(is_node & ~is_last)
    stop = np.flatnonzero(is_node & ~is_first)
    size = stop - start + 1
    offsets = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    vertex = np.repeat(start - offsets[:-1], size) + np.arange(offsets[-1])
    used, ends = np.unique(np.concatenate([number[start], number[stop]]), return_inverse=True)
    node_xy = np.empty((len(used), 2))
    node_xy[ends] = xy[np.concatenate([start, stop])]
    m = len(start)
    return Edges(line_of[start], ends[:m], ends[m:], offsets, xy[vertex], lengths(offsets, xy[vertex]), node_xy)


def lengths(offsets: I64, xy: F64) -> F64:
    """Return the horizontal length of each polyline in metres."""
    if len(offsets) < 2:
        return np.empty(0)
    step = np.zeros(len(xy))
    step[:-1] = np.hypot(*(xy[1:] - xy[:-1]).T)
    step[offsets[1:] - 1] = 0.0  # from the last vertex of one line to the first of the next nobody walks
    return np.add.reduceat(step, offsets[:-1])


def _without_repeats(streets: Streets) -> tuple[I64, F64, I64 | None]:
    """Return line, place and id of each vertex; a vertex that repeats its forerunner is left out."""
    xy = streets.xy + 0.0  # -0.0 equals 0.0
    line_of = np.repeat(np.arange(len(streets.offsets) - 1), np.diff(streets.offsets))
    same = np.zeros(len(xy), dtype=bool)
    same[1:] = (line_of[1:] == line_of[:-1]) & (xy[1:] == xy[:-1]).all(axis=1)
    key = streets.vertex_id
    if key is not None and not streets.is_noded:
        same[1:] &= key[1:] == key[:-1]
    elif streets.is_noded:
        same[:] = False
    return line_of[~same], xy[~same], None if key is None else key[~same]


def _numbered(key: I64 | None, xy: F64) -> tuple[I64, I64]:
    """Return the number of each vertex's place and how many vertices stand there."""
    if key is not None:
        _, number, count = np.unique(key, return_inverse=True, return_counts=True)
        return number, count
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    new = np.ones(len(xy), dtype=bool)
    new[1:] = (xy[order][1:] != xy[order][:-1]).any(axis=1)
    number = np.empty(len(xy), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return number, np.bincount(number)
