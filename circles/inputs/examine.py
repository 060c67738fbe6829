"""Findings of ``circles doctor``: on a whole area, and on single files with or without an area to compare them with.

Nothing is raised for what is wrong in the input: everything that is found comes back, whatever else cannot be read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circles import network
from circles.area import (
    BUILT_IN_CATEGORIES,
    Area,
    Category,
    DataFiles,
    LayerFile,
    MapOptions,
    OsmFile,
    PlacesFile,
    Walk,
)
from circles.area.walkers import BUILT_IN
from circles.foundation import errors
from circles.foundation.errors import CallError, Finding, InputError
from circles.foundation.schema.tables import Streets
from circles.inputs import checks, dispatch, fragments, loading, snapped_places
from circles.inputs.checks.kinds import kind_of
from circles.inputs.dispatch import KINDS, SAILINGS, TABLES, Kind, can_hold
from circles.inputs.guards.child import reading
from circles.inputs.osm.extract import read_extract, read_land, read_townships
from circles.inputs.readers import cells, datum, places, polygons, residents, terrain
from circles.inputs.readers.sheets import Sheet, read_once, read_sheet
from circles.inputs.timetable import alone

__all__ = ["KINDS", "Examined", "examine", "fix", "of_area"]

_ANYWHERE = "EPSG:3857"
"""Metres for a file that is looked at by itself, where nothing better is known; nothing is measured in it."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class Examined:
    """A file, what it was taken for, and what is wrong or doubtful in it."""

    file: Path
    kind: Kind | None
    findings: tuple[Finding, ...]


@reading()
def of_area(area: Area) -> list[Finding]:
    """Return everything wrong or doubtful about an area's inputs, however much of them can be read."""
    try:
        inputs = loading.load(area)
        wrong_systems = checks.check_crs(area, inputs.streets, inputs.land, inputs.townships)
        snapped = snapped_places.snapped_places(inputs)
        return [
            *inputs.findings, *snapped_places.doubts(snapped), *fragments.fragment_doubts(snapped),
            *fragments.gap_doubts(snapped), *wrong_systems,
        ]  # fmt: skip
    except InputError as e:
        found = list(e.findings)
    streets, land, townships = _ground(area, found)
    if any(not isinstance(item, OsmFile) for item in area.data.facilities):
        table, doubts, _ = places.known_facilities(area)
        found += [*doubts, *checks.check(area, _placed(table), None, townships, land)]
    found += checks.check_crs(area, streets, land, townships)
    return _once(found)


def _placed(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows of a table whose place is known and on the Earth."""
    lon, lat = (table[name].to_numpy(dtype=np.float64) for name in ("lon", "lat"))
    with np.errstate(invalid="ignore"):
        return table[(np.abs(lon) <= 180) & (np.abs(lat) <= 90)].reset_index(drop=True)


def _tried(read: Callable[[], tuple[_T, tuple[Finding, ...]]], found: list[Finding]) -> _T | None:
    """Return what can be read, None where it cannot; what is wrong or doubtful is found."""
    try:
        table, doubts = read()
    except InputError as e:
        table, doubts = None, e.findings
    found.extend(doubts)
    return table


def _ground(
    area: Area, found: list[Finding]
) -> tuple[Streets | None, gpd.GeoDataFrame | None, gpd.GeoDataFrame | None]:
    """Return streets, land and townships, each as far as it can be read; what is wrong with the others is found."""
    streets, name = None, dispatch.network_file(area)
    if name is not None:
        streets = _tried(partial(dispatch.read_file_streets, area.path(name), area.data.network, crs=area.crs), found)
    land, townships = _polygons(area, found)
    _tried(lambda: ((), () if (ground := dispatch.read_terrain(area)) is None else ground.findings), found)
    return streets, land, townships


def _polygons(area: Area, found: list[Finding]) -> tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None]:
    """Return land and townships, each as far as it can be read."""
    data, own_land, own = area.data, partial(polygons.read_land, area), partial(polygons.read_townships, area)
    if isinstance(data.land, OsmFile):
        own_land = partial(read_land, area.path(data.land.osm))
    if isinstance(data.townships, OsmFile):
        own = partial(read_townships, area.path(data.townships.osm), admin_level=data.townships.admin_level or 8)
    land = None if data.land is None else _tried(own_land, found)
    return land, None if data.townships is None else _tried(own, found)


@reading()
def examine(
    file: Path, *, kind: Kind | None = None, area: Area | None = None, crs: str | None = None, layer: str | None = None
) -> Examined:
    """Look at one file by itself.

    Parameters
    ----------
    file : a table, a geographic file, an OpenStreetMap extract or a raster
    kind : what it is; recognised by its format and content where None, which a finding says
    area : to hold it against: its categories, townships, land and streets
    crs : the file's coordinate system; as its format or the area has it where left out
    layer : sheet or layer
    """
    entry = PlacesFile(file=str(file.resolve()), crs=crs, sheet=layer)
    found: list[Finding] = []
    try:
        kind = kind or _assumed_kind(file, entry, found)
        _require(kind, file)
        with read_once():
            found += _checked(file, entry, kind) if area is None else _against(area, file, entry, kind)
    except InputError as e:
        found += e.findings
    shown = [_renamed(item, str(file.resolve()), str(file)) for item in found]
    return Examined(file, kind, tuple(_once(shown)))


def _assumed_kind(file: Path, entry: PlacesFile, found: list[Finding]) -> Kind:
    kind, is_assumed = kind_of(file, entry)
    if is_assumed:
        found.append(errors.info("kind-assumed", entry.file, kind=kind, valid="|".join(can_hold(file))))
    return kind


def _require(kind: Kind, file: Path) -> None:
    can_be = can_hold(file)
    if can_be and kind not in can_be:
        raise InputError(errors.error("kind-impossible", str(file), kind=kind, valid="|".join(can_be)))


def _once(found: Iterable[Finding]) -> list[Finding]:
    """Return findings without those that stand there already."""
    seen: dict[tuple[object, ...], Finding] = {}
    for item in found:
        seen.setdefault((item.severity, item.code, item.table, item.row, item.id, item.message("en")), item)
    return list(seen.values())


def _renamed(item: Finding, given: str, shown: str) -> Finding:
    """Return a finding that calls the file as the user does."""
    values = {key: shown if value == given else value for key, value in dict(item.values).items()}
    name = item.table.split("/")[0] if item.table.startswith(Path(given).name) else given
    is_own = item.table == name or item.table.startswith(f"{name}/")  # a feed names the table in it
    return replace(item, table=shown + item.table[len(name) :] if is_own else item.table, values=values)


# --- against an area -------------------------------------------------------------------------------------------------


def _against(area: Area, file: Path, entry: PlacesFile, kind: Kind) -> list[Finding]:
    """Return what the doctor says of the area with this file in place of its own, as far as it is about the file."""
    fields = {"osm": "network", "gtfs": "boats"}.get(kind, str(kind))
    value: Any = entry if kind in (*TABLES, *SAILINGS) else _plain(entry)
    data = area.data.model_copy(update={fields: (value,) if fields in ("facilities", "boats") else value})
    found = of_area(replace(area, data=data, allow_outside=True))
    own = [item for item in found if item.table in (file.name, fields) or item.table.startswith(entry.file)]
    return [item for item in own if item.code != "category-empty"]  # one file need not hold every kind


# --- by itself -------------------------------------------------------------------------------------------------------


def _checked(file: Path, entry: PlacesFile, kind: Kind) -> list[Finding]:
    check: dict[Kind, Callable[[Path, PlacesFile], list[Finding]]] = {
        "facilities": _facilities, "residents": _residents, "villages": _villages, "network": _network, "terrain": _terrain, "osm": _osm,
        "boats": partial(alone.doubts_of_boats, _alone(entry)), "piers": partial(alone.doubts_of_piers, _alone(entry)),
        "townships": lambda _, own: list(polygons.read_townships(_alone(own, townships=_plain(own)))[1]),
        "land": lambda _, own: list(polygons.read_land(_alone(own, land=_plain(own)))[1]), "gtfs": alone.doubts_of_feed,
    }  # fmt: skip
    return check[kind](file, entry)


def _alone(entry: PlacesFile, *, crs: str = _ANYWHERE, categories: tuple[Category, ...] = (), **data: Any) -> Area:
    """Return an area that has nothing but this file."""
    files = DataFiles.model_validate({"network": entry.file, "facilities": [entry], **data})
    here = Path.cwd() / "area.toml"
    return Area(
        "files", "–", crs, dt.date.min, False, files, Walk(), (*BUILT_IN_CATEGORIES, *categories), (), MapOptions(),
        dict(BUILT_IN), here, allow_outside=True,
    )  # fmt: skip


def _facilities(file: Path, entry: PlacesFile) -> list[Finding]:
    sheet = read_sheet(file, entry, "facilities")
    own, found = _categories(sheet)
    crs, more = _metres(sheet, entry)
    area = _alone(entry, crs=crs or _ANYWHERE, categories=own)
    table, doubts, wrong = places.known_facilities(area)
    found += [*wrong, *more, *doubts]
    table = _placed(table)
    if not more and len(table):
        found += checks.check(replace(area, crs=_utm(table)), table, None, None, None) + _apart(table)
    return found


def _categories(sheet: Sheet) -> tuple[tuple[Category, ...], list[Finding]]:
    """Return categories for the values that are none of the built-in ones, and a note that names them."""
    known = {cells.header(text) for item in BUILT_IN_CATEGORIES for text in (item.id, item.name)}
    others = sorted({text for text in sheet.column("category") if text and cells.header(text) not in known})
    if not others:
        return (), []
    valid = ", ".join(f"{item.id}（{item.name}）" for item in BUILT_IN_CATEGORIES)
    named = "、".join(others)[:300]
    own = tuple(Category(id=f"other-{n}", name=name, profile="adult") for n, name in enumerate(others))
    return own, [errors.info("categories-unchecked", sheet.file, values=named, valid=valid)]


def _residents(file: Path, entry: PlacesFile) -> list[Finding]:
    if dispatch.is_raster(file):
        return list(residents.read_raster(file, entry.file, given_crs=entry.crs)[1])
    sheet = read_sheet(file, entry, "residents")
    crs, found = _metres(sheet, entry)
    area = _alone(entry, crs=crs or _ANYWHERE, residents=entry)
    table, doubts = residents.read_residents(area)
    found += doubts
    if crs is not None or not found:
        nobody = table.iloc[:0]
        found += checks.check(replace(area, crs=_utm(table)), nobody, table, None, None) + _apart(table, entry.file)
    return found


def _villages(file: Path, entry: PlacesFile) -> list[Finding]:
    sheet = read_sheet(file, entry, "villages")
    crs, found = _metres(sheet, entry)
    table, doubts = places.read_villages(_alone(entry, crs=crs or _ANYWHERE, villages=entry))
    return [*found, *doubts, *([] if found else _apart(table.rename(columns={"code": "id"}), entry.file))]


def _plain(entry: PlacesFile) -> str | LayerFile:
    if not (entry.sheet or entry.encoding or entry.crs):
        return entry.file
    return LayerFile(file=entry.file, layer=entry.sheet, encoding=entry.encoding, crs=entry.crs)


def _network(file: Path, entry: PlacesFile) -> list[Finding]:
    streets, found = dispatch.read_file_streets(file, _plain(entry), crs=_ANYWHERE)
    return [*found, *network.build(streets, network.islands(None), crs=_ANYWHERE).findings]


def _terrain(file: Path, entry: PlacesFile) -> list[Finding]:
    del entry
    return list(terrain.read_terrain([file]).findings)


def _osm(file: Path, entry: PlacesFile) -> list[Finding]:
    tags = {item.id: item.osm_tags for item in BUILT_IN_CATEGORIES}
    extract = read_extract(file, crs=entry.crs or _ANYWHERE, tags_by_category=tags, want_land=True)
    return list(extract.findings)


def _metres(sheet: Sheet, entry: PlacesFile) -> tuple[str | None, list[Finding]]:
    """Return the system of a table's x and y, by what was said or by the zone number that leads them."""
    if entry.crs is not None or sheet.shapes is not None or not any(sheet.column("x")):
        return None, []
    both = np.column_stack([cells.numbers(sheet.column(name)) for name in ("x", "y")])
    codes = {code for value in both.ravel() if np.isfinite(value) and (code := datum.zone_code(float(value)))}
    if len(codes) == 1:
        return f"EPSG:{codes.pop()}", []
    return None, [errors.warning("metres-unplaced", sheet.file)]


def _utm(table: gpd.GeoDataFrame) -> str:
    """Return the UTM zone of a table's places, in which metres are true."""
    lon, lat = np.median(shapely.get_coordinates(table.geometry.to_numpy()), axis=0)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + min(60, int((lon + 180) // 6) + 1)}"


def _apart(table: pd.DataFrame, file: str | None = None) -> list[Finding]:
    """Return an error or a warning for each row that lies far from all others of its table.

    Far is more than 200 km from their middle, and more than ten times as far as half of the rows are.
    """
    lon, lat = shapely.get_coordinates(table.geometry.to_numpy()).T
    if len(lon) < 5:
        return []
    middle = float(np.median(lon)), float(np.median(lat))

    def km(east: Any, north: Any) -> Any:
        scale = np.cos(np.radians(middle[1]))
        return np.hypot((east - middle[0]) * scale, north - middle[1]) * 111.195

    away, other_way = km(lon, lat), km(lat, lon)
    limit = max(200.0, 10.0 * float(np.median(away)))
    found = []
    for at in np.flatnonzero((away > limit) & ~((np.abs(lon) < 1e-4) & (np.abs(lat) < 1e-4))).tolist():
        row = int(table["row"].iloc[at]) if "row" in table else -1
        named = str(table["file"].iloc[at]) if "file" in table else file or ""
        place = (named, row if row > 0 else None, str(table["id"].iloc[at]))
        a, b = f"{lon[at]:.8g}", f"{lat[at]:.8g}"
        if other_way[at] <= limit:
            found.append(errors.error("place-swapped", *place, lon=a, lat=b))
        else:
            found.append(errors.warning("place-apart", *place, lon=a, lat=b, km=f"{away[at]:.0f}"))
    return found


# --- corrected copies ------------------------------------------------------------------------------------------------


@reading()
def fix(
    files: Iterable[Path],
    out: Path,
    *,
    kind: Kind | None = None, area: Area | None = None, crs: str | None = None, layer: str | None = None,
    only: Iterable[tuple[int, str]] | None = None,
) -> tuple[pd.DataFrame, Path]:  # fmt: skip
    """Write a corrected copy of one table, and the log of its changes beside it; the original is never touched.

    Parameters
    ----------
    files : the one file to correct; where there is none, the one table of ``area`` that needs it
    out : a new file, .csv
    kind, area, crs, layer : as :func:`examine` takes them
    only : rows and columns (our names) of the corrections that are accepted; all of them, if left out

    Returns
    -------
    changes, log : ``row, column, before, after``, and the file in which they stand

    Raises
    ------
    CallError
        More or fewer than one table; ``out`` or its log exists, or cannot be written.
    InputError
        The table cannot be read.
    """
    wanted: list[tuple[Path, PlacesFile, Kind]] = []
    for file in files:
        known = [] if area is None or crs or layer else _tables(area)  # with its mapping of columns
        own = [entry for path, entry, _ in known if path.resolve() == file.resolve()]
        entry = own[0] if own else PlacesFile(file=str(file), crs=crs, sheet=layer)
        wanted.append((file, entry, kind or kind_of(file, entry)[0]))
    box = None if area is None else box_of(area)
    if not wanted and area is not None:
        wanted = [item for item in _tables(area) if len(checks.fix.corrected(read_sheet(*item), box=box)[1])]
    if len(wanted) != 1:
        names = tuple(entry.file for _, entry, _ in wanted) or "–"
        raise CallError(errors.error("fix-one-table", str(out), count=len(wanted), files=names))
    file, entry, table = wanted[0]
    if table not in TABLES or dispatch.is_raster(file):
        raise CallError(errors.error("fix-not-a-table", str(file), kind=table))
    return checks.fix.write_corrected(file, entry, out, table=table, box=box, only=only), checks.fix.log_of(out)


def _tables(area: Area) -> list[tuple[Path, PlacesFile, Kind]]:
    """Return the tables of places that an area names."""
    found: list[tuple[Path, PlacesFile, Kind]] = []
    named: list[tuple[object, Kind]] = [(entry, "facilities") for entry in area.data.facilities]
    for given, kind in (*named, (area.data.residents, "residents"), (area.data.villages, "villages")):
        entry = PlacesFile(file=given) if isinstance(given, str) else given
        if isinstance(entry, PlacesFile) and not dispatch.is_raster(entry.file):
            found.append((area.path(entry.file), entry, kind))
    return found


def box_of(area: Area) -> tuple[float, float, float, float] | None:
    """Return the box of an area's land and townships, in degrees."""
    land, townships = _polygons(area, [])
    bounds = [table.total_bounds for table in (land, townships) if table is not None and len(table)]
    if not bounds:
        return None
    west, south, east, north = np.array(bounds).T
    return float(west.min()), float(south.min()), float(east.max()), float(north.max())
