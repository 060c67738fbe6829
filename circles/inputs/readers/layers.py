"""Layers of formats that planners hold besides ours, each by its own GDAL driver: KML, GPX, DXF, MapInfo, FlatGeobuf.

GDAL finds the driver by itself; what it found must be the one that the file's ending names, else the file is refused.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.inputs.guards.files import MAX_COLUMNS
from circles.inputs.readers import raw
from circles.inputs.readers.formats import FEATURES, Format

_Features = tuple[gpd.GeoDataFrame, tuple[Finding, ...]]
DRIVERS = {
    ".kml": ("KML", "LIBKML"), ".gpx": ("GPX",), ".dxf": ("DXF",), ".tab": ("MapInfo File",), ".mif": ("MapInfo File",),
    ".fgb": ("FlatGeobuf",),
}  # fmt: skip
_TITLES = {"Name": "name", "Description": "description"}
"""KML's own fields, in the way other formats write them."""


def read_layer(path: Path, table: str, layer: str | None, *, encoding: str | None = None) -> _Features:
    """Read the layer that is named, or the only one that is not empty.

    Parameters
    ----------
    path : the file
    table : its name in findings
    layer : name of the layer; None where the file has only one
    encoding : encoding of the text; the driver's own where None

    Raises
    ------
    InputError
        Another driver than the ending names, an unknown layer, several layers, no rows, too many columns.
    """
    suffix = path.suffix.lower()
    driver, counts = raw.layer_counts(path, table)
    if not counts:
        raise InputError(errors.error("file-broken", table, detail="no layer"))
    if driver not in DRIVERS[suffix]:
        raise InputError(errors.error("file-magic", table, kind=suffix, seen=driver or "?"))
    filled = [name for name, count in counts.items() if count > 0]
    if layer is not None and layer not in counts:
        raise InputError(errors.error("layer-unknown", table, value=layer, layers=", ".join(counts)[:300]))
    if layer is None and len(filled) > 1:
        raise InputError(errors.error("layers-several", table, layers=", ".join(filled)[:300], file=table))
    if layer is None and not filled:
        raise InputError(errors.error("sheet-empty", table))
    frame = raw.layer(path, table, layer=layer or filled[0], encoding=encoding)
    if len(frame.columns) > MAX_COLUMNS:
        raise InputError(errors.error("sheet-too-large", table, rows=len(frame), columns=len(frame.columns)))
    if suffix == ".kml":
        frame = _of_kml(frame)
    return frame, ()


def _of_kml(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer of KML without the columns that say how it is drawn, and with names as other formats write them."""
    drawn = (
        "timestamp",
        "begin",
        "end",
        "altitudeMode",
        "tessellate",
        "extrude",
        "visibility",
        "drawOrder",
        "icon",
        "snippet",
    )
    own = [*drawn, *(["id"] if "id2" in frame.columns else [])]  # GDAL's own number, where the file has an id as well
    kept = frame.drop(columns=[name for name in own if name in frame.columns]).rename(columns={"id2": "id"})
    return kept.rename(columns={his: name for his, name in _TITLES.items() if his in kept and name not in kept})


FORMATS: tuple[Format, ...] = (
    Format(name="KML", endings=(".kml", ".kmz"), kinds=FEATURES, features=read_layer, is_encoded=True),
    Format(name="GPX", endings=(".gpx",), kinds=FEATURES, features=read_layer, is_encoded=True),
    Format(name="DXF", endings=(".dxf",), kinds=FEATURES, features=read_layer, is_encoded=True),
    Format(
        name="MapInfo", endings=(".tab", ".mif"), kinds=FEATURES, features=read_layer, is_encoded=True,
        companions=(".dat", ".map", ".id", ".mid"),
    ),
    Format(name="FlatGeobuf", endings=(".fgb",), kinds=FEATURES, features=read_layer, is_encoded=True),
)  # fmt: skip
