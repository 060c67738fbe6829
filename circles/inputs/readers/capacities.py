"""Capacity in the unit of each facility's category: a floor area is no number of places, and no places are square metres."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from circles.area import Area
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.types import F64
from circles.inputs.readers import cells, units
from circles.inputs.readers.numbers import numeric
from circles.inputs.readers.sheets import Sheet
from circles.inputs.readers.vocabulary import section

_KINDS = (units.PLACES, units.AREA)


def capacity_column(sheet: Sheet, ids: Sequence[str], categories: Sequence[str], area: Area, out: list[Finding]) -> F64:
    """Return the capacity of each facility in its category's ``capacity_unit``, NaN where it is unknown.

    Where the title says that the column counts something else (建筑面积 of a 托育点) the capacity is unknown, with a
    warning; a cell whose own unit is of another kind is an error.

    Parameters
    ----------
    sheet : the table as read, n rows
    ids, categories : id and category id of each row
    area : gives the unit of each category
    out : list to which findings are appended
    """
    if "capacity" not in sheet.columns:
        return np.full(len(sheet.rows), np.nan)
    kind_of, factor_of = _categories(area)
    titled = _titled(sheet)
    found: list[Finding] = []
    notes: dict[str, list[Finding]] = {kind: [] for kind in _KINDS}
    by_kind = {kind: numeric(sheet, "capacity", ids, notes[kind], is_positive=True, kind=kind) for kind in _KINDS}
    plain = numeric(sheet, "capacity", ids, found, is_positive=True, kind="")
    values = plain.copy()
    misfits: dict[str, int] = {}
    used: set[str] = set()
    for at, (category, text) in enumerate(zip(categories, sheet.column("capacity"), strict=True)):
        wanted = kind_of.get(category, "")
        if not text or not wanted or np.isnan(plain[at]):
            continue
        own = units.unit_of(units.quantity(text)[1]) if units.quantity(text)[1] else None
        if own is not None and own.of(wanted) is None:
            values[at] = np.nan
            where = (sheet.file, int(sheet.rows[at]), ids[at])
            out.append(errors.error("unit-wrong", *where, column="capacity", value=text[:80], unit=own.text))
        elif own is None and titled and titled != wanted:
            values[at] = np.nan
            misfits[category] = misfits.get(category, 0) + 1
        else:
            values[at] = by_kind[wanted][at] / factor_of[category]
            used.add(wanted)
    out += [item for item in found if item.severity == "error"]
    converted = [item for kind in sorted(used) for item in notes[kind]] if used else found
    out += [item for item in converted if item.severity != "error"] + _reported(sheet, area, misfits)
    return values


def _categories(area: Area) -> tuple[dict[str, str], dict[str, float]]:
    """Return what the capacity of each category counts, and how many of the kind's own unit its unit makes."""
    kinds: dict[str, str] = {}
    factors: dict[str, float] = {}
    for item in area.categories:
        unit = units.unit_of(item.capacity_unit) if item.capacity_unit else None
        kind = next((kind for kind in _KINDS if unit is not None and unit.of(kind) is not None), "")
        if unit is not None and kind:
            kinds[item.id], factors[item.id] = kind, unit.of(kind) or 1.0
    return kinds, factors


def _titled(sheet: Sheet) -> str:
    """Return what the title of the column says that it counts, '' where it says nothing."""
    title = sheet.titles.get("capacity")
    if title is None:
        return ""
    if title.unit is not None:
        fits = [kind for kind in _KINDS if title.unit.of(kind) is not None]
        if len(fits) != 1:
            return "" if fits else "else"
        return fits[0]
    name = cells.header(title.name)
    return next((kind for kind, words in section("capacities").items() if any(w in name for w in words)), "")


def _reported(sheet: Sheet, area: Area, misfits: dict[str, int]) -> list[Finding]:
    """Return a warning for each category whose capacity the column does not hold."""
    title = sheet.titles["capacity"].text if "capacity" in sheet.titles else "capacity"
    return [
        errors.warning(
            "capacity-other-unit",
            sheet.file,
            value=title,
            category=item.name,
            unit=item.capacity_unit,
            n=misfits[item.id],
        )
        for item in area.categories
        if item.id in misfits
    ]
