"""Backup covering (BACOP, Hogan & ReVelle 1986): people within reach of a second site when the first one is full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from circles.foundation.errors import InputError, error
from circles.siting.models.constraints import Constraints, site_rules
from circles.siting.models.highs import Clock, Model
from circles.siting.models.infeasible import add_rules, blame, refuse_unreached, refuse_unsolved
from circles.siting.models.problem import Answer, Options, checked, nearest_open, verdict, weighted_sum
from circles.siting.models.reduce import cover_data, within

__all__ = ["backup_cover"]


def backup_cover(
    cost: Any,
    p: int | None,
    limit: float,
    weights: Any = None,
    fixed: Sequence[int] = (),
    *,
    primary: float = 0.5,
    all_once: bool = False,
    constraints: Constraints | None = None,
    options: Options | None = None,
) -> Answer:
    """Open p sites, weighing who is reached at all against who is reached twice.

    Maximises ``primary`` x (weight within ``limit`` of at least one open site) + (1 - ``primary``) x (weight within
    ``limit`` of at least two).

    Parameters
    ----------
    cost, p, limit, weights, fixed, constraints, options : as for :func:`circles.siting.max_cover`
    primary
        Between 0 and 1; 1 is :func:`circles.siting.max_cover`.
    all_once
        Every row must be reached once (BACOP1).

    Raises
    ------
    InputError
        Bad input, every finding at once.
    Infeasible
        With ``all_once``: rows that no site reaches, or p too small. Constraints that conflict.
    """
    options = options or Options()
    clock = Clock(options)
    if not 0.0 <= primary <= 1.0:
        raise InputError(error("siting-share", name="primary", value=primary))
    matrix, vector, columns = checked(cost, p=p, weights=weights, fixed=fixed, limit=limit)
    rules = site_rules(matrix.shape[1], p, columns, constraints)
    reach = within(matrix, limit)
    if all_once:
        refuse_unreached(reach, closed=rules.is_closed, limit=limit)
    everything = np.arange(rules.n_sites)
    data = cover_data(reach, vector, np.empty(0, dtype=np.int64), everything)
    model = Model()
    y = add_rules(model, rules, everything)
    size = data.weights.size
    rows = np.arange(size)
    once = model.columns(size, cost=-primary * data.weights)
    twice = model.columns(size, cost=-(1.0 - primary) * data.weights)
    parts = ((rows, once + rows, -1.0), (rows, twice + rows, -1.0))
    model.rows(size, (data.row, y + data.column, 1.0), *parts, lower=0.0)
    model.rows(size, (rows, once + rows, 1.0), (rows, twice + rows, -1.0), lower=0.0)
    if all_once:
        entry = np.repeat(np.arange(reach.shape[0]), np.diff(reach.indptr))
        model.rows(reach.shape[0], (entry, y + reach.indices, 1.0), lower=1.0)
    solution = model.solve(clock)
    if solution.values is None:
        if not solution.infeasible:
            refuse_unsolved(clock)
        raise blame(rules, reach if all_once else None, clock)
    sites = tuple(int(site) for site in np.flatnonzero(solution.values[: rules.n_sites] > 0.5))
    times = np.asarray(reach[:, list(sites)].sum(axis=1)).ravel()
    both = weighted_sum(vector, primary * (times >= 1) + (1.0 - primary) * (times >= 2))
    status, bound, gap = verdict(both, max(-solution.bound, both), finished=solution.finished)
    return Answer(
        model="backup_cover",
        sites=sites,
        objective=both,
        status=status,
        bound=bound,
        gap=gap,
        seconds=clock.spent(),
        assignment=nearest_open(matrix, sites, limit)[0],
    )
