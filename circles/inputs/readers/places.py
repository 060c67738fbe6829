"""Tables of places: facilities and villages, from files as bureaus keep them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from circles.area import Area, PlacesFile, VillagePeople
from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.counted import is_counted
from circles.foundation.schema.tables import TABLES
from circles.inputs.readers import cells
from circles.inputs.readers.columns import (
    as_points,
    choices,
    code_column,
    declared_crs,
    duplicate_ids,
    file_name,
    id_column,
    require_columns,
    unused_columns,
)
from circles.inputs.readers.coordinates import locate, numeric
from circles.inputs.readers.polygons import read_townships
from circles.inputs.readers.sheets import Sheet, read_sheet

_FREE_TEXT = ("kind", "site_id", "opened_on", "opening_hours", "updated_on", "reported_by", "source")


def read_facilities(area: Area) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read every table of facilities that the area names; OpenStreetMap extracts are read elsewhere.

    Parameters
    ----------
    area : its ``data.facilities`` are read, except ``{osm = …}``

    Returns
    -------
    facilities : columns of ``tables.TABLES["facilities"]`` in file order, ``lon`` and ``lat`` before the geometry
        (EPSG:4326); ``township_code`` as given and '' where it is not, ``island`` ''
    findings : warnings and notes

    Raises
    ------
    InputError
        With every problem of every file: unreadable, missing columns, bad numbers and coordinates, unknown
        categories and choices, ids that are missing, twice there or out of shape.
    """
    table, notes, errs = known_facilities(area)
    if errs:
        raise InputError(errs)
    return table, notes


def known_facilities(area: Area) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the facilities as far as they are known, notes, and errors, for those who look rather than compute.

    A row with errors stands in the table with what is known of it; a place that is not known is NaN.
    """
    errs: list[Finding] = []
    notes: list[Finding] = []
    codes = _codes_by_name(area)
    frames: list[pd.DataFrame] = []
    for given in area.data.facilities:
        if not isinstance(given, str | PlacesFile):
            continue
        try:
            sheet = read_sheet(area.path(file_name(given)), given, "facilities")
        except InputError as e:
            errs += e.findings
            continue
        frames.append(_facilities(sheet, given, area, errs))
        frames[-1]["township_code"] = _townships(sheet, frames[-1], codes, notes)
        notes += [*sheet.findings, *unused_columns(sheet, "facilities")]
    errs += duplicate_ids(frames)
    names = [*TABLES["facilities"].names[:-1], "lon", "lat"]
    table = pd.concat(frames, ignore_index=True)[names] if frames else pd.DataFrame(columns=names)
    return as_points(table), tuple(notes), tuple(errs)


def facility_rows(
    sheet: Sheet, area: Area, *, given: PlacesFile | None = None
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return rows that stand in no file of the area, a scenario's or a register's, as `read_facilities` a file's.

    ``given`` says what coordinates the rows have, where that is known.

    Raises
    ------
    InputError
        With every problem of every row.
    """
    errs: list[Finding] = []
    notes: list[Finding] = []
    frame = _facilities(sheet, given or sheet.file, area, errs)
    frame["township_code"] = _townships(sheet, frame, _codes_by_name(area), notes)
    errs += duplicate_ids([frame])
    if errs:
        raise InputError(errs)
    return as_points(frame[[*TABLES["facilities"].names[:-1], "lon", "lat"]]), tuple(notes)


def read_villages(area: Area) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read the table of villages; no rows where the area names none.

    Returns
    -------
    villages : columns of ``tables.TABLES["villages"]``, geometry in EPSG:4326
    findings : warnings and notes

    Raises
    ------
    InputError
        With every problem of the file.
    """
    given = area.data.villages
    names = TABLES["villages"].names[:-1]
    if given is None:
        return as_points(pd.DataFrame(columns=[*names, "lon", "lat"]))[[*names, "geometry"]], ()
    sheet = read_sheet(area.path(file_name(given)), given, "villages")
    errs: list[Finding] = []
    require_columns(sheet, ["code", "name"], errs)
    codes = code_column(sheet, "code", errs, is_id=True)
    lon, lat, bad = locate(sheet, codes, crs=declared_crs(given), area_crs=area.crs)
    errs += bad
    table = pd.DataFrame(
        {
            "code": codes,
            "name": sheet.column("name"),
            "township_code": code_column(sheet, "township_code", errs),
            "island": sheet.column("island"),
            "position": choices(sheet, "position", codes, errs),
            "position_accuracy_m": numeric(sheet, "position_accuracy_m", codes, errs, is_positive=True),
            "file": sheet.file,
            "row": sheet.rows,
            "lon": lon,
            "lat": lat,
        }
    )
    errs += duplicate_ids([table], column="code")
    if errs:
        raise InputError(errs)
    # where the villages' people are spread, any column may be a group of them, which their own reader tells
    unused = [] if isinstance(area.data.residents, VillagePeople) else unused_columns(sheet, "villages")
    return as_points(table)[[*names, "geometry"]], (*sheet.findings, *unused)


def _facilities(sheet: Sheet, given: str | PlacesFile, area: Area, errs: list[Finding]) -> pd.DataFrame:
    require_columns(sheet, ["id", "name", "category"], errs)
    ids = id_column(sheet, errs)
    lon, lat, bad = locate(sheet, ids, crs=declared_crs(given), area_crs=area.crs)
    errs += bad
    status, mode = choices(sheet, "status", ids, errs), choices(sheet, "service_mode", ids, errs)
    frame = pd.DataFrame(
        {
            "id": ids,
            "name": [text.strip() for text in sheet.column("name")],
            "category": _categories(sheet, ids, area, errs),
            "township_code": code_column(sheet, "township_code", errs),
            "island": "",
            **{name: sheet.column(name) for name in _FREE_TEXT},
            "capacity": numeric(sheet, "capacity", ids, errs, is_positive=True),
            "status": status,
            "service_mode": mode,
            "position": choices(sheet, "position", ids, errs),
            "position_accuracy_m": numeric(sheet, "position_accuracy_m", ids, errs, is_positive=True),
            "is_counted": False,
            "file": sheet.file,
            "row": sheet.rows,
            "lon": lon,
            "lat": lat,
        }
    )
    return frame.assign(is_counted=is_counted(frame, is_demonstration=area.demonstration))


def _categories(sheet: Sheet, ids: Sequence[str], area: Area, errs: list[Finding]) -> list[str]:
    """Return the category ids of the rows, given by id or by name."""
    if "category" not in sheet.columns:
        return [""] * len(sheet.rows)
    by_name: dict[str, list[str]] = defaultdict(list)
    for item in area.categories:
        by_name[cells.header(item.name)].append(item.id)
    known = {cells.header(item.id): item.id for item in area.categories}
    known |= {name: owners[0] for name, owners in by_name.items() if len(owners) == 1 and name not in known}
    valid = [item.id for item in area.categories]
    found = []
    for row, id_, text in zip(sheet.rows.tolist(), ids, sheet.column("category"), strict=True):
        value = known.get(cells.header(text), "") if text else ""
        if not text:
            errs.append(errors.error("value-missing", sheet.file, row, id_, column="category"))
        elif not value:
            near = nearest_word.near(text, [*valid, *(item.name for item in area.categories)])
            shown = ", ".join(f"{item.id}（{item.name}）" for item in area.categories)
            errs.append(errors.error("unknown-category", sheet.file, row, id_, value=text[:80], valid=shown, near=near))
        found.append(value)
    return found


def _codes_by_name(area: Area) -> dict[str, str]:
    """Return township name -> code, for tables that name townships; a file that is wrong is told by its own reader."""
    try:
        townships, _ = read_townships(area)
    except InputError:
        return {}
    return dict(zip(townships["name"].map(cells.header), townships["code"], strict=True))


def _townships(sheet: Sheet, table: pd.DataFrame, codes: dict[str, str], notes: list[Finding]) -> list[str]:
    """Return township codes as given, else by the township's name; a name that is not known is told."""
    found = []
    rows = zip(table["row"].tolist(), table["id"], table["township_code"], sheet.column("township"), strict=True)
    for row, id_, code, name in rows:
        known = codes.get(cells.header(code), code) if code else codes.get(cells.header(name), "")
        if name and codes and not known:
            near = nearest_word.near(name, list(codes))
            notes.append(errors.warning("township-unknown", sheet.file, row, id_, value=name, near=near))
        found.append(known)
    return found
