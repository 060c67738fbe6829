"""The walked network of an area: edges with lengths and slopes, their islands, and one routable graph per walker."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circles.area.walkers import Walker, slope_factor
from circles.foundation import errors
from circles.foundation.direction import Direction
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import Streets
from circles.foundation.types import F64, I64
from circles.network import fragments, junctions, noding, passability, slopes, snapping
from circles.network.components import components
from circles.network.graph import Network
from circles.network.islands import Islands
from circles.network.legs import Snapped

if TYPE_CHECKING:
    from scipy import sparse

NEAR_ENDS_M = 0.5
"""Ends of streets closer than this, and not connected, are reported (contract, section 3.1)."""


@dataclass(frozen=True)
class StreetNetwork:
    """Edges between nodes, in the area's CRS; everything in metres.

    Attributes
    ----------
    edges : one row per edge: ``street_id, line, tail, head, length_m, slope`` (rise / run tail→head, NaN = none),
        ``is_steps, is_level`` (bridge or tunnel), ``one_way`` (1, -1, 0 = both), ``highway, name``
    offsets, xy : vertices of edge i are ``xy[offsets[i]:offsets[i + 1]]``
    node_xy : (n, 2)
    islands : the land; ``island_indptr, island_index`` say which islands each edge belongs to
    crs : of all coordinates
    """

    edges: pd.DataFrame
    offsets: I64
    xy: F64
    node_xy: F64
    islands: Islands
    island_indptr: I64
    island_index: I64
    crs: str
    findings: tuple[Finding, ...] = ()
    _graphs: dict[Walker, Network] = field(default_factory=dict, repr=False, compare=False)

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_xy)

    def seconds(self, walker: Walker) -> tuple[F64, F64]:
        """Return each edge's seconds tail→head and head→tail; inf where the walker cannot go (contract, 3.3)."""
        length = self.edges["length_m"].to_numpy()
        steps, level = self.edges["is_steps"].to_numpy(), self.edges["is_level"].to_numpy()
        slope = np.where(steps | level | (not walker.uses_slope), np.nan, self.edges["slope"].to_numpy())
        flat = np.where(steps, walker.steps_m_per_s, walker.speed_m_per_s)
        one_way = self.edges["one_way"].to_numpy()
        both = []
        for sign in (1, -1):
            speed = flat * slope_factor(sign * slope)
            s = np.divide(length, speed, out=np.full(len(length), np.inf), where=speed > 0)
            both.append(np.where(one_way == -sign, np.inf, s))
        return both[0], both[1]

    def graph(self, walker: Walker) -> Network:
        """Return the routable graph of a walker; its edges are in the order of ``edges``."""
        if walker not in self._graphs:
            tail, head = self.edges["tail"].to_numpy(), self.edges["head"].to_numpy()
            self._graphs[walker] = Network.from_arrays(tail, head, *self.seconds(walker), self.n_nodes, xy=self.node_xy)
        return self._graphs[walker]

    def is_usable(self, walker: Walker) -> npt.NDArray[np.bool_]:
        """Return which edges a walker may be on at all."""
        return np.asarray(~self.edges["is_steps"].to_numpy(dtype=bool) | (walker.steps_m_per_s > 0))

    @cached_property
    def connected(self) -> tuple[I64, F64]:
        """Return, per edge, the number of its connected component, whoever walks, and the metres of mapped line of that."""
        e = self.edges
        length = np.where(e["source"] == passability.ACROSS, 0.0, e["length_m"])
        return fragments.of_edges(e["tail"].to_numpy(), e["head"].to_numpy(), length, self.n_nodes)

    @cached_property
    def lines(self) -> snapping.Lines:
        """Return the streets as places are snapped to them."""
        e, (_, metres) = self.edges, self.connected
        length = e["length_m"].to_numpy()
        steps = e["is_steps"].to_numpy(dtype=bool)
        return snapping.Lines(self.offsets, self.xy, length, steps, self.island_indptr, self.island_index, metres)

    def snap(self, xy: F64, island: I64, walker: Walker, *, snap_max_m: float, fragment_max_m: float) -> Snapped:
        """Snap places to the nearest point of a usable street of their island (contract, section 3.5).

        Parameters
        ----------
        xy : (p, 2) places
        island : (p,) their islands, -1 = at sea
        snap_max_m : greatest length of an access leg, metres
        fragment_max_m : a place on a component with fewer metres of street has a second access leg; 0 = none has
        walker : who walks; decides which streets are usable
        """
        return self.lines.snap(
            xy, island, has_steps=walker.steps_m_per_s > 0, snap_max_m=snap_max_m, fragment_max_m=fragment_max_m
        )

    def od_seconds(
        self,
        homes: Snapped,
        places: Snapped,
        walker: Walker,
        *,
        direction: Direction,
        limit_s: float = np.inf,
        only_homes: npt.NDArray[np.bool_] | None = None,
        only_places: npt.NDArray[np.bool_] | None = None,
    ) -> sparse.csr_matrix:
        """Return the origin–destination matrix of travel times, access legs included (contract, section 3.6).

        Parameters
        ----------
        homes, places : snapped for this walker; n and m of them
        direction : of walking: homes → places (``TO_FACILITY``) or places → homes; rows are homes either way
        limit_s : seconds; entries beyond it (+ 1e-6) are left out, inf keeps all there are
        only_homes, only_places : (n,), (m,) which of them are asked for; the others' rows and columns are empty

        Returns
        -------
        CSR (n, m), float64; an entry that is not stored is not reached, a stored 0 is a real 0.
        """
        from scipy import sparse  # noqa: PLC0415 - few questions need it

        shape = (len(homes.edge), len(places.edge))
        rows, columns = homes.rows(only_homes), places.rows(only_places)
        if not (len(rows) and len(columns)):
            return sparse.csr_matrix(shape)
        speed = walker.speed_m_per_s
        ends = (
            homes.positions(speed_m_per_s=speed, only=only_homes), places.positions(speed_m_per_s=speed, only=only_places)
        )  # fmt: skip
        found = self.graph(walker).matrix(*(ends if direction.is_to else ends[::-1]), limit_s=limit_s)
        pairs = sparse.coo_matrix(found if direction.is_to else found.T)
        return sparse.csr_matrix((pairs.data, (rows[pairs.row], columns[pairs.col])), shape=shape)

    def tied_islands(self, walker: Walker) -> I64:
        """Return, per island, the group of islands that usable streets tie together."""
        n = len(self.islands.names)
        edge = np.repeat(np.arange(len(self.edges)), np.diff(self.island_indptr))
        keep = self.is_usable(walker)[edge]
        edge, island = edge[keep], self.island_index[keep]
        same = edge[1:] == edge[:-1]
        return components(island[:-1][same], island[1:][same], n)

    def piece(self, edge: int, from_fraction: float, to_fraction: float) -> F64:
        """Return the vertices of a piece of an edge, (k, 2), in walking order."""
        xy = self.xy[self.offsets[edge] : self.offsets[edge + 1]]
        low, high = sorted((from_fraction, to_fraction))
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
        at = np.array([low, high]) * along[-1]
        ends = np.column_stack([np.interp(at, along, xy[:, 0]), np.interp(at, along, xy[:, 1])])
        inner = xy[(along > at[0]) & (along < at[1])]
        out = np.vstack([ends[:1], inner, ends[1:]])
        return out if from_fraction <= to_fraction else out[::-1]

    def digest(self) -> str:
        """Return the SHA-256 of everything that walking and snapping take from the network."""
        names = ("tail", "head", "length_m", "slope", "is_steps", "is_level", "one_way")
        parts = [self.edges[name].to_numpy() for name in names]
        parts += [self.offsets, self.xy, self.island_indptr, self.island_index]
        digest = hashlib.sha256("\n".join(self.islands.names).encode())
        for part in parts:
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    def kept(self) -> gpd.GeoDataFrame:
        """Return the edges as a table that can be kept in a file and read again with the same minutes.

        ``from_node, to_node`` say where lines meet, ``ele_from_m, ele_to_m`` carry the slope, ``line_id`` says which
        edges were one line and so belong to the same islands.
        """
        lines = shapely.linestrings(self.xy, indices=np.repeat(np.arange(len(self.edges)), np.diff(self.offsets)))
        e = self.edges
        slope = np.where(e["is_steps"] | e["is_level"], np.nan, e["slope"])
        frame = pd.DataFrame(
            {
                "street_id": e["street_id"], "line_id": e["line_id"], "from_node": e["tail"], "to_node": e["head"],
                "name": e["name"], "highway": e["highway"],
                "bridge": np.where(e["is_level"], "yes", ""),
                "oneway_foot": np.where(e["one_way"] == 1, "yes", np.where(e["one_way"] == -1, "-1", "")),
                "source": e["source"],
                "ele_from_m": np.where(np.isnan(slope), np.nan, 0.0), "ele_to_m": slope * e["length_m"],
            }
        )  # fmt: skip
        return gpd.GeoDataFrame(frame, geometry=lines, crs=self.crs)


def build(streets: Streets, islands: Islands, *, crs: str, heights: slopes.Heights | None = None) -> StreetNetwork:
    """Build the walked network from lines.

    Parameters
    ----------
    streets : lines in ``crs``; those that the walking rules close are left out
    islands : the land in ``crs``
    heights : samples elevations at places in ``crs``; lines with their own ``ele_*`` columns keep them

    Raises
    ------
    InputError
        No line may be walked.
    """
    is_open = passability.passable(streets.lines) & (np.diff(streets.offsets) > 1)
    if not is_open.any():
        raise InputError(errors.error("network-nothing-passable", "network", count=len(streets.lines)))
    walked = _only(streets, is_open)
    lines = walked.lines
    ids = lines["line_id"].to_numpy() if walked.is_noded and "line_id" in lines else np.arange(len(lines))
    _, line_id = np.unique(ids, return_inverse=True)
    n_lines = int(line_id.max()) + 1
    line_of_vertex = np.repeat(line_id, np.diff(walked.offsets))
    belongs = islands.of_lines(line_of_vertex, walked.xy, n_lines)
    walked = Streets(lines.assign(line_id=line_id), walked.offsets, walked.xy, walked.vertex_id, walked.is_noded)
    parts, slope, findings = slopes.with_slopes(walked, heights)
    pieces = noding.node(parts)
    edges = _edges(parts.lines, slope, pieces)
    indptr, island = _of_edges(belongs, edges["line_id"].to_numpy())
    findings += near_ends(pieces)
    label = components(pieces.tail, pieces.head, len(pieces.node_xy))[pieces.tail]
    shown = parts.lines[[name for name in ("bridge", "tunnel", "layer", "source") if name in parts.lines]]
    findings += junctions.doubts(shown.iloc[pieces.line], pieces, label)
    return StreetNetwork(
        edges, pieces.offsets, pieces.xy, pieces.node_xy, islands, indptr, island, crs, tuple(findings)
    )


def _only(streets: Streets, keep: npt.NDArray[np.bool_]) -> Streets:
    size = np.diff(streets.offsets)
    vertex = np.repeat(keep, size)
    offsets = np.concatenate([[0], np.cumsum(size[keep])]).astype(np.int64)
    vertex_id = None if streets.vertex_id is None else streets.vertex_id[vertex]
    lines = streets.lines[keep].reset_index(drop=True)
    return Streets(lines, offsets, streets.xy[vertex], vertex_id, streets.is_noded, streets.holes)


def _edges(lines: pd.DataFrame, slope: F64, pieces: noding.Edges) -> pd.DataFrame:
    def text(name: str) -> npt.NDArray[np.object_]:
        column = lines[name] if name in lines else pd.Series("", index=lines.index)
        return column.astype("str").fillna("").to_numpy(dtype=object)[pieces.line]

    street_id = lines["street_id"] if "street_id" in lines else lines["line_id"]
    return pd.DataFrame(
        {
            "street_id": street_id.to_numpy(dtype=np.int64)[pieces.line],
            "line_id": lines["line_id"].to_numpy(dtype=np.int64)[pieces.line],
            "tail": pieces.tail,
            "head": pieces.head,
            "length_m": pieces.length_m,
            "slope": slope[pieces.line],
            "is_steps": slopes.is_steps(lines)[pieces.line],
            "is_level": slopes.is_level(lines)[pieces.line],
            "is_residential": passability.residential(lines)[pieces.line],
            "one_way": passability.walking_direction(lines)[pieces.line].astype(np.int64),
            "highway": text("highway"),
            "name": text("name"),
            "source": text("source"),
        }
    )


def _of_edges(belongs: tuple[I64, I64], line: I64) -> tuple[I64, I64]:
    """Spread the islands of lines over their edges: CSR (indptr, island)."""
    indptr, island = belongs
    size = np.diff(indptr)[line]
    out = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    at = np.repeat(indptr[:-1][line] - out[:-1], size) + np.arange(out[-1])
    return out, island[at]


def near_ends(pieces: noding.Edges) -> list[Finding]:
    """Return a finding where ends of streets stand closer than 0.5 m to each other without meeting."""
    degree = np.bincount(np.concatenate([pieces.tail, pieces.head]), minlength=len(pieces.node_xy))
    loose = np.flatnonzero(degree == 1)
    if len(loose) < 1:
        return []
    a, b = _within(pieces.node_xy, loose, NEAR_ENDS_M)
    if not len(a):
        return []
    count = len({tuple(sorted(pair)) for pair in zip(a.tolist(), b.tolist(), strict=True)})
    x, y = pieces.node_xy[a[0]]
    return [errors.warning("ends-nearly-meet", "network", count=count, x=round(float(x), 1), y=round(float(y), 1))]


def _within(xy: F64, rows: I64, most_m: float) -> tuple[I64, I64]:
    """Return pairs of one of ``rows`` and another point at most ``most_m`` from it, in the order of ``rows``."""
    cell = np.floor((xy - xy.min(axis=0)) / (2 * most_m)).astype(np.int64)  # whoever is near is in a cell that touches
    width = int(cell[:, 0].max()) + 3
    key = cell[:, 1] * width + cell[:, 0]
    order = np.argsort(key, kind="stable")
    held = key[order]
    found = []
    for step in (-1, 0, 1):
        wanted = key[rows] + step * width
        first, last = np.searchsorted(held, wanted - 1), np.searchsorted(held, wanted + 1, side="right")
        size = last - first
        one = np.repeat(np.arange(len(rows)), size)
        other = order[np.arange(len(one)) - np.repeat(np.cumsum(size) - size, size) + np.repeat(first, size)]
        found.append(np.stack([one, other]))
    one, other = np.concatenate(found, axis=1)
    near = (np.hypot(*(xy[rows[one]] - xy[other]).T) <= most_m) & (rows[one] != other)
    one, other = one[near], other[near]
    order = np.lexsort((other, one))
    return rows[one[order]], other[order]
