"""Systems of coordinates of geographic files: the file's own, or the one that the area file declares where it says none."""

from __future__ import annotations

from pyproj import CRS
from pyproj.exceptions import CRSError, ProjError

from circles.foundation import errors
from circles.foundation.crs import WGS84, between
from circles.foundation.errors import InputError

_WORDS = {"wgs84": "EPSG:4326", "cgcs2000": "EPSG:4490"}
"""Words for systems; the encrypted ones are for tables of degrees, and no system."""


def as_declared(own: CRS | None, given: str, table: str) -> CRS:
    """Return the declared system.

    Raises
    ------
    InputError
        Nobody knows it; the file says another itself.
    """
    word = given.lower().replace("-", "").replace(" ", "")
    try:
        declared = CRS.from_user_input(_WORDS.get(word, given))
    except CRSError as e:
        raise InputError(errors.error("crs-unknown", table, value=given[:80])) from e
    if own is not None and not own.equals(declared, ignore_axis_order=True):
        raise InputError(errors.error("crs-both", table, value=given, crs=own.name))
    return declared


def require_crs(crs: CRS | None, table: str) -> None:
    """Check that a file says its system, and that PROJ knows the way from it to WGS 84.

    Raises
    ------
    InputError
        It says none, or one that is neither of degrees nor of metres, or of which no way leads.
    """
    if crs is None or not (crs.is_geographic or crs.is_projected) or "undefined" in crs.name.lower():
        raise InputError(errors.error("crs-missing", table))
    try:
        between(crs, WGS84)
    except ProjError as e:
        detail = " ".join(str(e).split())[:120]
        raise InputError(errors.error("crs-unknown", table, value=f"{crs.name[:60]}: {detail}")) from e
