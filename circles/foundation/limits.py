"""The rule for being within a limit: seconds ≤ limit + 1e-6 (contract, section 3.7), defined once."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from circles.foundation.types import F64

TOLERANCE_S = 1e-6
"""A time this much beyond the limit is still within it; facilities closer to each other than this tie."""
_EPSILON = float(np.finfo(np.float64).eps)
_Limit = TypeVar("_Limit", float, F64)


def inclusive(limit_s: _Limit) -> _Limit:
    """Return the longest time, in seconds, that is within a limit."""
    return limit_s + TOLERANCE_S


def within(seconds: npt.ArrayLike, limit_s: float | F64) -> npt.NDArray[np.bool_]:
    """Return whether each of ``seconds`` is within the limit; NaN and inf are not."""
    return np.asarray(np.asarray(seconds, dtype=np.float64) <= limit_s + TOLERANCE_S, dtype=np.bool_)


def reached(minutes: npt.ArrayLike, limit_min: float | F64) -> npt.NDArray[np.bool_]:
    """Return whether each of ``minutes`` is within the limit in minutes; NaN is not.

    Minutes are seconds / 60, so a few units in the last place are allowed on top of the tolerance: the answer is that
    of the seconds.
    """
    limit_s = limit_min * 60.0
    bound = limit_s + TOLERANCE_S + 4.0 * _EPSILON * limit_s
    return np.asarray(np.asarray(minutes, dtype=np.float64) * 60.0 <= bound, dtype=np.bool_)
