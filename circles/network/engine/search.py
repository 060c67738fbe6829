"""The searches: numba on compressed rows, float64 seconds.

Every search is label correction over a bucket queue. A bucket is emptied in rounds, so a node that improves while its
own bucket is open is simply met again. The buckets' width changes the speed and never the result: a node is expanded
again whenever its seconds fell, and a search ends only when nobody waits.

Most nodes of a street network lie between two others or end a cul-de-sac. A search walks through them at once, without
the queue; only nodes where it forks wait. A node that waits already stays in the queue's books, so it waits again.

Arrays that every function shares
---------------------------------
``first`` int32 (n + 1), ``other`` int32 (arcs), ``cost`` float64 (arcs): the arcs of node v are ``first[v]:first[v+1]``.
``onward`` int32 (arcs): the one arc on which a walk along this arc can go on, or ``STOP``, or ``WAIT`` where it forks.
``seconds`` float64 (n), inf where nothing arrived. ``after``, ``before``, ``heads``: see ``queue.py``.
``met`` int32 (n + 1): the nodes a search met, in that order; one more place is written to and never counted.
Seeds (``seed_node``, ``seed_s``, ``seed_source``) stand in the order of their sources.
"""
# ruff: noqa: C901, PLR0912, PLR0917 - a compiled loop is one function; numba takes its arrays by position

from __future__ import annotations

import numpy as np

from circles.foundation.types import F64, I32, I64
from circles.network.engine.queue import IDLE, NONE, ZERO, at, fetch_arcs, hot, inner, refill, wait

STOP = -1
WAIT = -2
SHORT = 64
"""Answers of no more goals are sorted here, on all threads; for longer ones insertion would be slow."""


@inner
def _plant(
    seed_node: I32, seed_s: F64, begin: int, end: int, limit_s: float, per_s: float, seconds: F64,
    after: I32, before: I32, heads: I32, met: I32,
) -> int:  # fmt: skip
    """Let the seeds ``begin:end`` wait; return how many nodes were met."""
    n_met = 0
    for i in range(begin, end):
        v = seed_node[i]
        old_s = seconds[v]
        if seed_s[i] < old_s and seed_s[i] <= limit_s:
            if old_s == np.inf:
                met[n_met] = v
                n_met += 1
            seconds[v] = seed_s[i]
            wait(v, old_s, seed_s[i], ZERO, per_s, after, before, heads)
    return n_met


@inner
def _spread(
    first: I32, other: I32, onward: I32, cost: F64, seed_node: I32, seed_s: F64, begin: int, end: int, limit_s: float,
    per_s: float, seconds: F64, after: I32, before: I32, heads: I32, met: I32,
) -> int:  # fmt: skip
    """Search from the seeds ``begin:end``; list the nodes met in ``met`` and return how many."""
    ring = heads.size - 1
    base = 0
    n_met = _plant(seed_node, seed_s, begin, end, limit_s, per_s, seconds, after, before, heads, met)
    waiting = n_met
    number = base
    while waiting > 0:
        if number == base + ring:
            base = refill(seconds, per_s, after, before, heads)
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
            here_s = seconds[at(v)]
            for arc in range(first[at(v)], first[at(v + 1)]):
                from_s, along = here_s, arc
                while True:
                    u = other[at(along)]
                    new_s = from_s + cost[at(along)]
                    old_s = seconds[at(u)]
                    if new_s >= old_s or new_s > limit_s:
                        break
                    met[at(n_met)] = u  # counted if new: no branch to guess wrong
                    n_met += old_s == np.inf
                    seconds[at(u)] = new_s
                    along = onward[at(along)]
                    if along == WAIT or before[at(u)] != IDLE:
                        waiting += wait(u, old_s, new_s, base, per_s, after, before, heads)
                        fetch_arcs(u, first, other, onward, cost)
                        break
                    if along == STOP:
                        break
                    from_s = new_s
            v = behind
    return n_met


@hot
def reach(
    first: I32, other: I32, onward: I32, cost: F64, outer: I32, seed_first: I64, seed_node: I32, seed_s: F64, order: I64,
    begin: int, end: int, limit_s: float, per_s: float, seconds: F64, after: I32, before: I32, heads: I32,
    met: I32, count: I64, out_node: I32, out_s: F64,
) -> tuple[int, int]:  # fmt: skip
    """Search from each source ``order[begin:end]`` on its own, until an answer does not fit.

    Only what a search met is reset after it.

    Parameters
    ----------
    first, other, onward, cost : the arcs in compressed rows, see the module's docstring
    outer : (nodes,) the caller's number of each node
    seed_first, seed_node, seed_s : seeds of source i are ``seed_first[i]:seed_first[i + 1]``
    order : (sources,) the order in which sources are searched from
    begin, end : part of ``order`` to do
    limit_s : seconds, inclusive
    per_s : buckets per second
    seconds, after, before, heads, met : workspace, see the module's docstring
    count : (sources,) filled: the size of each answer
    out_node, out_s : filled one answer after the other: nodes in the caller's numbers, and their seconds

    Returns
    -------
    place, filled : next place in ``order``, and how much of ``out_node`` is filled
    """
    filled = 0
    for k in range(begin, end):
        source = order[k]
        n_met = _spread(
            first, other, onward, cost, seed_node, seed_s, seed_first[source], seed_first[source + 1], limit_s, per_s,
            seconds, after, before, heads, met,
        )  # fmt: skip
        fits = filled + n_met <= out_node.size
        for i in range(n_met):
            v = met[i]
            if fits:
                out_node[at(filled + i)] = outer[at(v)]
                out_s[at(filled + i)] = seconds[at(v)]
            seconds[at(v)] = np.inf
        if not fits:
            return k, filled
        count[source] = n_met
        filled += n_met
    return end, filled


@inner
def _collect(
    goal: int, seconds: F64, goal_a: I32, goal_a_s: F64, goal_b: I32, goal_b_s: F64, straight_s: F64,
    limit_s: float, filled: int, out_goal: I32, out_s: F64,
) -> int:  # fmt: skip
    """Append the seconds of one goal if it is reached; return the new length of the answer."""
    total_s = min(seconds[at(goal_a[goal])] + goal_a_s[goal], seconds[at(goal_b[goal])] + goal_b_s[goal])
    total_s = min(total_s, straight_s[goal])
    if total_s <= limit_s and total_s < np.inf:
        out_goal[filled] = goal
        out_s[filled] = total_s
        return filled + 1
    return filled


@inner
def _ascend(goals: I32, seconds: F64, begin: int, end: int) -> None:
    """Sort a short answer by goal, by insertion."""
    for i in range(begin + 1, end):
        goal = goals[at(i)]
        its_s = seconds[at(i)]
        k = i
        while k > begin and goals[at(k - 1)] > goal:
            goals[at(k)] = goals[at(k - 1)]
            seconds[at(k)] = seconds[at(k - 1)]
            k -= 1
        goals[at(k)] = goal
        seconds[at(k)] = its_s


@hot
def matrix(
    first: I32, other: I32, onward: I32, cost: F64, seed_first: I64, seed_node: I32, seed_s: F64, order: I64,
    begin: int, end: int, limit_s: float, per_s: float, seconds: F64, after: I32, before: I32, heads: I32, met: I32,
    direct_first: I64, direct_goal: I64, direct_s: F64, goal_a: I32, goal_a_s: F64, goal_b: I32,
    goal_b_s: F64, group: I32, at_first: I64, at_goal: I64, straight_s: F64, count: I64, out_goal: I32, out_s: F64,
) -> tuple[int, int]:  # fmt: skip
    """Search from each source ``order[begin:end]`` on its own for goals, until an answer may not fit.

    A goal is reached through node a or node b at so many seconds more, or straight along the street it shares with
    the source. Goals ascend within a source unless it met fewer nodes than there are goals, and more than ``SHORT``
    of them.

    Parameters
    ----------
    first, other, onward, cost : the arcs in compressed rows, see the module's docstring
    seed_first, seed_node, seed_s : seeds of source i are ``seed_first[i]:seed_first[i + 1]``
    order : (sources,) the order in which sources are searched from
    begin, end : part of ``order`` to do
    limit_s : seconds, inclusive
    per_s : buckets per second
    seconds, after, before, heads, met : workspace, see the module's docstring
    direct_first, direct_goal, direct_s : rows by source: goals on the source's own street, and their seconds
    goal_a, goal_a_s, goal_b, goal_b_s : (goals,) both nodes of each goal, and the seconds between them and the goal
    group : (nodes,) the group of a node's goals, -1 where it has none
    at_first, at_goal : goals of group g are ``at_goal[at_first[g]:at_first[g + 1]]``
    straight_s : (goals,) workspace; comes in and leaves as inf
    count : (sources,) filled: the size of each answer
    out_goal, out_s : filled one answer after the other: goals, and their seconds

    Returns
    -------
    place, filled : next place in ``order``, and how much of ``out_goal`` is filled
    """
    filled = ZERO
    for turn in range(begin, end):
        source = order[turn]
        if filled + goal_a.size > out_goal.size:
            return turn, filled
        n_met = _spread(
            first, other, onward, cost, seed_node, seed_s, seed_first[source], seed_first[source + 1], limit_s, per_s,
            seconds, after, before, heads, met,
        )  # fmt: skip
        start = filled
        for i in range(direct_first[source], direct_first[source + 1]):
            straight_s[direct_goal[i]] = min(straight_s[direct_goal[i]], direct_s[i])
        if goal_a.size <= n_met:
            for goal in range(goal_a.size):
                filled = _collect(
                    goal, seconds, goal_a, goal_a_s, goal_b, goal_b_s, straight_s, limit_s, filled, out_goal, out_s
                )
        else:
            for i in range(n_met):
                v = met[i]
                here = group[at(v)]
                if here == NONE:
                    continue
                for k in range(at_first[here], at_first[here + 1]):
                    goal = at_goal[k]
                    if v == goal_a[goal] or seconds[goal_a[goal]] == np.inf:
                        filled = _collect(
                            goal, seconds, goal_a, goal_a_s, goal_b, goal_b_s, straight_s, limit_s, filled, out_goal, out_s
                        )  # fmt: skip
            for i in range(direct_first[source], direct_first[source + 1]):
                goal = direct_goal[i]
                if seconds[goal_a[goal]] == np.inf and seconds[goal_b[goal]] == np.inf:
                    filled = _collect(
                        goal, seconds, goal_a, goal_a_s, goal_b, goal_b_s, straight_s, limit_s, filled, out_goal, out_s
                    )
                    straight_s[goal] = np.inf
            if filled - start <= SHORT:
                _ascend(out_goal, out_s, start, filled)
        for i in range(direct_first[source], direct_first[source + 1]):
            straight_s[direct_goal[i]] = np.inf
        for i in range(n_met):
            seconds[met[i]] = np.inf
        count[source] = filled - start
    return end, filled
