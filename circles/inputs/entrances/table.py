"""A table of doors: ``facility_id, lon, lat`` (or ``x, y``) and optional ``id, name, source``."""

from __future__ import annotations

from collections import Counter

import geopandas as gpd
import pandas as pd

from circles.area import Area, PlacesFile
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.inputs.readers import cells
from circles.inputs.readers.columns import (
    as_points,
    declared_crs,
    duplicate_ids,
    file_name,
    id_column,
    raised,
    require_columns,
    unused_columns,
)
from circles.inputs.readers.coordinates import locate
from circles.inputs.readers.sheets import read_sheet


def read_table(area: Area) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read the table of doors that the area names.

    Returns
    -------
    doors : ``facility_id, door, name, source, file, row``, geometry in EPSG:4326, in file order; a door without an id
        of its own is its facility's id, a dot and a number
    findings : warnings and notes

    Raises
    ------
    InputError
        With every problem of the file: unreadable, columns or cells missing, bad coordinates, a door's id twice.
    """
    given = area.data.entrances
    if not isinstance(given, str | PlacesFile):
        raise TypeError("entrances of OpenStreetMap are read with their buildings")
    sheet = read_sheet(area.path(file_name(given)), given, "entrances")
    found: list[Finding] = []
    require_columns(sheet, ["facility_id"], found)
    facility = [cells.plain(text) for text in sheet.column("facility_id")]
    rows = sheet.rows.tolist()
    if "facility_id" in sheet.columns:
        found += [
            errors.error("value-missing", sheet.file, row, column="facility_id")
            for row, text in zip(rows, facility, strict=True)
            if not text
        ]
    own = id_column(sheet, found) if "id" in sheet.columns else [""] * len(rows)
    lon, lat, bad = locate(sheet, [a or b for a, b in zip(own, facility, strict=True)], crs=declared_crs(given), area_crs=area.crs)  # fmt: skip
    found += bad
    table = pd.DataFrame(
        {
            "facility_id": facility, "door": _named(facility, own), "name": sheet.column("name"),
            "source": sheet.column("source"), "file": sheet.file, "row": sheet.rows, "lon": lon, "lat": lat,
        }
    )  # fmt: skip
    found += duplicate_ids([table], column="door")
    notes = raised(found)
    return as_points(table).drop(columns=["lon", "lat"]), (*notes, *sheet.findings, *unused_columns(sheet, "entrances"))


def _named(facility: list[str], own: list[str]) -> list[str]:
    """Return the id of each door: its own, else its facility's with a number."""
    count: Counter[str] = Counter()
    out = []
    for place, name in zip(facility, own, strict=True):
        count[place] += 1
        out.append(name or f"{place}.{count[place]}")
    return out
