"""How evenly access is spread: weighted percentiles, Gini, Palma and coefficient of variation.

Every figure weighs people, not points. Minutes are a burden: a Gini of minutes says how unevenly the walking is shared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from circles.analysis.coverage.fairness import palma
from circles.analysis.coverage.share import Unit, groups, minutes_to, people, total, township_units, units
from circles.area import Area
from circles.foundation.limits import reached
from circles.foundation.types import F64

COLUMNS = (
    "level", "category", "profile", "group", "quantity", "units", "population", "without", "p10", "p50", "p90", "mean",
    "gini", "palma", "palma_of_means", "variation",
)  # fmt: skip
"""Columns of :func:`equity`."""


def percentile(values: F64, weights: F64, percent: float) -> float:
    """Return the least value within which ``percent`` % of the weight lies; NaN values count as inf.

    Parameters
    ----------
    values : (n,), NaN = none
    weights : (n,) people, ≥ 0

    Returns
    -------
    float
        NaN without weight; inf where too many have none.

    Examples
    --------
    >>> percentile(np.array([5.0, 10.0, np.nan]), np.array([6.0, 3.0, 1.0]), 90)
    10.0
    """
    return _percentiles(values, weights, [percent])[0]


def _percentiles(values: F64, weights: F64, percents: Sequence[float]) -> list[float]:
    """Return :func:`percentile` of several ``percents``, of one sorting."""
    everyone = math.fsum(weights.tolist())
    if everyone <= 0:
        return [math.nan] * len(percents)
    lasting = np.where(np.isnan(values), math.inf, values)
    order = np.argsort(lasting, kind="stable")
    order = order[weights[order] > 0]
    before = np.cumsum(weights[order])
    needed = [percent / 100.0 * everyone - 1e-12 * everyone for percent in percents]
    return [float(lasting[order[min(int(at), order.size - 1)]]) for at in np.searchsorted(before, needed)]


def gini(values: Sequence[float] | F64, weights: Sequence[float] | F64 | None = None) -> float:
    """Return the Gini coefficient: half the mean absolute difference between two people, over the mean.

    0 = all alike. NaN where nobody is, or where the mean is 0.

    >>> round(gini([1, 2, 3, 4]), 3)
    0.25
    """
    x, w = _sorted(values, weights)
    whole, amount = math.fsum(w.tolist()), math.fsum((w * x).tolist())
    if whole <= 0 or amount == 0:
        return math.nan
    before = np.cumsum(w) - w / 2.0
    return math.fsum((2.0 * w * x * before).tolist()) / (whole * amount) - 1.0


def palma_of_means(values: Sequence[float] | F64, weights: Sequence[float] | F64 | None = None) -> float:
    """Return the mean of the highest 10 % of people over the mean of the lowest 40 %; 1 if all are alike.

    Four times the Palma ratio (`fairness.palma`), which compares shares.

    A person at the boundary counts with the part that lies inside. NaN where nobody is, or where the lowest have 0.

    >>> palma_of_means([1, 1, 1, 1, 1, 1, 1, 1, 1, 3])
    3.0
    """
    x, w = _sorted(values, weights)
    whole = math.fsum(w.tolist())
    if whole <= 0:
        return math.nan
    upper = np.cumsum(w)
    lower = upper - w
    low = np.clip(np.minimum(upper, 0.4 * whole) - lower, 0.0, None)
    high = np.clip(upper - np.maximum(lower, 0.9 * whole), 0.0, None)
    bottom, top = math.fsum((low * x).tolist()), math.fsum((high * x).tolist())
    if bottom == 0:
        return math.nan
    return (top / math.fsum(high.tolist())) / (bottom / math.fsum(low.tolist()))


def variation(values: Sequence[float] | F64, weights: Sequence[float] | F64 | None = None) -> float:
    """Return the coefficient of variation: standard deviation of people (not of a sample) over their mean.

    >>> variation([1, 3])
    0.5
    """
    x, w = _sorted(values, weights)
    whole = math.fsum(w.tolist())
    mean = math.fsum((w * x).tolist()) / whole if whole > 0 else 0.0
    if mean == 0:
        return math.nan
    return math.sqrt(math.fsum((w * (x - mean) ** 2).tolist()) / whole) / abs(mean)


def equity(residents: pd.DataFrame, access: pd.DataFrame, area: Area, townships: pd.DataFrame) -> pd.DataFrame:
    """Return how evenly access is spread, per category and group, on three levels.

    Parameters
    ----------
    residents, access, townships : tables of these names
    area : gives categories and groups

    Returns
    -------
    DataFrame
        Columns ``COLUMNS``. Level ``people``: minutes of people; percentiles count people without minutes as
        infinitely far (empty where that decides), the other figures leave them out and ``without`` says how many they
        are. Levels ``townships`` and ``islands``: the covered share of each unit, weighted by its people; units
        without people of the group are left out.
    """
    levels = {
        "townships": [unit for unit in township_units(residents, townships) if unit.code != "NONE"],
        "islands": [unit for unit in units(residents["island"], (), ()) if unit.code != "NONE"],
    }
    rows: list[tuple[object, ...]] = []
    for category in area.categories:
        minutes = minutes_to(category.id, access, residents)
        inside = reached(minutes, area.walk.limit_min)
        for group in groups(residents):
            weights = people(residents, group)
            head = category.id, category.profile, group
            rows.append(("people", *head, "minutes", *_spread(minutes, weights)))
            for level, found in levels.items():
                shares, persons = _shares(found, weights, weights * inside)
                rows.append((level, *head, "share", *_spread(shares, persons)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _shares(found: list[Unit], weights: F64, covered: F64) -> tuple[F64, F64]:
    persons = np.array([total(weights, unit.rows) for unit in found], dtype=np.float64)
    within = np.array([total(covered, unit.rows) for unit in found], dtype=np.float64)
    peopled = persons > 0
    return within[peopled] / persons[peopled], persons[peopled]


def _spread(values: F64, weights: F64) -> tuple[float, ...]:
    """Return units, population, without, three percentiles (NaN for inf), mean, Gini, Palma, ratio of means and variation."""
    has = ~np.isnan(values)
    x, w = _sorted(values[has], weights[has])  # once: sorting what is sorted costs little
    whole = math.fsum(w.tolist())
    cuts = _percentiles(values, weights, (10.0, 50.0, 90.0))
    mean = math.fsum((x * w).tolist()) / whole if whole > 0 else math.nan
    return (
        int((weights > 0).sum()), math.fsum(weights.tolist()), math.fsum(weights[~has].tolist()),
        *(cut if math.isfinite(cut) else math.nan for cut in cuts), mean, gini(x, w), palma(x, w), palma_of_means(x, w), variation(x, w),
    )  # fmt: skip


def _sorted(values: Sequence[float] | F64, weights: Sequence[float] | F64 | None) -> tuple[F64, F64]:
    x = np.asarray(values, dtype=np.float64)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=np.float64)
    order = np.lexsort((w, x))
    return x[order], w[order]
