"""Lines with the vertices left out that lie within a tolerance of what remains (Douglas and Peucker), for what is drawn."""

from __future__ import annotations

import numpy as np

from circles.foundation.jit import compiled
from circles.foundation.types import F64, I64, Bools


def thinned(xy: F64, offsets: I64, tolerance: float) -> Bools:
    """Return which vertices of lines ``xy[offsets[i]:offsets[i + 1]]`` remain; ends always do.

    Parameters
    ----------
    xy, offsets : the lines, in any unit
    tolerance : no vertex left out lies further than this from its line, in the same unit
    """
    keep = np.ones(len(xy), np.bool_)
    if tolerance > 0:
        _thin(xy, offsets, tolerance * tolerance, keep, np.empty((2, 64), np.int64))
    return keep


@compiled()
def _thin(xy: F64, offsets: I64, square: float, keep: Bools, waiting: I64) -> None:
    """Clear ``keep`` where a vertex may go; ``waiting`` is room for the stretches still to be looked at."""
    for line in range(offsets.size - 1):
        count = 1
        waiting[0, 0] = offsets[line]
        waiting[1, 0] = offsets[line + 1] - 1
        while count > 0:
            count -= 1
            first = waiting[0, count]
            last = waiting[1, count]
            dx = xy[last, 0] - xy[first, 0]
            dy = xy[last, 1] - xy[first, 1]
            length = dx * dx + dy * dy
            most = -1.0
            furthest = first
            for i in range(first + 1, last):
                px = xy[i, 0] - xy[first, 0]
                py = xy[i, 1] - xy[first, 1]
                if length > 0.0:
                    t = min(max((px * dx + py * dy) / length, 0.0), 1.0)
                    px -= t * dx
                    py -= t * dy
                if px * px + py * py > most:
                    most = px * px + py * py
                    furthest = i
            if most < 0.0:
                continue
            if most <= square:
                for i in range(first + 1, last):
                    keep[i] = False
                continue
            # the longer stretch waits: no more than one per halving is ever kept waiting
            sides = ((first, furthest), (furthest, last))
            order = 0 if furthest - first > last - furthest else 1
            for side in (order, 1 - order):
                waiting[0, count] = sides[side][0]
                waiting[1, count] = sides[side][1]
                count += 1


def warm_up() -> None:
    """Compile it once, into numba's cache."""
    thinned(np.zeros((3, 2)), np.array([0, 3]), 1.0)
