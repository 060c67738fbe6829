"""Several services sharing buildings, such as combined sites for the old and the young (一老一小)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from circles.foundation.errors import InputError, error
from circles.foundation.types import F64
from circles.siting.models.constraints import Constraints, SiteRules, site_rules
from circles.siting.models.highs import Clock, Model
from circles.siting.models.infeasible import add_rules, blame, feasible_sites, refuse_unsolved
from circles.siting.models.problem import (
    Answer,
    Options,
    SolveStatus,
    checked,
    checked_vector,
    nearest_open,
    verdict,
    weighted_sum,
)
from circles.siting.models.reduce import cover_data, within
from circles.siting.models.swap import CoverData

__all__ = ["CombinedAnswer", "Service", "combined_cover"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Service:
    """One service that buildings may host.

    Attributes
    ----------
    name
        Such as ``meals``.
    cost, limit, weights
        As in :func:`circles.siting.max_cover`; all services share the columns (buildings), not the rows.
    places
        In how many buildings it works, at most; None = in any number of the open ones.
    compulsory, unsuitable
        Buildings that host it in any case, or never.
    opening_cost
        Per building, paid on top of the building's own; counts against ``Constraints.budget``.
    importance
        Factor on its weights in the joint objective.
    """

    name: str
    cost: Any
    limit: float
    weights: Any = None
    places: int | None = None
    compulsory: Sequence[int] = ()
    unsuitable: Sequence[int] = ()
    opening_cost: Any = None
    importance: float = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class CombinedAnswer:
    """The open buildings, and per service where it works and whom it covers (``services[name]``)."""

    sites: tuple[int, ...]
    services: dict[str, Answer]
    objective: float
    status: SolveStatus
    bound: float
    gap: float
    seconds: float


def combined_cover(
    services: Sequence[Service],
    p: int | None,
    fixed: Sequence[int] = (),
    *,
    together: bool = False,
    per_building: int | None = None,
    constraints: Constraints | None = None,
    options: Options | None = None,
) -> CombinedAnswer:
    """Open p buildings and put services into them so that the most weight, summed over services, is covered.

    Parameters
    ----------
    services : per service its cost matrix, weights and limit
    p : number of open buildings; None leaves it to the budget
    fixed, constraints, options : as for :func:`circles.siting.max_cover`
    together
        Every open building hosts every service.
    per_building
        At most so many services in one building.

    Raises
    ------
    InputError, Infeasible
        As :func:`circles.siting.max_cover`.
    """
    options = options or Options()
    clock = Clock(options)
    if not services:
        raise InputError(error("siting-empty", shape=(0,)))
    inputs = [checked(s.cost, p=p, weights=s.weights, fixed=fixed, limit=s.limit) for s in services]
    n_sites = inputs[0][0].shape[1]
    wrong = [
        error("siting-services", name=s.name, found=i[0].shape[1], expected=n_sites)
        for s, i in zip(services, inputs, strict=True)
        if i[0].shape[1] != n_sites
    ]
    if wrong:
        raise InputError(wrong)
    needed = sorted({*inputs[0][2], *(int(site) for s in services for site in s.compulsory)})
    rules = site_rules(n_sites, p, needed, constraints)
    everything = np.arange(n_sites)
    datas = [
        cover_data(within(m, s.limit), w, np.empty(0, np.int64), everything)
        for s, (m, w, _) in zip(services, inputs, strict=True)
    ]
    model, first = _model(services, datas, rules, together=together, per_building=per_building)
    solution = model.solve(clock)
    if solution.values is None:
        if not solution.infeasible:
            refuse_unsolved(clock)
        raise _blame(services, datas, rules, clock, together=together, per_building=per_building)
    answers = {}
    for service, (matrix, weights, _), v in zip(services, inputs, first, strict=True):
        hosts = tuple(int(site) for site in np.flatnonzero(solution.values[v : v + n_sites] > 0.5))
        assignment, _ = nearest_open(matrix, hosts, service.limit)
        covered = weighted_sum(weights, (assignment >= 0).astype(np.float64))
        answers[service.name] = Answer(
            model="combined_cover",
            sites=hosts,
            objective=covered,
            status="optimal" if solution.finished else "time_limit",
            bound=covered,
            gap=0.0,
            seconds=0.0,
            assignment=assignment,
        )
    objective = sum(service.importance * answers[service.name].objective for service in services)
    status, bound, gap = verdict(objective, max(-solution.bound, objective), finished=solution.finished)
    answers = {name: replace(a, status=status, bound=bound, gap=gap) for name, a in answers.items()}
    sites = tuple(int(site) for site in np.flatnonzero(solution.values[:n_sites] > 0.5))
    return CombinedAnswer(
        sites=sites,
        services=answers,
        objective=objective,
        status=status,
        bound=bound,
        gap=gap,
        seconds=clock.spent(),
    )


def _model(
    services: Sequence[Service],
    datas: Sequence[CoverData],
    rules: SiteRules,
    *,
    together: bool,
    per_building: int | None,
) -> tuple[Model, list[int]]:
    """Return the model and per service the index of its first column (one per building)."""
    n_sites = rules.n_sites
    sites = np.arange(n_sites)
    is_budget = np.array([name == "budget" for name in rules.names], dtype=bool)
    others = _kept(rules, ~is_budget)
    model = Model()
    y = add_rules(model, others, sites)
    first = []
    for service, data in zip(services, datas, strict=True):
        lower, upper = np.zeros(n_sites), np.ones(n_sites)
        lower[list(service.compulsory)] = 1.0
        upper[list(service.unsuitable)] = 0.0
        v = model.columns(n_sites, lower=lower, upper=upper, integer=True)
        first.append(v)
        link = ((sites, v + sites, 1.0), (sites, y + sites, -1.0))
        model.rows(n_sites, *link, lower=0.0 if together else -np.inf, upper=0.0)
        if service.places is not None:
            model.rows(1, (0, v + sites, 1.0), upper=service.places)
        rows = np.arange(data.weights.size)
        z = model.columns(rows.size, cost=-service.importance * data.weights)
        model.rows(rows.size, (data.row, v + data.column, 1.0), (rows, z + rows, -1.0), lower=0.0)
    if per_building is not None:
        model.rows(n_sites, *((sites, v + sites, 1.0) for v in first), upper=per_building)
    if is_budget.any():
        prices = [(0, v + sites, _price(s, n_sites)) for s, v in zip(services, first, strict=True)]
        own = rules.rows[np.flatnonzero(is_budget)].toarray().ravel()
        model.rows(1, (0, y + sites, own), *prices, upper=rules.upper[is_budget])
    return model, first


def _price(service: Service, n_sites: int) -> F64:
    """Return what the service costs per building; where it is compulsory it is there already."""
    if service.opening_cost is None:
        return np.zeros(n_sites)
    price = checked_vector(service.opening_cost, n_sites, "opening_cost").copy()
    price[list(service.compulsory)] = 0.0
    return price


def _kept(rules: SiteRules, keep: npt.NDArray[np.bool_]) -> SiteRules:
    if rules.plain:
        return rules
    names = tuple(name for name, stays in zip(rules.names, keep, strict=True) if stays)
    return replace(rules, rows=rules.rows[keep], lower=rules.lower[keep], upper=rules.upper[keep], names=names)


def _blame(
    services: Sequence[Service],
    datas: Sequence[CoverData],
    rules: SiteRules,
    clock: Clock,
    *,
    together: bool,
    per_building: int | None,
) -> Exception:
    def feasible(less: SiteRules, services_count: bool) -> bool:  # noqa: FBT001 - a callback of two questions
        if not services_count:
            return feasible_sites(less, None, clock) is not None
        model, _ = _model(services, datas, less, together=together, per_building=per_building)
        return not model.solve(clock, first_point=True).infeasible

    return blame(rules, None, clock, covering="services", feasible=feasible)
