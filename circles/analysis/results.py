"""What one analysis yields: the tables of ``tables.py``, side by side, for outputs, notebooks and comparisons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from circles.area import Area
from circles.foundation.schema.tables import TABLES

if TYPE_CHECKING:
    from circles.analysis.by_time.week import Week  # tables are read where no streets are walked
    from circles.inputs.snapped_places import SnappedPlaces
    from circles.network.streets import StreetNetwork


class Drawn:
    """Isochrones and reached streets, computed on first use: many callers need neither.

    What travels to another process is what has been drawn; what has not cannot be drawn there.
    """

    def __init__(self, draw: Callable[[], tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]]) -> None:
        self._draw: Callable[[], tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]] | None = draw
        self._tables: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame] | None = None

    def tables(self) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
        """Return isochrones and reached streets.

        Raises
        ------
        ValueError
            They had not been drawn when this was sent to another process.
        """
        if self._tables is None:
            if self._draw is None:
                raise ValueError("isochrones had not been drawn when the tables were sent to this process")
            self._tables, self._draw = self._draw(), None  # what they were drawn from may go
        return self._tables

    def __getstate__(self) -> dict[str, Any]:
        """Return what travels."""
        return {"_draw": None, "_tables": self._tables}


@dataclass(frozen=True)
class Tables:
    """The tables of one analysis. Columns are those of ``tables.TABLES``; geometry is in EPSG:4326.

    ``facilities`` also holds ``leg_m`` (metres to the street it is snapped to) and ``reason`` ('' or why it is not
    snapped). ``streets`` are the input lines: ``street_id, name, highway, bridge, tunnel, source, confidence,
    is_passable, geometry``. ``drawn`` holds the two tables that take long to draw. ``villages`` may be empty. ``network`` is the walked network, for paths and what-if;
    ``places`` are facilities and residents snapped to it, None where tables were read back without a network.
    ``reconciliation`` is empty unless the area has totals; ``stability`` and ``least_change`` are empty unless the full
    analysis was asked for; ``certainty`` and the tables beside it are empty unless runs were asked for; ``capacity`` has no rows for categories without stated capacities. ``run`` is ``run.json``
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
    drawn: Drawn
    findings: pd.DataFrame
    network: StreetNetwork
    run: Mapping[str, Any]
    stability: pd.DataFrame = field(default_factory=pd.DataFrame)
    least_change: pd.DataFrame = field(default_factory=pd.DataFrame)
    certainty: pd.DataFrame = field(default_factory=pd.DataFrame)
    certainty_shares: pd.DataFrame = field(default_factory=pd.DataFrame)
    certainty_residents: pd.DataFrame = field(default_factory=pd.DataFrame)
    survey: pd.DataFrame = field(default_factory=pd.DataFrame)
    missing: pd.DataFrame = field(default_factory=TABLES["missing"].empty)
    base: Tables | None = None
    reconciliation: pd.DataFrame = field(default_factory=pd.DataFrame)
    poverty: pd.DataFrame = field(default_factory=pd.DataFrame)
    straight_line: pd.DataFrame = field(default_factory=pd.DataFrame)
    capacity: pd.DataFrame = field(default_factory=pd.DataFrame)
    equity: pd.DataFrame = field(default_factory=pd.DataFrame)
    fairness: pd.DataFrame = field(default_factory=pd.DataFrame)
    choice: pd.DataFrame = field(default_factory=pd.DataFrame)
    choice_by_township: pd.DataFrame = field(default_factory=pd.DataFrame)
    served_otherwise: pd.DataFrame = field(default_factory=pd.DataFrame)
    elder_child: pd.DataFrame = field(default_factory=pd.DataFrame)
    elder_child_coverage: pd.DataFrame = field(default_factory=pd.DataFrame)
    competition: pd.DataFrame = field(default_factory=pd.DataFrame)
    coverage_by_time: pd.DataFrame = field(default_factory=pd.DataFrame)
    coverage_by_hour: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_boat: pd.DataFrame = field(default_factory=pd.DataFrame)
    boats_by_place: pd.DataFrame = field(default_factory=pd.DataFrame)
    boats_by_line: pd.DataFrame = field(default_factory=pd.DataFrame)
    coverage_by_population: pd.DataFrame = field(default_factory=pd.DataFrame)
    facility_people: pd.DataFrame = field(default_factory=pd.DataFrame)
    provenance: pd.DataFrame = field(default_factory=pd.DataFrame)
    entrances: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)
    departures: pd.DataFrame = field(default_factory=pd.DataFrame)
    week: Week | None = None
    gaps_any: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)
    places: SnappedPlaces | None = field(default=None, repr=False)

    def inside(self) -> dict[str, Any] | None:
        """Return who lives within each facility's own circle (`coverage.inside`), computed now; None without a network."""
        from circles.analysis.coverage.inside import people_inside  # noqa: PLC0415 - only the map asks

        return None if self.places is None else people_inside(self.places)

    @property
    def service_areas(self) -> gpd.GeoDataFrame:
        """The table ``service_areas``, drawn now if it has not been."""
        return self.drawn.tables()[0]

    @property
    def reached_streets(self) -> gpd.GeoDataFrame:
        """The table ``reached_streets``, drawn now if it has not been."""
        return self.drawn.tables()[1]
