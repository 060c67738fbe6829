"""Compiled steps before and after a search: compressed rows, the answer in the caller's order, goals in mid-street."""
# ruff: noqa: C901, PLR0917 - a compiled loop is one function; numba takes its arrays by position

from __future__ import annotations

import numpy as np

from circles.foundation.types import F64, I32, I64
from circles.network.engine.queue import NONE, at, hot
from circles.network.engine.search import STOP, WAIT


@hot
def fill_rows(tail: I32, head: I32, forward_s: F64, backward_s: F64, place: I64, other: I32, cost: F64) -> None:
    """Write each edge's open directions as arcs in compressed rows; loops make none.

    Parameters
    ----------
    tail, head : (edges,) nodes at the ends
    forward_s, backward_s : (edges,) seconds from tail to head and back, inf = closed
    place : (nodes + 1,) where the next arc of each node is written; moved on
    other, cost : (arcs,) filled: the node an arc leads to, and its seconds
    """
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
def find_onward(first: I32, other: I32, onward: I32) -> None:
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
    met: I32, n_met: int, seconds: F64, label: I32, outer: I32, limit_s: float, out_s: F64, out_source: I64
) -> None:
    """Write the seconds and sources of the nodes met, up to ``limit_s``, and reset the workspace.

    Parameters
    ----------
    met, n_met : the nodes that the search met, and how many
    seconds, label : (nodes,) the search's seconds and sources; reset to inf and -1
    outer : (nodes,) the caller's number of each node
    limit_s : seconds, inclusive
    out_s, out_source : (nodes,) filled, by the caller's numbers
    """
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
def put_in_order(first: I64, begin: I64, numbers: I32, seconds: F64, out_numbers: I32, out_seconds: F64) -> None:
    """Copy each source's answer from where the search wrote it to its final place.

    Parameters
    ----------
    first : (sources + 1,) final place of each source's answer
    begin : (sources,) where it starts in ``numbers`` and ``seconds``
    numbers, seconds : (answers,) as the searches wrote them
    out_numbers, out_seconds : (answers,) filled
    """
    for source in range(begin.size):
        shift = begin[source] - first[source]
        for k in range(first[source], first[source + 1]):
            out_numbers[at(k)] = numbers[at(k + shift)]
            out_seconds[at(k)] = seconds[at(k + shift)]


@hot
def nearest_goals(
    seconds: F64, label: I32, last: I64, previous: I64, whose: I64, when_s: F64, goal_a: I32,
    goal_a_s: F64, goal_b: I32, goal_b_s: F64, direct_first: I64, direct_source: I64, direct_s: F64,
    limit_s: float, tie_s: float, out_s: F64, out_source: I64,
) -> None:  # fmt: skip
    """Fill, per goal, the least seconds over both its nodes and its own street, and the source.

    Of several sources within ``tie_s`` of the least seconds the first one wins.

    Parameters
    ----------
    seconds, label : (nodes,) seconds to the nearest source, and that source
    last, previous, whose, when_s : the candidates of `settle_ties`; empty where no two sources tie at a node
    goal_a, goal_a_s, goal_b, goal_b_s : (goals,) both nodes of each goal, and the seconds between them and the goal
    direct_first, direct_source, direct_s : (goals + 1,), (pairs,) twice: sources on the goal's street, and seconds
    limit_s, tie_s : seconds
    out_s, out_source : (goals,) filled where a source is within ``limit_s``
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
