"""Geographic files on disk → features: GeoPackage, Shapefile and GeoParquet through their own driver, GeoJSON by hand.

GeoJSON is parsed here, not by GDAL: no virtual dataset can hide in it, and a number that is none is seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.inputs.guards.child import reading
from circles.inputs.guards.files import MAX_COLUMNS, beside, check_file
from circles.inputs.readers import cells, formats, layers, raw
from circles.inputs.readers.cut_titles import completed
from circles.inputs.readers.declared import as_declared, require_crs
from circles.inputs.readers.formats import FEATURES, Format
from circles.inputs.readers.text_files import decode
from circles.inputs.readers.unpacking import unpacked

_Features = tuple[gpd.GeoDataFrame, tuple[Finding, ...]]
_MOST_NOWHERE = 10_000
"""Features without geometry that are reported one by one."""
_PLAIN = {"OFTInteger", "OFTInteger64", "OFTReal", "OFTString"}


@reading()
def read_vector(
    path: Path,
    table: str,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
    layer_crs: str | None = None,
    keeps_heights: bool = False,
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read all features of a geographic file, geometry as it stands, in two dimensions.

    Parameters
    ----------
    path : of one of ``FORMATS``
    table : name of the file for findings
    layer : layer of a GeoPackage; the only one, or ``streets``, where left out
    encoding : of its text, as declared; found out where left out
    crs : what an entry of places declares, for a file that has none of its own; the places are moved to WGS 84 later
    layer_crs : what an entry of lines or polygons declares, for a file that has none of its own: an EPSG code, wgs84, cgcs2000
    keeps_heights : leave the third dimension where there is one

    Raises
    ------
    InputError
        Whatever keeps it from being read: see :func:`circles.inputs.guards.files.check_file`; no CRS; several layers.
    """
    with unpacked(path, table, formats.endings(FORMATS)) as inner:
        frame, found = _read(
            inner,
            table,
            layer=layer,
            encoding=encoding,
            crs=crs,
            layer_crs=layer_crs,
        )
    if not keeps_heights:
        frame["geometry"] = gpd.GeoSeries(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
    return frame, found


def _read(
    path: Path, table: str, *, layer: str | None, encoding: str | None, crs: str | None, layer_crs: str | None
) -> _Features:
    """Read a file that is not compressed."""
    check_file(path, table)
    own = formats.match(path, FORMATS)
    if own is None or own.features is None:
        valid = " ".join(formats.endings(FORMATS))
        raise InputError(
            errors.error("file-format", table, kind=path.suffix.lower(), valid=valid, way=formats.way_out(path))
        )
    with readable(table):
        if own.is_encoded:
            frame, found = own.features(path, table, layer, encoding=encoding)
        else:
            frame, found = own.features(path, table, layer)
            if encoding is not None and encoding.lower().replace("-", "") != "utf8":
                found = (*found, errors.info("encoding-not-used", table, value=encoding))
    if layer_crs is not None:
        frame = frame.set_crs(as_declared(frame.crs, layer_crs, table), allow_override=True)
    if frame.crs is None and crs is not None:
        with suppress(CRSError):
            frame = frame.set_crs("EPSG:4326" if cells.choice(crs, cells.values("crs")).value else crs)
    require_crs(frame.crs, table)
    if frame.columns.duplicated().any():
        twice = str(frame.columns[frame.columns.duplicated()][0])
        at = tuple(str(number) for number, name in enumerate(frame.columns, 1) if name == twice)
        raise InputError(errors.error("column-same-title", table, value=twice, columns=at))
    for name in frame.columns.drop(frame.geometry.name):
        if frame[name].dtype.kind not in "iufbM":
            cells.require_short(map(str, [name, *frame[name].to_numpy(dtype=object)]), table, column=str(name)[:40])
    nowhere = int(frame.geometry.isna().sum())
    if nowhere > max(_MOST_NOWHERE, len(frame) // 2):  # no table of places: one message for all of them
        raise InputError(errors.error("layer-no-geometry", table))
    frame = frame.reset_index(drop=True)
    return frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame, found


@contextmanager
def readable(table: str) -> Iterator[None]:
    """Turn whatever a reader raises on a damaged file into our own error.

    Raises
    ------
    InputError
        The block raised; names the reader's message.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as e:
        detail = " ".join(str(e).split())[:200]
        if "onlinear geometr" in detail:
            raise InputError(errors.error("geometry-curves", table, detail=detail, file=table)) from e
        raise InputError(errors.error("file-broken", table, detail=detail)) from e


def _read_sequence(path: Path, table: str, layer: str | None, *, encoding: str | None = None) -> _Features:
    """Read a sequence of GeoJSON features, one in each line or after each record separator (RFC 8142)."""
    del layer
    text, notes = decode(path.read_bytes(), table, encoding=encoding)
    features = []
    for row, line in enumerate(text.replace("\x1e", "\n").splitlines(), 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line, object_pairs_hook=_once_each)
        except (ValueError, RecursionError) as e:
            raise InputError(errors.error("geojson-broken", table, row, detail=str(e)[:200])) from e
        if not isinstance(item, dict) or item.get("type") != "Feature":
            raise InputError(errors.error("geojson-broken", table, row, detail="Feature"))
        features.append(item)
    return _features({"type": "FeatureCollection", "features": features}, table, notes)


def _read_geojson(path: Path, table: str, layer: str | None, *, encoding: str | None = None) -> _Features:
    del layer  # one file, one layer
    text, notes = decode(path.read_bytes(), table, encoding=encoding)
    try:
        content = json.loads(text, object_pairs_hook=_once_each)
    except (ValueError, RecursionError) as e:
        raise InputError(errors.error("geojson-broken", table, detail=str(e)[:200])) from e
    return _features(content, table, notes)


def _features(content: Any, table: str, notes: list[Finding]) -> _Features:
    """Return the features of a GeoJSON object."""
    kind = content.get("type") if isinstance(content, dict) else None
    features = content.get("features") if kind == "FeatureCollection" else [content] if kind == "Feature" else None
    if not isinstance(features, list) or not all(isinstance(item, dict) for item in features):
        raise InputError(errors.error("geojson-broken", table, detail="FeatureCollection"))
    rows = [_properties(item) for item in features]
    if (width := len(set().union(*rows))) > MAX_COLUMNS:  # a table of them all would have a column for each
        raise InputError(errors.error("sheet-too-large", table, rows=len(rows), columns=width))
    bad: list[Finding] = []
    shapes = [_shape(item.get("geometry"), table, row, bad) for row, item in enumerate(features, 1)]
    if bad:
        raise InputError(bad)
    frame = pd.DataFrame(rows, index=range(len(rows))) if rows else pd.DataFrame()
    frame = frame.drop(columns="geometry", errors="ignore")
    geometry = gpd.GeoSeries(shapes, index=frame.index)
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=_geojson_crs(content, table)), tuple(notes)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; of two values with one name only one could be kept, so both are refused."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} twice")
    return found


def _nested(value: dict[str, Any] | list[Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _properties(item: dict[str, Any]) -> dict[str, Any]:
    """Return a feature's properties, with its own id where they hold none."""
    own = item.get("properties")
    cells = {}
    if isinstance(own, dict):
        cells = {name: _nested(value) if isinstance(value, dict | list) else value for name, value in own.items()}
    if "id" in item and "id" not in cells and isinstance(item["id"], str | int):
        cells["id"] = item["id"]
    return cells


def _shape(geometry: Any, table: str, row: int, bad: list[Finding]) -> Any:
    if geometry is None:
        return None
    try:
        return shapely.geometry.shape(geometry)
    except Exception as e:  # noqa: BLE001 - shapely raises whatever the content leads it to
        bad.append(errors.error("geometry-broken", table, row, detail=f"{type(e).__name__}: {e}"[:120]))
        return None


def _geojson_crs(content: dict[str, Any], table: str) -> CRS:
    """Return the CRS of the old ``crs`` member, CRS84 where there is none (RFC 7946)."""
    member = content.get("crs")
    if member is None:
        return CRS.from_user_input("OGC:CRS84") if "crs" not in content else _no_crs(table)
    try:
        name = member["properties"]["name"]
        if not isinstance(name, str) or ("EPSG" not in name.upper() and "CRS84" not in name.upper()):
            raise InputError(errors.error("crs-unknown", table, value=str(name)[:80]))
        return CRS.from_user_input(name)
    except (CRSError, KeyError, TypeError) as e:
        raise InputError(errors.error("crs-unknown", table, value=str(member)[:80])) from e


def _no_crs(table: str) -> CRS:
    raise InputError(errors.error("crs-missing", table))


def _read_parquet(path: Path, table: str, layer: str | None) -> _Features:
    del layer
    frame = raw.parquet(path, table)
    _require_text(frame)
    return frame, ()


def _require_text(frame: gpd.GeoDataFrame) -> None:
    """Raise where text is no UTF-8, here and not later."""
    for name in frame.columns.drop(frame.geometry.name):
        frame[name].to_numpy(dtype=object)


def _read_geopackage(path: Path, table: str, layer: str | None) -> _Features:
    names = sorted(raw.layers(path, table))
    if layer is None and len(names) > 1 and "streets" in names:
        layer = "streets"
    if layer is None and len(names) != 1:
        code = "layers-several" if names else "layer-none"
        raise InputError(errors.error(code, table, layers=", ".join(names)[:300], file=table))
    layer = layer if layer is not None else names[0]
    if layer not in names:
        raise InputError(errors.error("layer-unknown", table, value=layer, layers=", ".join(names)[:300]))
    about = raw.layer_info(path, table, layer=layer, IMMUTABLE="YES")
    if about["driver"] != "GPKG":
        raise InputError(errors.error("file-magic", table, kind=".gpkg", seen=about["driver"]))
    if len(about["fields"]) > 400:
        raise InputError(errors.error("sheet-too-large", table, rows=about["features"], columns=len(about["fields"])))
    # three times faster, and the same for these types; dates and binary cells come otherwise
    is_plain = set(about["ogr_types"]) <= _PLAIN and set(about["ogr_subtypes"]) <= {"OFSTNone"}
    frame = raw.layer(path, table, layer=layer, is_arrow=is_plain, IMMUTABLE="YES")
    _require_text(frame)
    return frame, ()


def _read_shapefile(path: Path, table: str, layer: str | None, *, encoding: str | None = None) -> _Features:
    """Read a shapefile; text without a declared encoding or .cpg is UTF-8 if it can be, else GB18030, and reported."""
    del layer
    about = raw.layer_info(path, table, layer=None, encoding="ISO-8859-1")
    if about["driver"] != "ESRI Shapefile":
        raise InputError(errors.error("file-magic", table, kind=".shp", seen=about["driver"]))
    side = beside(path, ".cpg")
    declared = side.read_text(encoding="ascii", errors="replace").strip()[:80] if side is not None else ""
    frame = raw.layer(path, table, layer=None, encoding="ISO-8859-1")
    declared = encoding or declared
    encoding = _dbf_encoding(frame, declared, table)
    texts = [name for name in frame.columns if name != frame.geometry.name and frame[name].dtype.kind in "OUT"]
    for name in texts:
        frame[name] = [_recode(cell, encoding) for cell in frame[name]]
    frame = frame.rename(columns={str(name): _header(str(name), encoding) for name in frame.columns})
    found = () if declared or encoding == "ascii" else (errors.info("encoding-told", table, encoding=encoding),)
    whole, cut = completed([str(name) for name in frame.columns if name != frame.geometry.name], encoding, table)
    return frame.rename(columns=whole), (*found, *cut)


def _recode(cell: Any, encoding: str) -> Any:
    return cell.encode("latin-1").decode(encoding) if isinstance(cell, str) else cell


def _header(name: str, encoding: str) -> str:
    """Return a header, less the half character at its end: .dbf cuts headers after ten bytes."""
    return name.encode("latin-1", errors="replace").decode(encoding, errors="ignore")


def _dbf_encoding(frame: pd.DataFrame, declared: str, table: str) -> str:
    """Return the encoding in which every text cell can be read: the declared one, else UTF-8, else GB18030."""
    cells = [cell for name in frame.columns for cell in frame[name] if isinstance(cell, str)]
    raw = "\n".join(cells).encode("latin-1", errors="replace")
    if raw.isascii():
        # a header may be cut within a character, so it only hints
        heads = "\n".join(map(str, frame.columns)).encode("latin-1", errors="replace")
        return "ascii" if heads.isascii() else "utf-8" if _is_cut_utf8(heads) else "gb18030"
    names = {
        "936": "gb18030",
        "gbk": "gb18030",
        "gb2312": "gb18030",
        "utf-8": "utf-8",
        "utf8": "utf-8",
        "65001": "utf-8",
    }
    asked = names.get(declared.lower().removeprefix("cp").removeprefix("ansi "), declared.lower())
    for encoding in [asked] if asked else ["utf-8", "gb18030"]:
        try:
            raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        return encoding
    raise InputError(errors.error("encoding-wrong", table, encoding=declared or "UTF-8, GB18030"))


def _is_cut_utf8(heads: bytes) -> bool:
    def fits(head: bytes) -> bool:
        return any(_decodes(head[: len(head) - cut]) for cut in range(4))

    return all(fits(head) for head in heads.split(b"\n"))


def _decodes(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def require_finite(shapes: np.ndarray[Any, Any], table: str) -> list[Finding]:
    """Return a finding for each geometry that is missing, empty or holds a number that is not finite."""
    found = []
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    found += [errors.error("geometry-missing", table, int(row) + 1) for row in np.flatnonzero(missing).tolist()]
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    bad = np.unique(owner[~np.isfinite(xy).all(axis=1)])
    found += [errors.error("geometry-not-finite", table, int(row) + 1) for row in bad]
    return found


FORMATS: tuple[Format, ...] = (
    Format(name="GeoPackage", endings=(".gpkg",), kinds=FEATURES, features=_read_geopackage),
    Format(name="GeoJSON", endings=(".geojson", ".json"), kinds=FEATURES, features=_read_geojson, is_encoded=True),
    Format(
        name="Shapefile",
        endings=(".shp",),
        kinds=FEATURES,
        features=_read_shapefile,
        companions=(".dbf", ".shx", ".prj", ".cpg"),
        is_encoded=True,
    ),
    Format(
        name="GeoJSON sequence",
        endings=(".geojsonl", ".geojsons", ".geojsonseq", ".ndjson", ".jsonl"),
        kinds=FEATURES,
        features=_read_sequence,
        is_encoded=True,
    ),
    Format(name="GeoParquet", endings=(".parquet",), kinds=FEATURES, features=_read_parquet),
    *layers.FORMATS,
)
"""The formats of geographic features: a further one is a further value here."""
