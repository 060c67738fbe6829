"""``area.toml`` → one frozen, validated :class:`Area`. Every default is written in ``model``, once."""

from circles.area.model import (
    BUILT_IN_CATEGORIES,
    HORIZON_MIN,
    AreaFile,
    AreaSection,
    Category,
    DataFiles,
    HoursWords,
    LayerFile,
    MapOptions,
    Moment,
    OsmFile,
    OsmPlace,
    PlacesFile,
    Profile,
    StreetPoints,
    VillagePeople,
    Walk,
)
from circles.area.moments import Instant, instant
from circles.area.reading import Area, data_names, embedded_area, json_schema, load_area
from circles.area.rules import Exempt, Kinds, Rule, Within
from circles.foundation.direction import Direction

__all__ = [
    "BUILT_IN_CATEGORIES",
    "HORIZON_MIN",
    "Area",
    "AreaFile",
    "AreaSection",
    "Category",
    "DataFiles",
    "Direction",
    "Exempt",
    "HoursWords",
    "Instant",
    "Kinds",
    "LayerFile",
    "MapOptions",
    "Moment",
    "OsmFile",
    "OsmPlace",
    "PlacesFile",
    "Profile",
    "Rule",
    "StreetPoints",
    "VillagePeople",
    "Walk",
    "Within",
    "data_names",
    "embedded_area",
    "instant",
    "json_schema",
    "load_area",
]
