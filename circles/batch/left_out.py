"""Rows of a cut extract that lie in no region: counted, listed and reported."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circles.foundation import errors
from circles.foundation.errors import Finding

FILE, MARK = "left_out.csv", "cut.json"
_COLUMNS = ["table", "id", "name", "township_code", "population", "lon", "lat"]
CODES = {
    "residents": "extract-left-out",
    "villages": "extract-villages-left-out",
    "facilities": "extract-facilities-left-out",
    "townships": "extract-townships-left-out",
}
"""The finding that says of each table that rows of it are in no region."""


def listed(table: str, frame: gpd.GeoDataFrame, is_out: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Return the rows of a table that are in no region: ``table, id, name, township_code, population, lon, lat``."""
    rows = frame[is_out]
    places = shapely.get_coordinates(shapely.point_on_surface(rows.geometry.to_numpy()))
    found = pd.DataFrame({"table": table, "lon": places[:, 0], "lat": places[:, 1]})
    found["id"] = rows["id" if "id" in rows else "code"].to_numpy(dtype=object)
    for column, otherwise in (("name", ""), ("township_code", ""), ("population", np.nan)):
        found[column] = rows[column].to_numpy() if column in rows else otherwise
    return found[_COLUMNS]


def reported(lists: Iterable[pd.DataFrame]) -> list[Finding]:
    """Return one finding per table that left rows out, with their number and the people among them."""
    found = []
    for rows in lists:
        if len(rows):
            table, people = str(rows["table"].iloc[0]), float(np.nansum(rows["population"].to_numpy(dtype=np.float64)))
            said: dict[str, Any] = {"count": len(rows), "people": f"{people:,.0f}", "file": FILE}
            if table == "facilities":
                found.append(errors.info("extract-facilities-left-out", table, **said))
            else:
                found.append(errors.warning(CODES[table], table, **said))
    return found


def write(lists: Iterable[pd.DataFrame], file: Path) -> None:
    """Write every row left out, by table and id."""
    parts = [rows for rows in lists if len(rows)]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)
    rows = rows.sort_values(["table", "id"], kind="stable")
    file.write_bytes(rows.to_csv(index=False, lineterminator="\n").encode("utf-8-sig", "replace"))


def dumped(findings: Iterable[Finding]) -> list[list[Any]]:
    """Return findings as JSON keeps them."""
    kept = [[f.severity, f.code, f.table, f.row, f.id, dict(f.values)] for f in findings]
    plain: list[list[Any]] = json.loads(json.dumps(kept, default=str))
    return plain


def of_cut(findings: Iterable[Finding]) -> dict[str, tuple[int, Finding]]:
    """Return, by table, how many rows of it lie in no region, and the finding that says so."""
    return {f.table: (int(f.values["count"]), f) for f in findings if f.code in CODES.values()}  # noqa: PD011


def findings_of(areas: Path) -> tuple[Finding, ...]:
    """Return what a cut found in the tables of the whole and what it left out; ``areas`` is its folder."""
    content = json.loads((areas / MARK).read_text(encoding="utf-8"))
    return tuple(Finding(*item) for item in content["findings"])
