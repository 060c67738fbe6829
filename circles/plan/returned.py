"""Read returned forms: look at the file before parsing it, then take every cell as it is, judging nothing."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from circles.foundation import errors, words
from circles.foundation.errors import Finding, InputError, PlanError
from circles.inputs.guards.workbook import column_letters, oddities, part_of
from circles.inputs.readers import raw
from circles.plan.forms import COLUMNS, DICTIONARY, FIRST_ROW, HEADER_ROW, OLD_COLUMNS, SHEET

MAX_BYTES = 20_000_000
MAX_UNFOLDED_BYTES = 80_000_000
MAX_ROWS, MAX_COLUMNS = 5_000, 100
MAX_TAGS = 2_000_000
_MOST_OTHERS = 5
"""Other sheets of a form's workbook that are looked at."""
_REFERENCE = re.compile(
    rb"<(?:\w+:)?(?:c|row|dimension|mergeCell)\s(?:[^<>]{0,300}\s)?(?:r|ref)=[\"']"
    rb"\$?([A-Za-z]{0,4})\$?(\d{0,9})(?::\$?([A-Za-z]{1,4})\$?(\d{1,9}))?"
)
_FAR = re.compile(rb"\sr=[\"']\$?(?:[A-Za-z]{3,4}\$?\d|[A-Za-z]{0,2}\$?\d{4})|\sref=")
"""What may begin a reference beyond the limits: found quickly, then looked at closely with what stands around it."""


@dataclass(frozen=True)
class Returned:
    """A returned form as read: the cells of its sheet, row by row, and the file's hash.

    ``unread`` maps the cells that read as empty and are not to what they show: an error, or '' for a formula without a
    result; ``percent`` names the cells that are formatted as percentages, whose number is a hundredth of what they show;
    ``formulas`` are the formulas by cell, None where the file does not say.
    """

    file: str
    folder: Path
    sha256: str
    sheet: str
    rows: tuple[tuple[Any, ...], ...]
    dictionary: tuple[tuple[Any, ...], ...]
    unread: Mapping[str, str] = field(default_factory=dict)
    percent: frozenset[str] = frozenset()
    formulas: Mapping[str, str] | None = None

    def at(self, address: str) -> Any:
        """Return the cell at ``address`` (``I7``); an empty text if it is empty or beyond the sheet."""
        column, row = ord(address[0]) - ord("A"), int(address[1:]) - 1
        if row >= len(self.rows) or column >= len(self.rows[row]):
            return ""
        return self.rows[row][column]

    def place(self, address: str) -> str:
        """Return how a finding names a cell: ``file.xlsx 填报!I7``."""
        return f"{self.file} {self.sheet}!{address}"


def read_form(path: Path | str, *, label: str = "") -> Returned:
    """Read one returned form; ``label`` is how messages name it, its file name if left out.

    Raises
    ------
    PlanError
        The file is no workbook, is dangerously large once unfolded, or is not a form of this program.
    """
    file = Path(path)
    shown = label or file.name
    if file.name.startswith("~$"):
        raise PlanError(errors.error("form-lock-file", shown, value=file.name[2:]))
    data = _bytes_of(file)
    problem = refused(data, shown)
    if problem is not None:
        raise PlanError(problem)
    file_hash = hashlib.sha256(data).hexdigest()
    unfolded = sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(data)).infolist())
    names = (*SHEET.values(), DICTIONARY)
    try:
        book = raw.workbook(file, shown, sheets=names, unfolded_bytes=unfolded, code="form-unreadable")
        others = [name for name in book.names if name not in names][:_MOST_OTHERS]
        more = raw.workbook(file, shown, sheets=others, unfolded_bytes=unfolded).sheets if others else {}
    except InputError as e:
        raise PlanError(e.findings) from e
    sheet = next((name for name in SHEET.values() if name in book.sheets), None)
    copies = [name for name, content in more.items() if _is_form(content)]
    if sheet is None and len(copies) == 1 and DICTIONARY in book.sheets:
        raise PlanError(errors.error("form-renamed-sheet", shown, value=copies[0], sheet=SHEET["zh"]))
    if sheet is None or DICTIONARY not in book.sheets:
        raise PlanError(errors.error("form-foreign", shown, valid=SHEET["zh"]))
    rows, dictionary = (tuple(tuple(row) for row in book.sheets[name]) for name in (sheet, DICTIONARY))
    if copies:
        raise PlanError(errors.error("form-copied-sheet", shown, value=tuple(copies), sheet=sheet))
    form = _with_oddities(Returned(shown, file.parent, file_hash, sheet, rows, dictionary), file)
    if not _is_form(rows):
        raise PlanError(errors.error("form-header", form.place(f"A{HEADER_ROW}")))
    return form


def _is_form(rows: Sequence[Sequence[Any]]) -> bool:
    """Return whether a sheet has the header of a form."""
    line = rows[HEADER_ROW - 1] if len(rows) >= HEADER_ROW else ()
    heads = [str(value).strip() for value in line[: len(COLUMNS)]]
    while heads and not heads[-1]:
        heads.pop()
    return len(heads) in {*OLD_COLUMNS, len(COLUMNS)} and any(
        heads == [words.text(f"plan.form_{column}", lang) for column in COLUMNS[: len(heads)]] for lang in words.LANGS
    )


def _with_oddities(form: Returned, file: Path) -> Returned:
    """Return a form with what its reader does not say of cells: the same scan as every other table's."""
    try:
        part = part_of(file, form.sheet, form.file)
        if part is None:
            return form
        odd = oddities(file, part, form.file, keeps_formulas=True)
    except InputError as e:
        raise PlanError(errors.error("form-unreadable", form.file, detail=str(e)[:200])) from e
    unread = {where[0]: text for where, text in odd.broken}
    percent = frozenset(f"{column_letters(column + 1)}{row + 1}" for row, column in odd.percent)
    return replace(form, unread=unread, percent=percent, formulas=odd.formulas)


def _bytes_of(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise PlanError(errors.error("form-too-large", file.name, limit=f"{MAX_BYTES // 1_000_000} MB"))
        return file.read_bytes()
    except OSError as e:
        raise PlanError(errors.error("form-unreadable", file.name, detail=e.strerror or str(e))) from e


def refused(data: bytes, name: str) -> Finding | None:
    """Return why a workbook must not be parsed, from its zip directory and the cell references in its sheets.

    Spreadsheet libraries allocate the whole rectangle that the farthest cell spans: one value in XFD1048576 takes
    gigabytes, and some readers abort the process. So the parts are unfolded in slices, counted, and scanned first.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > 500 or sum(part.file_size for part in parts) > MAX_UNFOLDED_BYTES:
                return errors.error("form-too-large", name, limit=f"{MAX_UNFOLDED_BYTES // 1_000_000} MB")
            return _parts_refused(archive, name)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError, EOFError) as e:
        return errors.error("form-unreadable", name, detail=str(e)[:200] or type(e).__name__)


def _parts_refused(archive: zipfile.ZipFile, name: str) -> Finding | None:
    unfolded = tags = 0
    for part in archive.infolist():
        tail = b""
        with archive.open(part) as stream:
            while piece := stream.read(1 << 18):
                unfolded += len(piece)
                tags += piece.count(b"<")
                if unfolded > MAX_UNFOLDED_BYTES or tags > MAX_TAGS:
                    return errors.error("form-too-large", name, limit=f"{MAX_UNFOLDED_BYTES // 1_000_000} MB")
                problem = _slice_refused(tail + piece, name)
                if problem is not None:
                    return problem
                tail = piece[-512:]
    return None


def _slice_refused(piece: bytes, name: str) -> Finding | None:
    if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
        return errors.error("form-unreadable", name, detail="DOCTYPE")
    for near in _FAR.finditer(piece):
        for found in _REFERENCE.finditer(piece, max(0, near.start() - 400), near.end() + 40):
            for column, row in ((found[1], found[2]), (found[3], found[4])):
                if (row and int(row) > MAX_ROWS) or (column and _column_number(column) > MAX_COLUMNS):
                    where = f"{(column or b'').decode()}{(row or b'').decode()}"
                    return errors.error("form-too-wide", name, value=where, rows=MAX_ROWS, columns=MAX_COLUMNS)
    return None


def _column_number(letters: bytes) -> int:
    value = 0
    for letter in letters.upper():
        value = 26 * value + letter - ord("A") + 1
    return value


def data_rows(form: Returned) -> list[int]:
    """Return the numbers of the rows that hold something in the columns of the table, from the first on."""
    return [
        index + 1
        for index in range(FIRST_ROW - 1, len(form.rows))
        if any(str(value).strip() for value in form.rows[index][: len(COLUMNS)])
    ]
