"""Networks from and to networkx, OSMnx's graphs included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from circles.foundation import errors
from circles.foundation.errors import NetworkError
from circles.network.arrays import StreetArrays

if TYPE_CHECKING:
    import networkx as nx


def to_networkx(net: StreetArrays) -> nx.MultiDiGraph:
    """Return ``net`` as a MultiDiGraph: one arc per open direction, with ``travel_time`` (seconds) and ``edge`` (row).

    Nodes carry their names if the network has any, else their numbers.
    """
    import networkx as nx  # noqa: PLC0415 - a run never needs it

    graph = nx.MultiDiGraph()
    names = net.names if net.names is not None else range(net.n_nodes)
    graph.add_nodes_from(names)
    rows = zip(net.tail.tolist(), net.head.tolist(), net.forward_s.tolist(), net.backward_s.tolist(), strict=True)
    for edge, (tail, head, forward_s, backward_s) in enumerate(rows):
        if forward_s < np.inf:
            graph.add_edge(names[tail], names[head], travel_time=forward_s, edge=edge)
        if backward_s < np.inf:
            graph.add_edge(names[head], names[tail], travel_time=backward_s, edge=edge)
    return graph


def arrays_of(graph: Any, *, weight: str = "travel_time", speed_m_per_s: float | None = None) -> dict[str, Any]:
    """Return the keyword arguments of `Network.from_arrays` for a networkx graph.

    Parameters
    ----------
    graph : any networkx graph; an arc of a directed graph is open one way, an edge of an undirected one both ways
    weight : the edges' attribute that holds seconds
    speed_m_per_s : if given, seconds are the attribute ``length`` (metres) divided by this speed, ``weight`` unused

    Raises
    ------
    NetworkError
        An edge lacks the attribute, or its value is no such number of seconds.
    """
    attribute = weight if speed_m_per_s is None else "length"
    names = tuple(graph.nodes)
    number = {name: i for i, name in enumerate(names)}
    rows = list(graph.edges(data=attribute))
    missing = [f"{u}→{v}" for u, v, value in rows if value is None]
    if missing:
        where = ", ".join(missing[:5])
        raise NetworkError(errors.error("network-no-weight", count=len(missing), attribute=attribute, where=where))
    seconds = np.array([float(value) for _, _, value in rows]) / (1.0 if speed_m_per_s is None else speed_m_per_s)
    places = [(data.get("x"), data.get("y")) for _, data in graph.nodes(data=True)]
    known = bool(places) and all(x is not None and y is not None for x, y in places)
    return {
        "tail": np.array([number[u] for u, _, _ in rows], np.int64),
        "head": np.array([number[v] for _, v, _ in rows], np.int64),
        "forward_s": seconds,
        "backward_s": np.full(seconds.size, np.inf) if graph.is_directed() else seconds,
        "n_nodes": len(names),
        "xy": np.array(places, np.float64) if known else None,
        "names": names,
    }
