"""The door for geographic files: what they declare must fit what they hold, and no part may stand for many.

A reader multiplies bytes where a file lets it: an index that names one shape a million times, a page of a database that
is the child of every other, a column that is computed, a page of a Parquet that unfolds a thousandfold. After these
checks what a reader makes of a file is bounded by the file's size.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import struct
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from circles.foundation import errors
from circles.foundation.errors import Finding

_PATIENCE_S = 4.0
_MAX_SIDE_BYTES = 1_000_000
_MAX_GEOJSON_BYTES = 500_000_000
"""What a GeoJSON may become in memory, by its brackets and commas."""
_PLAIN = re.compile(r"^\s*CREATE\s+TABLE\b", re.IGNORECASE)


def beside(path: Path, suffix: str) -> Path | None:
    """Return the file beside ``path`` with another suffix, in small or capital letters, or None."""
    for name in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if name.is_file():
            return name
    return None


# --- GeoPackage ------------------------------------------------------------------------------------------------------


def check_geopackage(path: Path, table: str, size: int) -> list[Finding]:
    """Return what is wrong with a GeoPackage as a database, before GDAL opens it."""
    with path.open("rb") as file:
        head = file.read(100)
    page = int.from_bytes(head[16:18], "big")
    pages = int.from_bytes(head[28:32], "big")
    page = 65536 if page == 1 else page
    if len(head) < 100 or page < 512 or (pages and page * pages > size):
        return [errors.error("file-truncated", table, detail=f"{size} < {page * pages}")]
    try:
        with closing(opened(path)) as db:
            return _check_schema(db, table) or _check_pages(db, table)
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as e:
        return [errors.error("file-broken", table, detail=str(e)[:200])]


def opened(path: Path) -> sqlite3.Connection:
    """Return a database opened for reading alone: no lock, no journal beside it, and an end to every question."""
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    end = time.monotonic() + _PATIENCE_S
    db.set_progress_handler(lambda: int(time.monotonic() > end), 10_000)
    for limit in ("trusted_schema=OFF", "ignore_check_constraints=ON", "cell_size_check=ON", "cache_size=-20000"):
        db.execute(f"PRAGMA {limit}")
    return db


def _check_schema(db: sqlite3.Connection, table: str) -> list[Finding]:
    """Return a finding where a table that is asked is none: a view may never end, a computed column be of any size."""
    kinds = db.execute("SELECT name, type, coalesce(sql, '') FROM sqlite_master LIMIT 20001").fetchall()
    if len(kinds) > 20_000:
        return [errors.error("file-broken", table, detail="sqlite_master")]
    layers = {str(name) for name, kind, _ in kinds if kind == "table" and str(name).lower() == "gpkg_contents"}
    if not layers:
        return [errors.error("file-broken", table, detail="gpkg_contents")]
    asked = {str(name) for (name,) in db.execute("SELECT table_name FROM gpkg_contents LIMIT 1000")}
    found: list[Finding] = []
    for name, kind, sql in kinds:
        is_own = str(name).lower().startswith("gpkg_") or name in asked
        if not is_own or kind not in ("table", "view"):
            continue
        if kind == "view" or not _PLAIN.match(str(sql)) or _has_computed(db, str(name)):
            found.append(errors.error("layer-view", table, value=str(name)[:80]))
    return found


def _has_computed(db: sqlite3.Connection, name: str) -> bool:
    columns = db.execute("SELECT hidden FROM pragma_table_xinfo(?)", (name,)).fetchall()
    return any(hidden != 0 for (hidden,) in columns)


def _check_pages(db: sqlite3.Connection, table: str) -> list[Finding]:
    """Return a finding where the pages of the database do not form proper trees; each may belong to one place only."""
    (answer,) = db.execute("PRAGMA quick_check(1)").fetchone()
    return [] if answer == "ok" else [errors.error("file-broken", table, detail=str(answer)[:200])]


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
    """Return a finding where a GeoJSON would take too much memory, by its brackets and commas."""
    if size < 4_000_000:
        return []
    lists = objects = commas = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 22):
            lists, objects = lists + piece.count(b"["), objects + piece.count(b"{")
            commas += piece.count(b",") + piece.count(b":")
    bytes_ = 64 * lists + 240 * objects + 32 * commas
    return (
        [errors.error("file-too-large", table, size=bytes_, limit=_MAX_GEOJSON_BYTES)]
        if bytes_ > _MAX_GEOJSON_BYTES
        else []
    )


# --- Parquet ---------------------------------------------------------------------------------------------------------

_WORKER = Path(__file__).with_name("parquet_worker.py")
_MEMORY_BYTES = 300_000_000
"""What Arrow may take, beyond itself, to unfold one piece of a Parquet."""
_UNFOLDED_BYTES = 400_000_000
"""What all pieces of a Parquet may come to: features by the hundred thousand stay far below."""


def check_parquet(path: Path, table: str, size: int) -> list[Finding]:
    """Return what is wrong with a Parquet file: cut off, damaged, or unfolding to more than it may.

    What it unfolds to is not written anywhere one could trust, so a process of its own finds out, within limits.
    """
    with path.open("rb") as file:
        file.seek(max(0, size - 4))
        tail = file.read(4)
    if tail != b"PAR1" or size < 12:
        return [errors.error("file-truncated", table, detail="PAR1")]
    order = {"file": str(path.resolve()), "limit_bytes": _UNFOLDED_BYTES, "memory_bytes": _MEMORY_BYTES}
    patience_s = 20.0 + size / 5e6
    try:
        run = subprocess.run(  # noqa: S603 - our own program, no shell; file names travel as data
            [sys.executable, "-P", str(_WORKER)],
            input=json.dumps(order).encode(), capture_output=True, timeout=patience_s, check=False,
            env=os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        result = json.loads(run.stdout)
    except subprocess.TimeoutExpired:
        return [errors.error("file-too-slow", table, seconds=round(patience_s))]
    except ValueError:
        return [errors.error("file-broken", table, detail=f"Arrow: {run.returncode}")]
    if "swollen" in result:
        return [errors.error("file-too-large", table, size=result["swollen"], limit=_UNFOLDED_BYTES)]
    return [errors.error("file-broken", table, detail=result["error"])] if "error" in result else []
