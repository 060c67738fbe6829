"""The least path between two places, as pieces of streets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from circles.foundation import errors
from circles.foundation.errors import NetworkError
from circles.foundation.types import F64, I64
from circles.network import engine
from circles.network.arrays import StreetArrays
from circles.network.positions import Ends, Positions, along_shared_streets, ends, seeds_of


class Step(NamedTuple):
    """A piece of street as it is walked; fractions of the street's length are from its tail."""

    edge: int
    from_fraction: float
    to_fraction: float
    seconds: float


def least_path(net: StreetArrays, origin: int | Positions, destination: int | Positions) -> list[Step] | None:
    """Return the pieces of street from ``origin`` to ``destination`` in walking order, None if there is no way."""
    start = _one(net, origin, "source", outward=True)
    goal = _one(net, destination, "destination", outward=False)
    rows, spaces = net.out_rows, net.spaces
    seconds, _ = engine.nearest(rows, seeds_of(net, start), net.outer, spaces, limit_s=np.inf, tie_s=0.0)
    over = [(float(seconds[node[0]] + s[0]), side) for side, (node, s) in enumerate(_sides(goal))]
    least_s, side = min(over)
    _, _, straight_s = along_shared_streets(net, start, goal, outward=True)
    if straight_s.size and straight_s[0] <= least_s:
        return _piece(net, int(start.edge[0]), float(start.fraction[0]), float(goal.fraction[0]))
    if least_s == np.inf:
        return None
    node = int(_sides(goal)[side][0][0])
    first, middle = _walk_back(net, seconds, start, node)
    steps = [] if start.edge[0] < 0 else _piece(net, int(start.edge[0]), float(start.fraction[0]), float(first))
    steps += middle
    if goal.edge[0] >= 0:
        steps += _piece(net, int(goal.edge[0]), float(side), float(goal.fraction[0]))
    return steps


def _one(net: StreetArrays, place: int | Positions, name: str, *, outward: bool) -> Ends:
    """Return one place seen from its nodes."""
    at = ends(net, place if isinstance(place, Positions) else np.atleast_1d(place), name, outward=outward)
    if at.a.size != 1:
        raise NetworkError(errors.error("network-one-place", name=name, count=at.a.size))
    return at


def _sides(at: Ends) -> tuple[tuple[I64, F64], tuple[I64, F64]]:
    """Return both ways between a place and the network: over its tail, over its head."""
    return (at.a, at.a_s), (at.b, at.b_s)


def _piece(net: StreetArrays, edge: int, from_fraction: float, to_fraction: float) -> list[Step]:
    """Return one piece of street, none if it has no length."""
    if from_fraction == to_fraction:
        return []
    street_s = net.forward_s[edge] if to_fraction > from_fraction else net.backward_s[edge]
    return [Step(edge, from_fraction, to_fraction, float(abs(to_fraction - from_fraction) * street_s))]


def _walk_back(net: StreetArrays, seconds: F64, start: Ends, node: int) -> tuple[int, list[Step]]:
    """Return the side (0 tail, 1 head) on which the path leaves its origin, and the whole streets up to ``node``.

    Follows arcs that explain a node's seconds exactly. Streets of no length can lead in circles, hence the set.
    """
    first, by_node = net.streets_by_node
    came_by: dict[int, Step | None] = {node: None}
    came_from: dict[int, int] = {}
    stack = [node]
    while stack:
        v = stack.pop()
        here_s = seconds[v]
        for side, (at, at_s) in enumerate(_sides(start)):
            if at[0] == v and at_s[0] == here_s:
                return side, _unwind(v, came_by, came_from)
        for edge in by_node[first[v] : first[v + 1]].tolist()[::-1]:
            for u, to, cost in (
                (int(net.tail[edge]), int(net.head[edge]), net.forward_s[edge]),
                (int(net.head[edge]), int(net.tail[edge]), net.backward_s[edge]),
            ):
                if to == v and u not in came_by and cost < np.inf and seconds[u] + cost == here_s:
                    ahead = u == net.tail[edge] and cost == net.forward_s[edge]
                    came_by[u] = Step(edge, 0.0, 1.0, float(cost)) if ahead else Step(edge, 1.0, 0.0, float(cost))
                    came_from[u] = v
                    stack.append(u)
    raise AssertionError


def _unwind(v: int, came_by: dict[int, Step | None], came_from: dict[int, int]) -> list[Step]:
    """Return the steps from ``v`` to the node the walk back began at."""
    steps = []
    step = came_by[v]
    while step is not None:
        steps.append(step)
        v = came_from[v]
        step = came_by[v]
    return steps
