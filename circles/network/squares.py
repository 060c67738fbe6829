"""Squares that are walked across: areas of street become visibility graphs, so that routes over them are straight.

The shortest way between two points of a polygon turns only at its reflex corners and at the corners of its holes (Lozano-
Pérez and Wesley 1979, doi:10.1145/359156.359164). Nodes are hence those corners, the vertices where other lines meet the
outline, and the places that are snapped to the square; edges are the straight lines between them that stay inside. Holes
are walked around: their outlines become lines too. What is added bears the source `passability.ACROSS`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely

from circles.foundation.schema.tables import Rings, Streets
from circles.foundation.types import F64, I64, Bools, Objects
from circles.network import junctions, passability
from circles.network.legs import Snapped

CROSSED = frozenset({"pedestrian", "footway", "path", "living_street", "platform", "corridor"})
"""Values of ``highway`` whose areas are walked across."""
_SAME_M = 1e-6
_SLACK_M = 1e-7
_STRAIGHT = 1e-12


@dataclass(frozen=True)
class Standing:
    """Places as they are snapped to the outlines; ``rows`` of lines are those that `lines_of` numbers.

    Attributes
    ----------
    xy : (p, 2) places in the area's CRS
    foot_xy, line : (k, 2), (k,) where they are snapped, over all of their legs, and the line of the streets there
    """

    xy: F64
    foot_xy: F64
    line: I64

    @classmethod
    def of(cls, xy: F64, snapped: list[Snapped], line_of_edge: I64) -> Standing:
        """Return places and all that they are snapped to, for several kinds of walker."""
        legs = [leg for one in snapped for leg in (one.first, one.second)]
        feet = np.concatenate([leg.foot_xy[leg.is_snapped] for leg in legs])
        line = np.concatenate([line_of_edge[leg.edge[leg.is_snapped]] for leg in legs])
        both = np.unique(np.column_stack([line, feet]), axis=0) if len(line) else np.empty((0, 3))
        return cls(xy, both[:, 1:], both[:, 0].astype(np.int64))


def walked_lines(streets: Streets) -> I64:
    """Return the rows of the lines that `streets.build` builds edges from, in its order."""
    return np.flatnonzero(passability.passable(streets.lines) & (np.diff(streets.offsets) > 1))


def crossed(streets: Streets, sources: Standing, others: Standing) -> tuple[Streets, int]:
    """Return the streets with the straight ways across their squares, and the number of squares.

    Parameters
    ----------
    streets : lines; areas have ``area`` = yes
    sources, others : facilities and residents as snapped to the streets as they are; of two others no way is drawn
    """
    if streets.is_noded or "area" not in streets.lines or "highway" not in streets.lines:
        return streets, 0
    squares = _squares(streets)
    if not squares:
        return streets, 0
    work = _Work(_with_feet(streets, squares, (sources, others)))
    shared = _shared(work.streets)
    for square in squares:
        _cross(work, square, shared, sources, others)
    return work.finished(), len(squares)


# --- which squares there are -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Square:
    """An area of street: its lines, the polygon less its holes, and their rings."""

    lines: tuple[int, ...]
    free: shapely.Geometry
    holes: Rings | None


def _squares(streets: Streets) -> list[_Square]:
    lines = streets.lines
    is_area = lines["area"].astype(str).str.strip().str.lower().isin(["yes", "1", "true"])
    is_area &= lines["highway"].astype(str).isin(CROSSED)
    rows = np.intersect1d(np.flatnonzero(is_area.to_numpy()), walked_lines(streets))
    shapes: list[tuple[tuple[int, ...], shapely.Polygon]] = []
    apart: list[tuple[int, F64]] = []
    for row in rows.tolist():
        xy = streets.xy[streets.offsets[row] : streets.offsets[row + 1]]
        if len(xy) > 3 and (xy[0] == xy[-1]).all():
            shapes.append(((row,), shapely.Polygon(xy)))
        else:
            apart.append((row, xy))
    shapes += _of_parts(apart)
    out = []
    for own, polygon in shapes:
        if polygon.is_valid and polygon.area > 0:
            free, holes = _without_holes(polygon, streets.holes)
            out.append(_Square(own, free, holes))
    return sorted(out, key=lambda square: square.lines)


def _of_parts(parts: list[tuple[int, F64]]) -> list[tuple[tuple[int, ...], shapely.Polygon]]:
    """Return the polygons that several lines outline together, each with its lines."""
    if not parts:
        return []
    lines = shapely.linestrings(np.concatenate([at for _, at in parts]), indices=np.repeat(np.arange(len(parts)), [len(at) for _, at in parts]))  # fmt: skip
    found = []
    for polygon in shapely.get_parts(shapely.polygonize(lines)):
        own = np.flatnonzero(shapely.covers(polygon.exterior, lines))
        if len(own):
            found.append((tuple(parts[at][0] for at in own.tolist()), shapely.Polygon(polygon.exterior)))
    return found


def _without_holes(polygon: shapely.Polygon, holes: Rings | None) -> tuple[shapely.Geometry, Rings | None]:
    """Return a polygon without the holes that lie in it, and their rings."""
    if holes is None or not len(holes):
        return polygon, None
    mine = [at for at, ring in enumerate(holes.polygons()) if ring.is_valid and polygon.covers(ring)]
    if not mine:
        return polygon, None
    own = holes.chosen(mine)
    return shapely.difference(polygon, shapely.union_all(own.polygons())), own


# --- their nodes -----------------------------------------------------------------------------------------------------


class _Work:
    """The streets while ways are added."""

    def __init__(self, streets: Streets) -> None:
        self.streets = streets
        self._fresh = _least(streets) - 1
        self._line: list[int] = []
        self._xy: list[F64] = []
        self._key: list[I64] = []

    def numbers(self, count: int) -> I64:
        """Return so many numbers of vertices that no other has."""
        self._fresh -= count
        return np.arange(self._fresh + 1, self._fresh + 1 + count, dtype=np.int64)

    def add(self, like: int, xy: F64, key: I64) -> None:
        """Add a line with the attributes of another one."""
        self._line.append(like)
        self._xy.append(xy)
        self._key.append(key)

    def finished(self) -> Streets:
        """Return the streets with all that was added."""
        own = self.streets
        if not self._line:
            return own
        more = own.lines.iloc[self._line].assign(source=passability.ACROSS)
        for name in ("ele_from_m", "ele_to_m"):
            if name in more:
                more[name] = np.nan
        base = own.lines if "source" in own.lines else own.lines.assign(source="")
        lines = pd.concat([base, more], ignore_index=True).astype(base.dtypes.to_dict())
        size = np.concatenate([np.diff(own.offsets), [len(xy) for xy in self._xy]])
        key = None if own.vertex_id is None else np.concatenate([own.vertex_id, *self._key])
        return replace(
            own, lines=lines, offsets=np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
            xy=np.concatenate([own.xy, *self._xy]), vertex_id=key,
        )  # fmt: skip


def _least(streets: Streets) -> int:
    """Return the least number that a vertex has, at most 0."""
    return 0 if streets.vertex_id is None else int(min(streets.vertex_id.min(initial=0), 0))


def _with_feet(streets: Streets, squares: list[_Square], standing: tuple[Standing, ...]) -> Streets:
    """Return the streets with a vertex wherever a place is snapped to the outline of a square.

    A street that runs along an outline has that vertex too, so that who is snapped to it may turn onto the square.
    """
    rows = np.array(sorted({row for square in squares for row in square.lines}), dtype=np.int64)
    feet = np.concatenate([np.column_stack([one.line, one.foot_xy]) for one in standing])
    outlines = shapely.linestrings(
        np.concatenate([_vertices(streets, row) for row in rows.tolist()]),
        indices=np.repeat(np.arange(len(rows)), np.diff(streets.offsets)[rows]),
    )
    at, on = shapely.STRtree(outlines).query(shapely.points(feet[:, 1:]), predicate="dwithin", distance=_SAME_M)
    lines_at: dict[int, set[int]] = defaultdict(set)
    for number, row in zip(at.tolist(), rows[on].tolist(), strict=True):
        lines_at[number] |= {row, int(feet[number, 0])}
    added: dict[int, list[tuple[float, float, float, int]]] = defaultdict(list)
    least, seen = _least(streets), set[tuple[int, float, float]]()
    for number, lines in lines_at.items():
        x, y, key = _same_vertex(streets, lines, feet[number, 1:]) or (*feet[number, 1:].tolist(), least - 1 - number)
        for line in sorted(lines):
            own = _vertices(streets, line)
            if (line, x, y) in seen or np.hypot(*(own - (x, y)).T).min() <= _SAME_M:
                continue
            seen.add((line, x, y))
            along = float(shapely.line_locate_point(shapely.linestrings(own), shapely.Point(x, y)))
            added[line].append((along, x, y, key))
    return junctions.with_vertices(streets, added) if added else streets


def _vertices(streets: Streets, line: int) -> F64:
    return streets.xy[streets.offsets[line] : streets.offsets[line + 1]]


def _same_vertex(streets: Streets, lines: set[int], foot: F64) -> tuple[float, float, int] | None:
    """Return place and number of a vertex that stands at the foot on one of the lines; None where there is none."""
    for line in sorted(lines):
        away = np.hypot(*(_vertices(streets, line) - foot).T)
        row = int(streets.offsets[line]) + int(np.argmin(away))
        if away.min() <= _SAME_M:
            number = 0 if streets.vertex_id is None else int(streets.vertex_id[row])
            return float(streets.xy[row, 0]), float(streets.xy[row, 1]), number
    return None


def _shared(streets: Streets) -> Bools:
    """Return which vertices stand on more than one walked line, or twice on one but for the end of a ring."""
    used = np.zeros(len(streets.lines), dtype=bool)
    used[walked_lines(streets)] = True
    line = np.repeat(np.arange(len(streets.lines)), np.diff(streets.offsets))
    counts = used[line]
    first, last = streets.offsets[:-1], streets.offsets[1:] - 1
    closed = (np.diff(streets.offsets) > 1) & (streets.xy[first] == streets.xy[last]).all(axis=1)
    counts[last[closed]] = False
    if streets.vertex_id is None:
        number = pd.DataFrame(streets.xy + 0.0).groupby([0, 1], sort=False).ngroup().to_numpy()
    else:
        number = np.unique(streets.vertex_id, return_inverse=True)[1]
    return np.asarray(np.bincount(number, weights=counts)[number] > 1)


@dataclass(frozen=True)
class _Nodes:
    """Nodes of one visibility graph: places, numbers, and whether each is only somebody's home."""

    xy: F64
    key: I64
    is_other: Bools


def _cross(work: _Work, square: _Square, shared: Bools, sources: Standing, others: Standing) -> None:
    """Add the straight ways across a square, and the outlines of its holes."""
    rings = _rings(work, square, (sources, others))
    xy = np.concatenate([ring.xy[:-1] for ring in rings])
    key = np.concatenate([ring.key[:-1] for ring in rings])
    is_node = np.concatenate([_turns(ring.xy, is_hole=ring.is_hole) | ring.shared(shared)[:-1] for ring in rings])
    kind = np.where(is_node, 0, 3)
    for number, one in ((1, sources), (2, others)):
        at = shapely.STRtree(shapely.points(xy)).query(
            shapely.points(one.foot_xy), predicate="dwithin", distance=_SAME_M
        )[1]
        kind[at] = np.minimum(kind[at], number)
        for ring in rings:
            own = np.isin(key, ring.feet[number - 1])
            kind[own] = np.minimum(kind[own], number)
    inside = [one.xy[_inside(square.free, one.xy)] for one in (sources, others)]
    keep = np.flatnonzero(kind < 3)
    nodes = _merged(work, xy[keep], key[keep], kind[keep], inside)
    pairs = _visible(square.free, nodes)
    for a, b in pairs.tolist():
        work.add(square.lines[0], nodes.xy[[a, b]], nodes.key[[a, b]])


@dataclass(frozen=True)
class _Ring:
    xy: F64
    key: I64
    rows: I64
    is_hole: bool
    feet: tuple[I64, I64]

    def shared(self, shared: Bools) -> Bools:
        """Return which of its vertices other lines meet."""
        return np.where(self.rows >= 0, shared[np.maximum(self.rows, 0)], False)


_NO = np.empty(0, dtype=np.int64)


def _rings(work: _Work, square: _Square, standing: tuple[Standing, Standing]) -> list[_Ring]:
    """Return the outline and the holes as closed rings of vertices; holes become lines of their own."""
    streets = work.streets
    key = np.arange(len(streets.xy)) if streets.vertex_id is None else streets.vertex_id
    parts = [np.arange(streets.offsets[row], streets.offsets[row + 1]) for row in square.lines]
    rows = _chained(parts, streets.xy)
    out = [_Ring(streets.xy[rows], key[rows], rows, is_hole=False, feet=(_NO, _NO))]
    for xy, ids in () if square.holes is None else square.holes.each():
        hole = shapely.Polygon(xy)
        ring, number, feet = xy, ids if streets.vertex_id is not None else -np.ones(len(xy), np.int64), []
        for one in standing:
            own = one.xy[_inside(hole, one.xy)]
            ring, number, new = _with_corners(work, ring, number, own)
            feet.append(new)
        work.add(square.lines[0], ring, number)
        out.append(_Ring(ring, number, np.full(len(ring), -1), is_hole=True, feet=(feet[0], feet[1])))
    return out


def _chained(parts: list[I64], xy: F64) -> I64:
    """Return the rows of several lines, each turned so that they follow each other around."""
    rows, rest = parts[0], list(parts[1:])
    while rest:
        end = xy[rows[-1]]
        at, turned = next(
            ((i, backwards) for i, part in enumerate(rest) for backwards in (False, True) if (xy[part[-1 if backwards else 0]] == end).all()),
            (0, False),
        )  # fmt: skip
        part = rest.pop(at)
        rows = np.concatenate([rows, (part[::-1] if turned else part)[1:]])
    return rows


def _with_corners(work: _Work, ring: F64, key: I64, places: F64) -> tuple[F64, I64, I64]:
    """Return a ring with a vertex at the point nearest to each place within it, and the numbers of these."""
    line = shapely.linestrings(ring)
    along = np.unique([float(shapely.line_locate_point(line, shapely.Point(p))) for p in places.tolist()])
    if not len(along):
        return ring, key, _NO
    step = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))])
    at = np.searchsorted(step, along, side="right")
    feet = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
    number = work.numbers(len(along))
    return np.insert(ring, at, feet, axis=0), np.insert(key, at, number), number


def _turns(ring: F64, *, is_hole: bool) -> Bools:
    """Return the vertices of a closed ring at which a way inside the square may turn: reflex ones, corners of a hole."""
    before, here, after = np.roll(ring[:-1], 1, axis=0), ring[:-1], np.roll(ring[:-1], -1, axis=0)
    one, two = here - before, after - here
    cross = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    if not shapely.is_ccw(shapely.linearrings(ring)):
        cross = -cross
    scale = np.hypot(*one.T) * np.hypot(*two.T)
    return np.asarray(cross > _STRAIGHT * scale if is_hole else cross < -_STRAIGHT * scale)


def _inside(shape: shapely.Geometry, xy: F64) -> Bools:
    shapely.prepare(shape)
    return np.asarray(shapely.contains_xy(shape, xy[:, 0], xy[:, 1]))


def _merged(work: _Work, xy: F64, key: I64, kind: I64, inside: list[F64]) -> _Nodes:
    """Return the nodes of the outlines with the places that stand inside, each place once."""
    parts = [np.unique(part, axis=0) for part in inside]
    if len(parts[0]) and len(parts[1]):
        known = {tuple(p) for p in parts[0].tolist()}
        parts[1] = parts[1][[tuple(p) not in known for p in parts[1].tolist()]]
    more = np.concatenate(parts)
    is_other = np.concatenate([kind == 2, np.zeros(len(parts[0]), bool), np.ones(len(parts[1]), bool)])
    nodes = _Nodes(np.concatenate([xy, more]), np.concatenate([key, work.numbers(len(more))]), is_other)
    _, first = np.unique(nodes.key if work.streets.vertex_id is not None else _places(nodes.xy), return_index=True)
    return _Nodes(nodes.xy[first], nodes.key[first], nodes.is_other[first])


def _places(xy: F64) -> I64:
    return np.asarray(pd.DataFrame(xy + 0.0).groupby([0, 1], sort=False).ngroup().to_numpy())


def _visible(free: shapely.Geometry, nodes: _Nodes) -> I64:
    """Return the pairs of nodes whose straight line stays inside and does not merely follow an outline."""
    a, b = np.triu_indices(len(nodes.xy), 1)
    keep = ~(nodes.is_other[a] & nodes.is_other[b]) & (nodes.xy[a] != nodes.xy[b]).any(axis=1)
    a, b = a[keep], b[keep]
    lines: Objects = shapely.linestrings(np.stack([nodes.xy[a], nodes.xy[b]], axis=1))
    room, edge = shapely.buffer(free, _SLACK_M, join_style="mitre"), shapely.buffer(free.boundary, _SAME_M)
    shapely.prepare([room, edge])
    fine = shapely.covers(room, lines) & ~shapely.covers(edge, lines)
    return np.column_stack([a[fine], b[fine]])
