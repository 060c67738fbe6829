"""Where places are snapped when their street is gone, together with all that goes with it: to the next street."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely

from circles.area.walkers import Walker
from circles.foundation.types import F64, I64, Bools
from circles.network import Snapped, StreetNetwork, snapping

_NEAR_M = (30.0, 80.0)
"""So near the next street is looked for first, before the whole snapping distance."""
_AT_ONCE = 20_000


@dataclass(frozen=True)
class Elsewhere:
    """Next streets, where streets go in groups.

    Attributes
    ----------
    network : the streets
    group : (edges,) group with which each edge goes, -1 = it never goes
    snap_max_m : longest leg
    """

    network: StreetNetwork
    group: I64
    snap_max_m: float
    _trees: dict[bool, tuple[shapely.STRtree, I64]] = field(default_factory=dict, repr=False)

    def snap(self, xy: F64, island: I64, own: I64, walker: Walker) -> Snapped:
        """Return places snapped as `StreetNetwork.snap` would on a network without the group of each one's own edge.

        Parameters
        ----------
        own : (p,) edge each place is snapped to; a place with none, or whose edge never goes, is not snapped here
        """
        found = np.full(len(xy), -1, dtype=np.int64)
        todo = np.flatnonzero((own >= 0) & (self.group[np.maximum(own, 0)] >= 0))
        for within in sorted({min(near, self.snap_max_m) for near in _NEAR_M} | {self.snap_max_m * (1 + 1e-9)}):
            for part in np.split(todo, np.arange(_AT_ONCE, len(todo), _AT_ONCE)):
                found[part] = self._nearest(xy[part], island[part], self.group[own[part]], walker, within_m=within)
            todo = todo[found[todo] < 0]
        fraction, leg, foot = np.full(len(xy), np.nan), np.full(len(xy), np.nan), np.full((len(xy), 2), np.nan)
        has, net = np.flatnonzero(found >= 0), self.network
        length = net.edges["length_m"].to_numpy()
        fraction[has], leg[has], foot[has] = snapping.project(net.offsets, net.xy, length, xy[has], found[has])
        far = leg > self.snap_max_m
        found[far], fraction[far], leg[far], foot[far] = -1, np.nan, np.nan, np.nan
        return Snapped(found, fraction, leg, foot)

    def _nearest(self, xy: F64, island: I64, group: I64, walker: Walker, *, within_m: float) -> I64:
        tree, edges = self._tree(has_steps=walker.steps_m_per_s > 0)
        points = shapely.points(xy)
        at, hit = tree.query(points, predicate="dwithin", distance=within_m)
        edge = edges[hit]
        keep = (self.group[edge] != group[at]) & self._belongs(edge, island[at])
        at, hit, edge = at[keep], hit[keep], edge[keep]
        distance = shapely.distance(points[at], tree.geometries[hit])
        order = np.lexsort((edge, distance, at))
        first = order[np.unique(at[order], return_index=True)[1]] if len(order) else order
        out = np.full(len(xy), -1, dtype=np.int64)
        out[at[first]] = edge[first]
        return out

    def _belongs(self, edge: I64, island: I64) -> Bools:
        net = self.network
        out = np.zeros(len(edge), dtype=bool)
        for k in range(int(np.diff(net.island_indptr).max(initial=0))):
            at = net.island_indptr[edge] + k
            inside = at < net.island_indptr[edge + 1]
            out[inside] |= net.island_index[at[inside]] == island[inside]
        return out

    def _tree(self, *, has_steps: bool) -> tuple[shapely.STRtree, I64]:
        if has_steps not in self._trees:
            net = self.network
            usable = np.ones(len(net.edges), dtype=bool) if has_steps else ~net.edges["is_steps"].to_numpy(dtype=bool)
            edges = np.flatnonzero(usable)
            lines = shapely.linestrings(net.xy, indices=np.repeat(np.arange(len(net.edges)), np.diff(net.offsets)))
            self._trees[has_steps] = shapely.STRtree(lines[edges]), edges
        return self._trees[has_steps]
