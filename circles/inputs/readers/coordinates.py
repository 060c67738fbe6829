"""Coordinates as declared → longitude and latitude in WGS 84, with every row that has none that will do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding
from circles.foundation.types import F64
from circles.inputs.readers import cells, datum
from circles.inputs.readers.metres import likely_system, odd_metres, scaled_degrees, unpacked_degrees
from circles.inputs.readers.numbers import numeric
from circles.inputs.readers.sheets import Sheet
from circles.inputs.readers.transforms import doubtful_datum

__all__ = ["locate", "missing_column", "numeric", "point_numbers", "titled_datum"]

_PLACE = ("lon", "lat", "x", "y")


def locate(sheet: Sheet, ids: Sequence[str], *, crs: str | None, area_crs: str) -> tuple[F64, F64, list[Finding]]:
    """Return where the rows of a sheet are, and what is wrong with their coordinates.

    Parameters
    ----------
    sheet : rows with ``lon, lat`` or ``x, y``, or the geometry of a geographic file, and optionally ``crs``
    ids : id of each row, for findings
    crs : the file's declared system: wgs84, cgcs2000, gcj02, bd09, EPSG:<code>; None is wgs84 for ``lon, lat``,
        the area's CRS for ``x, y`` and a geographic file's own for its geometry
    area_crs : CRS of ``x, y``

    Returns
    -------
    lon, lat : (n,) degrees, NaN where a finding says why
    findings : errors, one per row and problem
    """
    declared, datums, found = _datums(sheet, ids, crs)
    if sheet.shapes is not None:
        a, b, is_metric, bad = _from_shapes(sheet, ids)
    else:
        a, b, is_metric, bad = _from_cells(sheet, ids)
    found += bad
    source = declared or (sheet.crs if sheet.shapes is not None else None)
    in_degrees, bad = _degrees_in_xy(sheet, ids, (a, b), is_metric, source or CRS(area_crs))
    found += bad
    is_metric &= ~in_degrees
    with np.errstate(invalid="ignore"):
        is_north_first = (
            in_degrees & (np.abs(a) <= 90) & (np.abs(b) > 90)
        )  # X is north: said once, as degrees in x and y
    a, b = np.where(is_north_first, b, a), np.where(is_north_first, a, b)
    lon, lat = a.copy(), b.copy()
    if source is not None and not is_metric.any():
        lon, lat = _transformed(a, b, source)
    elif is_metric.any():
        lon[is_metric], lat[is_metric] = _transformed(a[is_metric], b[is_metric], source or CRS(area_crs))
    for name in ("gcj02", "bd09"):
        own = np.array([item == name for item in datums])
        if own.any():
            lon[own], lat[own] = datum.to_wgs84(lon[own], lat[own], name)
    odd, seen = odd_metres(sheet, ids, (a, b), (lon, lat), is_metric, crs=source or CRS(area_crs), area_crs=area_crs)
    found += odd + _out_of_range(sheet, ids, (a, b), (lon, lat), seen, area_crs=area_crs)
    lon[seen], lat[seen] = np.nan, np.nan  # where they would land says nothing
    if not any(item.severity == "error" for item in found):
        found += doubtful_datum(source, lon, lat, sheet.file) if source is not None else []
    return lon, lat, found


def _transformed(a: F64, b: F64, source: CRS) -> tuple[F64, F64]:
    if source == CRS("EPSG:4326") or source == CRS("OGC:CRS84"):
        return a, b
    lon, lat = Transformer.from_crs(source, "EPSG:4326", always_xy=True).transform(a, b)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _datums(sheet: Sheet, ids: Sequence[str], crs: str | None) -> tuple[CRS | None, list[str], list[Finding]]:
    """Return the projected or other CRS declared for the file, the datum of each row, and findings."""
    words, declared = cells.values("crs"), None
    found: list[Finding] = []
    file_datum = cells.choice(crs, words).value if crs else titled_datum(sheet, found)
    if file_datum is None and crs is not None:
        file_datum = "wgs84"
        try:
            declared = CRS.from_user_input(crs)
        except CRSError:
            found.append(_unknown_crs(sheet, None, None, crs))
    elif sheet.shapes is not None and file_datum in ("gcj02", "bd09") and sheet.crs and not sheet.crs.is_geographic:
        found.append(errors.error("crs-both", sheet.file, value=crs, crs=sheet.crs.name))
    if crs:
        found += _contradicted(sheet, crs, file_datum if declared is None else None)
    datums = [file_datum or "wgs84"] * len(sheet.rows)
    for at, text in enumerate(sheet.column("crs")):
        if text:
            datums[at] = cells.choice(text, words).value or ""
            if not datums[at]:
                found.append(_unknown_crs(sheet, int(sheet.rows[at]), ids[at], text))
    return declared, datums, found


def titled_datum(sheet: Sheet, found: list[Finding]) -> str:
    """Return the datum that the titles of the coordinates name, wgs84 where they name none."""
    named = {name: sheet.titles[name] for name in _PLACE if name in sheet.columns and name in sheet.titles}
    titles = [*named.values(), *([sheet.datum] if sheet.datum is not None else [])]
    said = {title.datum for title in titles} - {""}
    if sheet.shapes is not None or not said:
        return "wgs84"
    shown = tuple(title.text for title in titles if title.datum)
    if len(said) > 1 or not said <= set(datum.DATUMS):
        found.append(errors.error("datum-in-title-unclear", sheet.file, value=shown))
        return "wgs84"
    own = next(iter(said))
    if own in ("gcj02", "bd09") and any(sheet.column("x")) and not any(sheet.column("lon")):
        found.append(errors.error("datum-in-title-unclear", sheet.file, value=shown))
    if not any(sheet.column("crs")):
        found.append(errors.info("datum-in-title", sheet.file, value=shown, datum=own))
    return own


def _contradicted(sheet: Sheet, crs: str, declared: str | None) -> list[Finding]:
    """Return an error where the titles of the coordinates name another datum than the area file declares."""
    alike = {"wgs84", "cgcs2000"}
    return [
        errors.error("datum-in-title-other", sheet.file, value=title.text, datum=title.datum, declared=crs)
        for name in _PLACE
        if name in sheet.columns and (title := sheet.titles.get(name)) is not None and title.datum in datum.DATUMS
        and declared is not None and title.datum != declared and not {title.datum, declared} <= alike
    ]  # fmt: skip


def _unknown_crs(sheet: Sheet, row: int | None, id_: str | None, value: str) -> Finding:
    valid = list(datum.DATUMS)
    values = {"value": value, "valid": ", ".join([*valid, "EPSG:<n>"]), "near": nearest_word.near(value.lower(), valid)}
    return errors.error("unknown-crs", sheet.file, row, id_, **values)


def _from_shapes(sheet: Sheet, ids: Sequence[str]) -> tuple[F64, F64, npt.NDArray[np.bool_], list[Finding]]:
    shapes = single_points(np.asarray(sheet.shapes, dtype=object))
    found = []
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    other = ~missing & (shapely.get_type_id(shapes) != shapely.GeometryType.POINT)
    for code, mask in (("geometry-missing", missing), ("geometry-not-point", other)):
        for at in np.flatnonzero(mask).tolist():
            kind = "" if shapes[at] is None else shapes[at].geom_type
            found.append(errors.error(code, sheet.file, int(sheet.rows[at]), ids[at], kind=kind))
    is_metric = np.full(len(shapes), bool(sheet.crs is not None and not sheet.crs.is_geographic))
    x, y = point_numbers(shapes)
    lost = ~(missing | other) & ~(np.isfinite(x) & np.isfinite(y))
    found += [
        errors.error("geometry-not-finite", sheet.file, int(sheet.rows[at]), ids[at])
        for at in np.flatnonzero(lost).tolist()
    ]
    return x, y, is_metric, found


def single_points(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return the point that a multipoint of one part is; other geometry as it stands."""
    kinds = shapely.get_type_id(shapes)
    single = (kinds == shapely.GeometryType.MULTIPOINT) & (shapely.get_num_geometries(shapes) == 1)
    return np.where(single, shapely.get_geometry(shapes, 0), shapes)


def point_numbers(shapes: npt.NDArray[np.object_]) -> tuple[F64, F64]:
    """Return x and y of points; NaN for what is missing, empty or no point, of which GEOS will not be asked."""
    shapes = single_points(shapes)
    usable = (shapely.get_type_id(shapes) == shapely.GeometryType.POINT) & ~shapely.is_empty(shapes)
    points = np.where(usable, shapes, shapely.Point(np.nan, np.nan))
    return np.asarray(shapely.get_x(points)), np.asarray(shapely.get_y(points))


def _from_cells(sheet: Sheet, ids: Sequence[str]) -> tuple[F64, F64, npt.NDArray[np.bool_], list[Finding]]:
    found: list[Finding] = []
    lon, lat, x, y = (numeric(sheet, name, ids, found) for name in ("lon", "lat", "x", "y"))
    if not ({"lon", "lat"} <= sheet.columns.keys() or {"x", "y"} <= sheet.columns.keys()):
        found += [missing_column(sheet, name) for name in ("lon", "lat") if name not in sheet.columns]
    has = {name: np.array(list(map(bool, sheet.column(name))), dtype=bool) for name in ("lon", "lat", "x", "y")}
    both = (has["lon"] | has["lat"]) & (has["x"] | has["y"])
    some = (has["lon"] & has["lat"]) | (has["x"] & has["y"])
    whole = np.isin(sheet.rows, [item.row or 0 for item in found if item.code == "coordinates-one-cell"])
    for code, mask in (("coordinates-both", both), ("coordinates-missing", ~some & ~both & ~whole)):
        if code == "coordinates-missing" and any(item.code == "column-missing" for item in found):
            continue
        found += [errors.error(code, sheet.file, int(sheet.rows[at]), ids[at]) for at in np.flatnonzero(mask).tolist()]
    is_metric = has["x"] & has["y"] & ~both
    return np.where(is_metric, x, lon), np.where(is_metric, y, lat), is_metric, found


def _degrees_in_xy(
    sheet: Sheet, ids: Sequence[str], given: tuple[F64, F64], is_metric: npt.NDArray[np.bool_], crs: CRS
) -> tuple[npt.NDArray[np.bool_], list[Finding]]:
    """Return which rows hold degrees in x and y, and an error: one for all rows, or one for each where they are few."""
    found: list[Finding] = []
    a, b = given
    hit = np.zeros(len(a), dtype=bool)
    if sheet.shapes is not None or not crs.is_projected:
        return hit, found
    with np.errstate(invalid="ignore"):
        hit = is_metric & (np.abs(a) <= 180) & (np.abs(b) <= 180) & ((np.abs(a) <= 90) | (np.abs(b) <= 90))
        hit &= (a != 0) | (b != 0)
    at = np.flatnonzero(hit)
    if not len(at):
        return hit, found
    north_first = bool((np.abs(a[at]) <= 90).all() and (np.abs(b[at]) > 90).any())
    first, second = ("lat", "lon") if north_first else ("lon", "lat")
    values = {"x": sheet.title_text("x"), "y": sheet.title_text("y"), "first": first, "second": second}
    whole = len(at) == int(is_metric.sum())
    for row in at[:1].tolist() if whole else at.tolist():
        example = {"value": f"{a[row]:.10g}, {b[row]:.10g}", "n": len(at)}
        found.append(errors.error("xy-degrees", sheet.file, int(sheet.rows[row]), ids[row], **values, **example))
    return hit, found


def _out_of_range(
    sheet: Sheet,
    ids: Sequence[str],
    given: tuple[F64, F64],
    lonlat: tuple[F64, F64],
    seen: npt.NDArray[np.bool_],
    *,
    area_crs: str,
) -> list[Finding]:
    """Return an error for each place that is not on the Earth; (90, 200) says that the two look swapped."""
    a, b = given
    lon, lat = lonlat
    known = np.isfinite(a) & np.isfinite(b) & ~seen
    with np.errstate(invalid="ignore"):
        bad = known & ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    found = []
    for at in np.flatnonzero(bad).tolist():
        if sheet.shapes is None and (packs := _packed(sheet, ids, at, (float(a[at]), float(b[at])), area_crs)):
            found += packs
            continue
        where = (sheet.file, int(sheet.rows[at]), ids[at])
        if sheet.shapes is None and (degree := scaled_degrees(float(a[at]), float(b[at]), area_crs)) is not None:
            east, north = (f"{value:.9g}" for value in degree)
            shown: dict[str, Any] = {"lon": f"{a[at]:.12g}", "lat": f"{b[at]:.12g}"}
            found.append(errors.error("degrees-scaled", *where, **shown, east=east, north=north))
            continue
        swapped = abs(a[at]) <= 90 < abs(b[at]) <= 180
        metres = max(abs(a[at]), abs(b[at])) > 1000 and sheet.shapes is None and not sheet.column("x")[at]
        code = "lon-lat-swapped" if swapped else "lon-lat-metres" if metres else "lon-lat-range"
        system = likely_system(float(a[at]), float(b[at]), area_crs) if metres else ""
        found.append(errors.error(code, *where, lon=f"{a[at]:g}", lat=f"{b[at]:g}", crs=system or "EPSG:…"))
    return found


def _packed(sheet: Sheet, ids: Sequence[str], at: int, given: tuple[float, float], area_crs: str) -> list[Finding]:
    """Return an error for each number of a place that packs degrees, minutes and seconds (1222631.6, 12226.527)."""
    found = []
    for name, value, plain in zip(("lon", "lat"), given, unpacked_degrees(*given, area_crs), strict=True):
        if plain is None:
            return []  # metres
        if plain == value:
            continue
        where = (sheet.file, int(sheet.rows[at]), ids[at])
        shown = sheet.column(name)[at][:80]
        found.append(errors.error("degrees-minutes", *where, column=name, value=shown, degrees=f"{plain:.7f}"))
    return found


def missing_column(sheet: Sheet, name: str) -> Finding:
    """Return the error for a column that must be there, with the header that looks most like it."""
    titles = list(sheet.others)
    return errors.error(
        "column-missing", sheet.file, column=name, near=nearest_word.near(name, titles), titles=tuple(titles)
    )
