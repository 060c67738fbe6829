"""What every siting model takes and returns: the checked cost matrix, the options, the answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import sparse

from circles.foundation.errors import Finding, InputError, error
from circles.foundation.limits import TOLERANCE_S
from circles.foundation.types import F64, I64

__all__ = ["LIMIT_TOLERANCE", "Answer", "Options", "SolveStatus", "checked", "checked_vector", "nearest_open"]


LIMIT_TOLERANCE = TOLERANCE_S
"""A demand point is within the limit when cost <= limit + this, as everywhere in the package."""

SolveStatus = Literal["optimal", "within_gap", "time_limit"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How long and how far to search.

    Attributes
    ----------
    time_limit_s
        Wall-clock seconds after which the best answer so far is returned with status ``time_limit`` and its gap;
        None = no limit. An answer that met the limit may differ from run to run, every other one does not.
    gap
        Relative gap at which an answer counts as good enough (status ``within_gap``); 0 = proved optimal.
    seed
        Seed of the heuristics' starting points and of the solver.
    """

    time_limit_s: float | None = 600.0
    gap: float = 0.0
    seed: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """Where to build, and how sure that is.

    Attributes
    ----------
    model
        Name of the model, such as ``max_cover``.
    sites
        Column indices of the open sites, ascending; ``fixed`` ones included.
    objective
        Recomputed from ``sites`` (not the solver's own figure).
    status
        ``optimal`` (proved), ``within_gap`` (proved within ``Options.gap``) or ``time_limit``.
    bound
        No answer can be better than this.
    gap
        ``|bound - objective| / max(|objective|, 1e-9)``; 0 when optimal.
    seconds
        Wall-clock seconds spent.
    assignment
        Per demand row the column that serves it: the nearest open site (least index when tied), -1 where none does.
        With capacities: the site that serves the largest part of the row.
    served
        Capacitated models only: (n_demand, n_sites) CSR of the weight that each site serves of each row; else None.
    """

    model: str
    sites: tuple[int, ...]
    objective: float
    status: SolveStatus
    bound: float
    gap: float
    seconds: float
    assignment: I64
    served: Any = None


def checked(
    cost: Any,
    *,
    p: int | None = None,
    weights: Any = None,
    fixed: Sequence[int] = (),
    limit: float | None = None,
) -> tuple[sparse.csr_array, F64, tuple[int, ...]]:
    """Check a model's input and bring it into one form.

    Parameters
    ----------
    cost : (n_demand, n_sites) array, inf = not reachable, or scipy.sparse, unstored = not reachable
    p : number of open sites; not checked where None
    weights : (n_demand,) >= 0; ones where None
    fixed : columns that are open
    limit : in the unit of ``cost``; not checked where None

    Returns
    -------
    tuple
        The finite costs as CSR (a stored 0 is a real 0), the weights, the fixed columns ascending.

    Raises
    ------
    InputError
        With every finding: shape, NaN, negative costs, p, fixed, weights, limit.
    """
    matrix, findings = _matrix(cost)
    n_demand, n_sites = matrix.shape
    vector, more = _vector(weights, n_demand, "weights")
    findings += more
    chosen, more = _columns(fixed, n_sites)
    findings += more
    if not findings:
        findings += _count(p, len(chosen), n_sites)
    if limit is not None and not (isinstance(limit, (int, float, np.number)) and float(limit) >= 0):
        findings.append(error("siting-limit", value=limit))
    if findings:
        raise InputError(findings)
    return matrix, vector, chosen


def checked_vector(values: Any, length: int, name: str) -> F64:
    """Return ``values`` as a float array of ``length`` numbers >= 0, or raise InputError.

    Raises
    ------
    InputError
        Another length, or values that are negative or no numbers.
    """
    vector, findings = _vector(values, length, name)
    if findings:
        raise InputError(findings)
    return vector


def _matrix(cost: Any) -> tuple[sparse.csr_array, list[Finding]]:
    if sparse.issparse(cost):
        matrix = sparse.csr_array(cost, dtype=np.float64, copy=True)
        matrix.sum_duplicates()
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        columns, data = matrix.indices, matrix.data
        shape = matrix.shape
    else:
        dense = np.asarray(cost, dtype=np.float64)
        if dense.ndim != 2:
            raise InputError(error("siting-not-a-matrix", shape=tuple(dense.shape)))
        shape = dense.shape
        rows, columns = np.nonzero(dense != np.inf)
        data = dense[rows, columns]
    if 0 in shape:
        raise InputError(error("siting-empty", shape=tuple(shape)))
    findings = []
    for code, bad in (("siting-cost-nan", np.isnan(data)), ("siting-cost-negative", data < 0)):
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            findings.append(error(code, count=int(bad.sum()), first_row=int(rows[first]), site=int(columns[first])))
    keep = np.isfinite(data)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows[keep], minlength=shape[0]))])
    parts = (data[keep], columns[keep].astype(np.int32), indptr.astype(np.int32))
    return sparse.csr_array(parts, shape=shape), findings


def _vector(values: Any, length: int, name: str) -> tuple[F64, list[Finding]]:
    if values is None:
        return np.ones(length), []
    vector = np.asarray(values, dtype=np.float64)
    if vector.shape != (length,):
        return np.ones(length), [error("siting-vector-shape", name=name, shape=tuple(vector.shape), expected=length)]
    bad = ~(vector >= 0) | np.isinf(vector)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        return vector, [error("siting-vector-value", name=name, count=int(bad.sum()), first=first, value=vector[first])]
    return vector, []


def _columns(fixed: Sequence[int], n_sites: int) -> tuple[tuple[int, ...], list[Finding]]:
    values = np.asarray(list(fixed))
    if values.size == 0:
        return (), []
    if values.ndim != 1 or not np.issubdtype(values.dtype, np.integer):
        return (), [error("siting-fixed-whole", value=list(fixed))]
    outside = sorted({int(v) for v in values if not 0 <= v < n_sites})
    twice = sorted({int(v) for v in values if (values == v).sum() > 1})
    findings = [error("siting-fixed-range", value=v, last=n_sites - 1) for v in outside]
    findings += [error("siting-fixed-twice", value=v) for v in twice]
    return tuple(sorted({int(v) for v in values})), findings


def _count(p: Any, n_fixed: int, n_sites: int) -> list[Finding]:
    if p is None:
        return []
    if isinstance(p, (bool, np.bool_)) or not isinstance(p, (int, np.integer)):
        return [error("siting-p-whole", value=p)]
    if not 1 <= p <= n_sites:
        return [error("siting-p-range", value=int(p), sites=n_sites)]
    if n_fixed > p:
        return [error("siting-p-fixed", value=int(p), fixed=n_fixed)]
    return []


def nearest_open(cost: Any, sites: Sequence[int], limit: float = np.inf) -> tuple[I64, F64]:
    """Return per row the nearest open site (-1: none within ``limit``) and its cost (inf: none)."""
    best = np.full(cost.shape[0], np.inf)
    who = np.full(cost.shape[0], -1, dtype=np.int64)
    by_site = cost.tocsc()
    for site in sorted(sites):
        part = slice(by_site.indptr[site], by_site.indptr[site + 1])
        rows, values = by_site.indices[part], by_site.data[part]
        closer = (values < best[rows]) & (values <= limit + LIMIT_TOLERANCE)
        best[rows[closer]] = values[closer]
        who[rows[closer]] = site
    return who, best


def weighted_sum(weights: F64, values: F64) -> float:
    """Return the sum of ``weights * values``, independent of the order of rows; weight 0 counts 0 even at inf."""
    used = weights > 0
    return math.fsum((weights[used] * values[used]).tolist())


def relative_gap(objective: float, bound: float) -> float:
    """Return the distance between answer and bound, relative to the answer."""
    return abs(bound - objective) / max(abs(objective), 1e-9)


def verdict(objective: float, bound: float, *, finished: bool) -> tuple[SolveStatus, float, float]:
    """Return ``(status, bound, gap)`` of an answer whose search ``finished`` by itself or met its time limit."""
    if abs(bound - objective) <= 1e-6 * max(1.0, abs(objective)):
        return "optimal", objective, 0.0
    return "within_gap" if finished else "time_limit", bound, relative_gap(objective, bound)


def scale_of(weights: F64) -> float:
    """Return the factor that lifts small weights (shares of one) well above the solver's tolerances."""
    largest = float(weights.max(initial=0.0))
    return 1000.0 / largest if 0.0 < largest < 1.0 else 1.0
