"""Cells of a population raster, cut by the coast and by townships → the parts in which their people are, with weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from circles.foundation.types import F64, I64, Objects

SMALLEST_SHARE = 0.01
"""A part smaller than this share of its cell's parts is a sliver: its people are given to the others."""


@dataclass(frozen=True)
class Parts:
    """Where the people of cells are put.

    Attributes
    ----------
    cell : the cell of each part, rising
    xy : (n, 2) a place inside the part: the cell's centre where it is not cut
    weight : share of the cell's people, by area; the parts of a cell add up to 1
    is_dry : of each cell: whether any land lies in it; True everywhere where no land is given
    is_cut : of each cell: whether the coast or a township's boundary cuts it
    """

    cell: I64
    xy: F64
    weight: F64
    is_dry: npt.NDArray[np.bool_]
    is_cut: npt.NDArray[np.bool_]


def parts(boxes: Objects, centres: F64, *, land: Objects | None, townships: Objects | None) -> Parts:
    """Cut cells by the coast and by townships.

    What lies at sea has no weight where a cell has any land, and what lies in no township none where it has any; a cell
    that has neither stays whole, at its centre. Nothing is resampled: the weights of a cell add up to 1.

    Parameters
    ----------
    boxes : (n,) polygons of the cells
    centres : (n, 2) their centres
    land, townships : polygons in the CRS of the cells
    """
    cell, shape = np.arange(len(boxes)), boxes
    is_dry = np.ones(len(boxes), dtype=bool)
    if land is not None:
        cell, shape, touched = _cut(cell, shape, shapely.get_parts(land))
        is_dry = np.isin(np.arange(len(boxes)), cell[touched])
    if townships is not None:
        cell, shape, _ = _cut(cell, shape, townships)
    area = shapely.area(shape)
    whole = np.bincount(cell, weights=area, minlength=len(boxes))
    keep = area >= SMALLEST_SHARE * whole[cell]
    cell, shape, area = cell[keep], shape[keep], area[keep]
    whole = np.bincount(cell, weights=area, minlength=len(boxes))
    is_cut = (np.bincount(cell, minlength=len(boxes)) > 1) | (whole < (1 - 1e-9) * shapely.area(boxes))
    xy = centres[cell].astype(np.float64)
    xy[is_cut[cell]] = _inside(shape[is_cut[cell]])
    order = np.lexsort((xy[:, 1], xy[:, 0], cell))
    return Parts(cell[order], xy[order], (area / whole[cell])[order], is_dry, is_cut)


def _inside(shapes: Objects) -> F64:
    """Return a place inside each shape: its centre of gravity, or a point on it where that lies outside."""
    middle = shapely.centroid(shapes)
    out = ~shapely.intersects(shapes, middle)
    middle[out] = shapely.point_on_surface(shapes[out])
    return np.asarray(shapely.get_coordinates(middle), dtype=np.float64)


def _cut(
    cell: I64, shapes: Objects, by: Sequence[shapely.Geometry] | Objects
) -> tuple[I64, Objects, npt.NDArray[np.bool_]]:
    """Return shapes cut by polygons, the cell of each, and whether it lies in one; what lies in none at all stays."""
    tree = shapely.STRtree(shapes)
    inside = np.zeros(len(shapes), dtype=bool)
    owners: list[I64] = []
    pieces: list[Objects] = []
    for polygon in by:
        near = np.sort(tree.query(polygon))
        near = near[~inside[near]]
        shapely.prepare(polygon)
        within = shapely.contains_properly(polygon, shapes[near])
        inside[near[within]] = True
        border = near[~within]
        border = border[shapely.intersects(polygon, shapes[border])]
        piece = shapely.intersection(shapes[border], polygon)
        has_area = shapely.area(piece) > 0
        owners.append(border[has_area])
        pieces.append(piece[has_area])
    owner = np.concatenate([*owners, np.empty(0, dtype=np.int64)]).astype(np.int64)
    piece = np.concatenate([*pieces, np.empty(0, dtype=object)])
    keep = ~inside[owner]
    owner, piece = owner[keep], piece[keep]
    lone = np.setdiff1d(np.arange(len(shapes)), owner)
    is_in = np.concatenate([np.ones(len(owner), dtype=bool), inside[lone]])
    return np.concatenate([cell[owner], cell[lone]]), np.concatenate([piece, shapes[lone]]), is_in
