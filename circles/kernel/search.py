"""The searches themselves: numba on compressed rows, float64 seconds, one file so that the cache sees every change.

Every search is a bucket queue with label correction. A node waits in the bucket ``int(seconds * per_s)``; the buckets
form a ring, and what lies beyond the ring waits in one overflow bucket. A bucket is emptied in rounds, so a node that
improves while its own bucket is open is simply met again. The width changes the speed and never the result: a node is
expanded again whenever its seconds fell, and a search ends only when nobody waits.

Arrays that every function shares
---------------------------------
``first`` int32 (n + 1), ``other`` int32 (arcs), ``cost`` float64 (arcs): the arcs of node v are ``first[v]:first[v+1]``.
``onward`` int32 (arcs): the one arc on which a walk along this arc can go on, or ``STOP``, or ``WAIT`` where it forks.
Most nodes of a street network lie between two others or end a cul-de-sac: a search walks through them at once, without
the queue, and only nodes where it forks wait. A node that waits already stays in the queue's books, so it waits again.
``seconds`` float64 (n), inf where nothing arrived. ``after``, ``before`` int32 (n): the doubly linked waiting lists;
``before`` is ``IDLE`` for a node that does not wait, and ``-2 - bucket`` for the first of a bucket.
``heads`` int32 (ring + 1): first node of each bucket, ``NONE`` if empty; the last one is the overflow.
``met`` int32 (n): the nodes a search met, in that order.
Seeds (``seed_node``, ``seed_s``, ``seed_source``) stand in the order of their sources.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NONE = -1
IDLE = -1
STOP = -1
WAIT = -2
at = np.uint64  # numba tests a signed index for being negative, an unsigned one not: worth a fifth of a search


@njit(inline="always")
def _link(v: int, slot: int, after: Ints, before: Ints, heads: Ints) -> None:
    """Put ``v`` at the front of a bucket."""
    second = heads[at(slot)]
    after[at(v)] = second
    before[at(v)] = -2 - slot
    if second != NONE:
        before[at(second)] = v
    heads[at(slot)] = v


@njit(inline="always")
def _wait(
    v: int, old_s: float, new_s: float, base: int, per_s: float, after: Ints, before: Ints, heads: Ints
) -> int:  # fmt: skip
    """Let ``v``, whose seconds fell from ``old_s`` to ``new_s``, wait in its bucket; return 1 if it did not wait before."""
    ring = heads.size - 1
    number = int(new_s * per_s)
    slot = number & (ring - 1) if number < base + ring else ring
    if before[at(v)] == IDLE:
        _link(v, slot, after, before, heads)
        return 1
    former = int(old_s * per_s)
    if former != number and (slot != ring or former < base + ring):
        ahead = before[at(v)]
        behind = after[at(v)]
        if ahead >= 0:
            after[at(ahead)] = behind
        else:
            heads[at(-2 - ahead)] = behind
        if behind != NONE:
            before[at(behind)] = ahead
        _link(v, slot, after, before, heads)
    return 0


@njit(cache=True, nogil=True)
def _refill(seconds: Floats, per_s: float, after: Ints, before: Ints, heads: Ints) -> int:
    """Start a new ring at the least bucket of the overflow, move into it what belongs there, and return its number."""
    ring = heads.size - 1
    base = 2**62
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
def nearest(
    first: Ints, other: Ints, onward: Ints, cost: Floats, seed_node: Ints, seed_s: Floats, seed_source: Ints, limit_s: float,
    tie_s: float, per_s: float, seconds: Floats, label: Ints, after: Ints, before: Ints, heads: Ints, met: Ints,
) -> tuple[int, bool]:  # fmt: skip
    """Search from all seeds at once; fill ``seconds`` and ``label`` of the nodes met.

    Returns how many nodes were met, and whether two sources may tie somewhere. ``label`` comes in as -1 and leaves as
    the source of the least seconds; where sources may tie, `settle_ties` decides. The test misses no tie: a lower
    source that ties at a node ties all along its path, so on that path it either arrives within ``tie_s`` at a node
    that a higher source holds, or loses one to a higher source by no more than that.
    """
    ring = heads.size - 1
    base = 0
    waiting = 0
    n_met = 0
    tied = False
    for i in range(seed_node.size):
        v = seed_node[i]
        new_s = seed_s[i]
        old_s = seconds[v]
        if new_s < old_s and new_s <= limit_s:
            if old_s == np.inf:
                met[n_met] = v
                n_met += 1
            elif old_s - new_s <= tie_s and label[v] != seed_source[i]:
                tied = True
            seconds[v] = new_s
            label[v] = seed_source[i]
            waiting += _wait(v, old_s, new_s, base, per_s, after, before, heads)
    number = base
    while waiting > 0:
        if number == base + ring:
            base = _refill(seconds, per_s, after, before, heads)
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
            mine = label[at(v)]
            for arc in range(first[at(v)], first[at(v + 1)]):
                from_s, along = here_s, arc
                while True:
                    u = other[at(along)]
                    new_s = from_s + cost[at(along)]
                    old_s = seconds[at(u)]
                    if new_s >= old_s:
                        tied = tied or (new_s <= old_s + tie_s and label[at(u)] > mine)
                        break
                    if new_s > limit_s:
                        break
                    if old_s == np.inf:
                        met[at(n_met)] = u
                        n_met += 1
                    elif old_s - new_s <= tie_s and label[at(u)] < mine:
                        tied = True
                    seconds[at(u)] = new_s
                    label[at(u)] = mine
                    along = onward[at(along)]
                    if along == WAIT or before[at(u)] != IDLE:
                        waiting += _wait(u, old_s, new_s, base, per_s, after, before, heads)
                        break
                    if along == STOP:
                        break
                    from_s = new_s
            v = behind
    return n_met, tied


@njit(cache=True, nogil=True)
def settle_ties(
    first: Ints, other: Ints, onward: Ints, cost: Floats, seed_node: Ints, seed_s: Floats, seed_source: Ints,
    tie_s: float, per_s: float, seconds: Floats, label: Ints, best: Floats, after: Ints, before: Ints, heads: Ints,
) -> tuple[Longs, Longs, Longs, Floats]:  # fmt: skip
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
        base = 0
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
                        previous = np.concatenate((previous, np.empty(n_kept, np.int64)))
                        whose = np.concatenate((whose, np.empty(n_kept, np.int64)))
                        when_s = np.concatenate((when_s, np.empty(n_kept, np.float64)))
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
                        waiting += _wait(u, old_s, new_s, base, per_s, after, before, heads)
                v = behind
    return last, previous, whose, when_s


@njit(cache=True, nogil=True)
def _spread(
    first: Ints, other: Ints, onward: Ints, cost: Floats, seed_node: Ints, seed_s: Floats, begin: int, end: int, limit_s: float,
    per_s: float, seconds: Floats, after: Ints, before: Ints, heads: Ints, met: Ints,
) -> int:  # fmt: skip
    """Search from the seeds ``begin:end``; list the nodes met in ``met`` and return how many."""
    ring = heads.size - 1
    base = 0
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
                    if old_s == np.inf:
                        met[at(n_met)] = u
                        n_met += 1
                    seconds[at(u)] = new_s
                    along = onward[at(along)]
                    if along == WAIT or before[at(u)] != IDLE:
                        waiting += _wait(u, old_s, new_s, base, per_s, after, before, heads)
                        break
                    if along == STOP:
                        break
                    from_s = new_s
            v = behind
    return n_met


@njit(cache=True, nogil=True)
def reach(
    first: Ints, other: Ints, onward: Ints, cost: Floats, outer: Ints, seed_first: Longs, seed_node: Ints, seed_s: Floats,
    begin: int, end: int, limit_s: float, per_s: float, seconds: Floats, after: Ints, before: Ints, heads: Ints,
    met: Ints, count: Longs, out_node: Ints, out_s: Floats,
) -> tuple[int, int]:  # fmt: skip
    """Search from each source ``begin:end`` on its own; return ``(next source, filled)``.

    Stops early when the answer of the next source does not fit ``out_node``; ``count[source]`` is its size.
    ``outer`` maps a node to the caller's number. Only what a search met is reset after it.
    """
    filled = 0
    for source in range(begin, end):
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
            return source, filled
        count[source] = n_met
        filled += n_met
    return end, filled


@njit(cache=True, nogil=True)
def matrix(
    first: Ints, other: Ints, onward: Ints, cost: Floats, seed_first: Longs, seed_node: Ints, seed_s: Floats, begin: int, end: int,
    limit_s: float, per_s: float, seconds: Floats, after: Ints, before: Ints, heads: Ints, met: Ints,
    direct_first: Longs, direct_goal: Longs, direct_s: Floats, goal_a: Ints, goal_a_s: Floats, goal_b: Ints,
    goal_b_s: Floats, at_first: Longs, at_goal: Longs, straight_s: Floats, count: Longs, out_goal: Ints, out_s: Floats,
) -> tuple[int, int]:  # fmt: skip
    """Search from each source ``begin:end`` on its own and keep the seconds to goals; return ``(next source, filled)``.

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
            first, other, onward, cost, seed_node, seed_s, seed_first[source], seed_first[source + 1], limit_s, per_s,
            seconds, after, before, heads, met,
        )  # fmt: skip
        start = filled
        for i in range(direct_first[source], direct_first[source + 1]):
            straight_s[direct_goal[i]] = min(straight_s[direct_goal[i]], direct_s[i])
        if goal_a.size <= 4 * n_met:
            for goal in range(goal_a.size):
                total_s = min(seconds[at(goal_a[goal])] + goal_a_s[goal], seconds[at(goal_b[goal])] + goal_b_s[goal])
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
