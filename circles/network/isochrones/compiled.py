"""The compiled loops that draw isochrones: straight pieces with radii, the field whose zero line is the outline, its rings."""
# ruff: noqa: C901, PLR0912, PLR0915, PLR0917, PLR1714 - a compiled loop is one function; numba takes its arguments by position

from __future__ import annotations

import numpy as np

from circles.foundation.jit import compiled
from circles.foundation.types import F32, F64, I64

QUICK = {"nnan", "ninf", "nsz", "contract"}
"""Liberties the compiler may take with the field, whose numbers are all finite."""


@compiled()
def discs(
    edge: I64, start: F64, stop: F64, start_s: F64, stop_s: F64, offsets: I64, xy: F64,
    metres: F64, limit_s: float, speed_m_per_s: float, cap_m: float,
) -> F64:  # fmt: skip
    """Return reached parts of edges as straight pieces, each with the metres that can still be walked at both its ends.

    Parameters
    ----------
    edge : (parts,) edge of each part
    start, stop : (parts,) shares of the edge's length from its tail
    start_s, stop_s : (parts,) seconds at both ends, linear in between
    offsets, xy, metres : vertices of the edges, and the metres along each, as in `Edges`
    limit_s : seconds
    speed_m_per_s : speed beyond the streets
    cap_m : greatest radius in metres

    Returns
    -------
    (pieces, 6) : x0, y0, r0, x1, y1, r1; the radius is linear in between, and a piece ends where it meets the cap
    """
    most = 0
    for i in range(edge.size):
        most += offsets[edge[i] + 1] - offsets[edge[i]] + 1
    out = np.empty((most, 6))
    n = 0
    for i in range(edge.size):
        first = offsets[edge[i]]
        last = offsets[edge[i] + 1] - 1
        length = metres[last] - metres[first]
        low = metres[first] + start[i] * length
        high = metres[last] if stop[i] == 1.0 else metres[first] + stop[i] * length
        left_m = (limit_s - start_s[i]) * speed_m_per_s
        gain = (limit_s - stop_s[i]) * speed_m_per_s - left_m
        kink = np.inf
        if gain != 0.0:
            share = (cap_m - left_m) / gain
            if 0.0 < share < 1.0:
                kink = low + share * (high - low)
        if not high > low:
            k = first
            while k < last - 1 and metres[k + 1] <= low:
                k += 1
            step = metres[k + 1] - metres[k]
            t = (low - metres[k]) / step if step > 0.0 else 0.0
            r = min(max(left_m + max(gain, 0.0), 0.0), cap_m)
            for side in range(2):
                out[n, 3 * side] = xy[k, 0] + t * (xy[k + 1, 0] - xy[k, 0])
                out[n, 3 * side + 1] = xy[k, 1] + t * (xy[k + 1, 1] - xy[k, 1])
                out[n, 3 * side + 2] = r
            n += 1
            continue
        for k in range(first, last):
            if metres[k + 1] <= low:
                continue
            if metres[k] >= high:
                break
            a = max(metres[k], low)
            end = min(metres[k + 1], high)
            while a < end:
                b = kink if a < kink < end else end
                for side in range(2):
                    p = a if side == 0 else b
                    t = (p - metres[k]) / (metres[k + 1] - metres[k])
                    out[n, 3 * side] = xy[k, 0] + t * (xy[k + 1, 0] - xy[k, 0])
                    out[n, 3 * side + 1] = xy[k, 1] + t * (xy[k + 1, 1] - xy[k, 1])
                    out[n, 3 * side + 2] = min(max(left_m + (p - low) / (high - low) * gain, 0.0), cap_m)
                n += 1
                a = b
    return out[:n]


@compiled()
def parts_of_one(
    nodes: I64, seconds: F64, edge_at: int, fraction: float, start_s: float, tail: I64, head: I64,
    rise_s: F64, fall_s: F64, at_indptr: I64, at_edge: I64, node_s: F64, limit_s: float,
) -> tuple[I64, F64, F64, F64, F64]:  # fmt: skip
    """Return what one place in mid-street reaches: parts of edges, each rising or falling, cut at the limit.

    Parameters
    ----------
    nodes, seconds : (reached,) nodes within the limit, and their seconds
    edge_at, fraction, start_s : the place's edge, share of its length from the tail, and seconds at the start
    tail, head : (edges,) nodes at the ends
    rise_s, fall_s : (edges,) seconds added along each edge from its tail and from its head
    at_indptr, at_edge : edges of node v are ``at_edge[at_indptr[v]:at_indptr[v + 1]]``
    node_s : (nodes,) workspace; comes in and leaves as inf
    limit_s : seconds

    Returns
    -------
    edge, from_fraction, to_fraction, from_s, to_s : (parts,) each; edge by edge, edges in no order
    """
    most = 4
    for i in range(nodes.size):
        node_s[nodes[i]] = seconds[i]
        most += 2 * (at_indptr[nodes[i] + 1] - at_indptr[nodes[i]])
    edge, low, high = np.empty(most, np.int64), np.empty(most), np.empty(most)
    low_s, high_s = np.empty(most), np.empty(most)
    n = 0
    for i in range(-1, nodes.size):
        begin = 0 if i < 0 else at_indptr[nodes[i]]
        end = 1 if i < 0 else at_indptr[nodes[i] + 1]
        for k in range(begin, end):
            e = edge_at if i < 0 else at_edge[k]
            if i >= 0:
                other = head[e] if tail[e] == nodes[i] else tail[e]
                sooner = node_s[other] - node_s[nodes[i]]
                if e == edge_at or sooner < 0.0 or (sooner == 0.0 and other < nodes[i]):
                    continue  # met from its nearer end, or from the place itself
            gaps = 2 if i < 0 else 1
            for gap in range(gaps):
                a = 0.0 if gap == 0 else fraction
                b = fraction if gap == 0 and gaps == 2 else 1.0
                a_s = node_s[tail[e]] if gap == 0 else start_s
                b_s = start_s if gap == 0 and gaps == 2 else node_s[head[e]]
                width = b - a
                if not width > 0.0:
                    continue
                up_s = rise_s[e] * width
                down_s = fall_s[e] * width
                b_s = min(b_s, a_s + up_s)
                a_s = min(a_s, b_s + down_s)
                share = 0.0
                if a_s + up_s < np.inf:
                    share = 1.0
                    if b_s + down_s < np.inf and up_s + down_s > 0.0:
                        share = min(max((b_s + down_s - a_s) / (up_s + down_s), 0.0), 1.0)
                if a_s <= limit_s and share > 0.0:
                    cut = share if a_s + share * up_s <= limit_s else (limit_s - a_s) / up_s
                    if cut > 0.0:
                        edge[n], low[n], high[n] = e, a, b if cut == 1.0 else a + cut * width
                        low_s[n], high_s[n] = a_s, a_s + cut * up_s
                        n += 1
                rest = 1.0 - share
                if b_s <= limit_s and rest > 0.0 and down_s < np.inf:
                    cut = rest if b_s + rest * down_s <= limit_s else (limit_s - b_s) / down_s
                    if cut > 0.0:
                        edge[n], low[n], high[n] = e, b - cut * width, b
                        low_s[n], high_s[n] = b_s + cut * down_s, b_s
                        n += 1
    for i in range(nodes.size):
        node_s[nodes[i]] = np.inf
    return edge[:n], low[:n], high[:n], low_s[:n], high_s[:n]


@compiled(fastmath=QUICK)
def field(pieces: F64, west: float, south: float, cell_m: float, n_rows: int, n_columns: int) -> F32:
    """Return, at the nodes of a grid, the greatest of radius minus distance over all points of all pieces, in cells.

    Above 0 is inside the union of the pieces' discs. Where no piece comes within one and a half cells of reaching a
    node, the value is -2.

    Parameters
    ----------
    pieces : (pieces, 6) as `discs` returns them, metres
    west, south : coordinates of the grid's first node, metres
    cell_m : metres between nodes
    n_rows, n_columns : size of the grid in nodes

    Returns
    -------
    (n_rows, n_columns) float32
    """
    out = np.full((n_rows, n_columns), np.float32(-2.0))
    raise_field(out, pieces, west, south, cell_m)
    return out


@compiled(fastmath=QUICK)
def raise_field(out: F32, pieces: F64, west: float, south: float, cell_m: float) -> None:
    """Raise a `field` to what more pieces make of it, in place.

    Parameters
    ----------
    out : (n_rows, n_columns) the field
    pieces, west, south, cell_m : as of `field`
    """
    n_rows, n_columns = out.shape
    zero = np.float32(0.0)
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
        lean = np.float32(slope / np.sqrt(1.0 - slope * slope))
        ux = np.float32(dx / length if length > 0.0 else 0.0)
        uy = np.float32(dy / length if length > 0.0 else 0.0)
        per_dy = 1.0 / dy if dy != 0.0 else 0.0
        end = np.float32(length)
        radius = np.float32(r0)
        growth = np.float32(slope)
        wide = max(r0, r1) + 1.5
        low = max(0, int(np.ceil(min(y0, y0 + dy) - wide)))
        high = min(n_rows - 1, int(np.floor(max(y0, y0 + dy) + wide)))
        for row in range(low, high + 1):
            py = row - y0
            # the stretch of the piece within reach of this row bounds the columns
            a = 0.0
            b = 1.0
            if dy != 0.0:
                a = max(a, min((py - wide) * per_dy, (py + wide) * per_dy))
                b = min(b, max((py - wide) * per_dy, (py + wide) * per_dy))
            off = max(py - max(dy, 0.0), min(dy, 0.0) - py, 0.0)
            half = np.sqrt(max(wide * wide - off * off, 0.0))
            left = max(0, int(np.ceil(x0 + min(a * dx, b * dx) - half)))
            right = min(n_columns - 1, int(np.floor(x0 + max(a * dx, b * dx) + half)))
            if a > b or left > right:
                continue
            line = out[row, left : right + 1]
            y = np.float32(py)
            ahead = y * uy
            aside = y * ux
            first = np.float32(left - x0)
            for k in range(line.size):
                x = first + np.float32(k)
                s = min(max(x * ux + ahead + lean * abs(x * uy - aside), zero), end)
                qx = x - s * ux
                qy = y - s * uy
                line[k] = max(line[k], radius + growth * s - np.sqrt(qx * qx + qy * qy))
    flat = out.reshape(-1)
    for k in range(flat.size):
        if abs(flat[k]) < 1e-4:  # an outline never runs through a node: its rings do not touch
            flat[k] = np.float32(1e-4)


@compiled()
def rings(field: F32) -> tuple[F64, I64, I64]:
    """Return the lines along which a field crosses zero, its inside on their left, closed along the grid's border.

    Returns
    -------
    at : (v, 2) columns and rows, interpolated between nodes; first and last of a ring are the same
    start : (r + 1,) where each ring begins
    inside : (r,) -1 for an outer ring, for a hole the number of the outer ring around it

    No node is exactly 0. Where inside and outside meet crosswise in a cell, its middle decides. Rings neither touch
    nor cross.
    """
    n_rows, n_columns = field.shape
    crossings = 0
    flat = 0
    for row in range(n_rows):
        for column in range(n_columns):
            if field[row, column] > 0.0:
                right = column + 1 < n_columns and field[row, column + 1] > 0.0
                left = column > 0 and field[row, column - 1] > 0.0
                above = row + 1 < n_rows and field[row + 1, column] > 0.0
                below = row > 0 and field[row - 1, column] > 0.0
                flat += (not right) + (not left)
                crossings += (not right) + (not left) + (not above) + (not below)
    at = np.empty((crossings + flat // 2, 2))
    start = np.empty(flat // 2 + 1, np.int64)
    inside = np.empty(flat // 2, np.int64)
    # of the crossing between a node and the next one in its row, the ring; a row's first is the one before its first node
    ring_at = np.full((n_rows, n_columns + 1), -1, np.int32)
    n = 0
    n_rings = 0
    start[0] = 0
    for row in range(n_rows):
        last = -1
        for column in range(-1, n_columns):
            here = column >= 0 and field[row, column] > 0.0
            there = column + 1 < n_columns and field[row, column + 1] > 0.0
            if here == there:
                continue
            if ring_at[row, column + 1] < 0:
                # the lowest row of a ring: its leftmost crossing leads in for an outer ring, out for a hole
                inside[n_rings] = -1 if there else (last if inside[last] < 0 else inside[last])
                way = 2 if there else 0
                cell_row = row - 1 if there else row
                cell_column = column
                while True:
                    # the crossing by which this cell is entered, walking north 0, east 1, south 2, west 3
                    if way == 0 or way == 2:
                        r0 = cell_row if way == 0 else cell_row + 1
                        if ring_at[r0, cell_column + 1] >= 0:
                            break
                        ring_at[r0, cell_column + 1] = n_rings
                        r1, c0, c1 = r0, cell_column, cell_column + 1
                    else:
                        c0 = c1 = cell_column if way == 1 else cell_column + 1
                        r0, r1 = cell_row, cell_row + 1
                    in0 = 0 <= r0 < n_rows and 0 <= c0 < n_columns
                    in1 = 0 <= r1 < n_rows and 0 <= c1 < n_columns
                    if in0 and in1:
                        t = field[r0, c0] / (np.float64(field[r0, c0]) - field[r1, c1])
                    else:
                        t = 0.0 if in0 else 1.0  # along the border the line runs through the nodes
                    at[n, 0] = c0 + t * (c1 - c0)
                    at[n, 1] = r0 + t * (r1 - r0)
                    n += 1
                    # the corners ahead, left and right
                    lr = cell_row + (1 if way == 0 or way == 1 else 0)
                    lc = cell_column + (1 if way == 1 or way == 2 else 0)
                    rr = cell_row + (1 if way == 0 or way == 3 else 0)
                    rc = cell_column + (1 if way == 0 or way == 1 else 0)
                    left_in = 0 <= lr < n_rows and 0 <= lc < n_columns and field[lr, lc] > 0.0
                    right_in = 0 <= rr < n_rows and 0 <= rc < n_columns and field[rr, rc] > 0.0
                    if left_in and right_in:
                        way = (way + 1) % 4
                    elif not left_in and not right_in:
                        way = (way + 3) % 4
                    elif right_in:
                        middle = -1.0
                        if 0 <= cell_row < n_rows - 1 and 0 <= cell_column < n_columns - 1:
                            middle = (np.float64(field[cell_row, cell_column]) + field[cell_row + 1, cell_column]) + (
                                np.float64(field[cell_row, cell_column + 1]) + field[cell_row + 1, cell_column + 1]
                            )
                        way = (way + 1) % 4 if middle > 0.0 else (way + 3) % 4
                    if way == 0:
                        cell_row += 1
                    elif way == 1:
                        cell_column += 1
                    elif way == 2:
                        cell_row -= 1
                    else:
                        cell_column -= 1
                # one by one: numba compiles the assignment of a row for a second and a half
                at[n, 0] = at[start[n_rings], 0]
                at[n, 1] = at[start[n_rings], 1]
                n += 1
                n_rings += 1
                start[n_rings] = n
            last = ring_at[row, column + 1]
    return at[:n], start[: n_rings + 1], inside[:n_rings]
