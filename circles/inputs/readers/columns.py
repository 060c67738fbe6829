"""Columns that several tables share: ids, codes, fixed choices; what is missing, misspelt or there twice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import compress

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.area import PlacesFile
from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import TABLES, Position, ServiceMode, Status
from circles.inputs.readers import cells, working
from circles.inputs.readers.coordinates import missing_column
from circles.inputs.readers.sheets import Sheet

_DATE = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?: \d\d:\d\d:\d\d)?")
_ID = re.compile(r"[\w.][\w.\-]*")
_SOUND_IDS = re.compile(r"(?:[\w.][\w.\-]{0,199}\n)*")
_CHOICES = {
    "status": ("unknown-status", Status, Status.EXISTING),
    "service_mode": ("unknown-service-mode", ServiceMode, ServiceMode.FIXED),
    "position": ("unknown-position", Position, Position.UNKNOWN),
}


def raised(found: list[Finding]) -> list[Finding]:
    """Return warnings and notes, where there is no error among the findings.

    Raises
    ------
    InputError
        With every error.
    """
    if wrong := [item for item in found if item.severity == "error"]:
        raise InputError(wrong)
    return list(found)


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
    if not cells.any_spoilt(ids) and _SOUND_IDS.fullmatch("\n".join([*ids, ""])):
        return ids
    for row, text in zip(sheet.rows.tolist(), ids, strict=True):
        if not text:
            errs.append(errors.error("id-missing", sheet.file, row))
        elif cells.is_spoilt(text):
            errs.append(errors.error("code-scientific", sheet.file, row, text, column="id", value=text))
        elif _ID.fullmatch(text) and len(text) <= 200:
            continue
        elif cells.header(text) not in _TOTALS:  # those are reported by total_rows
            errs.append(errors.error("id-pattern", sheet.file, row, text[:80], value=text[:80]))
    return ids


_TOTALS = frozenset(
    {"合计", "总计", "小计", "总和", "汇总", "共计", "全县合计", "全区合计", "total", "sum", "totals", "grandtotal"}
)


def total_rows(sheet: Sheet) -> list[Finding]:
    """Return an error for each row that sums up the others: it is no place, and its people would count twice."""
    named = [sheet.column(name) for name in ("id", "code", "name", "village", "township")]
    found: list[Finding] = []
    totals = {text for column in named for text in set(column) if cells.header(text) in _TOTALS}
    if not totals:
        return found
    for at, row in enumerate(sheet.rows.tolist()):
        text = next((column[at] for column in named if column[at]), "")
        if text in totals:
            found.append(errors.error("total-row", sheet.file, row, value=text[:40]))
    return found


def dated_ids(sheet: Sheet) -> list[Finding]:
    """Return a warning where ids are dates beside others that are none: a spreadsheet makes 2024-01-02 of 1-2."""
    ids = [text for text in sheet.column("id") if text]
    dates = [text for text in ids if _DATE.fullmatch(text)]
    if not dates or len(dates) == len(ids):
        return []
    row = int(sheet.rows[sheet.column("id").index(dates[0])])
    return [errors.warning("id-date", sheet.file, row, dates[0], value=dates[0], n=len(dates))]


def rounded_codes(sheet: Sheet, name: str) -> list[Finding]:
    """Return a warning where long codes all end in zeros from their 16th digit on, as a spreadsheet leaves them."""
    codes = [text for text in sheet.column(name) if len(text) > 15 and text.isdecimal()]
    if len(codes) < 2 or not all(set(text[15:]) == {"0"} for text in codes):
        return []
    return [errors.warning("code-rounded", sheet.file, column=name, value=codes[0][:40], n=len(codes))]


def named_townships(
    sheet: Sheet, codes: Sequence[str], ids: Sequence[str], townships: pd.DataFrame, notes: list[Finding]
) -> list[str]:
    """Return the township code of each row: as given, else looked up by the township's name.

    Parameters
    ----------
    sheet : the table as read, n rows
    codes : township code of each row, '' where empty; a code that is a township's name is looked up as a name
    ids : id of each row, for findings
    townships : table with ``code, name``
    notes : list to which a warning per unknown name is appended
    """
    known = {str(code) for code in townships["code"]}
    lookup = cells.by_name(zip(townships["name"], townships["code"], strict=True))
    found = []
    for row, id_, code, name in zip(sheet.rows.tolist(), ids, codes, sheet.column("township"), strict=True):
        own = code if code in known else (lookup(code) or code) if code else lookup(name)
        if name and known and not own:
            near = nearest_word.near(name, [str(item) for item in townships["name"]])
            notes.append(errors.warning("township-unknown", sheet.file, row, id_, value=name, near=near))
        found.append(own)
    return found


def without_left_out(sheet: Sheet, values: Mapping[str, Mapping[str, str]], found: list[Finding]) -> Sheet:
    """Return the sheet without the rows that hold a word which ``values`` maps to nothing; how many there are is found."""
    keep = np.ones(len(sheet.rows), dtype=bool)
    for name, words in values.items():
        unwanted = {cells.plain(theirs) for theirs, ours in words.items() if not ours}
        if not unwanted or name not in sheet.columns:
            continue
        hit = np.array([cells.plain(text) in unwanted for text in sheet.columns[name]], dtype=bool)
        if (count := int(hit.sum())) > 0:
            said = tuple(dict.fromkeys(text for text, is_hit in zip(sheet.columns[name], hit, strict=True) if is_hit))
            found.append(errors.info("rows-left-out", sheet.file, column=name, value=said[:20], count=count))
        keep &= ~hit
    return sheet if keep.all() else _rows_of(sheet, keep)


def _rows_of(sheet: Sheet, keep: npt.NDArray[np.bool_]) -> Sheet:
    def chosen(columns: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: list(compress(cells_, keep)) for name, cells_ in columns.items()}

    shapes = None if sheet.shapes is None else sheet.shapes[keep]
    return replace(
        sheet, columns=chosen(sheet.columns), others=chosen(sheet.others), rows=sheet.rows[keep], shapes=shapes
    )


def in_our_words(sheet: Sheet, values: Mapping[str, Mapping[str, str]]) -> Sheet:
    """Return the sheet with the file's words replaced as ``values`` says (our column → their word → ours); others stay.

    A word is compared whole first, then without what stands in brackets.
    """
    columns = dict(sheet.columns)
    for name, words in values.items():
        if name in columns:
            whole = {cells.plain(theirs): ours for theirs, ours in words.items()}
            bare = {cells.header(theirs): ours for theirs, ours in words.items() if not cells.notes(theirs)}
            columns[name] = [
                whole.get(cells.plain(text)) or (bare.get(cells.header(text), text) if not cells.notes(text) else text)
                for text in columns[name]
            ]
    return replace(sheet, columns=columns)


def code_column(sheet: Sheet, name: str, errs: list[Finding], *, is_id: bool = False) -> list[str]:
    """Return a column of codes as text.

    Parameters
    ----------
    sheet : the table as read
    name : name of the column
    errs : list to which errors are appended: codes that a spreadsheet turned into numbers like 1.2E+17, and missing ids
    is_id : whether a missing value is an error
    """
    codes = [cells.plain(text).removesuffix(".0") if text else "" for text in sheet.column(name)]
    ids = sheet.columns.get("id", codes)
    if not cells.any_spoilt(codes) and not (is_id and "" in codes):
        return codes
    for row, id_, text in zip(sheet.rows.tolist(), ids, codes, strict=True):
        if cells.is_spoilt(text):
            errs.append(errors.error("code-scientific", sheet.file, row, id_, column=name, value=text))
        elif is_id and not text and name in sheet.columns:
            errs.append(errors.error("value-missing", sheet.file, row, column=name))
    return codes


def choices(sheet: Sheet, name: str, ids: Sequence[str], found: list[Finding]) -> list[str]:
    """Return a column of fixed choices as our own words, with the default where a cell is empty.

    Words in brackets are read too: those that name another choice are an error, except that a status says closed where
    they do, with a warning. Words that are not understood are listed in one note.

    Parameters
    ----------
    sheet : the table as read, n rows
    name : name of the column, such as ``status``
    ids : id of each row, for findings
    found : list to which findings are appended
    """
    code, choice, default = _CHOICES[name]
    words = cells.values(name)
    values: list[str] = []
    unread: dict[str, int] = {}
    for row, id_, text in zip(sheet.rows.tolist(), ids, sheet.column(name), strict=True):
        read = cells.choice(text, words) if text else cells.Choice(str(default))
        value, said = (read.value, "") if name != "status" else working.status(text, read)
        if value is None:
            valid = [str(item) for item in choice]
            near = working.likely(text) if name == "status" else ""
            near = near or nearest_word.near(text.lower(), [*valid, *words])
            found.append(errors.error(code, sheet.file, row, id_, value=text[:80], valid=", ".join(valid), near=near))
        elif said:
            found.append(errors.warning("status-note", sheet.file, row, id_, value=text[:80], status=value, said=said))
        else:
            unread |= dict.fromkeys(read.unread, row)
        values.append(value or "")
    if unread:
        shown = "、".join(list(unread)[:10])[:200]
        found.append(errors.info("note-unread", sheet.file, min(unread.values()), column=name, value=shown))
    return values


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
    found += _unread_titles(sheet)
    return found + ([errors.info("columns-unused", sheet.file, titles="、".join(rest)[:300])] if rest else [])


def _unread_titles(sheet: Sheet) -> list[Finding]:
    """Return a note that names the titles whose brackets say something that was not understood."""
    titles = [title for name, title in sheet.titles.items() if name in sheet.columns and title.notes]
    if not titles:
        return []
    return [errors.info("title-note-unread", sheet.file, value="、".join(title.text for title in titles)[:300])]
