"""Where places are snapped when streets are gone: to the next street, and over a second access leg where pieces are cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circles.area.walkers import Walker
from circles.foundation.types import F64, I64
from circles.network import AccessLeg, Snapped, StreetNetwork
from circles.network.snapping import Around

_AT_ONCE = 2_000


@dataclass(frozen=True)
class Moved:
    """Places that are snapped otherwise when a thing is gone: of thing i the rows ``first[i]:first[i + 1]``.

    ``place`` is the place's row in its table, ``snapped`` where it is snapped then.
    """

    first: I64
    place: I64
    snapped: Snapped


@dataclass(frozen=True)
class Elsewhere:
    """The connected components that remain when each of some things is gone.

    Attributes
    ----------
    network : the streets
    things : per thing the edges that go
    snap_max_m, fragment_max_m : as in `StreetNetwork.snap`
    first, edge, metres : of thing i the edges ``edge[first[i]:first[i + 1]]``, ascending, are then in
        components of so many metres of line; 0 for those that are gone. All others as before, or with no less than ``fragment_max_m``
    """

    network: StreetNetwork
    things: tuple[I64, ...]
    snap_max_m: float
    fragment_max_m: float
    first: I64
    edge: I64
    metres: F64

    def moved(self, xy: F64, island: I64, snapped: Snapped, walker: Walker, *, owner: I64 | None = None) -> Moved:
        """Return the places that are snapped otherwise without each thing, exactly as `StreetNetwork.snap` would.

        Parameters
        ----------
        xy, island : (p, 2), (p,) the places
        snapped : where they are snapped today, for this walker
        owner : (p,) where the places are doors: what each leads into, 0, 1, …; what is moved are the owners then, with
            all their doors
        """
        thing, place = self._touched(xy, island, snapped)
        if owner is not None:
            n = int(owner.max(initial=-1)) + 1
            pair = np.unique(thing * max(n, 1) + owner[place])
            by_owner = np.argsort(owner, kind="stable")
            low, high = (np.searchsorted(owner[by_owner], pair % max(n, 1), side=side) for side in ("left", "right"))
            of_pair = np.repeat(np.arange(len(pair)), high - low)
            at = np.arange(len(of_pair)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
            thing, place = pair[of_pair] // max(n, 1), by_owner[at + np.repeat(low, high - low)]
        found = [
            self._snapped(xy[place[part]], island[place[part]], thing[part], walker)
            for part in np.split(np.arange(len(thing)), np.arange(_AT_ONCE, len(thing), _AT_ONCE))
        ]
        now = Snapped.together(*found)
        if owner is not None:
            now = Snapped.single(AccessLeg.none(len(pair))).entered(now, of_pair)
            thing, place = np.divmod(pair, max(n, 1))
        return Moved(np.searchsorted(thing, np.arange(len(self.things) + 1)), place, now)

    def _touched(self, xy: F64, island: I64, snapped: Snapped) -> tuple[I64, I64]:
        """Return ``(thing, place)`` sorted: all places that may be snapped otherwise, and some more."""
        n_edges = len(self.network.edges)
        has = np.flatnonzero(snapped.is_snapped)
        two = np.flatnonzero(snapped.second.edge >= 0)
        on = [np.stack([has, snapped.edge[has]]), np.stack([two, snapped.second.edge[two]])]
        lines = self.network.lines
        short = has[lines.component_m[snapped.edge[has]] < self.fragment_max_m]
        if len(short):  # what is a fragment depends on all lines around
            around = lines.around(xy[short], island[short], within_m=self.snap_max_m)
            on.append(np.stack([short[around.place], around.edge]))
        place, edge = np.concatenate(on, axis=1)
        order = np.argsort(edge, kind="stable")
        place, edge = place[order], edge[order]
        at = np.searchsorted(edge, np.arange(n_edges + 1))
        size = at[self.edge + 1] - at[self.edge]
        of_thing = np.repeat(np.arange(len(self.things)), np.diff(self.first))
        rows = np.repeat(at[self.edge] - (np.cumsum(size) - size), size) + np.arange(int(size.sum()))
        pairs = np.unique(np.repeat(of_thing, size) * max(len(xy), 1) + place[rows])
        thing, which = np.divmod(pairs, max(len(xy), 1))
        return thing, which

    def _snapped(self, xy: F64, island: I64, thing: I64, walker: Walker) -> Snapped:
        lines = self.network.lines
        around = lines.around(xy, island, within_m=self.snap_max_m)
        metres = lines.component_m[around.edge].copy()
        n = max(len(self.network.edges), 1)
        known = np.repeat(np.arange(len(self.things)), np.diff(self.first)) * n + self.edge
        asked = thing[around.place] * n + around.edge
        at = np.minimum(np.searchsorted(known, asked), max(len(known) - 1, 0))
        is_known = known[at] == asked if len(known) else np.zeros(len(asked), dtype=bool)
        metres[is_known] = self.metres[at[is_known]]
        stays = ~is_known | (metres > 0)
        left = Around(around.place[stays], around.edge[stays])
        return lines.snap_among(
            xy, left, metres[stays], has_steps=walker.steps_m_per_s > 0, snap_max_m=self.snap_max_m,
            fragment_max_m=self.fragment_max_m,
        )  # fmt: skip


def elsewhere(network: StreetNetwork, things: Sequence[I64], *, snap_max_m: float, fragment_max_m: float) -> Elsewhere:
    """Return the connected components that remain when each of ``things`` alone is closed.

    Parameters
    ----------
    network : the area's streets
    things : per thing the rows of the edges that close, int64
    snap_max_m, fragment_max_m : metres, as in `StreetNetwork.snap`
    """
    pieces = _Pieces(network, fragment_max_m)
    edge, metres = [], []
    for gone in things:
        found = pieces.without(gone)
        found.update(dict.fromkeys(gone.tolist(), 0.0))
        rows = sorted(found)
        edge.append(np.array(rows, dtype=np.int64))
        metres.append(np.array([found[row] for row in rows], dtype=np.float64))
    first = np.concatenate([[0], np.cumsum([len(rows) for rows in edge])]).astype(np.int64)
    none = np.zeros(0)
    return Elsewhere(
        network, tuple(things), snap_max_m, fragment_max_m, first,
        np.concatenate([none.astype(np.int64), *edge]), np.concatenate([none, *metres]),
    )  # fmt: skip


class _Pieces:
    """Finds the short pieces that are left when edges go, by walking from their ends until a piece is long enough."""

    def __init__(self, network: StreetNetwork, long_m: float) -> None:
        edges = network.edges
        tail, head = edges["tail"].to_numpy(), edges["head"].to_numpy()
        node, edge = np.concatenate([tail, head]), np.tile(np.arange(len(edges)), 2)
        order = np.argsort(node, kind="stable")
        self._first = np.searchsorted(node[order], np.arange(network.n_nodes + 1)).tolist()
        self._at_node = edge[order].tolist()
        self._tail, self._head = tail.tolist(), head.tolist()
        self._metres = edges["length_m"].to_numpy()
        self._long_m = long_m

    def without(self, gone: I64) -> dict[int, float]:
        """Return the edges of pieces shorter than the limit that touch what is gone, with the metres of their piece."""
        out: dict[int, float] = {}
        if self._long_m <= 0:
            return out
        away, seen = set(gone.tolist()), set[int]()
        for start in dict.fromkeys(end for e in away for end in (self._tail[e], self._head[e])):
            if start in seen:
                continue
            piece = self._from(start, away, seen)
            if piece:
                rows = np.sort(self._metres[piece])
                total = float(np.add.reduceat(rows, [0])[0])
                out.update(dict.fromkeys(piece, total))
        return out

    def _from(self, start: int, away: set[int], seen: set[int]) -> list[int]:
        """Return the edges of the piece around a node; none where it is long, or has no edge."""
        own, piece, stack, total = {start}, set[int](), [start], 0.0
        while stack:
            node = stack.pop()
            for edge in self._at_node[self._first[node] : self._first[node + 1]]:
                if edge in away or edge in piece:
                    continue
                piece.add(edge)
                total += float(self._metres[edge])
                for end in (self._tail[edge], self._head[edge]):
                    if end not in own:
                        own.add(end)
                        stack.append(end)
            if total >= self._long_m * (1 + 1e-9) + 1e-6:
                return []
        seen |= own
        return sorted(piece)
