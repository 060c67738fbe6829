"""Among choices that cover equally many: the one to which people walk least.

Covering does not mind whether a site stands in the middle of a village or at its edge; people do. Each new site in turn
moves to the candidate that keeps the cover and lowers the walks of the covered most, as long as one does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.foundation.types import F64
from circles.siting.models import LIMIT_TOLERANCE, Constraints
from circles.siting.models.constraints import SiteRules, site_rules

__all__ = ["nearer"]

ROUNDS = 20
TRIED = 40
"""How many candidates are tried against the other conditions before a site stays where it is."""


def nearer(
    seconds: sparse.csr_matrix,
    weights: F64,
    sites: Sequence[int],
    *,
    limit_s: float,
    movable: Sequence[int],
    price: F64,
    constraints: Constraints,
    fixed: Sequence[int],
) -> tuple[int, ...]:
    """Return as many sites that cover at least as many people, with less travel time of those covered where that can be had.

    A local search: each movable site in turn moves to the column that lowers the people-weighted travel time most. It
    proves nothing; the cover is that of ``sites`` or more.

    Parameters
    ----------
    seconds : (rows, columns) sparse OD matrix, demand × candidates; an entry that is missing is out of reach
    weights : (rows,) people
    sites : columns chosen so far
    limit_s : seconds, inclusive
    movable : those of ``sites`` that may be exchanged, for columns that are not dearer and keep the constraints
    price : (columns,) in one currency, NaN where unknown
    constraints, fixed : as for :func:`circles.siting.max_cover`

    Returns
    -------
    tuple
        The columns, sorted.
    """
    entries = sparse.coo_array(seconds)
    keep = (entries.data <= limit_s + LIMIT_TOLERANCE) & (weights[entries.coords[0]] > 0)
    row, column, value = entries.coords[0][keep], entries.coords[1][keep], entries.data[keep]
    by_site = sparse.csc_array((value, (row, column)), shape=seconds.shape)
    rules = site_rules(seconds.shape[1], len(sites), fixed, constraints)
    existing = np.zeros(seconds.shape[1], dtype=bool)
    existing[list(constraints.existing)] = True
    chosen = list(sites)
    for _ in range(ROUNDS):
        before = list(chosen)
        for place in [place for place, site in enumerate(chosen) if site in set(movable) | (set(chosen) - set(sites))]:
            rest = chosen[:place] + chosen[place + 1 :]
            best = _nearest(by_site, rest, weights.size)
            chosen[place] = _better(
                (row, column, value), weights, best, rest=rest, now=chosen[place], rules=rules,
                may=~existing & ~(price > price[chosen[place]] + 1e-9),
            )  # fmt: skip
        if chosen == before:
            break
    return tuple(sorted(chosen))


def _nearest(by_site: sparse.csc_array, sites: Sequence[int], n_rows: int) -> F64:
    best = np.full(n_rows, np.inf)
    for site in sites:
        part = slice(by_site.indptr[site], by_site.indptr[site + 1])
        rows = by_site.indices[part]
        best[rows] = np.minimum(best[rows], by_site.data[part])
    return best


def _better(
    entries: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], F64], weights: F64, best: F64, *,
    rest: list[int], now: int, rules: SiteRules, may: npt.NDArray[np.bool_],
) -> int:  # fmt: skip
    """Return the column that, beside ``rest``, covers no less than ``now`` and is walked to least."""
    row, column, value = entries
    weight, other = weights[row], best[row]
    is_new = np.isinf(other)
    gain = np.bincount(column, np.where(is_new, weight, 0.0), minlength=may.size)
    saved = np.where(is_new, -value, np.maximum(np.where(is_new, 0.0, other) - value, 0.0)) * weight
    saving = np.bincount(column, saved, minlength=may.size)
    slack = 1e-9 * max(1.0, math.fsum(weights.tolist()))
    better = may & (gain >= gain[now] - slack) & (saving > saving[now] + slack)
    better[rest] = False
    rows = np.flatnonzero(better)
    for site in rows[np.lexsort((rows, -saving[rows], -np.rint(gain[rows] / slack)))][:TRIED].tolist():
        if rules.allows([*rest, site]):
            return int(site)
    return now
