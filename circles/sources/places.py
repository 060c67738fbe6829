"""Tables of places: facilities and villages, from files as bureaus keep them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from circles import errors
from circles.area import Area, PlacesFile
from circles.errors import Finding, InputError
from circles.sources import cells
from circles.sources.coordinates import locate, missing_column, numeric
from circles.sources.sheets import Sheet, read_sheet
from circles.tables import TABLES, Position, ServiceMode, Status

_ID = re.compile(r"[\w.][\w.\-]*")
_CHOICES = {
    "status": ("unknown-status", Status, Status.EXISTING),
    "service_mode": ("unknown-service-mode", ServiceMode, ServiceMode.FIXED),
    "position": ("unknown-position", Position, Position.UNKNOWN),
}
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
    errs: list[Finding] = []
    notes: list[Finding] = []
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
        notes += [*sheet.findings, *unused_columns(sheet, "facilities")]
    errs += duplicate_ids(frames)
    if errs:
        raise InputError(errs)
    names = [*TABLES["facilities"].names[:-1], "lon", "lat"]
    table = pd.concat(frames, ignore_index=True)[names] if frames else pd.DataFrame(columns=names)
    return as_points(table), tuple(notes)


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
    return as_points(table)[[*names, "geometry"]], (*sheet.findings, *unused_columns(sheet, "villages"))


def file_name(given: str | PlacesFile) -> str:
    """Return the name of the file that an entry of the area file means."""
    return given if isinstance(given, str) else given.file


def declared_crs(given: str | PlacesFile) -> str | None:
    """Return the coordinate system that an entry declares."""
    return given.crs if isinstance(given, PlacesFile) else None


def as_points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a table with ``lon`` and ``lat`` (degrees, WGS 84) as points in EPSG:4326."""
    points = gpd.points_from_xy(table["lon"].astype("float64"), table["lat"].astype("float64"), crs="EPSG:4326")
    return gpd.GeoDataFrame(table, geometry=points)


def require_columns(sheet: Sheet, names: Sequence[str], errs: list[Finding]) -> None:
    """Add an error for each column that must be there and is not."""
    errs += [missing_column(sheet, name) for name in names if name not in sheet.columns]


def id_column(sheet: Sheet, errs: list[Finding]) -> list[str]:
    """Return the ids of the rows; those that are missing, out of shape or spoilt by a spreadsheet go to ``errs``."""
    if "id" not in sheet.columns:
        return [""] * len(sheet.rows)
    ids = [cells.plain(text) for text in sheet.column("id")]
    for row, text in zip(sheet.rows.tolist(), ids, strict=True):
        if not text:
            errs.append(errors.error("id-missing", sheet.file, row))
        elif cells.SCIENTIFIC.match(text):
            errs.append(errors.error("code-scientific", sheet.file, row, text, column="id", value=text))
        elif not _ID.fullmatch(text) or len(text) > 200:
            errs.append(errors.error("id-pattern", sheet.file, row, text[:80], value=text[:80]))
    return ids


def code_column(sheet: Sheet, name: str, errs: list[Finding], *, is_id: bool = False) -> list[str]:
    """Return a column of codes as text; codes spoilt by a spreadsheet go to ``errs``, and missing ones if it is the id."""
    codes = [re.sub(r"(?<=\d)\.0$", "", cells.plain(text)) for text in sheet.column(name)]
    ids = sheet.columns.get("id", codes)
    for row, id_, text in zip(sheet.rows.tolist(), ids, codes, strict=True):
        if cells.SCIENTIFIC.match(text):
            errs.append(errors.error("code-scientific", sheet.file, row, id_, column=name, value=text))
        elif is_id and not text and name in sheet.columns:
            errs.append(errors.error("value-missing", sheet.file, row, column=name))
    return codes


def choices(sheet: Sheet, name: str, ids: Sequence[str], errs: list[Finding]) -> list[str]:
    """Return a column of fixed choices in our words, its default where a cell is empty."""
    code, choice, default = _CHOICES[name]
    words = cells.values(name)
    found = []
    for row, id_, text in zip(sheet.rows.tolist(), ids, sheet.column(name), strict=True):
        value = words.get(cells.header(text)) if text else str(default)
        if value is None:
            valid = [str(item) for item in choice]
            near = cells.near(text.lower(), [*valid, *words])
            errs.append(errors.error(code, sheet.file, row, id_, value=text[:80], valid=", ".join(valid), near=near))
        found.append(value or "")
    return found


def duplicate_ids(frames: list[pd.DataFrame], *, column: str = "id") -> list[Finding]:
    """Return an error for every row, over all files, whose id an earlier row has; it says where."""
    first: dict[str, tuple[str, int]] = {}
    found = []
    for frame in frames:
        for file, row, id_ in zip(frame["file"], frame["row"].tolist(), frame[column], strict=True):
            if not id_:
                continue
            if id_ in first:
                other, other_row = first[id_]
                found.append(errors.error("id-duplicate", file, row, id_, value=id_, other=other, other_row=other_row))
            first.setdefault(id_, (file, row))
    return found


def unused_columns(sheet: Sheet, table: str) -> list[Finding]:
    """Return a warning for each header that looks like a misspelt one of ours, and one note naming the others."""
    known = [name for name in TABLES[table].names if name not in ("geometry", "file", "row")]
    free = [name for name in (*known, "lon", "lat", "crs") if name not in sheet.columns]
    found, rest = [], []
    for title in sheet.others:
        near = cells.near(cells.header(title), free)
        close = near != "–" and abs(len(near) - len(title)) <= 2
        if close and len(set(near) ^ set(cells.header(title))) <= 2:
            found.append(errors.warning("column-misspelt", sheet.file, value=title, near=near))
        else:
            rest.append(title)
    return found + ([errors.info("columns-unused", sheet.file, titles="、".join(rest)[:300])] if rest else [])


def _facilities(sheet: Sheet, given: str | PlacesFile, area: Area, errs: list[Finding]) -> pd.DataFrame:
    require_columns(sheet, ["id", "name", "category"], errs)
    ids = id_column(sheet, errs)
    lon, lat, bad = locate(sheet, ids, crs=declared_crs(given), area_crs=area.crs)
    errs += bad
    status, mode = choices(sheet, "status", ids, errs), choices(sheet, "service_mode", ids, errs)
    counted = {Status.EXISTING, Status.EXAMPLE} if area.demonstration else {Status.EXISTING}
    return pd.DataFrame(
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
            "is_counted": [s in counted and m == ServiceMode.FIXED for s, m in zip(status, mode, strict=True)],
            "file": sheet.file,
            "row": sheet.rows,
            "lon": lon,
            "lat": lat,
        }
    )


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
            near = cells.near(text, [*valid, *(item.name for item in area.categories)])
            shown = ", ".join(f"{item.id}（{item.name}）" for item in area.categories)
            errs.append(errors.error("unknown-category", sheet.file, row, id_, value=text[:80], valid=shown, near=near))
        found.append(value)
    return found


__all__ = ["read_facilities", "read_villages"]
