"""Population rasters on disk → the cells in which people live, strip by strip: a large empty raster costs little."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from pyproj import CRS

from circles.foundation import errors
from circles.foundation.errors import InputError
from circles.foundation.types import F64, I64
from circles.inputs.guards.child import reading
from circles.inputs.guards.files import check_file
from circles.inputs.readers import raw
from circles.inputs.readers.declared import as_declared
from circles.inputs.readers.vectors import readable

MAX_CELLS = 150_000_000
MAX_INHABITED = 5_000_000
"""Most cells with people: each becomes a point."""
_MAX_BLOCK_CELLS = 25_000_000


@dataclass(frozen=True)
class Inhabited:
    """Cells with people: row and column from 0, people, and where the raster lies."""

    rows: I64
    columns: I64
    people: F64
    transform: Any
    crs: CRS


@reading()
def inhabited(path: Path, table: str, *, given_crs: str | None = None) -> Inhabited:
    """Return the cells of a raster's first band that hold more than nobody, counts as they stand.

    Parameters
    ----------
    path : GeoTIFF
    table : name of the file for findings
    given_crs : the declared one of a file that says none

    Raises
    ------
    InputError
        No GeoTIFF, no CRS, too large, negative or infinite counts, no people at all.
    """
    check_file(path, table)
    with readable(table):
        about = raw.raster_info(path, table)
        crs = None if about["crs"] is None else CRS.from_user_input(about["crs"])
        if given_crs is not None:
            crs = as_declared(crs, given_crs, table)
        if crs is None:
            raise InputError(errors.error("crs-missing", table))
        block = about["block"]
        if about["width"] * about["height"] > MAX_CELLS or block[0] * block[1] > _MAX_BLOCK_CELLS:
            raise InputError(errors.error("sheet-too-large", table, rows=about["height"], columns=about["width"]))
        cells = raw.inhabited(path, table, most=MAX_INHABITED)
        rows, columns = cells[:, :2].astype(np.int64).T
    return Inhabited(rows, columns, cells[:, 2], Affine(*about["transform"]), crs)
