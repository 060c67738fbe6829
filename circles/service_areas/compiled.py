"""The compiled loops of service areas: seconds along streets, lines of parts, and the field that outlines follow."""
# ruff: noqa: C901, PLR0912, PLR0915, PLR0917 - a compiled loop is one function; numba takes its arrays by position

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]


@njit(cache=True, nogil=True)
def profile(
    rows: Longs,
    tail_s: Floats,
    head_s: Floats,
    out_s: Floats,
    back_s: Floats,
    first: Longs,
    last: Longs,
    point_fraction: Floats,
    point_s: Floats,
) -> tuple[Longs, Floats, Floats, Floats, Floats]:
    """Return the linear pieces of the least seconds along each edge of ``rows``.

    Walking to the facility, seconds fall by ``out_s`` per edge towards a source at the head's side and rise by
    ``back_s`` away from one at the tail's side. Sources are the ends and the points ``first[i]:last[i]`` in mid-edge.
    """
    size = 0
    for i in range(rows.size):
        size += 2 * (last[i] - first[i] + 1)
    edge = np.empty(size, np.int64)
    start = np.empty(size)
    stop = np.empty(size)
    start_s = np.empty(size)
    stop_s = np.empty(size)
    k = 0
    most = 2
    for i in range(rows.size):
        most = max(most, last[i] - first[i] + 2)
    at = np.empty(most)
    cost = np.empty(most)
    for i in range(rows.size):
        e = rows[i]
        n = last[i] - first[i] + 2
        at[0] = 0.0
        cost[0] = tail_s[i]
        for j in range(n - 2):
            at[j + 1] = point_fraction[first[i] + j]
            cost[j + 1] = point_s[first[i] + j]
        at[n - 1] = 1.0
        cost[n - 1] = head_s[i]
        fall = out_s[e]
        rise = back_s[e]
        for j in range(1, n):
            gap = at[j] - at[j - 1]
            cost[j] = min(cost[j], cost[j - 1] + (gap * rise if gap > 0.0 else 0.0))
        for j in range(n - 2, -1, -1):
            gap = at[j + 1] - at[j]
            cost[j] = min(cost[j], cost[j + 1] + (gap * fall if gap > 0.0 else 0.0))
        for j in range(n - 1):
            gap = at[j + 1] - at[j]
            if gap <= 0.0:
                continue
            left = cost[j] < np.inf and rise < np.inf
            right = cost[j + 1] < np.inf and fall < np.inf
            middle = at[j]
            if left and right:
                if rise + fall > 0.0:
                    share = (cost[j + 1] + gap * fall - cost[j]) / (rise + fall)
                    middle = at[j] + min(max(share, 0.0), gap)
                else:
                    middle = at[j + 1]
            elif left:
                middle = at[j + 1]
            if left and middle > at[j]:
                edge[k] = e
                start[k] = at[j]
                stop[k] = middle
                start_s[k] = cost[j]
                stop_s[k] = cost[j] + (middle - at[j]) * rise
                k += 1
            if right and middle < at[j + 1]:
                edge[k] = e
                start[k] = middle
                stop[k] = at[j + 1]
                start_s[k] = cost[j + 1] + (at[j + 1] - middle) * fall
                stop_s[k] = cost[j + 1]
                k += 1
    return edge[:k], start[:k], stop[:k], start_s[:k], stop_s[:k]


@njit(cache=True, nogil=True)
def lines(edge: Longs, start: Floats, stop: Floats, offsets: Longs, xy: Floats) -> tuple[Floats, Longs]:
    """Return the vertices of parts of edges, and where each part's begin."""
    size = 0
    for i in range(edge.size):
        size += offsets[edge[i] + 1] - offsets[edge[i]] + 2
    out = np.empty((size, 2))
    begin = np.zeros(edge.size + 1, np.int64)
    k = 0
    for i in range(edge.size):
        a = offsets[edge[i]]
        b = offsets[edge[i] + 1]
        length = 0.0
        for j in range(a, b - 1):
            length += np.hypot(xy[j + 1, 0] - xy[j, 0], xy[j + 1, 1] - xy[j, 1])
        low = start[i] * length
        high = stop[i] * length
        along = 0.0
        first = k
        for j in range(a, b - 1):
            step = np.hypot(xy[j + 1, 0] - xy[j, 0], xy[j + 1, 1] - xy[j, 1])
            if along + step >= low and k == first:
                t = min(max((low - along) / step, 0.0), 1.0) if step > 0.0 else 0.0
                out[k, 0] = xy[j, 0] + t * (xy[j + 1, 0] - xy[j, 0])
                out[k, 1] = xy[j, 1] + t * (xy[j + 1, 1] - xy[j, 1])
                k += 1
            if k > first and (along + step >= high or j == b - 2):
                t = min(max((high - along) / step, 0.0), 1.0) if step > 0.0 and stop[i] < 1.0 else 1.0
                out[k, 0] = xy[j, 0] + t * (xy[j + 1, 0] - xy[j, 0])
                out[k, 1] = xy[j, 1] + t * (xy[j + 1, 1] - xy[j, 1])
                k += 1
                break
            if k > first and along + step > low:
                out[k, 0] = xy[j + 1, 0]
                out[k, 1] = xy[j + 1, 1]
                k += 1
            along += step
        while k < first + 2:
            out[k, 0] = xy[b - 1, 0]
            out[k, 1] = xy[b - 1, 1]
            k += 1
        begin[i + 1] = k
    return out[:k], begin


@njit(cache=True, nogil=True)
def discs(
    edge: Longs, start: Floats, stop: Floats, start_m: Floats, stop_m: Floats, cap_m: float, offsets: Longs, xy: Floats
) -> Floats:
    """Return straight pieces (x0, y0, r0, x1, y1, r1) of parts whose metres left run linearly, capped at ``cap_m``."""
    size = 0
    for i in range(edge.size):
        size += offsets[edge[i] + 1] - offsets[edge[i]] + 1
    out = np.empty((size, 6))
    k = 0
    for i in range(edge.size):
        a = offsets[edge[i]]
        b = offsets[edge[i] + 1]
        length = 0.0
        for j in range(a, b - 1):
            length += np.hypot(xy[j + 1, 0] - xy[j, 0], xy[j + 1, 1] - xy[j, 1])
        low = start[i] * length
        high = stop[i] * length
        slope = (stop_m[i] - start_m[i]) / (high - low) if high > low else 0.0
        kink = low + (cap_m - start_m[i]) / slope if slope != 0.0 else np.inf
        kinked = low < kink < high
        along = 0.0
        for j in range(a, b - 1):
            dx = xy[j + 1, 0] - xy[j, 0]
            dy = xy[j + 1, 1] - xy[j, 1]
            step = np.hypot(dx, dy)
            u = max(low, along)
            end = min(high, along + step)
            while u < end or (high <= low and u == end and k < size):
                v = kink if kinked and u < kink < end else end
                inverse = 1.0 / step if step > 0.0 else 0.0
                out[k, 0] = xy[j, 0] + (u - along) * inverse * dx
                out[k, 1] = xy[j, 1] + (u - along) * inverse * dy
                out[k, 2] = min(cap_m, max(start_m[i] + (u - low) * slope, 0.0))
                out[k, 3] = xy[j, 0] + (v - along) * inverse * dx
                out[k, 4] = xy[j, 1] + (v - along) * inverse * dy
                out[k, 5] = min(cap_m, max(start_m[i] + (v - low) * slope, 0.0))
                k += 1
                if high <= low:
                    break
                u = v
            along += step
    return out[:k]


@njit(cache=True, nogil=True)
def field(pieces: Floats, west: float, south: float, cell_m: float, n_rows: int, n_columns: int) -> Singles:
    """Return, at the nodes of a grid, the greatest of radius minus distance over all places of all pieces.

    Above 0 is inside the union of the pieces' discs. Where no piece comes within two cells of reaching a node, the
    value is minus two cells.
    """
    margin = 2.0 * cell_m
    out = np.full((n_rows, n_columns), np.float32(-margin))
    for i in range(pieces.shape[0]):
        x0 = (pieces[i, 0] - west) / cell_m
        y0 = (pieces[i, 1] - south) / cell_m
        r0 = pieces[i, 2] / cell_m
        dx = (pieces[i, 3] - west) / cell_m - x0
        dy = (pieces[i, 4] - south) / cell_m - y0
        r1 = pieces[i, 5] / cell_m
        length = np.sqrt(dx * dx + dy * dy)
        slope = (r1 - r0) / length if length > 0.0 else 0.0
        # the place whose disc reaches furthest: beyond the foot of the perpendicular, at an end if the radius is steep
        is_steep = slope >= 1.0 or slope <= -1.0
        lean = 0.0 if is_steep else slope / np.sqrt(1.0 - slope * slope)
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
            if dy > 0.0:
                a = max(a, (py - wide) / dy)
                b = min(b, (py + wide) / dy)
            elif dy < 0.0:
                a = max(a, (py + wide) / dy)
                b = min(b, (py - wide) / dy)
            if a > b:
                continue
            left = max(0, int(np.ceil(x0 + min(a * dx, b * dx) - wide)))
            right = min(n_columns - 1, int(np.floor(x0 + max(a * dx, b * dx) + wide)))
            for column in range(left, right + 1):
                px = column - x0
                if is_steep:
                    s = length if slope > 0.0 else 0.0
                else:
                    s = px * ux + py * uy + lean * np.abs(px * uy - py * ux)
                    s = min(max(s, 0.0), length)
                qx = px - s * ux
                qy = py - s * uy
                value = np.float32((r0 + slope * s - np.sqrt(qx * qx + qy * qy)) * cell_m)
                out[row, column] = max(out[row, column], value)
    for row in range(n_rows):
        for column in range(n_columns):
            if np.abs(out[row, column]) < 1e-3:
                out[row, column] = np.float32(1e-3)
    return out


@njit(cache=True, nogil=True)
def incident(
    nodes: Longs, seconds: Floats, at_indptr: Longs, at_edge: Longs, node_s: Floats, seen: npt.NDArray[np.bool_]
) -> Longs:
    """Write the seconds of ``nodes`` and return the edges at them, each once; ``seen`` comes and goes all False."""
    size = 0
    for i in range(nodes.size):
        size += at_indptr[nodes[i] + 1] - at_indptr[nodes[i]]
    out = np.empty(size, np.int64)
    k = 0
    for i in range(nodes.size):
        node_s[nodes[i]] = seconds[i]
        for j in range(at_indptr[nodes[i]], at_indptr[nodes[i] + 1]):
            e = at_edge[j]
            if not seen[e]:
                seen[e] = True
                out[k] = e
                k += 1
    for i in range(k):
        seen[out[i]] = False
    return out[:k]
