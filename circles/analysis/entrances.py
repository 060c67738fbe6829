"""Which door each resident comes in by, and what each door of a facility is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from circles.analysis.access import CategoryReach, Walks
from circles.foundation.schema.tables import TABLES, Reason
from circles.foundation.types import I64


def door_of(walks: Walks, found: CategoryReach) -> I64:
    """Return, per resident, the door (row of the area's doors) over which the nearest facility is entered; -1 = none.

    Of doors within 1e-6 s of each other the first by id counts.
    """
    out = np.full(len(found.seconds), -1, dtype=np.int64)
    doors, homes = walks.facility_at.doors, found.resident_snapped
    if doors is None or not len(doors) or not len(found.facility_ids) or not homes.is_snapped.any():
        return out
    ids = pd.Index(walks.facilities["id"].astype(str))
    rows = ids.get_indexer(found.facility_ids.astype(str))
    door = found.facility_snapped.doors_of(rows)
    at = homes.positions(speed_m_per_s=found.walker.speed_m_per_s)
    graph = found.network.graph(found.walker)
    _, point = graph.nearest_at(found.positions.apart(), at, direction=found.direction)
    out[homes.is_snapped] = np.where(point >= 0, door[np.maximum(point, 0)], -1)
    out[found.reason != ""] = -1
    return out


def with_doors(access: pd.DataFrame, walks: Walks, reaches: Mapping[str, CategoryReach]) -> pd.DataFrame:
    """Return the table ``access`` with the column ``door``, where the area has doors; else the table as it is."""
    doors = walks.facility_at.doors
    if doors is None:
        return access
    names = np.append(doors.table["door"].to_numpy(dtype=object), "")
    resident = walks.residents["id"].to_numpy(dtype=object)
    parts = [
        pd.DataFrame({"resident_id": resident, "category": category, "door": names[door_of(walks, found)]})
        for category, found in reaches.items()
    ]
    return access.merge(pd.concat(parts, ignore_index=True), on=["resident_id", "category"], how="left", validate="1:1")


def entrances(walks: Walks, reaches: Mapping[str, CategoryReach]) -> gpd.GeoDataFrame:
    """Return the table ``entrances``: one row per door, by facility and id; no rows where the area has none.

    A door counts for the category of its facility, at that category's walker.
    """
    doors = walks.facility_at.doors
    names = TABLES["entrances"].names
    if doors is None or not len(doors):
        return gpd.GeoDataFrame(TABLES["entrances"].empty().drop(columns="geometry"), geometry=[], crs="EPSG:4326")
    frame = pd.DataFrame(doors.table[["facility_id", "door", "name", "source"]])
    category = walks.facilities["category"].to_numpy(dtype=object)[doors.facility]
    n = len(doors)
    leg, residents, people = np.full(n, np.nan), np.zeros(n, dtype=np.int64), np.zeros(n)
    profile = np.full(n, "", dtype=object)
    weight = walks.residents["population"].to_numpy(dtype=np.float64)
    for id_, found in reaches.items():
        mine = np.asarray(category == id_)
        snapped = walks.snap(doors.xy, doors.island, found.walker)
        leg[mine], profile[mine] = snapped.leg_m[mine], found.walker.id
        used = door_of(walks, found)
        for door in np.unique(used[used >= 0]).tolist():
            rows = np.flatnonzero(used == door)
            residents[door], people[door] = len(rows), math.fsum(weight[rows].tolist())
    frame = frame.assign(
        category=category, profile=profile, leg_m=leg,
        reason=np.where(np.isnan(leg), Reason.NOT_JOINED.value, ""), residents=residents, population=people,
    )  # fmt: skip
    return gpd.GeoDataFrame(frame, geometry=doors.table.geometry.to_numpy(), crs="EPSG:4326")[names]
