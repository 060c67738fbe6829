"""Checks of workbooks before any reader opens them: a zip's names and declared sizes, then every XML part.

A few kilobytes can unfold to gigabytes, and one value in the last cell makes readers fill the whole sheet. What a reader
would leave empty in silence is looked for here too: merged cells, errors, formulas without a result.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from xml.parsers import expat

from circles.foundation import errors
from circles.foundation.budgets import maximum
from circles.foundation.errors import Finding, InputError
from circles.inputs.guards.archives import is_endless

MAX_UNPACKED_BYTES = 200_000_000
"""Largest sum of the unpacked sizes of a workbook's parts."""
MAX_RATIO = 200
"""Largest ratio of unpacked to packed size for a part above a megabyte."""
MAX_COLUMNS = 400
"""Sheets with more columns are no tables of places."""
MAX_MERGED = 20_000
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
"""What opening a damaged archive may raise."""
_CELL = re.compile(rb"<(?:\w+:)?(?:c|row)\s[^<>]*?\br=\"([A-Za-z]{0,9})(\d{1,12})\"")
_LISTED = re.compile(rb"<(?:\w+:)?(?:c|si|row)[\s/>]")
_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
_REF = re.compile(r"^\$?([A-Za-z]{1,3})\$?(\d{1,7}):\$?([A-Za-z]{1,3})\$?(\d{1,7})$")


def check_workbook(path: Path, table: str) -> list[Finding]:
    """Return what keeps a workbook from being opened: bombs, escapes, passwords, external links, endless sheets."""
    if is_endless(path):
        return [errors.error("zip-bomb", table, size=path.stat().st_size)]
    return _check_book(path, table)


def _check_book(path: Path, table: str) -> list[Finding]:
    try:
        with zipfile.ZipFile(path) as book:
            if found := _check_zip(book, table):
                return found
            names = book.namelist()
            is_book = "xl/workbook.xml" in names or any(name.endswith("workbook.bin") for name in names)
            if not is_book and "content.xml" not in names:
                return [errors.error("file-magic", table, kind=path.suffix.lower(), seen="ZIP")]
            if any(name.startswith("xl/externalLinks/") for name in names):
                return [errors.error("xlsx-external-links", table)]
            for name in names:
                if name.endswith((".xml", ".rels")) and (found := _check_part(book, name, table)):
                    return found
    except _DAMAGE as e:
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
            if rows * max(columns, 1) > most or columns > MAX_COLUMNS:
                return [errors.error("xlsx-dimension", table, part=name, rows=rows, columns=columns)]
            if listed > 2 * most:
                return [errors.error("xlsx-listed", table, part=name, n=listed)]
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
    """What a reader does not say of a sheet; cells as (row, column) from 0.

    Attributes
    ----------
    broken : ((address, row, column), what is shown): errors, and formulas without a result, which show nothing
    percent : cells whose format is a percentage
    merged : merged ranges
    hidden_rows, hidden_columns : numbers of rows from 1, letters of columns
    formulas : by address, where they are asked for; '' for one that follows another's
    """

    broken: list[tuple[tuple[str, int, int], str]] = field(default_factory=list)
    percent: list[tuple[int, int]] = field(default_factory=list)
    merged: list[Merged] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[str] = field(default_factory=list)
    formulas: dict[str, str] = field(default_factory=dict)


class _Scan:
    """What expat reports of a sheet, cell by cell; a cell or row without an address follows the one before it."""

    def __init__(self, percent_styles: frozenset[str]) -> None:
        self.odd = Oddities()
        self.has_styles = bool(percent_styles)
        self._styles = percent_styles
        self._row, self._column = 0, -1
        self._kind, self._text = "", ""
        self._is_percent = self._has_formula = self._in_value = False
        self._formula: str | None = None
        self.keeps_formulas = False
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "row":
            self._row = int(attributes["r"]) if attributes.get("r", "").isdecimal() else self._row + 1
            self._column = -1
            if _is_true(attributes.get("hidden", "")) or attributes.get("ht") == "0":
                self.odd.hidden_rows.append(self._row)
        elif tag == "c":
            self._begin_cell(attributes)
        elif tag == "f":
            self._has_formula = True
            self._formula = ""
        elif tag in ("v", "t"):
            self._in_value = True
        elif tag == "col" and _is_true(attributes.get("hidden", "")):
            first, last = (int(attributes.get(key, "0") or 0) for key in ("min", "max"))
            self.odd.hidden_columns.extend(map(column_letters, range(first, min(last, first + 50) + 1)))
        elif tag == "mergeCell" and len(self.odd.merged) < MAX_MERGED:
            self._merge(attributes.get("ref", ""))

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        match = _ADDRESS.fullmatch(attributes.get("r", ""))
        self._column = column_number(match[1].encode()) - 1 if match else self._column + 1
        if match:
            self._row = int(match[2])
        self._kind, self._text, self._has_formula = attributes.get("t", ""), "", False
        self._is_percent = attributes.get("s", "") in self._styles

    def _data(self, text: str) -> None:
        if self._in_value:
            self._text += text
        elif self._formula is not None and self.keeps_formulas:
            self._formula += text

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag in ("v", "t"):
            self._in_value = False
        elif tag == "f" and self._formula is not None:
            if self.keeps_formulas:
                self.odd.formulas[f"{column_letters(self._column + 1)}{self._row}"] = self._formula
            self._formula = None
        elif tag == "c":
            address = f"{column_letters(self._column + 1)}{self._row}"
            where = (address, self._row - 1, self._column)
            if self._kind == "e":
                self.odd.broken.append((where, self._text or "#"))
            elif self._has_formula and not self._text and self._kind != "str":
                self.odd.broken.append((where, ""))
            elif self._is_percent and self._kind in ("", "n") and self._text:
                self.odd.percent.append(where[1:])

    def _merge(self, ref: str) -> None:
        match = _REF.match(ref)
        if match is not None:
            left, right = (column_number(match[i].encode()) for i in (1, 3))
            self.odd.merged.append(Merged(ref, int(match[2]), left, int(match[4]), right))


def _is_true(text: str) -> bool:
    return text in ("1", "true")


def column_letters(number: int) -> str:
    """Return the letters of a column: 1 is A, 16384 is XFD."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@contextmanager
def _taken_apart(path: Path, table: str) -> Iterator[zipfile.ZipFile]:
    """Open a workbook for its XML; raise InputError where a part is none, which readers of cells need not notice."""
    try:
        with zipfile.ZipFile(path) as book:
            yield book
    except (*_DAMAGE, expat.ExpatError, KeyError) as e:
        raise InputError(errors.error("file-broken", table, detail=str(e)[:200])) from e


def oddities(path: Path, part: str, table: str, *, keeps_formulas: bool = False) -> Oddities:
    """Return what a reader would not say of one sheet of a workbook that `check_workbook` has let pass.

    Parameters
    ----------
    path, part : the workbook, and the sheet's part in it
    table : the file's name for findings
    keeps_formulas : list the formulas as well

    Raises
    ------
    InputError
        The sheet or the styles are no XML.
    """
    with _taken_apart(path, table) as book:
        scan = _Scan(_percent_styles(book))
        scan.keeps_formulas = keeps_formulas
        content = book.read(part)
        # most sheets hold none of these: looking for their marks is quicker than taking the XML apart
        marks = (b"<f", b":f", b't="e"', b"t='e'", b"mergeCell ", b"hidden=", b'ht="0"')
        if not any(mark in content for mark in marks) and not scan.has_styles:
            return scan.odd
        scan.parser.Parse(content, True)
    return scan.odd


def _percent_styles(book: zipfile.ZipFile) -> frozenset[str]:
    """Return the numbers of the cell styles that show a percentage."""
    if "xl/styles.xml" not in book.namelist():
        return frozenset()
    content = book.read("xl/styles.xml")
    formats = {own.get("numFmtId", ""): own.get("formatCode", "") for own in _elements(content, "numFmt")}
    own_marks = {id_ for id_, code in formats.items() if "%" in code.replace('"%"', "")} | {"9", "10"}
    return frozenset(
        str(number) for number, style in enumerate(_styles(content)) if style.get("numFmtId", "") in own_marks
    )


def _styles(content: bytes) -> list[dict[str, str]]:
    """Return the attributes of every style of cells (``cellXfs``), in order."""
    found: list[dict[str, str]] = []
    inside: list[bool] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "cellXfs":
            inside.append(True)
        elif tag == "xf" and inside:
            found.append(attributes)

    def end(name: str) -> None:
        if name.rpartition(" ")[2] == "cellXfs":
            inside.clear()

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(content, True)
    return found


def hidden_sheets(path: Path, table: str) -> frozenset[str]:
    """Return the names of the sheets of a workbook that are hidden."""
    with _taken_apart(path, table) as book:
        if "xl/workbook.xml" not in book.namelist():
            return frozenset()
        sheets = _elements(book.read("xl/workbook.xml"), "sheet")
    return frozenset(own.get("name", "") for own in sheets if own.get("state", "visible") != "visible")


def part_of(path: Path, sheet: str, table: str) -> str | None:
    """Return the part of a workbook that holds the sheet of this name, None where it is unknown."""
    with _taken_apart(path, table) as book:
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
