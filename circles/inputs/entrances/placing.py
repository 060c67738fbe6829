"""Doors → their facilities, their places in the area's CRS and their islands, and what is doubtful about them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from circles.area import Area
from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding
from circles.foundation.types import F64, I64, Bools
from circles.inputs.entrances.model import Doors
from circles.inputs.locating import project
from circles.network import Islands

FAR_M = 150.0
"""A door farther than this from its facility's point, beside the stated accuracy of the point, is doubtful."""
TOO_FAR_M = 1000.0
"""A door farther than this, beside the accuracy, is no door of that facility."""


def placed_doors(
    area: Area, table: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, at: tuple[F64, I64], ground: Islands
) -> tuple[Doors, list[Finding]]:  # fmt: skip
    """Return the doors of facilities that there are, sorted by facility and id, and every problem; errors are not raised.

    Parameters
    ----------
    table : ``facility_id, door, name, source, file, row``, geometry in EPSG:4326
    facilities, at : the facilities as placed, their places in the area's CRS and their islands
    ground : the land
    """
    row_of = {id_: row for row, id_ in enumerate(facilities["id"].astype(str))}
    place = np.array([row_of.get(id_, -1) for id_ in table["facility_id"]], dtype=np.int64)
    found = _unknown(table, place, sorted(row_of))
    order = np.lexsort((table["door"].to_numpy(dtype=str), place))
    order = order[place[order] >= 0]
    table, place = table.iloc[order].reset_index(drop=True), place[order]
    xy = project(table, area.crs)
    island, _ = ground.of_points(xy, within_m=area.walk.snap_max_m)
    doors = Doors(table, place, xy, island)
    same = _repeated(doors)
    found += _findings(doors, same, "entrance-twice", is_error=False)
    doors = doors.kept(~same)
    found += _elsewhere(doors, facilities, *at)
    return doors, found


def _unknown(table: gpd.GeoDataFrame, place: I64, known: list[str]) -> list[Finding]:
    return [
        errors.error("entrance-facility-unknown", row.file, _row(row.row), str(row.door), value=row.facility_id,
                     near=nearest_word.near(str(row.facility_id), known))
        for row in table[place < 0].itertuples()
        if row.facility_id
    ]  # fmt: skip


def _repeated(doors: Doors) -> Bools:
    """Return the doors at the very place of an earlier door of the same facility."""
    keys = np.column_stack([doors.facility, doors.xy]) if len(doors) else np.empty((0, 3))
    first = np.unique(keys, axis=0, return_index=True)[1]
    out = np.ones(len(doors), dtype=bool)
    out[first] = False
    return out


def _elsewhere(doors: Doors, facilities: gpd.GeoDataFrame, facility_xy: F64, facility_island: I64) -> list[Finding]:
    """Return findings on doors at sea, on another island than their facility, and far from it."""
    metres = np.hypot(*(doors.xy - facility_xy[doors.facility]).T)
    accuracy = facilities["position_accuracy_m"].to_numpy(dtype=np.float64)[doors.facility]
    beyond = metres - np.nan_to_num(accuracy)
    own = facility_island[doors.facility]
    at_sea = doors.island < 0
    other = ~at_sea & (own >= 0) & (doors.island != own)
    too_far = ~other & (beyond > TOO_FAR_M)
    far = ~other & ~too_far & (beyond > FAR_M)
    return [
        *_findings(doors, at_sea, "entrance-at-sea", is_error=False),
        *_findings(doors, other, "entrance-island", is_error=True),
        *_findings(doors, too_far, "entrance-too-far", is_error=True, metres=metres, most=TOO_FAR_M),
        *_findings(doors, far, "entrance-far", is_error=False, metres=metres),
    ]


def _findings(
    doors: Doors, hit: Bools, code: str, *, is_error: bool, metres: F64 | None = None, most: float = 0.0
) -> list[Finding]:
    build = errors.error if is_error else errors.warning
    out = []
    for at in np.flatnonzero(hit).tolist():
        row = doors.table.iloc[at]
        values = {} if metres is None else {"metres": f"{metres[at]:.0f}", "most": f"{most:.0f}"}
        out.append(
            build(code, str(row["file"]), _row(row["row"]), str(row["door"]), facility=row["facility_id"], **values)
        )
    return out


def _row(number: object) -> int | None:
    return int(str(number)) if int(str(number)) > 0 else None
