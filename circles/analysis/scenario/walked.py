"""The walk to one kind of service, kept so that it can be mended when a street or a facility goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from circles.analysis.access import Walks
from circles.analysis.scenario import repair
from circles.analysis.scenario.elsewhere import Elsewhere
from circles.foundation.limits import inclusive, reached
from circles.foundation.types import F64, I64, Bools
from circles.network import Network, Positions, Snapped
from circles.network.positions import Ends, along_shared_streets, ends

Rows = tuple[I64, I64]
_NONE = np.empty(0, dtype=np.int64)


def rows_by(key: I64, n: int) -> Rows:
    """Return ``(first, row)``: the rows of each key 0 … n-1; rows with a negative key are left out."""
    order = np.argsort(key, kind="stable")
    order = order[key[order] >= 0]
    first = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(key[order], minlength=n), out=first[1:])
    return first, order.astype(np.int64)


def of_keys(rows: Rows, keys: I64) -> I64:
    """Return the rows of these keys, one key after the other."""
    first, row = rows
    size = first[keys + 1] - first[keys]
    start = np.cumsum(size) - size
    at: I64 = np.repeat(first[keys] - start, size) + np.arange(int(size.sum()))
    return row[at]


@dataclass(frozen=True)
class Homes:
    """Residents on the network: the nodes around each (-1 = not snapped), and facilities on the same street.

    ``direct`` holds the least seconds straight along the street; ``source, direct_s`` all of them, ``pairs`` by home.
    """

    a: I64
    a_s: F64
    b: I64
    b_s: F64
    edge: I64
    direct: F64
    source: I64
    direct_s: F64
    pairs: Rows
    snapped: Snapped

    def over_nodes(self, rows: I64, seconds: F64) -> F64:
        """Return the seconds over either end of the street, with the nodes' as given."""
        best = np.minimum(self.a_s[rows] + seconds[self.a[rows]], self.b_s[rows] + seconds[self.b[rows]])
        return np.where(self.a[rows] >= 0, best, np.inf)

    def direct_without(self, rows: I64, is_gone: Bools) -> F64:
        """Return the least seconds straight along the street to a facility that is not gone."""
        pairs = of_keys(self.pairs, rows)
        size = self.pairs[0][rows + 1] - self.pairs[0][rows]
        out = np.full(len(rows), np.inf)
        s = np.where(is_gone[self.source[pairs]], np.inf, self.direct_s[pairs])
        np.minimum.at(out, np.repeat(np.arange(len(rows)), size), s)
        return out


class Walked:
    """The walk of every resident to the nearest counted facility of one kind, within the limit, and how to mend it."""

    def __init__(self, walks: Walks, category: str) -> None:
        self.walks = walks
        area = walks.area
        self.walker = area.walker(category)
        self._limit_min = area.walk.limit_min
        self._limit_s = inclusive(area.walk.limit_min * 60.0)
        self._is_to = area.walk.direction.is_to
        self._net: Network = walks.network.graph(self.walker)
        self._shops = walks.snapped("facilities", self.walker)
        is_mine = walks.facilities["is_counted"].to_numpy(dtype=bool)
        is_mine = is_mine & (walks.facilities["category"] == category).to_numpy()
        self.sources = np.flatnonzero(is_mine & self._shops.is_snapped)
        self._at = self._ends(self._shops, self.sources, is_home=False)
        self._grow()
        self._homes = self._settled(walks.snapped("residents", self.walker))
        self._next, self._next_shops = self._homes, self._at
        n_edges = self._net.n_edges
        near = np.where(np.stack([self._homes.a, self._homes.b]) >= 0, [self._homes.a, self._homes.b], -1)
        self._by_node = rows_by(near.ravel(), self._net.n_nodes)
        self._by_edge = rows_by(self._homes.edge, n_edges)
        self._shops_by_edge = rows_by(self._at.edge, n_edges)
        total = np.minimum(self._homes.over_nodes(np.arange(len(self._homes.a)), self._seconds), self._homes.direct)
        self.is_covered = reached(total / 60.0, self._limit_min)
        self.is_used = np.zeros(n_edges, dtype=bool)
        for edges in (self._hangs_on, self._homes.edge, self._at.edge):
            self.is_used[edges[edges >= 0]] = True

    def _ends(self, snapped: Snapped, rows: I64, *, is_home: bool) -> Ends:
        """Return places seen from the nodes around them; those that are not snapped have edge -1 and no way."""
        good = np.flatnonzero(snapped.is_snapped[rows])
        own = rows[good]
        places = Positions(snapped.edge[own], snapped.fraction[own], snapped.leg_m[own] / self.walker.speed_m_per_s)
        found = ends(self._net, places, "places", outward=is_home == self._is_to)
        if len(good) == len(rows):
            return found
        n = len(rows)
        out = Ends(*(np.full(n, blank) for blank in (-1, np.inf, -1, np.inf, -1, 0.0, 0.0)))
        for name in Ends.__dataclass_fields__:
            getattr(out, name)[good] = getattr(found, name)
        return out

    def _settled(self, snapped: Snapped) -> Homes:
        n = len(snapped.edge)
        at = self._ends(snapped, np.arange(n), is_home=True)
        good = np.flatnonzero(snapped.is_snapped)
        first, source, s = along_shared_streets(
            self._net, self._ends(snapped, good, is_home=True), self._at, outward=self._is_to
        )
        size = np.zeros(n, dtype=np.int64)
        size[good] = np.diff(first)
        pairs = np.concatenate([[0], np.cumsum(size)]), np.arange(len(source))
        direct = np.full(n, np.inf)
        np.minimum.at(direct, np.repeat(np.arange(n), size), s)
        return Homes(at.a, at.a_s, at.b, at.b_s, snapped.edge, direct, source, s, pairs, snapped)

    def _grow(self) -> None:
        """Walk the whole forest once."""
        net = self._net
        tail, head = net.tail.astype(np.int64), net.head.astype(np.int64)
        served = [(tail, head, net.backward_s), (head, tail, net.forward_s)]
        if not self._is_to:
            served = [(tail, head, net.forward_s), (head, tail, net.backward_s)]
        settled, other, cost = (np.concatenate(part) for part in zip(*served, strict=True))
        edge = np.tile(np.arange(net.n_edges), 2)
        open_ = np.isfinite(cost) & (settled != other)
        settled, other, cost, edge = settled[open_], other[open_], cost[open_], edge[open_]
        first, order = rows_by(settled, net.n_nodes)
        self._arcs = (first, other[order], edge[order], cost[order])
        first, order = rows_by(other, net.n_nodes)
        self._back = (first, settled[order], edge[order], cost[order])
        at = self._at
        node, s = np.concatenate([at.a, at.b]), np.concatenate([at.a_s, at.b_s])
        source = np.tile(np.arange(len(self.sources)), 2)
        first, order = rows_by(np.where(np.isfinite(s), node, -1), net.n_nodes)
        self._seeds = (first, source[order], s[order])
        self._seconds, self._hangs_on, by_node, self._owner = repair.forest(
            *self._arcs, node[order], s[order], source[order], self._limit_s
        )
        self._kids = rows_by(by_node, net.n_nodes)
        self._is_hit = np.zeros(net.n_nodes, dtype=bool)

    def aim(self, elsewhere: Elsewhere) -> None:
        """Find out where everybody is snapped when the own street goes, with all that goes with it."""
        homes, at = self.walks.snapped("residents", self.walker), self.walks.resident_at
        self._next = self._settled(elsewhere.snap(at.xy, at.island, homes.edge, self.walker))
        at, rows = self.walks.facility_at, self.sources
        snapped = elsewhere.snap(at.xy[rows], at.island[rows], self._shops.edge[rows], self.walker)
        self._next_shops = self._ends(snapped, np.arange(len(rows)), is_home=False)

    def without(self, edges: I64, sources: I64, gone: Bools) -> tuple[I64, Bools]:
        """Return residents whose cover may change, ascending, and whether they are covered, when things go.

        Parameters
        ----------
        edges : streets that go, as `aim` was told; ``gone`` marks the same. Places on them are snapped to the next
        sources : positions in ``self.sources`` of facilities that close
        """
        resnapped, moved = of_keys(self._by_edge, edges), of_keys(self._shops_by_edge, edges)
        lost = np.union1d(moved, sources) if len(sources) else moved
        roots = np.concatenate([self._net.tail[edges], self._net.head[edges]]).astype(np.int64)
        roots = roots[gone[self._hangs_on[roots]] & (self._hangs_on[roots] >= 0)]
        if not len(roots) and not len(lost) and not len(resnapped):
            return _NONE, np.empty(0, dtype=bool)
        is_gone = np.zeros(len(self.sources), dtype=bool)
        is_gone[lost] = True
        new = moved[self._next_shops.edge[moved] >= 0]
        seeds = np.concatenate([self._at.a[lost], self._at.b[lost]])
        owner = self._owner[seeds]
        roots = np.concatenate([roots, seeds[(self._hangs_on[seeds] < 0) & (owner >= 0) & is_gone[owner]]])
        nodes, s = repair.repair(
            self._arcs, self._back, self._kids, self._seeds, self._seconds, roots, gone, is_gone,
            np.concatenate([self._next_shops.a[new], self._next_shops.b[new]]),
            np.concatenate([self._next_shops.a_s[new], self._next_shops.b_s[new]]), self._limit_s, self._is_hit,
        )  # fmt: skip
        before = self._seconds[nodes]
        self._seconds[nodes] = s
        try:
            return self._recount(resnapped, nodes, is_gone, gone, new)
        finally:
            self._seconds[nodes] = before

    def _recount(self, resnapped: I64, nodes: I64, is_gone: Bools, gone: Bools, new: I64) -> tuple[I64, Bools]:
        stay = of_keys(self._by_node, nodes) % len(self._homes.a)
        if is_gone.any():
            beside = np.concatenate([self._next_shops.edge[new], self._at.edge[is_gone]])
            stay = np.concatenate([stay, of_keys(self._by_edge, np.unique(beside))])
        stay = np.unique(stay[~gone[self._homes.edge[stay]]])
        seconds = [
            self._total(homes, rows, is_gone, new) for homes, rows in ((self._homes, stay), (self._next, resnapped))
        ]
        rows = np.concatenate([stay, resnapped])
        order = np.argsort(rows, kind="stable")
        return rows[order], reached(np.concatenate(seconds)[order] / 60.0, self._limit_min)

    def _total(self, homes: Homes, rows: I64, is_gone: Bools, new: I64) -> F64:
        best = homes.over_nodes(rows, self._seconds)
        if not is_gone.any():
            return np.minimum(best, homes.direct[rows])
        best = np.minimum(best, homes.direct_without(rows, is_gone))
        if len(new):
            near = np.flatnonzero(np.isin(homes.edge[rows], self._next_shops.edge[new]))
            best[near] = np.minimum(best[near], self._along(homes, rows[near], new))
        return best

    def _along(self, homes: Homes, rows: I64, new: I64) -> F64:
        """Return the seconds straight along a shared street to facilities that were snapped to it anew."""
        shops = Ends(*(getattr(self._next_shops, name)[new] for name in Ends.__dataclass_fields__))
        first, _, s = along_shared_streets(
            self._net, self._ends(homes.snapped, rows, is_home=True), shops, outward=self._is_to
        )
        out = np.full(len(rows), np.inf)
        np.minimum.at(out, np.repeat(np.arange(len(rows)), np.diff(first)), s)
        return out
