"""Which parts of streets lie within a time: cut exactly where it runs out.

Along a street the seconds to the nearest facility rise and fall piecewise linearly: they fall towards an end or a
facility from which the way out is short, and rise away from it. :func:`time_profile` finds these linear pieces once,
whatever the number of limits; :func:`reached_parts`, :func:`band_parts` and :func:`beyond_parts` cut them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from circles.foundation.direction import Direction, Way
from circles.foundation.types import F64, I64
from circles.network import Positions

TOUCH = 1e-12
"""Parts of one street this close together, as a share of its length, are one."""


@dataclass(frozen=True, eq=False)
class Edges:
    """Streets between nodes, as flat arrays.

    Attributes
    ----------
    tail, head : (m,) int64, nodes at the ends
    forward_s, backward_s : (m,) float64, seconds from tail to head and back for one walker; inf = closed
    offsets : (m + 1,) int64; vertices of edge i are ``xy[offsets[i]:offsets[i + 1]]``, from tail to head
    xy : (v, 2) float64, metres
    island_indptr, island_index : islands of edge i are ``island_index[island_indptr[i]:island_indptr[i + 1]]``; None
        where there is one island: everywhere
    """

    tail: I64
    head: I64
    forward_s: F64
    backward_s: F64
    offsets: I64
    xy: F64
    island_indptr: I64 | None = None
    island_index: I64 | None = None

    def __len__(self) -> int:
        return self.forward_s.size

    @cached_property
    def at_node(self) -> tuple[I64, I64]:
        """Edges at each node as compressed rows: edges of node v are ``edge[indptr[v]:indptr[v + 1]]``."""
        ends = np.concatenate([self.tail, self.head])
        order = np.argsort(ends, kind="stable")
        n_nodes = int(ends.max()) + 1 if ends.size else 0
        indptr = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=n_nodes))]).astype(np.int64)
        return indptr, np.ascontiguousarray(order % max(len(self), 1), np.int64)

    @cached_property
    def metres(self) -> F64:
        """Metres from the first vertex of all to each, steps between edges left out: rises along every edge."""
        step = np.hypot(*np.diff(self.xy, axis=0).T)
        step[self.offsets[1:-1] - 1] = 0.0
        return np.concatenate([[0.0], np.cumsum(step)])

    @cached_property
    def island_sets(self) -> tuple[I64, list[tuple[int, ...]]]:
        """Number of each edge's set of islands, and the sets: a bridge belongs to the islands of both its ends."""
        if self.island_indptr is None or self.island_index is None:
            return np.zeros(len(self), np.int64), [()]
        size = np.diff(self.island_indptr)
        one = size == 1
        label = np.full(len(self), -1, np.int64)
        label[one] = self.island_index[self.island_indptr[:-1][one]]
        sets: dict[tuple[int, ...], int] = {}
        for edge in np.flatnonzero(~one):
            row = self.island_index[self.island_indptr[edge] : self.island_indptr[edge + 1]]
            label[edge] = -1 - sets.setdefault(tuple(sorted(set(row.tolist()))), len(sets))
        numbers, number = np.unique(label, return_inverse=True)
        several = list(sets)
        return number.astype(np.int64), [(int(i),) if i >= 0 else several[-1 - int(i)] for i in numbers]


@dataclass(frozen=True, eq=False)
class Parts:
    """Parts of streets, sorted by edge and place.

    Attributes
    ----------
    edge : (k,) int64, row of the edge
    from_fraction, to_fraction : (k,) float64 in [0, 1], shares of the edge's length from its tail, from < to
    from_s, to_s : (k,) float64, seconds there to the nearest facility. In a profile they are linear between; in merged
        parts they are the seconds at the two ends only; NaN in parts beyond a limit
    """

    edge: I64
    from_fraction: F64
    to_fraction: F64
    from_s: F64
    to_s: F64

    def __len__(self) -> int:
        return self.edge.size

    def taken(self, which: npt.NDArray[np.bool_] | I64) -> Parts:
        """Return some of the parts."""
        return Parts(*(getattr(self, name)[which] for name in Parts.__dataclass_fields__))


def time_profile(
    edges: Edges,
    tail_s: F64,
    head_s: F64,
    points: Positions | None = None,
    *,
    direction: Way = "to",
    rows: I64 | None = None,
) -> Parts:
    """Return the linear pieces of the seconds between each place on the streets and the nearest facility.

    Parameters
    ----------
    edges : the streets
    tail_s, head_s : (m,) seconds between each edge's ends and the nearest facility, inf where there is no way
    points : facilities in mid-street with the seconds of their access legs; those at nodes may be left out
    direction : ``"to"`` the facility or ``"from"`` it
    rows : the edges asked about, all if left out

    Returns
    -------
    Parts whose seconds are linear between their ends; places without any way to a facility are in no part
    """
    rows = np.arange(len(edges)) if rows is None else np.unique(rows)
    return profile_of_rows(edges, rows, tail_s[rows], head_s[rows], points, direction=direction)


def profile_of_rows(
    edges: Edges, rows: I64, tail_s: F64, head_s: F64, points: Positions | None, *, direction: Way
) -> Parts:
    """Return :func:`time_profile` of some edges.

    Parameters
    ----------
    edges : all streets
    rows : (rows,) edges that are asked for, ascending
    tail_s, head_s : (rows,) seconds between these edges' ends and the nearest facility, inf = none
    points : the facilities in mid-street; None where all are at nodes
    direction : ``"to"`` or ``"from"`` the facilities
    """
    is_to = Direction.of(direction).is_to
    out_s, back_s = (edges.forward_s, edges.backward_s) if is_to else (edges.backward_s, edges.forward_s)
    row, at, seconds = _sources(rows, tail_s, head_s, points)
    gap = np.where(row[:-1] == row[1:], np.diff(at), np.nan)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        fall, rise = (np.where(gap == 0, 0.0, gap * s[rows[row[:-1]]]) for s in (out_s, back_s))  # NaN between edges
        _settle(row, seconds, fall, rise)
        left, right = seconds[:-1], seconds[1:]
        share = np.clip((right + fall - left) / (rise + fall), 0.0, 1.0)
        share = np.where(np.isfinite(left + rise), np.where(np.isfinite(share), share, 1.0), 0.0)
    start, middle, stop = at[:-1], at[:-1] + share * gap, at[1:]
    edge = rows[row[:-1]]
    falls = np.isfinite(right + fall) & (share < 1)
    pieces = (
        Parts(edge, start, np.where(share < 1, middle, stop), left, left + share * np.where(share > 0, rise, 0.0)),
        Parts(edge, middle, stop, right + (1 - share) * np.where(falls, fall, 0.0), right),
    )
    kept = (gap > 0) & (share > 0), (gap > 0) & falls
    both = [np.stack([getattr(p, name) for p in pieces], axis=1) for name in Parts.__dataclass_fields__]
    return Parts(*(column[np.stack(kept, axis=1)] for column in both))


def _sources(rows: I64, tail_s: F64, head_s: F64, points: Positions | None) -> tuple[I64, F64, F64]:
    """Return where walks along each edge start, from tail to head: position in ``rows``, fraction, seconds so far."""
    n = np.arange(rows.size)
    if points is None or not len(points):
        row = np.repeat(n, 2)
        return row, np.tile([0.0, 1.0], rows.size), np.stack([tail_s, head_s], axis=1).ravel()
    place = np.clip(np.searchsorted(rows, points.edge), 0, max(rows.size - 1, 0))
    mine = np.flatnonzero(rows[place] == points.edge) if rows.size else np.empty(0, np.int64)
    row = np.concatenate([n, place[mine], n])
    at = np.concatenate([np.zeros(n.size), points.fraction[mine], np.ones(n.size)])
    kind = np.repeat([0, 1, 2], [n.size, mine.size, n.size])
    seconds = np.concatenate([tail_s, points.start_s[mine], head_s])
    order = np.lexsort((seconds, at, kind, row))
    return row[order], at[order], seconds[order]


def _settle(row: I64, seconds: F64, fall: F64, rise: F64) -> None:
    """Lower each source's seconds to the least by way of its neighbours on the edge, in place."""
    more = np.ones(max(row.size - 1, 0), np.bool_)
    while more.any():
        gap = np.flatnonzero(more)
        changed = np.zeros(row.size, np.bool_)
        for to, way in ((gap + 1, seconds[gap] + rise[gap]), (gap, seconds[gap + 1] + fall[gap])):
            better = way < seconds[to]  # never where a way is NaN
            seconds[to[better]] = way[better]
            changed[to[better]] = True
        more = changed[:-1] | changed[1:]


def reached_parts(profile: Parts, *, limit_s: float) -> Parts:
    """Return the parts from which the nearest facility is within ``limit_s``, cut exactly where time runs out."""
    return _merged(_cut(profile, -np.inf, limit_s))


def band_parts(profile: Parts, *, after_s: float, limit_s: float) -> Parts:
    """Return the parts that lie within ``limit_s`` but not within ``after_s``: one band of a nest."""
    return _merged(_cut(profile, after_s, limit_s))


def beyond_parts(profile: Parts, edges: Edges, *, limit_s: float, rows: I64 | None = None) -> Parts:
    """Return the parts of passable streets beyond ``limit_s``, unreachable ones included; their seconds are NaN.

    Parts of several edges touch where both extend to the node they share.

    Parameters
    ----------
    profile : what `time_profile` returns
    edges : all streets
    limit_s : seconds
    rows : edges that are asked for; all that are open in one direction at least where None
    """
    if rows is None:
        rows = np.flatnonzero(np.isfinite(edges.forward_s) | np.isfinite(edges.backward_s))
    within = reached_parts(profile, limit_s=limit_s)
    within = within.taken(np.isin(within.edge, rows))
    edge = np.concatenate([rows, within.edge, rows])
    start = np.concatenate([np.zeros(rows.size), within.to_fraction, np.ones(rows.size)])
    stop = np.concatenate([np.zeros(rows.size), within.from_fraction, np.ones(rows.size)])
    order = np.lexsort((start, edge))
    edge, start, stop = edge[order], start[order], stop[order]
    gap = (edge[:-1] == edge[1:]) & (stop[1:] - start[:-1] > TOUCH)
    edge, start, stop = edge[:-1][gap], start[:-1][gap], stop[1:][gap]
    unsaid = np.full(edge.size, np.nan)
    return Parts(edge, start, stop, unsaid, unsaid)


def concatenated(parts: Sequence[Parts]) -> Parts:
    """Return parts of several lists as one, sorted by edge and place."""
    together = strung(parts)
    return together.taken(np.lexsort((together.from_fraction, together.edge)))


def strung(parts: Sequence[Parts]) -> Parts:
    """Return parts of several lists one list after the other."""
    return Parts(*(np.concatenate([getattr(p, name) for p in parts]) for name in Parts.__dataclass_fields__))


def pieces_within(profile: Parts, *, limit_s: float, after_s: float = -np.inf) -> Parts:
    """Return the pieces within ``limit_s`` and not within ``after_s``, unmerged: seconds are linear along each."""
    return _cut(profile, after_s, limit_s)


def _cut(profile: Parts, after_s: float, limit_s: float) -> Parts:
    """Return the pieces with after_s < seconds <= limit_s."""
    rise = profile.to_s - profile.from_s
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        low = np.where(rise == 0, 0.0, (after_s - profile.from_s) / rise)
        high = np.where(rise == 0, 1.0, (limit_s - profile.from_s) / rise)
    flat_out = (rise == 0) & ((profile.from_s > limit_s) | (profile.from_s <= after_s))
    start = np.clip(np.where(rise >= 0, low, high), 0.0, 1.0)
    stop = np.clip(np.where(rise >= 0, high, low), 0.0, 1.0)
    keep = (stop > start) & ~flat_out
    width = profile.to_fraction - profile.from_fraction
    pieces = Parts(
        profile.edge,
        np.where(start == 0, profile.from_fraction, profile.from_fraction + start * width),
        np.where(stop == 1, profile.to_fraction, profile.from_fraction + stop * width),
        profile.from_s + start * rise,
        profile.from_s + stop * rise,
    )
    return pieces.taken(keep)


def _merged(pieces: Parts) -> Parts:
    """Return pieces of one edge that touch as one part."""
    if not len(pieces):
        return pieces
    apart = (pieces.edge[1:] != pieces.edge[:-1]) | (pieces.from_fraction[1:] - pieces.to_fraction[:-1] > TOUCH)
    first = np.concatenate([[True], apart])
    last = np.concatenate([apart, [True]])
    return Parts(
        pieces.edge[first],
        pieces.from_fraction[first],
        pieces.to_fraction[last],
        pieces.from_s[first],
        pieces.to_s[last],
    )
