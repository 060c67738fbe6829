"""The walking network as arrays, and the questions it answers: nearest, reach, matrix, path.

Everything is in seconds and in the caller's numbers of nodes and streets. Inside, nodes are numbered along a curve
through the plane, so that a search finds its neighbours in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from circles.foundation import errors
from circles.foundation.direction import Direction, Way
from circles.foundation.errors import Finding, NetworkError
from circles.foundation.limits import TOLERANCE_S, inclusive
from circles.foundation.types import F64, I32, I64
from circles.network import engine, exchange, ordering, paths
from circles.network.arrays import StreetArrays
from circles.network.components import components
from circles.network.positions import (
    Places,
    Positions,
    along_shared_streets,
    ends,
    goals_of,
    least_of_columns,
    row_of_floats,
    row_of_indices,
    seconds_findings,
    seeds_of,
)

if TYPE_CHECKING:
    from collections.abc import Hashable

    from scipy import sparse


MOST_EDGES = 2**30


@dataclass(frozen=True, eq=False)
class Network(StreetArrays):
    """A directed walking network; build it with `from_arrays` or `from_networkx`.

    The arrays are explained at `StreetArrays`.
    """

    @classmethod
    def from_arrays(
        cls,
        tail: npt.ArrayLike,
        head: npt.ArrayLike,
        forward_s: npt.ArrayLike,
        backward_s: npt.ArrayLike,
        n_nodes: int,
        *,
        xy: npt.ArrayLike | None = None,
        names: tuple[Hashable, ...] | None = None,
    ) -> Network:
        """Return the network of these streets, one row each.

        Parameters
        ----------
        tail, head : node indices below ``n_nodes``; loops, parallel streets and isolated nodes are fine
        forward_s, backward_s : seconds tail→head and head→tail, zero or more, inf = closed
        n_nodes : number of nodes
        xy : (n_nodes, 2) coordinates in any unit; only used to number nodes so that searches are fast
        names : the nodes' names, for `to_networkx`

        Raises
        ------
        NetworkError
            Arrays that are not one-dimensional, differ in length, hold NaN, negative seconds or indices out of range;
            every problem is listed.
        """
        whole = isinstance(n_nodes, (int, np.integer)) and not isinstance(n_nodes, bool)
        if not whole or not 0 < n_nodes < 2**31:
            raise NetworkError(errors.error("network-no-nodes", value=n_nodes))
        n_nodes = int(n_nodes)
        tails, found = row_of_indices(tail, "tail", n_nodes)
        heads, more = row_of_indices(head, "head", n_nodes)
        found += more
        seconds = {}
        for name, values in (("forward_s", forward_s), ("backward_s", backward_s)):
            seconds[name], more = row_of_floats(values, name)
            found += more or seconds_findings(seconds[name], name, closed_allowed=True)
        sizes = {"tail": np.size(tail), "head": np.size(head)} | {
            name: np.size(values) for name, values in (("forward_s", forward_s), ("backward_s", backward_s))
        }
        found += _size_findings(sizes)
        places, more = _coordinates(xy, n_nodes)
        found += more
        if found:
            raise NetworkError(found)
        tails32, heads32 = tails.astype(np.int32), heads.astype(np.int32)
        outer = ordering.outer_order(tails32, heads32, n_nodes, places)
        inner = np.empty(n_nodes, np.int32)
        inner[outer] = np.arange(n_nodes, dtype=np.int32)
        rows = (tails32, heads32, seconds["forward_s"].copy(), seconds["backward_s"].copy())
        for array in (*rows, inner, outer):
            array.flags.writeable = False
        return cls(*rows, n_nodes, inner, outer, names)

    def nearest(
        self,
        sources: Places,
        *,
        limit_s: float = np.inf,
        direction: Way = "to",
        start_s: npt.ArrayLike | None = None,
        tie_s: float = TOLERANCE_S,
    ) -> tuple[F64, I64]:
        """Return, per node, the seconds to the nearest source and that source.

        Parameters
        ----------
        sources : node indices (repeats allowed) or `Positions`
        limit_s : seconds; a node at ``limit_s`` + 1e-6 is still reached
        direction : ``"to"``: from the node to the source; ``"from"``: from the source to the node
        start_s : seconds added to each source, for node indices (`Positions` have their own)
        tie_s : sources within this many seconds of the nearest tie; the one that stands first in ``sources`` wins

        Returns
        -------
        seconds : float64 (nodes), inf where no source is reached
        source : int64 (nodes), position in ``sources``, -1 where none is reached

        Raises
        ------
        NetworkError
            An index out of range, a negative or missing number, an unknown direction.
        """
        _check_call(direction, limit_s=limit_s, tie_s=tie_s)
        at = ends(self, sources, "sources", outward=not Direction.of(direction).is_to, start_s=start_s)
        return engine.nearest(
            self.rows(direction), seeds_of(self, at), self.outer, self.spaces,
            limit_s=inclusive(limit_s), tie_s=tie_s,
        )  # fmt: skip

    def nearest_at(
        self,
        sources: Places,
        destinations: Places,
        *,
        limit_s: float = np.inf,
        direction: Way = "to",
        tie_s: float = TOLERANCE_S,
    ) -> tuple[F64, I64]:
        """Return, per destination, the seconds to the nearest source and that source; as `nearest`, but at any place.

        A destination is reached over either end of its street or straight along a street it shares with a source; its
        own ``start_s`` and the source's are part of the seconds and of the limit.

        Parameters
        ----------
        sources, destinations : node indices (repeats allowed) or `Positions`
        limit_s : seconds; a destination at ``limit_s`` + 1e-6 is still reached
        direction : ``"to"``: from the destination to the source; ``"from"``: from the source to the destination
        tie_s : sources within this many seconds of the nearest tie; the one that stands first in ``sources`` wins

        Returns
        -------
        seconds : float64 (destinations), inf where no source is reached
        source : int64 (destinations), position in ``sources``, -1 where none is reached

        Raises
        ------
        NetworkError
            An index out of range, a negative or missing number, an unknown direction.
        """
        _check_call(direction, limit_s=limit_s, tie_s=tie_s)
        outward = not Direction.of(direction).is_to
        at = ends(self, sources, "sources", outward=outward)
        to = ends(self, destinations, "destinations", outward=not outward)
        first, point, seconds = along_shared_streets(self, to, at, outward=not outward)
        goals = goals_of(self, to, first, at.place[point], seconds)
        found = engine.nearest_goals(
            self.rows(direction), seeds_of(self, at), goals, self.spaces, limit_s=inclusive(limit_s), tie_s=tie_s
        )
        return destinations.nearest(*found, tie_s=tie_s) if isinstance(destinations, Positions) else found

    def ranked_at(
        self,
        sources: Places,
        destinations: Places,
        *,
        sites: npt.ArrayLike | None = None,
        n_ranks: int = 3,
        limit_s: float = np.inf,
        direction: Way = "to",
    ) -> tuple[F64, I64]:
        """Return, per destination, the seconds to the nearest few sites, and the source at each; as `nearest_at`.

        Parameters
        ----------
        sources, destinations, limit_s, direction : as in `nearest_at`; of equally near sources the first wins
        sites : (sources,) numbers; sources of one number are one site, of which only the nearest counts
        n_ranks : how many sites

        Returns
        -------
        seconds : float64 (n_ranks, destinations), inf where there is no such site within the limit
        source : int64 (n_ranks, destinations), position in ``sources``, -1 there
        """
        _check_call(direction, limit_s=limit_s)
        outward = not Direction.of(direction).is_to
        at = ends(self, sources, "sources", outward=outward)
        to = ends(self, destinations, "destinations", outward=not outward)
        first, point, direct_s = along_shared_streets(self, to, at, outward=not outward)
        goals = goals_of(self, to, first, at.place[point], direct_s)
        site = np.arange(at.n_places) if sites is None else np.unique(np.asarray(sites), return_inverse=True)[1]
        found = engine.ranked(
            self.rows(direction),
            seeds_of(self, at),
            site,
            goals,
            self.spaces,
            n_ranks=n_ranks,
            limit_s=inclusive(limit_s),
        )
        return found if to.is_single else engine.ranked_of_places(*found, to.place, site)

    def reach(
        self,
        sources: Places,
        *,
        limit_s: float = np.inf,
        direction: Way = "from",
        start_s: npt.ArrayLike | None = None,
        threads: int | None = None,
    ) -> tuple[I64, I32, F64]:
        """Return every node each source reaches within ``limit_s``, source by source.

        Parameters
        ----------
        sources, limit_s, direction, start_s : as in `nearest`
        threads : how many threads search; all cores if left out. The answer does not depend on it.

        Returns
        -------
        indptr : int64 (sources + 1); the group of source i is ``indptr[i]:indptr[i + 1]``
        nodes : int32, the nodes reached
        secs : float64, their seconds
        """
        _check_call(direction, threads, limit_s=limit_s)
        at = ends(self, sources, "sources", outward=not Direction.of(direction).is_to, start_s=start_s)
        return engine.reach(
            self.rows(direction), seeds_of(self, at), self.outer, self.spaces,
            limit_s=inclusive(limit_s), threads=threads,
        )  # fmt: skip

    def matrix(
        self, origins: Places, destinations: Places, *, limit_s: float = np.inf, threads: int | None = None
    ) -> sparse.csr_matrix:
        """Return the seconds from each origin to each destination within ``limit_s``.

        Parameters
        ----------
        origins, destinations : node indices (repeats allowed) or `Positions`, the route along a shared street included
        limit_s, threads : as in `reach`

        Returns
        -------
        scipy.sparse CSR (origins, destinations), float64, indices sorted: an entry that is not stored is not reached,
        a stored 0 is a real 0.
        """
        _check_call("from", threads, limit_s=limit_s)
        at = ends(self, origins, "origins", outward=True)
        from scipy import sparse  # noqa: PLC0415 - takes a third of a second, and only this answer needs it

        to = ends(self, destinations, "destinations", outward=False)
        shape = (at.n_places, to.n_places)
        swapped = shape[1] < shape[0]
        rows, others = (to, at) if swapped else (at, to)
        first, point, straight_s = along_shared_streets(self, rows, others, outward=not swapped)
        first, column, seconds = engine.matrix(
            self.in_rows if swapped else self.out_rows, seeds_of(self, rows),
            goals_of(self, others, first[rows.first], point, straight_s),
            self.spaces, limit_s=inclusive(limit_s), threads=threads,
        )  # fmt: skip
        if not others.is_single:
            first, column, seconds = least_of_columns(others, first, column, seconds)
        if swapped:
            return sparse.csc_matrix((seconds, column, first), shape=shape).tocsr()
        out = sparse.csr_matrix((seconds, column, first), shape=shape)
        out.sort_indices()
        return out

    def path(
        self, source: int | Positions, destination: int | Positions, *, direction: Way = "from"
    ) -> list[paths.Step] | None:
        """Return the least path as pieces of streets in walking order, None if there is none.

        Parameters
        ----------
        source, destination : a node, or `Positions` of length one
        direction : ``"from"``: walking from source to destination; ``"to"``: from destination to source

        Returns
        -------
        Steps ``(edge, from_fraction, to_fraction, seconds)``; fractions are from the street's tail, so a street walked
        against its direction has ``from_fraction > to_fraction``. Empty when both are the same place. The access legs
        (``start_s``) are not part of it.
        """
        _check_call(direction)
        if Direction.of(direction).is_to:
            source, destination = destination, source
        return paths.least_path(self, source, destination)

    def components(self) -> I32:
        """Return, per node, the number of its weakly connected component.

        Every street connects its two ends, closed or not. Components are numbered by their first node.
        """
        return components(self.tail, self.head, self.n_nodes).astype(np.int32)

    def to_networkx(self) -> Any:
        """Return the network as a `networkx.MultiDiGraph`: see `exchange.to_networkx`."""
        return exchange.to_networkx(self)

    @classmethod
    def from_networkx(cls, graph: Any, *, weight: str = "travel_time", speed_m_per_s: float | None = None) -> Network:
        """Return the network of a networkx graph, OSMnx's included: see `exchange.from_networkx`."""
        return cls.from_arrays(**exchange.arrays_of(graph, weight=weight, speed_m_per_s=speed_m_per_s))


def _size_findings(sizes: dict[str, int]) -> list[Finding]:
    """Return what is wrong with the arrays' lengths."""
    if len(set(sizes.values())) > 1:
        lengths = ", ".join(f"{name} {size}" for name, size in sizes.items())
        return [errors.error("network-shapes-differ", lengths=lengths)]
    if sizes["tail"] > MOST_EDGES:
        return [errors.error("network-too-many-arcs", count=sizes["tail"], most=MOST_EDGES)]
    return []


def _coordinates(xy: npt.ArrayLike | None, n_nodes: int) -> tuple[F64 | None, list[Finding]]:
    """Return the nodes' coordinates and what is wrong with them."""
    if xy is None:
        return None, []
    places = np.asarray(xy, np.float64)
    if places.shape != (n_nodes, 2):
        return None, [errors.error("network-shapes-differ", lengths=f"xy {places.shape}, n_nodes {n_nodes}")]
    bad = ~np.isfinite(places).all(axis=1)
    if bad.any():
        where = np.flatnonzero(bad)
        return None, [errors.error("network-not-finite", array="xy", count=where.size, where=str(where[:5].tolist()))]
    return places, []


def _check_call(direction: Way, threads: int | None = None, **seconds: float) -> None:
    """Raise unless the direction is known, the seconds are not negative and the threads are some."""
    found = []
    try:
        Direction.of(direction)
    except ValueError:
        found.append(errors.error("network-bad-direction", value=direction))
    if threads is not None and threads < 1:
        found.append(errors.error("network-bad-threads", value=threads))
    found += [errors.error("network-bad-number", name=name, value=s) for name, s in seconds.items() if not s >= 0]
    if found:
        raise NetworkError(found)
