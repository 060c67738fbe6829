"""``area.toml`` → one frozen, validated :class:`Area`. Every default is written in ``model``, once."""

from circles.area.model import (
    BUILT_IN_CATEGORIES,
    HORIZON_MIN,
    AreaFile,
    AreaSection,
    Category,
    DataFiles,
    LayerFile,
    MapOptions,
    Measure,
    OsmFile,
    OsmPlace,
    PlacesFile,
    Profile,
    Rule,
    StreetPoints,
    VillagePeople,
    Walk,
)
from circles.area.reading import Area, data_names, embedded_area, json_schema, load_area
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
    "LayerFile",
    "MapOptions",
    "Measure",
    "OsmFile",
    "OsmPlace",
    "PlacesFile",
    "Profile",
    "Rule",
    "StreetPoints",
    "VillagePeople",
    "Walk",
    "data_names",
    "embedded_area",
    "json_schema",
    "load_area",
]
