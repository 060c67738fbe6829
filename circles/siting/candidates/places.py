"""Candidates that stand already: the centres of villages, and the buildings of other services."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from circles.inputs.loading import Inputs
from circles.siting.candidates.table import Candidates, located

__all__ = ["public_places"]

SAME_PLACE_M = 1.0
"""Places nearer to each other than this are one."""


def public_places(inputs: Inputs, category: str) -> Candidates:
    """Return village centres and the buildings of facilities, without those where ``category`` already is.

    One candidate per place: of several within a metre the first stays, buildings in the order of their table before
    villages. A facility of the category itself that does not count (planned, closed) is a candidate too.
    """
    shops = inputs.facilities
    here = (shops["category"] == category) & shops["is_counted"].astype(bool)
    rows = shops[~here]
    buildings = pd.DataFrame({"id": rows["id"], "name": rows["name"], "kind": "building"})
    points = [rows.geometry.to_numpy()]
    parts = [buildings.assign(township_code=rows["township_code"])]
    if len(inputs.villages):
        towns = inputs.villages
        parts.append(
            pd.DataFrame(
                {"id": towns["code"], "name": towns["name"], "kind": "village", "township_code": towns["township_code"]}
            )
        )
        points.append(towns.geometry.to_numpy())
    table = pd.concat(parts, ignore_index=True)
    place = np.concatenate(points)
    table["lon"], table["lat"] = shapely.get_x(place), shapely.get_y(place)
    table["township_code"] = table["township_code"].replace("NONE", "")
    found = located(inputs, table[np.isfinite(table["lon"]).to_numpy()])
    taken = inputs.facility_xy[here.to_numpy()]
    return found.only(_first_of_each(found.xy, taken) & ~found.table["id"].duplicated().to_numpy())


def _first_of_each(xy: npt.NDArray[np.float64], taken: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return which places are the first at their place, and not taken."""
    keep: npt.NDArray[np.bool_] = np.asarray(np.isfinite(xy).all(axis=1))
    taken = taken[np.isfinite(taken).all(axis=1)]
    if len(taken) and keep.any():
        keep[keep] = cKDTree(taken).query(xy[keep])[0] > SAME_PLACE_M
    rows = np.flatnonzero(keep)
    for a, b in sorted(cKDTree(xy[rows]).query_pairs(SAME_PLACE_M)) if len(rows) else ():
        if keep[rows[a]]:
            keep[rows[b]] = False
    return keep
