"""The header of a table: which row it is, which column each title names, and titles that cannot be used as they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from circles.area import PlacesFile
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.inputs.guards.workbook import Merged
from circles.inputs.readers import cells, titles, units
from circles.inputs.readers.titles import Title
from circles.inputs.readers.units import Unit
from circles.inputs.readers.vocabulary import section

HEADER_ROWS = 12
"""The header is looked for in so many rows: titles, dates and notes stand above it."""
_COORDINATES = ("lon", "lat", "x", "y")
_SUMS_PEOPLE = ("residents", "villages", "totals")
"""Tables whose columns of numbers are groups of people: none of two with one title may be lost."""


@dataclass(frozen=True)
class Matched:
    """Our name for each title of a header ('' for those we do not know), and the titles taken apart."""

    names: list[str]
    titles: list[Title]


def header_row(grid: Sequence[Sequence[str]], entry: PlacesFile, table: str) -> int | None:
    """Return the first row that names the most columns we know; the first row with content where none does."""
    filled = [number for number, line in enumerate(grid[:HEADER_ROWS]) if any(cell.strip() for cell in line)]
    if not filled:
        return None
    return max(filled, key=lambda number: (known_titles(grid[number], entry, table), -number))


def best_known(grid: Sequence[Sequence[str]], entry: PlacesFile, table: str) -> int:
    """Return how many of our columns the best header of a grid names."""
    return max((known_titles(line, entry, table) for line in grid[:HEADER_ROWS]), default=0)


def known_titles(line: Sequence[str], entry: PlacesFile, table: str) -> int:
    """Return how many different columns of a table the cells of a line name."""
    words = cells.synonyms(table)
    mapped = {cells.header(own) for own in entry.columns.values()}
    found = {titles.read_title(cell, words).column or (cells.header(cell) in mapped and cell) for cell in line if cell}
    return len(found - {"", False})


def match(head: list[str], entry: PlacesFile, table: str, found: list[Finding]) -> Matched:
    """Return our column name for each title of a table.

    Parameters
    ----------
    head : titles as written
    entry : the file's entry in ``area.toml``; its ``columns`` go before synonyms
    table : name of the table, which decides the synonyms
    found : list to which titles that are ambiguous or used twice are appended as errors
    """
    words = cells.synonyms(table)
    read = [titles.read_title(text, words) for text in head]
    mapped = _mapped(head, entry, found)
    names = [mapped.get(at) or ("" if title.column in entry.columns else title.column) for at, title in enumerate(read)]
    for name in sorted({name for name in names if names.count(name) > 1} - {""}):
        places = [at for at, own in enumerate(names) if own == name]
        own = _one_of(places, name, read, set(mapped))
        if own is None:
            shown = tuple(head[at] for at in places)
            found.append(errors.error("column-twice", entry.file, column=name, value=shown))
        names = ["" if at in places and at != own else known for at, known in enumerate(names)]
    if "id" not in names and (at := _numbered(read, names)) is not None:
        names[at] = "id"
    _same_titles(head, names, entry, table, found)
    return Matched(names, read)


def _mapped(head: list[str], entry: PlacesFile, found: list[Finding]) -> dict[int, str]:
    """Return position -> our column for the titles that the area file maps; the whole title wins over the bare one."""
    mapped: dict[int, str] = {}
    for name, own in entry.columns.items():
        hits = [at for at, text in enumerate(head) if cells.plain(text) == cells.plain(own)]
        hits = hits or [at for at, text in enumerate(head) if cells.header(text) == cells.header(own)]
        if not hits:
            found.append(errors.error("column-mapped-missing", entry.file, value=own, column=name))
        elif len(hits) > 1:
            shown = tuple(head[at] for at in hits)
            found.append(errors.error("column-twice", entry.file, column=name, value=shown))
        else:
            mapped[hits[0]] = name
    return mapped


def _one_of(places: list[int], name: str, read: list[Title], mapped: set[int]) -> int | None:
    """Return which of several columns is meant: the mapped one, the one with our own name, that without a datum."""
    exact = [at for at in places if at in mapped] or [at for at in places if cells.header(read[at].text) == name]
    if not exact and name in _COORDINATES:
        exact = [at for at in places if not read[at].datum]
    return exact[0] if len(exact) == 1 else None


def _numbered(read: list[Title], names: list[str]) -> int | None:
    """Return the column that numbers the rows (序号), which serves as their id where nothing else does."""
    words = {cells.header(word) for word in section("fallback")["id"]}
    hits = [at for at, title in enumerate(read) if not names[at] and cells.header(title.text) in words]
    return hits[0] if len(hits) == 1 else None


def _same_titles(head: list[str], names: list[str], entry: PlacesFile, table: str, found: list[Finding]) -> None:
    """Complain about columns that bear one title, of which all but the last would be lost."""
    others = [cells.plain(text) for text, name in zip(head, names, strict=True) if text and not name]
    for title in dict.fromkeys(text for text in others if others.count(text) > 1):
        at = [str(i + 1) for i, text in enumerate(head) if cells.plain(text) == title]
        item = errors.error("column-same-title", entry.file, value=title, columns=tuple(at))
        found.append(item if table in _SUMS_PEOPLE else replace(item, severity="warning"))


# --- headers of two lines --------------------------------------------------------------------------------------------


def second_line(
    grid: Sequence[Sequence[str]],
    top: int,
    names: list[str],
    entry: PlacesFile,
    table: str,
    *,
    merged: Sequence[Merged],
) -> int | None:
    """Return the row below the header that belongs to it (column names, parts of merged titles, or units), else None.

    Parameters
    ----------
    grid : cells as text, row by row
    top : row of the header
    names : our column names for the titles in row ``top``
    entry : the file's entry in ``area.toml``
    table : name of the table
    merged : merged cells of the sheet
    """
    below = next((at for at in range(top + 1, len(grid)) if any(cell.strip() for cell in grid[at])), None)
    if below is None or below > top + 2:
        return None
    line = [cell.strip() for cell in grid[below]]
    filled = [cell for cell in line if cell]
    if np.isfinite(cells.numbers(filled)).any():
        return None
    known = known_titles(line, entry, table)
    if known >= 2 and 2 * known >= len(filled):
        return below
    measures = sum(_is_unit_of(cell, names[at] if at < len(names) else "") for at, cell in enumerate(line))
    if measures >= 2 and 2 * measures >= len(filled):
        return below
    head = [cell.strip() for cell in grid[top]]
    under_nothing = [at for at, cell in enumerate(line) if cell and (at >= len(head) or not head[at])]
    first = next((at for at, name in enumerate(names) if name in ("id", "code")), 0)
    is_id_empty = first >= len(line) or not line[first]
    spans = any(area.top - 1 == top and area.left != area.right for area in merged)
    return below if is_id_empty and (under_nothing or spans) else None


def _is_unit_of(cell: str, name: str) -> bool:
    """Return whether a cell is a unit that our column ``name`` may have: 万 is none of a longitude, nor of a category."""
    unit = units.unit_of(cell) if cell and (not name or name in {*units.MEASURED, *units.OF_ANY}) else None
    return unit is not None and unit.of(units.MEASURED.get(name, "")) is not None


def datum_above(grid: Sequence[Sequence[str]], top: int) -> Title | None:
    """Return the cell above the header that names the system of the coordinates (坐标系：GCJ-02), taken apart."""
    for line in grid[:top]:
        for cell in line:
            plain = cells.plain(cell)
            if "坐标" not in plain and "datum" not in plain.casefold():
                continue
            said = [part for part in re.split(r"[:=\s()（）]+", plain[:200]) if part]
            if datum := next((found for part in said if (found := titles.datum_of(part))), ""):
                return Title(plain[:80], datum=datum)
    return None


def is_remark(text: str) -> bool:
    """Return whether a cell begins a remark as stands below tables: 注：, 填表人：, 数据来源：, Note:."""
    key = cells.plain(text).casefold()[:40]
    return any(
        key.startswith(word) and key[len(word) : len(word) + 1] in (":", " ", "", "1", "(", "、") for word in _remarks()
    )


@cache
def _remarks() -> tuple[str, ...]:
    return tuple(section("notes")["below_the_table"])


def unit_above(grid: Sequence[Sequence[str]], top: int) -> Unit | None:
    """Return the unit that a line above the header gives for the whole table (单位：万人)."""
    for line in grid[:top]:
        for cell in line:
            plain = cells.plain(cell)
            for mark in ("计量单位:", "单位:"):
                at = plain.find(mark)
                if (
                    at >= 0
                    and (unit := units.unit_of(plain[at + len(mark) :].strip(" )]】").split(" ")[0])) is not None
                ):
                    return unit
    return None
