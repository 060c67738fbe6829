"""Capacitated maximal covering and p-median: no site serves more than it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.siting.constraints import Constraints, SiteRules, site_rules
from circles.siting.highs import Clock, Model, Solution
from circles.siting.infeasible import add_rules, blame, feasible_sites, refuse_unreached, refuse_unsolved
from circles.siting.problem import LIMIT_TOLERANCE, Answer, Options, checked, checked_vector, verdict, weighted_sum

__all__ = ["capacitated_max_cover", "capacitated_p_median"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STRONG_ENTRIES = 300_000
"""Up to so many entries the model also says entry by entry that a closed site serves nobody: a much better bound."""
NEARNESS = 1e-6
"""Among answers that serve equally many, the nearer one: far too small to change how many are served."""


@dataclass(frozen=True, eq=False)
class _Flows:
    """Who may be served where: one entry per demand row and site, with its cost, the rows' weights, the capacities."""

    goal: Literal["cover", "median"]
    row: Ints
    site: Ints
    cost: Floats
    weights: Floats
    capacity: Floats
    single_source: bool


def capacitated_max_cover(
    cost: Any,
    p: int | None,
    limit: float,
    capacity: Any,
    weights: Any = None,
    *,
    fixed: Sequence[int] = (),
    single_source: bool = False,
    constraints: Constraints | None = None,
    options: Options | None = None,
) -> Answer:
    """Open p sites so that the most weight is served within ``limit``, no site beyond its ``capacity``.

    Parameters
    ----------
    capacity
        Per site, in the unit of ``weights`` (places for people).
    single_source
        A row is served whole by one site or not at all; else its people may go to several (and whole people do, where
        weights and capacities are whole numbers).

    Other parameters are those of :func:`circles.siting.max_cover`. ``Answer.served`` tells who is served where.

    Raises
    ------
    InputError, Infeasible
        As :func:`circles.siting.max_cover`.
    """
    options = options or Options()
    clock = Clock(options)
    matrix, vector, columns = checked(cost, p=p, weights=weights, fixed=fixed, limit=limit)
    rules = site_rules(matrix.shape[1], p, columns, constraints)
    flows = _flows("cover", matrix, vector, rules, capacity=capacity, limit=limit, single_source=single_source)
    return _answer("capacitated_max_cover", flows, rules, None, clock)


def capacitated_p_median(
    cost: Any,
    p: int | None,
    capacity: Any,
    weights: Any = None,
    *,
    fixed: Sequence[int] = (),
    single_source: bool = False,
    constraints: Constraints | None = None,
    options: Options | None = None,
) -> Answer:
    """Open p sites and serve everyone at the least total weighted cost, no site beyond its ``capacity``.

    Parameters are those of :func:`circles.siting.p_median` and :func:`capacitated_max_cover`.

    Raises
    ------
    InputError
        Bad input, every finding at once.
    Infeasible
        Rows that no site reaches, too little capacity, or constraints that conflict; says which.
    """
    options = options or Options()
    clock = Clock(options)
    matrix, vector, columns = checked(cost, p=p, weights=weights, fixed=fixed)
    rules = site_rules(matrix.shape[1], p, columns, constraints)
    refuse_unreached(matrix, closed=rules.is_closed)
    flows = _flows("median", matrix, vector, rules, capacity=capacity, limit=np.inf, single_source=single_source)
    return _answer("capacitated_p_median", flows, rules, matrix, clock)


def _flows(
    goal: Literal["cover", "median"],
    matrix: sparse.csr_array,
    weights: Floats,
    rules: SiteRules,
    *,
    capacity: Any,
    limit: float,
    single_source: bool,
) -> _Flows:
    places = checked_vector(capacity, matrix.shape[1], "capacity")
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    site = matrix.indices.astype(np.int64)
    keep = (matrix.data <= limit + LIMIT_TOLERANCE) & (weights[row] > 0) & ~rules.is_closed[site] & (places[site] > 0)
    if single_source:
        keep &= weights[row] <= places[site]
    return _Flows(goal, row[keep], site[keep], matrix.data[keep], weights, places, single_source)


def _model(flows: _Flows, rules: SiteRules, *, priced: bool = True) -> Model:
    """Return the model: sites first, then one column per entry (the part of the row's weight served there)."""
    model = Model()
    y = add_rules(model, rules, np.arange(rules.n_sites))
    size = flows.row.size
    unit = flows.weights[flows.row]
    price = unit * flows.cost if flows.goal == "median" else -unit
    x = model.columns(size, cost=price if priced else 0.0, integer=flows.single_source)
    entry = np.arange(size)
    needed = flows.weights > 0
    least = needed.astype(np.float64) if flows.goal == "median" else 0.0
    model.rows(flows.weights.size, (flows.row, x + entry, 1.0), lower=least, upper=1.0)
    places = np.minimum(flows.capacity, float(flows.weights.sum()))
    sites = np.arange(rules.n_sites)
    model.rows(rules.n_sites, (flows.site, x + entry, unit), (sites, y + sites, -places), upper=0.0)
    if size <= STRONG_ENTRIES:
        part = np.minimum(1.0, flows.capacity[flows.site] / unit)
        model.rows(size, (entry, x + entry, 1.0), (entry, y + flows.site, -part), upper=0.0)
    return model


def _answer(name: str, flows: _Flows, rules: SiteRules, reach: sparse.csr_array | None, clock: Clock) -> Answer:
    solution = _model(flows, rules).solve(clock)
    if solution.values is None:
        if not solution.infeasible:
            refuse_unsolved(clock)
        raise _blame(flows, rules, reach, clock)
    sites = np.flatnonzero(solution.values[: rules.n_sites] > 0.5)
    amount = _served(flows, rules, sites, solution)
    n_demand = flows.weights.size
    served = sparse.csr_array((amount, (flows.row, flows.site)), shape=(n_demand, rules.n_sites))
    served.eliminate_zeros()
    if flows.goal == "cover":
        objective, bound = weighted_sum(amount, np.ones(amount.size)), -solution.bound
        bound = max(bound, objective)
    else:
        objective = weighted_sum(amount, flows.cost)
        bound = min(solution.bound, objective)
    status, bound, gap = verdict(objective, bound, finished=solution.finished)
    return Answer(
        model=name,
        sites=tuple(int(site) for site in sites),
        objective=objective,
        status=status,
        bound=bound,
        gap=gap,
        seconds=clock.spent(),
        assignment=_largest(served),
        served=served,
    )


def _served(flows: _Flows, rules: SiteRules, sites: Ints, solution: Solution) -> Floats:
    """Return per entry the weight served, for the open ``sites``: whole rows, or a transport problem solved anew.

    A vertex of the transport problem is whole where weights and capacities are; rounding takes the solver's dust away.
    """
    unit = flows.weights[flows.row]
    if flows.single_source:
        chosen = solution.values if solution.values is not None else np.empty(0)
        return np.where(chosen[rules.n_sites :] > 0.5, unit, 0.0)
    is_open = np.zeros(rules.n_sites, dtype=bool)
    is_open[sites] = True
    used = np.flatnonzero(is_open[flows.site])
    entry = np.arange(used.size)
    model = Model()
    dearest = max(float(flows.cost.max(initial=0.0)), 1e-9)
    price = flows.cost[used] if flows.goal == "median" else NEARNESS * flows.cost[used] / dearest - 1.0
    model.columns(used.size, cost=price, upper=np.minimum(unit[used], flows.capacity[flows.site[used]]))
    least = flows.weights if flows.goal == "median" else 0.0
    model.rows(flows.weights.size, (flows.row[used], entry, 1.0), lower=least, upper=flows.weights)
    places = np.minimum(flows.capacity, float(flows.weights.sum()))
    model.rows(rules.n_sites, (flows.site[used], entry, 1.0), upper=places)
    amount = np.zeros(flows.row.size)
    if used.size == 0:
        return amount
    values = model.solve(Clock(Options(time_limit_s=None))).values
    if values is not None:
        amount[used] = np.maximum(values, 0.0)
    whole = np.rint(amount)
    if np.abs(amount - whole).max() < 1e-6 and _is_whole(flows.weights) and _is_whole(flows.capacity):
        return whole
    amount[amount < 1e-9] = 0.0
    for index, most in ((flows.row, flows.weights), (flows.site, flows.capacity)):
        total = np.bincount(index, weights=amount, minlength=most.size)
        share = np.divide(most, total, out=np.ones_like(total), where=total > most)
        amount *= share[index]
    return amount


def _is_whole(values: Floats) -> bool:
    return bool((values == np.rint(values)).all())


def _largest(served: sparse.csr_array) -> Ints:
    """Return per row the site that serves most of it (least index when tied), -1 where none does."""
    entries = served.tocoo()
    row, site = entries.coords
    who = np.full(served.shape[0], -1, dtype=np.int64)
    order = np.lexsort((-site, entries.data, row))
    who[row[order]] = site[order]
    return who


def _blame(flows: _Flows, rules: SiteRules, reach: sparse.csr_array | None, clock: Clock) -> Exception:
    def feasible(less: SiteRules, capacity_counts: bool) -> bool:  # noqa: FBT001 - a callback of two questions
        if not capacity_counts:
            return feasible_sites(less, reach, clock) is not None
        return not _model(flows, less, priced=False).solve(clock, first_point=True).infeasible

    covering = None if flows.goal == "cover" else "capacity"
    return blame(rules, reach, clock, covering=covering, feasible=feasible if covering else None)
