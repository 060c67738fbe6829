"""A table of steps and paths: ``from, to`` (a place's name, or ``lon,lat``), and what was counted and measured."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from circles.foundation import errors
from circles.foundation.crs import GEOD
from circles.foundation.dates import as_date
from circles.foundation.errors import Finding, InputError
from circles.foundation.types import F64
from circles.inputs.readers import cells, units
from circles.inputs.readers.columns import require_columns
from circles.inputs.readers.numbers import numeric
from circles.inputs.readers.sheets import Sheet, read_sheet
from circles.inputs.survey.model import Named, Surveyed

_PAIR = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*[,，;；\s]\s*(-?\d+(?:\.\d+)?)\s*")
_SHORTEST_M = 1.0
_LENGTH_SLACK = 1.05
_TREAD_M = (0.2, 1.5)
"""Between these is what one step takes you forward; a count that gives another is doubted."""


@dataclass(frozen=True)
class _Row:
    """What one row says, before its places are looked up."""

    file: str
    number: int
    id: str


def read_rows(path: Path, file: str, named: Named, *, day: dt.date | None) -> tuple[list[Surveyed], list[Finding]]:
    """Read a table of steps and paths.

    Parameters
    ----------
    path, file : the table, and its name for findings
    named : places that ``from`` and ``to`` may name
    day : date of rows that have none

    Returns
    -------
    rows, notes : notes are of counts of steps that do not fit the distance

    Raises
    ------
    InputError
        With every problem of every row.
    """
    sheet = read_sheet(path, file, "survey")
    wrong: list[Finding] = []
    require_columns(sheet, ["from", "to"], wrong)
    if wrong:
        raise InputError(wrong)
    if not len(sheet.rows):
        raise InputError(errors.error("sheet-empty", file))
    ids = [cells.plain(text) or f"row-{row}" for text, row in zip(sheet.column("id"), sheet.rows, strict=True)]
    numbers = {
        name: numeric(sheet, name, ids, wrong, is_positive=True, kind=kind)
        for name, kind in (("steps", units.COUNT), ("width_m", units.LENGTH), ("length_m", units.LENGTH))
    }
    lines, notes = [], list(sheet.findings)
    for at, number in enumerate(sheet.rows.tolist()):
        row = _Row(sheet.file, int(number), ids[at])
        before = len(wrong)
        ends = [_place(sheet.column(name)[at], name, row, named, wrong) for name in ("from", "to")]
        highway = _choice(sheet.column("kind")[at], "path_kind", "kind", row, wrong)
        state = _choice(sheet.column("state")[at], "path_state", "state", row, wrong)
        own_day = _day(sheet, at, row, wrong) or day
        if len(wrong) > before:
            continue
        line = Surveyed(
            row.file, row.number, row.id, cells.plain(sheet.column("name")[at]), np.array(ends, dtype=np.float64), own_day,
            is_track=False, highway=highway or ("steps" if numbers["steps"][at] > 0 else ""), is_gone=state == "gone",
            source=cells.plain(sheet.column("source")[at]), **{name: float(values[at]) for name, values in numbers.items()},
        )  # fmt: skip
        _measures(line, wrong, notes)
        lines.append(line)
    if wrong:
        raise InputError(wrong)
    return lines, notes


def _place(text: str, column: str, row: _Row, named: Named, wrong: list[Finding]) -> tuple[float, float]:
    """Return longitude and latitude of an end; what keeps it from being known goes to ``wrong``."""
    where, word = (row.file, row.number, row.id), cells.plain(text)
    nowhere = (float("nan"), float("nan"))
    if not word:
        wrong.append(errors.error("value-missing", *where, column=column))
        return nowhere
    if pair := _PAIR.fullmatch(word):
        lon, lat = float(pair[1]), float(pair[2])
        if abs(lon) > 180 or abs(lat) > 90:
            wrong.append(errors.error("survey-degrees", *where, column=column, value=word[:80]))
            return nowhere
        return lon, lat
    known = named.by_word.get(word, ())
    if len(known) == 1:
        return known[0][1:]
    if known:
        ids = "、".join(id_ for id_, _, _ in known)[:200]
        wrong.append(errors.error("survey-place-several", *where, column=column, value=word[:80], ids=ids))
    else:
        wrong.append(
            errors.error("survey-place-unknown", *where, column=column, value=word[:80], near=named.near(word))
        )
    return nowhere


def _choice(text: str, words: str, column: str, row: _Row, wrong: list[Finding]) -> str:
    known = cells.values(words)
    value = cells.choice(text, known).value if text else ""
    if value is None:
        valid = tuple(dict.fromkeys(known.values()))
        wrong.append(
            errors.error("survey-word", row.file, row.number, row.id, column=column, value=text[:80], valid=valid)
        )
    return value or ""


def _day(sheet: Sheet, at: int, row: _Row, wrong: list[Finding]) -> dt.date | None:
    text = cells.plain(sheet.column("surveyed_on")[at])
    if not text:
        return None
    day = as_date(text)
    if day is None:
        wrong.append(errors.error("survey-date", row.file, row.number, row.id, value=text[:80]))
    return day


def _measures(line: Surveyed, wrong: list[Finding], notes: list[Finding]) -> None:
    """Report two ends that are one, a length below the straight line, and a count of steps that does not fit it."""
    where = (line.file, line.row, line.id)
    metres = _straight_m(line.lon_lat)
    if metres < _SHORTEST_M:
        wrong.append(errors.error("survey-same-place", *where))
    elif line.length_m * _LENGTH_SLACK < metres:
        wrong.append(
            errors.error("survey-length-short", *where, length=f"{line.length_m:.1f}", straight=f"{metres:.1f}")
        )
    elif line.steps > 0 and not _TREAD_M[0] <= metres / line.steps <= _TREAD_M[1]:
        values: dict[str, Any] = {
            "steps": f"{line.steps:.0f}",
            "straight": f"{metres:.0f}",
            "tread": f"{metres / line.steps:.2f}",
        }
        notes.append(errors.warning("survey-steps-odd", *where, **values))


def _straight_m(lon_lat: F64) -> float:
    (lon, lat), (lon_to, lat_to) = lon_lat.tolist()
    return float(GEOD.inv(lon, lat, lon_to, lat_to)[2])
