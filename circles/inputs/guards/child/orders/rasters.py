"""GeoTIFF, by rasterio: what a raster says of itself, windows of it, and the cells in which people live."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from circles.inputs.guards.child.worker import Refused

if TYPE_CHECKING:
    from circles.inputs.guards.child.worker import Answer

_QUIET = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO", "GDAL_CACHEMAX": 64}
"""GDAL looks for nothing beside the raster: a side file may name other files, or addresses to call; and keeps 64 MB of
blocks that are read once."""
_IMPOSSIBLE = 1e7
"""People in one cell that nowhere on Earth has."""
_STRIP_CELLS = 4_000_000
_OPEN: dict[str, Any] = {}  # the raster that is asked window after window; this process has no other task


def load() -> None:
    """Import the library."""
    import rasterio.windows  # noqa: F401, PLC0415


def _opened(file: str) -> Any:
    """Open a GeoTIFF as such and as nothing else."""
    import rasterio  # noqa: PLC0415

    if file not in _OPEN:
        for other in _OPEN.values():
            other.close()
        _OPEN.clear()
        with rasterio.Env(**_QUIET), warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            _OPEN[file] = rasterio.open(file, driver="GTiff")
    return _OPEN[file]


def raster_info(order: dict[str, Any], answer: Answer) -> None:
    """Send size, place, CRS and bands of a raster."""
    _OPEN.pop(order["file"], None)  # asked for anew, it is looked at anew
    source = _opened(order["file"])
    answer.head({
        "crs": None if source.crs is None else source.crs.to_wkt(), "transform": list(source.transform)[:6],
        "width": source.width, "height": source.height, "dtypes": list(source.dtypes), "nodata": source.nodata,
        "scale": source.scales[0], "offset": source.offsets[0], "unit": source.units[0] or "",
        "block": list(source.block_shapes[0]),
    })  # fmt: skip


def raster_window(order: dict[str, Any], answer: Answer) -> None:
    """Send a window of the first band as float64, NaN where it is masked (where ``is_masked``)."""
    import numpy as np  # noqa: PLC0415
    from rasterio.windows import Window  # noqa: PLC0415

    window = Window(order["left"], order["top"], order["width"], order["height"])
    read = _opened(order["file"]).read(1, window=window, masked=order["is_masked"], out_dtype="float64")
    values = np.ascontiguousarray(read.filled(np.nan) if order["is_masked"] else read, dtype=np.float64)
    answer.head(list(values.shape))
    answer.write(values.tobytes())


def inhabited(order: dict[str, Any], answer: Answer) -> None:
    """Send row, column and people of each cell that holds anyone, strip by strip: a large empty raster costs little.

    Raises
    ------
    Refused
        Values that are not finite or negative, no people at all, or too many cells.
    """
    import numpy as np  # noqa: PLC0415
    from rasterio.windows import Window  # noqa: PLC0415

    raster = _opened(order["file"])
    block = max(1, raster.block_shapes[0][0])
    height = max(1, _STRIP_CELLS // max(raster.width, 1) // block) * block
    scale, offset = float(raster.scales[0]), float(raster.offsets[0])
    negative, lowest, first, total = 0, 0.0, 0, 0
    answer.head({})
    for top in range(0, raster.height, height):
        window = Window(0, top, raster.width, min(height, raster.height - top))
        read = raster.read(1, window=window, masked=True)
        if offset == 0 and not read.data.any():
            continue  # most of a large raster is sea or somebody else's
        band = read.astype(np.float64).filled(np.nan) * scale + offset
        if np.isinf(band).any():
            raise Refused("raster-not-finite")
        below = band < 0
        if below.any():
            first = first or top + int(np.argwhere(below)[0][0]) + 1
            negative, lowest = negative + int(below.sum()), min(lowest, float(np.nanmin(band)))
        most_of_type = float(np.iinfo(read.dtype).max) if read.dtype.kind in "iu" else _IMPOSSIBLE
        void = (band >= _IMPOSSIBLE) | (read.filled(0) == most_of_type)
        if void.any():
            row, column = np.argwhere(void)[0].tolist()
            raise Refused("raster-void", top + row + 1, value=f"{band[row, column]:g}", n=int(void.sum()))
        rows, columns = np.nonzero(band > 0)
        total += len(rows)
        if total > order["most"]:
            raise Refused("sheet-too-large", rows=raster.height, columns=raster.width)
        cells = np.column_stack([rows + top, columns, band[rows, columns]]).astype(np.float64)
        answer.write(cells.tobytes())
    if negative:
        raise Refused("raster-negative", first, value=f"{lowest:g}", n=negative)
    if not total:
        raise Refused("raster-empty")
