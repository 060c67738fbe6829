"""Shortest ways that are mended instead of walked anew when streets or facilities go: compiled.

A forest of shortest ways leads from every node within the limit to its nearest facility. What goes takes a part of the
forest with it; only that part is searched again, from its rim inwards, so the answer is exact and the work is as large
as what was lost. Arcs are rows ``first[v]:first[v + 1]`` of ``other, edge, cost``: from a node that is settled to the
neighbours that it serves.
"""
# ruff: noqa: C901, PLR0912, PLR0915, PLR0917 - a compiled loop is one function; numba takes its arrays by position

from __future__ import annotations

import heapq

import numpy as np

from circles.foundation.types import F64, I64, Bools
from circles.network.engine.queue import allocating


@allocating
def forest(
    first: I64, other: I64, edge: I64, cost: F64, seed_node: I64, seed_s: F64, seed_of: I64, limit_s: float
) -> tuple[F64, I64, I64, I64]:  # fmt: skip
    """Return the shortest-path forest from all seeds, by Dijkstra's algorithm with a binary heap.

    Parameters
    ----------
    first : (nodes + 1,) arcs of node v are ``first[v]:first[v + 1]``
    other, edge, cost : (arcs,) the node an arc leads to, its edge, and its seconds
    seed_node, seed_s, seed_of : (seeds,) node, seconds at the start, and facility of each seed
    limit_s : seconds beyond which nothing is reached, inclusive

    Returns
    -------
    seconds : (nodes,) inf where not reached
    by_edge, by_node : (nodes,) edge and node towards the facility, -1 at a seed and where not reached
    owner : (nodes,) the nearest facility, -1 where none
    """
    n = first.size - 1
    seconds = np.full(n, np.inf)
    by_edge = np.full(n, -1, np.int64)
    by_node = np.full(n, -1, np.int64)
    owner = np.full(n, -1, np.int64)
    heap = [(0.0, np.int64(-1))]
    heap.pop()
    for i in range(seed_node.size):
        v = seed_node[i]
        if seed_s[i] < seconds[v] and seed_s[i] <= limit_s:
            seconds[v] = seed_s[i]
            owner[v] = seed_of[i]
            heapq.heappush(heap, (seed_s[i], v))
    while heap:
        s, v = heapq.heappop(heap)
        if s > seconds[v]:
            continue
        for arc in range(first[v], first[v + 1]):
            u = other[arc]
            new_s = s + cost[arc]
            if new_s < seconds[u] and new_s <= limit_s:
                seconds[u] = new_s
                by_edge[u] = edge[arc]
                by_node[u] = v
                owner[u] = owner[v]
                heapq.heappush(heap, (new_s, u))
    return seconds, by_edge, by_node, owner


@allocating
def repair(
    arcs: tuple[I64, I64, I64, F64], back: tuple[I64, I64, I64, F64], kids: tuple[I64, I64],
    seeds: tuple[I64, I64, F64], seconds: F64, roots: I64, is_gone_edge: Bools, is_gone_source: Bools,
    new_node: I64, new_s: F64, limit_s: float, is_hit: Bools,
) -> tuple[I64, F64]:  # fmt: skip
    """Return the nodes whose seconds may have changed, and their seconds without what is gone.

    Parameters
    ----------
    arcs, back : rows by the settled node, and by the served node
    kids : rows by node of the nodes that it serves in the forest
    seeds : rows by node of source and seconds: ``first, source, s``
    seconds : per node; as it was when this returns
    roots : nodes that lose the edge or the source through which they are reached
    new_node, new_s : seeds that come instead
    is_hit : all False, and again when this returns
    is_gone_edge, is_gone_source : (edges,) and (sources,) bool
    limit_s : seconds beyond which nothing is reached
    """
    first, other, edge, cost = arcs
    back_first, back_other, back_edge, back_cost = back
    kid_first, kid = kids
    seed_first, seed_source, seed_s = seeds
    touched = [np.int64(-1)]
    touched.pop()
    for v in roots:
        if not is_hit[v]:
            is_hit[v] = True
            touched.append(v)
    at = 0
    while at < len(touched):
        v = touched[at]
        at += 1
        for i in range(kid_first[v], kid_first[v + 1]):
            if not is_hit[kid[i]]:
                is_hit[kid[i]] = True
                touched.append(kid[i])
    n_lost = len(touched)
    old = [0.0]
    old.pop()
    for v in touched:
        old.append(seconds[v])
        seconds[v] = np.inf
    heap = [(0.0, np.int64(-1))]
    heap.pop()
    for at in range(n_lost):
        v = touched[at]
        best = np.inf
        for i in range(seed_first[v], seed_first[v + 1]):
            if not is_gone_source[seed_source[i]] and seed_s[i] < best:
                best = seed_s[i]
        for i in range(back_first[v], back_first[v + 1]):
            u = back_other[i]
            if not is_gone_edge[back_edge[i]] and not is_hit[u] and seconds[u] + back_cost[i] < best:
                best = seconds[u] + back_cost[i]
        if best <= limit_s:
            seconds[v] = best
            heapq.heappush(heap, (best, v))
    for i in range(new_node.size):
        v = new_node[i]
        if new_s[i] < seconds[v] and new_s[i] <= limit_s:
            if not is_hit[v]:
                is_hit[v] = True
                touched.append(v)
                old.append(seconds[v])
            seconds[v] = new_s[i]
            heapq.heappush(heap, (new_s[i], v))
    while heap:
        s, v = heapq.heappop(heap)
        if s > seconds[v]:
            continue
        for arc in range(first[v], first[v + 1]):
            if is_gone_edge[edge[arc]]:
                continue
            u = other[arc]
            next_s = s + cost[arc]
            if next_s < seconds[u] and next_s <= limit_s:
                if not is_hit[u]:
                    is_hit[u] = True
                    touched.append(u)
                    old.append(seconds[u])
                seconds[u] = next_s
                heapq.heappush(heap, (next_s, u))
    nodes = np.empty(len(touched), np.int64)
    found = np.empty(len(touched))
    for i in range(len(touched)):
        v = touched[i]
        nodes[i] = v
        found[i] = seconds[v]
        seconds[v] = old[i]
        is_hit[v] = False
    return nodes, found
