"""p-median: the least total weighted cost (Hakimi 1964; ReVelle & Swain 1970), exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.foundation.types import F64, I64
from circles.siting.models.branch import search, shrunk
from circles.siting.models.constraints import Constraints, SiteRules, site_rules
from circles.siting.models.highs import Clock, Model
from circles.siting.models.infeasible import add_rules, blame, feasible_sites, refuse_unreached, refuse_unsolved
from circles.siting.models.lagrange import Dual, median_dual, undecided
from circles.siting.models.meeting import Heuristics, meet, with_open
from circles.siting.models.problem import Answer, Options, checked, nearest_open, scale_of, verdict, weighted_sum
from circles.siting.models.reduce import median_data
from circles.siting.models.split import groups_of, shared_out
from circles.siting.models.swap import Allowed, MedianData, anything, median_greedy, median_swap

__all__ = ["best_median", "filled", "p_median"]

Sites = tuple[int, ...]

STARTS = 10
"""Random starting points of the interchange heuristic, fewer where the matrix is large."""
START_WORK = 2e7
FEW, MANY = 7, 5000
"""With so few sites to open and more entries than this left, branching on the Lagrangian bound beats the solver."""
ROUNDS = 5
"""How often sites are fixed and the bound tightened in turn."""


def p_median(
    cost: Any,
    p: int | None,
    weights: Any = None,
    fixed: Sequence[int] = (),
    *,
    constraints: Constraints | None = None,
    options: Options | None = None,
) -> Answer:
    """Open p sites so that the weighted sum of costs to the nearest open site is least.

    Parameters
    ----------
    cost
        (n_demand, n_sites) numpy array, inf = not reachable, or scipy.sparse, unstored = not reachable.
    p
        Total number open, ``fixed`` included, exactly; None leaves the number to the budget in ``constraints``.
    weights
        Per demand row, >= 0; ones if None. Rows of weight 0 must be reached all the same.
    fixed
        Columns that are open.
    constraints, options
        See :class:`Constraints` and :class:`Options`.

    Raises
    ------
    InputError
        Bad input, every finding at once.
    Infeasible
        Rows that no site reaches (in ``rows``), p too small to reach all rows, or constraints that conflict.
    """
    options = options or Options()
    clock = Clock(options)
    matrix, vector, columns = checked(cost, p=p, weights=weights, fixed=fixed)
    rules = site_rules(matrix.shape[1], p, columns, constraints)
    refuse_unreached(matrix, closed=rules.is_closed)
    scale = scale_of(vector)
    sites, bound, finished = best_median(matrix, vector * scale, rules, clock)
    assignment, nearest = nearest_open(matrix, sites)
    objective = weighted_sum(vector, nearest)
    status, bound, gap = verdict(objective, min(bound / scale, objective), finished=finished)
    return Answer(
        model="p_median",
        sites=sites,
        objective=objective,
        status=status,
        bound=bound,
        gap=gap,
        seconds=clock.spent(),
        assignment=assignment,
    )


def best_median(cost: sparse.csr_array, weights: F64, rules: SiteRules, clock: Clock) -> tuple[Sites, float, bool]:
    """Solve the p-median problem under constraints.

    Parameters
    ----------
    cost : (n_demand, n_sites) sparse, unstored = not reachable
    weights : (n_demand,) >= 0
    rules : constraints on the sites
    clock : time limit and solver options

    Returns
    -------
    sites, bound, finished : the sites, a lower bound of the weighted cost, and whether optimality is proved

    Raises
    ------
    Infeasible
        No set of sites keeps the constraints; names the one to blame.
    """
    if rules.plain and rules.p is not None and 0 < rules.to_add <= rules.free.size and not _complete(cost):
        groups = groups_of(cost)
        if len(groups) > 1:
            found = shared_out(cost, weights, rules, clock, groups=groups, solve=_one_group, value_of=_total)
            if found is not None:
                return found
    return _one_group(cost, weights, rules, clock)


def _total(cost: sparse.csr_array, weights: F64, sites: Sites) -> float:
    return weighted_sum(weights, nearest_open(cost, sites)[1])


def _one_group(cost: sparse.csr_array, weights: F64, rules: SiteRules, clock: Clock) -> tuple[Sites, float, bool]:
    """Return the same without splitting the problem."""
    free, already = rules.free, np.flatnonzero(rules.is_open)
    data = median_data(cost, weights, already, free)
    known = _feasible_start(cost, rules, clock)
    if rules.p is None:
        start = np.searchsorted(free, [site for site in known if not rules.is_open[site]])
        return _search(data, cost, rules, clock, chosen=start, dual=None)
    count = rules.to_add
    if count == 0:
        return tuple(already.tolist()), data.total(np.empty(0, dtype=np.int64)), True
    must_reach = not _complete(cost)
    allowed = _allowed(data, cost, rules, must_reach=must_reach)
    chosen = np.searchsorted(free, [site for site in known if not rules.is_open[site]])
    greedy = median_greedy(data, count)
    chosen = median_swap(data, greedy if chosen.size != count or allowed(greedy) else chosen, allowed)
    chosen, dual = _close_in(data, count, chosen, allowed, clock)
    goal = _goal(data, data.total(chosen), clock.options.gap)
    if dual.bound > goal:
        exact = _goal(data, data.total(chosen), 0.0) <= goal
        return with_open(rules, data.sites[chosen]), data.total(chosen) if exact else goal, True
    return _search(data, cost, rules, clock, chosen=chosen, dual=dual)


def _complete(cost: sparse.csr_array) -> bool:
    return bool(cost.indices.size == cost.shape[0] * cost.shape[1])


def _feasible_start(cost: sparse.csr_array, rules: SiteRules, clock: Clock) -> Sites:
    """Return sites that keep the rules and reach every row; () where any p sites do."""
    if rules.plain and _complete(cost) and rules.p is not None and 0 <= rules.to_add <= rules.free.size:
        return ()
    reach = sparse.csr_array((np.ones(cost.indices.size), cost.indices, cost.indptr), shape=cost.shape)
    sites = feasible_sites(rules, reach, clock)
    if sites is None:
        raise blame(rules, reach, clock)
    return sites or refuse_unsolved(clock)


def _goal(data: MedianData, value: float, gap: float) -> float:
    """Return what a better answer would have to reach."""
    whole = bool((data.value == np.rint(data.value)).all() and (data.first == np.rint(data.first)).all())
    step = 1.0 - 1e-6 if whole else 1e-9 * max(1.0, abs(value))
    return value - max(step, gap * abs(value))


def _allowed(data: MedianData, cost: sparse.csr_array, rules: SiteRules, *, must_reach: bool) -> Allowed:
    """Return the test of a set: the rules hold and every row (weight 0 too) is reached."""
    if rules.plain and not must_reach:
        return anything
    by_site = cost.tocsc()

    def allowed(chosen: I64) -> bool:
        mask = rules.is_open.copy()
        mask[data.sites[chosen]] = True
        if not rules.keeps_rows(mask):
            return False
        if not must_reach:
            return True
        hit = np.zeros(cost.shape[0], dtype=bool)
        for site in np.flatnonzero(mask):
            hit[by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]] = True
        return bool(hit.all())

    return allowed


def _close_in(data: MedianData, count: int, chosen: I64, allowed: Allowed, clock: Clock) -> tuple[I64, Dual]:
    """Tighten from both sides until they meet or the starting points are used up."""
    gap = clock.options.gap
    model = Heuristics(
        value=data.total,
        goal=lambda cost: _goal(data, cost, gap),
        swap=lambda sites: median_swap(data, sites, allowed),
        dual=lambda goal, start: median_dual(data, count, goal, clock, start=start),
        allowed=allowed,
        starts=int(np.clip(START_WORK / max(1, data.value.size), 2, STARTS)),
    )
    return meet(model, chosen, count, clock)


def _shrink(
    data: MedianData, rules: SiteRules, dual: Dual, goal: float, clock: Clock
) -> tuple[MedianData, SiteRules, float]:
    """Fix sites and assignments and tighten the bound on what is left, in turn; return the rest, its rules, the bound."""
    floor = dual.bound
    for _ in range(ROUNDS):
        before = data.value.size
        keep, must = undecided(rules.to_add, dual, goal)
        entries = data.value - dual.multipliers[data.row] + dual.bound <= goal
        is_open = rules.is_open.copy()
        is_open[data.sites[must]] = True
        rules = replace(rules, is_open=is_open)
        data = shrunk(data, must, np.setdiff1d(keep, must), entries)
        if not 0 < rules.to_add < data.sites.size or data.value.size > 0.9 * before:
            break
        dual = median_dual(data, rules.to_add, goal, clock, start=dual.multipliers)
        floor = max(floor, min(dual.bound, goal))
        if dual.bound > goal:
            break
    return data, rules, floor


def _search(
    data: MedianData,
    cost: sparse.csr_array,
    rules: SiteRules,
    clock: Clock,
    *,
    chosen: I64,
    dual: Dual | None,
) -> tuple[Sites, float, bool]:
    """Close what is left by branch and bound on the sites and assignments that can still matter."""
    value = data.total(chosen)
    goal = _goal(data, value, clock.options.gap)
    sites, best = with_open(rules, data.sites[chosen]), value
    floor = 0.0
    if dual is not None:
        data, rules, floor = _shrink(data, rules, dual, goal, clock)
        if floor >= goal:
            return sites, value if clock.options.gap <= 0 else goal, True
        if rules.to_add <= FEW and data.value.size > MANY:
            return _branch(data, cost, rules, clock, sites=sites, value=value, floor=floor)
    model = Model()
    y = add_rules(model, rules, data.sites)
    _add_assignment(model, data, y)
    if not _complete(cost):
        _add_reach(model, cost, rules.is_open, data.sites, y)
    solution = model.solve(clock, reduced=dual is not None)
    if solution.values is not None and solution.objective < value:
        picked = data.sites[solution.values[y : y + data.sites.size] > 0.5]
        sites, best = with_open(rules, picked), solution.objective
    if solution.finished and clock.options.gap <= 0:
        return sites, best, True
    inner = goal if solution.infeasible else solution.bound
    return sites, max(floor, min(inner, goal)) if np.isfinite(inner) else floor, solution.finished


def _branch(
    data: MedianData,
    cost: sparse.csr_array,
    rules: SiteRules,
    clock: Clock,
    *,
    sites: Sites,
    value: float,
    floor: float,
) -> tuple[Sites, float, bool]:
    """Close what is left by branch and bound on the Lagrangian bound."""
    allowed = _allowed(data, cost, rules, must_reach=not _complete(cost))
    gap = clock.options.gap
    outcome = search(
        data,
        median_dual(data, rules.to_add, _goal(data, value, gap), clock).multipliers,
        rules.to_add,
        value,
        goal_of=lambda best: _goal(data, best, gap),
        allowed=lambda chosen: allowed(np.searchsorted(data.sites, chosen)),
        clock=clock,
    )
    if outcome.sites is not None:
        sites = with_open(rules, outcome.sites)
    if not outcome.complete:
        return sites, floor, False
    return sites, outcome.value if gap <= 0 else _goal(data, outcome.value, gap), True


def _add_assignment(model: Model, data: MedianData, y: int) -> None:
    """Add one column per row and cost level: sites equally far need not be distinguished (radius formulation)."""
    order = np.lexsort((data.column, data.value, data.row))
    row, column, value = data.row[order], data.column[order], data.value[order]
    new = np.ones(row.size, dtype=bool)
    new[1:] = (row[1:] != row[:-1]) | (value[1:] != value[:-1])
    level = np.cumsum(new) - 1
    level_row, level_value = row[new], value[new]
    x = model.columns(level_row.size, cost=level_value)
    fallback = np.flatnonzero(data.first < data.penalty)
    rest = model.columns(fallback.size, cost=data.first[fallback])
    place = np.arange(level_row.size)
    model.rows(
        data.n_rows,
        (level_row, x + place, 1.0),
        (fallback, np.arange(rest, rest + fallback.size), 1.0),
        lower=1.0,
        upper=1.0,
    )
    model.rows(level_row.size, (level, y + column, 1.0), (place, x + place, -1.0), lower=0.0)


def _add_reach(model: Model, cost: sparse.csr_array, is_open: npt.NDArray[np.bool_], columns: I64, y: int) -> None:
    """Ask that rows left out of the assignment (weight 0) are reached too."""
    local = np.full(cost.shape[1], -1, dtype=np.int64)
    local[columns] = np.arange(columns.size)
    row = np.repeat(np.arange(cost.shape[0]), np.diff(cost.indptr))
    done = np.zeros(cost.shape[0], dtype=bool)
    done[row[is_open[cost.indices]]] = True
    left = np.flatnonzero(~done)
    place = np.full(cost.shape[0], -1, dtype=np.int64)
    place[left] = np.arange(left.size)
    keep = (local[cost.indices] >= 0) & ~done[row]
    model.rows(left.size, (place[row[keep]], y + local[cost.indices[keep]], 1.0), lower=1.0)


def filled(cost: sparse.csr_array, sites: Sites, rules: SiteRules) -> Sites:
    """Add sites up to p, each time the one that lowers the sum of costs most."""
    missing = int(rules.p or 0) - len(sites)
    if missing <= 0:
        return sites
    already = np.asarray(sites, dtype=np.int64)
    is_open = np.zeros(rules.n_sites, dtype=bool)
    is_open[already] = True
    free = np.flatnonzero(~is_open & ~rules.is_closed)
    data = median_data(cost, np.ones(cost.shape[0]), already, free)
    return tuple(sorted([*sites, *free[median_greedy(data, missing)].tolist()]))
