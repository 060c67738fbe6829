"""Places on a network: nodes, or points in mid-street with seconds to get there; checked, and turned into seeds and goals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from circles.foundation import errors
from circles.foundation.errors import Finding, NetworkError
from circles.foundation.types import F64, I32, I64
from circles.network import engine
from circles.network.arrays import StreetArrays


def first_few(bad: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Return how many entries are bad and where the first five are."""
    where = np.flatnonzero(bad)
    return {"count": where.size, "where": ", ".join(map(str, where[:5])) + (" …" if where.size > 5 else "")}


def row_of_floats(values: npt.ArrayLike, name: str) -> tuple[F64, list[Finding]]:
    """Return ``values`` as one row of float64, and what is wrong with them."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        return np.empty(0), [errors.error("network-not-numbers", array=name, dtype=array.dtype)]
    if array.ndim != 1:
        return np.empty(0), [errors.error("network-not-a-row", array=name, dimensions=array.ndim)]
    return np.ascontiguousarray(array, np.float64), []


def row_of_indices(values: npt.ArrayLike, name: str, total: int) -> tuple[I64, list[Finding]]:
    """Return ``values`` as one row of int64 below ``total``, and what is wrong with them."""
    array = np.asarray(values)
    if array.ndim != 1:
        return np.empty(0, np.int64), [errors.error("network-not-a-row", array=name, dimensions=array.ndim)]
    if array.size == 0:
        return np.empty(0, np.int64), []
    if array.dtype.kind not in "iu":
        return np.empty(0, np.int64), [errors.error("network-not-whole-numbers", array=name, dtype=array.dtype)]
    outside = (array < 0) | (array >= total)
    if outside.any():
        found = errors.error("network-index-out-of-range", array=name, last=total - 1, **first_few(outside))
        return np.empty(0, np.int64), [found]
    return np.ascontiguousarray(array, np.int64), []


def seconds_findings(values: F64, name: str, *, closed_allowed: bool) -> list[Finding]:
    """Return what is wrong with a row of seconds: NaN, negative, or inf where it must not be."""
    checks = {"network-nan": np.isnan(values), "network-negative": values < 0}
    if not closed_allowed:
        checks["network-not-finite"] = np.isposinf(values)
    return [errors.error(code, array=name, **first_few(bad)) for code, bad in checks.items() if bad.any()]


@dataclass(frozen=True, eq=False)
class Positions:
    """Points on streets, each with the seconds of its access leg.

    A place may have several such points: it is then as near as over the best of them, and nobody passes through it.

    Attributes
    ----------
    edge : int64 (k), the street's row
    fraction : float64 (k) in [0, 1], share of the street's length from its tail
    start_s : float64 (k), seconds to be added, not negative; 0 if left out
    place : int64 (k), the place of each point, 0, 1, … without a hole, ascending; if left out every point is its own

    Raises
    ------
    NetworkError
        Rows of different length, a fraction outside [0, 1], seconds that are negative, NaN or inf, places out of order.
    """

    edge: I64
    fraction: F64
    start_s: F64
    place: I64

    def __init__(
        self,
        edge: npt.ArrayLike,
        fraction: npt.ArrayLike,
        start_s: npt.ArrayLike | None = None,
        place: npt.ArrayLike | None = None,
    ) -> None:
        edges, found = row_of_indices(edge, "edge", np.iinfo(np.int64).max)
        fractions, more = row_of_floats(fraction, "fraction")
        found += more
        starts, more = row_of_floats(np.zeros(np.size(edge)) if start_s is None else start_s, "start_s")
        found += more
        places, more = row_of_indices(np.arange(np.size(edge)) if place is None else place, "place", np.size(edge))
        found += more
        if not found and len({edges.size, fractions.size, starts.size, places.size}) > 1:
            lengths = f"edge {edges.size}, fraction {fractions.size}, start_s {starts.size}, place {places.size}"
            found.append(errors.error("network-shapes-differ", lengths=lengths))
        outside = ~((fractions >= 0) & (fractions <= 1))
        if outside.any():
            found.append(errors.error("network-fraction-out-of-range", array="fraction", **first_few(outside)))
        found += seconds_findings(starts, "start_s", closed_allowed=False)
        step = np.diff(places, prepend=-1)
        if not found and place is not None and not ((step == 0) | (step == 1)).all():
            found.append(errors.error("network-places-unsorted", array="place", **first_few((step < 0) | (step > 1))))
        if found:
            raise NetworkError(found)
        object.__setattr__(self, "edge", edges)
        object.__setattr__(self, "fraction", fractions)
        object.__setattr__(self, "start_s", starts)
        object.__setattr__(self, "place", places)

    def __len__(self) -> int:
        return int(self.place[-1]) + 1 if self.place.size else 0

    @property
    def is_single(self) -> bool:
        """Whether every place has one point."""
        return len(self) == self.edge.size

    def apart(self) -> Positions:
        """Return every point as a place of its own."""
        return self if self.is_single else Positions(self.edge, self.fraction, self.start_s)

    def of(self, place: int) -> Positions:
        """Return one place with its points."""
        mine = self.place == place
        return Positions(self.edge[mine], self.fraction[mine], self.start_s[mine], np.zeros(int(mine.sum()), np.int64))

    def nearest(self, seconds: F64, source: I64, *, tie_s: float) -> tuple[F64, I64]:
        """Return the least seconds of each place over its points, and the first source within ``tie_s`` of them."""
        if self.is_single:
            return seconds, source
        first = np.searchsorted(self.place, np.arange(len(self)))
        least_s = np.minimum.reduceat(seconds, first)
        is_near = (seconds <= least_s[self.place] + tie_s) & (source >= 0)
        winner = np.minimum.reduceat(np.where(is_near, source, np.iinfo(np.int64).max), first)
        return least_s, np.where(np.isfinite(least_s), winner, -1)

    def least(self, seconds: F64) -> I64:
        """Return, per place, its point of the least seconds; of equal ones the first."""
        if self.is_single:
            return np.arange(len(self))
        order = np.lexsort((np.arange(self.place.size), seconds, self.place))
        return order[np.searchsorted(self.place, np.arange(len(self)))]


Places = Positions | npt.ArrayLike | Sequence[int]
"""Node indices, or Positions."""


def _share(fraction: F64, street_s: F64) -> F64:
    """Return the seconds of a share of a street; no share of a closed street takes no time."""
    out = np.zeros(fraction.size)
    np.multiply(fraction, street_s, out=out, where=fraction > 0)
    return out


@dataclass(frozen=True)
class Ends:
    """Places seen from the nodes around them: seconds between each place and node a or b, its own start included.

    ``edge`` is -1 for a place at a node; then a = b and ``b_s`` is inf. One row per point; ``place`` as in `Positions`.
    """

    a: I64
    a_s: F64
    b: I64
    b_s: F64
    edge: I64
    fraction: F64
    start_s: F64
    place: I64

    @property
    def n_places(self) -> int:
        """Number of places."""
        return int(self.place[-1]) + 1 if self.place.size else 0

    @property
    def is_single(self) -> bool:
        """Whether every place has one point."""
        return self.n_places == self.place.size

    def taken(self, rows: I64) -> Ends:
        """Return some points, each as a place of its own."""
        return Ends(
            self.a[rows], self.a_s[rows], self.b[rows], self.b_s[rows], self.edge[rows], self.fraction[rows],
            self.start_s[rows], np.arange(len(rows)),
        )  # fmt: skip

    @property
    def first(self) -> I64:
        """Return where each place's points begin, and one number more."""
        return np.searchsorted(self.place, np.arange(self.n_places + 1))


def ends(net: StreetArrays, places: Places, name: str, *, outward: bool, start_s: npt.ArrayLike | None = None) -> Ends:
    """Return places as seen from the nodes around them.

    Parameters
    ----------
    net : the network's arrays
    places : node indices or `Positions`
    name : name of the argument, for the message
    outward : True: walking from the place to the node; False: from the node to the place
    start_s : (places,) seconds added to each place; only for node indices

    Raises
    ------
    NetworkError
        An index out of range, negative or missing seconds, lengths that differ.
    """
    if isinstance(places, Positions):
        return _ends_of_positions(net, places, name, outward=outward, start_s=start_s)
    nodes, found = row_of_indices(places, name, net.n_nodes)
    starts = np.zeros(nodes.size)
    if start_s is not None:
        starts, more = row_of_floats(start_s, "start_s")
        found += more or seconds_findings(starts, "start_s", closed_allowed=False)
        if not found and starts.size != nodes.size:
            found.append(errors.error("network-shapes-differ", lengths=f"{name} {nodes.size}, start_s {starts.size}"))
    if found:
        raise NetworkError(found)
    never = np.full(nodes.size, np.inf)
    return Ends(
        nodes, starts, nodes, never, np.full(nodes.size, -1), np.zeros(nodes.size), starts, np.arange(nodes.size)
    )


def _ends_of_positions(
    net: StreetArrays, places: Positions, name: str, *, outward: bool, start_s: npt.ArrayLike | None
) -> Ends:
    if start_s is not None:
        raise NetworkError(errors.error("network-start-twice"))
    _, found = row_of_indices(places.edge, f"{name}.edge", net.n_edges)
    if found:
        raise NetworkError(found)
    forward_s, backward_s = net.forward_s[places.edge], net.backward_s[places.edge]
    if not outward:
        forward_s, backward_s = backward_s, forward_s
    tail = net.tail[places.edge].astype(np.int64)
    head = net.head[places.edge].astype(np.int64)
    tail_s = places.start_s + _share(places.fraction, backward_s)
    head_s = places.start_s + _share(1.0 - places.fraction, forward_s)
    return Ends(tail, tail_s, head, head_s, places.edge, places.fraction, places.start_s, places.place)


def seeds_of(net: StreetArrays, at: Ends) -> engine.Seeds:
    """Return where the searches of the places ``at`` start, in the network's inner numbers."""
    if not (at.edge >= 0).any():
        return engine.Seeds(np.arange(at.a.size + 1), net.inner[at.a], at.a_s.copy())
    node = net.inner[np.stack([at.a, at.b], axis=1)]
    start_s = np.stack([at.a_s, at.b_s], axis=1)
    usable = start_s < np.inf
    first = np.zeros(at.n_places + 1, np.int64)
    np.cumsum(np.bincount(at.place, weights=usable.sum(axis=1), minlength=at.n_places), out=first[1:])
    return engine.Seeds(first, np.ascontiguousarray(node[usable], np.int32), start_s[usable])


def goals_of(net: StreetArrays, at: Ends, direct_first: I64, direct_other: I64, direct_s: F64) -> engine.Goals:
    """Return places as goals of a search, in the network's inner numbers.

    Parameters
    ----------
    net : the network's arrays
    at : the places, as `ends` returns them
    direct_first, direct_other, direct_s : rows of `along_shared_streets`
    """
    a, b = net.inner[at.a].astype(np.int32), net.inner[at.b].astype(np.int32)
    return engine.Goals(a, at.a_s, b, at.b_s, direct_first, direct_other, direct_s)


def along_shared_streets(net: StreetArrays, rows: Ends, others: Ends, *, outward: bool) -> tuple[I64, I64, F64]:
    """Return, per point of ``rows``, the points of ``others`` on the same street, in compressed rows.

    Seconds include both starts; a closed direction leaves the pair out. Places at nodes have no street.

    Parameters
    ----------
    net : the network's arrays
    rows, others : places, as `ends` returns them
    outward : True: walking from the row's point to the other's; False: from the other's to the row's

    Returns
    -------
    first, other, seconds : others of row i are ``other[first[i]:first[i + 1]]``
    """
    on_street = np.flatnonzero(others.edge >= 0)
    order = on_street[np.argsort(others.edge[on_street], kind="stable")]
    sorted_edge = others.edge[order]
    low = np.searchsorted(sorted_edge, rows.edge, side="left")
    high = np.where(rows.edge >= 0, np.searchsorted(sorted_edge, rows.edge, side="right"), low)
    size = high - low
    row = np.repeat(np.arange(rows.edge.size), size)
    other = order[np.arange(row.size) - np.repeat(np.cumsum(size) - size, size) + np.repeat(low, size)]
    ahead = others.fraction[other] - rows.fraction[row]
    if not outward:
        ahead = -ahead
    edge = rows.edge[row]
    street_s = np.where(ahead > 0, net.forward_s[edge], net.backward_s[edge])
    seconds = rows.start_s[row] + _share(np.abs(ahead), street_s) + others.start_s[other]
    open_ = seconds < np.inf
    first = np.zeros(rows.edge.size + 1, np.int64)
    np.cumsum(np.bincount(row[open_], minlength=rows.edge.size), out=first[1:])
    return first, other[open_], seconds[open_]


def least_of_columns(at: Ends, first: I64, column: I32, seconds: F64) -> tuple[I64, I32, F64]:
    """Return compressed rows of seconds to points as rows of the least seconds to their places.

    Parameters
    ----------
    at : the points, with the place of each
    first, column, seconds : points of row i are ``column[first[i]:first[i + 1]]``

    Returns
    -------
    first, place, seconds : as above, places ascending within a row
    """
    row = np.repeat(np.arange(first.size - 1), np.diff(first))
    place = at.place[column]
    order = np.lexsort((seconds, place, row))
    row, place, seconds = row[order], place[order], seconds[order]
    new = np.ones(row.size, dtype=bool)
    new[1:] = (row[1:] != row[:-1]) | (place[1:] != place[:-1])
    out = np.zeros(first.size, np.int64)
    np.cumsum(np.bincount(row[new], minlength=first.size - 1), out=out[1:])
    return out, place[new].astype(np.int32), seconds[new]
