"""Which source of doubt decides: Sobol shares of groups of numbers, first-order and total, by Jansen's estimators.

The first-order share of a source is how much of the variance would go if it alone were known; the total share how much
would stay if everything else were known. Jansen (1999); Saltelli et al. (2010), the blocks of `design`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from circles.foundation.types import F64

_TINY = 1e-24


@dataclass(frozen=True)
class Shares:
    """Sobol indices of each source, with their standard errors; NaN where there are too few blocks.

    Attributes
    ----------
    first, first_se : (sources,) first-order index: the share of the variance that goes if this source alone is known
    total, total_se : (sources,) total index: the share that stays if all other sources are known
    variance : of the quantity itself, in its unit squared
    """

    first: F64
    first_se: F64
    total: F64
    total_se: F64
    variance: float


def sobol(blocks: F64) -> Shares:
    """Return the Sobol indices of each source, by the estimators of Jansen (1999; Saltelli et al. 2010, table 2).

    Parameters
    ----------
    blocks : (blocks, 2 + sources) what the runs of each whole block gave: A, B, then A with each source taken from B

    Notes
    -----
    The variance is taken from the pairs A, B of the same blocks: then a source that does nothing has a share of exactly
    0, and one that does everything of exactly 1. Standard errors are those of the jackknife over blocks.
    """
    blocks = blocks[np.isfinite(blocks).all(axis=1)]
    n, width = blocks.shape
    blank = np.full(width - 2, np.nan)
    if n < 1:
        return Shares(blank, blank, blank, blank, np.nan)
    a, b, mixed = blocks[:, :1], blocks[:, 1:2], blocks[:, 2:]
    with_b, with_a, apart = (b - mixed) ** 2 / 2.0, (a - mixed) ** 2 / 2.0, (a - b) ** 2 / 2.0
    sums = with_b.sum(axis=0), with_a.sum(axis=0), float(apart.sum())
    if float(np.var(blocks)) <= _TINY:
        zero = np.zeros(width - 2)
        return Shares(zero, zero, zero, zero, 0.0)
    if sums[2] <= _TINY:
        return Shares(blank, blank, blank, blank, np.nan)
    first, total = 1.0 - sums[0] / sums[2], sums[1] / sums[2]
    if n < 3:
        return Shares(first, blank, total, blank, sums[2] / n)
    left = np.maximum(sums[2] - apart, _TINY)
    scale = (n - 1) / np.sqrt(n)
    errors = [scale * ((own - each) / left).std(axis=0) for own, each in ((sums[0], with_b), (sums[1], with_a))]
    return Shares(first, errors[0], total, errors[1], sums[2] / n)
