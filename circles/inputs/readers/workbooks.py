"""Workbooks on disk → rows of cells of one sheet: the one that is named, else the first that can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from circles.area import PlacesFile
from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding, InputError
from circles.inputs.guards.files import is_zip
from circles.inputs.guards.workbook import Merged, Oddities, hidden_sheets, oddities, part_of, unfolded_bytes
from circles.inputs.readers import cells, raw
from circles.inputs.readers.texts import as_text

_MOST_OTHERS = 12
"""Other sheets that are looked at where the first one is none of our tables."""


@dataclass(frozen=True)
class Broken:
    """A cell that holds an error, or a formula without a result: its address, row and column from 0, and what it shows."""

    cell: str
    row: int
    column: int
    value: str


class Grid(list[list[str]]):
    """The cells of a sheet as text, with what else a workbook says: merged ranges, broken cells, what is hidden.

    Attributes
    ----------
    sheet : name of the sheet
    others : names of the other sheets that can be seen
    merged : merged ranges; all but the first cell of each read as empty
    broken : cells that read as empty although they are not
    hidden_rows, hidden_columns : numbers of rows from 1, letters of columns
    """

    def __init__(self, lines: list[list[str]], *, sheet: str, others: Sequence[str], odd: Oddities) -> None:
        super().__init__(lines)
        self.sheet = sheet
        self.others = list(others)[:_MOST_OTHERS]
        self.merged: list[Merged] = odd.merged
        self.broken = [Broken(*where, text) for where, text in odd.broken]
        self.hidden_rows = odd.hidden_rows
        self.hidden_columns = odd.hidden_columns


def read_workbook(path: Path, entry: PlacesFile) -> tuple[list[list[str]], list[Finding]]:
    """Read every cell of one sheet as text; percentages keep their sign.

    Raises
    ------
    InputError
        It cannot be read, or has no sheet of the name.
    """
    names, content = _opened(path, entry, None)
    zipped = is_zip(path)
    hidden = hidden_sheets(path, entry.file) if zipped else frozenset()
    seen = [name for name in names if name not in hidden]
    if entry.sheet is not None and entry.sheet not in names:
        near, valid = nearest_word.near(entry.sheet, names), "、".join(names)
        raise InputError(errors.error("sheet-unknown", entry.file, value=entry.sheet, valid=valid, near=near))
    if not names:
        raise InputError(errors.error("sheet-empty", entry.file))
    sheet = entry.sheet or (seen or names)[0]
    if sheet not in content:
        _, content = _opened(path, entry, sheet)
    part = part_of(path, sheet, entry.file) if zipped else None
    odd = oddities(path, part, entry.file) if part is not None else Oddities()
    lines = [[as_text(cell) for cell in line] for line in content[sheet]]
    for row, column in odd.percent:
        if row < len(lines) and column < len(lines[row]) and (value := cells.number(lines[row][column])) == value:
            lines[row][column] = f"{100 * value:.15g}%"
    found = _chosen(entry, sheet, names, hidden)
    return Grid(lines, sheet=sheet, others=[name for name in seen if name != sheet], odd=odd), found


def _opened(path: Path, entry: PlacesFile, sheet: str | None) -> tuple[list[str], dict[str, list[list[Any]]]]:
    """Return the names of the sheets, and the cells of the one wanted, the first where none is named."""
    wanted = [name for name in (sheet or entry.sheet,) if name is not None]
    zipped = is_zip(path)
    unfolded = unfolded_bytes(path, entry.file) if zipped else 10 * path.stat().st_size
    book = raw.workbook(path, entry.file, sheets=wanted, unfolded_bytes=unfolded)
    return book.names, book.sheets


def _chosen(entry: PlacesFile, sheet: str, names: list[str], hidden: frozenset[str]) -> list[Finding]:
    """Return what is to be said of the sheet that was chosen, and of those that were not."""
    if sheet in hidden:
        return [errors.warning("sheet-hidden-read", entry.file, value=sheet)]
    if entry.sheet is not None:
        return []
    found = []
    if unseen := [name for name in names if name in hidden]:
        before = names.index(unseen[0]) < names.index(sheet)
        shown = "、".join(unseen)[:200]
        unshown = errors.warning("sheet-hidden", entry.file, value=shown)
        found.append(unshown if before else errors.info("sheet-hidden", entry.file, value=shown))
    rest = [name for name in names if name not in hidden and name != sheet]
    if rest:
        found.append(errors.info("sheet-first", entry.file, value=sheet, valid=tuple(rest)))
    return found


def lock_of(path: Path) -> str:
    """Return the name of the lock file that says that a workbook is open in another program, '' where there is none."""
    for name in (f"~${path.name}", f"~${path.name[2:]}", f".~lock.{path.name}#"):
        if path.with_name(name).exists():
            return name
    return ""
