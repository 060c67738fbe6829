"""What a register should hold: numbers per township, kind and reporting unit, or a list of facilities by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from circles.area import Area, PlacesFile
from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding
from circles.inputs.readers import cells
from circles.inputs.readers.categories import category_words, unknown_category
from circles.inputs.readers.columns import code_column, in_our_words, raised, total_rows, unused_columns
from circles.inputs.readers.numbers import numeric
from circles.inputs.readers.polygons import read_townships
from circles.inputs.readers.sheets import Sheet, read_sheet

KEYS = ("township_code", "category", "kind", "reported_by")


def read_expected(path: Path, area: Area) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Read what is expected of a register.

    A table with a column ``expected`` (应有数) holds numbers: one row per combination of ``township_code`` (or
    ``township``), ``category``, ``kind`` and ``reported_by``; an empty cell means any. A table without one but with
    ``name`` is a list: one row per facility that must be there, found by ``id`` where it has one, else by name.

    Returns
    -------
    expected : ``township_code, category, kind, reported_by, expected, id, name, row, file``; ``expected`` is 1.0 in
        every row of a list, ``id`` and ``name`` are '' in a table of numbers
    findings : notes

    Raises
    ------
    InputError
        With every problem of every row: unknown townships and categories, numbers that are none, a combination twice.
    """
    sheet = in_our_words(read_sheet(path, PlacesFile(file=path.name), "expected"), area.data.values)
    errs: list[Finding] = total_rows(sheet) if "expected" not in sheet.columns else []
    is_list = "expected" not in sheet.columns
    if is_list and "name" not in sheet.columns:
        titles = tuple(sheet.others)
        errs.append(errors.error("column-missing", sheet.file, column="expected", near="–", titles=titles))
    labels = [f"{sheet.file}#{row}" for row in sheet.rows.tolist()]
    numbers = np.ones(len(sheet.rows)) if is_list else numeric(sheet, "expected", labels, errs, is_positive=True)
    table = pd.DataFrame(
        {
            "township_code": _townships(sheet, area, errs),
            "category": _categories(sheet, area, errs),
            "kind": [cells.plain(text) for text in sheet.column("kind")],
            "reported_by": [cells.plain(text) for text in sheet.column("reported_by")],
            "expected": numbers,
            "id": [cells.plain(text) for text in sheet.column("id")] if is_list else "",
            "name": [text.strip() for text in sheet.column("name")] if is_list else "",
            "row": sheet.rows,
            "file": sheet.file,
        }
    )
    if not errs:
        errs += _empty(sheet, table, is_list=is_list)
    notes = raised(errs)
    return table, (*notes, *sheet.findings, *unused_columns(sheet, "facilities"))


def _empty(sheet: Sheet, table: pd.DataFrame, *, is_list: bool) -> list[Finding]:
    """Return an error for each row without its number or name, and for each combination that stands twice."""
    column = "name" if is_list else "expected"
    blank = table[column].eq("") & table["id"].eq("") if is_list else table[column].isna()
    found = [
        errors.error("value-missing", sheet.file, int(row), column=column)
        for row, text in zip(table.loc[blank, "row"], np.array(sheet.column(column))[blank.to_numpy()], strict=True)
        if not text
    ]
    if is_list:
        return found
    first: dict[tuple[str, ...], int] = {}
    for *key, row in table[[*KEYS, "row"]].itertuples(index=False, name=None):
        if tuple(key) in first:
            shown = " · ".join(part or "*" for part in key)
            found.append(errors.error("expected-twice", sheet.file, int(row), value=shown, other_row=first[tuple(key)]))
        first.setdefault(tuple(key), int(row))
    return found


def _townships(sheet: Sheet, area: Area, errs: list[Finding]) -> list[str]:
    towns, _ = read_townships(area)
    codes = {str(code): str(code) for code in towns["code"]} or {area.id: area.id}
    by_name = cells.by_name(zip(towns["name"], towns["code"], strict=True))
    found = []
    given = zip(sheet.rows.tolist(), code_column(sheet, "township_code", errs), sheet.column("township"), strict=True)
    for row, code, name in given:
        texts = [text for text in (code, cells.plain(name)) if text]
        known = next((hit for t in texts if (hit := codes.get(t) or by_name(t))), "")
        if texts and not known and not cells.is_spoilt(code):
            near = nearest_word.near(texts[-1], [*map(str, towns["name"]), *codes])
            errs.append(errors.error("expected-township-unknown", sheet.file, row, value=texts[-1], near=near))
        found.append(known)
    return found


def _categories(sheet: Sheet, area: Area, errs: list[Finding]) -> list[str]:
    known = category_words(area)
    found = []
    for row, text in zip(sheet.rows.tolist(), sheet.column("category"), strict=True):
        value = cells.choice(text, known).value if text else ""
        if value is None:
            errs.append(unknown_category(sheet.file, row, None, text, area))
        found.append(value or "")
    return found
