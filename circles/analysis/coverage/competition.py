"""Places shared: whom they reach, when those who could share them compete for them.

Beside 2SFCA (`capacity.two_step`): spatial availability, by which each place is given to somebody, and balanced
catchments, by which each person asks once and each place serves once. No decay is invented: a place within the limit
weighs 1, unless a decay function is given.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.foundation.limits import within
from circles.foundation.types import F64

Decay = Callable[[F64], F64]
"""Seconds → weight of a pair, 0 or more."""


def binary(limit_s: float) -> Decay:
    """Return the decay that weighs every place within ``limit_s`` alike, and no other."""
    return lambda seconds: within(seconds, limit_s).astype(np.float64)


def spatial_availability(
    cost: npt.ArrayLike | sparse.spmatrix, supply: npt.ArrayLike, demand: npt.ArrayLike, *, decay: Decay
) -> F64:
    """Return the places available to each demand point: each site's places, shared out by people and nearness.

    Soukhov, Páez, Higgins & Mohamed 2023, doi:10.1371/journal.pone.0278468. Sum rule: Σ availability = Σ supply that
    anyone reaches. Over people it is 2SFCA.

    Parameters
    ----------
    cost : (n_demand, n_sites) seconds; inf or NaN, or unstored in a sparse matrix, where there is no way
    supply, demand : (n_sites,) places; (n_demand,) people
    decay : weight of a pair by its seconds

    >>> inf = float("inf")
    >>> spatial_availability([[60, 600], [60, inf]], [10, 30], [60, 40], decay=binary(900)).tolist()
    [36.0, 4.0]
    """
    places, persons = np.asarray(supply, dtype=np.float64), np.asarray(demand, dtype=np.float64)
    asked = sparse.diags(persons) @ _weights(cost, decay)
    at_site = np.asarray(asked.sum(axis=0)).ravel()
    each = np.divide(places, at_site, out=np.zeros_like(places), where=at_site > 0)
    return np.asarray(asked @ each, dtype=np.float64)


def balanced(
    cost: npt.ArrayLike | sparse.spmatrix, supply: npt.ArrayLike, demand: npt.ArrayLike, *, decay: Decay
) -> F64:
    """Return access per demand point by balanced floating catchments: demand and level of service are split, not copied.

    Páez, Higgins & Vivona 2019, doi:10.1371/journal.pone.0218773. Each person's demand is split among the sites in reach,
    each site's level of service (places per person asking) among the points it reaches. Sum rule: Σ access = Σ level of
    service of the sites that anyone reaches.

    Parameters
    ----------
    cost : (n_demand, n_sites) seconds; inf or NaN, or unstored in a sparse matrix, where there is no way
    supply, demand : (n_sites,) places; (n_demand,) people
    decay : weight of a pair by its seconds
    """
    places, persons = np.asarray(supply, dtype=np.float64), np.asarray(demand, dtype=np.float64)
    weights = _weights(cost, decay)
    by_point, by_site = np.asarray(weights.sum(axis=1)).ravel(), np.asarray(weights.sum(axis=0)).ravel()
    split = np.divide(persons, by_point, out=np.zeros_like(persons), where=by_point > 0)
    asking = np.asarray(weights.T @ split).ravel()
    level = np.divide(places, asking, out=np.zeros_like(places), where=asking > 0)
    given = np.divide(level, by_site, out=np.zeros_like(level), where=by_site > 0)
    return np.asarray(weights @ given, dtype=np.float64)


def _weights(cost: npt.ArrayLike | sparse.spmatrix, decay: Decay) -> sparse.csr_matrix:
    if sparse.issparse(cost):
        pairs = sparse.coo_matrix(cost)
        row, column, seconds = pairs.row, pairs.col, pairs.data
        shape = pairs.shape
    else:
        dense = np.asarray(cost, dtype=np.float64)
        row, column = np.nonzero(np.isfinite(dense))
        seconds, shape = dense[row, column], dense.shape
    return sparse.csr_matrix((decay(np.asarray(seconds, dtype=np.float64)), (row, column)), shape=shape)
