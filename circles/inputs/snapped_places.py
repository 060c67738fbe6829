"""Residents and facilities snapped to the network, once per walker, and what is doubtful about it (contract, 3.5)."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np

from circles.area import Area
from circles.area.walkers import Walker
from circles.foundation.errors import Finding
from circles.foundation.types import F64, I64
from circles.inputs.loading import Inputs
from circles.inputs.locating import listed, off_land, unit_of
from circles.network import Snapped, StreetNetwork


@dataclass(frozen=True)
class Located:
    """Places in the area's CRS: ``xy`` (n, 2) and the number of the island of each, -1 = at sea."""

    xy: F64
    island: I64


@dataclass(frozen=True)
class SnappedPlaces:
    """Residents and facilities of an area with their network; what is snapped is kept per kind of walker."""

    area: Area
    network: StreetNetwork
    facilities: gpd.GeoDataFrame
    residents: gpd.GeoDataFrame
    facility_at: Located
    resident_at: Located
    _snapped: dict[tuple[str, bool], Snapped] = field(default_factory=dict, repr=False, compare=False)

    def snapped(self, which: str, walker: Walker) -> Snapped:
        """Return the ``facilities`` or ``residents`` snapped for this walker."""
        key = (which, walker.steps_m_per_s > 0)
        if key not in self._snapped:
            at = self.facility_at if which == "facilities" else self.resident_at
            self._snapped[key] = self.snap(at.xy, at.island, walker)
        return self._snapped[key]

    def snap(self, xy: F64, island: I64, walker: Walker) -> Snapped:
        """Return places (p, 2) of islands (p,) snapped as those of the area are."""
        walk = self.area.walk
        return self.network.snap(xy, island, walker, snap_max_m=walk.snap_max_m, fragment_max_m=walk.fragment_max_m)


def snapped_places(inputs: Inputs) -> SnappedPlaces:
    """Return the residents and facilities of an area, ready to be snapped for any walker."""
    return SnappedPlaces(
        inputs.area, inputs.network, inputs.facilities, inputs.residents,
        Located(inputs.facility_xy, inputs.facility_island), Located(inputs.resident_xy, inputs.resident_island),
    )  # fmt: skip


def doubts(places: SnappedPlaces) -> list[Finding]:
    """Return findings on places that are not snapped, or whose access leg leaves the land; once per place."""
    found: list[Finding] = []
    area, ground, unit = places.area, places.network.islands, unit_of(places.area)
    for table, frame, at in (
        ("facilities", places.facilities, places.facility_at), ("residents", places.residents, places.resident_at)
    ):  # fmt: skip
        loose, wet = np.zeros(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
        for category in area.categories:
            snapped = places.snapped(table, area.walkers[category.profile])
            mine = (frame["category"] == category.id).to_numpy() if table == "facilities" else np.ones(len(frame), bool)
            loose |= mine & ~snapped.is_snapped & (at.island >= 0)
            wet |= mine & off_land(at.xy, snapped.foot_xy, snapped.is_snapped & mine, ground)
            wet |= mine & off_land(at.xy, snapped.second.foot_xy, snapped.second.is_snapped & mine, ground)
        found += listed(frame, loose, "not-joined", table, unit=unit) + listed(
            frame, wet, "leg-off-land", table, unit=unit
        )
    return found
