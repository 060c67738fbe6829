"""What one analysis yields: the tables of ``tables.py``, side by side, for outputs, notebooks and comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from circles.area import Area
from circles.network.streets import StreetNetwork


@dataclass(frozen=True)
class Tables:
    """The tables of one analysis. Columns are those of ``tables.TABLES``; geometry is in EPSG:4326.

    ``facilities`` also holds ``leg_m`` (metres to the street it is joined to) and ``reason`` ('' or why it is not
    joined). ``streets`` are the input lines: ``street_id, name, highway, bridge, tunnel, source, confidence,
    is_passable, geometry``. ``villages`` may be empty. ``network`` is the walked network, for paths and what-if.
    ``reconciliation`` is empty unless the area has totals; ``stability`` and ``least_change`` are empty unless the full
    analysis was asked for; ``capacity`` has no rows for categories without stated capacities. ``run`` is ``run.json``
    without the digests of the outputs. ``base`` holds the tables of the area as it stands (现状) where these are the
    tables of a scenario.
    """

    area: Area
    facilities: gpd.GeoDataFrame
    residents: gpd.GeoDataFrame
    townships: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    land: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    access: pd.DataFrame
    coverage: pd.DataFrame
    coverage_by_island: pd.DataFrame
    coverage_by_village: pd.DataFrame
    coverage_variants: pd.DataFrame
    check: pd.DataFrame
    gaps: gpd.GeoDataFrame
    service_areas: gpd.GeoDataFrame
    reached_streets: gpd.GeoDataFrame
    findings: pd.DataFrame
    network: StreetNetwork
    run: Mapping[str, Any]
    stability: pd.DataFrame = field(default_factory=pd.DataFrame)
    least_change: pd.DataFrame = field(default_factory=pd.DataFrame)
    base: Tables | None = None
    reconciliation: pd.DataFrame = field(default_factory=pd.DataFrame)
    poverty: pd.DataFrame = field(default_factory=pd.DataFrame)
    straight_line: pd.DataFrame = field(default_factory=pd.DataFrame)
    capacity: pd.DataFrame = field(default_factory=pd.DataFrame)
    equity: pd.DataFrame = field(default_factory=pd.DataFrame)
    gaps_any: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)
