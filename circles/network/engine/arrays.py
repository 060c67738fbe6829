"""The arrays of every search: arcs in compressed rows, where it starts, where it is read, and its workspace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from circles.foundation.types import F64, I32, I64
from circles.network.engine import around
from circles.network.engine.queue import IDLE, NONE

BUCKET_MEANS = 1.0
"""Width of a bucket, in means of the arcs' seconds."""
RING_LEAST, RING_MOST = 64, 4096
LEAST_BUFFER = 1 << 16
"""Places of an answer's buffer, at least."""


@dataclass(frozen=True)
class Rows:
    """Arcs by the node they leave, and the bucket queue's measures. Seconds are never negative, never inf."""

    first: I32
    other: I32
    onward: I32
    cost: F64
    width_s: float
    ring: int
    total_s: float

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return self.first.size - 1


def build_rows(tail: I32, head: I32, forward_s: F64, backward_s: F64, n_nodes: int) -> Rows:
    """Return arcs in compressed rows: tail→head at ``forward_s`` and head→tail at ``backward_s``.

    Parameters
    ----------
    tail, head : (edges,) nodes at the ends, in inner numbers
    forward_s, backward_s : (edges,) seconds in each direction, inf = closed
    n_nodes : number of nodes
    """
    no_loop = tail != head
    count = np.bincount(tail[no_loop & (forward_s < np.inf)], minlength=n_nodes)
    count += np.bincount(head[no_loop & (backward_s < np.inf)], minlength=n_nodes)
    place = np.zeros(n_nodes + 1, np.int64)
    np.cumsum(count, out=place[1:])
    first = place.astype(np.int32)
    other, onward = np.empty(first[-1], np.int32), np.empty(first[-1], np.int32)
    cost = np.empty(first[-1])
    around.fill_rows(tail, head, forward_s, backward_s, place, other, cost)
    around.find_onward(first, other, onward)
    total_s = float(cost.sum())
    largest_s = float(cost.max(initial=0.0))
    above_zero = int(np.count_nonzero(cost))
    width_s = BUCKET_MEANS * total_s / above_zero if above_zero and np.isfinite(total_s) else 1.0
    # A few very long arcs must not widen the bucket for all others.
    if above_zero and largest_s > 64 * width_s:
        width_s = min(width_s, 4 * BUCKET_MEANS * float(np.median(cost[cost > 0])))
        width_s = max(width_s, largest_s / 2.0**40, np.finfo(np.float64).tiny * 2.0**60)
    ring = RING_LEAST
    while ring < RING_MOST and ring < largest_s / width_s + 2:
        ring *= 2
    return Rows(first, other, onward, cost, width_s, ring, total_s)


@dataclass(frozen=True)
class Seeds:
    """Where searches start: the seeds of source i are ``first[i]:first[i + 1]``."""

    first: I64
    node: I32
    start_s: F64

    @property
    def n_sources(self) -> int:
        """Number of sources, those without a seed included."""
        return self.first.size - 1


@dataclass(frozen=True)
class Goals:
    """Where searches are read: through node a or node b at so many seconds more, or straight from a source.

    ``direct_*`` are rows by source (for `matrix`) of goals on the source's own street.
    """

    a: I32
    a_s: F64
    b: I32
    b_s: F64
    direct_first: I64
    direct_other: I64
    direct_s: F64


class Workspace:
    """Arrays of one search on ``n_nodes``, clean between searches."""

    def __init__(self, n_nodes: int, ring: int) -> None:
        self.seconds = np.full(n_nodes, np.inf)
        self.label = np.full(n_nodes, NONE, np.int32)
        self.after = np.empty(n_nodes, np.int32)
        self.before = np.full(n_nodes, IDLE, np.int32)
        self.heads = np.full(ring + 1, NONE, np.int32)
        self.met = np.empty(n_nodes + 1, np.int32)
        self.number = np.empty(max(n_nodes, LEAST_BUFFER), np.int32)
        self.when_s = np.empty(self.number.size)


class Workspaces:
    """A stock of clean workspaces, so that a bounded search on a large network costs what it reaches."""

    def __init__(self) -> None:
        self._stock: list[tuple[tuple[int, int], Workspace]] = []

    def take(self, n_nodes: int, ring: int) -> Workspace:
        """Return a clean workspace; the caller gives it back only if its search ended normally."""
        try:
            key, space = self._stock.pop()
        except IndexError:
            return Workspace(n_nodes, ring)
        return space if key == (n_nodes, ring) else Workspace(n_nodes, ring)

    def give_back(self, space: Workspace) -> None:
        """Keep ``space`` for the next search."""
        self._stock.append(((space.seconds.size, space.heads.size - 1), space))

    def __reduce__(self) -> tuple[type[Workspaces], tuple[()]]:
        """Travel to another process without the arrays."""
        return Workspaces, ()
