"""The interval of fairness where people are estimates: villages drawn anew, each township's sum kept."""

from __future__ import annotations

import numpy as np
import pandas as pd

from circles.analysis.certainty.doubts import Villages, doubtful_villages
from circles.analysis.certainty.spread import quantile
from circles.analysis.coverage.fairness import poverty_of_each
from circles.analysis.coverage.share import minutes_to
from circles.area import Area
from circles.foundation.types import F64
from circles.inputs.loading import Inputs

DRAWS = 64
INDICES = ("theil", "concentration", "fgt_0", "fgt_1", "fgt_2")
_SHARES = (0.05, 0.95)


def with_intervals(table: pd.DataFrame, inputs: Inputs, access: pd.DataFrame, *, draws: int = DRAWS) -> pd.DataFrame:
    """Return the table ``fairness`` with the bounds of 90 % of draws for each index; empty where people are counted.

    Parameters
    ----------
    table : rows per category × group × grouping, as `coverage.fairness` makes them
    inputs : the area's inputs: which villages are estimates, and how far they may be off (``[sure] people``)
    access : minutes per resident and category
    draws : how many times people are drawn; the same numbers each time
    """
    villages, out = doubtful_villages(inputs), table.copy()
    if villages is None or table.empty:
        return out
    people = pd.DataFrame(inputs.residents.drop(columns="geometry"))
    factors = drawn_factors(villages, inputs.area, draws)
    old = people["age_60_plus"].to_numpy(dtype=np.float64) if "age_60_plus" in people else None
    every = people["population"].to_numpy(dtype=np.float64)
    rank = None if old is None else np.divide(old, every, out=np.zeros_like(every), where=every > 0)
    for group in table["group"].unique():
        weights = _drawn(villages, str(group), factors)
        for category in inputs.area.categories:
            own = (table["category"] == category.id) & (table["group"] == group)
            minutes = minutes_to(category.id, access, people)
            found = _indices(minutes, weights, rank, inputs.area)
            for name, values in found.items():
                low, high = np.quantile(values, _SHARES)
                out.loc[own, f"{name}_p05"], out.loc[own, f"{name}_p95"] = low, high
    return out


def drawn_factors(villages: Villages, area: Area, draws: int) -> F64:
    """Return (draws, villages) factors on the people of each village, from ``[sure] people`` and ``people_of``."""
    u = np.random.default_rng(0).random((draws, len(villages.codes)))
    spreads = [area.sure.people_of.get(code, area.sure.people) for code in villages.codes]
    return np.column_stack([quantile(spread, u[:, i]) for i, spread in enumerate(spreads)])


def _drawn(villages: Villages, group: str, factors: F64) -> F64:
    """Return (draws, residents) people of a group; the sum of each township is as it is stated."""
    stated, own = villages.weights[group], villages.of_resident
    out = np.where(own >= 0, factors[:, np.maximum(own, 0)], 1.0) * stated
    for number in np.unique(villages.township):
        inside = villages.township == number
        now, wanted = out[:, inside].sum(axis=1), stated[inside].sum()
        out[:, inside] *= np.divide(wanted, now, out=np.ones_like(now), where=now > 0)[:, None]
    return out


def _indices(minutes: F64, weights: F64, rank: F64 | None, area: Area) -> dict[str, F64]:
    """Return each index per draw, by the definitions of `coverage.fairness`; NaN where nobody has minutes."""
    has = ~np.isnan(minutes)
    x, w = minutes[has], weights[:, has]
    with np.errstate(divide="ignore", invalid="ignore"):
        persons, amount = w.sum(axis=1), w @ x
        theil = (w @ (x * np.log(np.where(x > 0, x, 1.0)))) / amount - np.log(amount / persons)
        found = {"theil": np.where(amount > 0, theil, np.nan)}
        found["concentration"] = np.full(len(w), np.nan) if rank is None else _concentration(x, w, rank[has])
        for power in (0, 1, 2):
            each = poverty_of_each(minutes, area.walk.limit_min, power=power, horizon_min=area.horizon_min)
            found[f"fgt_{power}"] = (weights @ each) / weights.sum(axis=1)
    return found


def _concentration(x: F64, w: F64, rank: F64) -> F64:
    order = np.argsort(rank, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(rank[order]) != 0]) if len(order) else np.empty(0, dtype=np.int64)
    if not len(first):
        return np.full(len(w), np.nan)
    persons = np.add.reduceat(w[:, order], first, axis=1)
    amounts = np.add.reduceat((w * x)[:, order], first, axis=1)
    share = persons / persons.sum(axis=1, keepdims=True)
    middle = np.cumsum(share, axis=1) - share / 2.0
    return np.asarray(2.0 * (amounts * middle).sum(axis=1) / amounts.sum(axis=1) - 1.0, dtype=np.float64)
