"""Polygons on disk: townships and land."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circles.area import Area, LayerFile, OsmFile
from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import TABLES
from circles.inputs.readers import cells
from circles.inputs.readers.columns import duplicate_ids
from circles.inputs.readers.garbled import garbled
from circles.inputs.readers.texts import as_text
from circles.inputs.readers.transforms import doubtful_datum
from circles.inputs.readers.vectors import read_vector, require_finite

_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def read_neighbours(area: Area) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read the polygons of townships around the area, as `read_townships` reads its own."""
    return read_townships(area, given=area.data.neighbours)


def read_townships(
    area: Area, *, given: str | LayerFile | OsmFile | None = None
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read the townships' polygons; no rows where the area names no file of them.

    Parameters
    ----------
    area : the area
    given : the entry of ``[data]`` to read; ``townships`` where left out

    Returns
    -------
    townships : ``code, name, class, geometry`` in EPSG:4326, in file order
    findings : notes

    Raises
    ------
    InputError
        With every problem: no code or name, a code twice, an unknown class, geometry that is no valid polygon.
    """
    names = TABLES["townships"].names
    given = area.data.townships if given is None else given
    if not isinstance(given, str | LayerFile):
        return _none(names), ()
    entry = LayerFile(file=given) if isinstance(given, str) else given
    table = entry.file
    frame, found = read_vector(area.path(table), table, layer=entry.layer, encoding=entry.encoding, layer_crs=entry.crs)
    columns = _columns(frame)
    errs = [
        errors.error("column-missing", table, column=name, near="–", titles=tuple(map(str, frame.columns)))
        for name in ("code", "name")
        if name not in columns
    ]
    texts = {name: [cells.plain(as_text(cell)) for cell in frame[own]] for name, own in columns.items()}
    codes = texts.get("code", [""] * len(frame))
    for row, code in enumerate(codes, 1):
        if "code" in columns and not code:
            errs.append(errors.error("value-missing", table, row, column="code"))
        elif cells.SCIENTIFIC.match(code):
            errs.append(errors.error("code-scientific", table, row, code, column="code", value=code))
        elif code in ("ALL", "NONE"):
            errs.append(errors.error("code-reserved", table, row, code, value=code))
    classes = _classes(texts.get("class", [""] * len(frame)), codes, table, errs, area.data.values)
    nameless = [row for row, name in enumerate(texts.get("name", codes), 1) if not name]
    rows = np.arange(1, len(frame) + 1, dtype=np.int64)
    keys = pd.DataFrame({"file": table, "row": rows, "code": codes, "name": texts.get("name", codes), "class": classes})
    errs += duplicate_ids([keys[~keys.duplicated(["code", "name", "class"])]], column="code")
    errs += _bad_polygons(frame, table, codes)
    if errs:
        raise InputError(errs)
    names_or_codes = [name or code for name, code in zip(texts["name"], codes, strict=True)]
    data = {"code": codes, "name": names_or_codes, "class": classes}
    whole, more = _one_each(_result(data, frame, table), table)
    more += [errors.warning("value-missing", table, row, codes[row - 1], column="name") for row in nameless]
    return whole, (*found, *garbled({"name": texts["name"]}, rows.tolist(), table), *more, *_datum_doubts(frame, table))


def _one_each(towns: gpd.GeoDataFrame, table: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return one row per township: features of one code, name and class are its parts."""
    twice = towns["code"].duplicated(keep=False)
    if not twice.any():
        return towns, []
    found, kept = [], towns[~towns["code"].duplicated()].copy()
    for code, group in towns[twice].groupby("code", sort=True):
        row = kept.index[kept["code"] == code][0]
        kept.loc[[row], "geometry"] = gpd.GeoSeries(
            [shapely.union_all(group.geometry.to_numpy())], [row], crs=towns.crs
        )
        name = str(group["name"].iloc[0])
        found.append(
            errors.info("township-in-parts", table, int(group.index[0]) + 1, str(code), n=len(group), name=name)
        )
    return kept.reset_index(drop=True), found


def towns(area: Area) -> pd.DataFrame:
    """Return ``code, name`` of the townships, for tables that name them; none where their file is wrong."""
    try:
        table, _ = read_townships(area)
    except InputError:
        return pd.DataFrame({"code": [], "name": []}, dtype="object")
    return pd.DataFrame(table[["code", "name"]])


def read_land(area: Area) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read the land polygons, one row per feature; no rows where the area names no file of them.

    Returns
    -------
    land : ``island`` (the feature's ``island``, else its ``name``, else '') and geometry in EPSG:4326
    findings : notes

    Raises
    ------
    InputError
        With every feature whose geometry is no valid polygon.
    """
    names = TABLES["land"].names
    given = area.data.land
    if not isinstance(given, str | LayerFile):
        return _none(names), ()
    entry = LayerFile(file=given) if isinstance(given, str) else given
    table = entry.file
    frame, found = read_vector(area.path(table), table, layer=entry.layer, encoding=entry.encoding, layer_crs=entry.crs)
    lower = {str(name).lower(): name for name in frame.columns}
    islands = [""] * len(frame)
    for wanted in ("name", "名称", "island", "岛名"):
        if wanted in lower:
            own = [cells.plain(as_text(cell)) for cell in frame[lower[wanted]]]
            islands = [new or old for new, old in zip(own, islands, strict=True)]
    errs = _bad_polygons(frame, table, islands)
    if errs:
        raise InputError(errs)
    doubts = (*garbled({"island": islands}, range(1, len(frame) + 1), table), *_datum_doubts(frame, table))
    return _result({"island": islands}, frame, table), (*found, *doubts)


def _datum_doubts(frame: gpd.GeoDataFrame, table: str) -> list[Finding]:
    """Return a warning where the way from the file's system to WGS 84 is not well known."""
    if frame.empty or frame.crs is None:
        return []
    west, south, east, north = frame.geometry.to_crs("EPSG:4326").total_bounds
    return doubtful_datum(frame.crs, np.array([west, east]), np.array([south, north]), table)


def _none(names: list[str]) -> gpd.GeoDataFrame:
    empty = {name: pd.Series(dtype="str") for name in names if name != "geometry"}
    return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs="EPSG:4326"))


def _columns(frame: gpd.GeoDataFrame) -> dict[str, str]:
    """Return our column -> the file's own; our own name wins over its synonyms."""
    words = cells.synonyms("townships")
    found: dict[str, str] = {}
    for own in map(str, frame.columns):
        name = words.get(cells.header(own))
        if name in ("code", "name", "class") and (name not in found or cells.header(own) == name):
            found[name] = own
    return found


def _classes(
    texts: list[str], codes: list[str], table: str, errs: list[Finding], said: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Return the class of each township; ``said`` is ``[data] values`` of the area."""
    words = cells.values("class") | {cells.header(theirs): ours for theirs, ours in said.get("class", {}).items()}
    found = []
    for row, (code, text) in enumerate(zip(codes, texts, strict=True), 1):
        value = words.get(cells.header(text), "") if text else ""
        if text and not value:
            near = nearest_word.near(text.lower(), ["town", "rural"])
            errs.append(errors.error("unknown-class", table, row, code, value=text, valid="town, rural", near=near))
        found.append(value)
    return found


def _bad_polygons(frame: gpd.GeoDataFrame, table: str, ids: list[str]) -> list[Finding]:
    """Return an error for every geometry that is empty, not finite, no polygon or not valid."""
    if frame.empty:
        return [errors.error("sheet-empty", table)]
    shapes = frame.geometry.to_numpy()
    found = require_finite(shapes, table)
    if found:
        return found
    kinds = shapely.get_type_id(shapes)
    for at in np.flatnonzero(~np.isin(kinds, _POLYGONS)).tolist():
        kind = shapes[at].geom_type
        found.append(errors.error("geometry-not-polygon", table, int(at) + 1, ids[at] or None, kind=kind))
    for at in np.flatnonzero(np.isin(kinds, _POLYGONS) & ~shapely.is_valid(shapes)).tolist():
        reason = shapely.is_valid_reason(shapes[at])
        found.append(errors.error("geometry-invalid", table, int(at) + 1, ids[at] or None, detail=reason))
    return found


def _result(data: dict[str, list[str]], frame: gpd.GeoDataFrame, table: str) -> gpd.GeoDataFrame:
    geometry = frame.geometry.to_crs("EPSG:4326")
    bounds = shapely.bounds(geometry.to_numpy())
    with np.errstate(invalid="ignore"):
        bad = ~((np.abs(bounds[:, [0, 2]]) <= 180).all(axis=1) & (np.abs(bounds[:, [1, 3]]) <= 90).all(axis=1))
    if bad.any():
        raise InputError([errors.error("geometry-off-earth", table, at + 1) for at in np.flatnonzero(bad).tolist()])
    columns = {name: pd.Series(column, index=frame.index, dtype="str") for name, column in data.items()}
    return gpd.GeoDataFrame(columns, geometry=geometry, crs="EPSG:4326")


def read_residential_land(area: Area) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read the polygons of residential land, or of dwellings.

    Returns
    -------
    land : ``floors`` (1 where the file has no such column or an empty cell) and geometry in EPSG:4326
    findings : notes

    Raises
    ------
    InputError
        With every feature whose geometry is no valid polygon, and every number of floors that is none.
    """
    given = area.data.residential_land
    if not isinstance(given, str | LayerFile):
        raise TypeError("the area names no residential land")
    entry = LayerFile(file=given) if isinstance(given, str) else given
    table = entry.file
    frame, found = read_vector(area.path(table), table, layer=entry.layer, encoding=entry.encoding, layer_crs=entry.crs)
    own = next((name for name in frame.columns if str(name).lower() in ("floors", "层数", "楼层数")), None)
    errs = _bad_polygons(frame, table, [""] * len(frame))
    floors = np.ones(len(frame))
    for row, cell in enumerate(frame[own] if own is not None else [], 1):
        text = cells.plain(as_text(cell))
        if not text:
            continue
        try:
            floors[row - 1] = float(text)
        except ValueError:
            floors[row - 1] = np.nan
        if not 0 < floors[row - 1] <= 200:
            errs.append(errors.error("land-floors", table, row, value=text[:80]))
    if errs:
        raise InputError(errs)
    return _result({}, frame, table).assign(floors=floors), found
