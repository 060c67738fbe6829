"""The nearest few sources of every goal, each at another site, by as many searches as ranks.

The second nearest site of a node is found by a search that starts where a node of one site's cell borders on another
cell and never leaves a cell; the third by one that keeps to nodes whose two nearest sites are the same two; and so on.
For on the least path from the site of rank k to a node, let y be the first node from which on that site is not among
the k − 1 nearest. Were these k − 1 other ones at some node behind y than at the goal, one of them would be as near to
the goal as that site, and would be of rank k in its place.

Sources are set apart by less than the tolerance in the order in which they are given, so that of equals the first wins
everywhere alike; what is set apart is taken off again.
"""

# ruff: noqa: C901, PLR0917 - a compiled loop is one function, its arrays by position

from __future__ import annotations

from dataclasses import replace

import numpy as np

from circles.foundation.types import F64, I32, I64
from circles.network.engine.arrays import Goals, Rows, Seeds, Workspaces
from circles.network.engine.driver import nearest
from circles.network.engine.queue import at, hot

APART_S = 5e-7
"""The last source is set apart by this much: half the tolerance within which sources tie."""


def ranked(
    rows: Rows, seeds: Seeds, site: I64, goals: Goals, spaces: Workspaces, *, n_ranks: int, limit_s: float
) -> tuple[F64, I64]:
    """Return the seconds and the sources of the ``n_ranks`` nearest sites of every goal.

    Parameters
    ----------
    rows, seeds, goals, spaces : as for `nearest_goals`; ``goals.direct_*`` are rows by goal
    site : (n_sources,) number of each source's site
    n_ranks : how many sites, at least 1
    limit_s : seconds beyond which there is no rank

    Returns
    -------
    (n_ranks, n_goals) seconds, inf where there is no such site, and the source of each, -1 there
    """
    n = seeds.n_sources
    apart = np.arange(n, dtype=np.float64) * (APART_S / max(n, 1))
    whose = np.repeat(np.arange(n), np.diff(seeds.first))
    planted = seeds.node.astype(np.int64), seeds.start_s + apart[whose], whose
    when, label = _by_node(rows, planted, site, spaces, n_ranks=n_ranks, limit_s=limit_s)
    out_s, out = np.full((goals.a.size, n_ranks), np.inf), np.full((goals.a.size, n_ranks), -1, dtype=np.int64)
    _at_goals(
        when, label, site, goals.a, goals.a_s, goals.b, goals.b_s, goals.direct_first,
        goals.direct_other.astype(np.int64), goals.direct_s, apart, limit_s, out_s, out,
    )  # fmt: skip
    return out_s.T, out.T


def ranked_of_places(seconds: F64, source: I64, place: I64, site: I64) -> tuple[F64, I64]:
    """Return the nearest sites of places from those of their points; of several points to one site the nearest counts.

    Parameters
    ----------
    seconds, source : (n_ranks, n_points) what `ranked` returns for the points
    place : (n_points,) the place of each point, ascending from 0
    site : (n_sources,) the site of each source

    Returns
    -------
    seconds, source : (n_ranks, n_places) each; inf and -1 where there is no such site
    """
    n_ranks, n_places, n = len(seconds), int(place[-1]) + 1, max(site.size, 1)
    out_s, out = np.full((n_ranks, n_places), np.inf), np.full((n_ranks, n_places), -1, dtype=np.int64)
    rank, point = np.nonzero(source >= 0)
    at, own, when = place[point], source[rank, point], seconds[rank, point]
    apart = when + own * (APART_S / n)
    order = np.lexsort((own, apart, site[own], at))
    at, own, when, apart = at[order], own[order], when[order], apart[order]
    is_best = np.ones(at.size, dtype=bool)
    is_best[1:] = (at[1:] != at[:-1]) | (site[own[1:]] != site[own[:-1]])
    at, own, when, apart = at[is_best], own[is_best], when[is_best], apart[is_best]
    order = np.lexsort((own, apart, at))
    at, own, when = at[order], own[order], when[order]
    nth = np.arange(at.size) - np.searchsorted(at, at)
    kept = nth < n_ranks
    out_s[nth[kept], at[kept]], out[nth[kept], at[kept]] = when[kept], own[kept]
    return out_s, out


_Planted = tuple[I64, F64, I64]
"""Nodes, seconds and sources of the seeds of one search."""


def _by_node(
    rows: Rows, planted: _Planted, site: I64, spaces: Workspaces, *, n_ranks: int, limit_s: float
) -> tuple[F64, I64]:  # fmt: skip
    """Return seconds (set apart) and sources of the nearest sites of every node, (nodes, n_ranks)."""
    ahead, (node, when, whose) = rows, planted
    out_s, out = np.full((rows.n_nodes, n_ranks), np.inf), np.full((rows.n_nodes, n_ranks), -1, dtype=np.int64)
    every = np.arange(rows.n_nodes, dtype=np.int32)
    every.flags.writeable = False  # as a network's own order: another type to numba
    for rank in range(n_ranks):
        order = np.argsort(planted[2], kind="stable")
        first = np.searchsorted(planted[2][order], np.arange(site.size + 1)).astype(np.int64)
        seeds = Seeds(first, planted[0][order].astype(np.int32), planted[1][order])
        out_s[:, rank], out[:, rank] = nearest(ahead, seeds, every, spaces, limit_s=limit_s + APART_S, tie_s=0.0)
        if rank + 1 == n_ranks:
            break
        most = rows.other.size * (rank + 1)
        beyond = np.empty(most, np.int64), np.empty(most), np.empty(most, np.int64)
        cost = np.empty_like(rows.cost)
        filled = _borders(
            rows.first,
            rows.other,
            rows.cost,
            out_s,
            out,
            _sets(out[:, : rank + 1], site),
            site,
            rank + 1,
            limit_s + APART_S,
            cost,
            *beyond,
        )
        ahead = replace(rows, cost=cost)
        known = np.where(out[node, : rank + 1] >= 0, site[out[node, : rank + 1]], -1)
        new = ~(known == site[whose][:, np.newaxis]).any(axis=1)
        planted = (
            np.concatenate([beyond[0][:filled], node[new]]), np.concatenate([beyond[1][:filled], when[new]]),
            np.concatenate([beyond[2][:filled], whose[new]]),
        )  # fmt: skip
    return out_s, out


def _sets(source: I64, site: I64) -> I64:
    """Return a number for the set of sites of each node, the same for the same set; (nodes, ranks) → (nodes,)."""
    if site.size and source.shape[1] <= 2:
        out = np.empty(len(source), np.int64)
        _pairs(np.ascontiguousarray(source), site, out)
        return out
    own = np.where(source >= 0, site[source], -1) + 1 if site.size else np.zeros_like(source)
    return np.asarray(np.unique(np.sort(own, axis=1), axis=0, return_inverse=True)[1].ravel(), dtype=np.int64)


@hot
def _pairs(source: I64, site: I64, out: I64) -> None:
    """Fill in the number of each node's set of one site or two."""
    last = source.shape[1] - 1
    for v in range(out.size):
        one, two = source[at(v), 0], source[at(v), at(last)]
        one = site[at(one)] + 1 if one >= 0 else 0
        two = site[at(two)] + 1 if two >= 0 else 0
        out[at(v)] = min(one, two) * (site.size + 1) + max(one, two)


@hot
def _borders(
    first: I32, other: I32, cost: F64, when: F64, source: I64, its: I64, site: I64, ranks: int, limit_s: float,
    inside: F64, node: I64, seconds: F64, whose: I64,
) -> int:  # fmt: skip
    """Close the arcs between nodes whose nearest ``ranks`` sites are not the same set, and plant seeds beyond them.

    Fills ``inside`` with the arcs' seconds, inf where closed, and the seeds: each of the tail's sites that is not among
    the head's. ``its``: the set of each node. Returns how many seeds there are.
    """
    filled = 0
    for v in range(first.size - 1):
        mine = its[at(v)]
        for arc in range(first[at(v)], first[at(v + 1)]):
            u = other[at(arc)]
            if mine == its[at(u)]:
                inside[at(arc)] = cost[at(arc)]
                continue
            inside[at(arc)] = np.inf
            for k in range(ranks):
                own = source[at(v), at(k)]
                if own < 0 or when[at(v), at(k)] + cost[at(arc)] > limit_s:
                    continue
                is_new = True
                for j in range(ranks):
                    its_own = source[at(u), at(j)]
                    is_new = is_new and not (its_own >= 0 and site[at(its_own)] == site[at(own)])
                if is_new:
                    node[at(filled)] = u
                    seconds[at(filled)] = when[at(v), at(k)] + cost[at(arc)]
                    whose[at(filled)] = own
                    filled += 1
    return filled


@hot
def _offer(now_s: float, source: int, site: I64, goal: int, out_s: F64, out: I64) -> None:
    """Put a source among the nearest sites of a goal, if it belongs there."""
    ranks = out_s.shape[1]
    last = ranks - 1
    for k in range(ranks):
        if out[goal, k] >= 0 and site[out[goal, k]] == site[source]:
            last = k
            break
    if now_s >= out_s[goal, last]:
        return
    k = last
    while k > 0 and out_s[goal, k - 1] > now_s:
        out_s[goal, k] = out_s[goal, k - 1]
        out[goal, k] = out[goal, k - 1]
        k -= 1
    out_s[goal, k] = now_s
    out[goal, k] = source


@hot
def _at_goals(
    when: F64, source: I64, site: I64, a: I32, a_s: F64, b: I32, b_s: F64, direct_first: I64, direct_other: I64,
    direct_s: F64, apart: F64, limit_s: float, out_s: F64, out: I64,
) -> None:  # fmt: skip
    """Fill in the nearest sites of every goal: over either node, or straight along the street it shares with a source."""
    ranks = out_s.shape[1]
    for goal in range(a.size):
        v, leg_s = a[goal], a_s[goal]
        for k in range(ranks):
            own = source[at(v), at(k)]
            if own < 0:
                break
            now_s = when[at(v), at(k)] + leg_s
            if k == 0 or now_s >= out_s[goal, k - 1]:  # a node's ranks ascend and are of different sites
                out_s[goal, k] = now_s
                out[goal, k] = own
            else:
                _offer(now_s, own, site, goal, out_s, out)
        v, leg_s = b[goal], b_s[goal]
        for k in range(ranks):
            own = source[at(v), at(k)]
            now_s = when[at(v), at(k)] + leg_s
            if own < 0 or now_s >= out_s[goal, ranks - 1]:  # those behind it come no sooner
                break
            _offer(now_s, own, site, goal, out_s, out)
        for i in range(direct_first[goal], direct_first[goal + 1]):
            own = direct_other[i]
            _offer(direct_s[i] + apart[own], own, site, goal, out_s, out)
        for k in range(ranks):
            if out[goal, k] >= 0:
                out_s[goal, k] -= apart[out[goal, k]]
            if not out_s[goal, k] <= limit_s or out_s[goal, k] == np.inf:
                out_s[goal, k] = np.inf
                out[goal, k] = -1
