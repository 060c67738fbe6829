"""What the reading process sends, as Python values: cells of a sheet, layers as tables, windows of a raster.

The libraries that take files apart run in a process of their own (:mod:`circles.inputs.guards.child`); what comes over the
pipe is text, numbers and Arrow, and is checked here before it is used.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from circles.foundation import budgets, errors
from circles.foundation.errors import InputError
from circles.foundation.types import F64
from circles.inputs.guards.child import Read, ask, frames

_PARQUET_MEMORY_PER_BYTE = 14
"""Columns are packed well: 8.4 bytes come out of each of the streets of a regular town of a million crossings."""
_UNFOLDED_SHARE = 0.6
"""What all pieces of a Parquet may come to, of the memory that it may take."""


# --- workbooks -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Workbook:
    """The names of a workbook's sheets, and the cells of those that were asked for."""

    names: list[str]
    sheets: dict[str, list[list[Any]]]


def workbook(
    file: Path, table: str, *, sheets: Sequence[str] = (), unfolded_bytes: int, code: str = "file-broken"
) -> Workbook:
    """Read sheets of a workbook, the first where none is named; sheets that do not exist are left out.

    Parameters
    ----------
    file, table : the workbook, and its name for findings
    sheets : names of the sheets wanted
    unfolded_bytes : size of its parts, by which its limits are set
    code : the finding's code where it cannot be read

    Raises
    ------
    InputError
        It cannot be read, or not within its limits.
    """
    read = ask(
        {"do": "workbook", "sheets": list(sheets)}, file=file, table=table, weight_bytes=unfolded_bytes, code=code
    )
    names = [str(name) for name in read.head]
    wanted = list(sheets) or names[:1]
    found: dict[str, list[list[Any]]] = {name: [] for name in wanted if name in names}
    for piece in read.pieces:
        number, rows = frames.loads(piece, _dated)
        found[wanted[number]] += rows
    return Workbook(names, found)


def _dated(cell: dict[str, Any]) -> Any:
    """Return the date or time that one entry stands for."""
    ((kind, value),) = cell.items()
    if kind == "timedelta":
        return dt.timedelta(seconds=value)
    kinds: dict[str, type[dt.datetime | dt.date | dt.time]] = {
        "datetime": dt.datetime,
        "date": dt.date,
        "time": dt.time,
    }
    return kinds[kind].fromisoformat(value) if kind in kinds else str(value)


# --- layers ----------------------------------------------------------------------------------------------------------


def layers(file: Path, table: str) -> list[str]:
    """Return the names of a GeoPackage's feature layers, each of them a plain table.

    Raises
    ------
    InputError
        It is no sound database, not within its limits, or what it calls a layer is a view or is computed.
    """
    return [str(name) for name in ask({"do": "layers"}, file=file, table=table).head]


def layer_counts(file: Path, table: str) -> tuple[str, dict[str, int]]:
    """Return the driver that reads a file, and the number of features of each of its layers."""
    head = ask({"do": "layer-counts"}, file=file, table=table).head
    return str(head["driver"]), {str(name): int(count) for name, count in head["layers"].items()}


def layer_info(
    file: Path, table: str, *, layer: str | None, encoding: str | None = None, **options: str
) -> dict[str, Any]:
    """Return ``driver, features, fields, ogr_types, ogr_subtypes`` of a layer.

    Parameters
    ----------
    file : the file
    table : its name in findings
    layer : name of the layer; the first one where None
    encoding : encoding of the text; the driver's own where None
    options : GDAL's options for opening the file

    Raises
    ------
    InputError
        The file cannot be read.
    """
    order = {"do": "layer-info", "layer": layer, "encoding": encoding, "options": options}
    return dict(ask(order, file=file, table=table).head)


def layer(
    file: Path,
    table: str,
    *,
    layer: str | None,
    encoding: str | None = None,
    is_arrow: bool = False,
    budget: budgets.Budget | None = None,
    **options: str,
) -> gpd.GeoDataFrame:
    """Return all features of a layer, as :func:`pyogrio.read_dataframe` would.

    Parameters
    ----------
    file, table : the file, and its name for findings
    layer, encoding : the layer's name, the only one where left out; the encoding of its text
    is_arrow : whether GDAL fills Arrow tables itself: three times faster for plain types, others come otherwise
    budget : what reading may take, by the file's size where left out
    options : GDAL's for opening the file

    Raises
    ------
    InputError
        It cannot be read, or not within its limits.
    """
    order = {"do": "layer", "layer": layer, "encoding": encoding, "is_arrow": is_arrow, "options": options}
    read = ask(order, file=file, table=table, budget=budget)
    arrived = _arrow(read, table)
    about = read.head
    if is_arrow:
        frame = arrived.to_pandas()
        name = about["geometry_name"] or "wkb_geometry"
        wkb = frame.pop(name).to_numpy(dtype=object) if name in frame else None
    else:
        columns = [_as_read(arrived.column(f"f{number}")) for number in range(len(about["fields"]))]
        frame = pd.DataFrame(dict(zip(about["fields"], columns, strict=True)), columns=about["fields"])
        wkb = arrived.column("geometry").to_numpy() if "geometry" in arrived.column_names else None
    _parse_dates(frame, about)
    if wkb is None:
        raise InputError(errors.error("layer-no-geometry", table))
    return gpd.GeoDataFrame(frame, geometry=shapely.from_wkb(wkb), crs=about["crs"])


def _as_read(column: pa.ChunkedArray) -> Any:
    """Return a column as pyogrio gives it: numbers as they are, text, bytes and lists as objects."""
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return column.to_numpy()
    values = np.empty(len(column), dtype=object)
    values[:] = (
        column.to_pylist()
        if not pa.types.is_list(kind)
        else [None if v is None else np.array(v) for v in column.to_pylist()]
    )
    return values


def _parse_dates(frame: pd.DataFrame, about: dict[str, Any]) -> None:
    """Turn texts of dates into dates where all are such; those with different offsets from UTC into UTC."""
    for name, dtype in zip(about["fields"], about["dtypes"], strict=True):
        if str(dtype).startswith("datetime") and frame[name].dtype.kind != "M":
            for is_utc in (False, True):
                with contextlib.suppress(ValueError, OverflowError):
                    frame[name] = pd.to_datetime(frame[name], format="ISO8601", utc=is_utc).dt.as_unit("ms")
                    break


def parquet(file: Path, table: str, *, budget: budgets.Budget | None = None) -> gpd.GeoDataFrame:
    """Return all rows of a GeoParquet; ``budget`` is what reading it may take, by its size where left out.

    Raises
    ------
    InputError
        It cannot be read, or not within its limits; it says nothing of geometry.
    """
    geo, arrived = _parquet(file, table, budget)
    if geo is None:
        raise InputError(errors.error("parquet-not-geo", table))
    about = json.loads(geo)
    for name, own in about["columns"].items():
        arrived = _as_geometry(arrived, name, own)
    return gpd.GeoDataFrame.from_arrow(arrived, geometry=about["primary_column"])


def plain_parquet(file: Path, table: str, *, budget: budgets.Budget | None = None) -> pd.DataFrame:
    """Return all rows of a Parquet without geometry.

    Raises
    ------
    InputError
        It cannot be read, or not within its limits.
    """
    frame: pd.DataFrame = _parquet(file, table, budget)[1].to_pandas()
    return frame


def _parquet(file: Path, table: str, budget: budgets.Budget | None) -> tuple[str | None, pa.Table]:
    may = budget or budgets.budget(file.stat().st_size, memory_per_byte=_PARQUET_MEMORY_PER_BYTE)
    order = {"do": "parquet", "limit_bytes": round(_UNFOLDED_SHARE * may.memory_bytes)}
    read = ask(order, file=file, table=table, budget=may)
    return read.head["geo"], _arrow(read, table)


def _as_geometry(arrived: pa.Table, name: str, own: dict[str, Any]) -> pa.Table:
    """Mark a column as geometry, with its CRS, in the way Arrow has for it."""
    number = arrived.column_names.index(name)
    encoding = "wkb" if own["encoding"].upper() == "WKB" else own["encoding"]
    crs = own.get("crs", "OGC:CRS84")
    marks = {"ARROW:extension:name": f"geoarrow.{encoding}", "ARROW:extension:metadata": json.dumps({"crs": crs})}
    return arrived.set_column(number, arrived.schema.field(number).with_metadata(marks), arrived.column(number))


def _arrow(read: Read, table: str) -> pa.Table:
    """Return the table whose stream was sent, checked throughout: it comes from a process that read a strange file."""
    try:
        with pa.ipc.open_stream(pa.py_buffer(b"".join(read.pieces))) as stream:
            arrived = stream.read_all()
        arrived.validate(full=True)
    except (pa.ArrowException, ValueError, OSError) as e:
        raise InputError(errors.error("file-broken", table, detail=" ".join(str(e).split())[:200])) from e
    return arrived


# --- rasters ---------------------------------------------------------------------------------------------------------


def inhabited(file: Path, table: str, *, most: int) -> F64:
    """Return (n, 3) row, column and people of a raster's cells that hold anyone; at most ``most``.

    Raises
    ------
    InputError
        It cannot be read, or not within its limits; people that are negative or infinite; nobody at all.
    """
    read = ask({"do": "inhabited", "most": most}, file=file, table=table)
    return np.frombuffer(b"".join(read.pieces), dtype=np.float64).reshape(-1, 3)


def raster_info(file: Path, table: str, *, code: str = "file-broken") -> dict[str, Any]:
    """Return what a GeoTIFF says of itself.

    Returns
    -------
    ``crs`` (WKT or None), ``transform`` (6), ``width``, ``height``, ``dtypes``, ``nodata``, ``scale``, ``offset``, ``unit``
    and ``block`` (rows, columns)
    """
    return dict(ask({"do": "raster-info"}, file=file, table=table, code=code).head)


def raster_window(
    file: Path, table: str, window: tuple[int, int, int, int], *, is_masked: bool, code: str = "file-broken"
) -> F64:
    """Return a window of a GeoTIFF's first band as a (height, width) array.

    Parameters
    ----------
    file : the file
    table : its name in findings
    window : (top, left, height, width) in cells
    is_masked : whether masked cells are NaN
    code : code of the finding where the file cannot be read

    Raises
    ------
    InputError
        The file cannot be read.
    """
    names = ("top", "left", "height", "width")
    order = {"do": "raster-window", "is_masked": is_masked} | dict(zip(names, window, strict=True))
    read = ask(order, file=file, table=table, code=code)
    return np.frombuffer(b"".join(read.pieces), dtype=np.float64).reshape(read.head).copy()
