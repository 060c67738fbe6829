"""What stands before and after a search: compressed rows, the answer in the caller's order, goals in mid-street."""
# ruff: noqa: C901, PLR0917 - a compiled loop is one function; numba takes its arrays by position

from __future__ import annotations

import numpy as np

from circles.kernel.queue import NONE, Floats, Ints, Longs, at, hot
from circles.kernel.search import STOP, WAIT


@hot
def fill_rows(
    tail: Ints, head: Ints, forward_s: Floats, backward_s: Floats, place: Longs, other: Ints, cost: Floats
) -> None:
    """Write each street's open directions as arcs, from ``place[node]`` on; loops make none."""
    for e in range(tail.size):
        a = tail[e]
        b = head[e]
        if a != b:
            if forward_s[e] < np.inf:
                other[place[a]] = b
                cost[place[a]] = forward_s[e]
                place[a] += 1
            if backward_s[e] < np.inf:
                other[place[b]] = a
                cost[place[b]] = backward_s[e]
                place[b] += 1


@hot
def find_onward(first: Ints, other: Ints, onward: Ints) -> None:
    """Fill, per arc v→u, the only arc that leads from u to elsewhere than back to v, ``STOP`` if none, else ``WAIT``."""
    for v in range(first.size - 1):
        for arc in range(first[v], first[v + 1]):
            u = other[arc]
            start = first[u]
            degree = first[u + 1] - start
            onward[arc] = WAIT
            if degree == 0:
                onward[arc] = STOP
            elif degree == 1:
                onward[arc] = STOP if other[start] == v else start
            elif degree == 2 and other[start] == v:
                onward[arc] = start + 1
            elif degree == 2 and other[start + 1] == v:
                onward[arc] = start


@hot
def unload(
    met: Ints, n_met: int, seconds: Floats, label: Ints, outer: Ints, limit_s: float, out_s: Floats, out_source: Longs
) -> None:
    """Write the seconds and sources of the nodes met, up to ``limit_s``, at the caller's numbers, and clean up."""
    # the order of meeting jumps over the whole network: where most of it was met, its own order is several times faster
    in_order = 4 * n_met > seconds.size
    for i in range(seconds.size if in_order else n_met):
        v = i if in_order else met[i]
        if seconds[at(v)] <= limit_s:
            out_s[at(outer[at(v)])] = seconds[at(v)]
            out_source[at(outer[at(v)])] = label[at(v)]
        seconds[at(v)] = np.inf
        label[at(v)] = NONE


@hot
def put_in_order(
    first: Longs, begin: Longs, numbers: Ints, seconds: Floats, out_numbers: Ints, out_seconds: Floats
) -> None:
    """Copy each source's answer, which starts at ``begin``, to its own place, from ``first[source]`` on."""
    for source in range(begin.size):
        shift = begin[source] - first[source]
        for k in range(first[source], first[source + 1]):
            out_numbers[at(k)] = numbers[at(k + shift)]
            out_seconds[at(k)] = seconds[at(k + shift)]


@hot
def nearest_goals(
    seconds: Floats, label: Ints, last: Longs, previous: Longs, whose: Longs, when_s: Floats, goal_a: Ints,
    goal_a_s: Floats, goal_b: Ints, goal_b_s: Floats, direct_first: Longs, direct_source: Longs, direct_s: Floats,
    limit_s: float, tie_s: float, out_s: Floats, out_source: Longs,
) -> None:  # fmt: skip
    """Fill, per goal, the least seconds over both its nodes and its own street, and the first source within ``tie_s``.

    ``last`` … ``when_s`` are the candidates of `settle_ties`; empty when no two sources tie at a node.
    """
    for goal in range(goal_a.size):
        a = goal_a[goal]
        b = goal_b[goal]
        least_s = min(seconds[a] + goal_a_s[goal], seconds[b] + goal_b_s[goal])
        for i in range(direct_first[goal], direct_first[goal + 1]):
            least_s = min(least_s, direct_s[i])
        if not (least_s <= limit_s and least_s < np.inf):
            continue
        winner = 2**62
        for i in range(direct_first[goal], direct_first[goal + 1]):
            if direct_s[i] <= least_s + tie_s:
                winner = min(winner, direct_source[i])
        for end in range(2):
            v = a if end == 0 else b
            leg_s = goal_a_s[goal] if end == 0 else goal_b_s[goal]
            if last.size == 0:
                if seconds[v] + leg_s <= least_s + tie_s:
                    winner = min(winner, label[v])
            else:
                k = last[v]
                while k != NONE:
                    if when_s[k] + leg_s <= least_s + tie_s:
                        winner = min(winner, whose[k])
                    k = previous[k]
        out_s[goal] = least_s
        out_source[goal] = winner
