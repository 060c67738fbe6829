"""What a council asks next: the gain of one more, the order to build in, and other answers nearly as good."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
import pandas as pd

from circles.foundation.errors import Infeasible, InputError, error
from circles.siting.models.constraints import Constraints
from circles.siting.models.cover import max_cover
from circles.siting.models.median import p_median
from circles.siting.models.problem import Answer, Options, checked, checked_vector
from circles.siting.models.reduce import within as within_limit

__all__ = ["alternatives", "gain_curve", "marginal_order", "ranked"]


def gain_curve(
    cost: Any,
    p_max: int,
    limit: float,
    weights: Any = None,
    fixed: Sequence[int] = (),
    *,
    constraints: Constraints | None = None,
    options: Options | None = None,
) -> pd.DataFrame:
    """Return the most that p sites cover, for every p from the fixed ones (at least 1) up to ``p_max``.

    Parameters
    ----------
    cost : (n_demand, n_sites), as for `max_cover`
    p_max : greatest number of open sites
    limit : in the unit of ``cost``; inclusive (+ 1e-6)
    weights : (n_demand,) >= 0; ones if None
    fixed : columns that are open
    constraints, options : as for `max_cover`

    Returns
    -------
    DataFrame
        ``p``, ``sites`` (tuple), ``objective``, ``gain`` over the row before (over the fixed sites alone in the first),
        ``status``, ``gap``. Each row is an optimum of its own: sites may change from row to row.

    Raises
    ------
    InputError
        Bad input, every finding at once.
    Infeasible
        The constraints cannot be kept together for one of the numbers.
    """
    matrix, vector, columns = checked(cost, p=p_max, weights=weights, fixed=fixed, limit=limit)
    reach = within_limit(matrix, limit)
    held = np.asarray(reach[:, list(columns)].sum(axis=1)).ravel() > 0
    before = float(vector[held].sum())
    rows = []
    for p in range(max(1, len(columns)), p_max + 1):
        answer = max_cover(matrix, p, limit, vector, columns, constraints=constraints, options=options)
        rows.append((p, answer.sites, answer.objective, answer.objective - before, answer.status, answer.gap))
        before = answer.objective
    return pd.DataFrame(rows, columns=["p", "sites", "objective", "gain", "status", "gap"])


def marginal_order(
    sites: Sequence[int],
    cost: Any,
    limit: float,
    weights: Any = None,
    fixed: Sequence[int] = (),
    *,
    groups: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Return ``sites`` (those not in ``fixed``) in the order in which each adds most to the ones before.

    Parameters
    ----------
    sites : columns to put in order
    cost, limit, weights, fixed : as for `gain_curve`
    groups
        Name -> weights per row: one more column each with what the site adds of that group.

    Returns
    -------
    DataFrame
        ``order`` (from 1), ``site``, ``gain``, ``covered`` (with the fixed ones and all before), then the groups.

    Raises
    ------
    InputError
        Bad input, every finding at once; a site that the matrix does not have.
    """
    matrix, vector, columns = checked(cost, weights=weights, fixed=fixed, limit=limit)
    others = {name: checked_vector(values, matrix.shape[0], name) for name, values in (groups or {}).items()}
    left = {*(int(site) for site in sites)} - set(columns)
    outside = [site for site in sorted(left) if not 0 <= site < matrix.shape[1]]
    if outside:
        last = matrix.shape[1] - 1
        raise InputError([error("siting-site-range", name="sites", value=site, last=last) for site in outside])
    by_site = within_limit(matrix, limit).tocsc()
    covered = np.zeros(matrix.shape[0], dtype=bool)

    def new_rows(site: int) -> Any:
        rows = by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]
        return rows[~covered[rows]]

    for site in columns:
        covered[new_rows(site)] = True
    rows: list[tuple[Any, ...]] = []
    while left:
        gains = {site: float(vector[new_rows(site)].sum()) for site in sorted(left)}
        best = max(gains, key=lambda site: (gains[site], -site))
        added = new_rows(best)
        covered[added] = True
        left.remove(best)
        parts = [float(values[added].sum()) for values in others.values()]
        rows.append((len(rows) + 1, best, gains[best], float(vector[covered].sum()), *parts))
    return pd.DataFrame(rows, columns=["order", "site", "gain", "covered", *others])


def alternatives(
    cost: Any,
    p: int,
    limit: float | None = None,
    weights: Any = None,
    fixed: Sequence[int] = (),
    *,
    n: int = 5,
    within: float = 0.02,
    differ: int = 1,
    objective: Literal["cover", "median"] = "cover",
    constraints: Constraints | None = None,
    options: Options | None = None,
) -> tuple[Answer, ...]:
    """Return the best ``n`` different answers no worse than ``within`` of the best, best first.

    Parameters
    ----------
    cost, p, limit, weights, fixed, constraints, options : as for :func:`circles.siting.max_cover`
    n
        How many, the best one included; fewer come back when there are no more within reach.
    within
        Share of the best objective that an alternative may be worse.
    differ
        In how many sites an alternative must differ from every one before: 1 gives the n best answers exactly; more
        gives answers that look different on the map.
    objective
        ``cover`` (:func:`circles.siting.max_cover`, needs ``limit``) or ``median`` (:func:`circles.siting.p_median`).
    """
    if objective == "cover":
        found = ranked(
            lambda wanted: max_cover(cost, p, limit or 0.0, weights, fixed, constraints=wanted, options=options),
            fixed, within=within, differ=differ, constraints=constraints, larger_is_better=True,
        )  # fmt: skip
    else:
        found = ranked(
            lambda wanted: p_median(cost, p, weights, fixed, constraints=wanted, options=options),
            fixed, within=within, differ=differ, constraints=constraints, larger_is_better=False,
        )  # fmt: skip
    return tuple(islice(found, n))


class _Chosen(Protocol):
    @property
    def sites(self) -> tuple[int, ...]: ...
    @property
    def objective(self) -> float: ...


Choice = TypeVar("Choice", bound=_Chosen)


def ranked(
    solve: Callable[[Constraints], Choice],
    fixed: Sequence[int] = (),
    *,
    within: float = 0.02,
    differ: int = 1,
    near: Mapping[int, Sequence[int]] | None = None,
    constraints: Constraints | None = None,
    larger_is_better: bool,
) -> Iterator[Choice]:
    """Yield the best answers of any model, best first, each different from all before, while no worse than ``within``.

    Parameters
    ----------
    solve
        The model: from constraints to its answer (anything with ``sites`` and ``objective``).
    fixed
        Sites that every answer holds; they make no difference.
    within, differ, constraints
        As in :func:`alternatives`.
    near
        Per site the sites that are as good as the same place: moving to one of them makes no different answer. So many
        as ``differ`` of an answer's sites must lie elsewhere than at, or near, the sites of each answer before.
    larger_is_better : whether the objective is maximised

    Raises
    ------
    Infeasible
        There is not even a first answer.
    """
    base = constraints or Constraints()
    answers: list[Choice] = []
    while True:
        earlier = tuple(_elsewhere(_movable(answer.sites, fixed), near or {}, differ) for answer in answers)
        try:
            answer = solve(replace(base, differ=(*base.differ, *earlier)))
        except Infeasible:
            if not answers:
                raise
            return
        best = answers[0].objective if answers else answer.objective
        worse = best - answer.objective if larger_is_better else answer.objective - best
        if worse / max(abs(best), 1e-9) > within + 1e-12:
            return
        answers.append(answer)
        yield answer


def _elsewhere(sites: Sequence[int], near: Mapping[int, Sequence[int]], differ: int) -> tuple[tuple[int, ...], int]:
    """Return what `Constraints.differ` needs: all sites at or near these, and how many of them to leave out."""
    around = {site for own in sites for site in (own, *near.get(own, ()))}
    return tuple(sorted(around)), len(around) - len(sites) + differ


def _movable(sites: Sequence[int], fixed: Sequence[int]) -> tuple[int, ...]:
    return tuple(site for site in sites if site not in set(fixed))
