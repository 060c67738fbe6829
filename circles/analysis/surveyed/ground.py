"""The streets as a survey is held against them: in metres, walked both ways by anyone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from scipy import sparse

from circles.foundation.schema.tables import Streets
from circles.foundation.types import F64, I64, Bools
from circles.network import Network, Positions, StreetNetwork, passability, snapping

_DETOUR, _DETOUR_M = 1.3, 20.0


def length_m(xy: F64) -> float:
    """Return the length of a line, (k, 2) in metres."""
    return float(np.hypot(*np.diff(xy, axis=0).T).sum())


def is_detour(network_m: float, walked_m: float) -> bool:
    """Return whether a way over the streets is so much longer than what was walked that it is another one."""
    return network_m > _DETOUR * walked_m + _DETOUR_M


@dataclass(frozen=True, eq=False)
class Ground:
    """A network without speeds and slopes, and the mapped lines that nobody may walk.

    Attributes
    ----------
    network : the walked streets
    streets : all mapped lines, the closed ones included
    """

    network: StreetNetwork
    streets: Streets

    @cached_property
    def graph(self) -> Network:
        """Return the streets as a graph whose seconds are metres, both ways."""
        edges = self.network.edges
        metres = edges["length_m"].to_numpy(dtype=np.float64)
        return Network.from_arrays(
            edges["tail"].to_numpy(), edges["head"].to_numpy(), metres, metres.copy(), self.network.n_nodes
        )

    @cached_property
    def lines(self) -> shapely.STRtree:
        """Return the walked streets, one line per edge."""
        size = np.diff(self.network.offsets)
        return shapely.STRtree(shapely.linestrings(self.network.xy, indices=np.repeat(np.arange(len(size)), size)))

    @cached_property
    def closed(self) -> tuple[shapely.STRtree, I64]:
        """Return the mapped lines that nobody may walk, and the id of each one's street."""
        size = np.diff(self.streets.offsets)
        rows = np.flatnonzero(~passability.passable(self.streets.lines) & (size > 1))
        shapes = [
            shapely.LineString(self.streets.xy[self.streets.offsets[r] : self.streets.offsets[r + 1]]) for r in rows
        ]
        return shapely.STRtree(shapes), self.streets.lines["street_id"].to_numpy(dtype=np.int64)[rows]

    def near(self, xy: F64, *, within_m: float) -> tuple[I64, I64, F64, F64, F64]:
        """Return pairs of a place and an edge of its island within reach: place, edge, fraction, distance, foot."""
        island, _ = self.network.islands.of_points(xy, within_m=within_m)
        around = self.network.lines.around(xy, island, within_m=within_m)
        length = self.network.edges["length_m"].to_numpy()
        fraction, metres, foot = snapping.project(
            self.network.offsets, self.network.xy, length, xy[around.place], around.edge
        )
        order = np.lexsort((around.edge, metres, around.place))
        return around.place[order], around.edge[order], np.clip(fraction[order], 0.0, 1.0), metres[order], foot[order]

    def metres(self, one: Positions, other: Positions, *, within_m: float) -> sparse.csr_matrix:
        """Return the metres over streets between places; an entry that is not stored is further."""
        return self.graph.matrix(one, other, limit_s=within_m)

    def is_steps(self, edges: I64) -> Bools:
        """Return which edges are steps."""
        return np.asarray(self.network.edges["is_steps"].to_numpy(dtype=bool)[edges])

    def street_ids(self, edges: I64) -> list[int]:
        """Return the distinct streets of edges, in the order walked."""
        return list(dict.fromkeys(self.network.edges["street_id"].to_numpy(dtype=np.int64)[edges].tolist()))
