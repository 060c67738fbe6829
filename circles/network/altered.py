"""A walking network with fewer lines, other slopes or ends that meet: what a draw changes, and nothing else made anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import shapely

from circles.area.walkers import Walker
from circles.foundation.types import F64, Bools
from circles.network.components import components
from circles.network.graph import Network
from circles.network.streets import NEAR_ENDS_M, StreetNetwork


def only(network: StreetNetwork, keep: Bools) -> StreetNetwork:
    """Return the network of some edges; nodes keep their numbers, used or not."""
    if keep.all():
        return network
    rows = np.flatnonzero(keep)
    size, belongs = np.diff(network.offsets), np.diff(network.island_indptr)
    offsets = np.concatenate([[0], np.cumsum(size[rows])]).astype(np.int64)
    indptr = np.concatenate([[0], np.cumsum(belongs[rows])]).astype(np.int64)
    return replace(
        network, edges=network.edges.iloc[rows].reset_index(drop=True), offsets=offsets,
        xy=network.xy[np.repeat(keep, size)], island_indptr=indptr,
        island_index=network.island_index[np.repeat(keep, belongs)], findings=(), _graphs={},
    )  # fmt: skip


def with_graphs(network: StreetNetwork, like: StreetNetwork, walkers: Iterable[Walker]) -> StreetNetwork:
    """Give a network its walkers' graphs in the order of nodes of another one with the same nodes, and return it."""
    tail = network.edges["tail"].to_numpy().astype(np.int32)
    head = network.edges["head"].to_numpy().astype(np.int32)
    for walker in walkers:
        known = like.graph(walker)
        forward_s, backward_s = network.seconds(walker)
        network._graphs[walker] = Network(  # noqa: SLF001 - what `graph` would make, without finding the order again
            tail, head, forward_s, backward_s, network.n_nodes, known.inner, known.outer, None, known.spaces
        )
    return network


def sloped(network: StreetNetwork, raised_m: F64) -> StreetNetwork:
    """Return the network with its nodes raised by so many metres (nodes,); edges without a slope stay without one."""
    e = network.edges
    rise = raised_m[e["head"].to_numpy()] - raised_m[e["tail"].to_numpy()]
    length = e["length_m"].to_numpy()
    change = np.divide(rise, length, out=np.zeros(len(length)), where=length > 0)
    altered = replace(network, edges=e.assign(slope=e["slope"].to_numpy() + change), findings=(), _graphs={})
    for name in ("connected", "lines"):  # neither looks at slopes
        if name in network.__dict__:
            altered.__dict__[name] = network.__dict__[name]
    return altered


def with_near_ends_joined(network: StreetNetwork) -> StreetNetwork:
    """Return the network in which loose ends closer than 0.5 m to another end of a street meet it."""
    tail, head = network.edges["tail"].to_numpy(), network.edges["head"].to_numpy()
    degree = np.bincount(np.concatenate([tail, head]), minlength=network.n_nodes)
    loose = np.flatnonzero(degree == 1)
    points = shapely.points(network.node_xy)
    one, other = shapely.STRtree(points).query(points[loose], predicate="dwithin", distance=NEAR_ENDS_M)
    number = components(loose[one], other, network.n_nodes)
    first = np.unique(number, return_index=True)[1]
    if len(first) == network.n_nodes:
        return network
    edges = network.edges.assign(tail=first[number[tail]], head=first[number[head]])
    return replace(network, edges=edges, findings=(), _graphs={})
