"""A table on disk, whatever its format → text cells under the headers of the file, each row with its number.

CSV and TSV, XLSX, and the attribute tables of geographic files come out alike, so that what follows has one case only.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from circles.area import PlacesFile
from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding, InputError
from circles.inputs.guards.files import MAX_COLUMNS, check_file
from circles.inputs.guards.workbook import Merged, Oddities, oddities, part_of, unfolded_bytes
from circles.inputs.readers import cells, formats, raw, vectors
from circles.inputs.readers.formats import TABLES, Format

_Cells = dict[str, list[str]]
_HEADER_ROWS = 12
"""The header is looked for in so many rows: titles, dates and notes stand above it."""


@dataclass(frozen=True)
class Sheet:
    """The cells of a table as text.

    ``file`` is its name for findings; ``columns`` maps our names to cells, ``others`` the file's own headers that we
    do not know; ``rows`` are row numbers as the file's reader counts; ``shapes`` and ``crs`` come from a geographic
    file.
    """

    file: str
    columns: dict[str, list[str]]
    others: dict[str, list[str]]
    rows: npt.NDArray[np.int64]
    shapes: npt.NDArray[np.object_] | None = None
    crs: CRS | None = None
    findings: tuple[Finding, ...] = field(default=())

    def column(self, name: str) -> list[str]:
        """Return the cells of a column, all empty where the file has none."""
        return self.columns.get(name) or [""] * len(self.rows)


def read_sheet(path: Path, given: str | PlacesFile, table: str) -> Sheet:
    """Read the table that an entry of the area file names.

    Parameters
    ----------
    path : the file
    given : its entry in the area file: a name, or a name with sheet, encoding and a mapping of columns
    table : which of our tables it is, for the headers that are understood: facilities, residents, villages

    Raises
    ------
    InputError
        The file cannot be read as what it says it is; no header; two columns for one; too many columns.
    """
    entry = PlacesFile(file=given) if isinstance(given, str) else given
    if formats.match(path, vectors.FORMATS) is not None:
        return _from_vector(path, entry, table)
    grid, found = read_grid(path, entry)
    return _from_grid(grid, entry, table, found)


def read_grid(path: Path, entry: PlacesFile) -> tuple[list[list[str]], list[Finding]]:
    """Read every cell of a text file or of a workbook's sheet as text, titles above the header included.

    Raises
    ------
    InputError
        The file cannot be read as what it says it is.
    """
    check_file(path, entry.file)
    own = formats.match(path, FORMATS)
    if own is None or own.grid is None:
        valid = " ".join(formats.endings((*FORMATS, *vectors.FORMATS)))
        raise InputError(errors.error("file-format", entry.file, kind=path.suffix.lower(), valid=valid))
    grid, found = own.grid(path, entry)
    for number, line in enumerate(grid, 1):
        cells.require_short(line, entry.file, row=number)
    return grid, found


def titles(grid: list[list[str]], entry: PlacesFile, table: str) -> list[str]:
    """Return the cells of the header, were the grid one of our tables; none where nothing is in it."""
    top = _header_row(grid, entry, table)
    return [] if top is None else [plain for cell in grid[top] if (plain := cells.plain(cell))]


def _from_grid(grid: list[list[str]], entry: PlacesFile, table: str, found: list[Finding]) -> Sheet:
    """Find the header, and give every row below it its cells."""
    top = _header_row(grid, entry, table)
    if top is None:
        raise InputError(errors.error("sheet-empty", entry.file))
    head = [cells.plain(cell) for cell in grid[top]]
    while head and not head[-1]:
        head.pop()
    if len(head) > MAX_COLUMNS:
        raise InputError(errors.error("sheet-too-large", entry.file, rows=len(grid), columns=len(head)))
    if top:
        found.append(errors.info("header-lower", entry.file, top + 1, row_shown=top + 1))
    names, bad = _match(head, entry, table)
    if isinstance(grid, _Grid):
        found += _unmerged(grid, top, names, entry.file, bad)
    rows, body = _body(grid, top, len(head), file=entry.file, bad=bad, found=found)
    if bad:
        raise InputError(bad)
    if not rows and not entry.may_be_empty:
        raise InputError(errors.error("sheet-empty", entry.file))
    by_column = [list(column) for column in zip(*body, strict=True)] or [[] for _ in head]
    known, others = _sorted(head, names, by_column)
    return Sheet(entry.file, known, others, np.array(rows, dtype=np.int64), findings=tuple(found))


_TEXTS = frozenset({
    "name", "category", "township_code", "township", "village", "village_code", "kind", "status", "service_mode",
    "opening_hours", "reported_by", "source", "position", "crs", "island", "updated_on", "opened_on",
})  # fmt: skip
"""Columns in which one merged cell speaks for every row beside it; a number or an id does not."""


def _unmerged(grid: _Grid, top: int, names: list[str], file: str, bad: list[Finding]) -> list[Finding]:
    """Fill merged cells below the header where they can only mean one thing, and say so; the others go to ``bad``."""
    found = []
    for area in grid.merged:
        if area.bottom - 1 <= top or area.left > len(names):
            continue
        first = (
            grid[area.top - 1][area.left - 1] if area.top <= len(grid) and area.left <= len(grid[area.top - 1]) else ""
        )
        if not first.strip():
            continue
        column = names[area.left - 1]
        values = {"cells": area.ref, "value": first[:40]}
        if area.top - 1 <= top or area.left != area.right or column not in _TEXTS:
            bad.append(errors.error("xlsx-merged", file, area.top, cells=area.ref, value=first[:40]))
            continue
        for line in grid[area.top : min(area.bottom, len(grid))]:
            if area.left <= len(line) and not line[area.left - 1].strip():
                line[area.left - 1] = first
        found.append(errors.warning("xlsx-merged-filled", file, area.top, cells=values["cells"], value=values["value"]))
    return found


def _body(
    grid: list[list[str]], top: int, width: int, *, file: str, bad: list[Finding], found: list[Finding]
) -> tuple[list[int], list[list[str]]]:
    """Return the numbers and the cells of the rows below the header, empty rows left out."""
    rows: list[int] = []
    body: list[list[str]] = []
    for number, line in enumerate(grid[top + 1 :], top + 2):
        texts = [cell.strip() for cell in line]
        if not any(texts):
            continue
        if any(texts[width:]):
            bad.append(errors.error("row-too-long", file, number, cells=len(texts), columns=width))
        elif len(texts) < width and not isinstance(grid, _Grid):
            found.append(errors.warning("row-too-short", file, number, cells=len(texts), columns=width))
        rows.append(number)
        body.append((texts + [""] * width)[:width])
    return rows, body


def _sorted(head: list[str], names: list[str], by_column: list[list[str]]) -> tuple[_Cells, _Cells]:
    """Return the columns we know by our names, and the others by their headers."""
    known = {name: column for name, column in zip(names, by_column, strict=True) if name}
    others = {title: column for title, name, column in zip(head, names, by_column, strict=True) if title and not name}
    return known, others


def _header_row(grid: list[list[str]], entry: PlacesFile, table: str) -> int | None:
    """Return the first row that names the most columns we know; the first row with content where none does."""
    known = set(cells.synonyms(table)) | {cells.header(own) for own in entry.columns.values()}
    filled = [number for number, line in enumerate(grid[:_HEADER_ROWS]) if any(cell.strip() for cell in line)]
    if not filled:
        return None
    return max(filled, key=lambda number: (sum(cells.header(cell) in known for cell in grid[number] if cell), -number))


def _match(head: list[str], entry: PlacesFile, table: str) -> tuple[list[str], list[Finding]]:
    """Return our name for each header ('' for those we do not know), and what is wrong with the headers."""
    wanted = {cells.header(own): name for name, own in entry.columns.items()}
    words = cells.synonyms(table)
    found = [
        errors.error("column-mapped-missing", entry.file, value=own, column=name)
        for name, own in entry.columns.items()
        if cells.header(own) not in {cells.header(title) for title in head}
    ]
    names = [wanted.get(cells.header(title)) or _unmapped(title, words, entry) for title in head]
    # the column that bears our own name wins over its synonyms: "id" beside 代码 is no conflict
    for name in sorted({name for name in names if names.count(name) > 1} - {""}):
        places = [i for i, own in enumerate(names) if own == name]
        exact = [i for i in places if cells.header(head[i]) == name or cells.header(head[i]) in wanted]
        if len(exact) != 1:
            titles = "、".join(head[i] for i in places)
            found.append(errors.error("column-twice", entry.file, column=name, value=titles))
        names = ["" if i in places and i not in exact[:1] else own for i, own in enumerate(names)]
    return names, found


def _unmapped(title: str, words: dict[str, str], entry: PlacesFile) -> str:
    name = words.get(cells.header(title), "") if title else ""
    return "" if name in entry.columns else name


# --- text files ------------------------------------------------------------------------------------------------------


def _read_text(path: Path, entry: PlacesFile) -> tuple[list[list[str]], list[Finding]]:
    text, found = decode(path.read_bytes(), entry.file, encoding=entry.encoding)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max("\t;,", key=lambda mark: (first.count(mark), mark == ","))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    grid: list[list[str]] = []
    try:
        grid.extend(reader)
    except csv.Error as e:
        raise InputError(errors.error("csv-broken", entry.file, len(grid) + 1, detail=str(e))) from e
    if "\0" in text:
        raise InputError(errors.error("csv-broken", entry.file, detail="NUL"))
    if grid and not text.endswith(("\n", "\r")):
        found.append(errors.info("last-line-open", entry.file, len(grid), value=(grid[-1] or [""])[-1][:40]))
    return grid, found


def decode(content: bytes, table: str, *, encoding: str | None) -> tuple[str, list[Finding]]:
    """Return the text of a file: by its mark, as declared, else UTF-8, else GB18030, each strictly.

    Raises
    ------
    InputError
        The bytes are no text in the encoding declared, or in any of these.
    """
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            found = [errors.info("encoding-told", table, encoding="UTF-16")] if name == "utf-16" else []
            return _decoded(content, name, table), found
    if encoding is not None:
        return _decoded(content, encoding, table), []
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("gb18030"), [errors.info("encoding-told", table, encoding="GB18030")]
    except UnicodeDecodeError as e:
        raise InputError(errors.error("encoding-wrong", table, encoding="UTF-8, GB18030")) from e


def _decoded(content: bytes, encoding: str, table: str) -> str:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as e:
        raise InputError(errors.error("encoding-wrong", table, encoding=encoding)) from e


# --- workbooks -------------------------------------------------------------------------------------------------------


def _read_workbook(path: Path, entry: PlacesFile) -> tuple[list[list[str]], list[Finding]]:
    unfolded = unfolded_bytes(path, entry.file)
    wanted = [entry.sheet] if entry.sheet is not None else []
    with vectors.readable(entry.file):
        book = raw.workbook(path, entry.file, sheets=wanted, unfolded_bytes=unfolded)
        names = book.names
        if entry.sheet is not None and entry.sheet not in names:
            near, valid = nearest_word.near(entry.sheet, names), "、".join(names)
            raise InputError(errors.error("sheet-unknown", entry.file, value=entry.sheet, valid=valid, near=near))
        if not names:
            raise InputError(errors.error("sheet-empty", entry.file))
        content = book.sheets[entry.sheet or names[0]]
        part = part_of(path, entry.sheet or names[0])
        odd = oddities(path, part) if part is not None else Oddities([], [], [])
    if odd.broken:
        raise InputError([
            errors.error("xlsx-cell-error", entry.file, row, column=cell, value=text) for cell, row, text in odd.broken
        ])  # fmt: skip
    if odd.lost:
        shown = "、".join(odd.lost[:10]) + ("…" if len(odd.lost) > 10 else "")
        raise InputError(errors.error("xlsx-formula-empty", entry.file, cells=shown))
    found = []
    if entry.sheet is None and len(names) > 1:
        found.append(errors.info("sheet-first", entry.file, value=names[0], valid="、".join(names[1:])))
    return _Grid([[as_text(cell) for cell in line] for line in content], odd.merged), found


class _Grid(list[list[str]]):
    """The cells of a sheet, with its merged ranges: all but the first cell of each read as empty."""

    def __init__(self, cells: list[list[str]], merged: list[Merged]) -> None:
        super().__init__(cells)
        self.merged = merged


def as_text(cell: Any) -> str:
    """Return a cell as text: whole numbers without a point, dates in ISO form, nothing for nothing."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if isinstance(cell, float | np.floating):
        value = float(cell)
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    return "" if str(cell) in ("<NA>", "NaT") else str(cell)


# --- geographic files ------------------------------------------------------------------------------------------------


def _from_vector(path: Path, entry: PlacesFile, table: str) -> Sheet:
    frame, found = vectors.read_vector(path, entry.file, layer=entry.sheet)
    if frame.empty:
        raise InputError(errors.error("sheet-empty", entry.file))
    if len(frame.columns) > MAX_COLUMNS:
        raise InputError(errors.error("sheet-too-large", entry.file, rows=len(frame), columns=len(frame.columns)))
    head = [str(name) for name in frame.columns if name != "geometry"]
    names, bad = _match(head, entry, table)
    if bad:
        raise InputError(bad)
    by_column = [[as_text(cell).strip() for cell in frame[name].to_numpy(dtype=object)] for name in head]
    known, others = _sorted(head, names, by_column)
    # the geometry is where the features are; coordinate columns beside it are somebody's notes
    known = {name: column for name, column in known.items() if name not in ("lon", "lat", "x", "y")}
    rows = np.arange(1, len(frame) + 1, dtype=np.int64)
    return Sheet(entry.file, known, others, rows, frame.geometry.to_numpy(), frame.crs, found)


FORMATS: tuple[Format, ...] = (
    Format(name="text", endings=(".csv", ".tsv", ".txt"), kinds=TABLES, grid=_read_text),
    Format(name="workbook", endings=(".xlsx",), kinds=TABLES, grid=_read_workbook),
)
"""The formats of rows of cells: a further one is a further value here."""
