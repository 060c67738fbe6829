"""People of villages drawn anew, with the sums of their townships kept."""

from __future__ import annotations

import math

import numpy as np

from circles.analysis.certainty.doubts import Villages
from circles.foundation.types import F64


def redistributed(villages: Villages, factor: F64) -> dict[str, F64]:
    """Return people per group with each village's times its factor, and each township's sum exactly as it was."""
    own = villages.of_resident
    times = np.where(own >= 0, factor[np.maximum(own, 0)], 1.0)
    order = np.argsort(villages.township, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(villages.township[order])) + 1)
    found = {}
    for group, weights in villages.weights.items():
        drawn = weights * times
        for rows in parts:
            stated, now = math.fsum(weights[rows].tolist()), math.fsum(drawn[rows].tolist())
            if now <= 0 or not (own[rows] >= 0).any():
                drawn[rows] = weights[rows]
                continue
            drawn[rows] *= stated / now
            largest = rows[np.argmax(drawn[rows])]
            for _ in range(3):  # what rounding left over goes to the largest point
                left = stated - math.fsum(drawn[rows].tolist())
                if left == 0.0:
                    break
                drawn[largest] += left
        found[group] = drawn
    return found
