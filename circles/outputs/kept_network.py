"""The walked network as a file that gives the same minutes as its source (contract, section 1)."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import geopandas as gpd

from circles.foundation import atomic, errors
from circles.foundation.errors import CallError
from circles.outputs.files import gdal_date


def write(edges: gpd.GeoDataFrame, file: Path, *, as_of: dt.date) -> None:
    """Write the edges to ``file`` (.gpkg) atomically; the same edges give the same bytes.

    Raises
    ------
    CallError
        The name does not end in .gpkg, or its folder does not exist.
    """
    if file.suffix.lower() != ".gpkg" or not file.parent.is_dir():
        raise CallError(errors.error("network-out", str(file), path=str(file)))
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".circles-") as folder:
        fresh = Path(folder) / file.name
        with gdal_date(as_of):
            edges.to_file(fresh, layer="streets", driver="GPKG", engine="pyogrio")
        atomic.place_file(fresh, file)
