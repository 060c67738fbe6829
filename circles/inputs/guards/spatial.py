"""Checks of geographic files before any reader opens them: declared and actual sizes must agree, and no part may repeat.

A reader multiplies bytes where a file lets it: an index that names one shape a million times, a page of a database that
is the child of every other, a column that is computed, a page of a Parquet that unfolds a thousandfold. After these
checks what a reader makes of a file is bounded by the file's size.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from circles.foundation import errors
from circles.foundation.budgets import budget
from circles.foundation.errors import Finding

_MAX_SIDE_BYTES = 1_000_000
_SMALL_BYTES = 1_000_000
_LIST_S, _OBJECT_S = 4e-6, 6e-6
"""What a corner and an object of GeoJSON cost, measured; those of honest files are ten times as long as they could be."""
_MAX_FOOTER_BYTES = 4_000_000
"""What a Parquet says of its parts, which takes fifty times as much in memory; that of a hundred columns takes 0.1 MB."""


def beside(path: Path, suffix: str) -> Path | None:
    """Return the file beside ``path`` with another suffix, in small or capital letters, or None."""
    for name in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if name.is_file():
            return name
    return None


# --- GeoPackage ------------------------------------------------------------------------------------------------------


def check_geopackage(path: Path, table: str, size: int) -> list[Finding]:
    """Return what is wrong with a GeoPackage before any database library opens it.

    Rows that another program has written and not yet put into the file stand beside it, in ``-wal`` or ``-journal``. Who
    reads both changes the user's file; who reads one alone reads a state that never was. So it is to be closed first.
    """
    for ending in ("-wal", "-journal"):
        if (side := _unwritten(path, ending)) is not None:
            return [errors.error("file-open-elsewhere", table, part=side)]
    with path.open("rb") as file:
        head = file.read(100)
    page = int.from_bytes(head[16:18], "big")
    pages = int.from_bytes(head[28:32], "big")
    page = 65536 if page == 1 else page
    if len(head) < 100 or page < 512 or (pages and page * pages > size):
        return [errors.error("file-truncated", table, detail=f"{size} < {page * pages}")]
    return []


def _unwritten(path: Path, ending: str) -> str | None:
    """Return the name of a journal that holds anything, None where there is none; one of zeros is a finished one."""
    side = path.with_name(path.name + ending)
    try:
        with side.open("rb") as file:
            return side.name if file.read(32).strip(b"\0") else None
    except FileNotFoundError:
        return None
    except OSError:
        return side.name


# --- Shapefile -------------------------------------------------------------------------------------------------------


def check_shapefile(path: Path, table: str, size: int) -> list[Finding]:
    """Compare the lengths that .shp, .shx and .dbf declare with their own; GDAL gives null geometries where they differ."""
    with path.open("rb") as file:
        head = file.read(100)
    declared = int.from_bytes(head[24:28], "big") * 2
    if len(head) < 100 or declared > size:
        return [errors.error("file-truncated", table, detail=f"{size} < {declared}")]
    found = []
    for suffix, check in ((".dbf", _check_dbf), (".shx", _check_shx)):
        side = beside(path, suffix)
        found += (
            [errors.error("shapefile-part-missing", table, part=suffix)] if side is None else check(side, table, size)
        )
    for suffix in (".prj", ".cpg", ".sbn", ".qix"):
        side = beside(path, suffix)
        limit = _MAX_SIDE_BYTES if suffix in (".prj", ".cpg") else size + _MAX_SIDE_BYTES
        if side is not None and side.stat().st_size > limit:
            found.append(errors.error("file-too-large", table, size=side.stat().st_size, limit=limit))
    return found


def _check_dbf(path: Path, table: str, _: int) -> list[Finding]:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(32)
    if len(head) < 32:
        return [errors.error("file-truncated", table, detail=f"{path.name}: {size}")]
    rows, header, width = struct.unpack("<IHH", head[4:12])
    if header + rows * max(width, 1) > size:
        return [errors.error("file-truncated", table, detail=f"{path.name}: {size} < {header + rows * width}")]
    return []


def _check_shx(path: Path, table: str, shp_bytes: int) -> list[Finding]:
    """Return a finding where the index names more bytes than there are: the same shape many times over."""
    if path.stat().st_size > shp_bytes + 100:
        return [errors.error("file-broken", table, detail=f"{path.name}: {path.stat().st_size}")]
    entries = np.fromfile(path, dtype=">i4", offset=100) if path.stat().st_size > 100 else np.empty(0, ">i4")
    lengths = entries[: len(entries) // 2 * 2].reshape(-1, 2)[:, 1].astype(np.int64)
    named = int(lengths.clip(min=0).sum()) * 2 + 8 * len(lengths)
    if named > shp_bytes:
        return [errors.error("file-broken", table, detail=f"{path.name}: {named} > {shp_bytes}")]
    return []


# --- GeoJSON ---------------------------------------------------------------------------------------------------------


def check_geojson(path: Path, table: str, size: int) -> list[Finding]:
    """Return a finding where a GeoJSON would take too much memory or time, by its brackets and commas."""
    if size < _SMALL_BYTES:
        return []
    lists = objects = commas = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 22):
            lists, objects = lists + piece.count(b"["), objects + piece.count(b"{")
            commas += piece.count(b",") + piece.count(b":")
    may = budget(size)
    if 64 * lists + 240 * objects + 32 * commas > may.memory_bytes:
        return [errors.error("file-too-costly", table, size=size, limit=f"{may.memory_bytes / 1e6:.0f} MB")]
    if _LIST_S * lists + _OBJECT_S * objects > may.cpu_s:
        return [errors.error("file-too-costly", table, size=size, limit=f"{may.cpu_s:.3g} s")]
    return []


# --- Parquet ---------------------------------------------------------------------------------------------------------


def check_parquet(path: Path, table: str, size: int) -> list[Finding]:
    """Return what is wrong with a Parquet file: cut off. What it unfolds to is found out where it is read, within limits."""
    with path.open("rb") as file:
        file.seek(max(0, size - 8))
        tail = file.read(8)
    if tail[4:] != b"PAR1" or size < 12:
        return [errors.error("file-truncated", table, detail="PAR1")]
    if int.from_bytes(tail[:4], "little") > _MAX_FOOTER_BYTES:
        return [errors.error("file-too-costly", table, size=size, limit=f"{_MAX_FOOTER_BYTES / 1e6:.0f} MB")]
    return []
