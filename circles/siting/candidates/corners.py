"""Candidates on the street: corners, ends and points along long streets, no nearer to each other than a spacing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.foundation.types import F64, I64
from circles.inputs.loading import Inputs
from circles.network import StreetNetwork
from circles.siting.candidates.table import Candidates, located

__all__ = ["corners"]


def corners(inputs: Inputs, *, spacing_m: float) -> Candidates:
    """Return street corners as candidates.

    Corners where three or more streets meet come first, then ends of streets, then points along streets at most
    ``spacing_m`` apart; each is taken unless one taken before lies nearer than ``spacing_m`` on the same island (in a
    straight line: this only thins the choice). Nothing stands on steps, bridges or in tunnels. 0 takes every corner
    and end, and no points between.

    Parameters
    ----------
    spacing_m : metres, 0 or more
    """
    network = inputs.network
    xy, rank, name = _points(network, spacing_m)
    order = np.lexsort((np.arange(len(xy)), rank))
    xy, name = xy[order], name[order]
    island = network.islands.of_points(xy, within_m=inputs.area.walk.snap_max_m)[0]
    keep = _thinned(xy, island, spacing_m)
    table = pd.DataFrame({"id": [f"corner-{k}" for k in range(1, len(keep) + 1)], "name": name[keep], "kind": "corner"})
    return located(inputs, table.assign(x=xy[keep, 0], y=xy[keep, 1]))


def _points(network: StreetNetwork, spacing_m: float) -> tuple[F64, I64, npt.NDArray[np.object_]]:
    """Return the places, their rank (0 corner, 1 end, 2 between) and the name of a street there."""
    edges = network.edges
    ground = ~(edges["is_steps"].to_numpy(dtype=bool) | edges["is_level"].to_numpy(dtype=bool))
    tail, head = edges["tail"].to_numpy(), edges["head"].to_numpy()
    degree = np.bincount(np.concatenate([tail, head]), minlength=network.n_nodes)
    on_ground = np.zeros(network.n_nodes, dtype=bool)
    on_ground[tail[ground]] = on_ground[head[ground]] = True
    nodes = np.flatnonzero(on_ground & ((degree != 2) | (spacing_m > 0)))
    rank = np.where(degree[nodes] > 2, 0, np.where(degree[nodes] == 1, 1, 2))
    named = np.full(network.n_nodes, "", dtype=object)
    street = edges["name"].to_numpy(dtype=object)
    for end in (tail, head):
        rows = np.flatnonzero(ground & (street != ""))[::-1]
        named[end[rows]] = street[rows]
    if spacing_m <= 0:
        return network.node_xy[nodes], rank, named[nodes]
    between, edge = _along(network, np.flatnonzero(ground), spacing_m)
    return (
        np.concatenate([network.node_xy[nodes], between]),
        np.concatenate([rank, np.full(len(between), 2)]),
        np.concatenate([named[nodes], street[edge]]),
    )


def _along(network: StreetNetwork, edges: I64, spacing_m: float) -> tuple[F64, I64]:
    """Return points that cut the edges into equal parts no longer than the spacing, and their edges."""
    length = network.edges["length_m"].to_numpy()[edges]
    parts = np.ceil(length / spacing_m).astype(np.int64)
    long = np.flatnonzero(parts > 1)
    places = []
    for row in long.tolist():
        edge, n = int(edges[row]), int(parts[row])
        vertices = network.xy[network.offsets[edge] : network.offsets[edge + 1]]
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(vertices, axis=0).T))])
        at = along[-1] * np.arange(1, n) / n
        places.append(np.column_stack([np.interp(at, along, vertices[:, 0]), np.interp(at, along, vertices[:, 1])]))
    if not places:
        return np.empty((0, 2)), np.empty(0, dtype=np.int64)
    return np.concatenate(places), np.repeat(edges[long], parts[long] - 1)


def _thinned(xy: F64, island: I64, spacing_m: float) -> I64:
    """Return the rows kept, in order, none nearer than the spacing to one before on its island."""
    if spacing_m <= 0:
        return np.arange(len(xy))
    cell = np.floor(xy / spacing_m).astype(np.int64)
    taken: dict[tuple[int, int, int], list[tuple[float, float]]] = {}
    kept = []
    square = (spacing_m * (1 - 1e-9)) ** 2
    around = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    rows = zip(xy.tolist(), cell.tolist(), island.tolist(), strict=True)
    for row, ((x, y), (cx, cy), on) in enumerate(rows):
        near = (p for i, j in around for p in taken.get((on, cx + i, cy + j), ()))
        if all((x - px) ** 2 + (y - py) ** 2 >= square for px, py in near):
            taken.setdefault((on, cx, cy), []).append((x, y))
            kept.append(row)
    return np.array(kept, dtype=np.int64)
