"""Make a covering problem smaller without changing its answer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.foundation.types import F64, I64
from circles.siting.models.problem import LIMIT_TOLERANCE
from circles.siting.models.swap import CoverData, MedianData, sums

__all__ = ["cover_data", "drop_dominated_rows", "drop_dominated_sites", "median_data", "within"]


WORK = 4e8
"""Multiplications that looking for dominated rows or sites may take; beyond it the solver's presolve must do."""


def within(cost: sparse.csr_array, limit: float, *, tolerance: float = LIMIT_TOLERANCE) -> sparse.csr_array:
    """Return the 0/1 matrix of the entries of ``cost`` that are within ``limit``."""
    keep = cost.data <= limit + tolerance
    rows = np.repeat(np.arange(cost.shape[0]), np.diff(cost.indptr))[keep]
    return _binary(rows, cost.indices[keep], cost.shape)


def _binary(
    rows: npt.NDArray[np.integer], columns: npt.NDArray[np.integer], shape: tuple[int, int]
) -> sparse.csr_array:
    return sparse.csr_array((np.ones(rows.size), (rows, columns)), shape=shape)


def cover_data(reach: sparse.csr_array, weights: F64, already: I64, free: I64, *, base: float = 0.0) -> CoverData:
    """Reduce a covering problem: drop rows that are decided, and merge rows with the same columns.

    Parameters
    ----------
    reach : (n_demand, n_sites) sparse, stored where a site is within the limit of a row
    weights : (n_demand,) >= 0
    already : columns that are open; rows covered by them count in ``base``
    free : columns that are undecided; rows covered by none are dropped
    base : weight that is covered whatever is opened
    """
    held = np.asarray(reach[:, already].sum(axis=1)).ravel() > 0 if already.size else np.zeros(reach.shape[0], bool)
    part = reach[:, free]
    wanted = ~held & (np.diff(part.indptr) > 0) & (weights > 0)
    base += float(weights[held].sum())
    part = part[np.flatnonzero(wanted)]
    group, first = _same_rows(part)
    merged = sums(group, weights[wanted], first.size)
    by_row = part[first]
    by_row.sort_indices()
    row = np.repeat(np.arange(by_row.shape[0]), np.diff(by_row.indptr))
    by_site = sparse.csr_array(by_row.T)
    return CoverData(merged, free, row, by_row.indices.astype(np.int64), by_row, by_site, base)


def _same_rows(matrix: sparse.csr_array) -> tuple[I64, I64]:
    """Return per row its group, and per group its first row."""
    matrix.sort_indices()
    groups: dict[bytes, int] = {}
    first: list[int] = []
    group = np.empty(matrix.shape[0], dtype=np.int64)
    for row in range(matrix.shape[0]):
        key = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tobytes()
        place = groups.setdefault(key, len(first))
        if place == len(first):
            first.append(row)
        group[row] = place
    return group, np.asarray(first, dtype=np.int64)


def _inside(matrix: sparse.csr_array) -> sparse.coo_array:
    """Return the pairs (a, b), a != b, where row a's columns are all among row b's; empty when too much work."""
    size = np.diff(matrix.indptr)
    column_size = np.bincount(matrix.indices, minlength=matrix.shape[1])
    if float((column_size.astype(float) ** 2).sum()) > WORK:
        return sparse.coo_array(matrix.shape[:1] * 2)
    common = sparse.coo_array(matrix @ matrix.T)
    a, b = common.coords
    hit = (common.data >= size[a] - 0.5) & (a != b)
    return sparse.coo_array((np.ones(int(hit.sum())), (a[hit], b[hit])), shape=common.shape)


def drop_dominated_rows(reach: sparse.csr_array) -> sparse.csr_array:
    """Drop rows whose columns hold all of another row's: covering that one covers them. Of equal rows the first stays."""
    pairs = _inside(reach)
    a, b = pairs.coords
    size = np.diff(reach.indptr)
    drop = (size[a] < size[b]) | (a < b)
    keep = np.ones(reach.shape[0], dtype=bool)
    keep[b[drop]] = False
    return reach[np.flatnonzero(keep)]


def drop_dominated_sites(reach: sparse.csr_array, prices: F64) -> I64:
    """Return the columns that are left when those are dropped that reach no more than another, no dearer one."""
    by_site = sparse.csr_array(reach.T)
    pairs = _inside(by_site)
    a, b = pairs.coords
    size = np.diff(by_site.indptr)
    same = (size[a] == size[b]) & (prices[a] == prices[b])
    drop = (prices[b] <= prices[a]) & (~same | (b < a))
    keep = size > 0
    keep[a[drop]] = False
    return np.flatnonzero(keep)


def median_data(cost: sparse.csr_array, weights: F64, already: I64, free: I64) -> MedianData:
    """Reduce a p-median problem to weighted costs over the undecided columns.

    Parameters
    ----------
    cost : (n_demand, n_sites) sparse, unstored = not reachable
    weights : (n_demand,) >= 0
    already : columns that are open
    free : columns that are undecided
    """
    used = np.flatnonzero(weights > 0)
    if used.size == 0:
        used = np.arange(min(1, cost.shape[0]))
    part = cost[used]
    row = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
    value = part.data * weights[used][row]
    tops = np.zeros(used.size)
    np.maximum.at(tops, row, value)
    penalty = 1.0 + float(tops.sum())
    first = np.full(used.size, penalty)
    local = np.full(cost.shape[1], -1, dtype=np.int64)
    local[already] = -2
    opened = local[part.indices] == -2
    np.minimum.at(first, row[opened], value[opened])
    local[free] = np.arange(free.size)
    column = local[part.indices]
    keep = (column >= 0) & (value < first[row])
    row, column, value = row[keep], column[keep], value[keep]
    by_site = sparse.csc_array((value, (row, column)), shape=(used.size, free.size))
    return MedianData(used.size, free, row, column, value, by_site, first, penalty)
