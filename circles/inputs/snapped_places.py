"""Residents and facilities snapped to the network, once per walker, and what is doubtful about it (contract, 3.5)."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np

from circles.area import Area
from circles.area.walkers import Walker
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.types import F64, I64
from circles.inputs.entrances import Doors
from circles.inputs.loading import Inputs
from circles.inputs.locating import listed, off_land, unit_of
from circles.network import Snapped, StreetNetwork

_LONG_LEG_M = 50.0
"""A straight leg above this is named: three quarters of a minute that nobody may walk so."""
_MOST_NAMED = 20


@dataclass(frozen=True)
class Located:
    """Places in the area's CRS: ``xy`` (n, 2), the number of the island of each, -1 = at sea, and the doors of some."""

    xy: F64
    island: I64
    doors: Doors | None = None

    def islands_of(self, rows: I64) -> I64:
        """Return the islands of some places, those of their doors included."""
        own = self.island[rows]
        return own if self.doors is None else np.concatenate([own, self.doors.island[self.doors.of_rows(rows)]])


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
            self._snapped[key] = self._entered(at, walker)
        return self._snapped[key]

    def _entered(self, at: Located, walker: Walker) -> Snapped:
        """Return places snapped, those with doors at their doors."""
        own = self.snap(at.xy, at.island, walker)
        if at.doors is None or not len(at.doors):
            return own
        return own.entered(self.snap(at.doors.xy, at.doors.island, walker), at.doors.facility)

    def entries(self, rows: I64) -> tuple[F64, I64, I64]:
        """Return where facilities ``rows`` are entered: (e, 2) places, (e,) islands, (e,) positions in ``rows``."""
        at = self.facility_at
        if at.doors is None or not len(at.doors):
            return at.xy[rows], at.island[rows], np.arange(len(rows))
        doors = at.doors.of_rows(rows)
        bare = np.flatnonzero(~np.isin(rows, at.doors.facility))
        order = np.argsort(rows, kind="stable")
        owner = order[np.searchsorted(rows[order], at.doors.facility[doors])]
        xy = np.concatenate([at.xy[rows[bare]], at.doors.xy[doors]])
        island = np.concatenate([at.island[rows[bare]], at.doors.island[doors]])
        return xy, island, np.concatenate([bare, owner])

    def snap(self, xy: F64, island: I64, walker: Walker) -> Snapped:
        """Return places (p, 2) of islands (p,) snapped as those of the area are."""
        walk = self.area.walk
        return self.network.snap(xy, island, walker, snap_max_m=walk.snap_max_m, fragment_max_m=walk.fragment_max_m)


def snapped_places(inputs: Inputs) -> SnappedPlaces:
    """Return the residents and facilities of an area, ready to be snapped for any walker."""
    return SnappedPlaces(inputs.area, inputs.network, inputs.facilities, inputs.residents, *located(inputs))


def located(inputs: Inputs) -> tuple[Located, Located]:
    """Return where facilities, with their doors, and residents are."""
    return (
        Located(inputs.facility_xy, inputs.facility_island, inputs.doors),
        Located(inputs.resident_xy, inputs.resident_island),
    )


def doubts(places: SnappedPlaces) -> list[Finding]:
    """Return findings on places that are not snapped, or whose access leg leaves the land; once per place."""
    found: list[Finding] = []
    area, ground, unit = places.area, places.network.islands, unit_of(places.area)
    for table, frame, at in (
        ("facilities", places.facilities, places.facility_at), ("residents", places.residents, places.resident_at)
    ):  # fmt: skip
        loose, wet = np.zeros(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
        leg_m = np.zeros(len(frame))
        own = np.ones(len(frame), dtype=bool)
        if at.doors is not None:
            own[at.doors.facility] = False
        for category in area.categories:
            snapped = places.snapped(table, area.walkers[category.profile])
            mine = (frame["category"] == category.id).to_numpy() if table == "facilities" else np.ones(len(frame), bool)
            loose |= mine & ~snapped.is_snapped & ((at.island >= 0) | ~own)
            mine = mine & own
            leg_m = np.where(mine & snapped.is_snapped, np.maximum(leg_m, snapped.leg_m), leg_m)
            wet |= mine & off_land(at.xy, snapped.foot_xy, snapped.is_snapped & mine, ground)
            wet |= mine & off_land(at.xy, snapped.second.foot_xy, snapped.second.is_snapped & mine, ground)
        found += listed(frame, loose, "not-joined", table, unit=unit) + listed(
            frame, wet, "leg-off-land", table, unit=unit
        )
        found += _long_legs(frame, leg_m, table)
    return found + _doubtful_doors(places)


def _long_legs(frame: gpd.GeoDataFrame, leg_m: F64, table: str) -> list[Finding]:
    """Return one note that names the places with the longest straight legs to their street, where any is long."""
    longest = np.argsort(-leg_m, kind="stable")[: np.count_nonzero(leg_m > _LONG_LEG_M)]
    if not len(longest):
        return []
    sample = ", ".join(f"{frame['id'].iloc[at]} {leg_m[at]:.0f} m" for at in longest[:_MOST_NAMED])
    return [errors.info("leg-long", table, count=len(longest), most=f"{_LONG_LEG_M:.0f}", sample=sample)]


def _doubtful_doors(places: SnappedPlaces) -> list[Finding]:
    """Return findings on doors without a street, and on those whose leg leaves the land."""
    doors, area = places.facility_at.doors, places.area
    if doors is None or not len(doors):
        return []
    loose, wet = np.zeros(len(doors), dtype=bool), np.zeros(len(doors), dtype=bool)
    category = places.facilities["category"].to_numpy(dtype=object)[doors.facility]
    for one in area.categories:
        snapped = places.snap(doors.xy, doors.island, area.walkers[one.profile])
        mine = np.asarray(category == one.id)
        loose |= mine & ~snapped.is_snapped & (doors.island >= 0)
        wet |= mine & off_land(doors.xy, snapped.foot_xy, snapped.is_snapped & mine, places.network.islands)
    rows = doors.table["row"].to_numpy()
    return [
        errors.warning(code, str(doors.table["file"][at]), int(rows[at]) if rows[at] > 0 else None,
                       str(doors.table["door"][at]), facility=str(doors.table["facility_id"][at]))
        for code, hit in (("entrance-not-joined", loose), ("entrance-off-land", wet))
        for at in np.flatnonzero(hit).tolist()
    ]  # fmt: skip
