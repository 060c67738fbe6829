"""Sources that are equally near: the first one wins, exactly, at every node."""
# ruff: noqa: C901, PLR0917 - a compiled loop is one function; numba takes its arrays by position

from __future__ import annotations

import numpy as np

from circles.foundation.types import F64, I32, I64
from circles.network.engine.queue import IDLE, NONE, ZERO, allocating, at, refill, twice, wait


@allocating
def settle_ties(
    first: I32, other: I32, cost: F64, seed_node: I32, seed_s: F64, seed_source: I32,
    tie_s: float, per_s: float, seconds: F64, label: I32, best: F64, last: I64,
    after: I32, before: I32, heads: I32,
) -> tuple[I64, I64, F64]:  # fmt: skip
    """Give every node the least source within ``tie_s`` of its seconds; return every candidate.

    A source's slack ``its seconds - least seconds`` never falls along its own path, so from each source, in order,
    only nodes within ``tie_s`` are expanded, and none where a lower source was at least as near (``best``): whatever
    lies behind it, the lower source reaches as well.

    Parameters
    ----------
    first, other, cost : the arcs in compressed rows, see ``search.py``
    seed_node, seed_s, seed_source : (seeds,) in the order of their sources
    tie_s : seconds
    per_s : buckets per second
    seconds : (nodes,) least seconds, final
    label : (nodes,) comes in as -1, leaves as the source
    best : (nodes,) workspace, comes in as inf
    last : (nodes,) comes in as -1, leaves as each node's last candidate
    after, before, heads : the bucket queue, see ``queue.py``

    Returns
    -------
    previous, source, seconds
        (candidates,) each; those of node v are ``last[v]``, ``previous[last[v]]`` …, ending with -1.
    """
    ring = heads.size - 1
    previous = np.empty(1024, np.int64)
    whose = np.empty(1024, np.int64)
    when_s = np.empty(1024, np.float64)
    n_kept = 0
    i = 0
    while i < seed_node.size:
        mine = seed_source[i]
        base = ZERO
        waiting = 0
        while i < seed_node.size and seed_source[i] == mine:
            v = seed_node[i]
            old_s = best[v]
            if seed_s[i] < old_s and seed_s[i] <= seconds[v] + tie_s and seconds[v] < np.inf:
                best[v] = seed_s[i]
                waiting += wait(v, old_s, seed_s[i], base, per_s, after, before, heads)
            i += 1
        number = base
        while waiting > 0:
            if number == base + ring:
                base = refill(best, per_s, after, before, heads)
                number = base
            v = heads[at(number & (ring - 1))]
            if v == NONE:
                number += 1
                continue
            heads[at(number & (ring - 1))] = NONE
            while v != NONE:
                behind = after[at(v)]
                before[at(v)] = IDLE
                waiting -= 1
                here_s = best[at(v)]
                if label[at(v)] == NONE:
                    label[at(v)] = mine
                if last[at(v)] == NONE or whose[last[at(v)]] != mine:
                    if n_kept == when_s.size:
                        previous, whose, when_s = twice(previous), twice(whose), twice(when_s)
                    previous[n_kept] = last[at(v)]
                    whose[n_kept] = mine
                    last[at(v)] = n_kept
                    n_kept += 1
                when_s[last[at(v)]] = here_s
                for arc in range(first[at(v)], first[at(v + 1)]):
                    u = other[at(arc)]
                    new_s = here_s + cost[at(arc)]
                    old_s = best[at(u)]
                    if new_s < old_s and new_s <= seconds[at(u)] + tie_s and seconds[at(u)] < np.inf:
                        best[at(u)] = new_s
                        waiting += wait(u, old_s, new_s, base, per_s, after, before, heads)
                v = behind
    return previous, whose, when_s
