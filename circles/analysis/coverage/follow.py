"""Whether services follow people: each place's share of people beside its share of what the services hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.analysis.coverage.share import people, text_codes
from circles.area import Area
from circles.foundation.types import F64

GROUPS = ("population", "age_0_2", "age_60_plus")
"""Whose shares stand first, where residents have these columns."""
COLUMNS = ("level", "code", "quantity", "amount", "share")


def follow(residents: pd.DataFrame, facilities: pd.DataFrame, area: Area) -> pd.DataFrame:
    """Return each township's and island's share of people and of the services' places.

    Parameters
    ----------
    residents : the table ``residents``
    facilities : the table ``facilities``; only those that count
    area : gives the categories

    Returns
    -------
    DataFrame
        ``level`` (township or island), ``code`` (NONE: nowhere), ``quantity`` (a group, or a category's id), ``amount``
        (people; places, or facilities where no facility of the category states its places), ``share`` of the whole area
        in steps of 0.001, which add up to 1 per level and quantity.
    """
    counted = facilities[facilities["is_counted"].astype(bool)]
    rows = []
    for level, column in (("township", "township_code"), ("island", "island")):
        homes, places = text_codes(residents[column]), text_codes(counted[column])
        codes = sorted({*homes.tolist(), *places.tolist()})
        for group in GROUPS:
            if group in residents:
                rows += _rows(level, codes, group, _sums(homes, people(residents, group), codes))
        for category in area.categories:
            is_own = (counted["category"] == category.id).to_numpy()
            if is_own.any():
                rows += _rows(level, codes, category.id, _sums(places[is_own], amounts(counted[is_own]), codes))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def amounts(facilities: pd.DataFrame) -> F64:
    """Return the places of facilities of one category, shape (n,); 1 each where none states a number, 0 where one does not."""
    places = pd.to_numeric(facilities["capacity"], errors="coerce").to_numpy(dtype=np.float64)
    return np.where(np.isnan(places), 0.0, places) if np.nansum(places) > 0 else np.ones(len(places))


def whole_thousandths(values: Sequence[float]) -> list[float]:
    """Return shares of a sum in steps of 0.001 that add up to 1: the largest remainders are rounded up (Hamilton).

    >>> whole_thousandths([1, 1, 1])
    [0.334, 0.333, 0.333]
    """
    whole = math.fsum(values)
    if whole <= 0:
        return [math.nan for _ in values]
    exact = [1000.0 * value / whole for value in values]
    down = [math.floor(part + 1e-9) for part in exact]
    order = sorted(range(len(exact)), key=lambda at: (-(exact[at] - down[at]), at))
    for at in order[: 1000 - sum(down)]:
        down[at] += 1
    return [part / 1000.0 for part in down]


def _sums(codes: npt.NDArray[np.object_], weights: F64, order: Sequence[str]) -> Mapping[str, float]:
    return {code: math.fsum(weights[codes == code].tolist()) for code in order}


def _rows(
    level: str, codes: Sequence[str], quantity: str, sums: Mapping[str, float]
) -> list[tuple[str, str, str, float, float]]:
    values = [sums[code] for code in codes]
    shares = whole_thousandths(values)
    return [(level, c, quantity, v, s) for c, v, s in zip(codes, values, shares, strict=True)]
