"""Branch and bound on Lagrangian bounds, for p-median problems with few sites to open and many rows.

There the linear program is large and its bound no better than the Lagrangian one; with few sites to open the tree stays
small (Beasley 1985). Depth first, "open" before "closed": the same problem is searched in the same order every time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from circles.foundation.types import F64, I64, Bools
from circles.siting.models.highs import Clock
from circles.siting.models.lagrange import Dual, median_dual, undecided
from circles.siting.models.swap import Allowed, MedianData

__all__ = ["Outcome", "search", "shrunk"]


STEPS = 150
"""Steps of the bound per node; the multipliers are inherited from the parent."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """The best set found (caller's site numbers; None when none beat the incumbent), and whether all was searched."""

    sites: I64 | None
    value: float
    complete: bool
    nodes: int


@dataclass(frozen=True, eq=False)
class _Node:
    data: MedianData
    multipliers: F64
    left: int
    opened: I64


def shrunk(data: MedianData, opened: I64, kept: I64, entries: Bools | None = None) -> MedianData:
    """Return the problem after some columns are decided.

    Parameters
    ----------
    data : the problem
    opened : local columns that are open
    kept : local columns that are undecided; all others are closed
    entries : (entries,) bool, entries of the cost matrix that may still be used; all if None
    """
    local = np.full(data.sites.size, -1, dtype=np.int64)
    local[kept] = np.arange(kept.size)
    local[opened] = -2
    column = local[data.column]
    first = data.first.copy()
    given = column == -2
    np.minimum.at(first, data.row[given], data.value[given])
    keep = (column >= 0) & (data.value < first[data.row])
    if entries is not None:
        keep &= entries
    return replace(
        data,
        sites=data.sites[kept],
        row=data.row[keep],
        column=column[keep],
        value=data.value[keep],
        by_site=data.by_site[:, kept],
        first=first,
    )


def search(
    data: MedianData,
    multipliers: F64,
    count: int,
    incumbent: float,
    *,
    goal_of: Callable[[float], float],
    allowed: Allowed,
    clock: Clock,
) -> Outcome:
    """Search for ``count`` more sites whose total does not exceed ``goal_of(incumbent)``.

    Parameters
    ----------
    data : the reduced problem
    multipliers : (rows,) of the Lagrangian bound at the root
    count : number of columns to open
    incumbent : total weighted cost of the best answer known
    goal_of
        From the best value known to what a better answer must not exceed.
    allowed
        Test of a complete set of opened columns, in the caller's site numbers.
    clock : time limit and solver options
    """
    best_value, best_sites = incumbent, None
    stack = [_Node(data, multipliers, count, np.empty(0, dtype=np.int64))]
    nodes = 0
    while stack:
        if clock.left() <= 0:
            return Outcome(best_sites, best_value, complete=False, nodes=nodes)
        node = stack.pop()
        size = node.data.sites.size
        nodes += 1
        if node.left > size:
            continue
        goal = goal_of(best_value)
        dual = None
        trial = np.arange(node.left)
        if node.left not in {0, size}:
            dual = median_dual(node.data, node.left, goal, clock, start=node.multipliers, steps=STEPS)
            if dual.bound > goal:
                continue
            trial = dual.chosen
        value = node.data.total(trial)
        sites = np.append(node.opened, node.data.sites[trial])
        if value <= goal and allowed(sites):
            best_value, best_sites = value, np.sort(sites)
            goal = goal_of(best_value)
        if dual is not None:
            stack += _children(node, dual, goal)
    return Outcome(best_sites, best_value, complete=True, nodes=nodes)


def _children(node: _Node, dual: Dual, goal: float) -> list[_Node]:
    """Fix what the bound decides and branch on the site of most worth; the child that opens it comes last (next)."""
    keep, must = undecided(node.left, dual, goal)
    data, left = node.data, node.left - must.size
    if left < 0 or keep.size < node.left:
        return []
    rest = np.setdiff1d(keep, must)
    entries = data.value - dual.multipliers[data.row] + dual.bound <= goal
    opened = np.append(node.opened, data.sites[must])
    if left == 0 or rest.size <= left:
        return [_Node(shrunk(data, must, rest, entries), dual.multipliers, left, opened)]
    pick = rest[np.argmin(dual.worth[rest])]
    others = rest[rest != pick]
    outside = _Node(shrunk(data, must, others, entries), dual.multipliers, left, opened)
    inside = shrunk(data, np.append(must, pick), others, entries)
    return [outside, _Node(inside, dual.multipliers, left - 1, np.append(opened, data.sites[pick]))]
