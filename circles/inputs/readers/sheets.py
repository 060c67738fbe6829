"""A table on disk, whatever its format → text cells under the headers of the file, each row with its number.

CSV and TSV, XLSX, and the attribute tables of geographic files come out alike, so that what follows has one case only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from circles.area import PlacesFile
from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.inputs.guards.files import MAX_COLUMNS, check_file
from circles.inputs.readers import cells, formats, headers, one_cell, vectors
from circles.inputs.readers.formats import TABLES, Format
from circles.inputs.readers.garbled import garbled
from circles.inputs.readers.headers import Matched
from circles.inputs.readers.text_files import read_text
from circles.inputs.readers.texts import as_text
from circles.inputs.readers.titles import Title
from circles.inputs.readers.units import Unit
from circles.inputs.readers.unpacking import inside, unpacked
from circles.inputs.readers.workbooks import Broken, Grid, lock_of, read_workbook

_Cells = dict[str, list[str]]
_NUMBERS = re.compile(r"[0-9.+\-\n]*")
"""Cells of digits, which name no column."""


@dataclass(frozen=True)
class Sheet:
    """The cells of a table as text.

    ``file`` is its name for findings; ``columns`` maps our names to cells, ``others`` the file's own headers that we
    do not know; ``rows`` are row numbers as the file's reader counts; ``shapes`` and ``crs`` come from a geographic
    file; ``titles`` maps our columns and the other headers to the titles as taken apart; ``unit`` and ``datum`` are what
    lines above the header say of the whole table.
    """

    file: str
    columns: dict[str, list[str]]
    others: dict[str, list[str]]
    rows: npt.NDArray[np.int64]
    shapes: npt.NDArray[np.object_] | None = None
    crs: CRS | None = None
    findings: tuple[Finding, ...] = field(default=())
    titles: dict[str, Title] = field(default_factory=dict)
    unit: Unit | None = None
    datum: Title | None = None

    def column(self, name: str) -> list[str]:
        """Return the cells of a column, all empty where the file has none."""
        return self.columns.get(name) or [""] * len(self.rows)

    def title_text(self, name: str) -> str:
        """Return the file's own title of a column, or our name where it says none."""
        return self.titles[name].text if name in self.titles else name


_once: ContextVar[dict[tuple[Path, str, str], Sheet] | None] = ContextVar("tables read in read_once", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Read a table once, though it is asked for twice: first for what it is, then for what is in it."""
    token = _once.set({})
    try:
        yield
    finally:
        _once.reset(token)


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
    if (known := _once.get()) is None:
        return _read_sheet(path, entry, table)
    own = (path, entry.model_dump_json(), table)
    if own not in known:
        known[own] = _read_sheet(path, entry, table)
    return known[own]


def _read_sheet(path: Path, entry: PlacesFile, table: str) -> Sheet:
    """Read a table that is not known yet."""
    if formats.match(path, vectors.FORMATS) is not None or inside(path, formats.endings(vectors.FORMATS)):
        return _from_vector(path, entry, table)
    grid, found = read_grid(path, entry)
    if isinstance(grid, Grid):
        _other_sheet(grid, path, entry, table)
    if lock := lock_of(path):
        found.append(errors.info("file-open", entry.file, value=lock))
    return _from_grid(grid, entry, table, found)


def _other_sheet(grid: Grid, path: Path, entry: PlacesFile, table: str) -> None:
    """Raise where the sheet that was read is none of our tables and another one of the workbook is."""
    own = headers.best_known(grid, entry, table)
    if own >= 2 or entry.sheet is not None:
        return
    known = {
        name: headers.best_known(read_workbook(path, entry.model_copy(update={"sheet": name}))[0], entry, table)
        for name in grid.others
    }
    best = max(known, key=lambda name: known[name], default="")
    if best and known[best] >= 2:
        raise InputError(errors.error("sheet-other", entry.file, value=grid.sheet, near=best, file=entry.file))


def read_grid(path: Path, entry: PlacesFile) -> tuple[list[list[str]], list[Finding]]:
    """Read every cell of a text file or of a workbook's sheet as text, titles above the header included.

    Raises
    ------
    InputError
        The file cannot be read as what it says it is.
    """
    with unpacked(path, entry.file, formats.endings(FORMATS)) as inner:
        return _read_grid(inner, entry)


def _read_grid(path: Path, entry: PlacesFile) -> tuple[list[list[str]], list[Finding]]:
    """Read a file that is not compressed."""
    check_file(path, entry.file)
    own = formats.match(path, FORMATS)
    if own is None or own.grid is None:
        valid = " ".join(formats.endings((*FORMATS, *vectors.FORMATS)))
        raise InputError(
            errors.error("file-format", entry.file, kind=path.suffix.lower(), valid=valid, way=formats.way_out(path))
        )
    grid, found = own.grid(path, entry)
    for number, line in enumerate(grid, 1):
        cells.require_short(line, entry.file, row=number)
        if len(line) > MAX_COLUMNS and any(line[MAX_COLUMNS:]):
            raise InputError(errors.error("sheet-too-large", entry.file, rows=len(grid), columns=len(line)))
    return grid, found


def titles(grid: list[list[str]], entry: PlacesFile, table: str) -> list[str]:
    """Return the cells of the header, were the grid one of our tables; none where nothing is in it."""
    top = headers.header_row(grid, entry, table)
    return [] if top is None else [plain for cell in grid[top] if (plain := cells.plain(cell))]


def _from_grid(grid: list[list[str]], entry: PlacesFile, table: str, found: list[Finding]) -> Sheet:
    """Find the header, and give every row below it its cells."""
    top = headers.header_row(grid, entry, table)
    if top is None:
        raise InputError(errors.error("sheet-empty", entry.file))
    head = [cell.strip() for cell in grid[top]]
    while head and not cells.plain(head[-1]):
        head.pop()
    if len(head) > MAX_COLUMNS:
        raise InputError(errors.error("sheet-too-large", entry.file, rows=len(grid), columns=len(head)))
    if top:
        found.append(errors.info("header-lower", entry.file, top + 1, row_shown=top + 1))
    bad: list[Finding] = []
    matched = headers.match(head, entry, table, bad)
    merged = grid.merged if isinstance(grid, Grid) else []
    second = headers.second_line(grid, top, matched.names, entry, table, merged=merged)
    if second is not None:
        shown = "、".join(cell.strip() for cell in grid[second] if cell.strip())[:80]
        raise InputError(errors.error("header-two-lines", entry.file, second + 1, first=top + 1, value=shown))
    if isinstance(grid, Grid):
        found += _unmerged(grid, top, matched.names, entry.file, bad)
    rows, body = _body(grid, top, len(head), file=entry.file, bad=bad, found=found)
    rows, body = _without_notes(rows, body, matched.names, cells.synonyms(table), file=entry.file, bad=bad)
    if isinstance(grid, Grid):
        bad += _not_shown(grid, entry.file, top, rows, matched.names)
    found += [item for item in bad if item.severity != "error"]
    if wrong := [item for item in bad if item.severity == "error"]:
        raise InputError(wrong)
    if not rows and not entry.may_be_empty:
        raise InputError(errors.error("sheet-empty", entry.file))
    by_column = [list(column) for column in zip(*body, strict=True)] or [[] for _ in head]
    known, others, titles = _sorted(head, matched, by_column)
    sheet = Sheet(
        entry.file, known, others, np.array(rows, dtype=np.int64), findings=tuple(found), titles=titles,
        unit=headers.unit_above(grid, top), datum=headers.datum_above(grid, top),
    )  # fmt: skip
    return finished(sheet)


def _not_shown(grid: Grid, file: str, top: int, rows: list[int], names: list[str]) -> list[Finding]:
    """Return what a workbook hides or cannot show: errors of columns that are used, warnings of others, hidden rows."""
    found: list[Finding] = []
    lost: dict[bool, list[Broken]] = {True: [], False: []}
    for item in grid.broken:
        if item.row <= top:
            continue
        numbers = [line[item.column] for line in grid[top + 1 :] if item.column < len(line) and line[item.column]]
        is_used = item.column < len(names) and bool(names[item.column])
        is_used = is_used or 2 * int(np.isfinite(cells.numbers(numbers)).sum()) > len(rows)
        if not item.value:
            lost[is_used].append(item)
            continue
        finding = errors.error("xlsx-cell-error", file, item.row + 1, column=item.cell, value=item.value)
        found.append(finding if is_used else replace(finding, severity="warning"))
    for is_used, items in lost.items():
        if items:
            shown = "、".join(item.cell for item in items[:10]) + ("…" if len(items) > 10 else "")
            finding = errors.error("xlsx-formula-empty", file, items[0].row + 1, cells=shown)
            found.append(finding if is_used else replace(finding, severity="warning"))
    hidden = [row for row in grid.hidden_rows if row in set(rows)]
    if hidden:
        shown = "、".join(map(str, hidden[:10])) + ("…" if len(hidden) > 10 else "")
        found.append(errors.info("rows-hidden", file, hidden[0], rows=shown, n=len(hidden)))
    if grid.hidden_columns:
        found.append(errors.info("columns-hidden", file, columns=tuple(grid.hidden_columns[:20])))
    return found


_TEXTS = frozenset({
    "name", "category", "township_code", "township", "village", "village_code", "kind", "status", "service_mode",
    "opening_hours", "reported_by", "source", "position", "crs", "island", "updated_on", "opened_on",
})  # fmt: skip
"""Columns in which one merged cell speaks for every row beside it; a number or an id does not."""


def _unmerged(grid: Grid, top: int, names: list[str], file: str, bad: list[Finding]) -> list[Finding]:
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
        texts = list(map(str.strip, line))
        if not any(texts):
            continue
        if len(texts) > width and any(texts[width:]):
            bad.append(errors.error("row-too-long", file, number, cells=len(texts), columns=width))
        elif len(texts) < width and not isinstance(grid, Grid):
            found.append(errors.warning("row-too-short", file, number, cells=len(texts), columns=width))
        rows.append(number)
        body.append(texts if len(texts) == width else (texts + [""] * width)[:width])
    return rows, body


def _without_notes(
    rows: list[int], body: list[list[str]], names: list[str], words: Mapping[str, str], *, file: str, bad: list[Finding]
) -> tuple[list[int], list[list[str]]]:
    """Return the rows that are data; a header that comes again and a remark below the table go to ``bad``, once each."""
    kept_rows, kept = [], []
    naming = _naming(body, names, words)
    for row, line in zip(rows, body, strict=True):
        filled = len(line) - line.count("")
        again = sum(1 for at, own in naming if line[at] in own) if naming else 0
        if again >= 2 and 2 * again >= filled:
            bad.append(errors.error("header-again", file, row))
        elif 2 * filled <= len(names) and headers.is_remark(first := next(filter(None, line), "")):  # all beyond it
            bad.append(errors.error("remark-row", file, row, value=first[:40]))
        else:
            kept_rows.append(row)
            kept.append(line)
    return kept_rows, kept


def _naming(body: list[list[str]], names: list[str], words: Mapping[str, str]) -> list[tuple[int, set[str]]]:
    """Return the columns with cells that name the column itself, with these cells; none where there is one such at most."""
    texts = [(at, {line[at] for line in body}) for at, name in enumerate(names) if name]
    worded = [(at, own) for at, own in texts if not _NUMBERS.fullmatch("\n".join(own))]
    if len(worded) < 2:
        return []
    found = [(at, {text for text in own if text and words.get(cells.header(text)) == names[at]}) for at, own in worded]
    return [(at, own) for at, own in found if own]


def _sorted(head: list[str], matched: Matched, by_column: list[list[str]]) -> tuple[_Cells, _Cells, dict[str, Title]]:
    """Return the columns we know by our names, the others by their headers, and the title of each."""
    known: _Cells = {}
    others: _Cells = {}
    titles: dict[str, Title] = {}
    for text, name, title, column in zip(head, matched.names, matched.titles, by_column, strict=True):
        if name or (text := cells.plain(text)):
            (known if name else others)[name or text] = column
            titles[name or text] = title
    return known, others, titles


def finished(sheet: Sheet) -> Sheet:
    """Return a sheet with its places in columns of their own, and with a warning where its text is garbled.

    Raises
    ------
    InputError
        A cell that holds both coordinates cannot be read.
    """
    found = garbled({**sheet.columns, **sheet.others}, sheet.rows.tolist(), sheet.file)
    has_places = sheet.shapes is not None or any(name in sheet.columns for name in ("lon", "lat", "x", "y"))
    own = None if has_places else one_cell.split(sheet.others, sheet.rows.tolist(), sheet.file)
    if own is None:
        return replace(sheet, findings=(*sheet.findings, *found))
    if wrong := [item for item in own.findings if item.severity == "error"]:
        raise InputError(wrong)
    titles = sheet.titles | {name: replace(sheet.titles[own.title], datum=own.datum) for name in own.columns}
    return replace(
        sheet, columns=sheet.columns | own.columns, titles=titles,
        others={title: column for title, column in sheet.others.items() if title != own.title},
        findings=(*sheet.findings, *found, *own.findings),
    )  # fmt: skip


# --- geographic files ------------------------------------------------------------------------------------------------


def _from_vector(path: Path, entry: PlacesFile, table: str) -> Sheet:
    frame, found = vectors.read_vector(path, entry.file, layer=entry.sheet, encoding=entry.encoding, crs=entry.crs)
    if frame.empty:
        raise InputError(errors.error("sheet-empty", entry.file))
    if len(frame.columns) > MAX_COLUMNS:
        raise InputError(errors.error("sheet-too-large", entry.file, rows=len(frame), columns=len(frame.columns)))
    head = [str(name) for name in frame.columns if name != "geometry"]
    bad: list[Finding] = []
    matched = headers.match(head, entry, table, bad)
    if wrong := [item for item in bad if item.severity == "error"]:
        raise InputError(wrong)
    by_column = [[as_text(cell).strip() for cell in frame[name].to_numpy(dtype=object)] for name in head]
    known, others, titles = _sorted(head, matched, by_column)
    # the geometry is where the features are; coordinate columns beside it are somebody's notes
    known = {name: column for name, column in known.items() if name not in ("lon", "lat", "x", "y")}
    rows = np.arange(1, len(frame) + 1, dtype=np.int64)
    shapes = frame.geometry.to_numpy()
    return finished(Sheet(entry.file, known, others, rows, shapes, frame.crs, (*found, *bad), titles))


FORMATS: tuple[Format, ...] = (
    Format(name="text", endings=(".csv", ".tsv", ".txt"), kinds=TABLES, grid=read_text),
    Format(name="workbook", endings=(".xlsx", ".xls", ".xlsb", ".et", ".ods"), kinds=TABLES, grid=read_workbook),
)
"""The formats of rows of cells: a further one is a further value here."""
