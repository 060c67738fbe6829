"""What may stand in ``area.toml``: every key, its type, its range, and every default, once."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from circles.area.base import Frozen, Id, Text, error
from circles.area.rules import Rule
from circles.area.sure import Sure
from circles.foundation.direction import Direction

HORIZON_MIN = 60.0
"""Minutes beyond which nobody's time is reported (contract, section 3.7), unless the limit is longer."""


AreaId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=80)]


class PlacesFile(Frozen):
    """A table of places with what cannot be read off it: ``{file = "…", crs = "gcj02", …}``."""

    file: Text
    sheet: str | None = None
    encoding: str | None = None
    crs: str | None = Field(None, description="wgs84 | cgcs2000 | gcj02 | bd09 | EPSG:<code>; wgs84 where not declared")
    columns: dict[str, str] = Field(default_factory=dict, description="our column name -> the file's own")
    groups: tuple[str, ...] | None = Field(
        None, description="residents, villages, totals: these columns are groups of people, and no others"
    )
    may_be_empty: bool = Field(False, description="a header without rows is no error: nobody lives there")
    are_points: bool = Field(
        False, description="residents: points of weight 1 along streets, to be called 点, no people"
    )


class LayerFile(Frozen):
    """A geographic file with what cannot be read off it: ``{file = "base.gpkg", layer = "land"}``."""

    file: Text
    layer: Text | None = None
    encoding: str | None = None
    crs: str | None = Field(None, description="of a file that says none itself, as a drawing (.dxf)")


class OsmFile(Frozen):
    """An OpenStreetMap extract on disk: ``{osm = "x.osm.pbf"}``."""

    osm: Text
    admin_level: int | None = Field(None, ge=1, le=12, description="townships: level of the boundary relations")


class Feed(Frozen):
    """A timetable as GTFS, a zip or a folder: ``{gtfs = "ferries.zip"}``; boats only, unless ``buses`` too are asked for."""

    gtfs: Text
    buses: bool = False


class OsmPlace(Frozen):
    """A download from OpenStreetMap: ``{osm_place = "嵊泗县"}``."""

    osm_place: Text


class StreetPoints(Frozen):
    """One point of weight 1 each so many metres of residential street: ``{streets = 50}``. Labelled 点, never 人."""

    streets: float = Field(50.0, ge=5, le=5000)
    inside_townships: bool = Field(False, description="leave out points that lie in no township: streets of a halo")


class VillagePeople(Frozen):
    """The totals of ``villages`` spread along residential streets, one point each so many metres: ``{villages = 25}``."""

    villages: float = Field(25.0, ge=5, le=1000)
    within_m: float = Field(1000.0, gt=0, le=20_000, description="or the village's position_accuracy_m, where larger")


LEVELS = ("公开", "内部", "涉密")
"""How far a file may travel; what is 涉密 is never read."""


def _of_level(entry: Any, key: str) -> Any:
    """Return an entry of ``[data]`` without its level; a plain file becomes its name."""
    if not isinstance(entry, dict) or "level" not in entry:
        return entry
    level, name = entry["level"], next((str(entry[part]) for part in ("file", "osm", "gtfs") if part in entry), key)
    if level not in LEVELS:
        raise error("area-level-unknown", id=f"data.{key}.level", value=str(level)[:80], valid=tuple(LEVELS))
    if level == LEVELS[-1]:
        raise error("area-classified", id=f"data.{key}", value=name[:200])
    kept = {part: value for part, value in entry.items() if part != "level"}
    return kept["file"] if set(kept) == {"file"} else kept


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
    entrances: str | PlacesFile | OsmFile | None = Field(
        None, description="doors: facility_id, lon, lat (or x, y), or {osm = …}: a place is entered at its nearest door"
    )
    values: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="our column -> (the file's word -> ours, '' = its rows of facilities are left out), for every table",
    )
    boats: tuple[str | PlacesFile | Feed, ...] = ()
    piers: str | PlacesFile | None = Field(None, description="piers.csv beside the first table of boats, if left out")
    no_sailing: str | PlacesFile | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_levels(cls, content: Any) -> Any:
        """Refuse what is 涉密, and read ``{ file = "dem.tif", level = "内部" }`` as ``"dem.tif"``."""
        if not isinstance(content, dict):
            return content
        return {
            key: [_of_level(one, key) for one in value] if isinstance(value, list) else _of_level(value, key)
            for key, value in content.items()
        }

    @field_validator("facilities", "boats", mode="before")
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


_DATES = r"^\d{1,2}-\d{1,2}/\d{1,2}-\d{1,2}$"
_TIMES = r"^([01]?\d|2[0-3]):[0-5]\d-([01]?\d|2[0-4]):[0-5]\d$"


class HoursWords(Frozen):
    """``[hours]``: what words without numbers mean here, in tables of opening hours."""

    summer: str | None = Field(None, pattern=_DATES, description='夏季, as "05-01/09-30"')
    winter: str | None = Field(None, pattern=_DATES)
    spring: str | None = Field(None, pattern=_DATES)
    autumn: str | None = Field(None, pattern=_DATES)
    peak: str | None = Field(None, pattern=_DATES, description="旺季")
    low: str | None = Field(None, pattern=_DATES, description="淡季")
    morning: str | None = Field(None, pattern=_TIMES, description='上午, as "08:00-11:30"')
    afternoon: str | None = Field(None, pattern=_TIMES, description="下午")

    @field_validator("summer", "winter", "spring", "autumn", "peak", "low")
    @classmethod
    def _days_exist(cls, value: str | None) -> str | None:
        for day in value.split("/") if value else ():
            dt.date.fromisoformat(f"2024-{int(day.split('-')[0]):02d}-{int(day.split('-')[1]):02d}")
        return value


class Moment(Frozen):
    """``[[moments]]``: a time at which people leave, in the area's time zone unless it says its own."""

    id: Text
    name: str = ""
    at: Text

    @field_validator("at", mode="before")
    @classmethod
    def _toml_time(cls, value: Any) -> Any:
        return value.isoformat() if isinstance(value, dt.datetime) else value


class Goal(Frozen):
    """Where a journey leads: the nearest place of a category, one facility, a point or a pier; exactly one of them."""

    category: str | None = None
    facility: str | None = None
    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    pier: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Goal:
        is_point = self.lon is not None and self.lat is not None
        given = [self.category is not None, self.facility is not None, is_point, self.pier is not None]
        if sum(given) != 1 or (self.lon is None) != (self.lat is None):
            raise error("journey-to")
        return self


class Journey(Frozen):
    """``[[journeys]]``: a destination that people go to on foot and by boat."""

    id: Id
    name: str = ""
    to: Goal
    leave: tuple[Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")], ...] = ()
    days: tuple[str, ...] = ()
    profile: str | None = None
    stay_min: float = Field(0.0, ge=0, le=1440)
    within_min: float | None = Field(None, gt=0, le=2880)

    @field_validator("days", mode="before")
    @classmethod
    def _dates(cls, value: Any) -> Any:
        given = value if isinstance(value, list | tuple) else [value]
        return [dt.date.fromisoformat(str(day)).isoformat() for day in given]


def checked_breaks(value: tuple[float, ...] | None) -> tuple[float, ...] | None:
    """Return further limits in minutes as they are.

    Raises
    ------
    ValueError
        One is zero, negative or longer than a day.
    """
    if any(not 0 < item <= 1440 for item in value or ()):
        raise ValueError("minutes, more than 0 and at most 1440 each")
    return value


class PopulationOf(Frozen):
    """``[[populations]]``: who is meant: a column of residents, residents times a factor per place, or another raster."""

    id: Id
    name: str = ""
    column: str | None = None
    factors: str | PlacesFile | None = None
    raster: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> PopulationOf:
        if sum(value is not None for value in (self.column, self.factors, self.raster)) != 1:
            raise error("population-of")
        return self


class Walk(Frozen):
    """``[walk]``: how far one walks and how places are snapped to streets."""

    limit_min: float = Field(15.0, gt=0, le=1440)
    snap_max_m: float = Field(200.0, gt=0, le=5000)
    fragment_max_m: float = Field(
        1000.0,
        ge=0,
        le=100_000,
        description="components with fewer metres of street give a place a second access leg; 0 = none",
    )
    direction: Direction = Direction.TO_FACILITY
    cross_squares: bool = Field(False, description="squares (area=yes) are walked across, not along their outline")
    boarding_min: float = Field(5.0, ge=0, le=240, description="least minutes at a pier before a boat leaves")
    breaks_min: tuple[float, ...] = (5.0, 10.0, 15.0, 30.0)
    profiles: dict[Id, Profile] = Field(default_factory=dict)
    _breaks = field_validator("breaks_min")(checked_breaks)


class Category(Frozen):
    """``[[categories]]``: one kind of service."""

    id: Id
    name: Text
    heading: str = Field("", max_length=60, description="what heads a column of this kind; the name where left out")
    aliases: tuple[Text, ...] = Field((), description="other names by which files may call this kind")
    profile: str
    osm_tags: dict[str, bool | str | tuple[str, ...]] = Field(default_factory=dict)
    capacity_unit: str = ""
    lead: str = Field("", max_length=60, description="牵头单位: who answers for what is missing of this kind")
    audience: Literal["", "elder", "child"] = Field("", description="for whom: one building with both is 一老一小")
    stay_min: float = Field(0.0, ge=0, le=1440, description="at a moment: a stay that must fit before closing")

    @property
    def title(self) -> str:
        """What heads a column of this kind."""
        return self.heading or self.name


BUILT_IN_CATEGORIES: tuple[Category, ...] = (
    Category(
        id="childcare",
        name="托育点",
        heading="托育服务",
        profile="carer",
        osm_tags={"amenity": ("childcare", "kindergarten")},
        capacity_unit="个托位",
        audience="child",
        lead="县卫健局",
    ),
    Category(
        id="meals",
        name="助餐点",
        heading="老年助餐",
        profile="elder",
        osm_tags={"social_facility": ("soup_kitchen", "food_bank")},
        capacity_unit="个餐位",
        audience="elder",
        lead="县民政局",
    ),
    Category(
        id="clinic",
        name="卫生院",
        heading="医疗卫生",
        profile="adult",
        osm_tags={"amenity": ("clinic", "doctors", "hospital")},
        capacity_unit="张床位",
        lead="县卫健局",
    ),
    Category(
        id="sports",
        name="体育设施",
        profile="adult",
        osm_tags={"leisure": ("pitch", "sports_centre", "fitness_centre", "stadium")},
        capacity_unit="平方米",
        lead="县文广旅体局",
    ),
)


REVIEW_NUMBER = re.compile(r"(GS[\u4e00-\u9fff]?|[\u4e00-\u9fff]{1,6}S)\s?[（(](19|20)\d{2}[）)]\s?\d{1,6}号")
"""The form of a 审图号: GS（2024）1234号, GS京（2023）0567号, 浙S（2024）12号, 浙嵊S（2024）3号."""


class MapOptions(Frozen):
    """``[map]``: what the map shows besides the results."""

    boundaries: bool = True
    review_number: str = Field(
        "", description="审图号, as 浙S（2024）12号; without one pictures say that they are internal"
    )
    tianditu_key: str = ""

    @field_validator("review_number")
    @classmethod
    def _form_of_number(cls, value: str) -> str:
        if value and not REVIEW_NUMBER.fullmatch(value):
            raise error("area-review-number", value=value[:80])
        return value


class AreaSection(Frozen):
    """``[area]``: what the area is."""

    id: AreaId
    name: Text
    crs: Text
    as_of: dt.date
    demonstration: bool = False
    time_zone: Text = "Asia/Shanghai"
    terrain_source: Text | None = Field(
        None,
        max_length=60,
        description="what the heights are: surveyed, modelled, modelled_to_srtm, or a source of your own",
    )
    issuer: str = Field(
        "", max_length=60, description="编制单位, on the cover of documents; a line to fill in where left out"
    )
    issued_on: dt.date | None = Field(None, description="成文日期; a line to fill in where left out")


class AreaFile(Frozen):
    """The whole of ``area.toml``."""

    area: AreaSection
    data: DataFiles
    walk: Walk = Walk()
    categories: tuple[Category, ...] = BUILT_IN_CATEGORIES
    rules: str | tuple[Rule, ...] = ()
    map: MapOptions = MapOptions()
    hours: HoursWords = HoursWords()
    moments: tuple[Moment, ...] = ()
    journeys: tuple[Journey, ...] = ()
    populations: tuple[PopulationOf, ...] = ()
    sure: Sure = Sure()
