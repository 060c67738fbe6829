"""Snapping places to the exact nearest point of a street of their island, over one access leg or two (contract, section 3.5)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely

from circles.foundation.types import F64, I64, Bools
from circles.network import fragments, nearest_line
from circles.network.legs import AccessLeg, Snapped

_AT_ONCE = 20_000


@dataclass(frozen=True)
class Around:
    """Lines within reach of places: pairs of a place's number and an edge."""

    place: I64
    edge: I64


@dataclass(frozen=True, eq=False)
class Lines:
    """The streets that places are snapped to: edges with their islands and the metres of line of their component.

    Attributes
    ----------
    offsets, xy, length_m, island_indptr, island_index : as in `StreetNetwork`
    is_steps : (edges,)
    component_m : (edges,) metres of line of the edge's connected component
    """

    offsets: I64
    xy: F64
    length_m: F64
    is_steps: Bools
    island_indptr: I64
    island_index: I64
    component_m: F64
    _grids: dict[tuple[bool, float], nearest_line.SegmentGrid] = field(default_factory=dict, repr=False)
    _trees: dict[float, tuple[shapely.STRtree, I64]] = field(default_factory=dict, repr=False)

    def snap(self, xy: F64, island: I64, *, has_steps: bool, snap_max_m: float, fragment_max_m: float) -> Snapped:
        """Snap places to the nearest point of a street of their island.

        Parameters
        ----------
        xy : (p, 2) coordinates, metres
        island : (p,) island of each place, -1 = at sea, which is never snapped
        has_steps : whether the walker may use steps
        snap_max_m : greatest length of an access leg, metres
        fragment_max_m : a component with less line than this is a fragment, from which there is a second access leg
        """
        first = self._nearest(xy, island, has_steps=has_steps, within_m=snap_max_m)
        second, on = AccessLeg.none(len(xy)), np.zeros(len(xy), dtype=bool)
        own_m = np.where(first.is_snapped, self.component_m[first.edge], np.inf)
        short = np.flatnonzero(own_m < fragment_max_m)
        if len(short):
            on[short], found = self._second(
                xy[short], island[short], own_m[short], has_steps=has_steps, within_m=snap_max_m, long_m=fragment_max_m
            )
            for name in AccessLeg.__dataclass_fields__:
                getattr(second, name)[short] = getattr(found, name)
        return Snapped.of_legs(first, second, on)

    def _nearest(
        self, xy: F64, island: I64, *, has_steps: bool, within_m: float, least_component_m: float = 0.0
    ) -> AccessLeg:
        """Return the legs to the nearest streets of components of at least ``least_component_m``."""
        finite: Bools = np.asarray(np.isfinite(xy).all(axis=1))
        edge = nearest_line.nearest_edge(
            self._grid(has_steps=has_steps, least_component_m=least_component_m), self.xy,
            np.where(finite[:, None], xy, 0.0), np.where(finite, island, -1), island_indptr=self.island_indptr,
            island_index=self.island_index, weight=self.component_m, within_m=within_m * (1 + 1e-12),
        )  # fmt: skip
        return self._legs(xy, edge, within_m=within_m)

    def _legs(self, xy: F64, edge: I64, *, within_m: float) -> AccessLeg:
        """Return the legs to given edges (-1 = none), without those that are too long."""
        out = AccessLeg.none(len(xy))
        has = np.flatnonzero(edge >= 0)
        fraction, leg, foot = project(self.offsets, self.xy, self.length_m, xy[has], edge[has])
        near = leg <= within_m
        has = has[near]
        out.edge[has], out.fraction[has], out.leg_m[has] = edge[has], fraction[near], leg[near]
        out.foot_xy[has] = foot[near]
        return out

    def _second(
        self, xy: F64, island: I64, own_m: F64, *, has_steps: bool, within_m: float, long_m: float
    ) -> tuple[Bools, AccessLeg]:
        """Return which places on short components are on a fragment, and their second legs."""
        near = self._nearest(xy, island, has_steps=True, within_m=within_m, least_component_m=long_m)
        on = near.is_snapped
        second = near if has_steps else self._nearest(
            xy, island, has_steps=False, within_m=within_m, least_component_m=long_m
        )  # fmt: skip
        second = second.where(on, AccessLeg.none(len(xy)))
        alone = np.flatnonzero(~on)  # where all streets within reach are short, the ten times as long ones count
        for part in np.split(alone, np.arange(_AT_ONCE, len(alone), _AT_ONCE)):
            around = self.around(xy[part], island[part], within_m=within_m, below_m=long_m)
            on[part], found = self._second_among(
                xy[part], own_m[part], around, self.component_m[around.edge], has_steps=has_steps, within_m=within_m,
                long_m=long_m,
            )  # fmt: skip
            for name in AccessLeg.__dataclass_fields__:
                getattr(second, name)[part] = getattr(found, name)
        return on, second

    def _second_among(
        self, xy: F64, own_m: F64, around: Around, metres: F64, *, has_steps: bool, within_m: float, long_m: float
    ) -> tuple[Bools, AccessLeg]:
        """Return which places are on a fragment, and their second legs, among the lines around, of known components."""
        longest = np.zeros(len(xy))
        np.maximum.at(longest, around.place, metres)
        on = fragments.is_fragment(own_m, longest, fragment_max_m=long_m)
        fine = on[around.place] & ~fragments.is_fragment(metres, longest[around.place], fragment_max_m=long_m)
        return on, self._first_of(xy, around, metres, fine, has_steps=has_steps, within_m=within_m)

    def snap_among(
        self, xy: F64, around: Around, metres: F64, *, has_steps: bool, snap_max_m: float, fragment_max_m: float
    ) -> Snapped:
        """Return what `snap` would if only some lines existed.

        Parameters
        ----------
        xy : (p, 2) coordinates, metres
        around : the lines near each place
        metres : (pairs of ``around``,) metres of line of the component of each pair's edge
        has_steps : whether the walker may use steps
        snap_max_m : greatest length of an access leg, metres
        fragment_max_m : a component with less line than this is a fragment
        """
        every = np.ones(len(metres), dtype=bool)
        first = self._first_of(xy, around, metres, every, has_steps=has_steps, within_m=snap_max_m)
        key = around.place * max(len(self.length_m), 1) + around.edge
        order = np.argsort(key, kind="stable")
        own_m = np.full(len(xy), np.inf)
        has = np.flatnonzero(first.is_snapped)
        at = np.searchsorted(key[order], has * max(len(self.length_m), 1) + first.edge[has])
        own_m[has] = metres[order][at]
        on, second = self._second_among(
            xy, own_m, around, metres, has_steps=has_steps, within_m=snap_max_m, long_m=fragment_max_m
        )
        return Snapped.of_legs(first, second, on)

    def around(self, xy: F64, island: I64, *, within_m: float, below_m: float = np.inf) -> Around:
        """Return every line of a place's island within reach of a leg, whoever may walk it.

        Parameters
        ----------
        xy, island : as for `snap`
        within_m : greatest length of the leg, metres
        below_m : lines of components with less line than this only, metres: those are few, and quickly sought
        """
        tree, of = self._tree_of(below_m)
        at, edge = tree.query(shapely.points(xy), predicate="dwithin", distance=within_m * (1 + 1e-12))
        edge = of[edge]
        belongs = np.zeros(len(edge), dtype=bool)
        for k in range(int(np.diff(self.island_indptr).max(initial=0))):
            number = self.island_indptr[edge] + k
            inside = number < self.island_indptr[edge + 1]
            belongs[inside] |= self.island_index[number[inside]] == island[at[inside]]
        return Around(at[belongs], edge[belongs])

    def share_island(self, one: I64, other: I64) -> Bools:
        """Return which pairs of edges have an island in common."""
        out = np.zeros(len(one), dtype=bool)
        most = int(np.diff(self.island_indptr).max(initial=0))
        for i in range(most):
            for k in range(most):
                a, b = self.island_indptr[one] + i, self.island_indptr[other] + k
                both = (a < self.island_indptr[one + 1]) & (b < self.island_indptr[other + 1])
                out[both] |= self.island_index[a[both]] == self.island_index[b[both]]
        return out

    def _first_of(
        self, xy: F64, around: Around, metres: F64, fine: Bools, *, has_steps: bool, within_m: float
    ) -> AccessLeg:
        """Return the leg of each place to the nearest of its lines that are fine, by the rule for equally near ones."""
        keep = np.flatnonzero(fine & (has_steps | ~self.is_steps[around.edge]))
        at, edge, metres = around.place[keep], around.edge[keep], metres[keep]
        out = np.full(len(xy), -1, dtype=np.int64)
        _, leg, foot = project(self.offsets, self.xy, self.length_m, xy[at], edge)
        least = np.full(len(xy), np.inf)
        np.minimum.at(least, at, leg)
        near = np.flatnonzero(leg <= least[at] + nearest_line.TIE_M)
        at, edge, foot, metres = at[near], edge[near], foot[near], metres[near]
        x, y = _rounded(foot)
        order = np.lexsort((edge, y, x, -metres, at))
        place, first = np.unique(at[order], return_index=True)
        out[place] = edge[order][first]
        return self._legs(xy, out, within_m=within_m)

    def _tree_of(self, below_m: float) -> tuple[shapely.STRtree, I64]:
        """Return a tree of the lines of components shorter than this, and the edge of each."""
        if below_m not in self._trees:
            size = np.diff(self.offsets)
            belongs = (self.component_m < below_m) | np.isinf(below_m)
            of = np.flatnonzero(belongs)
            lines = shapely.linestrings(
                self.xy[np.repeat(belongs, size)], indices=np.repeat(np.arange(len(of)), size[of])
            )
            self._trees[below_m] = shapely.STRtree(lines), of
        return self._trees[below_m]

    def _grid(self, *, has_steps: bool, least_component_m: float) -> nearest_line.SegmentGrid:
        """Return the grid over the edges that a walker may be on, of components that are long enough."""
        key = has_steps, least_component_m
        if key not in self._grids:
            usable = self.component_m >= least_component_m
            if not has_steps:
                usable &= ~self.is_steps
            self._grids[key] = nearest_line.grid(self.offsets, self.xy, np.flatnonzero(usable))
        return self._grids[key]


def _rounded(xy: F64) -> tuple[F64, F64]:
    """Return x and y, equal where points are the same: of equally near ones the smaller x wins, then the smaller y."""
    return np.round(xy[:, 0] / nearest_line.SAME_M), np.round(xy[:, 1] / nearest_line.SAME_M)


def project(offsets: I64, xy: F64, length_m: F64, points: F64, edge: I64) -> tuple[F64, F64, F64]:
    """Return, for each point, the nearest point of its edge.

    Parameters
    ----------
    offsets, xy : vertices of edge i are ``xy[offsets[i]:offsets[i + 1]]``, metres
    length_m : (edges,) length of each edge
    points : (n, 2) metres
    edge : (n,) edge of each point

    Returns
    -------
    fraction : (n,) share of the edge's length from its tail
    distance_m : (n,) metres to the edge
    foot_xy : (n, 2) the point on the edge
    """
    n = len(edge)
    size = np.diff(offsets)[edge] - 1
    first = np.concatenate([[0], np.cumsum(size)[:-1]]).astype(np.int64) if n else np.empty(0, np.int64)
    row = np.repeat(np.arange(n), size)
    a = np.arange(size.sum()) - first[row] + offsets[:-1][edge][row]
    start, step = xy[a], xy[a + 1] - xy[a]
    square = (step**2).sum(axis=1)
    t = np.divide(((points[row] - start) * step).sum(axis=1), square, out=np.zeros(len(a)), where=square > 0)
    t = np.clip(t, 0.0, 1.0)
    # at the far end the vertex itself, so that places on a node are exactly there
    foot = np.where((t == 1.0)[:, None], xy[a + 1], start + t[:, None] * step)
    distance = np.hypot(*(points[row] - foot).T)
    length = np.sqrt(square)
    before = np.cumsum(length) - length
    before -= before[first][row]
    least = np.minimum.reduceat(distance, first) if n else distance
    x, y = _rounded(foot)
    best = np.lexsort((np.arange(len(a)), y, x, distance > least[row] + nearest_line.TIE_M, row))
    best = best[first] if n else best
    along = before[best] + t[best] * length[best]
    whole = length_m[edge]
    fraction = np.clip(np.divide(along, whole, out=np.zeros(n), where=whole > 0), 0.0, 1.0)
    is_end = (t[best] == 1.0) & (best == first + size - 1)
    fraction[is_end & (whole > 0)] = 1.0
    return fraction, distance[best], foot[best]
