"""What may stand in ``area.toml``: every key, its type, its range, and every default, once."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from circles.area.base import Frozen, Id, Text, error
from circles.area.rules import Rule

HORIZON_MIN = 60.0
"""Minutes beyond which nobody's time is reported (contract, section 3.7), unless the limit is longer."""


class Direction(StrEnum):
    """Which way people walk."""

    TO_FACILITY = "to_facility"
    FROM_FACILITY = "from_facility"


Crs = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
AreaId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=80)]


class PlacesFile(Frozen):
    """A table of places with what cannot be read off it: ``{file = "…", crs = "gcj02", …}``."""

    file: Text
    sheet: str | None = None
    encoding: str | None = None
    crs: str | None = Field(None, description="wgs84 | cgcs2000 | gcj02 | bd09 | EPSG:<code>; wgs84 where not declared")
    columns: dict[str, str] = Field(default_factory=dict, description="our column name -> the file's own")
    may_be_empty: bool = Field(False, description="a header without rows is no error: nobody lives there")
    are_points: bool = Field(
        False, description="residents: points of weight 1 along streets, to be called 点, no people"
    )


class LayerFile(Frozen):
    """One layer of a GeoPackage that has several: ``{file = "base.gpkg", layer = "land"}``."""

    file: Text
    layer: Text


class OsmFile(Frozen):
    """An OpenStreetMap extract on disk: ``{osm = "x.osm.pbf"}``."""

    osm: Text
    admin_level: int | None = Field(None, ge=1, le=12, description="townships: level of the boundary relations")


class OsmPlace(Frozen):
    """A download from OpenStreetMap: ``{osm_place = "嵊泗县"}``."""

    osm_place: Text


class StreetPoints(Frozen):
    """One point of weight 1 each so many metres of residential street: ``{streets = 50}``. Labelled 点, never 人."""

    streets: float = Field(50.0, ge=5, le=5000)


class VillagePeople(Frozen):
    """The totals of ``villages`` spread along residential streets, one point each so many metres: ``{villages = 25}``."""

    villages: float = Field(25.0, ge=5, le=1000)
    within_m: float = Field(1000.0, gt=0, le=20_000, description="or the village's position_accuracy_m, where larger")


class DataFiles(Frozen):
    """``[data]``: where the inputs are."""

    network: str | OsmFile | OsmPlace | LayerFile
    facilities: tuple[str | PlacesFile | OsmFile, ...] = Field(min_length=1)
    land: str | OsmFile | LayerFile | None = None
    townships: str | OsmFile | LayerFile | None = None
    neighbours: str | LayerFile | None = None
    villages: str | PlacesFile | None = None
    residents: str | PlacesFile | StreetPoints | VillagePeople = StreetPoints(streets=50.0)
    totals: str | PlacesFile | None = None
    residential_land: str | LayerFile | None = None
    terrain: str | tuple[str, ...] | None = None

    @field_validator("facilities", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str | dict) else value

    @model_validator(mode="after")
    def _villages_to_spread(self) -> DataFiles:
        if isinstance(self.residents, VillagePeople) and self.villages is None:
            raise error("area-residents-villages", id="data.residents")
        return self


class Profile(Frozen):
    """``[walk.profiles.<id>]``: a walker."""

    speed_m_per_s: float = Field(gt=0, le=5)
    steps_m_per_s: float = Field(ge=0, le=5)
    uses_slope: bool = True


class Walk(Frozen):
    """``[walk]``: how far one walks and how one is joined to a street."""

    limit_min: float = Field(15.0, gt=0, le=1440)
    snap_max_m: float = Field(200.0, gt=0, le=5000)
    direction: Direction = Direction.TO_FACILITY
    breaks_min: tuple[float, ...] = (5.0, 10.0, 15.0, 30.0)
    profiles: dict[Id, Profile] = Field(default_factory=dict)


class Category(Frozen):
    """``[[categories]]``: one kind of service."""

    id: Id
    name: Text
    profile: str
    osm_tags: dict[str, bool | str | tuple[str, ...]] = Field(default_factory=dict)
    capacity_unit: str = ""


BUILT_IN_CATEGORIES: tuple[Category, ...] = (
    Category(
        id="childcare",
        name="托育点",
        profile="carer",
        osm_tags={"amenity": ("childcare", "kindergarten")},
        capacity_unit="个托位",
    ),
    Category(
        id="meals",
        name="助餐点",
        profile="elder",
        osm_tags={"social_facility": ("soup_kitchen", "food_bank")},
        capacity_unit="个餐位",
    ),
    Category(
        id="clinic",
        name="卫生院",
        profile="adult",
        osm_tags={"amenity": ("clinic", "doctors", "hospital")},
        capacity_unit="张床位",
    ),
    Category(
        id="sports",
        name="体育设施",
        profile="adult",
        osm_tags={"leisure": ("pitch", "sports_centre", "fitness_centre", "stadium")},
        capacity_unit="平方米",
    ),
)


class MapOptions(Frozen):
    """``[map]``: what the map shows besides the results."""

    boundaries: bool = True
    review_number: str = Field("", description="审图号; empty prints 示意图，仅供内部工作使用")
    tianditu_key: str = ""


class AreaSection(Frozen):
    """``[area]``: what the area is."""

    id: AreaId
    name: Text
    crs: Text
    as_of: dt.date
    demonstration: bool = False


class AreaFile(Frozen):
    """The whole of ``area.toml``."""

    area: AreaSection
    data: DataFiles
    walk: Walk = Walk()
    categories: tuple[Category, ...] = BUILT_IN_CATEGORIES
    rules: str | tuple[Rule, ...] = ()
    map: MapOptions = MapOptions()
