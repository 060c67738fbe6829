"""The shortest-path forest to one category, kept so that it can be repaired when a street or a facility is removed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from circles.analysis.access import Walks
from circles.analysis.scenario import repair
from circles.analysis.scenario.elsewhere import Elsewhere, Moved
from circles.foundation.limits import inclusive, reached
from circles.foundation.types import F64, I64, Bools
from circles.network import Network, Snapped
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
    """Residents on the network, one row per point (access leg): the nodes around each, and facilities on the same street.

    ``place`` is the resident of each point, ``points`` the points by resident. ``direct`` holds the least seconds
    straight along the street; ``source, direct_s`` all of them, ``pairs`` by point.
    """

    at: Ends
    place: I64
    points: Rows
    direct: F64
    source: I64
    direct_s: F64
    pairs: Rows

    def over_nodes(self, rows: I64, seconds: F64) -> F64:
        """Return the seconds over either end of the street, with the nodes' as given."""
        at = self.at
        return np.minimum(at.a_s[rows] + seconds[at.a[rows]], at.b_s[rows] + seconds[at.b[rows]])

    def direct_without(self, rows: I64, is_gone: Bools) -> F64:
        """Return the least seconds straight along the street to a facility that is not gone."""
        pairs = of_keys(self.pairs, rows)
        size = self.pairs[0][rows + 1] - self.pairs[0][rows]
        out = np.full(len(rows), np.inf)
        s = np.where(is_gone[self.source[pairs]], np.inf, self.direct_s[pairs])
        np.minimum.at(out, np.repeat(np.arange(len(rows)), size), s)
        return out

    def least(self, places: I64, rows: I64, seconds: F64) -> F64:
        """Return the least seconds of each of some residents, ascending, over their points; inf where there are none."""
        out = np.full(len(places), np.inf)
        np.minimum.at(out, np.searchsorted(places, self.place[rows]), seconds)
        return out


@dataclass(frozen=True)
class _Next:
    """Homes and facilities that are snapped otherwise when a thing is gone, and their points by thing and place."""

    homes: Homes
    moved: Moved
    shops: Ends
    shops_moved: Moved
    shop_points: Rows


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
        self._at = self._ends(self._shops.chosen(self.sources), is_home=False)
        self._grow()
        self._homes = self._settled(walks.snapped("residents", self.walker))
        self._next: _Next | None = None
        n_edges, home = self._net.n_edges, self._homes
        self._by_node = rows_by(np.concatenate([home.at.a, home.at.b]), self._net.n_nodes)
        self._by_edge = rows_by(home.at.edge, n_edges)
        every = np.arange(len(home.place))
        total = np.minimum(home.over_nodes(every, self._seconds), home.direct)
        n = len(walks.snapped("residents", self.walker).edge)
        self.is_covered = reached(home.least(np.arange(n), every, total) / 60.0, self._limit_min)
        self.is_used = np.zeros(n_edges, dtype=bool)
        for edges in (self._hangs_on, home.at.edge, self._at.edge):
            self.is_used[edges[edges >= 0]] = True

    def _ends(self, snapped: Snapped, *, is_home: bool) -> Ends:
        """Return the points of places seen from the nodes around them; ``place`` numbers the snapped ones only."""
        places = snapped.positions(speed_m_per_s=self.walker.speed_m_per_s)
        return ends(self._net, places, "places", outward=is_home == self._is_to)

    def _settled(self, snapped: Snapped) -> Homes:
        at = self._ends(snapped, is_home=True)
        place = np.flatnonzero(snapped.is_snapped)[at.place]
        first, point, s = along_shared_streets(self._net, at, self._at, outward=self._is_to)
        pairs = first, np.arange(len(point))
        direct = np.full(len(place), np.inf)
        np.minimum.at(direct, np.repeat(np.arange(len(place)), np.diff(first)), s)
        return Homes(at, place, rows_by(place, len(snapped.edge)), direct, self._at.place[point], s, pairs)

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
        source = np.tile(at.place, 2)
        first, order = rows_by(np.where(np.isfinite(s), node, -1), net.n_nodes)
        self._seeds = (first, source[order], s[order])
        self._seconds, self._hangs_on, by_node, self._owner = repair.forest(
            *self._arcs, node[order], s[order], source[order], self._limit_s
        )
        self._kids = rows_by(by_node, net.n_nodes)
        self._is_hit = np.zeros(net.n_nodes, dtype=bool)

    def aim(self, elsewhere: Elsewhere) -> None:
        """Find out where everybody is snapped when each thing goes."""
        snapped, at = self.walks.snapped("residents", self.walker), self.walks.resident_at
        homes = elsewhere.moved(at.xy, at.island, snapped, self.walker)
        xy, island, owner = self.walks.entries(self.sources)
        shops = elsewhere.moved(xy, island, self.walks.snap(xy, island, self.walker), self.walker, owner=owner)
        points = self._ends(shops.snapped, is_home=False)
        by_place = rows_by(np.flatnonzero(shops.snapped.is_snapped)[points.place], len(shops.place))
        self._next = _Next(self._settled(homes.snapped), homes, points, shops, by_place)

    def is_touched(self, number: int) -> bool:
        """Whether anybody is snapped otherwise when the thing of this number goes."""
        if self._next is None:
            return False
        return any(m.first[number] < m.first[number + 1] for m in (self._next.moved, self._next.shops_moved))

    def without(self, edges: I64, sources: I64, gone: Bools, *, number: int = -1) -> tuple[I64, Bools]:
        """Return residents whose cover may change, ascending, and whether they are covered, when things go.

        Parameters
        ----------
        edges : streets that go; ``gone`` marks the same
        sources : positions in ``self.sources`` of facilities that close
        number : of the thing, as given to `aim`; -1 where no street goes
        """
        resnapped, moved, new = _NONE, _NONE, _NONE
        if self._next is not None and number >= 0:
            resnapped = np.arange(*self._next.moved.first[number : number + 2])
            at = np.arange(*self._next.shops_moved.first[number : number + 2])
            moved, new = self._next.shops_moved.place[at], of_keys(self._next.shop_points, at)
        lost = np.union1d(moved, sources) if len(sources) else moved
        roots = np.concatenate([self._net.tail[edges], self._net.head[edges]]).astype(np.int64)
        roots = roots[gone[self._hangs_on[roots]] & (self._hangs_on[roots] >= 0)]
        if not len(roots) and not len(lost) and not len(resnapped):
            return _NONE, np.empty(0, dtype=bool)
        is_gone = np.zeros(len(self.sources), dtype=bool)
        is_gone[lost] = True
        points = np.flatnonzero(is_gone[self._at.place])
        seeds = np.concatenate([self._at.a[points], self._at.b[points]])
        owner = self._owner[seeds]
        roots = np.concatenate([roots, seeds[(self._hangs_on[seeds] < 0) & (owner >= 0) & is_gone[owner]]])
        fresh = self._at if self._next is None else self._next.shops
        nodes, s = repair.repair(
            self._arcs, self._back, self._kids, self._seeds, self._seconds, roots, gone, is_gone,
            np.concatenate([fresh.a[new], fresh.b[new]]), np.concatenate([fresh.a_s[new], fresh.b_s[new]]),
            self._limit_s, self._is_hit,
        )  # fmt: skip
        before = self._seconds[nodes]
        self._seconds[nodes] = s
        try:
            return self._recount(resnapped, nodes, is_gone, points, new)
        finally:
            self._seconds[nodes] = before

    def _recount(self, resnapped: I64, nodes: I64, is_gone: Bools, lost: I64, new: I64) -> tuple[I64, Bools]:
        """Return the residents whose cover may change; ``lost`` are points of facilities that go, ``new`` new ones."""
        home = self._homes
        near = of_keys(self._by_node, nodes) % max(len(home.place), 1)
        if is_gone.any():
            beside = self._at.edge[lost]
            if self._next is not None:
                beside = np.concatenate([self._next.shops.edge[new], beside])
            near = np.concatenate([near, of_keys(self._by_edge, np.unique(beside))])
        away = _NONE if self._next is None else self._next.moved.place[resnapped]
        stay = np.setdiff1d(home.place[near], away)
        seconds = [self._total(home, stay, is_gone, new)]
        if self._next is not None and len(resnapped):
            seconds.append(self._total(self._next.homes, resnapped, is_gone, new))
        rows = np.concatenate([stay, away])
        order = np.argsort(rows, kind="stable")
        return rows[order], reached(np.concatenate(seconds)[order] / 60.0, self._limit_min)

    def _total(self, homes: Homes, places: I64, is_gone: Bools, new: I64) -> F64:
        """Return the least seconds of residents, ascending rows of ``homes.points``."""
        rows = of_keys(homes.points, places)
        best = homes.over_nodes(rows, self._seconds)
        if not is_gone.any():
            return homes.least(places, rows, np.minimum(best, homes.direct[rows]))
        best = np.minimum(best, homes.direct_without(rows, is_gone))
        if len(new) and self._next is not None:
            near = np.flatnonzero(np.isin(homes.at.edge[rows], self._next.shops.edge[new]))
            best[near] = np.minimum(best[near], self._along(homes, rows[near], self._next.shops.taken(new)))
        return homes.least(places, rows, best)

    def _along(self, homes: Homes, rows: I64, shops: Ends) -> F64:
        """Return the seconds straight along a shared street to facilities that were snapped to it anew."""
        first, _, s = along_shared_streets(self._net, homes.at.taken(rows), shops, outward=self._is_to)
        out = np.full(len(rows), np.inf)
        np.minimum.at(out, np.repeat(np.arange(len(rows)), np.diff(first)), s)
        return out
