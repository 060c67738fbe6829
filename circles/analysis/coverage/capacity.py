"""Floating catchments: how many places reach each person, when those who share a facility share its places.

2SFCA: Luo & Wang 2003, doi:10.1068/b29120. E2SFCA, with weights by zone of time: Luo & Qi 2009,
doi:10.1016/j.healthplace.2009.06.002. Both obey the sum rule: Σ demand × access = Σ supply that anyone reaches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from circles.analysis.coverage.share import people, total, township_units
from circles.foundation.errors import InputError, error
from circles.foundation.limits import inclusive
from circles.foundation.schema.tables import ALL
from circles.foundation.types import F64

LUO_QI_WEIGHTS = (1.0, 0.68, 0.22)
"""Weights of three equal zones of time, as in Luo & Qi 2009."""


@dataclass(frozen=True)
class Catchments:
    """Places and people, brought together.

    Attributes
    ----------
    access : (n_demand,) places per person that reach each demand point; 0 where none does
    ratio : (n_sites,) places per (weighted) person within each site's catchment; 0 where nobody is
    is_reached : (n_sites,) whether anybody is in the site's catchment: only then do its places count in the sum rule
    """

    access: F64
    ratio: F64
    is_reached: npt.NDArray[np.bool_]


def two_step(
    cost: npt.ArrayLike | sparse.spmatrix, supply: npt.ArrayLike, demand: npt.ArrayLike, *, limit_s: float
) -> Catchments:
    """Return 2SFCA: every place within ``limit_s`` weighs the same.

    Parameters
    ----------
    cost : (n_demand, n_sites) seconds; inf or NaN, or unstored in a sparse matrix, where there is no way. A stored 0
        is a real 0.
    supply : (n_sites,) places
    demand : (n_demand,) people
    limit_s : seconds, inclusive

    Raises
    ------
    InputError
        Shapes that do not fit, negative or missing supply or demand.

    Examples
    --------
    Ten seats for 100 people in reach, of whom 60 also reach 30 more seats:

    >>> inf = float("inf")
    >>> two_step([[60, 600], [60, inf]], [10, 30], [60, 40], limit_s=900).access.round(3).tolist()
    [0.6, 0.1]
    """
    return enhanced(cost, supply, demand, zones_s=(limit_s,), weights=(1.0,))


def enhanced(
    cost: npt.ArrayLike | sparse.spmatrix,
    supply: npt.ArrayLike,
    demand: npt.ArrayLike,
    *,
    zones_s: Sequence[float],
    weights: Sequence[float] = LUO_QI_WEIGHTS,
) -> Catchments:
    """Return E2SFCA: a place weighs by the zone of time it lies in, in both steps.

    Parameters
    ----------
    cost, supply, demand : as in :func:`two_step`
    zones_s : rising upper ends of the zones in seconds, inclusive; beyond the last nothing counts
    weights : weight of each zone, same length

    Raises
    ------
    InputError
        As :func:`two_step`, and for zones that do not rise or weights that do not fit them.
    """
    places, persons = np.asarray(supply, dtype=np.float64), np.asarray(demand, dtype=np.float64)
    pairs = _pairs(cost)
    _checked(pairs, places, persons, zones_s, weights)
    zone = np.searchsorted(inclusive(np.asarray(zones_s, dtype=np.float64)), pairs.data, side="left")
    weight = np.append(np.asarray(weights, dtype=np.float64), 0.0)[zone]
    matrix = sparse.csr_matrix((weight, (pairs.row, pairs.col)), shape=pairs.shape)
    catchment = np.asarray(matrix.T @ persons, dtype=np.float64)
    is_reached = catchment > 0
    ratio = np.divide(places, catchment, out=np.zeros_like(places), where=is_reached)
    return Catchments(np.asarray(matrix @ ratio, dtype=np.float64), ratio, is_reached)


def by_township(
    residents: pd.DataFrame,
    access: npt.ArrayLike,
    townships: pd.DataFrame,
    *,
    group: str = "population",
    norm_per_1000: float = math.nan,
) -> pd.DataFrame:
    """Return places that reach the people of each township, and what is short of a norm.

    Parameters
    ----------
    residents, townships : tables of these names
    access : (n_residents,) places per person of ``group``, from :func:`two_step` or :func:`enhanced`
    norm_per_1000 : places per 1000 people of the group; NaN = no norm

    Returns
    -------
    DataFrame
        ``township_code, township, group, people, access_per_1000, below_norm, places_short``: the mean of access over
        people, the people with less than the norm, and the places that would lift each of them to it. Rows as in
        ``coverage``.
    """
    reachable, weights = np.asarray(access, dtype=np.float64), people(residents, group)
    short_each = np.clip(norm_per_1000 / 1000.0 - reachable, 0.0, None)
    found = [(unit.code, unit.name, unit.rows) for unit in township_units(residents, townships)]
    found.append((ALL, ALL, np.arange(len(residents), dtype=np.intp)))
    has_norm = not math.isnan(norm_per_1000)
    rows = []
    for code, name, at in found:
        everyone = total(weights, at)
        mean = total(weights * reachable, at) / everyone * 1000.0 if everyone > 0 else math.nan
        below = total(weights, at[short_each[at] > 1e-15]) if has_norm else math.nan
        short = total(weights * short_each, at) if has_norm else math.nan
        rows.append((code, name, group, everyone, mean, below, short))
    columns = ["township_code", "township", "group", "people", "access_per_1000", "below_norm", "places_short"]
    return pd.DataFrame(rows, columns=columns)


def _pairs(cost: npt.ArrayLike | sparse.spmatrix) -> sparse.coo_matrix:
    """Return the finite pairs of a dense or sparse cost, a stored 0 included."""
    if sparse.issparse(cost):
        pairs = sparse.coo_matrix(cost)
        keep = np.isfinite(pairs.data)
        return sparse.coo_matrix((pairs.data[keep], (pairs.row[keep], pairs.col[keep])), shape=pairs.shape)
    dense = np.asarray(cost, dtype=np.float64)
    if dense.ndim != 2:
        raise InputError(error("catchment-shape", cost=dense.shape, supply="–", demand="–"))
    rows, columns = np.nonzero(np.isfinite(dense))
    return sparse.coo_matrix((dense[rows, columns], (rows, columns)), shape=dense.shape)


def _checked(
    pairs: sparse.coo_matrix, supply: F64, demand: F64, zones_s: Sequence[float], weights: Sequence[float]
) -> None:
    """Raise with everything that is wrong."""
    found = []
    if (demand.size, supply.size) != pairs.shape or demand.ndim != 1 or supply.ndim != 1:
        found.append(error("catchment-shape", cost=pairs.shape, supply=supply.shape, demand=demand.shape))
    for name, values in (("supply", supply), ("demand", demand)):
        bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
        if bad.size:
            found.append(error("catchment-value", name=name, count=bad.size, first=int(bad[0])))
    rising = list(zones_s) == sorted(set(zones_s)) and len(zones_s) > 0 and zones_s[0] >= 0
    if not rising or len(zones_s) != len(weights) or any(not w >= 0 for w in weights):
        found.append(error("catchment-zones", zones=list(zones_s), weights=list(weights)))
    if found:
        raise InputError(found)
