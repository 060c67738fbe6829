"""China's coordinate systems → WGS 84: GCJ-02, BD-09, CGCS2000 geographic and projected.

GCJ-02 shifts WGS 84 by a smooth function of the place, some hundred metres in China; BD-09 turns GCJ-02 once more.
Both are published only as programs, in forward direction, so the inverse is found by iteration: the guess is moved by
what is missing until nothing is (below 1e-12 degrees; 0.05 m is asked for, less than 1 mm is reached).
CGCS2000 and WGS 84 differ by centimetres and count as the same here (EPSG transformation 'ballpark', accuracy 1 m).
"""

from __future__ import annotations

import numpy as np

from circles.foundation.types import F64

_A = 6_378_245.0
"""Semi-major axis of the Krasovsky 1940 ellipsoid, metres."""
_EE = 0.00669342162296594323
_X_PI = np.pi * 3000.0 / 180.0
_STEPS = 30
_FIRST_CODES = {3: (4513, 4534, 25, 45, 75), 6: (4491, 4502, 13, 23, 75)}
"""EPSG codes of CGCS2000 / Gauss-Kruger zones, by width in degrees: first code with the zone number in the easting,
first without it, first and last zone, and central meridian of the first zone."""
DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")


def wgs84_to_gcj02(lon: F64, lat: F64) -> tuple[F64, F64]:
    """Return GCJ-02 degrees of WGS 84 degrees, applied everywhere, in China or not."""
    x, y = lon - 105.0, lat - 35.0
    waves = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + waves
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + waves
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - _EE * np.sin(phi) ** 2
    d_lat = np.degrees(north * magic * np.sqrt(magic) / (_A * (1.0 - _EE)))
    d_lon = np.degrees(east * np.sqrt(magic) / (_A * np.cos(phi)))
    return lon + d_lon, lat + d_lat


def gcj02_to_bd09(lon: F64, lat: F64) -> tuple[F64, F64]:
    """Return BD-09 degrees of GCJ-02 degrees."""
    z = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _X_PI)
    theta = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _X_PI)
    return z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006


def wgs84_to_bd09(lon: F64, lat: F64) -> tuple[F64, F64]:
    """Return BD-09 degrees of WGS 84 degrees."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def zone_code(easting: float) -> int | None:
    """Return the EPSG code of the CGCS2000 / Gauss-Kruger zone whose number leads an easting, None where none does.

    3-degree zones are 25 to 45, 6-degree zones 13 to 23: 41447225 lies in 3-degree zone 41 (EPSG:4529).
    """
    zone, rest = divmod(easting, 1e6)
    for with_number, _, first, last, _meridian in _FIRST_CODES.values():
        if first <= zone <= last and 1e5 < rest < 9e5:
            return with_number + int(zone) - first
    return None


_FORWARD = {"gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}


def to_wgs84(lon: F64, lat: F64, datum: str) -> tuple[F64, F64]:
    """Return WGS 84 degrees of degrees in ``datum``, one of :data:`DATUMS`.

    Parameters
    ----------
    lon, lat : (n,) degrees
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    forward = _FORWARD.get(datum)
    if forward is None:
        return lon, lat
    guess_lon, guess_lat = lon.copy(), lat.copy()
    for _ in range(_STEPS):
        seen_lon, seen_lat = forward(guess_lon, guess_lat)
        miss_lon, miss_lat = lon - seen_lon, lat - seen_lat
        guess_lon, guess_lat = guess_lon + miss_lon, guess_lat + miss_lat
        if max(np.max(np.abs(miss_lon), initial=0.0), np.max(np.abs(miss_lat), initial=0.0)) < 1e-12:
            break
    return guess_lon, guess_lat
