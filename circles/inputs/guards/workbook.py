"""The door for workbooks: a zip's names and declared sizes, then every XML part, before a reader may open it.

A few kilobytes can unfold to gigabytes, and one value in the last cell makes readers fill the whole sheet. What a reader
would leave empty in silence is looked for here too: merged cells, errors, formulas without a result.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from xml.parsers import expat

from circles.foundation import errors
from circles.foundation.budgets import maximum
from circles.foundation.errors import Finding, InputError

MAX_UNPACKED_BYTES = 200_000_000
"""Largest sum of the unpacked sizes of a workbook's parts."""
MAX_RATIO = 200
"""Largest ratio of unpacked to packed size for a part above a megabyte."""
MAX_COLUMNS = 400
"""Sheets with more columns are no tables of places."""
MAX_MERGED = 20_000
_CELL = re.compile(rb"<(?:\w+:)?(?:c|row)\s[^<>]*?\br=\"([A-Za-z]{0,9})(\d{1,12})\"")
_LISTED = re.compile(rb"<(?:\w+:)?(?:c|si|row)[\s/>]")
_REF = re.compile(r"^\$?([A-Za-z]{1,3})\$?(\d{1,7}):\$?([A-Za-z]{1,3})\$?(\d{1,7})$")


def check_workbook(path: Path, table: str) -> list[Finding]:
    """Return what keeps a workbook from being opened: bombs, escapes, passwords, external links, endless sheets."""
    try:
        with zipfile.ZipFile(path) as book:
            if found := _check_zip(book, table):
                return found
            names = book.namelist()
            if "xl/workbook.xml" not in names and not any(name.endswith("workbook.bin") for name in names):
                return [errors.error("file-magic", table, kind=".xlsx", seen="ZIP")]
            if any(name.startswith("xl/externalLinks/") for name in names):
                return [errors.error("xlsx-external-links", table)]
            for name in names:
                if name.endswith((".xml", ".rels")) and (found := _check_part(book, name, table)):
                    return found
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as e:
        return [errors.error("file-broken", table, detail=str(e)[:200])]
    return []


def unfolded_bytes(path: Path, table: str) -> int:
    """Return what the parts of a workbook come to, as its directory says.

    Raises
    ------
    InputError
        It is no zip.
    """
    try:
        with zipfile.ZipFile(path) as book:
            return sum(part.file_size for part in book.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as e:
        raise InputError(errors.error("file-broken", table, detail=str(e)[:200])) from e


def _check_zip(book: zipfile.ZipFile, table: str) -> list[Finding]:
    parts = book.infolist()
    total = sum(part.file_size for part in parts)
    bomb = any(p.file_size > 1_000_000 and p.file_size > MAX_RATIO * max(p.compress_size, 1) for p in parts)
    if bomb or total > MAX_UNPACKED_BYTES or len(parts) > 5000:
        return [errors.error("zip-bomb", table, size=total)]
    if len({part.header_offset for part in parts}) < len(parts):  # parts that share their bytes multiply them
        return [errors.error("zip-bomb", table, size=total)]
    for part in parts:
        name = PurePosixPath(part.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in part.filename:
            return [errors.error("zip-escape", table, part=part.filename[:80])]
        if part.flag_bits & 1:
            return [errors.error("xlsx-locked", table)]
    return []


def _check_part(book: zipfile.ZipFile, name: str, table: str) -> list[Finding]:
    """Look through one XML part in pieces: no document type, no sheet beyond ``CIRCLES_MAX_CELLS``."""
    is_sheet = name.startswith("xl/worksheets/")
    most = maximum("CIRCLES_MAX_CELLS")  # that it may span; it may list twice as many
    rows = columns = listed = 0
    rest = b""
    with book.open(name) as part:
        while piece := part.read(1 << 20):
            text = rest + piece
            if not rest and text.startswith((b"\xff\xfe", b"\xfe\xff")):
                return [errors.error("file-broken", table, detail=f"{name}: UTF-16")]
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                return [errors.error("xml-doctype", table, part=name)]
            listed += len(_LISTED.findall(piece))
            if is_sheet:
                for letters, number in _CELL.findall(text):
                    rows = max(rows, int(number))
                    columns = max(columns, column_number(letters))
            if rows * max(columns, 1) > most or columns > MAX_COLUMNS or listed > 2 * most:
                return [errors.error("xlsx-dimension", table, part=name, rows=max(rows, listed), columns=columns)]
            rest = text[-200:]
    return []


def column_number(letters: bytes) -> int:
    """Return the number of a column: A is 1, XFD is 16384."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


# --- what a reader would leave empty ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Merged:
    """A range of merged cells, rows and columns counted from 1, both ends included."""

    ref: str
    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Oddities:
    """Cells that hold errors (cell, row, text), formulas without a result (cell), and merged ranges of one sheet."""

    broken: list[tuple[str, int, str]]
    lost: list[str]
    merged: list[Merged]


class _Scan:
    """What expat tells of a sheet, cell by cell."""

    def __init__(self) -> None:
        self.odd = Oddities([], [], [])
        self._cell, self._kind, self._text = "", "", ""
        self._has_formula = self._in_value = False
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "c":
            self._cell, self._kind = attributes.get("r", ""), attributes.get("t", "")
            self._text, self._has_formula = "", False
        elif tag == "f":
            self._has_formula = True
        elif tag in ("v", "t"):
            self._in_value = True
        elif tag == "mergeCell" and len(self.odd.merged) < MAX_MERGED:
            self._merge(attributes.get("ref", ""))

    def _data(self, text: str) -> None:
        if self._in_value:
            self._text += text

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag in ("v", "t"):
            self._in_value = False
        elif tag == "c":
            if self._kind == "e":
                row = int("".join(filter(str.isdigit, self._cell)) or 0)
                self.odd.broken.append((self._cell, row, self._text))
            elif self._has_formula and not self._text and self._kind != "str":
                self.odd.lost.append(self._cell)

    def _merge(self, ref: str) -> None:
        match = _REF.match(ref)
        if match is not None:
            left, right = (column_number(match[i].encode()) for i in (1, 3))
            self.odd.merged.append(Merged(ref, int(match[2]), left, int(match[4]), right))


def oddities(path: Path, part: str) -> Oddities:
    """Return what would read as empty in one sheet of a workbook that `check_workbook` has let pass.

    Parameters
    ----------
    path, part : the workbook, and the sheet's part in it
    """
    scan = _Scan()
    with zipfile.ZipFile(path) as book:
        # most sheets hold none of these: looking for their marks is quicker than taking the XML apart
        if not any(mark in book.read(part) for mark in (b"<f", b":f", b't="e"', b"mergeCell ")):
            return scan.odd
        with book.open(part) as file:
            while piece := file.read(1 << 20):
                scan.parser.Parse(piece, False)
            scan.parser.Parse(b"", True)
    return scan.odd


def part_of(path: Path, sheet: str) -> str | None:
    """Return the part of a workbook that holds the sheet of this name, None where it cannot be told."""
    with zipfile.ZipFile(path) as book:
        names = set(book.namelist())
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
            return None
        ids = {own.get("name", ""): own for own in _elements(book.read("xl/workbook.xml"), "sheet")}
        targets = {own.get("Id", ""): own.get("Target", "") for own in _elements(
            book.read("xl/_rels/workbook.xml.rels"), "Relationship"
        )}  # fmt: skip
        own = ids.get(sheet, {})
        relation = next((value for key, value in own.items() if key.rpartition(" ")[2] == "id"), "")
        target = targets.get(relation, "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        return part if part in names else None


def _elements(content: bytes, tag: str) -> list[dict[str, str]]:
    """Return the attributes of every element of this name."""
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] == tag:
            found.append(attributes)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.Parse(content, True)
    return found
