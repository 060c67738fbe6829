"""A problem → its best answer, the best for every smaller number, and other answers nearly as good."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.foundation import words
from circles.foundation.errors import Infeasible, error
from circles.siting import models
from circles.siting.models import Constraints, Options
from circles.siting.study.polish import nearer
from circles.siting.study.problem import Problem
from circles.siting.study.wish import Objective

__all__ = ["Outcome", "Solved", "Stopwatch", "explained", "solve", "solve_all"]

MORE = 2
"""How many facilities beyond those asked for the gain curve shows."""
_LEAST_S = 0.2


@dataclass(frozen=True, eq=False)
class Outcome:
    """An answer in columns of the problem.

    Attributes
    ----------
    sites : open columns, existing ones that stay included
    objective : people covered or served, new facilities (or their cost), seconds times people, or seconds: see
        `Objective`
    status, bound, gap, seconds : see `siting.Answer`
    served : (residents, columns) people served where, with capacities; else None
    """

    sites: tuple[int, ...]
    objective: float
    status: str
    bound: float
    gap: float
    seconds: float
    served: sparse.csr_array | None = None


@dataclass(frozen=True, eq=False)
class Solved:
    """All that was solved: the best answer, ``(number, answer)`` of the curve, and the alternatives, best first."""

    best: Outcome
    curve: tuple[tuple[int, Outcome | None], ...]
    alternatives: tuple[Outcome, ...]
    is_complete: bool


class Stopwatch:
    """The seconds left of a wish's patience."""

    def __init__(self, limit_s: float) -> None:
        self._until = time.perf_counter() + limit_s

    def left(self) -> float:
        """Return the seconds left, at least 0."""
        return max(0.0, self._until - time.perf_counter())


def solve_all(problem: Problem) -> Solved:
    """Solve a problem, its curve and its alternatives within the time there is.

    Raises
    ------
    Infeasible
        No choice keeps the conditions; says which one makes it so, in the words of the wish.
    """
    wish = problem.wish
    watch = Stopwatch(wish.time_limit_s)
    try:
        best = solve(problem, add=wish.add, options=Options(time_limit_s=0.6 * watch.left()))
    except Infeasible as e:
        raise explained(e, problem) from e
    n_new = len(new_sites(problem, best))
    if wish.objective is Objective.ALL and wish.add is not None and n_new > wish.add:
        raise _too_few(problem, n_new)
    others = tuple(_others(problem, best, watch))
    curve = tuple(_curve(problem, best, n_new, watch))
    complete = watch.left() > 0
    return Solved(best, curve, others, complete)


def new_sites(problem: Problem, outcome: Outcome) -> tuple[int, ...]:
    """Return the columns of an answer that are candidates."""
    return tuple(site for site in outcome.sites if site >= problem.n_existing)


def solve(
    problem: Problem, *, add: int | None, options: Options, constraints: Constraints | None = None,
    objective: Objective | None = None,
) -> Outcome:  # fmt: skip
    """Return the best answer with ``add`` new facilities.

    Parameters
    ----------
    problem : cost matrices, weights and constraints of a wish
    options : time limit and tolerances of the solver
    add : how many new ones; None leaves it to the budget or to ``Objective.ALL``
    constraints : the problem's own if None
    objective : the wish's own if None

    Raises
    ------
    Infeasible
        As the models of `siting`.
    """
    wanted = problem.constraints if constraints is None else constraints
    goal = problem.wish.objective if objective is None else objective
    if problem.wish.combine_with is not None:
        return _combined(problem, add, wanted, options)
    p = None if add is None else problem.n_existing + add
    if goal is not Objective.COVER and not len(reachable(problem)):
        return Outcome(problem.fixed, 0.0, "optimal", 0.0, 0.0, 0.0)
    found = _MODELS[goal](problem, p, wanted, options)
    is_covering = goal in (Objective.COVER, Objective.ALL) and problem.capacity is None
    return _nearer(problem, found, wanted) if is_covering else found


def _nearer(problem: Problem, found: Outcome, wanted: Constraints) -> Outcome:
    """Return an answer that covers no less, to which people walk less."""
    compulsory = {int(site) for site in wanted.compulsory}
    movable = [site for site in new_sites(problem, found) if site not in compulsory]
    service = problem.main
    sites = nearer(
        service.seconds, service.weights, found.sites, limit_s=problem.limit_s, movable=movable, price=problem.price,
        constraints=wanted, fixed=problem.fixed,
    )  # fmt: skip
    if problem.wish.objective is not Objective.COVER:
        return replace(found, sites=sites)
    covered = models.nearest_open(service.seconds, sites, problem.limit_s)[0] >= 0
    return replace(found, sites=sites, objective=math.fsum(service.weights[covered].tolist()))


def _cover(problem: Problem, p: int | None, wanted: Constraints, options: Options) -> Outcome:
    cost, weights = problem.main.seconds, problem.main.weights
    if problem.capacity is None:
        found = models.max_cover(cost, p, problem.limit_s, weights, problem.fixed, constraints=wanted, options=options)
    else:
        found = models.capacitated_max_cover(
            cost,
            p,
            problem.limit_s,
            problem.capacity,
            weights,
            fixed=problem.fixed,
            constraints=wanted,
            options=options,
        )
    return _outcome(found)


def _all(problem: Problem, p: int | None, wanted: Constraints, options: Options) -> Outcome:
    """Open the fewest new ones; ``p`` is only the most there may be, which the caller compares."""
    del p
    price = np.concatenate([np.zeros(problem.n_existing), np.ones(len(problem.candidates))])
    part = problem.main.seconds[reachable(problem)]
    return _outcome(
        models.cover_all(part, problem.limit_s, problem.fixed, site_costs=price, constraints=wanted, options=options)
    )


def _mean(problem: Problem, p: int | None, wanted: Constraints, options: Options) -> Outcome:
    rows = reachable(problem)
    part, weights = problem.main.seconds[rows], problem.main.weights[rows]
    if problem.capacity is None:
        return _outcome(models.p_median(part, p, weights, problem.fixed, constraints=wanted, options=options))
    found = models.capacitated_p_median(
        part, p, problem.capacity, weights, fixed=problem.fixed, constraints=wanted, options=options
    )
    return _outcome(found, rows=rows, n_residents=problem.main.seconds.shape[0])


def _worst(problem: Problem, p: int | None, wanted: Constraints, options: Options) -> Outcome:
    part = problem.main.seconds[reachable(problem)]
    return _outcome(models.p_center(part, p, problem.fixed, constraints=wanted, options=options))


_MODELS = {Objective.COVER: _cover, Objective.ALL: _all, Objective.MEAN: _mean, Objective.WORST: _worst}


def reachable(problem: Problem) -> npt.NDArray[np.int64]:
    """Return the residents of the group whom any column that may open reaches (within the limit for covering)."""
    cost = problem.main.seconds
    is_open = np.ones(cost.shape[1], dtype=bool)
    is_open[list(problem.constraints.forbidden)] = False
    return np.flatnonzero((cost[:, np.flatnonzero(is_open)].getnnz(axis=1) > 0) & (problem.main.weights > 0))


def _outcome(found: models.Answer, *, rows: npt.NDArray[np.int64] | None = None, n_residents: int = 0) -> Outcome:
    served = found.served
    if served is not None and rows is not None:
        entries = sparse.coo_array(served)
        at = (rows[entries.coords[0]], entries.coords[1])
        served = sparse.csr_array((entries.data, at), shape=(n_residents, served.shape[1]))
    return Outcome(found.sites, found.objective, found.status, found.bound, found.gap, found.seconds, served)


def _combined(problem: Problem, add: int | None, wanted: Constraints, options: Options) -> Outcome:
    """Open buildings that host every category; people whom an existing facility reaches are covered beforehand."""
    n = problem.n_existing
    base, services = 0.0, []
    for service in problem.services:
        today = service.reached_today
        base += float(service.weights[today].sum())
        left = np.where(today, 0.0, service.weights)
        new = service.seconds[:, len(service.existing) :]
        services.append(models.Service(name=service.category, cost=new, limit=problem.limit_s, weights=left))
    found = models.combined_cover(
        services, add, together=True, constraints=_of_candidates(problem, wanted), options=options
    )
    sites = (*range(n), *(site + n for site in found.sites))
    value, bound = found.objective + base, found.bound + base
    gap = abs(bound - value) / max(value, 1e-9)
    return Outcome(sites, value, found.status, bound, gap, found.seconds)


def _of_candidates(problem: Problem, wanted: Constraints) -> Constraints:
    """Return constraints over the candidates alone, existing facilities staying as they are."""
    n = problem.n_existing
    regions, least = wanted.regions, dict(wanted.at_least) if isinstance(wanted.at_least, dict) else {}
    if regions is not None:
        held = {label for own in regions[:n] if isinstance(own, frozenset) for label in own}
        least = {label: number for label, number in least.items() if label not in held}
        regions = regions[n:]
    return replace(
        wanted,
        compulsory=[site - n for site in wanted.compulsory if site >= n],
        forbidden=[site - n for site in wanted.forbidden if site >= n],
        existing=(),
        opening_cost=None if wanted.opening_cost is None else wanted.opening_cost[n:],
        regions=regions,
        at_least=least,
        apart=[(a - n, b - n) for a, b in wanted.apart],
        differ=[([site - n for site in sites if site >= n], k) for sites, k in wanted.differ],
    )


def _others(problem: Problem, best: Outcome, watch: Stopwatch) -> Iterator[Outcome]:
    """Yield the alternatives, the best answer first."""
    wish = problem.wish
    is_first = True

    def solved(wanted: Constraints) -> Outcome:
        nonlocal is_first
        if is_first:
            is_first = False
            return best
        if watch.left() < _LEAST_S:
            raise Infeasible("", constraints=("time",))
        add = len(new_sites(problem, best)) if wish.objective is Objective.ALL else wish.add
        patience = Options(time_limit_s=watch.left() / 2)
        return solve(problem, add=add, options=patience, constraints=wanted)

    found = models.ranked(
        solved, problem.fixed, within=wish.within, near=problem.near, constraints=problem.constraints,
        larger_is_better=wish.objective is Objective.COVER,
    )  # fmt: skip
    for count, outcome in enumerate(found, 1):
        yield outcome
        if count >= wish.alternatives:
            return


def _curve(problem: Problem, best: Outcome, n_new: int, watch: Stopwatch) -> Iterator[tuple[int, Outcome | None]]:
    """Yield the best answer for every number of new facilities from 1; None where there is none.

    For ``Objective.ALL`` for numbers below the least one the most people that they can cover are reported.
    """
    wish = problem.wish
    goal = Objective.COVER if wish.objective is Objective.ALL else wish.objective
    for add in range(1, min(n_new + MORE, len(problem.candidates)) + 1):
        if add == n_new and wish.objective is goal:
            yield add, best
            continue
        if watch.left() < _LEAST_S:
            return
        try:
            yield add, solve(problem, add=add, options=Options(time_limit_s=watch.left() / 2), objective=goal)
        except Infeasible:
            yield add, None


def explained(e: Infeasible, problem: Problem) -> Infeasible:
    """Return the error in the words of the wish: which of its conditions makes it impossible."""
    conditions = {lang: "；".join(_condition(kind, problem, lang) for kind in e.constraints) for lang in words.LANGS}
    if e.constraints == ("time",):
        finding = error("site-no-answer-in-time", seconds=problem.wish.time_limit_s)
    elif e.rows:
        finding = error("site-unreached", count=len(e.rows))
    elif e.finding is not None and e.finding.code == "siting-infeasible-together":
        finding = error("site-infeasible-together", names=conditions["zh"], names_en=conditions["en"])
    else:
        finding = error("site-infeasible", names=conditions["zh"], names_en=conditions["en"])
    return Infeasible(finding.message(), e.rows, constraints=e.constraints, finding=finding)


def _too_few(problem: Problem, needed: int) -> Infeasible:
    finding = error("site-all-needs-more", needed=needed, add=problem.wish.add)
    return Infeasible(finding.message(), constraints=("count",), finding=finding)


def _condition(kind: str, problem: Problem, lang: words.Lang) -> str:
    wish = problem.wish
    head, _, label = kind.partition(":")
    values = {"add": wish.add, "label": label, "budget": wish.budget, "metres": wish.min_distance_m, "n": wish.closable}
    return words.text(f"placement.condition_{head}", lang, **values)
