"""Who bears the walking: concentration, inequality within and between places, and poverty of minutes.

For annexes and notebooks: none of these is a verdict. All weigh people, not points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.analysis.coverage.share import groups, minutes_to, people
from circles.area import Area
from circles.foundation.limits import reached
from circles.foundation.schema.tables import TABLES
from circles.foundation.types import F64

Values = Sequence[float] | F64
_NO_BOUNDS = (math.nan,) * 10
"""Columns that `certainty.fairness_interval` fills where people are estimates."""


@dataclass(frozen=True)
class Theil:
    """Theil's T: ``total`` = ``within`` groups + ``between`` them."""

    total: float
    within: float
    between: float


def palma(values: Values, weights: Values | None = None) -> float:
    """Return the Palma ratio: the share of the highest 10 % of people over that of the lowest 40 %; 0.25 if all are alike.

    Palma 2011, doi:10.1111/j.1467-7660.2011.01709.x. A person at the boundary counts with the part that lies inside. NaN
    where nobody is, or where the lowest have 0.

    >>> palma([1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    0.25
    """
    x, w = _arrays(values, weights)
    order = np.lexsort((w, x))
    x, w = x[order], w[order]
    whole = math.fsum(w.tolist())
    upper = np.cumsum(w)
    lower = upper - w
    low = math.fsum((x * np.clip(np.minimum(upper, 0.4 * whole) - lower, 0.0, None)).tolist())
    high = math.fsum((x * np.clip(upper - np.maximum(lower, 0.9 * whole), 0.0, None)).tolist())
    return high / low if whole > 0 and low != 0 else math.nan


def theil(values: Values, groups: npt.ArrayLike, weights: Values | None = None) -> Theil:
    """Return Theil's T of people's values, and its parts within and between groups; NaN where the mean is 0.

    T = Σ w/W · x/μ · ln(x/μ), a value of 0 adding nothing (Theil 1967).

    >>> theil([1, 1, 3, 3], ["a", "a", "b", "b"]).within
    0.0
    """
    x, w = _arrays(values, weights)
    mean = _mean(x, w)
    if not mean > 0:
        return Theil(math.nan, math.nan, math.nan)
    number = np.unique(np.asarray(groups).astype(str), return_inverse=True)[1]
    persons = np.bincount(number, w)
    amount = np.bincount(number, w * x)
    has = persons > 0
    share = np.divide(amount, persons, out=np.zeros_like(amount), where=has) / mean
    whole = math.fsum(w.tolist())
    between = math.fsum((persons / whole * _log(share)).tolist())
    total = math.fsum((w / whole * _log(x / mean)).tolist())
    return Theil(total, total - between, between)


def concentration(values: Values, rank_by: Values, weights: Values | None = None) -> float:
    """Return the concentration index of values over people ranked by something else, from -1 to 1; 0 = no relation.

    2 / μ · cov(x, R), R a person's fractional rank; people who rank alike share the middle rank (Kakwani, Wagstaff &
    van Doorslaer 1997, doi:10.1016/S0304-4076(96)01807-6). Positive: the values fall on those who rank high.

    >>> round(concentration([1, 2, 3, 4], [1, 2, 3, 4]), 3)
    0.25
    """
    x, w = _arrays(values, weights)
    mean = _mean(x, w)
    if not mean > 0:
        return math.nan
    number = np.unique(np.asarray(rank_by, dtype=np.float64), return_inverse=True)[1]
    share = np.bincount(number, w) / math.fsum(w.tolist())
    rank = (np.cumsum(share) - share / 2.0)[number]
    return 2.0 * math.fsum((w * x * rank).tolist()) / (math.fsum(w.tolist()) * mean) - 1.0


def poverty_of_minutes(
    minutes: Values, limit_min: float, *, power: int, horizon_min: float, weights: Values | None = None
) -> float:
    """Return the Foster–Greer–Thorbecke measure of minutes beyond the limit, its gap being a share of the limit.

    Parameters
    ----------
    minutes : (n,) NaN = none: those count as the horizon
    limit_min : the limit, inclusive: the poverty line
    power : 0 = share of people beyond, 1 = mean gap, 2 = mean squared gap
    horizon_min : minutes of those who have none
    weights : (n,) people

    Notes
    -----
    Foster, Greer & Thorbecke 1984, doi:10.2307/1913475. There less income is worse; here more minutes are.

    >>> poverty_of_minutes([10, 15, 30], 15, power=1, horizon_min=60)
    0.3333333333333333
    """
    x, w = _arrays(minutes, weights)
    whole = math.fsum(w.tolist())
    part = poverty_of_each(x, limit_min, power=power, horizon_min=horizon_min)
    return math.fsum((w * part).tolist()) / whole if whole > 0 else math.nan


def poverty_of_each(minutes: F64, limit_min: float, *, power: int, horizon_min: float) -> F64:
    """Return what each person adds to `poverty_of_minutes`: 0 within the limit, else the gap's share of it, to a power.

    Parameters
    ----------
    minutes : (n,) NaN = none: those count as the horizon
    limit_min : the limit, inclusive
    power : of the gap
    horizon_min : minutes of those who have none
    """
    x = np.where(np.isnan(minutes), max(horizon_min, limit_min), minutes)
    return np.where(reached(x, limit_min), 0.0, ((x - limit_min) / limit_min) ** power)


def fairness(residents: pd.DataFrame, access: pd.DataFrame, area: Area) -> pd.DataFrame:
    """Return the table ``fairness``: minutes per category and group, with townships and with islands as the groups."""
    old = residents["age_60_plus"].to_numpy(dtype=np.float64) if "age_60_plus" in residents else None
    everyone = people(residents, "population")
    rows: list[tuple[object, ...]] = []
    for category in area.categories:
        minutes = minutes_to(category.id, access, residents)
        has = ~np.isnan(minutes)
        for group in groups(residents):
            w = people(residents, group)
            ranked = math.nan
            if old is not None:
                rank = np.divide(old, everyone, out=np.zeros_like(everyone), where=everyone > 0)
                ranked = concentration(minutes[has], rank[has], w[has])
            poor = [
                poverty_of_minutes(minutes, area.walk.limit_min, power=k, horizon_min=area.horizon_min, weights=w)
                for k in (0, 1, 2)
            ]
            for by, column in (("townships", "township_code"), ("islands", "island")):
                found = theil(minutes[has], residents[column].fillna("").astype(str).to_numpy()[has], w[has])
                rows.append(
                    (
                        category.id, category.profile, group, by, math.fsum(w.tolist()), math.fsum(w[~has].tolist()),
                        found.total, found.within, found.between, ranked, *poor, *_NO_BOUNDS,
                    )
                )  # fmt: skip
    return TABLES["fairness"].frame(rows)


def _arrays(values: Values, weights: Values | None) -> tuple[F64, F64]:
    x = np.asarray(values, dtype=np.float64)
    return x, np.ones_like(x) if weights is None else np.asarray(weights, dtype=np.float64)


def _mean(x: F64, w: F64) -> float:
    whole = math.fsum(w.tolist())
    return math.fsum((w * x).tolist()) / whole if whole > 0 else math.nan


def _log(x: F64) -> F64:
    """Return x·ln(x), 0 at 0."""
    return np.asarray(x * np.log(np.where(x > 0, x, 1.0)), dtype=np.float64)
