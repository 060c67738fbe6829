"""Numbers of people without points of their own: totals of villages to be spread, totals of townships to be met."""

from __future__ import annotations

import numpy as np
import pandas as pd

from circles.area import Area, PlacesFile
from circles.area.reserved import GROUPS, is_reserved
from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import ALL
from circles.inputs.readers import cells
from circles.inputs.readers.columns import code_column, file_name, require_columns
from circles.inputs.readers.coordinates import numeric
from circles.inputs.readers.sheets import Sheet, read_sheet

_NOT_GROUPS = frozenset(
    {
        "id", "code", "lon", "lat", "x", "y", "crs", "population", "township_code", "village_code", "township", "village",
        "name", "island", "position", "position_accuracy_m",
    }
)  # fmt: skip
WHOLE_COUNTY = frozenset({"all", "合计", "总计", "全县", "全区", "全市", "县合计", "total"})
"""Words in a table of totals that mean all townships together."""


def people_column(sheet: Sheet, name: str, ids: list[str], errs: list[Finding]) -> np.ndarray:
    """Return numbers of people; an empty cell is an error, since nobody and unknown are different things."""
    if name not in sheet.columns:
        return np.full(len(sheet.rows), np.nan)
    values = numeric(sheet, name, ids, errs, is_positive=True)
    for row, id_, text in zip(sheet.rows.tolist(), ids, sheet.column(name), strict=True):
        if not text:
            errs.append(errors.error("value-missing", sheet.file, row, id_, column=name))
    return values


def with_groups(sheet: Sheet, errs: list[Finding]) -> tuple[Sheet, list[str]]:
    """Return the sheet with its group columns known, and their names in file order; those that no group may bear go to ``errs``.

    A group is any other column in which more than half of the rows are numbers; so one bad cell is an error and a
    column of remarks is none.
    """
    columns, others = dict(sheet.columns), dict(sheet.others)
    names = [name for name in columns if name not in _NOT_GROUPS]
    for title, texts in sheet.others.items():
        if 2 * int(np.isfinite(cells.numbers(texts)).sum()) > len(texts) and title not in columns:
            columns[title] = others.pop(title)
            names.append(title)
    errs += _bad_groups(sheet.file, names)
    return Sheet(sheet.file, columns, others, sheet.rows, sheet.shapes, sheet.crs, sheet.findings), names


def _bad_groups(file: str, names: list[str]) -> list[Finding]:
    """Return an error for each group that is named as the outputs' own columns are, or as another one but for its case."""
    found = [errors.error("group-reserved", file, column=name) for name in names if is_reserved(name, GROUPS)]
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(name.casefold(), name)
        if other != name:
            found.append(errors.error("group-twice", file, column=name, other=other))
    return found


def larger_groups(file: str, table: pd.DataFrame, groups: list[str], *, key: str = "id") -> list[Finding]:
    """Return a warning for each age group that is larger than everybody; ``table`` has ``row`` and ``key``."""
    found = []
    for name in groups:
        if not name.startswith("age_"):
            continue
        for at in np.flatnonzero(table[name].to_numpy() > table["population"].to_numpy() * (1 + 1e-9) + 1e-9).tolist():
            row, id_ = int(table["row"].iloc[at]), str(table[key].iloc[at])
            people, value = f"{table['population'].iloc[at]:g}", f"{table[name].iloc[at]:g}"
            found.append(errors.warning("group-too-large", file, row, id_, column=name, value=value, people=people))
    return found


def read_village_people(area: Area) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Read how many people live in each village: the table ``[data] villages`` once more, for its people.

    Returns
    -------
    people : ``code, population`` and group columns, one row per village in file order
    findings : warnings and notes

    Raises
    ------
    InputError
        No column of people; a cell that is empty, negative or no number.
    """
    given = area.data.villages
    if given is None:
        raise TypeError("an area without villages has no people of villages")
    errs: list[Finding] = []
    sheet, groups = with_groups(read_sheet(area.path(file_name(given)), given, "villages"), errs)
    require_columns(sheet, ["population"], errs)
    codes = code_column(sheet, "code", [])  # what is wrong with codes is told by the reader of the villages
    table = pd.DataFrame(
        {"code": codes} | {name: people_column(sheet, name, codes, errs) for name in ("population", *groups)}
    )
    if errs:
        raise InputError(errs)
    return table, tuple(larger_groups(sheet.file, table.assign(row=sheet.rows), groups, key="code"))


def read_totals(area: Area, townships: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Read the totals of people that the townships are known to have.

    Parameters
    ----------
    area : its ``data.totals`` is read
    townships : ``code, name``: a row of totals names a township by either, or all of them together (`WHOLE_COUNTY`)

    Returns
    -------
    totals : ``township_code`` (``ALL`` for all together), ``population`` and groups, NaN where a cell is empty:
        not known, so not controlled
    findings : notes

    Raises
    ------
    InputError
        A township that is not known or named twice, a number that is none or negative, a table without numbers.
    """
    given = area.data.totals
    if given is None:
        return pd.DataFrame({"township_code": [], "population": []}), ()
    entry = PlacesFile(file=given) if isinstance(given, str) else given
    errs: list[Finding] = []
    sheet, groups = with_groups(read_sheet(area.path(entry.file), entry, "totals"), errs)
    if "township_code" not in sheet.columns and "township" not in sheet.columns:
        require_columns(sheet, ["township_code"], errs)
    require_columns(sheet, ["population"], errs)
    codes = _townships_named(sheet, townships, errs)
    columns = {name: numeric(sheet, name, codes, errs, is_positive=True) for name in ("population", *groups)}
    first: dict[str, int] = {}
    for row, code in zip(sheet.rows.tolist(), codes, strict=True):
        if code and code in first:
            other = {"other": sheet.file, "other_row": first[code]}
            errs.append(errors.error("id-duplicate", sheet.file, row, code, value=code, **other))
        first.setdefault(code, row)
    if errs:
        raise InputError(errs)
    unused = "、".join(sheet.others)[:300]
    notes = [errors.info("columns-unused", sheet.file, titles=unused)] if unused else []
    return pd.DataFrame({"township_code": codes, **columns}), (*sheet.findings, *notes)


def _townships_named(sheet: Sheet, townships: pd.DataFrame, errs: list[Finding]) -> list[str]:
    """Return the township code of each row, given by code or by name, ``ALL`` for all together."""
    by_code = {str(code): str(code) for code in townships["code"]}
    by_name = {cells.header(str(n)): str(c) for c, n in zip(townships["code"], townships["name"], strict=True)}
    found = []
    given = zip(sheet.rows.tolist(), code_column(sheet, "township_code", errs), sheet.column("township"), strict=True)
    for row, code, name in given:
        texts = [text for text in (code, cells.plain(name)) if text]
        named = [by_code.get(text) or by_name.get(cells.header(text), "") for text in texts]
        known = next((item for item in named if item), "")
        if not known and any(cells.header(text) in WHOLE_COUNTY for text in texts):
            known = ALL
        if not texts:
            errs.append(errors.error("value-missing", sheet.file, row, column="township_code"))
        elif not known and not cells.SCIENTIFIC.match(code):
            near = nearest_word.near(texts[-1], [*map(str, townships["name"]), *by_code])
            errs.append(errors.error("total-township-unknown", sheet.file, row, texts[0], value=texts[-1], near=near))
        found.append(known)
    return found
