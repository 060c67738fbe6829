"""The doors of an area's facilities, placed."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np

from circles.foundation.types import F64, I64, Bools


@dataclass(frozen=True)
class Doors:
    """Doors in the area's CRS, by facility and then by id as text.

    Attributes
    ----------
    table : ``facility_id, door, name, source, file, row``, geometry in EPSG:4326; one row per door
    facility : (d,) the row of each door's facility, ascending
    xy : (d, 2) places in the area's CRS
    island : (d,) the number of the island of each, -1 = at sea
    """

    table: gpd.GeoDataFrame
    facility: I64
    xy: F64
    island: I64

    def __len__(self) -> int:
        return len(self.facility)

    def kept(self, keep: Bools) -> Doors:
        """Return some of the doors."""
        table = self.table[keep].reset_index(drop=True)
        return Doors(table, self.facility[keep], self.xy[keep], self.island[keep])

    def without(self, facilities: Bools) -> Doors:
        """Return the doors without those of some facilities (by row of their table)."""
        return self.kept(~facilities[self.facility])

    def of_rows(self, rows: I64) -> I64:
        """Return the doors of some facilities."""
        return np.flatnonzero(np.isin(self.facility, rows))
