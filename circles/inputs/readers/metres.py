"""Coordinates that are metres of another system than was said, or degrees without their point, recognised by where they land.

The area's own CRS says where on the Earth its places can lie: numbers are read in the systems that are in use, and the
one in which they land there is proposed. Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.types import F64
from circles.inputs.readers import degrees
from circles.inputs.readers.datum import zone_code
from circles.inputs.readers.sheets import Sheet

_MARGIN_DEGREES = 1.0
"""A place so far outside the area of use of the area's CRS may still be meant: zones are used beyond their edge."""
_POWERS = (1e7, 1e6, 1e5, 1e4, 1e8)
_WORLD_DEGREES = 60.0
"""A CRS used on a wider area than this says nothing about where its places lie."""


def odd_metres(
    sheet: Sheet,
    ids: Sequence[str],
    given: tuple[F64, F64],
    lonlat: tuple[F64, F64],
    is_metric: npt.NDArray[np.bool_],
    *,
    crs: CRS,
    area_crs: str,
) -> tuple[list[Finding], npt.NDArray[np.bool_]]:
    """Return an error for metres that look like north before east, Web Mercator or another zone; and which rows they are.

    Surveyors in China write X for north and Y for east. Northings there lie between 2,000 and 6,200 km; eastings
    between 100 and 900 km, or with the zone number before them.

    Parameters
    ----------
    sheet, ids : the table, and the id of each row
    given : (n,) the two numbers as they stand
    lonlat : (n,) degrees that they mean in ``crs``
    is_metric : (n,) rows whose numbers are metres
    crs : the system in which they were read
    area_crs : the area's own
    """
    a, b = given
    found: list[Finding] = []
    seen = np.zeros(len(a), dtype=bool)
    if sheet.shapes is not None or not crs.is_projected:
        return found, seen
    parameters = crs.coordinate_operation.params if crs.coordinate_operation is not None else []
    false_easting = sum(float(p.value) for p in parameters if p.name == "False easting")
    box = _use(area_crs)
    doubtful = is_metric & np.isfinite(a) & np.isfinite(b)
    if box is not None:
        doubtful &= ~_inside(*lonlat, box)
    web: list[int] = []
    for at in np.flatnonzero(doubtful).tolist():
        x, y = float(a[at]), float(b[at])
        is_east = 1e5 < y < 9e5 or zone_code(y) is not None
        place = (sheet.file, int(sheet.rows[at]), ids[at])
        if 2.0e6 < x < 6.2e6 and is_east and false_easting > 0:
            found.append(errors.error("xy-swapped", *place, x=f"{x:.10g}", y=f"{y:.10g}", **_titles(sheet)))
        elif box is not None and _lands(x, y, "EPSG:3857", box):
            web.append(at)
        elif (code := zone_code(x)) is not None and abs(x - false_easting) > 1e6:
            found.append(errors.error("xy-zone", *place, x=f"{x:.10g}", crs=crs.name, zone=int(x // 1e6), epsg=code))
        else:
            continue
        seen[at] = True
    if web:
        first = web[0]
        shown = {"x": f"{a[first]:.10g}", "y": f"{b[first]:.10g}", "crs": crs.name, "n": len(web), "file": sheet.file}
        found.append(errors.error("xy-mercator", sheet.file, int(sheet.rows[first]), ids[first], **shown))
    return found, seen


def _titles(sheet: Sheet) -> dict[str, Any]:
    """Return the file's own titles of x and y."""
    return {"title_x": sheet.title_text("x"), "title_y": sheet.title_text("y")}


def likely_system(x: float, y: float, area_crs: str) -> str:
    """Return the system in which two numbers of metres land where the area's CRS is used, '' where none does."""
    box = _use(area_crs)
    if box is None:
        return ""
    code = zone_code(x)
    systems = [area_crs, "EPSG:3857", *([f"EPSG:{code}"] if code is not None else [])]
    return next((system for system in systems if _lands(x, y, system, box)), "")


def scaled_degrees(a: float, b: float, area_crs: str) -> tuple[float, float] | None:
    """Return the degrees that two whole numbers mean whose point was lost (122442100 for 122.4421); None for others."""
    box = _use(area_crs)
    if box is None or not (a.is_integer() and b.is_integer()):
        return None
    hits = [
        (a / power, b / power) for power in _POWERS if _inside(np.array([a / power]), np.array([b / power]), box)[0]
    ]
    return hits[0] if len(hits) == 1 else None


def unpacked_degrees(a: float, b: float, area_crs: str) -> tuple[float | None, float | None]:
    """Return the degrees that two numbers mean whose minutes and seconds are packed into them; None for metres.

    dddmmss.s and dddmm.mmm look alike: that is taken which lands where the area's CRS is used, the first in doubt.
    """
    ways = []
    for seconds in (True, False):
        lon, lat = (
            value if abs(value) <= limit else degrees.packed(value, limit=limit, seconds=seconds)
            for value, limit in ((a, 180.0), (b, 90.0))
        )
        if lon is not None and lat is not None:
            ways.append((lon, lat))
    box = _use(area_crs)
    inside = [way for way in ways if box is not None and _inside(np.array(way[:1]), np.array(way[1:]), box)[0]]
    if not inside and ways and degrees.packed(a, limit=180.0) is None and degrees.packed(b, limit=90.0) is None:
        return None, None  # minutes only where they land: four digits are otherwise metres
    return (*inside, *ways, (None, None))[0]


@cache
def _use(crs: str) -> tuple[float, float, float, float] | None:
    """Return west, south, east and north of where a CRS is used, with a margin; None where that is half the world."""
    use = CRS.from_user_input(crs).area_of_use
    if use is None or not 0 < use.east - use.west < _WORLD_DEGREES:
        return None
    return (
        use.west - _MARGIN_DEGREES,
        use.south - _MARGIN_DEGREES,
        use.east + _MARGIN_DEGREES,
        use.north + _MARGIN_DEGREES,
    )


@cache
def _to_degrees(crs: str) -> Transformer:
    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


def _lands(x: float, y: float, crs: str, box: tuple[float, float, float, float]) -> bool:
    try:
        lon, lat = _to_degrees(crs).transform(x, y)
    except ProjError:
        return False
    return bool(_inside(np.array([lon]), np.array([lat]), box)[0])


def _inside(lon: F64, lat: F64, box: tuple[float, float, float, float]) -> npt.NDArray[np.bool_]:
    west, south, east, north = box
    with np.errstate(invalid="ignore"):
        return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
