"""One region's share of the batch's tables: a folder of GeoParquet files and the record that says that it is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circles.analysis.results import Tables
from circles.batch.keys import digest
from circles.foundation import atomic
from circles.foundation.schema.tables import TABLES
from circles.outputs import text

WGS84 = "EPSG:4326"
PARTS = ("access", "coverage", "check", "gaps", "findings")
"""Tables of which every region gives its share."""
RECORD = "record.json"


def tables_of(result: Tables) -> dict[str, gpd.GeoDataFrame]:
    """Return a region's share of every table, each with a geometry so that all are GeoParquet.

    ``access`` has the place of its resident, ``coverage`` and ``check`` a point inside their township, ``gaps`` its
    streets, ``findings`` none.
    """
    homes = pd.Series(result.residents.geometry.to_numpy(), index=result.residents["id"].to_numpy())
    towns = result.townships
    inside = pd.Series(shapely.point_on_surface(towns.geometry.to_numpy()), index=towns["code"].to_numpy())
    return {
        "access": _placed("access", result.access, homes.reindex(result.access["resident_id"])),
        "coverage": _placed("coverage", result.coverage, inside.reindex(result.coverage["township_code"])),
        "check": _placed("check", result.check, inside.reindex(result.check["township_code"])),
        "gaps": _placed("gaps", result.gaps, result.gaps.geometry),
        "findings": _placed("findings", result.findings, pd.Series(None, index=result.findings.index, dtype=object)),
    }


def write(tables: Mapping[str, pd.DataFrame], record: Mapping[str, Any], folder: Path) -> None:
    """Write a region's share into ``folder`` atomically."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with atomic.folder_in_place(folder) as fresh:
        for name, frame in tables.items():
            frame.to_parquet(fresh / f"{name}.parquet", index=False)
        content = {**record, "parts": {file.name: digest(file) for file in sorted(fresh.glob("*.parquet"))}}
        (fresh / RECORD).write_text(json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1), encoding="utf-8")


def record_of(folder: Path) -> dict[str, Any] | None:
    """Return the record of a region's share, None where there is none or a part of it is missing or changed."""
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        whole = all(digest(folder / name) == known for name, known in record["parts"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return record if whole and "statement" in record else None


def sizes(folder: Path) -> dict[str, int]:
    """Return the size of every file of a folder, by name."""
    files = sorted(item for item in folder.rglob("*") if item.is_file())
    return {item.relative_to(folder).as_posix(): item.stat().st_size for item in files}


def _placed(name: str, frame: pd.DataFrame, geometry: pd.Series) -> gpd.GeoDataFrame:
    """Return a table with exactly its columns and types, whatever is in it: all regions' files must have one schema."""
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    columns = [c for c in TABLES[name].columns if c.name != "geometry"]
    typed = text.each_text(plain[[c.name for c in columns]], text.without_surrogates)
    typed = typed.astype({c.name: c.dtype for c in columns})
    shapes = np.array([item if isinstance(item, shapely.Geometry) else None for item in geometry], dtype=object)
    return gpd.GeoDataFrame(typed.reset_index(drop=True), geometry=shapes, crs=WGS84)
