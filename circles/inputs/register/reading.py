"""A register's export → the table of facilities, by a mapping kept as TOML; every row is accounted for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pydantic import Field, ValidationError, field_validator

from circles.area import Area, PlacesFile
from circles.area.base import Frozen
from circles.foundation import errors, nearest_word, toml
from circles.foundation.dates import as_date
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import TABLES
from circles.inputs.locating import placed, project
from circles.inputs.readers import cells
from circles.inputs.readers.columns import unused_columns
from circles.inputs.readers.places import facility_rows, read_facilities
from circles.inputs.readers.polygons import read_townships
from circles.inputs.readers.sheets import Sheet, read_sheet
from circles.network import islands

DATES = ("updated_on", "opened_on")
_OURS = frozenset({*TABLES["facilities"].names, "lon", "lat", "x", "y", "crs", "township"} - {
    "geometry", "file", "row", "island", "is_counted",
})  # fmt: skip


class _File(Frozen):
    """``[register]``: what cannot be read off the export."""

    name: str = ""
    sheet: str | None = None
    encoding: str | None = None
    crs: str | None = None


class Mapping(Frozen):
    """How a register's export becomes our table: the whole of a mapping file.

    ``columns`` our column → the export's header · ``values`` our column → (the export's word → ours) · ``defaults`` our
    column → the value of empty cells · ``skip`` our column → words of the export: such rows are none of our kinds
    """

    register_: _File = Field(default_factory=_File, alias="register")
    columns: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    defaults: dict[str, str] = Field(default_factory=dict)
    skip: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @field_validator("columns", "values", "defaults", "skip")
    @classmethod
    def _our_columns(cls, value: dict[str, Any]) -> dict[str, Any]:
        strange = sorted(set(value) - _OURS)
        if strange:
            near = nearest_word.near(strange[0], sorted(_OURS))
            raise ValueError(f"{strange[0]} → {near}?")
        return value


@dataclass(frozen=True)
class Register:
    """An edition of a register.

    Attributes
    ----------
    facilities : columns of ``tables.TABLES["facilities"]``, townships filled in, dates in ISO form where they are dates
    skipped : ``row, id, name, column, value``: rows that the mapping leaves out
    n_rows : rows of the export; each is in one of the two
    findings : warnings and notes
    """

    facilities: gpd.GeoDataFrame
    skipped: pd.DataFrame
    n_rows: int
    findings: tuple[Finding, ...]


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    InputError
        It cannot be read, is no TOML, or names a key or a column that is none of ours.
    """
    try:
        return Mapping.model_validate(toml.loads(toml.read(path)))
    except OSError as e:
        raise InputError(errors.error("file-unreadable", path.name, detail=e.strerror or str(e))) from e
    except toml.BrokenTomlError as e:
        if e.is_large:
            raise InputError(toml.too_large(path.name)) from e
        raise InputError(errors.error("register-mapping-syntax", path.name, detail=str(e)[:200])) from e
    except ValidationError as e:
        found = [
            errors.error(
                "register-mapping-key", path.name, id=".".join(map(str, item["loc"])), detail=str(item["msg"])[:200]
            )
            for item in e.errors()
        ]
        raise InputError(found) from e


def read_register(path: Path, area: Area, *, mapping: Mapping | None = None) -> Register:
    """Read an edition of a register: a table of places in any format that facilities may have.

    Parameters
    ----------
    path : the export
    area : for categories, CRS and townships
    mapping : what its columns and words mean; without one they must be understood by themselves

    Raises
    ------
    InputError
        With every problem of every row; nothing is left out but what the mapping skips.
    """
    mapping = mapping or Mapping()
    about = mapping.register_
    entry = PlacesFile(
        file=path.name, sheet=about.sheet, encoding=about.encoding, crs=about.crs, columns=mapping.columns
    )
    sheet = read_sheet(path, entry, "facilities")
    unused = unused_columns(sheet, "facilities")
    n_rows = len(sheet.rows)
    sheet, skipped = _without_skipped(sheet, mapping.skip)
    sheet = _with_defaults(_in_our_words(sheet, mapping.values), mapping.defaults)
    if not len(sheet.rows):
        raise InputError(errors.error("register-nothing-left", sheet.file, n=n_rows))
    facilities, notes = facility_rows(sheet, area, given=entry)
    facilities, doubts = _dated(_in_townships(facilities, area))
    return Register(facilities, skipped, n_rows, (*sheet.findings, *unused, *notes, *doubts))


def of_area(area: Area) -> Register:
    """Return the facilities that the area's tables hold as an edition of a register; OpenStreetMap is none.

    Raises
    ------
    InputError
        With every problem of every row; no table of facilities.
    """
    read, notes = read_facilities(area)
    if read.empty:
        raise InputError(errors.error("register-none", area.file.name))
    facilities, doubts = _dated(_in_townships(read, area))
    nothing = pd.DataFrame(columns=["row", "id", "name", "column", "value"])
    return Register(facilities, nothing, len(facilities), (*notes, *doubts))


def _mapped(sheet: Sheet, change: Callable[[str, list[str]], list[str]], names: list[str]) -> Sheet:
    columns = dict(sheet.columns) | {name: change(name, sheet.column(name)) for name in names}
    return replace(sheet, columns=columns)


def _in_our_words(sheet: Sheet, values: dict[str, dict[str, str]]) -> Sheet:
    """Return the sheet with the export's words replaced; words that are not mapped stay as they are."""
    tables = {name: {cells.header(theirs): ours for theirs, ours in words.items()} for name, words in values.items()}
    known = [name for name in tables if name in sheet.columns]
    return _mapped(sheet, lambda name, column: [tables[name].get(cells.header(t), t) for t in column], known)


def _with_defaults(sheet: Sheet, defaults: dict[str, str]) -> Sheet:
    return _mapped(sheet, lambda name, column: [text or defaults[name] for text in column], list(defaults))


def _without_skipped(sheet: Sheet, skip: dict[str, tuple[str, ...]]) -> tuple[Sheet, pd.DataFrame]:
    """Return the sheet without the rows whose cell is one of the words to skip, and those rows."""
    out = np.zeros(len(sheet.rows), dtype=bool)
    why = [("", "")] * len(sheet.rows)
    for name, words in skip.items():
        drop = {cells.header(word) for word in words}
        for at, text in enumerate(sheet.column(name)):
            if text and cells.header(text) in drop and not out[at]:
                out[at], why[at] = True, (name, text)
    gone, stay = np.flatnonzero(out).tolist(), np.flatnonzero(~out).tolist()
    ids, names = sheet.column("id"), sheet.column("name")
    rows = [(int(sheet.rows[at]), ids[at], names[at], *why[at]) for at in gone]
    skipped = pd.DataFrame(rows, columns=["row", "id", "name", "column", "value"])
    kept = replace(
        sheet,
        columns={name: [column[at] for at in stay] for name, column in sheet.columns.items()},
        others={name: [column[at] for at in stay] for name, column in sheet.others.items()},
        rows=sheet.rows[stay],
        shapes=None if sheet.shapes is None else sheet.shapes[stay],
    )
    return kept, skipped


def _in_townships(facilities: gpd.GeoDataFrame, area: Area) -> gpd.GeoDataFrame:
    """Return the facilities with their townships (contract, section 3.10)."""
    towns, _ = read_townships(area)
    if not len(towns):
        box = shapely.box(*facilities.total_bounds).buffer(1e-3)
        towns = gpd.GeoDataFrame({"code": [area.id], "name": [area.name]}, geometry=[box], crs="EPSG:4326")
    filled, _, _ = placed(
        area, facilities, project(facilities, area.crs), ground=islands(None), towns=towns, table="facilities"
    )
    return filled.assign(island="")


def _dated(facilities: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the facilities with dates in ISO form; what is no date stays as it is and is reported."""
    found, out = [], facilities.copy()
    for name in DATES:
        days = [as_date(text) if text else None for text in out[name]]
        for file, row, id_, text, day in zip(out["file"], out["row"], out["id"], out[name], days, strict=True):
            if text and day is None:
                found.append(errors.warning("register-date", file, int(row), id_, column=name, value=text[:80]))
        out[name] = [text if day is None else day.isoformat() for text, day in zip(out[name], days, strict=True)]
    return out, found
