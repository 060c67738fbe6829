"""Accuracy of PROJ's transformation from a coordinate system to WGS 84: a *ballpark* shift does not count."""

from __future__ import annotations

import math
import warnings
from functools import cache

import numpy as np
from pyproj import CRS
from pyproj.transformer import AreaOfInterest, TransformerGroup

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.types import F64

_GOOD_M = 5.0
"""An accuracy up to this is as good as the data of streets; a house is not moved to another street."""
_UNKNOWN_M = 100.0
"""Datums of the last century lie some tens to some hundreds of metres apart."""
_GEOCENTRIC_A = 6_378_137.0
"""Equatorial radius of GRS 80, WGS 84 and CGCS2000: datums on them agree with WGS 84 to a metre or two, even where PROJ
calls the way between them ballpark."""


def doubtful_datum(crs: CRS, lon: F64, lat: F64, table: str) -> list[Finding]:
    """Return a warning where no accurate transformation from a system to WGS 84 is known at these places.

    Parameters
    ----------
    crs : the system in which the coordinates stood
    lon, lat : (n,) the places in degrees, NaN where not known
    table : name of the file for the finding
    """
    ellipsoid = crs.ellipsoid
    if ellipsoid is None or math.isclose(ellipsoid.semi_major_metre, _GEOCENTRIC_A, abs_tol=0.5):
        return []
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any():
        return []
    west, east = math.floor(lon[known].min()), math.ceil(lon[known].max())
    south, north = math.floor(lat[known].min()), math.ceil(lat[known].max())
    accuracy_m = _accuracy_m(crs.to_wkt(), (west, south, east, north))
    if accuracy_m is not None and accuracy_m <= _GOOD_M:
        return []
    name = crs.name if (code := crs.to_epsg()) is None else f"EPSG:{code}（{crs.name}）"
    metres = f"{accuracy_m:.0f}" if accuracy_m is not None else f"{_UNKNOWN_M:.0f}"
    return [errors.warning("datum-ballpark", table, value=name, metres=metres)]


@cache
def _accuracy_m(wkt: str, box: tuple[int, int, int, int]) -> float | None:
    """Return the accuracy of the best transformation that can be carried out here; None where it is a ballpark one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a better one that needs a grid is not there: what is there decides
        group = TransformerGroup(
            CRS.from_wkt(wkt), CRS.from_epsg(4326), always_xy=True, area_of_interest=AreaOfInterest(*box)
        )
    if not group.transformers or "ballpark" in group.transformers[0].description.casefold():
        return None
    accuracy = group.transformers[0].accuracy
    return float(accuracy) if accuracy >= 0 else 0.0
