"""One search from many sources at once: the nearest source of every node, worked region by region.

A region is 2^bits nodes that follow each other along the curve by which nodes are numbered, so about a square of the
plane that fits a core's cache. The fronts of all sources move on by a window of some buckets at a time; within it,
each region's part of the fronts is walked as far as the window goes before the next region's. A node that another region reaches
waits in its own region's list, and a region is taken up again as long as something within the window waits there:
labels are corrected, so the order costs a few nodes walked twice and changes no answer.

``heads`` holds the window's ring of buckets, then one waiting list per region; ``least`` is the least bucket that waits
in each list.
"""
# ruff: noqa: C901, PLR0912, PLR0915, PLR0917 - a compiled loop is one function; numba takes its arrays by position

from __future__ import annotations

import numpy as np

from circles.foundation.types import F64, I32, I64
from circles.network.engine.queue import IDLE, NONE, at, fetch_arcs, hot, inlined, inner, link, unlink
from circles.network.engine.search import STOP, WAIT

EMPTY = 2**62
"""The least bucket of a list in which nothing waits."""


@inner
def _plant(
    seed_node: I32, seed_s: F64, seed_source: I32, limit_s: float, tie_s: float, per_s: float, bits: int,
    seconds: F64, label: I32, after: I32, before: I32, heads: I32, met: I32, least: I64,
) -> tuple[int, bool]:  # fmt: skip
    """Let the seeds wait in their regions; return how many nodes were met and whether two sources may tie.

    Lower sources come first.
    """
    ring = heads.size - least.size
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
            region = v >> bits
            least[region] = min(least[region], int(new_s * per_s))
            if before[v] == IDLE:
                link(v, ring + region, after, before, heads)
    return n_met, tied


@inner
def _take_up(
    region: int, end: int, per_s: float, seconds: F64, after: I32, before: I32, heads: I32, least: I64
) -> None:
    """Move what waits in a region's list and lies within the window into the ring."""
    ring = heads.size - least.size
    v = heads[ring + region]
    heads[ring + region] = NONE
    least[region] = EMPTY
    while v != NONE:
        behind = after[v]
        number = int(seconds[v] * per_s)
        if number < end:
            link(v, number & (ring - 1), after, before, heads)
        else:
            link(v, ring + region, after, before, heads)
            least[region] = min(least[region], number)
        v = behind


@inlined
def _wait(
    v: int, old_s: float, new_s: float, region: int, end: int, per_s: float, bits: int, after: I32, before: I32,
    heads: I32, least: I64,
) -> None:  # fmt: skip
    """Let ``v``, whose seconds fell to ``new_s``, wait: in the ring if this region's turn reaches it, else in its list."""
    ring = heads.size - least.size
    number = int(new_s * per_s)
    its = v >> bits
    here = its == region and number < end
    slot = number & (ring - 1) if here else ring + its
    if not here:
        least[at(its)] = min(least[at(its)], number)
    if before[at(v)] == IDLE:
        link(v, slot, after, before, heads)
    elif here and int(old_s * per_s) != number:
        unlink(v, after, before, heads)
        link(v, slot, after, before, heads)


@hot
def nearest(
    first: I32, other: I32, onward: I32, cost: F64, seed_node: I32, seed_s: F64, seed_source: I32, limit_s: float,
    tie_s: float, per_s: float, bits: int, seconds: F64, label: I32, after: I32, before: I32, heads: I32, met: I32,
    least: I64,
) -> tuple[int, bool]:  # fmt: skip
    """Search from all seeds at once; fill ``seconds`` and ``label`` of the nodes met.

    Where sources may tie, `settle_ties` decides. The test misses no tie, in whatever order nodes are visited: a
    lower source that ties at a node ties all along its path, so on that path it either arrives within ``tie_s`` at a
    node that a higher source holds, or loses one to a higher source by no more than that.

    Parameters
    ----------
    first, other, onward, cost : the arcs in compressed rows, see ``search.py``
    seed_node, seed_s, seed_source : (seeds,) in the order of their sources
    limit_s, tie_s : seconds
    per_s : buckets per second
    bits : a region is 2^``bits`` nodes
    seconds, label : (nodes,) come in as inf and -1; leave as the least seconds and a source of these
    after, before, heads : the bucket queue, see ``queue.py``; behind the ring ``heads`` has a waiting list per region
    met : (nodes + 1,) filled with the nodes met
    least : (regions,) least bucket that waits in each region's list

    Returns
    -------
    n_met, tied : how many nodes were met, and whether two sources may tie somewhere
    """
    ring = heads.size - least.size
    n_met, tied = _plant(
        seed_node, seed_s, seed_source, limit_s, tie_s, per_s, bits, seconds, label, after, before, heads, met, least
    )
    while True:
        base = EMPTY
        for region in range(least.size):
            base = min(base, least[region])
        if base == EMPTY:
            return n_met, tied
        end = base + ring
        waits = True
        while waits:
            waits = False
            for region in range(least.size):
                if least[at(region)] >= end:
                    continue
                waits = True
                _take_up(region, end, per_s, seconds, after, before, heads, least)
                number = base
                while number < end:
                    v = heads[at(number & (ring - 1))]
                    if v == NONE:
                        number += 1
                        continue
                    heads[at(number & (ring - 1))] = NONE
                    while v != NONE:
                        behind = after[at(v)]
                        before[at(v)] = IDLE
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
                                    _wait(u, old_s, new_s, region, end, per_s, bits, after, before, heads, least)
                                    fetch_arcs(u, first, other, onward, cost)
                                    break
                                if along == STOP:
                                    break
                                from_s = new_s
                        v = behind
