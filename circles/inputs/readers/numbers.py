"""Columns of numbers: what each cell means in the unit of its column, and every cell that means none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.inputs.readers import degrees, units
from circles.inputs.readers.sheets import Sheet
from circles.inputs.readers.units import Unit


def numeric(
    sheet: Sheet,
    name: str,
    ids: Sequence[str],
    found: list[Finding],
    *,
    is_positive: bool = False,
    kind: str | None = None,
) -> npt.NDArray[np.float64]:
    """Return a column as numbers in its own unit, NaN for empty cells; what is no finite number goes to ``found``.

    Parameters
    ----------
    sheet, name : the table, and our name of the column
    ids : id of each row, for findings
    found : findings are added to it
    is_positive : a number below 0 is an error too
    kind : what the column measures (`units`); by its name where left out, '' takes any unit. 万人 in the title or behind a
        number is converted; a unit of another kind (户 where people are counted) is an error
    """
    texts = sheet.column(name)
    wanted = units.MEASURED.get(name, "") if kind is None else kind
    factor = _title_factor(sheet, name, wanted, found)
    values = _values(texts, name, wanted, factor)
    # a cell that says "nan" or "inf" is a number to Python and none to us
    for at in np.flatnonzero(~np.isfinite(values)).tolist():
        if texts[at]:
            found.append(_no_number(sheet, name, at, ids, wanted))
            values[at] = np.nan
    if is_positive:
        for at in np.flatnonzero(values < 0).tolist():
            where = (sheet.file, int(sheet.rows[at]), ids[at])
            found.append(errors.error("negative-number", *where, column=name, value=texts[at][:80]))
    return values


def _values(texts: Sequence[str], name: str, kind: str, factor: float) -> npt.NDArray[np.float64]:
    """Return what each cell means, at once where all are plain numbers, else each different text once."""
    if units.are_bare(texts):
        try:
            return np.fromiter(map(float, texts), dtype=np.float64, count=len(texts)) * factor
        except ValueError:
            pass
    known = {text: _value(text, name, kind, factor) for text in set(texts)}
    return np.fromiter(map(known.__getitem__, texts), dtype=np.float64, count=len(texts))


def _value(text: str, name: str, kind: str, factor: float) -> float:
    """Return what a cell means; a unit of its own wins over that of the title, a bare 万 multiplies it."""
    if not text:
        return np.nan
    value, behind = units.quantity(text)
    if kind == units.ANGLE and (behind or "," in text):
        value, behind = np.nan, ""
    if not behind:
        if not np.isnan(value) or kind != units.ANGLE:
            return value * factor
        own = degrees.decimal(text)
        return own[0] if own is not None and own[1] in ("", name) else np.nan
    unit = units.unit_of(behind)
    own_factor = None if unit is None else unit.of(kind) if kind else units.magnitude(unit)
    return np.nan if own_factor is None else value * own_factor


def _title_factor(sheet: Sheet, name: str, kind: str, found: list[Finding]) -> float:
    """Return what the title's unit multiplies by; a unit of another kind, and one that is not understood, is reported."""
    title = sheet.titles.get(name)
    unit: Unit | None = title.unit if title is not None else None
    if unit is None and kind and sheet.unit is not None:
        unit = sheet.unit if sheet.unit.of(kind) is not None else None
    if unit is None or title is None:
        return 1.0
    factor = unit.of(kind) if kind else units.magnitude(unit)
    if factor is None:
        found.append(errors.error("unit-wrong-title", sheet.file, value=title.text, unit=unit.text, column=name))
        return 1.0
    if factor != 1.0:
        found.append(
            errors.info("unit-converted", sheet.file, value=title.text, unit=unit.text, factor=f"{factor:,.10g}")
        )
    return factor


def _no_number(sheet: Sheet, name: str, at: int, ids: Sequence[str], kind: str) -> Finding:
    """Return the error for a cell that means no number, with what it may mean."""
    text = sheet.column(name)[at]
    where = (sheet.file, int(sheet.rows[at]), ids[at])
    values: dict[str, Any] = {"column": name, "value": text[:80]}
    if kind == units.ANGLE:
        if degrees.with_point(text) is None and (pair := degrees.pair(text)) is not None:
            lon, lat = (f"{value:.10g}" for value in (pair[1::-1] if pair[2] == "lat" else pair[:2]))
            return errors.error("coordinates-one-cell", *where, **values, lon=lon, lat=lat)
        if degrees.decimal(text) is not None:
            return errors.error("degrees-other-axis", *where, **values)
        if (own := degrees.sexagesimal(text)) is not None:
            return errors.error("degrees-minutes", *where, **values, degrees=f"{own:.7f}")
    if (point := degrees.with_point(text)) is not None:
        return errors.error("decimal-comma", *where, **values, number=point[:80])
    value, behind = units.quantity(text)
    unit = units.unit_of(behind) if behind else None
    if kind and unit is not None and np.isfinite(value):
        return errors.error("unit-wrong", *where, **values, unit=unit.text)
    return errors.error("bad-number", *where, **values)
