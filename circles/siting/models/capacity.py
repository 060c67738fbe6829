"""Capacitated maximal covering and p-median: no site serves more than it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from scipy import sparse

from circles.foundation.types import F64, I64
from circles.siting.models.constraints import Constraints, SiteRules, site_rules
from circles.siting.models.flows import Flows, flow_model, served_by, worth_of
from circles.siting.models.highs import Clock, Solution
from circles.siting.models.infeasible import blame, feasible_sites, refuse_unreached, refuse_unsolved
from circles.siting.models.narrow import Narrowed, narrowed
from circles.siting.models.problem import LIMIT_TOLERANCE, Answer, Options, checked, checked_vector, verdict

__all__ = ["capacitated_max_cover", "capacitated_p_median"]


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
    cost, p, limit, weights, fixed, constraints, options : as for :func:`circles.siting.max_cover`
    capacity
        Per site, in the unit of ``weights`` (places for people).
    single_source
        A row is served by one site or by none; else its people may go to several (and whole people do, where
        weights and capacities are whole numbers).

    ``Answer.served`` says who is served where.

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

    Parameters
    ----------
    cost, p, weights, fixed, constraints, options : as for :func:`circles.siting.p_median`
    capacity, single_source : as for :func:`capacitated_max_cover`

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
    weights: F64,
    rules: SiteRules,
    *,
    capacity: Any,
    limit: float,
    single_source: bool,
) -> Flows:
    places = checked_vector(capacity, matrix.shape[1], "capacity")
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    site = matrix.indices.astype(np.int64)
    keep = (matrix.data <= limit + LIMIT_TOLERANCE) & (weights[row] > 0) & ~rules.is_closed[site] & (places[site] > 0)
    if single_source:
        keep &= weights[row] <= places[site]
    return Flows(goal, row[keep], site[keep], matrix.data[keep], weights, places, single_source)


def _answer(name: str, flows: Flows, rules: SiteRules, reach: sparse.csr_array | None, clock: Clock) -> Answer:
    known = narrowed(flows, rules, clock)
    part = flows.only(~known.rules.is_closed)
    solution = flow_model(part, known.rules).solve(clock)
    if solution.values is None and known.sites is None:
        if not solution.infeasible:
            refuse_unsolved(clock)
        raise _blame(flows, rules, reach, clock)
    sites, amount = _best(flows, part, known, solution)
    served = sparse.csr_array((amount, (flows.row, flows.site)), shape=(flows.weights.size, rules.n_sites))
    served.eliminate_zeros()
    objective = worth_of(flows, amount)
    sign = 1.0 if flows.goal == "median" else -1.0
    inner = known.goal if solution.infeasible else max(solution.bound, known.bound)
    lowest = min(max(inner, known.bound), known.goal, sign * objective)
    if solution.finished and clock.options.gap <= 0:
        lowest = sign * objective
    status, bound, gap = verdict(objective, sign * lowest, finished=solution.finished)
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


def _best(flows: Flows, part: Flows, known: Narrowed, solution: Solution) -> tuple[I64, F64]:
    """Return the better of the solver's answer and the one known before, with who is served where."""
    n_sites = flows.capacity.size
    sign = 1.0 if flows.goal == "median" else -1.0
    if solution.values is not None and (known.sites is None or solution.objective < known.value):
        sites = np.flatnonzero(solution.values[:n_sites] > 0.5)
        if flows.single_source:
            taken = solution.values[n_sites:] > 0.5
            return sites, np.where(taken, part.weights[part.row], 0.0)
        amount = served_by(flows, sites)
        if amount is not None and (known.sites is None or sign * worth_of(flows, amount) <= known.value):
            return sites, amount
    sites = known.sites if known.sites is not None else np.empty(0, dtype=np.int64)
    amount = served_by(flows, sites)
    return sites, np.zeros(flows.row.size) if amount is None else amount


def _largest(served: sparse.csr_array) -> I64:
    """Return per row the site that serves most of it (least index when tied), -1 where none does."""
    entries = served.tocoo()
    row, site = entries.coords
    who = np.full(served.shape[0], -1, dtype=np.int64)
    order = np.lexsort((-site, entries.data, row))
    who[row[order]] = site[order]
    return who


def _blame(flows: Flows, rules: SiteRules, reach: sparse.csr_array | None, clock: Clock) -> Exception:
    def feasible(less: SiteRules, capacity_counts: bool) -> bool:  # noqa: FBT001 - a callback of two questions
        if not capacity_counts:
            return feasible_sites(less, reach, clock) is not None
        return not flow_model(flows, less, priced=False).solve(clock, first_point=True).infeasible

    covering = None if flows.goal == "cover" else "capacity"
    return blame(rules, reach, clock, covering=covering, feasible=feasible if covering else None)
