"""An area's network with the ways across its squares, where the area asks for them ([walk] cross_squares)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from circles.area import Area
from circles.area.walkers import BUILT_IN
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import Streets
from circles.foundation.types import F64, I64
from circles.inputs.entrances import Doors
from circles.network import StreetNetwork, build
from circles.network.slopes import Heights
from circles.network.squares import Standing, crossed, walked_lines

Spots = tuple[F64, I64]
"""Places (p, 2) in the area's CRS and their islands (p,)."""


def across_squares(
    area: Area, streets: Streets, network: StreetNetwork, facilities: Spots, residents: Spots,
    *, heights: Heights | None = None, doors: Doors | None = None,
) -> tuple[StreetNetwork, list[Finding]]:  # fmt: skip
    """Return the network with the ways across squares, and how many squares there are.

    Parameters
    ----------
    area : says whether squares are crossed
    streets, network : the lines, and the network built from them without such ways
    facilities, residents : who is snapped to the outlines of squares, or stands on one
    heights, doors : of the network, of the facilities
    """
    if not area.walk.cross_squares:
        return network, []
    if doors is not None and len(doors):
        facilities = np.concatenate([facilities[0], doors.xy]), np.concatenate([facilities[1], doors.island])
    line_of = network.edges["line_id"].to_numpy()
    line_of = walked_lines(streets)[line_of] if not streets.is_noded else line_of
    out, count = crossed(streets, *(_standing(area, network, spots, line_of) for spots in (facilities, residents)))
    if not count:
        return network, [errors.warning("squares-none", area.file.name, id="walk.cross_squares")]
    made = build(out, network.islands, crs=area.crs, heights=heights)
    return replace(made, findings=network.findings), [errors.info("squares-crossed", "network", n=count)]


def _standing(area: Area, network: StreetNetwork, spots: Spots, line_of: I64) -> Standing:
    """Return where places are snapped without ways across squares, by walkers with and without steps."""
    xy, island = spots
    known = np.isfinite(xy).all(axis=1)
    walkers = [*area.walkers.values(), *BUILT_IN.values()]
    kinds = {walker.steps_m_per_s > 0: walker for walker in walkers}
    snapped = [
        network.snap(
            xy[known], island[known], walker, snap_max_m=area.walk.snap_max_m, fragment_max_m=area.walk.fragment_max_m
        )
        for walker in kinds.values()
    ]
    return Standing.of(xy[known & (island >= 0)], snapped, line_of)
