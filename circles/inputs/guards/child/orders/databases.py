"""GeoPackage as a database, by SQLite: its layers, and whether a layer is a plain table, before GDAL opens it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circles.inputs.guards.child.worker import Refused

if TYPE_CHECKING:
    from circles.inputs.guards.child.worker import Answer

_PLAIN = re.compile(r"\s*CREATE\s+TABLE\b", re.IGNORECASE)
_MAX_TABLES, _MAX_LAYERS = 20_000, 1000


def load() -> None:
    """Import nothing: SQLite comes with Python."""


def layers(order: dict[str, Any], answer: Answer) -> None:
    """Send the names of all feature layers, each of them a plain table.

    Raises
    ------
    Refused
        The file cannot be read as a GeoPackage.
    """
    try:
        with closing(_opened(order["file"])) as db:
            _check_schema(db)
            _check_pages(db)
            found = db.execute(
                "SELECT substr(table_name, 1, 1000) FROM gpkg_contents WHERE data_type = 'features' LIMIT ?",
                (_MAX_LAYERS,),
            ).fetchall()
            answer.head([str(name) for (name,) in found])
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as e:
        raise Refused("file-broken", detail=" ".join(str(e).split())[:200]) from e


def _opened(file: str) -> sqlite3.Connection:
    """Return a database opened for reading alone: no lock, no journal beside it."""
    db = sqlite3.connect(f"{Path(file).as_uri()}?mode=ro&immutable=1", uri=True)
    for limit in ("trusted_schema=OFF", "ignore_check_constraints=ON", "cell_size_check=ON", "cache_size=-20000"):
        db.execute(f"PRAGMA {limit}")
    return db


def _check_schema(db: sqlite3.Connection) -> None:
    """Refuse a table that is asked and is none: a view may never end, a computed column be of any size."""
    rows = "SELECT substr(name, 1, 1000), type, substr(coalesce(sql, ''), 1, 100) FROM sqlite_master LIMIT ?"
    kinds = db.execute(rows, (_MAX_TABLES + 1,)).fetchall()
    if len(kinds) > _MAX_TABLES:
        raise Refused("file-broken", detail="sqlite_master")
    if not any(kind == "table" and str(name).lower() == "gpkg_contents" for name, kind, _ in kinds):
        raise Refused("file-broken", detail="gpkg_contents")
    listed = db.execute("SELECT substr(table_name, 1, 1000) FROM gpkg_contents LIMIT ?", (_MAX_LAYERS,))
    asked = {str(name).lower() for (name,) in listed}
    for name, kind, sql in kinds:
        is_asked = str(name).lower().startswith("gpkg_") or str(name).lower() in asked
        if not is_asked or kind not in ("table", "view"):
            continue
        if kind == "view" or not _PLAIN.match(str(sql)) or _has_computed(db, str(name)):
            raise Refused("layer-view", value=str(name)[:80])


def _has_computed(db: sqlite3.Connection, name: str) -> bool:
    columns = db.execute("SELECT hidden FROM pragma_table_xinfo(?)", (name,)).fetchall()
    return any(hidden != 0 for (hidden,) in columns)


def _check_pages(db: sqlite3.Connection) -> None:
    """Refuse a database whose pages do not form proper trees; each may belong to one place only."""
    (state,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if state != "ok":
        raise Refused("file-broken", detail=str(state)[:200])
