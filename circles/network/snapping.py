"""Snapping places to the exact nearest point of a street of their island (contract, section 3.5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from circles.foundation.types import F64, I64
from circles.network.positions import Positions


@dataclass(frozen=True)
class Snapped:
    """Where places are snapped.

    Attributes
    ----------
    edge : (p,) the street's edge, -1 = not snapped
    fraction : (p,) share of the edge's length from its tail
    leg_m : (p,) length of the straight leg, NaN where not snapped
    foot_xy : (p, 2) the point on the street, NaN where not snapped
    """

    edge: I64
    fraction: F64
    leg_m: F64
    foot_xy: F64

    @property
    def is_snapped(self) -> npt.NDArray[np.bool_]:
        """Return which places are snapped."""
        return self.edge >= 0

    def rows(self, only: npt.NDArray[np.bool_] | None = None) -> I64:
        """Return the numbers of the snapped places (of those in ``only``), ascending."""
        return np.flatnonzero(self.is_snapped if only is None else self.is_snapped & only)

    def positions(self, *, speed_m_per_s: float, only: npt.NDArray[np.bool_] | None = None) -> Positions:
        """Return the snapped places (of those in ``only``) as positions with the leg's seconds, in order."""
        keep = self.rows(only)
        return Positions(self.edge[keep], self.fraction[keep], self.leg_m[keep] / speed_m_per_s)


def project(offsets: I64, xy: F64, length_m: F64, points: F64, edge: I64) -> tuple[F64, F64, F64]:
    """Return, for each point and its edge, the nearest point of the edge: fraction, distance in metres, place."""
    n = len(edge)
    size = np.diff(offsets)[edge] - 1
    first = np.concatenate([[0], np.cumsum(size)[:-1]]).astype(np.int64) if n else np.empty(0, np.int64)
    row = np.repeat(np.arange(n), size)
    a = np.arange(size.sum()) - first[row] + offsets[:-1][edge][row]
    start, step = xy[a], xy[a + 1] - xy[a]
    square = (step**2).sum(axis=1)
    t = np.divide(((points[row] - start) * step).sum(axis=1), square, out=np.zeros(len(a)), where=square > 0)
    t = np.clip(t, 0.0, 1.0)
    # at the far end the vertex itself, so that places on a node are exactly there
    foot = np.where((t == 1.0)[:, None], xy[a + 1], start + t[:, None] * step)
    distance = np.hypot(*(points[row] - foot).T)
    length = np.sqrt(square)
    before = np.cumsum(length) - length
    before -= before[first][row]
    best = np.lexsort((np.arange(len(a)), distance, row))
    best = best[first] if n else best
    along = before[best] + t[best] * length[best]
    whole = length_m[edge]
    fraction = np.clip(np.divide(along, whole, out=np.zeros(n), where=whole > 0), 0.0, 1.0)
    is_end = (t[best] == 1.0) & (best == first + size - 1)
    fraction[is_end & (whole > 0)] = 1.0
    return fraction, distance[best], foot[best]
