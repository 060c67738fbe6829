"""p-center: the least greatest cost (Hakimi 1964), by bisection over set covering problems (Minieka 1970)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from circles.foundation.types import F64
from circles.siting.models.constraints import Constraints, SiteRules, site_rules
from circles.siting.models.cover import cheapest_cover
from circles.siting.models.highs import Clock
from circles.siting.models.infeasible import blame, feasible_sites, refuse_unreached, refuse_unsolved
from circles.siting.models.median import filled
from circles.siting.models.problem import Answer, Options, checked, nearest_open, verdict
from circles.siting.models.reduce import cover_data, within
from circles.siting.models.swap import cover_greedy, cover_swap, random_start

__all__ = ["p_center"]

Sites = tuple[int, ...]

STARTS = 20
"""Starting points of the interchange heuristic."""


def p_center(
    cost: Any,
    p: int | None,
    fixed: Sequence[int] = (),
    *,
    constraints: Constraints | None = None,
    options: Options | None = None,
) -> Answer:
    """Open p sites so that the greatest cost from a row to its nearest open site is least.

    Rows count alike, there are no weights. Sites that the
    greatest cost leaves free are placed where they lower the sum of costs most.

    Parameters
    ----------
    cost, p, fixed, constraints, options : as for :func:`circles.siting.p_median`

    Raises
    ------
    InputError
        Bad input, every finding at once.
    Infeasible
        Rows that no site reaches (in ``rows``), p too small to reach all rows, or constraints that conflict.
    """
    options = options or Options()
    clock = Clock(options)
    matrix, _, columns = checked(cost, p=p, fixed=fixed)
    rules = site_rules(matrix.shape[1], p, columns, constraints)
    refuse_unreached(matrix, closed=rules.is_closed)
    sites, bound, finished = _bisect(matrix, rules, clock)
    assignment, nearest = nearest_open(matrix, sites)
    objective = float(nearest.max())
    status, bound, gap = verdict(objective, min(bound, objective), finished=finished)
    return Answer(
        model="p_center",
        sites=sites,
        objective=objective,
        status=status,
        bound=bound,
        gap=gap,
        seconds=clock.spent(),
        assignment=assignment,
    )


def _bisect(matrix: sparse.csr_array, rules: SiteRules, clock: Clock) -> tuple[Sites, float, bool]:
    """Narrow the radius between one that fails and one that works."""
    radii = _radii(matrix, rules)
    sites = _greedy(matrix, rules, radii)
    if sites is None:
        reach = within(matrix, np.inf)
        found = feasible_sites(rules, reach, clock)
        if found is None:
            raise blame(rules, reach, clock)
        sites = found or refuse_unsolved(clock)
    low = 0
    high = _place(matrix, sites, radii)
    while low < high and radii[high] - radii[low] > clock.options.gap * radii[high]:
        middle = (low + high) // 2
        if clock.left() <= 0:
            return sites, float(radii[low]), False
        found = _cover_within(matrix, float(radii[middle]), rules, clock)
        if found is None:
            return sites, float(radii[low]), False
        if found:
            sites = found
            high = min(middle, _place(matrix, sites, radii))
        else:
            low = middle + 1
    return sites, float(radii[low]), True


def _place(matrix: sparse.csr_array, sites: Sites, radii: F64) -> int:
    greatest = float(nearest_open(matrix, sites)[1].max())
    return int(np.searchsorted(radii, greatest))


def _radii(matrix: sparse.csr_array, rules: SiteRules) -> F64:
    """Return the distinct costs that may be the answer: none is below the largest of the rows' least costs."""
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    allowed = ~rules.is_closed[matrix.indices]
    least = np.full(matrix.shape[0], np.inf)
    np.minimum.at(least, row[allowed], matrix.data[allowed])
    values: F64 = np.unique(matrix.data[allowed])
    kept: F64 = values[values >= least.max()]
    return kept


def _greedy(matrix: sparse.csr_array, rules: SiteRules, radii: F64) -> Sites | None:
    """Return sites for the least radius at which greedy covering needs no more than p; None where it never does."""
    if not rules.plain or rules.p is None or not 0 <= rules.to_add <= rules.free.size:
        return None
    best: Sites | None = None
    low, high = 0, radii.size - 1
    while low <= high:
        middle = (low + high) // 2
        sites = _greedy_cover(within(matrix, float(radii[middle]), tolerance=0.0), rules)
        if sites is None:
            low = middle + 1
        else:
            best, high = sites, middle - 1
    return None if best is None else filled(matrix, best, rules)


def _greedy_cover(reach: sparse.csr_array, rules: SiteRules) -> Sites | None:
    by_site = sparse.csr_array(reach.T)
    sites = np.flatnonzero(rules.is_open).tolist()
    left = np.ones(reach.shape[0])
    for site in sites:
        left[by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]] = 0.0
    while left.any():
        if len(sites) >= int(rules.p or 0):
            return None
        gain = by_site @ left
        gain[rules.is_closed] = 0.0
        site = int(np.argmax(gain))
        if gain[site] <= 0:
            return None
        sites.append(site)
        left[by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]] = 0.0
    return tuple(sorted(sites))


def _swapped(reach: sparse.csr_array, rules: SiteRules, clock: Clock) -> Sites | None:
    """Return p sites that reach every row, found by interchange from several starting points; None where it finds none.

    The solver is quick to prove that a radius fails and slow to find sites for one that barely works: here it is the
    other way round.
    """
    if not rules.plain or rules.p is None or not 0 < rules.to_add <= rules.free.size:
        return None
    already = np.flatnonzero(rules.is_open)
    data = cover_data(reach, np.ones(reach.shape[0]), already, rules.free)
    random = np.random.default_rng(clock.options.seed)
    worth = -np.asarray(data.by_site.sum(axis=1)).ravel()
    for turn in range(STARTS + 1):
        if clock.left() <= 0:
            return None
        start = (
            random_start(random, worth, rules.to_add, near=turn % 2 == 1) if turn else cover_greedy(data, rules.to_add)
        )
        chosen = cover_swap(data, start)
        if data.value(chosen) > reach.shape[0] - 0.5:
            return tuple(sorted([*already.tolist(), *data.sites[chosen].tolist()]))
    return None


def _cover_within(matrix: sparse.csr_array, radius: float, rules: SiteRules, clock: Clock) -> Sites | None:
    """Return sites that reach every row within ``radius``; () when proved that there are none, None out of time."""
    reach = within(matrix, radius, tolerance=0.0)
    if (np.diff(reach.indptr) == 0).any():
        return ()
    if (sites := _swapped(reach, rules, clock)) is not None:
        return sites
    found = cheapest_cover(reach, np.ones(rules.n_sites), rules, clock, any_point=True)
    if found is None:
        return ()
    sites = found[0]
    if not sites:
        return None
    return filled(matrix, sites, rules) if rules.plain else sites
