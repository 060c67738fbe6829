"""Tables of places: facilities and villages, from files as bureaus keep them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from circles.area import Area, PlacesFile, VillagePeople
from circles.foundation import errors
from circles.foundation.dates import as_span
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.counted import is_counted, is_over
from circles.foundation.schema.tables import TABLES, Status
from circles.inputs.readers import cells, working
from circles.inputs.readers.capacities import capacity_column
from circles.inputs.readers.categories import category_words, unknown_category
from circles.inputs.readers.columns import (
    as_points,
    choices,
    code_column,
    dated_ids,
    declared_crs,
    duplicate_ids,
    file_name,
    id_column,
    in_our_words,
    named_townships,
    raised,
    require_columns,
    rounded_codes,
    total_rows,
    unused_columns,
    without_left_out,
)
from circles.inputs.readers.coordinates import locate
from circles.inputs.readers.numbers import numeric
from circles.inputs.readers.polygons import towns
from circles.inputs.readers.sheets import Sheet, read_sheet

_FREE_TEXT = ("kind", "site_id", "serves", "opened_on", "opening_hours", "updated_on", "reported_by", "source")


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
    found: list[Finding] = []
    townships = towns(area)
    frames: list[pd.DataFrame] = []
    for given in area.data.facilities:
        if not isinstance(given, str | PlacesFile):
            continue
        try:
            read = without_left_out(
                read_sheet(area.path(file_name(given)), given, "facilities"), area.data.values, found
            )
            sheet = in_our_words(read, area.data.values)
        except InputError as e:
            found += e.findings
            continue
        frames.append(_facilities(sheet, given, area, townships, found))
        found += [*sheet.findings, *rounded_codes(sheet, "id"), *dated_ids(sheet), *unused_columns(sheet, "facilities")]
    found += duplicate_ids(frames)
    names = [*TABLES["facilities"].names[:-1], "lon", "lat"]
    table = pd.concat(frames, ignore_index=True)[names] if frames else pd.DataFrame(columns=names)
    wrong = tuple(item for item in found if item.severity == "error")
    return as_points(table), tuple(item for item in found if item.severity != "error"), wrong


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
    found: list[Finding] = []
    frame = _facilities(sheet, given or sheet.file, area, towns(area), found)
    found += duplicate_ids([frame])
    notes = raised(found)
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
    sheet = in_our_words(read_sheet(area.path(file_name(given)), given, "villages"), area.data.values)
    errs: list[Finding] = total_rows(sheet)
    require_columns(sheet, ["code", "name"], errs)
    codes = code_column(sheet, "code", errs, is_id=True)
    lon, lat, bad = locate(sheet, codes, crs=declared_crs(given), area_crs=area.crs)
    errs += bad
    table = pd.DataFrame(
        {
            "code": codes,
            "name": sheet.column("name"),
            "township_code": named_townships(
                sheet, code_column(sheet, "township_code", errs), codes, towns(area), errs
            ),
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
    notes = raised(errs)
    # where the villages' people are spread, any column may be a group of them, which their own reader reports
    unused = [] if isinstance(area.data.residents, VillagePeople) else unused_columns(sheet, "villages")
    return as_points(table)[[*names, "geometry"]], (*notes, *sheet.findings, *unused)


def _facilities(
    sheet: Sheet, given: str | PlacesFile, area: Area, townships: pd.DataFrame, found: list[Finding]
) -> pd.DataFrame:
    """Return the rows of one table, as far as they are known; findings go to ``found``."""
    found += total_rows(sheet)
    require_columns(sheet, ["id", "name", "category"], found)
    ids = id_column(sheet, found)
    lon, lat, bad = locate(sheet, ids, crs=declared_crs(given), area_crs=area.crs)
    found += bad
    status, mode = choices(sheet, "status", ids, found), choices(sheet, "service_mode", ids, found)
    categories = _categories(sheet, ids, area, found)
    codes = code_column(sheet, "township_code", found)
    frame = pd.DataFrame(
        {
            "id": ids,
            "name": [text.strip() for text in sheet.column("name")],
            "category": categories,
            "township_code": named_townships(sheet, codes, ids, townships, found),
            "island": "",
            **{name: sheet.column(name) for name in _FREE_TEXT},
            "capacity": capacity_column(sheet, ids, categories, area, found),
            "status": status,
            "service_mode": mode,
            "position": choices(sheet, "position", ids, found),
            "position_accuracy_m": numeric(sheet, "position_accuracy_m", ids, found, is_positive=True),
            "is_counted": False,
            "file": sheet.file,
            "row": sheet.rows,
            "lon": lon,
            "lat": lat,
        }
    )
    ended = frame.assign(closed_on=sheet.column("closed_on"))
    frame, more = without_ended(ended, table=sheet.file, as_of=area.as_of)
    found += more
    frame["is_counted"] = is_counted(frame, is_demonstration=area.demonstration)
    found += [*_closed_in_text(sheet, frame), *_days_unread(sheet, ids)]
    return frame


def without_ended(facilities: pd.DataFrame, *, table: str, as_of: dt.date) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the facilities with those that are over by their ``closed_on`` as closed, and a finding that lists them."""
    if facilities.empty:
        return facilities, []
    there = facilities["status"].isin([Status.EXISTING.value, Status.EXAMPLE.value])
    gone = is_over(facilities["closed_on"], as_of) & there
    if not gone.any():
        return facilities, []
    ids = facilities.loc[gone, "id"].astype(str).tolist()
    return facilities.assign(status=facilities["status"].mask(gone, Status.CLOSED.value)), [
        errors.warning("facility-over", table, id=ids[0], n=len(ids), ids=errors.few(ids), as_of=as_of)
    ]


def _days_unread(sheet: Sheet, ids: Sequence[str]) -> list[Finding]:
    """Return a warning for each day of opening or closing that means no time that is known: it decides nothing."""
    return [
        errors.warning("day-unread", sheet.file, row, id_, column=sheet.title_text(name), value=text[:60])
        for name in ("opened_on", "closed_on")
        for row, id_, text in zip(sheet.rows.tolist(), ids, sheet.column(name), strict=True)
        if text.strip() and as_span(text) is None
    ]


def _categories(sheet: Sheet, ids: Sequence[str], area: Area, errs: list[Finding]) -> list[str]:
    """Return the category ids of the rows, given by id or by name."""
    if "category" not in sheet.columns:
        return [""] * len(sheet.rows)
    known = category_words(area)
    found = []
    for row, id_, text in zip(sheet.rows.tolist(), ids, sheet.column("category"), strict=True):
        value = cells.choice(text, known).value if text else None
        if not text:
            errs.append(errors.error("value-missing", sheet.file, row, id_, column="category"))
        elif value is None:
            errs.append(unknown_category(sheet.file, row, id_, text, area))
        found.append(value or "")
    return found


def _closed_in_text(sheet: Sheet, table: pd.DataFrame) -> list[Finding]:
    """Return a warning for each facility that counts although its name, category or a remark says that it is closed."""
    texts = {name: sheet.column(name) for name in ("name", "category", "kind")}
    remarks = {
        title: column for title, column in sheet.others.items() if any(w in title for w in ("备注", "说明", "情况"))
    }
    found = []
    for at in np.flatnonzero(table["is_counted"].to_numpy()).tolist():
        said = [
            (name, column[at]) for name, column in texts.items() if any(map(working.said_by, cells.notes(column[at])))
        ]
        said += [(title, column[at]) for title, column in remarks.items() if working.said_by(column[at])]
        for name, text in said[:1]:
            where = (sheet.file, int(sheet.rows[at]), str(table["id"].iloc[at]))
            found.append(errors.warning("closed-in-text", *where, column=name, value=text[:60]))
    return found
