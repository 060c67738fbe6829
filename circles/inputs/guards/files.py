"""Checks of a file's first bytes and declared sizes, before any reader opens it.

Any extension can hide a GDAL virtual dataset, which reads other files and calls out over the network, and a few
kilobytes can unfold to gigabytes. So the content must be what the extension says, and no larger than it may be.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from circles.foundation import errors
from circles.foundation.budgets import maximum
from circles.foundation.errors import Finding, InputError
from circles.inputs.guards.spatial import beside, check_geojson, check_geopackage, check_parquet, check_shapefile
from circles.inputs.guards.workbook import MAX_COLUMNS, check_workbook

__all__ = ["MAX_COLUMNS", "beside", "check_file", "kind_of"]

_TEXT_CELLS = 4
"""Cells of a text table for each that a sheet may have."""
MAX_TEXT_BYTES = 300_000_000

_MAGIC: dict[str, tuple[bytes, ...]] = {
    ".gpkg": (b"SQLite format 3\0",),
    ".xlsx": (b"PK\x03\x04",),
    ".xlsb": (b"PK\x03\x04",),
    ".ods": (b"PK\x03\x04",),
    ".xls": (b"\xd0\xcf\x11\xe0",),
    ".et": (b"\xd0\xcf\x11\xe0", b"PK\x03\x04"),  # WPS writes both
    ".fgb": (b"fgb\x03",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".parquet": (b"PAR1",),
    ".tif": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    ".tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
}
_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"SQLite format 3\0", "SQLite / GeoPackage"),
    (b"PK\x03\x04", "ZIP / XLSX"),
    (b"\xd0\xcf\x11\xe0", "XLS (Excel 97–2003)"),
    (b"\x00\x00\x27\x0a", "Shapefile"),
    (b"PAR1", "Parquet"),
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"\x1f\x8b", "GZIP"),
    (b"<", "XML / HTML"),
    (b"{", "JSON"),
    (b"[", "JSON"),
)
_VRT = (b"<OGRVRTDataSource", b"<VRTDataset", b"<WMS_", b"<GDAL_WMS", b"<GDALTileIndexDataset", b"gdal_streamed_alg")


_SEQUENCES = (".geojsonl", ".geojsons", ".geojsonseq", ".ndjson", ".jsonl")
_BEGINS: dict[str, Callable[[bytes], bool]] = {
    **dict.fromkeys((".geojson", ".json"), lambda head: _text(head).startswith(b"{")),
    **dict.fromkeys(_SEQUENCES, lambda head: _text(head).lstrip(b"\x1e \r\n\t").startswith(b"{")),
    **dict.fromkeys((".csv", ".tsv", ".txt"), lambda head: kind_of(head) in ("", "JSON", "XML / HTML")),
    ".kml": lambda head: _text(head).startswith(b"<") and b"kml" in _text(head),
    ".gpx": lambda head: _text(head).startswith(b"<") and b"gpx" in _text(head),
    ".dxf": lambda head: _text(head).startswith((b"0", b"999")),
    ".tab": lambda head: _text(head).startswith(b"!table"),
    ".mif": lambda head: _text(head).startswith(b"version"),
}
"""Whether a file of text begins as its format does."""


def _text(head: bytes) -> bytes:
    """Return what a text begins with, in small letters, without a mark of its encoding or space before it."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()


def check_file(path: Path, table: str = "") -> None:
    """Refuse a file that is not what its extension says, or that is larger inside than it may be.

    Parameters
    ----------
    path : file to look at
    table : name for the finding; the file's own where left out

    Raises
    ------
    InputError
        Missing, unreadable, empty, too large, a virtual dataset, another format, cut off, a zip bomb.
    """
    table = table or path.name
    if path.name.startswith(("~$", ".~lock.")):
        raise InputError(errors.error("file-lock", table, value=path.name))
    head, size = _head(path, table)
    suffix = path.suffix.lower()
    if not size:
        raise InputError(errors.error("file-empty", table))
    if size > (most := round(maximum("CIRCLES_MAX_FILE_MB") * 1e6)):
        raise InputError(errors.error("file-too-large", table, size=size, limit=most))
    if any(mark in head for mark in _VRT):
        raise InputError(errors.error("file-vrt", table))
    ok = _BEGINS[suffix](head) if suffix in _BEGINS else head.startswith(_MAGIC.get(suffix, (b"",)))
    if not ok:
        raise InputError(errors.error("file-magic", table, kind=suffix, seen=_seen(head)))
    look = _CHECKS.get(suffix)
    if look is not None and (found := look(path, table, size)):
        raise InputError(found)


def kind_of(head: bytes) -> str:
    """Return what the first bytes of a file say it is, '' for text or anything unknown."""
    return next((name for magic, name in _KINDS if head.startswith(magic)), "")


def _seen(head: bytes) -> str:
    """Return how a file that is not what its extension says is called: text too, which has no mark of its own."""
    is_text = not any(byte < 9 or 13 < byte < 27 for byte in head)
    return kind_of(head) or ("TXT / CSV" if is_text else "?")


def is_zip(path: Path) -> bool:
    """Return whether a file begins as an archive does, as the newer workbooks do."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _head(path: Path, table: str) -> tuple[bytes, int]:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # a pipe or a device may never end, or never begin
            what = errno.EISDIR if stat.S_ISDIR(mode) else errno.ENXIO
            raise InputError(errors.error("file-unreadable", table, detail=os.strerror(what)))
        with path.open("rb") as file:
            return file.read(4096), path.stat().st_size
    except OSError as e:
        raise InputError(errors.error("file-unreadable", table, detail=e.strerror or str(e))) from e
    except ValueError as e:  # a name with NUL in it
        if isinstance(e, InputError):
            raise
        raise InputError(errors.error("file-unreadable", table, detail=os.strerror(errno.EINVAL))) from e


def _check_text(path: Path, table: str, size: int) -> list[Finding]:
    """Count the cells of a text table: a separator takes one byte, a cell of a table in memory fifty."""
    most = _TEXT_CELLS * maximum("CIRCLES_MAX_CELLS")
    if size < most:
        return []
    seen = dict.fromkeys((b",", b"\t", b";"), 0)
    lines = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 22):
            lines += piece.count(b"\n")
            for mark in seen:
                seen[mark] += piece.count(mark)
    cells = max(seen.values()) + lines
    if cells > most or size > MAX_TEXT_BYTES:
        return [errors.error("sheet-too-large", table, rows=lines, columns=cells // max(lines, 1))]
    return []


_MAX_OLD_BYTES = 50_000_000
"""Largest workbook of Excel 97–2003 and largest XML that is opened: what readers make of them is some ten times as much."""


def _check_old(path: Path, table: str, size: int) -> list[Finding]:
    del path
    return [errors.error("file-too-large", table, size=size, limit=_MAX_OLD_BYTES)] if size > _MAX_OLD_BYTES else []


def _check_xml(path: Path, table: str, size: int) -> list[Finding]:
    """Return a finding where an XML declares a document type, which can multiply what it says, or is too large."""
    if size > _MAX_OLD_BYTES:
        return [errors.error("file-too-large", table, size=size, limit=_MAX_OLD_BYTES)]
    content = path.read_bytes()
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return [errors.error("xml-doctype", table, part=path.name)]
    return []


_CHECKS = {
    ".gpkg": check_geopackage,
    ".shp": check_shapefile,
    ".geojson": check_geojson,
    ".json": check_geojson,
    ".parquet": check_parquet,
    ".xlsx": lambda path, table, _: check_workbook(path, table),
    ".xlsb": lambda path, table, _: check_workbook(path, table),
    ".ods": lambda path, table, _: check_workbook(path, table),
    ".xls": _check_old,
    ".et": lambda path, table, size: check_workbook(path, table) if is_zip(path) else _check_old(path, table, size),
    ".kml": _check_xml,
    ".gpx": _check_xml,
    ".geojsonl": check_geojson,
    ".geojsons": check_geojson,
    ".geojsonseq": check_geojson,
    ".ndjson": check_geojson,
    ".jsonl": check_geojson,
    ".csv": _check_text,
    ".tsv": _check_text,
    ".txt": _check_text,
}
