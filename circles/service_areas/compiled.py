"""The compiled loop of service areas: the field whose zero line is the outline."""
# ruff: noqa: PLR0917 - a compiled loop is one function; numba takes its arguments by position

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]


@njit(cache=True, nogil=True)
def field(pieces: Floats, west: float, south: float, cell_m: float, n_rows: int, n_columns: int) -> Singles:
    """Return, at the nodes of a grid, the greatest of radius minus distance over all places of all pieces.

    Above 0 is inside the union of the pieces' discs. Where no piece comes within two cells of reaching a node, the
    value is minus two cells.
    """
    out = np.full((n_rows, n_columns), np.float32(-2.0 * cell_m))
    for i in range(pieces.shape[0]):
        x0 = (pieces[i, 0] - west) / cell_m
        y0 = (pieces[i, 1] - south) / cell_m
        dx = (pieces[i, 3] - pieces[i, 0]) / cell_m
        dy = (pieces[i, 4] - pieces[i, 1]) / cell_m
        r0 = pieces[i, 2] / cell_m
        r1 = pieces[i, 5] / cell_m
        length = np.sqrt(dx * dx + dy * dy)
        if abs(r1 - r0) >= length:  # the disc of the end with the greater radius holds all others
            if r1 > r0:
                x0 += dx
                y0 += dy
                r0 = r1
            dx = dy = length = 0.0
            r1 = r0
        slope = (r1 - r0) / length if length > 0.0 else 0.0
        # the disc that reaches furthest is not the nearest one, but this much further on per cell of distance
        lean = slope / np.sqrt(1.0 - slope * slope)
        ux = dx / length if length > 0.0 else 0.0
        uy = dy / length if length > 0.0 else 0.0
        wide = max(r0, r1) + 2.0
        low = max(0, int(np.ceil(min(y0, y0 + dy) - wide)))
        high = min(n_rows - 1, int(np.floor(max(y0, y0 + dy) + wide)))
        for row in range(low, high + 1):
            py = row - y0
            # the stretch of the piece within reach of this row bounds the columns
            a = 0.0
            b = 1.0
            if dy != 0.0:
                a = max(a, min((py - wide) / dy, (py + wide) / dy))
                b = min(b, max((py - wide) / dy, (py + wide) / dy))
            left = max(0, int(np.ceil(x0 + min(a * dx, b * dx) - wide)))
            right = min(n_columns - 1, int(np.floor(x0 + max(a * dx, b * dx) + wide)))
            if a > b or left > right:
                continue
            line = out[row, left : right + 1]
            ahead = py * uy
            aside = py * ux
            for k in range(line.size):
                px = left + k - x0
                s = min(max(px * ux + ahead + lean * abs(px * uy - aside), 0.0), length)
                qx = px - s * ux
                qy = py - s * uy
                value = np.float32((r0 + slope * s - np.sqrt(qx * qx + qy * qy)) * cell_m)
                line[k] = max(line[k], value)
    flat = out.reshape(-1)
    for k in range(flat.size):
        if abs(flat[k]) < 1e-3:  # an outline never runs through a node: its rings do not touch
            flat[k] = np.float32(1e-3)
    return out
