"""The door: a file's first bytes and declared sizes are looked at before any reader may open it.

Any extension can hide a GDAL virtual dataset, which reads other files and calls out over the network, and a few
kilobytes can unfold to gigabytes. So the content must be what the extension says, and no larger than it may be.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from circles import errors
from circles.errors import Finding, InputError

MAX_BYTES = 2_000_000_000
"""Largest file that is opened at all."""
MAX_UNPACKED_BYTES = 400_000_000
"""Largest sum of the unpacked sizes of a workbook's parts."""
MAX_RATIO = 200
"""Largest ratio of unpacked to packed size for a part above a megabyte."""
MAX_CELLS = 2_000_000
MAX_COLUMNS = 400
"""Sheets with more columns are no tables of places."""

_MAGIC: dict[str, tuple[bytes, ...]] = {
    ".gpkg": (b"SQLite format 3\0",),
    ".xlsx": (b"PK\x03\x04",),
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
    head, size = _head(path, table)
    suffix = path.suffix.lower()
    if not size:
        raise InputError(errors.error("file-empty", table))
    if size > MAX_BYTES:
        raise InputError(errors.error("file-too-large", table, size=size, limit=MAX_BYTES))
    if any(mark in head for mark in _VRT):
        raise InputError(errors.error("file-vrt", table))
    if suffix in (".geojson", ".json"):
        ok = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
    elif suffix in (".csv", ".tsv", ".txt"):
        ok = kind_of(head) in ("", "JSON", "XML / HTML")
    else:
        ok = head.startswith(_MAGIC.get(suffix, (b"",)))
    if not ok:
        raise InputError(errors.error("file-magic", table, kind=suffix, seen=kind_of(head) or "?"))
    look = _CHECKS.get(suffix)
    if look is not None and (found := look(path, table, size)):
        raise InputError(found)


def kind_of(head: bytes) -> str:
    """Return what the first bytes of a file say it is, '' for text or anything unknown."""
    return next((name for magic, name in _KINDS if head.startswith(magic)), "")


def _head(path: Path, table: str) -> tuple[bytes, int]:
    try:
        with path.open("rb") as file:
            return file.read(4096), path.stat().st_size
    except OSError as e:
        raise InputError(errors.error("file-unreadable", table, detail=e.strerror or str(e))) from e


def _check_geopackage(path: Path, table: str, size: int) -> list[Finding]:
    with path.open("rb") as file:
        head = file.read(100)
    page = int.from_bytes(head[16:18], "big")
    pages = int.from_bytes(head[28:32], "big")
    page = 65536 if page == 1 else page
    if len(head) < 100 or page < 512 or (pages and page * pages > size):
        return [errors.error("file-truncated", table, detail=f"{size} < {page * pages}")]
    return []


def _check_shapefile(path: Path, table: str, size: int) -> list[Finding]:
    """Compare the lengths that .shp and .dbf declare with their own; GDAL gives null geometries where they differ."""
    with path.open("rb") as file:
        head = file.read(100)
    declared = int.from_bytes(head[24:28], "big") * 2
    if len(head) < 100 or declared > size:
        return [errors.error("file-truncated", table, detail=f"{size} < {declared}")]
    found = []
    for suffix in (".dbf", ".shx"):
        side = beside(path, suffix)
        if side is None:
            found.append(errors.error("shapefile-part-missing", table, part=suffix))
        elif suffix == ".dbf":
            found += _check_dbf(side, table)
    return found


def _check_dbf(path: Path, table: str) -> list[Finding]:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(32)
    if len(head) < 32:
        return [errors.error("file-truncated", table, detail=f"{path.name}: {size}")]
    rows, header, width = struct.unpack("<IHH", head[4:12])
    if header + rows * width > size:
        return [errors.error("file-truncated", table, detail=f"{path.name}: {size} < {header + rows * width}")]
    return []


def beside(path: Path, suffix: str) -> Path | None:
    """Return the file beside ``path`` with another suffix, in small or capital letters, or None."""
    for name in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if name.is_file():
            return name
    return None


def _check_parquet(path: Path, table: str, size: int) -> list[Finding]:
    with path.open("rb") as file:
        file.seek(max(0, size - 4))
        tail = file.read(4)
    return [] if tail == b"PAR1" and size >= 12 else [errors.error("file-truncated", table, detail="PAR1")]


def _check_workbook(path: Path, table: str, size: int) -> list[Finding]:
    """Zip first: names, declared sizes and ratios; then every XML part for document types, and each sheet's extent."""
    del size
    try:
        with zipfile.ZipFile(path) as book:
            if found := _check_zip(book, table):
                return found
            names = book.namelist()
            if "xl/workbook.xml" not in names and not any(name.endswith("workbook.bin") for name in names):
                return [errors.error("file-magic", table, kind=".xlsx", seen="ZIP")]
            if any(name.startswith("xl/externalLinks/") for name in names):
                return [errors.error("xlsx-external-links", table)]
            for name in names:
                if name.endswith((".xml", ".rels")) and (found := _check_part(book, name, table)):
                    return found
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as e:
        return [errors.error("file-broken", table, detail=str(e)[:200])]
    return []


def _check_zip(book: zipfile.ZipFile, table: str) -> list[Finding]:
    parts = book.infolist()
    total = sum(part.file_size for part in parts)
    bomb = any(p.file_size > 1_000_000 and p.file_size > MAX_RATIO * max(p.compress_size, 1) for p in parts)
    if bomb or total > MAX_UNPACKED_BYTES or len(parts) > 5000:
        return [errors.error("zip-bomb", table, size=total)]
    for part in parts:
        name = PurePosixPath(part.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in part.filename:
            return [errors.error("zip-escape", table, part=part.filename[:80])]
        if part.flag_bits & 1:
            return [errors.error("xlsx-locked", table)]
    return []


_CELL = re.compile(rb"<(?:\w+:)?(?:c|row)\s[^<>]*?\br=\"([A-Za-z]{0,9})(\d{1,12})\"")


def _check_part(book: zipfile.ZipFile, name: str, table: str) -> list[Finding]:
    """Look through one XML part in pieces: no document type, no sheet beyond ``MAX_CELLS``."""
    is_sheet = name.startswith("xl/worksheets/")
    rows = columns = 0
    rest = b""
    with book.open(name) as part:
        while piece := part.read(1 << 20):
            text = rest + piece
            if not rest and text.startswith((b"\xff\xfe", b"\xfe\xff")):
                return [errors.error("file-broken", table, detail=f"{name}: UTF-16")]
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                return [errors.error("xml-doctype", table, part=name)]
            if is_sheet:
                for letters, number in _CELL.findall(text):
                    rows = max(rows, int(number))
                    columns = max(columns, column_number(letters))
                if rows * max(columns, 1) > MAX_CELLS or columns > MAX_COLUMNS:
                    return [errors.error("xlsx-dimension", table, part=name, rows=rows, columns=columns)]
            rest = text[-200:]
    return []


def column_number(letters: bytes) -> int:
    """Return the number of a column: A is 1, XFD is 16384."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


_CHECKS = {
    ".gpkg": _check_geopackage,
    ".shp": _check_shapefile,
    ".parquet": _check_parquet,
    ".xlsx": _check_workbook,
}
