"""A corrected copy of a table with the log of its changes; the original is never touched.

Only what has one meaning is corrected: digits in full width, thousands and 万, degrees and minutes, spaces, and longitude
and latitude that are exchanged beyond doubt. Everything else is left as it stands, for a person to decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from pyproj import Transformer

from circles.area import PlacesFile
from circles.foundation.errors import CallError, error
from circles.inputs.readers import cells, degrees
from circles.inputs.readers.coordinates import point_numbers
from circles.inputs.readers.sheets import Sheet, read_sheet

_NUMBERS = ("lon", "lat", "x", "y", "capacity", "population", "position_accuracy_m")
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_MARGIN_DEGREES = 0.2
"""About 20 km: further outside the area's box a place is wrong (doctor.FAR_KM)."""
Box = tuple[float, float, float, float]


def corrected(
    sheet: Sheet, *, box: Box | None = None, only: Iterable[tuple[int, str]] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a sheet's cells with what is unambiguous corrected, and the changes.

    Parameters
    ----------
    sheet : cells as text
    box : west, south, east, north of the area in degrees; by which exchanged coordinates are recognised
    only : rows and columns of the corrections that are accepted; all of them, if left out

    Returns
    -------
    table : the columns we know under our names, then the others under their own; text
    changes : ``row, column, before, after``, in order
    """
    table = pd.DataFrame({**sheet.columns, **sheet.others}, dtype="object")
    before = table.copy()
    for name in sheet.columns:
        table[name] = [_cell(name, text) for text in table[name]]
    if {"lon", "lat"} <= set(table.columns):
        lon, lat = (cells.numbers(table[name]) for name in ("lon", "lat"))
        swap = _exchanged(lon, lat, box)
        first, second = table["lon"].to_numpy(copy=True), table["lat"].to_numpy(copy=True)
        table["lon"], table["lat"] = np.where(swap, second, first), np.where(swap, first, second)
    if only is not None:
        accepted = set(only)
        for name in table.columns:
            is_wanted = np.array([(int(row), name) in accepted for row in sheet.rows], dtype=bool)
            table[name] = np.where(is_wanted, table[name].to_numpy(), before[name].to_numpy())
    rows = [
        (int(row), name, old, new)
        for name in table.columns
        for row, old, new in zip(sheet.rows, before[name], table[name], strict=True)
        if old != new
    ]
    changes = pd.DataFrame(rows, columns=["row", "column", "before", "after"])
    return table, changes.sort_values(["row", "column"], kind="stable", ignore_index=True)


def write_corrected(
    path: Path,
    given: str | PlacesFile,
    out: Path,
    *,
    table: str,
    box: Box | None = None,
    only: Iterable[tuple[int, str]] | None = None,
) -> pd.DataFrame:
    """Write a corrected copy of a table to ``out`` (CSV) and its log beside it (``<out>.changes.csv``).

    Parameters
    ----------
    path, given, table : as :func:`circles.inputs.readers.sheets.read_sheet` takes them
    out : a new file; an existing one is never overwritten
    box, only : as :func:`corrected` takes them

    Returns
    -------
    changes : what was changed

    Raises
    ------
    InputError
        The table cannot be read at all.
    CallError
        ``out`` is no .csv, ``out`` or its log exists, or cannot be written.
    """
    log = log_of(out)
    if out.suffix.lower() != ".csv":
        raise CallError(error("fix-not-csv", str(out), path=str(out)))
    for target in (out, log):
        if target.exists() or target.is_symlink():
            raise CallError(error("fix-exists", str(target), path=str(target)))
    content, changes = corrected(_with_places(read_sheet(path, given, table)), box=box, only=only)
    try:
        for frame, target in ((content, out), (changes, log)):
            safe = frame.apply(lambda column: column.map(_safe))
            with target.open("x", encoding="utf-8-sig", newline="", errors="replace") as file:
                safe.to_csv(file, index=False, lineterminator="\n")
    except OSError as e:
        raise CallError(error("fix-out", str(out), path=str(out), detail=e.strerror or str(e))) from e
    return changes


def log_of(out: Path) -> Path:
    """Return the file in which the changes of a corrected copy stand."""
    return out.with_name(f"{out.name}.changes.csv")


def _with_places(sheet: Sheet) -> Sheet:
    """Return a sheet whose geometry, if it has any, stands in columns: a CSV has no other place for it."""
    if sheet.shapes is None:
        return sheet
    x, y = point_numbers(sheet.shapes)
    if sheet.crs is not None:
        x, y = Transformer.from_crs(sheet.crs, "EPSG:4326", always_xy=True).transform(x, y)
    texts = {name: [f"{v:.9f}" if np.isfinite(v) else "" for v in values] for name, values in (("lon", x), ("lat", y))}
    return replace(sheet, columns={**sheet.columns, **texts}, shapes=None)


def _cell(name: str, text: str) -> str:
    if name not in _NUMBERS:
        return cells.plain(text) if name in ("id", "category", "township_code", "village_code", "status") else text
    if not text:
        return text
    decimal = _decimal(name, text)
    if decimal is not None:
        return f"{decimal:.7f}"
    try:
        float(text)
    except ValueError:
        value = cells.number(text) if name not in ("lon", "lat") else np.nan
        if not np.isfinite(value) and (point := degrees.with_point(text)) is not None:
            return point
        return f"{value:.12g}" if np.isfinite(value) else text
    return text if text.isascii() else cells.plain(text)


def _decimal(name: str, text: str) -> float | None:
    """Return the decimal degrees of a cell of lon or lat that spells them otherwise; None for other columns and cells."""
    if name not in ("lon", "lat"):
        return None
    own = degrees.decimal(text)
    if own is not None:
        return own[0] if own[1] == name else None
    if (spelt := degrees.sexagesimal(text)) is not None:
        return spelt
    number = cells.number(text)
    limit = 180.0 if name == "lon" else 90.0
    if not np.isfinite(number) or degrees.packed(number, limit=limit, seconds=False) is not None:
        return None  # 12226.527 may pack minutes alone, which one cell does not say
    return degrees.packed(number, limit=limit)


def _exchanged(lon: np.ndarray, lat: np.ndarray, box: Box | None) -> np.ndarray:
    """Return which places are exchanged beyond doubt: off the Earth, or in the area only the other way round."""
    with np.errstate(invalid="ignore"):
        swap = (np.abs(lat) > 90) & (np.abs(lat) <= 180) & (np.abs(lon) <= 90)
        if box is not None:
            swap &= _inside(lat, lon, box)
            swap |= ~_inside(lon, lat, box) & _inside(lat, lon, box)
    return np.asarray(swap)


def _inside(lon: np.ndarray, lat: np.ndarray, box: Box) -> np.ndarray:
    west, south, east, north = box
    m = _MARGIN_DEGREES
    return np.asarray((lon >= west - m) & (lon <= east + m) & (lat >= south - m) & (lat <= north + m))


def _safe(value: object) -> object:
    """Return a cell that a spreadsheet does not take for a formula."""
    if isinstance(value, str) and value.startswith(_RISKY) and not np.isfinite(cells.number(value)):
        return f"'{value}"
    return value
