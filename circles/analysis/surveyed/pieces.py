"""A track taken apart: pieces that streets have already, and pieces that no street has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely.ops import substring

from circles.analysis.surveyed.following import REACH_M, Course, follow
from circles.analysis.surveyed.ground import Ground, is_detour, length_m
from circles.foundation.types import F64, I64
from circles.network import Positions

PARALLEL_M = 15.0
"""A piece this far off every street, over at least ``_PARALLEL_LONG_M``, is a path of its own."""
_PARALLEL_LONG_M = 30.0
_LEAST_NEW_M = 5.0
_SMOOTH_M = 2.0
_END_M = 30.0
_CLOSED_SHARE = 0.7
_AT_END_M = 2.0


@dataclass(frozen=True)
class Piece:
    """A piece of a surveyed line.

    Attributes
    ----------
    xy : (k, 2) its course, metres
    is_new : no walked street has it
    why : ``along`` a street · ``missing`` between streets · ``parallel`` to them · ``dead_end`` · ``closed`` by the map
    network_m : metres over the streets between its ends, inf = no way, NaN = only one end meets a street
    off_m : how far from every street it gets
    edges : the edges that it follows, in the order walked
    street_ids : the closed lines that it follows
    """

    xy: F64
    is_new: bool
    why: str
    network_m: float
    off_m: float
    edges: I64
    street_ids: tuple[int, ...] = ()


def pieces_of(ground: Ground, line_xy: F64) -> list[Piece]:
    """Return the pieces of a track in the order walked; empty where it never comes near a street.

    Parameters
    ----------
    ground : the streets
    line_xy : (k, 2) the track's points, metres
    """
    course = follow(ground, line_xy)
    on = np.flatnonzero(course.edge >= 0)
    if not len(on):
        return _off_all(ground, course)
    found: list[Piece] = []
    if on[0] > 0:
        found += _end(ground, course, slice(0, on[0] + 1), outwards=False)
    start = on[0]
    for before, after in pairwise(on.tolist()):
        if after == before + 1:
            continue
        new = _between(ground, course, before, after)
        if new is not None:
            found += [_along(course, start, before), *_cut(ground, new)]
            start = after
    found.append(_along(course, start, on[-1]))
    if on[-1] < len(course.xy) - 1:
        found += _end(ground, course, slice(on[-1], len(course.xy)), outwards=True)
    return [piece for piece in found if len(piece.xy) > 1]


def _off_all(ground: Ground, course: Course) -> list[Piece]:
    """Return the pieces of a track that follows no street, but may end at one or cross some; empty where it does not."""
    ends = shapely.points(course.xy[[0, -1]])
    streets = ground.lines.geometries[ground.lines.nearest(ends)]
    off = shapely.distance(ends, streets)
    foot = shapely.get_coordinates(shapely.line_interpolate_point(streets, shapely.line_locate_point(streets, ends)))
    first, last = foot[:1][off[:1] < REACH_M], foot[1:][off[1:] < REACH_M]
    xy = np.vstack([first, course.xy, last])
    crosses = ground.lines.query(shapely.LineString(xy), predicate="intersects")
    if not (len(crosses) or len(first) or len(last)):
        return []
    far, _ = _furthest(ground, course, np.arange(len(course.xy)))
    whole = Piece(_smooth(xy), is_new=True, why="dead_end", network_m=np.nan, off_m=far, edges=np.empty(0, np.int64))
    return [piece for piece in _cut(ground, whole) if piece.why != "dead_end" or length_m(piece.xy) >= _END_M]


def _along(course: Course, first: int, last: int) -> Piece:
    """Return the piece between two points that is on streets; what was off them in between was no path of its own."""
    rows = np.arange(first, last + 1)
    edges = course.edge[rows]
    off = float(np.nanmax(course.off_m[rows]))
    metres = float(course.along_m[last] - course.along_m[first])
    return Piece(course.xy[rows], is_new=False, why="along", network_m=metres, off_m=off, edges=edges[edges >= 0])


def _between(ground: Ground, course: Course, before: int, after: int) -> Piece | None:
    """Return what was walked between two places on streets as a new path, None where the streets have it too."""
    rows = np.arange(before, after + 1)
    xy = np.vstack([course.foot_xy[before], course.xy[before + 1 : after], course.foot_xy[after]])
    length = length_m(xy)
    limit = 4 * length + 200
    ends = (Positions(course.edge[[k]], course.fraction[[k]]) for k in (before, after))
    way = ground.metres(*ends, within_m=limit)
    network_m = float(way.data[0]) if way.nnz else np.inf
    off, far_m = _furthest(ground, course, rows[1:-1])
    is_shorter = is_detour(network_m, length)
    is_parallel = off > PARALLEL_M and far_m >= _PARALLEL_LONG_M
    if length < _LEAST_NEW_M or not (is_shorter or is_parallel):
        return None
    why = "missing" if is_shorter else "parallel"
    return Piece(_smooth(xy), is_new=True, why=why, network_m=network_m, off_m=off, edges=np.empty(0, np.int64))


def _end(ground: Ground, course: Course, rows: slice, *, outwards: bool) -> list[Piece]:
    """Return the dead end before the first or behind the last place on a street; nothing where it is short."""
    xy = course.xy[rows].copy()
    at = 0 if outwards else -1
    xy[at] = course.foot_xy[rows][at]
    off, _ = _furthest(ground, course, np.arange(len(course.xy))[rows])
    if length_m(xy) < _END_M or off <= PARALLEL_M:
        return []
    piece = Piece(_smooth(xy), is_new=True, why="dead_end", network_m=np.nan, off_m=off, edges=np.empty(0, np.int64))
    return list(_cut(ground, piece))


def _furthest(ground: Ground, course: Course, rows: I64) -> tuple[float, float]:
    """Return how far from every street some points get, and over how many metres they are further than ``PARALLEL_M``."""
    if not len(rows):
        return 0.0, 0.0
    points = shapely.points(course.xy[rows])
    at = ground.lines.nearest(points)
    off = shapely.distance(points, ground.lines.geometries[at])
    step = float(np.diff(course.along_m).max())
    return float(off.max()), float((off > PARALLEL_M).sum() * step)


def _cut(ground: Ground, piece: Piece) -> Iterator[Piece]:
    """Yield a new path in pieces that end at each street it crosses on the way; bridges and tunnels are not crossed."""
    line = shapely.LineString(piece.xy)
    level = ground.network.edges["is_level"].to_numpy(dtype=bool)
    hit = [edge for edge in ground.lines.query(line, predicate="intersects").tolist() if not level[edge]]
    places = shapely.get_coordinates(shapely.intersection(line, ground.lines.geometries[hit]))
    at = np.sort(shapely.line_locate_point(line, shapely.points(places))) if len(places) else np.empty(0)
    at = at[(at > _AT_END_M) & (at < line.length - _AT_END_M)]
    at = at[np.diff(at, prepend=-np.inf) > _AT_END_M]
    bounds = [0.0, *at.tolist(), line.length]
    for low, high in pairwise(bounds):
        xy = shapely.get_coordinates(substring(line, low, high))
        is_whole = len(bounds) == 2
        dead = piece.why == "dead_end" and _meets_both(ground, xy)
        network_m = piece.network_m if is_whole else np.nan
        own = Piece(xy, True, "missing" if dead else piece.why, network_m, piece.off_m, piece.edges)
        yield _closed(ground, own)


def _meets_both(ground: Ground, xy: F64) -> bool:
    ends = shapely.points(xy[[0, -1]])
    return bool((shapely.distance(ends, ground.lines.geometries[ground.lines.nearest(ends)]) < _AT_END_M).all())


def _closed(ground: Ground, piece: Piece) -> Piece:
    """Return a new piece as one that contradicts the map, where it follows a line that the map closes."""
    tree, ids = ground.closed
    line = shapely.LineString(piece.xy)
    near = tree.query(line, predicate="dwithin", distance=REACH_M)
    if not len(near):
        return piece
    shapes = tree.geometries[near]
    inside = shapely.length(shapely.intersection(line, shapely.buffer(shapes, PARALLEL_M)))
    best = int(inside.argmax())
    if inside[best] < _CLOSED_SHARE * line.length or shapes[best].length < _CLOSED_SHARE * line.length:
        return piece
    return Piece(piece.xy, True, "closed", piece.network_m, piece.off_m, piece.edges, (int(ids[near[best]]),))


def _smooth(xy: F64) -> F64:
    return np.asarray(shapely.get_coordinates(shapely.simplify(shapely.LineString(xy), _SMOOTH_M)))
