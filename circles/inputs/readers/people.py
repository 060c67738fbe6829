"""Numbers of people without points of their own: totals of villages to be spread, totals of townships to be met."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from circles.area import Area, PlacesFile
from circles.area.reserved import GROUPS, is_reserved
from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import ALL
from circles.inputs.readers import cells
from circles.inputs.readers.columns import code_column, file_name, in_our_words, raised, require_columns
from circles.inputs.readers.numbers import numeric
from circles.inputs.readers.sheets import Sheet, read_sheet
from circles.inputs.readers.titles import Title
from circles.inputs.readers.units import PEOPLE
from circles.inputs.readers.vocabulary import section

_NOT_GROUPS = frozenset(
    {*GROUPS, "population", "crs", "code", "name", "position", "position_accuracy_m", "village", "township"}
)
WHOLE_COUNTY = frozenset({"all", "合计", "总计", "全县", "全区", "全市", "县合计", "total"})
"""Words in a table of totals that mean all townships together."""


def people_column(sheet: Sheet, name: str, ids: list[str], errs: list[Finding]) -> np.ndarray:
    """Return a column of numbers of people; an empty cell is an error, since nobody and unknown differ.

    Parameters
    ----------
    sheet : the table as read, n rows
    name : name of the column; (n,) NaN is returned where the table lacks it
    ids : id of each row, for findings
    errs : list to which errors are appended
    """
    if name not in sheet.columns:
        return np.full(len(sheet.rows), np.nan)
    if (title := sheet.title_text(name)) and _says_no_people(title):
        errs.append(errors.error("people-title", sheet.file, column=name, value=title))
    values = numeric(sheet, name, ids, errs, is_positive=True, kind=PEOPLE)
    if "" in (texts := sheet.column(name)):
        for row, id_, text in zip(sheet.rows.tolist(), ids, texts, strict=True):
            if not text:
                errs.append(errors.error("value-missing", sheet.file, row, id_, column=name))
    return values


def with_groups(
    sheet: Sheet, found: list[Finding], *, declared: Sequence[str] | None = None, wanted: Collection[str] = ()
) -> tuple[Sheet, list[str]]:
    """Return the sheet with its group columns known, and their names in file order.

    A group is a column with a name of ours (``age_0_2``), or another one in which more than half of the rows are numbers,
    so that one bad cell is an error and a column of remarks is none, and whose title says people. Titles that say
    something else (联系电话, 楼层, 比重) are no groups, with a warning; those that say neither are an error.

    Parameters
    ----------
    sheet : the table
    found : findings are added to it
    declared : ``groups`` of the entry in the area file: these columns and no others; None where it says nothing
    wanted : groups that rules or populations ask for: no doubt about them
    """
    columns, others, titles = dict(sheet.columns), dict(sheet.others), dict(sheet.titles)
    names = [name for name in columns if name not in _NOT_GROUPS]
    kinds: dict[str, list[str]] = {"no": [], "doubt": [], "ours": []}
    if declared is not None:
        names = [name for name in names if name in declared or sheet.title_text(name) in declared]
        _undeclared(sheet, declared, found)
    for title, texts in sheet.others.items():
        name = titles[title].name if title in titles else title
        asked = {title, name} & {*wanted, *(declared or ())}
        is_number = 2 * int(np.isfinite(cells.numbers(texts)).sum()) > len(texts)
        if not asked and (declared is not None or not is_number):
            continue
        kind = "people" if asked else _kind_of(title)
        if name.casefold() in _NOT_GROUPS:
            kind = "ours"
        if kind != "people":
            kinds[kind].append(title)
            continue
        columns[name] = others.pop(title)
        titles[name] = titles.get(title, Title(title))
        names.append(name)
    _tell(sheet, kinds, names, found)
    return replace(sheet, columns=columns, others=others, titles=titles), names


def _says_no_people(title: str) -> bool:
    """Return whether the title of a column that is to hold people (by a mapping) says something else: 户数, 人口密度."""
    key = cells.plain(title).casefold()
    return _kind_of(title) == "no" and not any(
        word in key for word in ("人数", "人口数", "总人口", "persons", "people")
    )


def _kind_of(title: str) -> str:
    """Return what a title of numbers says: ``people``, ``no`` people, or neither (``doubt``)."""
    key = cells.plain(title).casefold()
    words = section("groups")
    if any(word in key for word in words["no_people"]) or key in words["no_people_whole"]:
        return "no"
    return "people" if any(word in key for word in words["people"]) else "doubt"


def _undeclared(sheet: Sheet, declared: Sequence[str], found: list[Finding]) -> None:
    """Complain about groups that the area file names and the table does not have."""
    there = {*sheet.columns, *sheet.others, *(title.name for title in sheet.titles.values())}
    there |= {title.text for title in sheet.titles.values()}
    for name in declared:
        if name not in there:
            near = nearest_word.near(name, sorted(there))
            found.append(errors.error("group-declared-missing", sheet.file, value=name, near=near))


def _tell(sheet: Sheet, kinds: dict[str, list[str]], names: list[str], found: list[Finding]) -> None:
    """Report numeric columns that were not taken for groups, and those that only a person can judge."""
    values: dict[str, Any] = {"groups": "[" + ", ".join(f'"{name}"' for name in names) + "]", "file": sheet.file}
    listed = {kind: "、".join(titles)[:300] for kind, titles in kinds.items()}
    found += _bad_groups(sheet.file, [*names, *kinds["ours"]])
    if listed["no"]:
        found.append(errors.warning("columns-no-people", sheet.file, titles=listed["no"], **values))
    if listed["doubt"]:
        found.append(errors.error("groups-needed", sheet.file, titles=listed["doubt"], **values))


def asked_groups(area: Area) -> frozenset[str]:
    """Return the groups that the rules of an area ask for, and the columns that its populations are."""
    columns = (one.column for one in area.populations if one.column is not None)
    return frozenset((*(rule.group for rule in area.rules), *columns))


def declared_groups(given: str | PlacesFile) -> tuple[str, ...] | None:
    """Return the groups that an entry of the area file names; None where it does not say."""
    return given.groups if isinstance(given, PlacesFile) else None


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
    """Return a warning for each age group that is larger than the population of its row.

    Parameters
    ----------
    file : name of the file
    table : rows with ``row``, ``population``, the groups, and ``key``
    groups : names of columns; those that begin with ``age_`` are looked at
    key : name of the column that identifies a row
    """
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
    sheet = in_our_words(read_sheet(area.path(file_name(given)), given, "villages"), area.data.values)
    sheet, groups = with_groups(sheet, errs, declared=declared_groups(given), wanted=asked_groups(area))
    require_columns(sheet, ["population"], errs)
    codes = code_column(sheet, "code", [])  # what is wrong with codes is reported by the reader of the villages
    table = pd.DataFrame(
        {"code": codes} | {name: people_column(sheet, name, codes, errs) for name in ("population", *groups)}
    )
    notes = raised(errs)
    return table, (*notes, *larger_groups(sheet.file, table.assign(row=sheet.rows), groups, key="code"))


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
    sheet = in_our_words(read_sheet(area.path(entry.file), entry, "totals"), area.data.values)
    sheet, groups = with_groups(sheet, errs, declared=entry.groups, wanted=asked_groups(area))
    if "township_code" not in sheet.columns and "township" not in sheet.columns:
        require_columns(sheet, ["township_code"], errs)
    require_columns(sheet, ["population"], errs)
    codes = _townships_named(sheet, townships, errs)
    columns = {
        name: numeric(sheet, name, codes, errs, is_positive=True, kind=PEOPLE) for name in ("population", *groups)
    }
    first: dict[str, int] = {}
    for row, code in zip(sheet.rows.tolist(), codes, strict=True):
        if code and code in first:
            other = {"other": sheet.file, "other_row": first[code]}
            errs.append(errors.error("id-duplicate", sheet.file, row, code, value=code, **other))
        first.setdefault(code, row)
    notes = raised(errs)
    unused = "、".join(sheet.others)[:300]
    notes += [errors.info("columns-unused", sheet.file, titles=unused)] if unused else []
    return pd.DataFrame({"township_code": codes, **columns}), (*sheet.findings, *notes)


def _townships_named(sheet: Sheet, townships: pd.DataFrame, errs: list[Finding]) -> list[str]:
    """Return the township code of each row, given by code or by name, ``ALL`` for all together."""
    by_code = {str(code): str(code) for code in townships["code"]}
    by_name = cells.by_name(zip(townships["name"], townships["code"], strict=True))
    found = []
    given = zip(sheet.rows.tolist(), code_column(sheet, "township_code", errs), sheet.column("township"), strict=True)
    for row, code, name in given:
        texts = [text for text in (code, cells.plain(name)) if text]
        named = [by_code.get(text) or by_name(text) for text in texts]
        known = next((item for item in named if item), "")
        if not known and any(cells.header(text) in WHOLE_COUNTY for text in texts):
            known = ALL
        if not texts:
            errs.append(errors.error("value-missing", sheet.file, row, column="township_code"))
        elif not known and not cells.is_spoilt(code):
            near = nearest_word.near(texts[-1], [*map(str, townships["name"]), *by_code])
            errs.append(errors.error("total-township-unknown", sheet.file, row, texts[0], value=texts[-1], near=near))
        found.append(known)
    return found
