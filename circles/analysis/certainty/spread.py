"""Distributions with bounds: a number between 0 and 1 → a value, by the inverse of the distribution function."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from circles.area import Spread
from circles.foundation.types import F64


def quantile(spread: Spread, u: npt.ArrayLike) -> F64:
    """Return the values that a spread does not exceed with probability ``u``; never beyond its bounds.

    >>> from circles.area import Spread
    >>> float(quantile(Spread(least=2.0, most=4.0), 0.25))
    2.5
    """
    share = np.asarray(u, dtype=np.float64)
    least, most = spread.bounds
    if least == most:
        return np.full(share.shape, least)
    if spread.distribution == "triangular":
        value = _triangular(share, least, spread.centre, most)
    elif spread.distribution == "normal":
        value = _normal(share, least, spread.centre, most, spread.sd or 1.0)
    else:
        value = least + (most - least) * share
    return np.clip(value, least, most)


def _triangular(u: F64, least: float, middle: float, most: float) -> F64:
    at = (middle - least) / (most - least)
    left = least + np.sqrt(u * (most - least) * (middle - least))
    right = most - np.sqrt((1.0 - u) * (most - least) * (most - middle))
    return np.where(u < at, left, right)


def _normal(u: F64, least: float, middle: float, most: float, sd: float) -> F64:
    from scipy.special import ndtr, ndtri  # noqa: PLC0415 - only drawn values need it

    low, high = ndtr((least - middle) / sd), ndtr((most - middle) / sd)
    return np.asarray(middle + sd * ndtri(low + u * (high - low)), dtype=np.float64)
