"""Networks to measure on: an OSM extract read plainly, and generated street-like ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

NOT_WALKED = {"motorway", "motorway_link", "trunk", "trunk_link", "construction", "proposed", "raceway", "platform"}
SPEED_M_PER_S = 1.2


class Streets(NamedTuple):
    tail: np.ndarray
    head: np.ndarray
    seconds: np.ndarray
    n_nodes: int
    xy: np.ndarray


def from_osm(path: Path, *, every_vertex: bool = False) -> Streets:
    """Read highways; nodes are ends and shared vertices, or every vertex."""
    import osmium

    refs, sizes, lon, lat = [], [], [], []
    for way in osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations():
        if not way.is_way() or way.tags.get("highway", "motorway") in NOT_WALKED:
            continue
        places = [(n.ref, n.lon, n.lat) for n in way.nodes if n.location.valid()]
        if len(places) > 1:
            sizes.append(len(places))
            for ref, x, y in places:
                refs.append(ref)
                lon.append(x)
                lat.append(y)
    ref = np.array(refs)
    size = np.array(sizes)
    shrink = np.cos(np.radians(np.mean(lat)))
    xy = np.stack([np.array(lon) * shrink, np.array(lat)], axis=1) * 111_320.0
    _, first, vertex = np.unique(ref, return_index=True, return_inverse=True)
    last = np.cumsum(size) - 1
    inside = np.ones(ref.size, bool)
    inside[last] = False
    step = np.zeros(ref.size)
    step[:-1] = np.hypot(*np.diff(xy, axis=0).T)
    kept = np.bincount(vertex) > 1
    kept[vertex[last]] = kept[vertex[last - size + 1]] = True
    if every_vertex:
        kept[:] = True
    stop = kept[vertex]
    along = np.concatenate([[0.0], np.cumsum(np.where(inside, step, 0.0))[:-1]])
    stops = np.flatnonzero(stop)
    same_way = np.searchsorted(last, stops[:-1]) == np.searchsorted(last, stops[1:])
    a, b = stops[:-1][same_way], stops[1:][same_way]
    number = np.cumsum(kept) - 1
    seconds = (along[b] - along[a]) / SPEED_M_PER_S
    return Streets(number[vertex[a]], number[vertex[b]], seconds, int(kept.sum()), xy[first][kept])


def generated(n_nodes: int, seed: int = 1) -> Streets:
    """Return a street-like network: a shaken lattice of 55 m with a quarter of its streets missing."""
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(n_nodes))
    row, column = np.divmod(np.arange(side * side), side)
    xy = np.stack([column, row], axis=1) * 55.0 + rng.uniform(-18, 18, (side * side, 2))
    east = np.flatnonzero(column < side - 1)
    north = np.flatnonzero(row < side - 1)
    tail = np.concatenate([east, north])
    head = np.concatenate([east + 1, north + side])
    keep = rng.random(tail.size) < 0.75
    tail, head = tail[keep], head[keep]
    winding = rng.uniform(1.0, 1.3, tail.size)
    seconds = np.hypot(*(xy[tail] - xy[head]).T) * winding / SPEED_M_PER_S
    return Streets(tail, head, seconds, side * side, xy)
