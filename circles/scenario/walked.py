"""The walk to one kind of service, kept so that it can be mended when a street or a facility goes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

from circles.area import Direction
from circles.coverage import reached
from circles.network import TOLERANCE_S, Joined, Network, Positions, StreetNetwork, joining
from circles.network.positions import Ends, along_shared_streets, ends
from circles.reach import Walks
from circles.scenario import repair
from circles.walking import Walker

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Rows = tuple[Ints, Ints]
_NEAR_M = 60.0
"""So near the next street is looked for first, before the whole joining distance."""


def rows_by(key: Ints, n: int) -> Rows:
    """Return ``(first, row)``: the rows of each key 0 … n-1; rows with a negative key are left out."""
    order = np.argsort(key, kind="stable")
    order = order[key[order] >= 0]
    first = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(key[order], minlength=n), out=first[1:])
    return first, order.astype(np.int64)


def of_keys(rows: Rows, keys: Ints) -> Ints:
    """Return the rows of these keys, one key after the other."""
    first, row = rows
    size = first[keys + 1] - first[keys]
    start = np.cumsum(size) - size
    at: Ints = np.repeat(first[keys] - start, size) + np.arange(int(size.sum()))
    return row[at]


@dataclass
class Elsewhere:
    """Where places are joined when their street is gone: to the next one."""

    network: StreetNetwork
    snap_max_m: float
    _trees: dict[bool, tuple[shapely.STRtree, Ints]] = field(default_factory=dict)
    _lines: npt.NDArray[np.object_] | None = None

    def join(self, xy: Floats, island: Ints, gone: Bools, walker: Walker) -> Joined:
        """Return places joined as `StreetNetwork.join` would on a network without the edges that are ``gone``."""
        tree, edges = self._tree(has_steps=walker.steps_m_per_s > 0)
        found = np.full(len(xy), -1, dtype=np.int64)
        todo = np.flatnonzero(np.isfinite(xy).all(axis=1) & (island >= 0))
        for within in sorted({min(_NEAR_M, self.snap_max_m), self.snap_max_m * (1 + 1e-9)}):
            if len(todo):
                found[todo] = self._nearest(tree, edges, xy[todo], island[todo], gone, within_m=within)
                todo = todo[found[todo] < 0]
        fraction, leg, foot = np.full(len(xy), np.nan), np.full(len(xy), np.nan), np.full((len(xy), 2), np.nan)
        has = np.flatnonzero(found >= 0)
        net = self.network
        fraction[has], leg[has], foot[has] = joining.project(
            net.offsets, net.xy, net.edges["length_m"].to_numpy(), xy[has], found[has]
        )
        far = leg > self.snap_max_m
        found[far], fraction[far], leg[far], foot[far] = -1, np.nan, np.nan, np.nan
        return Joined(found, fraction, leg, foot)

    def _nearest(
        self, tree: shapely.STRtree, edges: Ints, xy: Floats, island: Ints, gone: Bools, *, within_m: float
    ) -> Ints:
        points = shapely.points(xy)
        at, hit = tree.query(points, predicate="dwithin", distance=within_m)
        edge = edges[hit]
        keep = ~gone[edge]
        at, edge = at[keep], edge[keep]
        keep = self._belongs(edge, island[at])
        at, edge = at[keep], edge[keep]
        distance = shapely.distance(points[at], self._geometries()[edge])
        order = np.lexsort((edge, distance, at))
        first = order[np.unique(at[order], return_index=True)[1]] if len(order) else order
        out = np.full(len(xy), -1, dtype=np.int64)
        out[at[first]] = edge[first]
        return out

    def _belongs(self, edge: Ints, island: Ints) -> Bools:
        net = self.network
        out = np.zeros(len(edge), dtype=bool)
        most = int(np.diff(net.island_indptr).max(initial=0))
        for k in range(most):
            at = net.island_indptr[edge] + k
            inside = at < net.island_indptr[edge + 1]
            out[inside] |= net.island_index[at[inside]] == island[inside]
        return out

    def _geometries(self) -> npt.NDArray[np.object_]:
        if self._lines is None:
            net = self.network
            self._lines = shapely.linestrings(
                net.xy, indices=np.repeat(np.arange(len(net.edges)), np.diff(net.offsets))
            )
        return self._lines

    def _tree(self, *, has_steps: bool) -> tuple[shapely.STRtree, Ints]:
        if has_steps not in self._trees:
            usable = np.ones(len(self.network.edges), bool) if has_steps else ~self.network.edges["is_steps"].to_numpy()
            edges = np.flatnonzero(usable)
            self._trees[has_steps] = shapely.STRtree(self._geometries()[edges]), edges
        return self._trees[has_steps]


class Walked:
    """The walk of every resident to the nearest counted facility of one kind, within the limit, and how to mend it."""

    def __init__(self, walks: Walks, category: str, elsewhere: Elsewhere) -> None:
        self.walks, self.elsewhere = walks, elsewhere
        area = walks.area
        self.walker = area.walker(category)
        self.limit_s = area.walk.limit_min * 60.0 + TOLERANCE_S
        self.is_to = area.walk.direction is Direction.TO_FACILITY
        self.net: Network = walks.network.graph(self.walker)
        self.homes, self.shops = walks.joined("residents", self.walker), walks.joined("facilities", self.walker)
        mine = (
            walks.facilities["is_counted"].to_numpy(dtype=bool) & (walks.facilities["category"] == category).to_numpy()
        )
        self.sources = np.flatnonzero(mine & self.shops.is_joined)
        self._grow()
        self._settle()

    def _ends(self, joined: Joined, rows: Ints, *, is_home: bool) -> Ends:
        at = Positions(joined.edge[rows], joined.fraction[rows], joined.leg_m[rows] / self.walker.speed_m_per_s)
        return ends(self.net, at, "places", outward=is_home == self.is_to)

    def _grow(self) -> None:
        """Walk the whole forest once."""
        net = self.net
        tail, head = net.tail.astype(np.int64), net.head.astype(np.int64)
        served = [(tail, head, net.backward_s), (head, tail, net.forward_s)]
        if not self.is_to:
            served = [(tail, head, net.forward_s), (head, tail, net.backward_s)]
        settled, other, cost = (np.concatenate(part) for part in zip(*served, strict=True))
        edge = np.tile(np.arange(net.n_edges), 2)
        open_ = np.isfinite(cost) & (settled != other)
        settled, other, cost, edge = settled[open_], other[open_], cost[open_], edge[open_]
        first, order = rows_by(settled, net.n_nodes)
        self._arcs = (first, other[order], edge[order], cost[order])
        first, order = rows_by(other, net.n_nodes)
        self._back = (first, settled[order], edge[order], cost[order])
        self.shop_ends = at = self._ends(self.shops, self.sources, is_home=False)
        node, s = np.concatenate([at.a, at.b]), np.concatenate([at.a_s, at.b_s])
        source = np.tile(np.arange(len(self.sources)), 2)
        first, order = rows_by(np.where(np.isfinite(s), node, -1), net.n_nodes)
        self._seeds = (first, source[order], s[order])
        self.seconds, self.by_edge, by_node, self.owner = repair.forest(
            *self._arcs, node[order], s[order], source[order], self.limit_s
        )
        self._kids = rows_by(by_node, net.n_nodes)
        self._is_hit = np.zeros(net.n_nodes, dtype=bool)
        self._gone_source = np.zeros(len(self.sources), dtype=bool)

    def _settle(self) -> None:
        """Find who is covered, and over which nodes and edges."""
        joined = np.flatnonzero(self.homes.is_joined)
        at = self._ends(self.homes, joined, is_home=True)
        n = len(self.homes.edge)
        self.a, self.b = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
        self.a_s, self.b_s, self.direct = (np.full(n, np.inf) for _ in range(3))
        self.a[joined], self.a_s[joined], self.b[joined], self.b_s[joined] = at.a, at.a_s, at.b, at.b_s
        first, other, s = along_shared_streets(self.net, at, self.shop_ends, outward=self.is_to)
        row = np.repeat(joined, np.diff(first))
        np.minimum.at(self.direct, row, s)
        self._direct = (row, other, s)
        self._direct_of = rows_by(row, n)
        self.is_covered = reached(self._total(np.arange(n), self.seconds) / 60.0, self.walks.area.walk.limit_min)
        near = np.concatenate([self.a, self.b])
        self._by_node = rows_by(near, self.net.n_nodes)
        self.by_edge_of_home = rows_by(self.homes.edge, self.net.n_edges)
        self.by_edge_of_source = rows_by(self.shops.edge[self.sources], self.net.n_edges)
        self.is_used = np.zeros(self.net.n_edges, dtype=bool)
        for edges in (self.by_edge, self.homes.edge, self.shops.edge[self.sources]):
            self.is_used[edges[edges >= 0]] = True

    def _total(self, rows: Ints, seconds: Floats) -> Floats:
        """Return the seconds of residents, with the nodes' as given."""
        best = np.minimum(self.a_s[rows] + seconds[self.a[rows]], self.b_s[rows] + seconds[self.b[rows]])
        return np.where(self.a[rows] >= 0, np.minimum(best, self.direct[rows]), np.inf)

    def without(self, edges: Ints, sources: Ints, gone: Bools) -> tuple[Ints, Bools]:
        """Return residents whose cover may change, ascending, and whether they are covered, when things go.

        Parameters
        ----------
        edges : streets that go; ``gone`` marks the same. Places on them are joined to the next street
        sources : positions in ``self.sources`` of facilities that close
        """
        moved = np.setdiff1d(of_keys(self.by_edge_of_source, edges), sources)
        lost = np.union1d(moved, sources)
        at_shops, new_shops = self._moved_shops(moved, gone)
        roots = np.concatenate([self.net.tail[edges], self.net.head[edges]]).astype(np.int64)
        roots = roots[np.isin(self.by_edge[roots], edges)]
        seeds = np.concatenate([self.shop_ends.a[lost], self.shop_ends.b[lost]])
        is_root = (self.by_edge[seeds] < 0) & np.isin(self.owner[seeds], lost)
        roots = np.concatenate([roots, seeds[is_root]])
        self._gone_source[lost] = True
        nodes, s = repair.repair(
            self._arcs, self._back, self._kids, self._seeds, self.seconds, roots, gone, self._gone_source,
            np.concatenate([at_shops.a, at_shops.b]), np.concatenate([at_shops.a_s, at_shops.b_s]), self.limit_s,
            self._is_hit,
        )  # fmt: skip
        before = self.seconds[nodes]
        self.seconds[nodes] = s
        try:
            return self._recount(edges, nodes, lost, gone, (at_shops, new_shops))
        finally:
            self.seconds[nodes] = before
            self._gone_source[lost] = False

    def _moved_shops(self, moved: Ints, gone: Bools) -> tuple[Ends, Ints]:
        """Return the facilities whose street goes, where they are joined then, and their new edges."""
        rows = self.sources[moved]
        at = self.walks.facility_at
        joined = self.elsewhere.join(at.xy[rows], at.island[rows], gone, self.walker)
        good = np.flatnonzero(joined.is_joined)
        return self._ends(joined, good, is_home=False), joined.edge[good]

    def _recount(self, edges: Ints, nodes: Ints, lost: Ints, gone: Bools, new: tuple[Ends, Ints]) -> tuple[Ints, Bools]:
        n = len(self.homes.edge)
        at_shops, new_edges = new
        rejoined = of_keys(self.by_edge_of_home, edges)
        near = of_keys(self._by_node, nodes) % n
        beside = of_keys(self.by_edge_of_home, np.unique(np.concatenate([new_edges, self.shop_ends.edge[lost]])))
        stay = np.setdiff1d(np.concatenate([near, beside]), rejoined)
        total = self._total(stay, self.seconds)
        if len(lost):
            total = np.minimum(self._over_nodes(stay), self._direct_without(stay, lost))
            total = np.minimum(total, self._along(self._ends(self.homes, stay, is_home=True), at_shops))
        rows, seconds = (
            np.concatenate([stay, rejoined]),
            np.concatenate([total, self._rejoined(rejoined, gone, lost, at_shops)]),
        )
        order = np.argsort(rows, kind="stable")
        return rows[order], reached(seconds[order] / 60.0, self.walks.area.walk.limit_min)

    def _over_nodes(self, rows: Ints) -> Floats:
        return np.minimum(self.a_s[rows] + self.seconds[self.a[rows]], self.b_s[rows] + self.seconds[self.b[rows]])

    def _direct_without(self, rows: Ints, lost: Ints) -> Floats:
        """Return the seconds straight along a shared street to a facility that is not lost."""
        out = np.full(len(self.homes.edge), np.inf)
        pairs = of_keys(self._direct_of, rows)
        row, source, s = self._direct[0][pairs], self._direct[1][pairs], self._direct[2][pairs]
        keep = ~np.isin(source, lost)
        np.minimum.at(out, row[keep], s[keep])
        return out[rows]

    def _along(self, homes: Ends, shops: Ends) -> Floats:
        """Return the seconds straight along a street shared with one of these facilities."""
        first, _, s = along_shared_streets(self.net, homes, shops, outward=self.is_to)
        out = np.full(len(homes.edge), np.inf)
        np.minimum.at(out, np.repeat(np.arange(len(homes.edge)), np.diff(first)), s)
        return out

    def _rejoined(self, rows: Ints, gone: Bools, lost: Ints, new: Ends) -> Floats:
        """Return the seconds of residents whose street goes, from the next street."""
        out = np.full(len(rows), np.inf)
        at = self.walks.resident_at
        joined = self.elsewhere.join(at.xy[rows], at.island[rows], gone, self.walker)
        good = np.flatnonzero(joined.is_joined)
        homes = self._ends(joined, good, is_home=True)
        best = np.minimum(homes.a_s + self.seconds[homes.a], homes.b_s + self.seconds[homes.b])
        kept = np.setdiff1d(np.arange(len(self.sources)), lost)
        stay = self._ends(self.shops, self.sources[kept[np.isin(self.shop_ends.edge[kept], homes.edge)]], is_home=False)
        out[good] = np.minimum(np.minimum(best, self._along(homes, stay)), self._along(homes, new))
        return out
