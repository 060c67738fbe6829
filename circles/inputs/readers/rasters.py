"""Population rasters on disk → the cells in which people live, strip by strip: a large empty raster costs little."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS

from circles.foundation import errors
from circles.foundation.errors import InputError
from circles.foundation.types import F64, I64
from circles.inputs.guards.files import check_file
from circles.inputs.readers.vectors import readable

QUIET = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO", "GDAL_CACHEMAX": 64}
"""GDAL looks for nothing beside the raster: a side file may name other files, or addresses to call; and keeps 64 MB of
blocks that are read once."""
MAX_CELLS = 150_000_000
MAX_INHABITED = 5_000_000
"""Most cells with people: each becomes a point."""
_MAX_BLOCK_CELLS = 25_000_000
_STRIP_CELLS = 4_000_000


@dataclass(frozen=True)
class Inhabited:
    """Cells with people: row and column from 0, people, and where the raster lies."""

    rows: I64
    columns: I64
    people: F64
    transform: Any
    crs: CRS


def inhabited(path: Path, table: str) -> Inhabited:
    """Return the cells of a raster's first band that hold more than nobody, counts as they stand.

    Raises
    ------
    InputError
        No GeoTIFF, no CRS, too large, negative or infinite counts, no people at all.
    """
    import rasterio  # noqa: PLC0415 - only rasters need it

    check_file(path, table)
    with readable(table), rasterio.Env(**QUIET), warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(path.resolve(), driver="GTiff") as raster:
            _check(raster, table)
            return _collected(raster, table)


def _check(raster: Any, table: str) -> None:
    if raster.crs is None:
        raise InputError(errors.error("crs-missing", table))
    block = raster.block_shapes[0]
    if raster.width * raster.height > MAX_CELLS or block[0] * block[1] > _MAX_BLOCK_CELLS:
        raise InputError(errors.error("sheet-too-large", table, rows=raster.height, columns=raster.width))


def _collected(raster: Any, table: str) -> Inhabited:
    from rasterio.windows import Window  # noqa: PLC0415

    block = max(1, raster.block_shapes[0][0])
    height = max(1, _STRIP_CELLS // max(raster.width, 1) // block) * block
    found: list[tuple[I64, I64, F64]] = []
    scale, offset = float(raster.scales[0]), float(raster.offsets[0])
    negative, lowest, first, total = 0, 0.0, 0, 0
    for top in range(0, raster.height, height):
        window = Window(0, top, raster.width, min(height, raster.height - top))
        read = raster.read(1, window=window, masked=True)
        if offset == 0 and not read.data.any():
            continue  # most of a large raster is sea or somebody else's
        band = read.astype(np.float64).filled(np.nan) * scale + offset
        if np.isinf(band).any():
            raise InputError(errors.error("raster-not-finite", table))
        below = band < 0
        if below.any():
            first = first or top + int(np.argwhere(below)[0][0]) + 1
            negative, lowest = negative + int(below.sum()), min(lowest, float(np.nanmin(band)))
        rows, columns = np.nonzero(band > 0)
        total += len(rows)
        if total > MAX_INHABITED:
            raise InputError(errors.error("sheet-too-large", table, rows=raster.height, columns=raster.width))
        found.append((rows + top, columns, band[rows, columns]))
    if negative:
        raise InputError(errors.error("raster-negative", table, first, value=f"{lowest:g}", n=negative))
    if not total:
        raise InputError(errors.error("raster-empty", table))
    rows, columns, people = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Inhabited(rows, columns, people, raster.transform, CRS.from_user_input(raster.crs.to_wkt()))
