"""``area.toml`` → one frozen, validated :class:`Area`. Every default is written in ``model``, once."""

from circles.area.files import data_names, piers_name
from circles.area.model import (
    BUILT_IN_CATEGORIES,
    HORIZON_MIN,
    AreaFile,
    AreaSection,
    Category,
    DataFiles,
    Feed,
    Goal,
    HoursWords,
    Journey,
    LayerFile,
    MapOptions,
    Moment,
    OsmFile,
    OsmPlace,
    PlacesFile,
    PopulationOf,
    Profile,
    StreetPoints,
    VillagePeople,
    Walk,
)
from circles.area.moments import Instant, instant
from circles.area.reading import embedded_area, json_schema, load_area
from circles.area.rules import Exempt, Kinds, Rule, Within
from circles.area.validated import Area
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
    "Feed",
    "Goal",
    "HoursWords",
    "Instant",
    "Journey",
    "Kinds",
    "LayerFile",
    "MapOptions",
    "Moment",
    "OsmFile",
    "OsmPlace",
    "PlacesFile",
    "PopulationOf",
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
    "piers_name",
]
