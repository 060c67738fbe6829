"""The tables of places as they stand on disk: which coordinate system each is in, whatever it declares."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from pyproj import CRS

from circles.area import Area, PlacesFile
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import Streets
from circles.inputs import dispatch
from circles.inputs.checks.crs import MIN_POINTS, crs_finding, diagnose_crs
from circles.inputs.readers import cells
from circles.inputs.readers.columns import declared_crs, file_name
from circles.inputs.readers.coordinates import point_numbers, titled_datum
from circles.inputs.readers.sheets import Sheet, read_sheet


def check_crs(
    area: Area, streets: Streets | None, land: gpd.GeoDataFrame | None, townships: gpd.GeoDataFrame | None
) -> list[Finding]:
    """Return a warning for each table of facilities or residents whose coordinates look like another system than declared.

    The numbers are taken from the file as they stand, so that a table which could not be accepted (metres in a lon
    column, longitude and latitude exchanged) gets its diagnosis too. Tables of fewer than three places get
    none, and OpenStreetMap data are WGS 84 by definition.

    Parameters
    ----------
    area : its tables are read
    streets : the walking network in the area's CRS
    land, townships : polygons in EPSG:4326
    """
    found: list[Finding] = []
    seen: set[tuple[str, str | None]] = set()
    residents = area.data.residents
    tables = [(given, "facilities") for given in area.data.facilities]
    for given, kind in [*tables, *([(residents, "residents")] if isinstance(residents, str | PlacesFile) else [])]:
        if not isinstance(given, str | PlacesFile) or dispatch.is_raster(file_name(given)):
            continue
        name = (file_name(given), given.sheet if isinstance(given, PlacesFile) else None)
        if name in seen:
            continue
        seen.add(name)
        try:
            sheet = read_sheet(area.path(file_name(given)), given, kind)
        except InputError:
            continue  # its own reader says what is wrong
        numbers, is_metric = _numbers(sheet)
        if np.isfinite(numbers).all(axis=1).sum() < MIN_POINTS or any(sheet.column("crs")):
            continue
        table = diagnose_crs(
            numbers, land, streets, townships, crs=area.crs, codes=_codes(sheet, townships, len(numbers))
        )
        declared = _declared(declared_crs(given), sheet, area.crs, is_metric=is_metric)
        finding = crs_finding(table, sheet.file, declared=declared)
        found += [finding] if finding is not None else []
    return found


def _numbers(sheet: Sheet) -> tuple[np.ndarray, bool]:
    """Return the two numbers of each row, and whether they stand in x and y."""
    if sheet.shapes is not None:
        return np.column_stack(point_numbers(sheet.shapes)), bool(sheet.crs is not None and not sheet.crs.is_geographic)
    is_metric = "x" in sheet.columns and not any(sheet.column("lon"))
    names = ("x", "y") if is_metric else ("lon", "lat")
    return np.column_stack([cells.numbers(sheet.column(name)) for name in names]), is_metric


def _declared(given: str | None, sheet: Sheet, area_crs: str, *, is_metric: bool) -> str:
    """Return the declared system in the doctor's words."""
    if given:
        known = cells.values("crs").get(cells.header(given))
        if known is not None:
            return known
    source = given or (sheet.crs if sheet.shapes is not None else None)
    if source is None and not is_metric and (said := titled_datum(sheet, [])) != "wgs84":
        return said
    if source is None:
        source = area_crs if is_metric else "EPSG:4326"
    crs = CRS.from_user_input(source)
    return "wgs84" if crs.is_geographic else f"EPSG:{crs.to_epsg()}"


def _codes(sheet: Sheet, townships: gpd.GeoDataFrame | None, rows: int) -> list[str] | None:
    """Return the township code of each row, by its code or its township's name."""
    if townships is None or not len(townships) or rows != len(sheet.rows):
        return None
    by_name = dict(zip(townships["name"].map(cells.header), townships["code"], strict=True))
    pairs = zip(sheet.column("township_code"), sheet.column("township"), strict=True)
    return [by_name.get(cells.header(code or name), code) for code, name in pairs]
