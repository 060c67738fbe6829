"""Parts of streets as vertices, and as straight pieces with the metres that can still be walked beyond them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from circles.foundation.types import F64, I64
from circles.network.isochrones import compiled
from circles.network.isochrones.parts import Edges, Parts


def part_lines(edges: Edges, parts: Parts) -> npt.NDArray[np.object_]:
    """Return each part as a LineString in the CRS of the edges; a part of no length is a line of two equal points."""
    if not len(parts):
        return np.empty(0, dtype=object)
    xy, indptr = vertices(edges, parts.edge, parts.from_fraction, parts.to_fraction)
    return np.asarray(shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy, (indptr,)))


def discs(edges: Edges, within: Parts, *, limit_s: float, speed_m_per_s: float, cap_m: float) -> F64:
    """Return parts, along each of which seconds are linear, as straight pieces with the metres left at their ends.

    Parameters
    ----------
    edges, within : the streets, and parts within ``limit_s``
    limit_s, speed_m_per_s : the time, and the speed at which what is left of it is walked
    cap_m : nobody walks further than this

    Returns
    -------
    (n, 6) x0, y0, r0, x1, y1, r1 in metres; the radius is linear in between
    """
    return compiled.discs(
        within.edge, within.from_fraction, within.to_fraction, within.from_s, within.to_s,
        edges.offsets, edges.xy, edges.metres, limit_s, speed_m_per_s, cap_m,
    )  # fmt: skip


def vertices(edges: Edges, edge: I64, start: F64, stop: F64) -> tuple[F64, I64]:
    """Return vertices of parts, and where each part's begin.

    Parameters
    ----------
    edges : the streets
    edge, start, stop : (k,) the street of each part, and where it begins and ends as shares of its length
    """
    metres = edges.metres
    first, last = edges.offsets[edge], edges.offsets[edge + 1] - 1
    length = metres[last] - metres[first]
    low, high = metres[first] + start * length, metres[first] + stop * length
    after = np.clip(np.searchsorted(metres, low, side="right"), first + 1, last)
    before = np.clip(np.searchsorted(metres, high, side="left") - 1, first, last - 1)
    inner = np.maximum(before - after + 1, 0)
    indptr = np.concatenate([[0], np.cumsum(inner + 2)]).astype(np.int64)
    xy = np.empty((indptr[-1], 2))
    ends = (indptr[:-1], after - 1, low, start != 0, first), (indptr[1:] - 1, before, high, stop != 1, last)
    for row, vertex, where, is_cut, corner in ends:
        xy[row] = edges.xy[corner]
        cut = np.flatnonzero(is_cut)
        at, behind = edges.xy[vertex[cut]], metres[vertex[cut]]
        step = metres[vertex[cut] + 1] - behind
        share = np.clip((where[cut] - behind) / np.where(step > 0, step, 1.0), 0.0, 1.0)
        xy[row[cut]] = at + share[:, None] * (edges.xy[vertex[cut] + 1] - at)
    line = np.repeat(np.arange(edge.size), inner)
    number = np.arange(line.size) - np.repeat(np.cumsum(inner) - inner, inner)
    xy[indptr[line] + 1 + number] = edges.xy[after[line] + number]
    return xy, indptr
