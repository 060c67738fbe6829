"""The searches themselves: numba on compressed rows, float64 seconds, one file so that the cache sees every change.

Every search is a bucket queue with label correction. A node waits in the bucket ``int(seconds / width)``; the buckets
form a ring, and what lies beyond the ring waits in one overflow bucket. A bucket is emptied in rounds, so a node that
improves while its own bucket is open is simply met again. The width changes the speed and never the result: a node is
expanded again whenever its seconds fell, and a search ends only when nobody waits.

Arrays that every function shares
---------------------------------
``first`` int32 (n + 1), ``other`` int32 (arcs), ``cost`` float64 (arcs): the arcs of node v are ``first[v]:first[v+1]``.
``seconds`` float64 (n), inf where nothing arrived. ``after``, ``before`` int32 (n): the doubly linked waiting lists;
``before`` is ``IDLE`` for a node that does not wait, and ``-2 - bucket`` for the first of a bucket.
``heads`` int32 (ring + 1): first node of each bucket, ``NONE`` if empty; the last one is the overflow.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NONE = -1
IDLE = -1


@njit(cache=True, nogil=True)
def build_rows(tail, head, forward_s, backward_s, n_nodes):
    """Return ``(first, other, cost)``: arcs tail→head at ``forward_s`` and head→tail at ``backward_s``.

    Closed directions (inf) and self-loops make no arc.
    """
    first = np.zeros(n_nodes + 1, np.int32)
    for e in range(tail.size):
        if tail[e] != head[e]:
            if forward_s[e] < np.inf:
                first[tail[e] + 1] += 1
            if backward_s[e] < np.inf:
                first[head[e] + 1] += 1
    for v in range(n_nodes):
        first[v + 1] += first[v]
    place = first[:-1].copy()
    other = np.empty(first[n_nodes], np.int32)
    cost = np.empty(first[n_nodes], np.float64)
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
    return first, other, cost


@njit(cache=True, nogil=True)
def _link(v, slot, after, before, heads):
    """Put ``v`` at the front of a bucket."""
    second = heads[slot]
    after[v] = second
    before[v] = -2 - slot
    if second != NONE:
        before[second] = v
    heads[slot] = v


@njit(cache=True, nogil=True)
def _unlink(v, after, before, heads):
    """Take ``v`` out of the bucket it waits in."""
    ahead = before[v]
    behind = after[v]
    if ahead >= 0:
        after[ahead] = behind
    else:
        heads[-2 - ahead] = behind
    if behind != NONE:
        before[behind] = ahead


@njit(cache=True, nogil=True)
def _wait(v, old_s, new_s, base, per_s, after, before, heads):
    """Let ``v``, whose seconds fell from ``old_s`` to ``new_s``, wait in its bucket; return 1 if it did not wait before."""
    ring = heads.size - 1
    number = int(new_s * per_s)
    slot = number & (ring - 1) if number < base + ring else ring
    if before[v] == IDLE:
        _link(v, slot, after, before, heads)
        return 1
    former = int(old_s * per_s)
    if former != number and (slot != ring or former < base + ring):
        _unlink(v, after, before, heads)
        _link(v, slot, after, before, heads)
    return 0


@njit(cache=True, nogil=True)
def _refill(seconds, per_s, after, before, heads):
    """Start a new ring at the least bucket of the overflow, move into it what belongs there, and return its number."""
    ring = heads.size - 1
    base = np.int64(2**62)
    v = heads[ring]
    while v != NONE:
        base = min(base, int(seconds[v] * per_s))
        v = after[v]
    v = heads[ring]
    heads[ring] = NONE
    while v != NONE:
        behind = after[v]
        number = int(seconds[v] * per_s)
        _link(v, number & (ring - 1) if number < base + ring else ring, after, before, heads)
        v = behind
    return base


@njit(cache=True, nogil=True)
def nearest(first, other, cost, seed_node, seed_s, seed_source, limit_s, tie_s, per_s, seconds, label, after, before, heads):
    """Search from all seeds at once; fill ``seconds`` and ``label``; return whether two sources may tie somewhere.

    Seeds stand in the order of their sources; ``label`` comes in as -1. It leaves as the source of the least seconds;
    where the answer is True a lower source may lie within ``tie_s`` of it, and `settle_ties` decides.
    """
    ring = heads.size - 1
    base = np.int64(0)
    waiting = 0
    tied = False
    for i in range(seed_node.size):
        v = seed_node[i]
        new_s = seed_s[i]
        old_s = seconds[v]
        if new_s < old_s and new_s <= limit_s:
            if old_s - new_s <= tie_s:
                tied = tied or label[v] != seed_source[i]
            seconds[v] = new_s
            label[v] = seed_source[i]
            waiting += _wait(v, old_s, new_s, base, per_s, after, before, heads)
    number = base
    while waiting > 0:
        if number == base + ring:
            base = _refill(seconds, per_s, after, before, heads)
            number = base
        slot = number & (ring - 1)
        v = heads[slot]
        if v == NONE:
            number += 1
            continue
        heads[slot] = NONE
        while v != NONE:
            behind = after[v]
            before[v] = IDLE
            waiting -= 1
            here_s = seconds[v]
            mine = label[v]
            for arc in range(first[v], first[v + 1]):
                u = other[arc]
                new_s = here_s + cost[arc]
                old_s = seconds[u]
                if new_s < old_s:
                    if new_s <= limit_s:
                        if old_s - new_s <= tie_s and label[u] < mine:
                            tied = True
                        seconds[u] = new_s
                        label[u] = mine
                        waiting += _wait(u, old_s, new_s, base, per_s, after, before, heads)
                elif new_s <= old_s + tie_s and label[u] > mine:
                    tied = True
            v = behind
    return tied


@njit(cache=True, nogil=True)
def settle_ties(first, other, cost, seed_node, seed_s, seed_source, tie_s, per_s, seconds, label, best, after, before, heads):
    """Give every node the least source within ``tie_s`` of its seconds; return every candidate.

    A source's slack ``its seconds - least seconds`` never falls along its own path, so from each source, in order,
    only nodes within ``tie_s`` are expanded, and none where a lower source was at least as near (``best``): whatever
    lies behind it, the lower source reaches as well.
    ``label`` comes in as -1 everywhere, ``best`` as inf. The candidates come back as ``(last, previous, source, s)``:
    of node v they are ``last[v]``, ``previous[last[v]]`` …, ending with -1.
    """
    ring = heads.size - 1
    last = np.full(seconds.size, NONE, np.int64)
    previous = np.empty(1024, np.int64)
    whose = np.empty(1024, np.int64)
    when_s = np.empty(1024, np.float64)
    n_kept = 0
    i = 0
    while i < seed_node.size:
        mine = seed_source[i]
        base = np.int64(0)
        waiting = 0
        while i < seed_node.size and seed_source[i] == mine:
            v = seed_node[i]
            old_s = best[v]
            if seed_s[i] < old_s and seed_s[i] <= seconds[v] + tie_s and seconds[v] < np.inf:
                best[v] = seed_s[i]
                waiting += _wait(v, old_s, seed_s[i], base, per_s, after, before, heads)
            i += 1
        number = base
        while waiting > 0:
            if number == base + ring:
                base = _refill(best, per_s, after, before, heads)
                number = base
            slot = number & (ring - 1)
            v = heads[slot]
            if v == NONE:
                number += 1
                continue
            heads[slot] = NONE
            while v != NONE:
                behind = after[v]
                before[v] = IDLE
                waiting -= 1
                if label[v] == NONE:
                    label[v] = mine
                if last[v] == NONE or whose[last[v]] != mine:
                    if n_kept == when_s.size:
                        previous = np.concatenate((previous, np.empty(n_kept, np.int64)))
                        whose = np.concatenate((whose, np.empty(n_kept, np.int64)))
                        when_s = np.concatenate((when_s, np.empty(n_kept, np.float64)))
                    previous[n_kept] = last[v]
                    whose[n_kept] = mine
                    last[v] = n_kept
                    n_kept += 1
                here_s = best[v]
                when_s[last[v]] = here_s
                for arc in range(first[v], first[v + 1]):
                    u = other[arc]
                    new_s = here_s + cost[arc]
                    old_s = best[u]
                    if new_s < old_s and new_s <= seconds[u] + tie_s and seconds[u] < np.inf:
                        best[u] = new_s
                        waiting += _wait(u, old_s, new_s, base, per_s, after, before, heads)
                v = behind
    return last, previous, whose, when_s


@njit(cache=True, nogil=True)
def _spread(first, other, cost, seed_node, seed_s, begin, end, limit_s, per_s, seconds, after, before, heads, met):
    """Search from the seeds ``begin:end``; list the nodes met in ``met`` and return how many."""
    ring = heads.size - 1
    base = np.int64(0)
    waiting = 0
    n_met = 0
    for i in range(begin, end):
        v = seed_node[i]
        old_s = seconds[v]
        if seed_s[i] < old_s and seed_s[i] <= limit_s:
            if old_s == np.inf:
                met[n_met] = v
                n_met += 1
            seconds[v] = seed_s[i]
            waiting += _wait(v, old_s, seed_s[i], base, per_s, after, before, heads)
    number = base
    while waiting > 0:
        if number == base + ring:
            base = _refill(seconds, per_s, after, before, heads)
            number = base
        slot = number & (ring - 1)
        v = heads[slot]
        if v == NONE:
            number += 1
            continue
        heads[slot] = NONE
        while v != NONE:
            behind = after[v]
            before[v] = IDLE
            waiting -= 1
            here_s = seconds[v]
            for arc in range(first[v], first[v + 1]):
                u = other[arc]
                new_s = here_s + cost[arc]
                old_s = seconds[u]
                if new_s < old_s and new_s <= limit_s:
                    if old_s == np.inf:
                        met[n_met] = u
                        n_met += 1
                    seconds[u] = new_s
                    waiting += _wait(u, old_s, new_s, base, per_s, after, before, heads)
            v = behind
    return n_met


@njit(cache=True, nogil=True)
def reach(
    first, other, cost, outer, seed_first, seed_node, seed_s, begin, end, limit_s, per_s,
    seconds, after, before, heads, met, count, out_node, out_s,
):  # fmt: skip
    """Search from each source ``begin:end`` on its own; return ``(next source, filled)``.

    Stops early when the answer of the next source does not fit ``out_node``; ``count[source]`` is its size.
    ``outer`` maps a node to the caller's number. Only what a search met is reset after it.
    """
    filled = 0
    for source in range(begin, end):
        n_met = _spread(
            first, other, cost, seed_node, seed_s, seed_first[source], seed_first[source + 1], limit_s, per_s,
            seconds, after, before, heads, met,
        )  # fmt: skip
        fits = filled + n_met <= out_node.size
        for i in range(n_met):
            v = met[i]
            if fits:
                out_node[filled + i] = outer[v]
                out_s[filled + i] = seconds[v]
            seconds[v] = np.inf
        if not fits:
            return source, filled
        count[source] = n_met
        filled += n_met
    return end, filled


@njit(cache=True, nogil=True)
def matrix(
    first, other, cost, seed_first, seed_node, seed_s, begin, end, limit_s, per_s,
    seconds, after, before, heads, met, direct_first, direct_goal, direct_s,
    goal_a, goal_a_s, goal_b, goal_b_s, at_first, at_goal, straight_s, count, out_goal, out_s,
):  # fmt: skip
    """Search from each source ``begin:end`` on its own and keep the seconds to the goals; return ``(next source, filled)``.

    A goal is reached through node a at ``goal_a_s`` more or node b at ``goal_b_s`` more, or straight along the street
    it shares with the source (``direct_*``, rows by source). ``at_first``, ``at_goal``: the goals of each node.
    ``straight_s`` comes in and leaves as inf. Goals ascend within a source unless it met far fewer nodes than there
    are goals.
    """
    filled = 0
    for source in range(begin, end):
        if filled + goal_a.size > out_goal.size:
            return source, filled
        n_met = _spread(
            first, other, cost, seed_node, seed_s, seed_first[source], seed_first[source + 1], limit_s, per_s,
            seconds, after, before, heads, met,
        )  # fmt: skip
        start = filled
        for i in range(direct_first[source], direct_first[source + 1]):
            straight_s[direct_goal[i]] = min(straight_s[direct_goal[i]], direct_s[i])
        if goal_a.size <= 4 * n_met:
            for goal in range(goal_a.size):
                total_s = min(seconds[goal_a[goal]] + goal_a_s[goal], seconds[goal_b[goal]] + goal_b_s[goal])
                total_s = min(total_s, straight_s[goal])
                if total_s <= limit_s and total_s < np.inf:
                    out_goal[filled] = goal
                    out_s[filled] = total_s
                    filled += 1
        else:
            for i in range(n_met):
                v = met[i]
                for k in range(at_first[v], at_first[v + 1]):
                    goal = at_goal[k]
                    if v == goal_a[goal] or seconds[goal_a[goal]] == np.inf:
                        total_s = min(seconds[goal_a[goal]] + goal_a_s[goal], seconds[goal_b[goal]] + goal_b_s[goal])
                        total_s = min(total_s, straight_s[goal])
                        if total_s <= limit_s and total_s < np.inf:
                            out_goal[filled] = goal
                            out_s[filled] = total_s
                            filled += 1
            for i in range(direct_first[source], direct_first[source + 1]):
                goal = direct_goal[i]
                alone = seconds[goal_a[goal]] == np.inf and seconds[goal_b[goal]] == np.inf
                if alone and straight_s[goal] <= limit_s and straight_s[goal] < np.inf:
                    out_goal[filled] = goal
                    out_s[filled] = straight_s[goal]
                    filled += 1
                    straight_s[goal] = np.inf
        for i in range(direct_first[source], direct_first[source + 1]):
            straight_s[direct_goal[i]] = np.inf
        for i in range(n_met):
            seconds[met[i]] = np.inf
        count[source] = filled - start
    return end, filled


@njit(cache=True, nogil=True)
def nearest_goals(
    seconds, label, last, previous, whose, when_s, goal_a, goal_a_s, goal_b, goal_b_s,
    direct_first, direct_source, direct_s, limit_s, tie_s, out_s, out_source,
):  # fmt: skip
    """Fill, for each goal, the least seconds over both its nodes and its own street, and the least source within ``tie_s``.

    ``last`` … ``when_s`` are the candidates of `settle_ties`; empty when no two sources tie at a node.
    """
    for goal in range(goal_a.size):
        a = goal_a[goal]
        b = goal_b[goal]
        least_s = min(seconds[a] + goal_a_s[goal], seconds[b] + goal_b_s[goal])
        for i in range(direct_first[goal], direct_first[goal + 1]):
            least_s = min(least_s, direct_s[i])
        if not (least_s <= limit_s and least_s < np.inf):
            out_s[goal] = np.inf
            out_source[goal] = NONE
            continue
        winner = np.int64(2**62)
        for i in range(direct_first[goal], direct_first[goal + 1]):
            if direct_s[i] <= least_s + tie_s:
                winner = min(winner, direct_source[i])
        for end in range(2):
            v = a if end == 0 else b
            leg_s = goal_a_s[goal] if end == 0 else goal_b_s[goal]
            if last.size == 0:
                if seconds[v] + leg_s <= least_s + tie_s:
                    winner = min(winner, np.int64(label[v]))
            else:
                k = last[v]
                while k != NONE:
                    if when_s[k] + leg_s <= least_s + tie_s:
                        winner = min(winner, whose[k])
                    k = previous[k]
        out_s[goal] = least_s
        out_source[goal] = winner
