"""Parts of streets chained through crossings into as few long lines as there can be: what is drawn and written, once."""
# ruff: noqa: C901 - a compiled loop is one function

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from circles.foundation.jit import compiled
from circles.foundation.types import F64, I64, Bools
from circles.network.isochrones.lines import vertices
from circles.network.isochrones.parts import Edges, Parts

MANY = 32
"""Of more streets at one node nobody asks which go straight on."""
_NEAR = 1e-9
"""A part that comes this close to the end of its street, as a share of its length, runs up to the node there."""


@dataclass(frozen=True, eq=False)
class Chains:
    """Lines of several groups: those of group i are ``lines[group[i]:group[i + 1]]``.

    Attributes
    ----------
    xy : (v, 2) vertices in the CRS of the edges
    lines : (k + 1,) where each line's vertices begin
    groups : (g + 1,) where each group's lines begin
    """

    xy: F64
    lines: I64
    groups: I64

    def shapes(self, xy: F64 | None = None) -> Any:
        """Return a MultiLineString per group, of ``xy`` in another CRS where it is given."""
        at = self.xy if xy is None else xy
        kind = shapely.GeometryType.MULTILINESTRING
        return np.asarray(shapely.from_ragged_array(kind, at, (self.lines, self.groups)), dtype=object)


def chained(edges: Edges, parts: Parts, group: I64, count: int) -> Chains:
    """Return parts as lines that run on through every node where another part of their group goes on, straight on if any.

    Parameters
    ----------
    edges, parts : the streets, and parts of them
    group : (k,) the group 0 … ``count`` - 1 of each part; lines of two groups are never one
    """
    order = np.argsort(group, kind="stable")
    mine = parts.taken(order)
    xy, indptr = vertices(edges, mine.edge, mine.from_fraction, mine.to_fraction)
    place = _partners(edges, mine, group[order], xy, indptr)
    sequence = np.empty(len(mine), np.int64)
    is_first = np.zeros(len(mine), np.bool_)
    is_turned = np.zeros(len(mine), np.bool_)
    bounds = np.searchsorted(group[order], np.arange(count + 1)).astype(np.int64)
    _walk(place, bounds, sequence, is_first, is_turned)
    # each part's vertices in the order of the walk, without the one that the part before it ended on
    size = np.diff(indptr)[sequence] - ~is_first
    ends = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    begin = np.where(is_turned, indptr[1:][sequence] - 1, indptr[:-1][sequence])
    step = np.where(is_turned, -1, 1)
    begin = begin + np.where(is_first, 0, step)
    at = np.arange(int(ends[-1])) - np.repeat(ends[:-1], size)
    vertex = np.repeat(begin, size) + at * np.repeat(step, size)
    first = np.flatnonzero(is_first)
    lines = np.append(ends[first], ends[-1])
    groups = np.searchsorted(group[order][sequence[first]], np.arange(count + 1))
    return Chains(xy[vertex], lines, groups.astype(np.int64))


def _partners(edges: Edges, parts: Parts, group: I64, xy: F64, indptr: I64) -> I64:
    """Return, per end of each part (2 i at its start, 2 i + 1 at its stop), the end it runs on into, -1 = none."""
    starts = np.flatnonzero(parts.from_fraction <= _NEAR)
    stops = np.flatnonzero(parts.to_fraction >= 1 - _NEAR)
    end = np.concatenate([2 * starts, 2 * stops + 1])
    node = np.concatenate([edges.tail[parts.edge[starts]], edges.head[parts.edge[stops]]])
    first, last = indptr[:-1][starts], indptr[1:][stops] - 1
    away = np.concatenate([xy[first + 1] - xy[first], xy[last - 1] - xy[last]])
    length = np.hypot(away[:, 0], away[:, 1])
    away /= np.where(length > 0, length, 1.0)[:, None]
    group = group[end >> 1]
    order = np.lexsort((end, node, group))
    out = np.full(2 * len(parts), -1, np.int64)
    _pair(end[order], node[order], group[order], away[order], out)
    return out


@compiled()
def _pair(end: I64, node: I64, group: I64, away: F64, out: I64) -> None:
    """Pair the ends that meet at a node, those that lie most nearly opposite first."""
    i = 0
    while i < end.size:
        j = i + 1
        while j < end.size and node[j] == node[i] and group[j] == group[i]:
            j += 1
        if j - i > MANY:  # a star: as they come
            for a in range(i, j - 1, 2):
                out[end[a]] = end[a + 1]
                out[end[a + 1]] = end[a]
            i = j
        while i < j:
            best = 2.0
            one = two = -1
            for a in range(i, j):
                if out[end[a]] >= 0:
                    continue
                for b in range(a + 1, j):
                    if out[end[b]] >= 0 or end[a] >> 1 == end[b] >> 1:
                        continue
                    turn = away[a, 0] * away[b, 0] + away[a, 1] * away[b, 1]
                    if turn < best - 1e-9:  # equally straight: as they come
                        best, one, two = turn, a, b
            if one < 0:
                break
            out[end[one]] = end[two]
            out[end[two]] = end[one]
        i = j


@compiled()
def _walk(partner: I64, bounds: I64, sequence: I64, is_first: Bools, is_turned: Bools) -> None:
    """Write the parts line after line, group by group: first the lines that have ends, then rings."""
    n = 0
    is_done = np.zeros(sequence.size, np.bool_)
    for group in range(bounds.size - 1):
        for pass_ in range(2):
            for part in range(bounds[group], bounds[group + 1]):
                if is_done[part]:
                    continue
                start = 2 * part
                if pass_ == 0 and partner[2 * part] >= 0:
                    if partner[2 * part + 1] >= 0:
                        continue
                    start = 2 * part + 1
                begin = n
                while True:
                    here = start >> 1
                    is_done[here] = True
                    sequence[n] = here
                    is_first[n] = n == begin
                    is_turned[n] = start & 1 == 1
                    n += 1
                    following = partner[start ^ 1]
                    if following < 0 or is_done[following >> 1]:
                        break
                    start = following


def warm_up(edges: Edges) -> None:
    """Compile the chaining of parts, into numba's cache."""
    zero, one, unsaid = np.zeros(1), np.ones(1), np.full(1, np.nan)
    chained(edges, Parts(np.zeros(1, np.int64), zero, one, unsaid, unsaid), np.zeros(1, np.int64), 1)
