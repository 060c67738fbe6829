"""Candidates as a table and as places on the ground, made the way facilities are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Transformer

from circles.foundation.errors import Finding
from circles.foundation.types import F64, I64
from circles.inputs.loading import Inputs
from circles.inputs.locating import placed, project

__all__ = ["COLUMNS", "Candidates", "located"]

COLUMNS = ("id", "name", "kind", "township_code", "island", "cost", "capacity", "geometry")
_DECIMALS = 12
"""Decimals of a degree that are kept: a ten-millionth of a metre, so that the minutes are those of the exact place."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Places where a facility could be added.

    Attributes
    ----------
    table : columns ``COLUMNS``, geometry in EPSG:4326: ``kind`` is village | building | corner | own, ``cost`` and
        ``capacity`` are NaN where unknown
    xy : (n, 2) in the area's CRS, projected from the geometry as a facility's place is
    island : (n,) number of the island, -1 = at sea
    findings : what is doubtful
    """

    table: gpd.GeoDataFrame
    xy: F64
    island: I64
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.table)

    def only(self, keep: npt.NDArray[np.bool_]) -> Candidates:
        """Return the candidates in this mask."""
        return replace(self, table=self.table[keep].reset_index(drop=True), xy=self.xy[keep], island=self.island[keep])


def located(inputs: Inputs, table: pd.DataFrame, findings: tuple[Finding, ...] = ()) -> Candidates:
    """Return a table of candidates with island and township filled in exactly as a facility's would be.

    Parameters
    ----------
    table : ``id, name, kind`` and either ``lon, lat`` or ``x, y`` (the area's CRS); ``township_code, cost, capacity``
        where known
    """
    area = inputs.area
    frame = table.reset_index(drop=True).copy()
    if "lon" not in frame:
        back = Transformer.from_crs(area.crs, "EPSG:4326", always_xy=True)
        frame["lon"], frame["lat"] = back.transform(frame["x"].to_numpy(float), frame["y"].to_numpy(float))
    for name, blank in (("township_code", ""), ("island", ""), ("cost", np.nan), ("capacity", np.nan)):
        if name not in frame:
            frame[name] = blank
    lon, lat = (np.round(frame[name].to_numpy(dtype=np.float64), _DECIMALS) for name in ("lon", "lat"))
    points = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    xy = project(points, area.crs) if len(points) else np.empty((0, 2))
    ground = inputs.network.islands
    points, island, _ = placed(area, points, xy, ground=ground, towns=inputs.townships, table="candidates")
    return Candidates(points[list(COLUMNS)], xy, island, findings)
