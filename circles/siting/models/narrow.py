"""Bounds and good answers for the capacitated models, so that the solver meets only the sites that can still matter.

Relaxing "nobody is served twice" (or "everybody is served") leaves one continuous knapsack per site, solved by sorting
(after Geoffrion & McBride 1978). The bound equals that of the strong linear program at a fraction of its time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from circles.foundation.types import F64, I64
from circles.siting.models.constraints import SiteRules
from circles.siting.models.flows import Flows, is_whole, served_by, worth_of
from circles.siting.models.highs import Clock
from circles.siting.models.lagrange import Dual, Steps, undecided

__all__ = ["Narrowed", "narrowed"]


WORK = 3e7
"""Entries looked at by the bound; it takes at most ``MOST_STEPS`` steps."""
MOST_STEPS = 1500
TRIALS, TRIAL_WORK = 300, 2e6
"""Sets of sites whose transport problem is solved in search of a good answer, fewer where the problems are large."""


@dataclass(frozen=True, eq=False)
class Narrowed:
    """Rules with the sites that cannot matter closed, the best sites known (None: none), and the bound, minimised.

    ``goal`` is what a better answer must not exceed.
    """

    rules: SiteRules
    sites: I64 | None
    value: float
    bound: float
    goal: float


def narrowed(flows: Flows, rules: SiteRules, clock: Clock) -> Narrowed:
    """Bound the problem, look for a good answer, and close or open the sites that these two decide."""
    nothing = Narrowed(rules, None, np.inf, -np.inf, np.inf)
    if rules.p is None or flows.single_source or not 0 < rules.to_add < rules.free.size or flows.row.size == 0:
        return nothing
    dual, sets = _dual(flows, rules, np.inf, clock)
    sites, value = _good(flows, rules, dual, sets, clock)
    if sites is None:
        return replace(nothing, bound=dual.bound)
    goal = _goal(flows, value, clock.options.gap)
    again, _ = _dual(flows, rules, goal, clock, start=dual.multipliers)
    dual = again if again.bound > dual.bound else dual
    keep, must = undecided(rules.to_add, dual, goal)
    is_open, is_closed = rules.is_open.copy(), rules.is_closed.copy()
    is_open[rules.free[must]] = True
    is_closed[np.setdiff1d(rules.free, rules.free[keep])] = True
    return Narrowed(replace(rules, is_open=is_open, is_closed=is_closed), sites, value, dual.bound, goal)


def _goal(flows: Flows, value: float, gap: float) -> float:
    whole = is_whole(flows.weights) and is_whole(flows.capacity) and (flows.goal == "cover" or is_whole(flows.cost))
    step = 1.0 - 1e-6 if whole else 1e-9 * max(1.0, abs(value))
    return value - max(step, gap * abs(value))


def _dual(
    flows: Flows,
    rules: SiteRules,
    goal: float,
    clock: Clock,
    *,
    start: F64 | None = None,
) -> tuple[Dual, list[I64]]:
    """Return a lower bound (of minus the weight served, or of the cost) and the relaxed problem's best choices."""
    weights, n_sites, free = flows.weights, rules.n_sites, rules.free
    unit, price = weights[flows.row], flows.cost if flows.goal == "median" else np.full(flows.row.size, -1.0)
    upper = weights * (2.0 * float(flows.cost.max()) + 1.0) if flows.goal == "median" else weights
    point: F64 | None = start if start is not None else upper * 0.5
    if start is None and flows.goal == "median":
        point = _third_nearest(flows) * weights
    pace, count = Steps(), rules.to_add
    best = Dual(-np.inf, upper, np.zeros(free.size), np.empty(0, dtype=np.int64))
    sets: list[I64] = []
    for step in range(int(min(MOST_STEPS, max(300.0, WORK / flows.row.size)))):
        if point is None:
            break
        margin = np.divide(point, weights, out=np.zeros_like(point), where=weights > 0)
        reduced = price - _sign(flows) * margin[flows.row]
        amount = _filled(flows, reduced, unit)
        worth = np.bincount(flows.site, weights=reduced * amount, minlength=n_sites)
        top = np.sort(np.argpartition(worth[free], count - 1)[:count]).astype(np.int64)
        fixed = float(worth[rules.is_open].sum())
        bound = _sign(flows) * float(point.sum()) + fixed + float(worth[free][top].sum())
        better = bound > best.bound
        if better:
            best = Dual(bound, point, worth[free].astype(np.float64), top)
            sets.append(top)
        if best.bound > goal or pace.scale < 1e-4 or (step % 20 == 0 and clock.left() <= 0):
            break
        is_on = rules.is_open.copy()
        is_on[free[top]] = True
        used = np.bincount(flows.row, weights=amount * is_on[flows.site], minlength=weights.size)
        share = np.divide(used, weights, out=np.ones_like(used), where=weights > 0)
        gradient = _sign(flows) * (1.0 - share)
        pace.update(gradient, better=better)
        aim = goal if np.isfinite(goal) else best.bound + 0.05 * abs(best.bound)
        point = pace.move(best.multipliers, aim - best.bound + 1e-3 * abs(aim), upper, gradient)
    return best, sets[::-1]


def _sign(flows: Flows) -> float:
    """Return +1 where serving is asked for (median), -1 where it must not happen twice (cover)."""
    return 1.0 if flows.goal == "median" else -1.0


def _third_nearest(flows: Flows) -> F64:
    order = np.lexsort((flows.cost, flows.row))
    size = np.bincount(flows.row, minlength=flows.weights.size)
    begin = np.cumsum(size) - size
    at = np.minimum(begin + np.minimum(2, np.maximum(size - 1, 0)), flows.row.size - 1)
    nearest: F64 = flows.cost[order][at]
    return nearest


def _filled(flows: Flows, reduced: F64, unit: F64) -> F64:
    """Return per entry the weight taken when every site fills itself with what is worth most (least ``reduced``)."""
    order = np.lexsort((reduced, flows.site))
    size = np.where(reduced[order] < 0, unit[order], 0.0)
    total = np.cumsum(size)
    site = flows.site[order]
    first = np.ones(site.size, dtype=bool)
    first[1:] = site[1:] != site[:-1]
    begin = (total - size)[first][np.cumsum(first) - 1]
    room = flows.capacity[site] - (total - size - begin)
    amount = np.zeros(order.size)
    amount[order] = np.clip(room, 0.0, size)
    return amount


def _good(flows: Flows, rules: SiteRules, dual: Dual, sets: list[I64], clock: Clock) -> tuple[I64 | None, float]:
    """Return good sites and their value: the relaxed problem's choices, then swaps with the sites of most worth."""
    held, free = np.flatnonzero(rules.is_open), rules.free
    seen: dict[bytes, float] = {}

    def value(local: I64) -> float:
        local = np.sort(local)
        key = local.tobytes()
        if key not in seen:
            sites = np.concatenate([held, free[local]])
            amount = served_by(flows, sites) if rules.allows(sites) else None
            seen[key] = np.inf if amount is None else worth_of(flows, amount) * _sign(flows)
        return seen[key]

    best = min(sets[:10], key=value, default=None)
    if best is None:
        return None, np.inf
    pool = np.argsort(dual.worth, kind="stable")[: 3 * rules.to_add + 5]
    entries = flows.row.size * int(rules.p or 1) / rules.n_sites
    trials = int(np.clip(TRIAL_WORK / entries, 40, TRIALS))
    improved = True
    while improved and len(seen) < trials and clock.left() > 0:
        improved = False
        for out in range(best.size):
            for into in pool[~np.isin(pool, best)]:
                trial = np.sort(np.append(np.delete(best, out), into))
                if len(seen) < trials and value(trial) < value(best) - 1e-9 * max(1.0, abs(value(best))):
                    best, improved = trial, True
                    break
    found = value(best)
    return (np.sort(np.concatenate([held, free[best]])), found) if np.isfinite(found) else (None, np.inf)
