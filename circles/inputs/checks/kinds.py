"""What a file holds, recognised by its format, columns and shapes: facilities, residents, a network and so on."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import shapely

from circles.area import PlacesFile
from circles.foundation import errors
from circles.foundation.errors import InputError
from circles.inputs import dispatch
from circles.inputs.dispatch import SAILINGS, TABLES, Kind
from circles.inputs.readers import cells, formats, vectors
from circles.inputs.readers.sheets import read_grid, titles
from circles.inputs.readers.unpacking import inside
from circles.inputs.timetable.gtfs_files import is_feed

_DISTINCTIVE: dict[Kind, tuple[str, ...]] = {"facilities": ("category",), "residents": ("population",)}
"""Columns that only this table has, first of all."""
_TYPICAL = ("capacity", "service_mode", "opening_hours", "opened_on", "kind")
_PIER_NAMES = ("pier", "码头")
_POPULATION_NAMES = ("pop", "ppp", "人口")


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
    if is_feed(path):
        return "gtfs", True
    dispatch.refuse_unknown(path, entry.file)
    can_be = dispatch.holds(inside(path, formats.endings(dispatch.FORMATS)) or path)
    if len(can_be) == 1:
        return can_be[0], False
    if can_be[0] == "terrain":
        is_people = any(word in path.stem.lower() for word in _POPULATION_NAMES)
        return "residents" if is_people else "terrain", True
    if can_be == TABLES:
        grid, _ = read_grid(path, entry)
        if sailing := _sailing({table: titles(grid, entry, table) for table in SAILINGS}, path, entry):
            return sailing, True
        return _of_columns({table: titles(grid, entry, table) for table in TABLES}, entry), True
    frame, _ = vectors.read_vector(path, entry.file, layer=entry.sheet)
    return _of_shapes(frame, entry), True


def _sailing(heads: dict[Kind, list[str]], path: Path, entry: PlacesFile) -> Kind | None:
    """Return ``boats`` for a table with piers and times, ``piers`` for one of places that is called so; else None."""
    known = {
        table: {cells.synonyms(table).get(cells.header(t)) for t in head} | set(entry.columns)
        for table, head in heads.items()
    }
    if len(known["boats"] & {"from_pier", "to_pier", "departs", "arrives"}) >= 3:
        return "boats"
    is_called = any(word in path.stem.lower() for word in _PIER_NAMES)
    titled = any(word in cells.header(t) for t in heads["piers"] for word in _PIER_NAMES)
    return "piers" if (is_called or titled) and {"id", "name"} <= known["piers"] else None


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
    for table, distinctive in _DISTINCTIVE.items():
        if known[table].intersection(distinctive):
            return table
    if known["facilities"].intersection(_TYPICAL):
        return "facilities"
    if {"code", "name"} <= known["villages"]:
        return "villages"
    if known["facilities"] & {"id", "name"}:
        return "facilities"
    shown = "、".join(heads["facilities"])[:300] or "–"
    raise InputError(errors.error("kind-unknown", entry.file, titles=shown, valid="|".join(TABLES)))
