"""How far an area's CRS stretches lengths where the area lies, and which CRS would not."""

from __future__ import annotations

import math

import numpy as np
from pyproj import CRS

from circles.foundation import errors
from circles.foundation.crs import GEOD, WGS84, projected
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import Streets
from circles.foundation.types import F64

DOUBTFUL, WRONG = 0.001, 0.01
"""Relative error of lengths from which a warning, and from which an error, is due."""
_FAR_M, _FAR_TIMES = 50_000.0, 5.0
"""A vertex is astray that lies so far from the middle of all, and so many times as far as half of them."""
_GRID = 3
_STEP_M = 100.0
_CHINA = (73.0, 3.0, 135.5, 54.0)
_CM_ZONES = (75, 4534)
"""CGCS2000 / 3-degree Gauss-Krüger CM 75E is EPSG:4534; each 3° further east is the next number."""


def scale_doubts(xy: F64, crs: str, *, table: str) -> list[Finding]:
    """Return a finding where plane lengths differ from those on the ground over the box of (n, 2) coordinates in ``crs``.

    Measured: short segments eastward and northward on a grid over the box, against the geodesic on the WGS 84 ellipsoid.
    """
    good = xy[np.isfinite(xy).all(axis=1)]
    if not len(good):
        return []
    low, high = good.min(axis=0), good.max(axis=0)
    axes = [np.linspace(low[k], high[k], _GRID) for k in (0, 1)]
    at = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    ratio = np.concatenate([_ratio(at, np.array(step), crs) for step in ((_STEP_M, 0.0), (0.0, _STEP_M))])
    ratio = ratio[np.isfinite(ratio)]
    if not len(ratio):
        return []
    worst = float(ratio[np.argmax(np.abs(ratio - 1.0))]) - 1.0
    if abs(worst) <= DOUBTFUL:
        return []
    lonlat = projected(((low + high) / 2)[None, :], crs, WGS84)[0]
    make = errors.error if abs(worst) > WRONG else errors.warning
    found = make(
        "crs-distorts", table, crs=_name(crs), percent=f"{100 * worst:+.2f}", proposed=proposed(*lonlat.tolist()),
        metres=f"{1000 * (1 + worst):.0f}",
    )  # fmt: skip
    return [found]


def street_scale_doubts(streets: Streets, crs: str, *, table: str) -> list[Finding]:
    """Return the finding on the CRS over the streets; where a few stray lines alone are the cause, one that names them."""
    found = scale_doubts(streets.xy, crs, table=table)
    if not any(item.severity == "error" for item in found):
        return found
    away_m = np.hypot(*(streets.xy - np.nanmedian(streets.xy, axis=0)).T)
    is_far = away_m > max(_FAR_M, _FAR_TIMES * float(np.nanmedian(away_m)))
    line_is_far = np.maximum.reduceat(is_far, streets.offsets[:-1]) if is_far.any() else np.zeros(0, dtype=bool)
    near = streets.xy[~np.repeat(line_is_far, np.diff(streets.offsets))] if is_far.any() else streets.xy
    rest = scale_doubts(near, crs, table=table)
    if not is_far.any() or any(item.severity == "error" for item in rest):
        return found
    at = int(np.argmax(is_far))
    lon, lat = projected(streets.xy[at : at + 1], crs, WGS84)[0].tolist()
    street = streets.lines["street_id"].iloc[int(np.searchsorted(streets.offsets, at, side="right")) - 1]
    count, km = int(line_is_far.sum()), f"{away_m[at] / 1000:,.0f}"
    far = errors.error(
        "lines-far", "network", count=count, street=str(street), km=km, lon=f"{lon:.4f}", lat=f"{lat:.4f}"
    )
    return [*rest, far]


def _ratio(at: F64, step: F64, crs: str) -> F64:
    ends = [projected(at + sign * step / 2, crs, WGS84) for sign in (-1, 1)]
    with np.errstate(invalid="ignore"):
        ok = np.isfinite(ends[0]).all(axis=1) & np.isfinite(ends[1]).all(axis=1)
    out = np.full(len(at), np.nan)
    if ok.any():
        _, _, metres = GEOD.inv(ends[0][ok, 0], ends[0][ok, 1], ends[1][ok, 0], ends[1][ok, 1])
        metres = np.asarray(metres)
        out[ok] = np.divide(_STEP_M, metres, out=np.full(metres.shape, np.nan), where=metres > 0)
    return out


def proposed(lon: float, lat: float) -> str:
    """Return the EPSG code of a metric CRS that fits a place: a 3° zone of CGCS2000 in China, else UTM.

    >>> proposed(122.45, 30.7), proposed(14.4, 35.9), proposed(151.2, -33.9)
    ('EPSG:4550', 'EPSG:32633', 'EPSG:32756')
    """
    west, south, east, north = _CHINA
    if west <= lon <= east and south <= lat <= north:
        meridian = min(max(3 * round(lon / 3), 75), 135)
        return f"EPSG:{_CM_ZONES[1] + (meridian - _CM_ZONES[0]) // 3}"
    zone = min(max(math.floor((lon + 180) / 6) + 1, 1), 60)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def _name(crs: str) -> str:
    name = CRS.from_user_input(crs).name
    return f"{crs} ({name})" if len(crs) < 20 else name
