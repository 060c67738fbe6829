"""Which reader takes which entry of ``[data]`` and which file: the one dispatcher.

A file is read by the format that its ending names (``FORMATS``, in capital or small letters alike), except where the
entry itself says what it is: ``{osm = …}`` is an extract whatever its file is called.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from circles.area import Area, LayerFile, OsmFile, OsmPlace, PlacesFile, StreetPoints, VillagePeople, data_names
from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import Streets
from circles.inputs import population
from circles.inputs.guards.spatial import beside
from circles.inputs.osm.extract import Extract, read_extract
from circles.inputs.osm.extract import read_streets as read_osm_streets
from circles.inputs.readers import formats, lines, residents, sheets, vectors
from circles.inputs.readers.columns import file_name
from circles.inputs.readers.formats import KINDS, SAILINGS, TABLES, Format, Kind
from circles.inputs.readers.people import read_totals
from circles.network import Islands

if TYPE_CHECKING:
    from circles.inputs.readers.terrain import Terrain

__all__ = [
    "FORMATS", "KINDS", "OSM", "RASTER", "SAILINGS", "TABLES", "Kind", "can_hold", "controlled", "format_of", "holds", "input_files", "is_extract",
    "is_own", "is_raster", "network_file", "read_extracts", "read_file_streets", "read_residents", "read_streets",
    "read_terrain", "refuse_unknown", "residents_along_streets", "terrain_names",
]  # fmt: skip

_Found = tuple[Finding, ...]
_OSM_LEVEL = 8
"""Boundary relations of townships, where the area file does not name their level."""


def _graphml(path: Path, crs: str, layer: str | None) -> tuple[Streets, _Found]:
    from circles.inputs.osm import graphml  # noqa: PLC0415 - few areas need it

    del layer
    return graphml.read_graphml(path, crs=crs)


def _osm(path: Path, crs: str, layer: str | None) -> tuple[Streets, _Found]:
    del layer
    return read_osm_streets(path, crs=crs)


GRAPHML = Format(name="GraphML", endings=(".graphml",), kinds=("network",), streets=_graphml)
OSM = Format(
    name="OpenStreetMap", endings=(".osm", ".osm.pbf", ".osm.gz", ".osm.bz2", ".pbf"), kinds=("osm",), streets=_osm
)
RASTER = Format(name="GeoTIFF", endings=(".tif", ".tiff"), kinds=("terrain", "residents"))
HEIGHTS = Format(name="SRTM", endings=(".hgt", ".hgt.zip", ".zip"), kinds=("terrain",))
FORMATS: tuple[Format, ...] = (*sheets.FORMATS, *vectors.FORMATS, GRAPHML, OSM, RASTER, HEIGHTS)
"""Every format that is read, in the order in which messages list them."""


def format_of(file: str | Path) -> Format | None:
    """Return the format that a file's name ends in; None where it is none of ours."""
    return formats.match(file, FORMATS)


def holds(file: str | Path) -> tuple[Kind, ...]:
    """Return what a file of this format can hold at all, likeliest first; none where the format is not known."""
    own = format_of(file)
    return () if own is None else own.kinds


def can_hold(file: str | Path) -> tuple[Kind, ...]:
    """Return what a file looked at by itself can be: what its format holds, of rows also boats and piers, of a .zip a feed."""
    own = holds(file)
    if Path(file).suffix.lower() == ".zip":
        own = (*own, "gtfs")
    return (*own, *SAILINGS) if own[: len(TABLES)] == TABLES else own


def is_raster(file: str | Path) -> bool:
    """Return whether a file is a raster, which has cells and no rows."""
    return format_of(file) is RASTER


# --- streets ---------------------------------------------------------------------------------------------------------


def network_file(area: Area) -> str | None:
    """Return the name of the network's file, None for a download."""
    entry = area.data.network
    if isinstance(entry, LayerFile):
        return entry.file
    return entry if isinstance(entry, str) else entry.osm if isinstance(entry, OsmFile) else None


def is_extract(area: Area) -> bool:
    """Return whether the area's network is an OpenStreetMap extract on disk."""
    name = network_file(area)
    return name is not None and (isinstance(area.data.network, OsmFile) or format_of(name) is OSM)


def read_streets(area: Area, extracts: dict[str, Extract]) -> tuple[Streets, _Found]:
    """Read or download the area's network; streets of an extract that is read already are taken from it.

    Raises
    ------
    InputError
        The file cannot be read as what it says it is; the download failed.
    """
    entry = area.data.network
    if isinstance(entry, OsmPlace):
        from circles.inputs.osm import download  # noqa: PLC0415 - few areas need it

        return download.download_streets(entry.osm_place, crs=area.crs)
    name = network_file(area) or ""
    if name in extracts and (streets := extracts[name].streets) is not None:
        return streets, ()
    return read_file_streets(area.path(name), entry, crs=area.crs)


def read_file_streets(path: Path, entry: object, *, crs: str) -> tuple[Streets, _Found]:
    """Read a network from a file of any format.

    Parameters
    ----------
    path : the file
    entry : what the area file says of it; layer, encoding and CRS are taken from it
    crs : metric CRS of the streets

    Raises
    ------
    InputError
        The file cannot be read as what it says it is.
    """
    own = OSM if isinstance(entry, OsmFile) else format_of(path)
    given = entry if isinstance(entry, LayerFile) else LayerFile(file=path.name)
    if own is not None and own.streets is not None:
        if given.crs is not None:  # these formats say their system themselves
            raise InputError(errors.error("crs-both", path.name, value=given.crs, crs=own.name))
        return own.streets(path, crs, given.layer)
    return lines.read_lines(path, crs, layer=given.layer, encoding=given.encoding, given_crs=given.crs)


def read_extracts(
    area: Area, *, around: tuple[float, float, float, float] | None = None
) -> tuple[dict[str, Extract], _Found]:
    """Read each OpenStreetMap extract of the area once, for all that is wanted of it.

    Parameters
    ----------
    area : the area
    around : box in degrees of its own tables of points: an open coast is closed around it

    Raises
    ------
    InputError
        An extract cannot be read.
    """
    data = area.data
    wanted: dict[str, dict[str, Any]] = {}
    if isinstance(data.land, OsmFile):
        wanted.setdefault(data.land.osm, {}).update({"want_land": True, "around": around})
    if isinstance(data.townships, OsmFile):
        wanted.setdefault(data.townships.osm, {})["admin_level"] = data.townships.admin_level or _OSM_LEVEL
    for item in data.facilities:
        if isinstance(item, OsmFile):
            tags = {c.id: c.osm_tags for c in area.categories if c.osm_tags}
            wanted.setdefault(item.osm, {})["tags_by_category"] = tags
    name = network_file(area)
    if name and is_extract(area):
        wanted.setdefault(name, {})["want_streets"] = True
    read = {
        name: read_extract(area.path(name), crs=area.crs, **({"want_streets": False} | wish))
        for name, wish in wanted.items()
    }
    return read, tuple(item for extract in read.values() for item in extract.findings)


# --- ground ----------------------------------------------------------------------------------------------------------


def terrain_names(area: Area) -> tuple[str, ...]:
    """Return the names of the area's rasters of heights, none where it has none."""
    given = area.data.terrain
    return () if given is None else (given,) if isinstance(given, str) else given


def read_terrain(area: Area) -> Terrain | None:
    """Read the area's rasters of heights; None where it names none.

    Raises
    ------
    InputError
        With every problem of every raster.
    """
    if area.data.terrain is None:
        return None
    from circles.inputs.readers import terrain  # noqa: PLC0415 - only rasters need their library

    return terrain.read_terrain([area.path(name) for name in terrain_names(area)])


# --- people ----------------------------------------------------------------------------------------------------------


def is_own(entry: object) -> bool:
    """Return whether an entry names a table or a layer of the area's own, not an extract or a way to place people."""
    return isinstance(entry, str | PlacesFile | LayerFile)


def is_table_of_points(area: Area) -> bool:
    """Return whether the area's residents are a table of points, which needs neither land nor townships to be read."""
    given = area.data.residents
    return isinstance(given, str | PlacesFile) and not is_raster(file_name(given))


def read_residents(
    area: Area, *, land: gpd.GeoDataFrame | None = None, townships: gpd.GeoDataFrame | None = None
) -> tuple[gpd.GeoDataFrame, _Found]:
    """Read the residents that the area names a file of: a table of points, or a raster cut by land and townships.

    Parameters
    ----------
    area : its ``data.residents`` is a name, or a name with what cannot be read off the file
    land, townships : polygons in EPSG:4326 that cut the cells of a raster; the files of the area where left out

    Raises
    ------
    InputError
        With every problem of the file.
    """
    given = area.data.residents
    if not isinstance(given, str | PlacesFile):
        raise TypeError("points along streets are made from the network")
    if is_raster(file_name(given)):
        return residents.read_cells(area, land=land, townships=townships)
    return residents.read_residents(area)


def residents_along_streets(
    area: Area, streets: Streets, ground: Islands, *, villages: gpd.GeoDataFrame, village_people: pd.DataFrame | None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return residents for an area that has no table of them: villages' people spread along streets, or bare points.

    Parameters
    ----------
    area, streets, ground : whose residents; the whole network's lines in the area's CRS; its islands
    villages, village_people : the villages and the people of each, where they are to be spread
    """
    how = area.data.residents
    if isinstance(how, VillagePeople) and village_people is not None:
        return population.spread(villages, village_people, streets, ground, how=how, crs=area.crs, table="villages")
    spacing_m = how.streets if isinstance(how, StreetPoints) else StreetPoints().streets
    return population.street_points(streets, spacing_m=spacing_m, crs=area.crs), []


def controlled(
    area: Area, people: gpd.GeoDataFrame, towns: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, list[Finding]]:
    """Return residents that add up to the totals of the townships, where the area has any, and the table of both.

    Errors are among the findings, since a caller may have more to say before it raises.

    Raises
    ------
    InputError
        The totals cannot be read.
    """
    if area.data.totals is None:
        return people, pd.DataFrame(), []
    totals, notes = read_totals(area, towns)
    counts_points = isinstance(area.data.residents, StreetPoints)
    out, table, found = population.control(people, totals, towns, table="totals", counts_points=counts_points)
    return out, table, [*notes, *found]


# --- files -----------------------------------------------------------------------------------------------------------


def input_files(area: Area) -> dict[str, Path]:
    """Return every file that an area is made of, by its name in the area file, with those that belong to them."""
    files = {area.file.name: area.file} | {name: area.path(name) for _, name in data_names(area)}
    files |= {file.name: file for file in area.extra_inputs}
    for name, file in list(files.items()):
        own = format_of(file)
        for ending in () if own is None else own.companions:
            side = beside(file, ending)
            if side is not None:
                files[str(Path(name).with_name(side.name))] = side
    return dict(sorted(files.items()))


def refuse_unknown(file: Path, shown: str) -> None:
    """Raise where a file's ending is none that is read.

    Raises
    ------
    InputError
        Naming every ending that is.
    """
    if format_of(file) is None:
        known = [ending for ending in formats.endings(FORMATS) if ending != ".zip"]
        raise InputError(
            errors.error(
                "file-format", shown, kind=file.suffix.lower(), valid=" ".join(known), way=formats.way_out(file)
            )
        )
