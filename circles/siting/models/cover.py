"""Maximal covering (MCLP, Church & ReVelle 1974) and set covering (LSCP, Toregas et al. 1971)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from circles.foundation.types import F64, I64
from circles.siting.models.constraints import Constraints, SiteRules, site_rules
from circles.siting.models.highs import Clock, Model
from circles.siting.models.infeasible import add_rules, blame, feasible_sites, refuse_unreached, refuse_unsolved
from circles.siting.models.lagrange import Dual, cover_dual, undecided
from circles.siting.models.meeting import Heuristics, flipped, meet, with_open
from circles.siting.models.problem import Answer, Options, checked, nearest_open, scale_of, verdict, weighted_sum
from circles.siting.models.reduce import cover_data, drop_dominated_rows, drop_dominated_sites, within
from circles.siting.models.swap import Allowed, CoverData, anything, cover_greedy, cover_swap

__all__ = ["cover_all", "max_cover"]

Sites = tuple[int, ...]

ROUNDS = 5
"""How often sites are fixed and the bound tightened in turn."""
STARTS = 20
"""Random starting points of the interchange heuristic."""


def max_cover(
    cost: Any,
    p: int | None,
    limit: float,
    weights: Any = None,
    fixed: Sequence[int] = (),
    *,
    constraints: Constraints | None = None,
    options: Options | None = None,
) -> Answer:
    """Open p sites so that the most weight is within ``limit`` of an open one.

    Parameters
    ----------
    cost
        (n_demand, n_sites) numpy array, inf = not reachable, or scipy.sparse, unstored = not reachable.
    p
        Total number open, ``fixed`` included, exactly; None leaves the number to the budget in ``constraints``.
    limit
        In the unit of ``cost``; inclusive (+ 1e-6).
    weights
        Per demand row, >= 0; ones if None.
    fixed
        Columns that are open.
    constraints, options
        See :class:`Constraints` and :class:`Options`.

    Returns
    -------
    Answer
        ``objective`` is the weight covered; rows out of everyone's reach stay uncovered (assignment -1).

    Raises
    ------
    InputError
        Bad input, every finding at once.
    Infeasible
        No set of sites keeps the constraints; says which one makes it so.
    """
    options = options or Options()
    clock = Clock(options)
    matrix, vector, columns = checked(cost, p=p, weights=weights, fixed=fixed, limit=limit)
    rules = site_rules(matrix.shape[1], p, columns, constraints)
    reach = within(matrix, limit)
    scale = scale_of(vector)
    sites, bound, finished = best_cover(reach, vector * scale, rules, clock)
    assignment, _ = nearest_open(matrix, sites, limit)
    objective = weighted_sum(vector, (assignment >= 0).astype(np.float64))
    status, bound, gap = verdict(objective, max(bound / scale, objective), finished=finished)
    return Answer(
        model="max_cover",
        sites=sites,
        objective=objective,
        status=status,
        bound=bound,
        gap=gap,
        seconds=clock.spent(),
        assignment=assignment,
    )


def best_cover(
    reach: sparse.csr_array,
    weights: F64,
    rules: SiteRules,
    clock: Clock,
    *,
    start: Sequence[Sites] = (),
) -> tuple[Sites, float, bool]:
    """Solve the maximal covering problem under constraints.

    Parameters
    ----------
    reach : (n_demand, n_sites) sparse, stored where a site is within the limit of a row
    weights : (n_demand,) >= 0
    rules : constraints on the sites
    clock : time limit and solver options
    start : answers known beforehand that the heuristics may begin from

    Returns
    -------
    sites, bound, finished : the sites, an upper bound of the covered weight, and whether optimality is proved

    Raises
    ------
    Infeasible
        No set of sites keeps the constraints.
    """
    free, already = rules.free, np.flatnonzero(rules.is_open)
    data = cover_data(reach, weights, already, free)
    if rules.p is None:
        return _search(data, rules, clock, chosen=np.empty(0, dtype=np.int64), dual=None)
    count = rules.to_add
    if not 0 <= count <= free.size:
        raise blame(rules, None, clock)
    if count == 0:
        if not rules.allows(already):
            raise blame(rules, None, clock)
        return tuple(already.tolist()), data.base, True
    allowed = _allowed(data, rules)
    chosen = _first(data, count, rules, allowed, clock)
    for known in start:
        local = np.searchsorted(data.sites, [site for site in known if not rules.is_open[site]])
        if allowed(local):
            trial = cover_swap(data, local, allowed)
            chosen = trial if data.value(trial) > data.value(chosen) + _slack(data) else chosen
    chosen, dual = _close_in(data, count, chosen, allowed, clock)
    goal = _goal(data, data.value(chosen), clock.options.gap)
    if dual.bound < goal:
        return with_open(rules, data.sites[chosen]), _ceiling(data, data.value(chosen), goal), True
    return _search(data, rules, clock, chosen=chosen, dual=dual)


def _goal(data: CoverData, value: float, gap: float) -> float:
    """Return what a better answer would have to reach."""
    whole = bool((data.weights == np.rint(data.weights)).all())
    step = 1.0 - 1e-6 if whole else 1e-9 * max(1.0, abs(value))
    return value + max(step, gap * abs(value))


def _ceiling(data: CoverData, value: float, goal: float) -> float:
    """Return what is proved once nothing reaches ``goal``: that the value is best, or how much better any could be."""
    return value if _goal(data, value, 0.0) >= goal else goal


def _allowed(data: CoverData, rules: SiteRules) -> Allowed:
    if rules.plain:
        return anything

    def allowed(chosen: I64) -> bool:
        mask = rules.is_open.copy()
        mask[data.sites[chosen]] = True
        return rules.keeps_rows(mask)

    return allowed


def _first(data: CoverData, count: int, rules: SiteRules, allowed: Allowed, clock: Clock) -> I64:
    chosen = cover_greedy(data, count)
    if not allowed(chosen):
        worth = np.zeros(rules.n_sites)
        worth[data.sites] = data.by_site @ data.weights
        sites = feasible_sites(rules, None, clock, worth=worth)
        if sites is None:
            raise blame(rules, None, clock)
        known = sites or refuse_unsolved(clock)
        chosen = np.searchsorted(data.sites, [site for site in known if not rules.is_open[site]])
    return cover_swap(data, chosen, allowed)


def _slack(data: CoverData) -> float:
    """Return how much more weight must be covered to count as more."""
    return 1e-9 * max(1.0, data.base)


def _close_in(data: CoverData, count: int, chosen: I64, allowed: Allowed, clock: Clock) -> tuple[I64, Dual]:
    """Tighten from both sides until they meet or the starting points are used up."""
    gap = clock.options.gap
    model = Heuristics(
        value=lambda sites: -data.value(sites),
        goal=lambda cost: -_goal(data, -cost, gap),
        swap=lambda sites: cover_swap(data, sites, allowed),
        dual=lambda goal, start: flipped(cover_dual(data, count, -goal, clock, start=start)),
        allowed=allowed,
        starts=STARTS,
        slack=_slack(data),
    )
    chosen, dual = meet(model, chosen, count, clock)
    return chosen, flipped(dual)


def _shrink(
    data: CoverData, rules: SiteRules, dual: Dual, value: float, clock: Clock
) -> tuple[CoverData, SiteRules, float]:
    """Fix sites and tighten the bound on what is left, in turn; return the rest, its rules and the bound."""
    goal = _goal(data, value, clock.options.gap)
    ceiling = dual.bound
    for _ in range(ROUNDS):
        before = data.sites.size
        keep, must = undecided(rules.to_add, flipped(dual), -goal)
        is_open = rules.is_open.copy()
        is_open[data.sites[must]] = True
        rules = replace(rules, is_open=is_open)
        rest = np.setdiff1d(keep, must)
        base_data, sites = cover_data(data.by_row, data.weights, must, rest, base=data.base), data.sites[rest]
        data = replace(base_data, sites=sites)
        if not 0 < rules.to_add < data.sites.size or data.sites.size > 0.9 * before:
            break
        dual = cover_dual(data, rules.to_add, goal, clock)
        ceiling = min(ceiling, max(dual.bound, goal))
        if dual.bound < goal:
            break
    return data, rules, ceiling


def _search(
    data: CoverData, rules: SiteRules, clock: Clock, *, chosen: I64, dual: Dual | None
) -> tuple[Sites, float, bool]:
    """Close what is left by branch and bound on the columns that can still matter."""
    value = data.value(chosen) if dual is not None else -np.inf
    goal = _goal(data, max(value, 0.0), clock.options.gap)
    sites, best = with_open(rules, data.sites[chosen]), value
    ceiling = data.base + float(data.weights.sum())
    if dual is not None:
        data, rules, ceiling = _shrink(data, rules, dual, value, clock)
        if ceiling <= goal:
            return sites, value if clock.options.gap <= 0 else goal, True
    model = Model()
    y = add_rules(model, rules, data.sites)
    size = data.weights.size
    z = model.columns(size, cost=-data.weights)
    covered = (np.arange(size), np.arange(z, z + size), -1.0)
    model.rows(size, (data.row, data.column + y, 1.0), covered, lower=0.0)
    solution = model.solve(clock, reduced=dual is not None)
    if solution.values is not None:
        picked = data.sites[solution.values[y : y + data.sites.size] > 0.5]
        reached = data.base - solution.objective
        if reached > value:
            sites, best = with_open(rules, picked), reached
    elif solution.infeasible and dual is None:
        raise blame(rules, None, clock)
    elif dual is None:
        refuse_unsolved(clock)
    if solution.finished and clock.options.gap <= 0:
        return sites, best, True
    if solution.infeasible:
        return sites, goal, True
    inner = data.base - solution.bound if np.isfinite(solution.bound) else np.inf
    return sites, min(ceiling, max(inner, goal if dual is not None else best)), solution.finished


def cover_all(
    cost: Any,
    limit: float,
    fixed: Sequence[int] = (),
    *,
    constraints: Constraints | None = None,
    options: Options | None = None,
    site_costs: Any = None,
) -> Answer:
    """Open the fewest sites (or the cheapest, with ``site_costs``) so that every row is within ``limit`` of one.

    Parameters
    ----------
    cost : (n_demand, n_sites), as for `max_cover`
    limit : in the unit of ``cost``; inclusive (+ 1e-6)
    fixed : columns that are open; they count
    constraints, options : as for `max_cover`
    site_costs : (n_sites,) >= 0; ``objective`` is then the cost of the open sites, else their number

    Raises
    ------
    InputError
        Bad input, every finding at once.
    Infeasible
        Rows that no site reaches (in ``rows``), or constraints that cannot be kept together.
    """
    options = options or Options()
    clock = Clock(options)
    matrix, _, columns = checked(cost, fixed=fixed, limit=limit)
    prices = checked(np.zeros((matrix.shape[1], 1)), weights=site_costs)[1]
    rules = site_rules(matrix.shape[1], None, columns, constraints, any_number=True)
    reach = within(matrix, limit)
    refuse_unreached(reach, closed=rules.is_closed, limit=limit)
    found = cheapest_cover(reach, prices, rules, clock)
    if found is None:
        raise blame(rules, reach, clock)
    sites, bound, finished = found
    objective = weighted_sum(prices[list(sites)], np.ones(len(sites)))
    if (prices == np.rint(prices)).all():
        bound = float(np.ceil(bound - 1e-6))
    status, bound, gap = verdict(objective, min(bound, objective), finished=finished)
    assignment, _ = nearest_open(matrix, sites, limit)
    return Answer(
        model="cover_all",
        sites=sites,
        objective=objective,
        status=status,
        bound=bound,
        gap=gap,
        seconds=clock.spent(),
        assignment=assignment,
    )


def cheapest_cover(
    reach: sparse.csr_array,
    prices: F64,
    rules: SiteRules,
    clock: Clock,
    *,
    any_point: bool = False,
) -> tuple[Sites, float, bool] | None:
    """Solve the set covering problem under constraints.

    Parameters
    ----------
    reach : (n_demand, n_sites) sparse, stored where a site is within the limit of a row
    prices : (n_sites,) >= 0
    rules : constraints on the sites; without side constraints its p means "at most p"
    clock : time limit and solver options
    any_point : whether to stop at the first cover found

    Returns
    -------
    sites, bound, finished
        The sites (none where the time ran out before any was found), a lower bound of their price, and whether
        optimality is proved. None where proved infeasible.
    """
    rows = np.flatnonzero(np.asarray(reach[:, np.flatnonzero(rules.is_open)].sum(axis=1)).ravel() == 0)
    left = drop_dominated_rows(reach[rows][:, rules.free])
    kept = np.arange(rules.free.size)
    if rules.plain:
        kept = drop_dominated_sites(left, prices[rules.free])
        left = drop_dominated_rows(left[:, kept])
    columns = rules.free[kept]
    base = float(prices[rules.is_open].sum())
    model = Model()
    y = add_rules(model, rules, columns, at_most=rules.plain, cost=prices[columns])
    if left.shape[0]:
        entry = np.repeat(np.arange(left.shape[0]), np.diff(left.indptr))
        model.rows(left.shape[0], (entry, left.indices + y, 1.0), lower=1.0)
    solution = model.solve(clock, first_point=any_point)
    if solution.values is None:
        return None if solution.infeasible else ((), base, False)
    picked = columns[solution.values[y : y + columns.size] > 0.5]
    sites = with_open(rules, picked)
    return sites, base + max(solution.bound, 0.0), solution.finished
