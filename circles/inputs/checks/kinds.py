"""What a file holds, told from its format, its columns and its shapes: facilities, residents, a network and so on."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import geopandas as gpd
import shapely

from circles.area import PlacesFile
from circles.foundation import errors
from circles.foundation.errors import InputError
from circles.inputs.readers import cells, vectors
from circles.inputs.readers.sheets import TEXT_SUFFIXES, read_grid, titles

Kind = Literal["facilities", "residents", "villages", "townships", "land", "network", "terrain", "osm"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TABLES: tuple[Kind, ...] = ("facilities", "residents", "villages")
OSM_ENDINGS = (".osm", ".osm.pbf", ".osm.gz", ".osm.bz2", ".pbf")
RASTERS = (".tif", ".tiff", ".hgt", ".hgt.zip", ".zip")
_TELLING: dict[Kind, tuple[str, ...]] = {"facilities": ("category",), "residents": ("population",)}
"""Columns that only this table has, first of all."""
_TYPICAL = ("capacity", "service_mode", "opening_hours", "opened_on", "kind")
_POPULATION_NAMES = ("pop", "ppp", "人口")


def possible(path: Path) -> tuple[Kind, ...]:
    """Return what a file of this format can be at all, likeliest first; none where the format is not known."""
    name, suffix = path.name.lower(), path.suffix.lower()
    if name.endswith(OSM_ENDINGS):
        return ("osm",)
    if suffix == ".graphml":
        return ("network",)
    if name.endswith(RASTERS):
        raster: tuple[Kind, ...] = ("terrain", "residents")
        return raster if suffix in (".tif", ".tiff") else raster[:1]
    if suffix in (*TEXT_SUFFIXES, ".xlsx"):
        return TABLES
    return KINDS[:-2] if suffix in vectors.SUFFIXES else ()


def kind_of(path: Path, entry: PlacesFile) -> tuple[Kind, bool]:
    """Return what a file holds, and whether that was assumed from its content rather than plain from its format.

    Parameters
    ----------
    path, entry : the file, and its name with what was said of it

    Raises
    ------
    InputError
        The file cannot be read, or its columns say nothing.
    """
    can_be = possible(path)
    if not can_be:
        valid = " ".join((".csv", ".tsv", ".xlsx", *vectors.SUFFIXES, ".graphml", *OSM_ENDINGS, *RASTERS[:-1]))
        raise InputError(errors.error("file-format", entry.file, kind=path.suffix.lower(), valid=valid))
    if len(can_be) == 1:
        return can_be[0], False
    if can_be[0] == "terrain":
        is_people = any(word in path.stem.lower() for word in _POPULATION_NAMES)
        return "residents" if is_people else "terrain", True
    if can_be == TABLES:
        grid, _ = read_grid(path, entry)
        return _of_columns({table: titles(grid, entry, table) for table in TABLES}, entry), True
    frame, _ = vectors.read_vector(path, entry.file, layer=entry.sheet)
    return _of_shapes(frame, entry), True


def _of_shapes(frame: gpd.GeoDataFrame, entry: PlacesFile) -> Kind:
    kinds = set(shapely.get_type_id(frame.geometry.to_numpy()).tolist()) - {-1}
    own = [str(name) for name in frame.columns if name != "geometry"]
    if kinds & {1, 2, 5}:
        return "network"
    if kinds & {3, 6}:
        words = cells.synonyms("townships")
        known = {words.get(cells.header(title)) for title in own}
        return "townships" if {"code", "name"} <= known else "land"
    return _of_columns(dict.fromkeys(TABLES, own), entry)


def _of_columns(heads: dict[Kind, list[str]], entry: PlacesFile) -> Kind:
    """Return the table whose columns these are; a mapping of columns counts as columns."""
    known = {
        table: {cells.synonyms(table).get(cells.header(title)) for title in head} | set(entry.columns)
        for table, head in heads.items()
    }
    for table, telling in _TELLING.items():
        if known[table].intersection(telling):
            return table
    if known["facilities"].intersection(_TYPICAL):
        return "facilities"
    if {"code", "name"} <= known["villages"]:
        return "villages"
    if known["facilities"] & {"id", "name"}:
        return "facilities"
    shown = "、".join(heads["facilities"])[:300] or "–"
    raise InputError(errors.error("kind-unknown", entry.file, titles=shown, valid="|".join(TABLES)))
