"""Columns that several tables share: ids, codes, fixed choices; what is missing, misspelt or there twice."""

from __future__ import annotations

import re
from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from circles.area import PlacesFile
from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import TABLES, Position, ServiceMode, Status
from circles.inputs.readers import cells
from circles.inputs.readers.coordinates import missing_column
from circles.inputs.readers.sheets import Sheet

_ID = re.compile(r"[\w.][\w.\-]*")
_CHOICES = {
    "status": ("unknown-status", Status, Status.EXISTING),
    "service_mode": ("unknown-service-mode", ServiceMode, ServiceMode.FIXED),
    "position": ("unknown-position", Position, Position.UNKNOWN),
}


def file_name(given: str | PlacesFile) -> str:
    """Return the name of the file that an entry of the area file means."""
    return given if isinstance(given, str) else given.file


def declared_crs(given: str | PlacesFile) -> str | None:
    """Return the coordinate system that an entry declares."""
    return given.crs if isinstance(given, PlacesFile) else None


_TEXT = ("id", "township_code", "village_code", "island", "file")


def as_points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a table with ``lon`` and ``lat`` (degrees, WGS 84) as points in EPSG:4326."""
    if table.empty:  # a list without an item does not say that it would hold text
        table = table.astype({name: "str" for name in _TEXT if name in table})
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
    codes = [cells.plain(text).removesuffix(".0") if text else "" for text in sheet.column(name)]
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
            near = nearest_word.near(text.lower(), [*valid, *words])
            errs.append(errors.error(code, sheet.file, row, id_, value=text[:80], valid=", ".join(valid), near=near))
        found.append(value or "")
    return found


def duplicate_ids(frames: list[pd.DataFrame], *, column: str = "id") -> list[Finding]:
    """Return an error for every row, over all files, whose id an earlier row has; it says where."""
    ids = [id_ for frame in frames for id_ in frame[column].tolist() if id_]
    if len(set(ids)) == len(ids):
        return []
    first: dict[str, tuple[str, int]] = {}
    found = []
    for frame in frames:
        for file, row, id_ in zip(frame["file"].tolist(), frame["row"].tolist(), frame[column].tolist(), strict=True):
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
        near = nearest_word.near(cells.header(title), free)
        close = near != "–" and abs(len(near) - len(title)) <= 2
        if close and len(set(near) ^ set(cells.header(title))) <= 2:
            found.append(errors.warning("column-misspelt", sheet.file, value=title, near=near))
        else:
            rest.append(title)
    return found + ([errors.info("columns-unused", sheet.file, titles="、".join(rest)[:300])] if rest else [])
