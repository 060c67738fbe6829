"""``[[relocate]]`` of a scenario: a share of the people of one place lives in another; nobody is lost, group by group."""

from __future__ import annotations

import math
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from circles.analysis.coverage import groups, people
from circles.analysis.scenario.model import Relocate, Where
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.limits import reached
from circles.foundation.types import F64, I64


def relocated(
    residents: gpd.GeoDataFrame, moves: Sequence[Relocate], *, where: str
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the residents after every move, one after the other, and what is wrong with the moves.

    People leave each point of the old place in the same share and settle in proportion to those who live in the new one;
    what a rounding leaves over goes to its largest point, so that every group adds up to what it was.
    """
    out, found = residents.copy(), []
    for number, move in enumerate(moves, 1):
        old, new = _rows(out, move.from_), _rows(out, move.to)
        for side, rows, place in (("from", old, move.from_), ("to", new, move.to)):
            if not len(rows) or not people(out, "population")[rows].sum() > 0:
                found.append(errors.error("relocate-nobody", where, number, place.value, key=side, value=place.value))
        if len(np.intersect1d(old, new)):
            found.append(errors.error("relocate-same", where, number, move.to.value, value=move.to.value))
        if found:
            continue
        shares = people(out, "population")[new]
        for group in groups(out):
            before = people(out, group)
            out[group] = _moved(before, old, new, shares / shares.sum(), move.share)
    return out, found


def _moved(before: F64, old: I64, new: I64, shares: F64, share: float) -> F64:
    """Return a group's people after the move; the sum is that of before, to the last bit that the points can hold."""
    after = before.copy()
    after[old] = before[old] * (1.0 - share)
    moving = np.sum(before[old]) - np.sum(after[old])
    after[new] = before[new] + moving * shares
    after[new[np.argmax(shares)]] += np.sum(before) - np.sum(after)
    return after


def _rows(residents: gpd.GeoDataFrame, place: Where) -> I64:
    column = {"village": "village_code", "township": "township_code", "island": "island"}[place.kind]
    return np.flatnonzero((residents[column].astype(str) == place.value).to_numpy()).astype(np.int64)


def facility_people(
    facilities: pd.DataFrame,
    *,
    before: tuple[pd.DataFrame, pd.DataFrame],
    after: tuple[pd.DataFrame, pd.DataFrame],
    limit_min: tuple[float, float],
) -> pd.DataFrame:
    """Return the table ``facility_people``: whose nearest each counted facility is, before and after people moved.

    Parameters
    ----------
    facilities : of the scenario
    before, after : the tables access and residents of each state
    limit_min : the limit of each state
    """
    was, then = (_nearest(*state, limit) for state, limit in zip((before, after), limit_min, strict=True))
    counted = facilities[facilities["is_counted"].to_numpy(dtype=bool)]
    rows = [
        (id_, name, category, was.get((category, id_), 0.0), then.get((category, id_), 0.0))
        for id_, name, category in zip(counted["id"], counted["name"], counted["category"], strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["facility_id", "name", "category", "people_before", "people_after"])
    frame["change"] = frame["people_after"] - frame["people_before"]
    return frame.sort_values(["change", "facility_id"], kind="stable", ignore_index=True)


def _nearest(access: pd.DataFrame, residents: pd.DataFrame, limit_min: float) -> dict[tuple[str, str], float]:
    inside = access[reached(access["minutes"].to_numpy(dtype=np.float64), limit_min)]
    people = dict(zip(residents["id"], residents["population"].tolist(), strict=True))
    found: dict[tuple[str, str], list[float]] = {}
    for resident, category, place in zip(inside["resident_id"], inside["category"], inside["facility_id"], strict=True):
        found.setdefault((str(category), str(place)), []).append(float(people[resident]))
    return {key: math.fsum(own) for key, own in found.items()}
