"""Isochrones as polygons: the union of what can still be walked to beyond the reached streets, cut to their islands.

The union is not built from thousands of buffers: the greatest of "metres left minus metres away" is computed on a grid
of nodes, and its zero line, interpolated between the nodes, is the outline. Cells are ``CELL_M`` wide, finer where the
area is small and coarser where it is very large; beyond that it is drawn tile by tile, so that memory stays bounded.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely

from circles.foundation.direction import Direction, Way
from circles.foundation.types import F32, F64, I64
from circles.network import Positions, engine
from circles.network.isochrones import chains, compiled
from circles.network.isochrones.lines import discs
from circles.network.isochrones.parts import Edges, Parts, concatenated, pieces_within, time_profile

RADIUS_M = 60.0
"""Nobody is taken to walk further than this beyond a street (contract, section 3.13)."""
TOLERANCE_M = 2.0
"""Outlines are simplified by at most this."""
CELL_M = 10.0
MIN_CELL_M = 2.0
CELLS_WANTED = 24_000
"""Cells of a small area's grid: they grow with it from ``MIN_CELL_M`` to ``CELL_M``."""
LARGEST_CELL_M = 20.0
"""Cells grow to this where an area would not fit into one tile otherwise; larger areas are drawn tile by tile."""
TILE_CELLS = 2048
"""Cells along one side of a tile of a large area: 16 MB."""

BLOCK = 8
"""Facilities that one thread draws in a row."""

EMPTY = shapely.MultiPolygon()


class Shores:
    """The islands' land, prepared for cutting.

    Parameters
    ----------
    islands : one polygon or multipolygon per island number, in the CRS of the edges; None = land everywhere
    """

    def __init__(self, islands: Sequence[Any] | None) -> None:
        self._islands = None if islands is None else list(islands)
        self._merged: dict[tuple[int, ...], Any] = {}
        self._lock = threading.Lock()  # prepared geometry is for one thread at a time

    def land(self, numbers: tuple[int, ...]) -> Any:
        """Return the land of several islands together, prepared; None = everywhere."""
        if self._islands is None:
            return None
        if numbers not in self._merged:
            several = [self._islands[i] for i in numbers]
            land = several[0] if len(several) == 1 else shapely.union_all(several)
            shapely.prepare(land)
            self._merged[numbers] = land
        return self._merged[numbers]

    def cut(self, shape: Any, numbers: tuple[int, ...]) -> Any:
        """Return the part of ``shape`` on islands ``numbers``; only a shape that meets the shore is intersected."""
        with self._lock:
            land = self.land(numbers)
            if land is None or shape.is_empty or shapely.contains_properly(land, shape):
                return shape
        west, south, east, north = shape.bounds
        nearby = shapely.clip_by_rect(land, west - 1, south - 1, east + 1, north + 1)
        if not nearby.is_valid:
            nearby = shapely.make_valid(nearby)
        return _only_polygons(shapely.intersection(shape, nearby))


def nested_isochrones(
    edges: Edges,
    profile: Parts,
    *,
    limits_s: Sequence[float],
    speed_m_per_s: float,
    shores: Shores | None = None,
    tolerance_m: float = TOLERANCE_M,
) -> list[Any]:
    """Draw the isochrones of a profile (contract, section 3.13), each upon the field of the one before it.

    Parameters
    ----------
    edges, profile : the streets, and the seconds along them as :func:`time_profile` gives them
    limits_s : seconds within which a street is reached, ascending
    speed_m_per_s : the walker's speed on the flat, at which the rest of the time is walked beyond the street
    shores : the land; parts on each island are drawn apart and cut to that island. None = land everywhere
    tolerance_m : the outline is simplified by at most this

    Returns
    -------
    A valid MultiPolygon per limit, holes kept; empty where nothing is reached

    Raises
    ------
    ValueError
        The limits do not ascend.
    """
    nest = _nest(profile, limits_s, speed_m_per_s)
    return _drawn(
        edges, nest, limits_s=limits_s, speed_m_per_s=speed_m_per_s, shores=shores or Shores(None), tolerance_m=tolerance_m
    )  # fmt: skip


def _nest(profile: Parts, limits_s: Sequence[float], speed_m_per_s: float) -> list[Parts]:
    """Return the parts within each limit that its field does not have from the limit before it.

    A part that RADIUS_M could be walked from within the limit before is in the field already, and grows no more.
    """
    if list(limits_s) != sorted(limits_s):
        raise ValueError(f"limits must ascend: {[*limits_s]}")
    grown_s = [-np.inf, *(limit - RADIUS_M / speed_m_per_s for limit in limits_s)]
    return [
        pieces_within(profile, limit_s=limit, after_s=grown) for limit, grown in zip(limits_s, grown_s, strict=False)
    ]


def isochrone(edges: Edges, profile: Parts, *, limit_s: float, **options: Any) -> Any:
    """Draw one isochrone of a profile: what :func:`nested_isochrones`, which takes the same options, gives for one limit."""
    return nested_isochrones(edges, profile, limits_s=[limit_s], **options)[0]


def _drawn(
    edges: Edges, nest: Sequence[Parts], *, limits_s: Sequence[float], speed_m_per_s: float, shores: Shores, tolerance_m: float
) -> list[Any]:  # fmt: skip
    """Return the area within each limit: parts on each island drawn apart and cut to that island.

    ``nest`` are the parts within each limit, without those whose radius is ``RADIUS_M`` within the limit before.
    """
    number, sets = edges.island_sets
    of_part = [number[parts.edge] for parts in nest]
    islands = np.unique(np.concatenate(of_part))
    shapes: list[list[Any]] = [[] for _ in limits_s]
    for island in islands:
        pieces = [
            discs(
                edges, parts if len(islands) == 1 else parts.taken(of == island),
                limit_s=limit, speed_m_per_s=speed_m_per_s, cap_m=RADIUS_M,
            )
            for parts, of, limit in zip(nest, of_part, limits_s, strict=True)
        ]  # fmt: skip
        for own, shape in zip(shapes, _traced(pieces), strict=True):
            own.append(shores.cut(_simplified(shape, tolerance_m), sets[island]))
    return [_together(own) for own in shapes]


def _together(shapes: list[Any]) -> Any:
    """Return several MultiPolygons as one; only polygons that meet one of another shape are united."""
    if len(shapes) < 2:
        return shapes[0] if shapes else EMPTY
    polygons, whose = shapely.get_parts(shapes, return_index=True)
    one, other = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    meet = np.unique(one[whose[one] != whose[other]])
    if not len(meet):
        return shapely.multipolygons(polygons)
    united = _only_polygons(shapely.union_all(polygons[meet]))
    return shapely.multipolygons([*shapely.get_parts(united), *np.delete(polygons, meet)])


def areas_for(
    edges: Edges,
    tail_s: F64,
    head_s: F64,
    points: Positions | None,
    *,
    limits_s: Sequence[float],
    speed_m_per_s: float,
    direction: Way = "to",
    shores: Shores | None = None,
    tolerance_m: float = TOLERANCE_M,
) -> list[Any]:
    """Return one isochrone polygon per limit, of all facilities together.

    Parameters
    ----------
    edges : the streets
    tail_s, head_s : (edges,) seconds between each edge's ends and the nearest facility, inf = none
    points : the facilities in mid-street; None where all are at nodes
    limits_s : seconds, ascending
    speed_m_per_s : speed beyond the streets
    direction : ``"to"`` or ``"from"`` the facilities
    shores : land that polygons are cut to; not cut where None
    tolerance_m : greatest distance of the simplified outline from the exact one

    Returns
    -------
    list of (multi)polygons : one per limit
    """
    profile = time_profile(edges, tail_s, head_s, points, direction=direction)
    return nested_isochrones(
        edges, profile, limits_s=limits_s, speed_m_per_s=speed_m_per_s, shores=shores, tolerance_m=tolerance_m
    )


def facility_areas(
    edges: Edges,
    reached: tuple[I64, I64, F64],
    points: Positions,
    *,
    limits_s: Sequence[float],
    speed_m_per_s: float,
    direction: Way = "to",
    shores: Shores | None = None,
    tolerance_m: float = TOLERANCE_M,
) -> Iterator[list[Any]]:
    """Yield, for each facility by itself, one isochrone per limit.

    Parameters
    ----------
    edges : the streets
    reached : (indptr, nodes, seconds) as ``Network.reach(points, limit_s=max(limits_s))`` returns them
    points : the facilities, one per row of ``reached``
    limits_s, speed_m_per_s, direction, shores, tolerance_m : see :func:`isochrone`
    """
    indptr, nodes, seconds = reached[0], np.asarray(reached[1], np.int64), np.asarray(reached[2], np.float64)
    rise_s, fall_s = edges.forward_s, edges.backward_s
    if Direction.of(direction).is_to:
        rise_s, fall_s = fall_s, rise_s
    land = shores or Shores(None)
    at_indptr, at_edge = edges.at_node
    first = np.searchsorted(points.place, np.arange(len(points) + 1))
    _ = edges.metres, edges.island_sets  # made once, not by every thread

    def drawn(block: range) -> list[list[Any]]:
        node_s = np.full(max(at_indptr.size - 1, 1), np.inf)
        shapes = []
        for i in block:
            mine = slice(indptr[i], indptr[i + 1])
            parts = [
                Parts(*compiled.parts_of_one(
                    nodes[mine], seconds[mine], points.edge[at], points.fraction[at], points.start_s[at],
                    edges.tail, edges.head, rise_s, fall_s, at_indptr, at_edge, node_s, float(limits_s[-1]),
                ))
                for at in range(first[i], first[i + 1])
            ]  # fmt: skip
            whole = parts[0] if len(parts) == 1 else _each_on_its_own(parts, points.edge[first[i] : first[i + 1]])
            nest = [whole] if len(limits_s) == 1 else _nest(whole, limits_s, speed_m_per_s)
            shapes.append(_drawn(
                edges, nest, limits_s=limits_s, speed_m_per_s=speed_m_per_s, shores=land, tolerance_m=tolerance_m
            ))  # fmt: skip
        return shapes

    blocks = [range(begin, min(begin + BLOCK, len(points))) for begin in range(0, len(points), BLOCK)]
    for shapes in engine.side_by_side(drawn, blocks):
        yield from shapes


def _each_on_its_own(parts: Sequence[Parts], own: I64) -> Parts:
    """Return the parts of a facility with several points, each of which sees only its own edge from the middle."""
    rest = parts[0].taken(~np.isin(parts[0].edge, own[1:]))
    return concatenated([rest, *(p.taken(p.edge == edge) for p, edge in zip(parts[1:], own[1:], strict=True))])


def warm_up() -> None:
    """Compile the drawing once, into numba's cache; later processes load it in a fraction of a second."""
    tail, head, second_s = np.array([0]), np.array([1]), np.array([1.0])
    for array in (tail, head):  # a table's own columns cannot be written, which is another type to numba
        array.flags.writeable = False
    edges = Edges(tail, head, second_s, second_s.copy(), np.array([0, 2]), np.array([[0.0, 0.0], [1.0, 0.0]]))
    reached = np.array([0, 1]), np.array([0]), np.array([1.0])
    at = Positions([0], [0.5])
    list(facility_areas(edges, reached, at, limits_s=[9.0], speed_m_per_s=1.0))
    chains.warm_up(edges)


def outline(pieces: F64) -> Any:
    """Return the union of discs along straight pieces (x0, y0, r0, x1, y1, r1) as a valid MultiPolygon."""
    return _polygons(_traced([pieces])[0])


def _traced(nest: Sequence[F64]) -> list[Any]:
    """Return the outline of each of several sets of pieces and all before it, not yet known to be valid: rings may touch."""
    pieces = np.concatenate(nest)
    if not len(pieces):
        return [EMPTY] * len(nest)
    x, y, r = pieces[:, [0, 3]], pieces[:, [1, 4]], pieces[:, [2, 5]]
    box = np.array([(x - r).min(), (y - r).min(), (x + r).max(), (y + r).max()])
    wide, high = box[2:] - box[:2]
    cell = float(np.clip(np.sqrt(wide * high / CELLS_WANTED), MIN_CELL_M, CELL_M))
    cell = max(cell, min(max(wide, high) / (TILE_CELLS - 4), LARGEST_CELL_M))
    # whole numbers of cells from the CRS's origin: the same piece is drawn the same whatever is around it
    first = np.floor(box[:2] / cell).astype(np.int64) - 1
    last = np.ceil(box[2:] / cell).astype(np.int64) + 1
    if (last - first).max() <= TILE_CELLS:
        return _tile(nest, first, last, cell)
    tiles = []
    west, south, east, north = (x - r).min(axis=1), (y - r).min(axis=1), (x + r).max(axis=1), (y + r).max(axis=1)
    ends = np.cumsum([len(own) for own in nest])[:-1]
    for left in range(first[0], last[0], TILE_CELLS):
        column_on = (east >= (left - 2) * cell) & (west <= (left + TILE_CELLS + 2) * cell)
        for low in range(first[1], last[1], TILE_CELLS):
            on = column_on & (north >= (low - 2) * cell) & (south <= (low + TILE_CELLS + 2) * cell)
            if on.any():
                corner = np.array([left, low])
                mine = [own[is_on] for own, is_on in zip(nest, np.split(on, ends), strict=True)]
                tiles.append(_tile(mine, corner, np.minimum(corner + TILE_CELLS, last), cell))
    return [shapely.union_all([_polygons(tile) for tile in of_limit]) for of_limit in zip(*tiles, strict=True)]


def _tile(nest: Sequence[F64], first: I64, last: I64, cell_m: float) -> list[Any]:
    """Return the outlines within one rectangle of the grid, nodes ``first`` to ``last`` (column, row) included."""
    columns, rows = (last - first + 1).tolist()
    west, south = (first * cell_m).tolist()
    values = compiled.field(nest[0], west, south, cell_m, rows, columns)
    shapes = [_polygons_of(values, first, cell_m)]
    for pieces in nest[1:]:
        compiled.raise_field(values, pieces, west, south, cell_m)
        shapes.append(_polygons_of(values, first, cell_m))
    return shapes


def _polygons_of(values: F32, first: I64, cell_m: float) -> Any:
    """Return what is above 0 in a field whose first node is ``first``."""
    at, start, inside = compiled.rings(values)
    if not inside.size:
        return EMPTY
    outer = np.where(inside < 0, np.arange(inside.size), inside)
    order = np.lexsort((inside >= 0, outer))
    size = np.diff(start)[order]
    offsets = np.concatenate([[0], np.cumsum(size)])
    vertex = np.repeat(start[:-1][order] - offsets[:-1], size) + np.arange(offsets[-1])
    xy = (at[vertex] + first) * cell_m
    of_polygon = np.append(np.flatnonzero(inside[order] < 0), inside.size)
    return shapely.multipolygons(shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (offsets, of_polygon)))


def _simplified(shape: Any, tolerance_m: float) -> Any:
    """Return a simpler outline; the quick way where it stays valid, else the one that keeps rings apart."""
    if shape.is_empty or tolerance_m <= 0:
        return _polygons(shape)
    quick = shapely.simplify(shape, tolerance_m, preserve_topology=False)
    if quick.is_valid and not quick.is_empty:
        return quick if quick.geom_type == "MultiPolygon" else shapely.multipolygons([quick])
    return _polygons(shapely.simplify(_polygons(shape), tolerance_m, preserve_topology=True))


def _polygons(shape: Any) -> Any:
    """Return the polygons of a shape as a valid MultiPolygon."""
    return _only_polygons(shape if shape.is_valid else shapely.make_valid(shape))


def _only_polygons(shape: Any) -> Any:
    """Return the polygons of a valid shape as a MultiPolygon; stray points and lines are dropped."""
    if shape.geom_type == "MultiPolygon":
        return shape
    if shape.geom_type == "Polygon":
        return EMPTY if shape.is_empty else shapely.multipolygons([shape])
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in {"Polygon", "MultiPolygon"}]
    return _only_polygons(shapely.union_all(parts)) if parts else EMPTY
