"""What an extract and an area hold, for a map: boundaries to choose from; streets, land, townships and places before a run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer

from circles.area import load_area
from circles.foundation.words import Lang
from circles.inputs import loading, new_area
from circles.inputs.guards.child import reading

_PLACES = 5
_MOST_VERTICES = 400_000


@reading()
def extract(file: str, *, lang: Lang) -> dict[str, Any]:
    """Return the boundaries of an extract, those that are whole first, from the largest unit down."""
    known, as_of = new_area.boundaries(Path(file))
    rows = []
    for item in sorted(known, key=lambda b: (b.shape is None, b.level or 99, -(b.km2 if b.shape is not None else 0.0))):
        names = item.name.split("\n")
        row: dict[str, Any] = {
            "number": item.number, "name": names[0], "level": item.level, "names": names[1:],
            "km2": None if item.shape is None else round(item.km2, 1), "rings": [], "crs": "", "crs_name": "",
        }  # fmt: skip
        if item.shape is not None:
            width = max(np.ptp(np.reshape(shapely.bounds(item.shape), (2, 2)), axis=0).max(), 1e-4)
            row["rings"] = _rings(shapely.simplify(item.shape, width / 400))
            row["crs"] = new_area.metric_crs(item.shape)
            row["crs_name"] = CRS.from_user_input(row["crs"]).name
        rows.append(row)
    del lang
    return {"boundaries": rows, "as_of": as_of}


@reading()
def area(file: str, *, lang: Lang) -> dict[str, Any]:
    """Return what an area's map shows before a run: streets, land, townships and places, and what is doubtful."""
    loaded = load_area(file)
    inputs = loading.load(loaded)
    categories = [item.id for item in loaded.categories]
    names = {item.id: item.name for item in loaded.categories}
    places = [
        [round(lat, 6), round(lon, 6), str(name), names.get(str(kind), str(kind)), categories.index(kind)]
        for lon, lat, name, kind in zip(
            inputs.facilities.geometry.x, inputs.facilities.geometry.y, inputs.facilities["name"],
            inputs.facilities["category"], strict=True,
        ) if kind in names and math.isfinite(lat) and math.isfinite(lon)
    ]  # fmt: skip
    return {
        "streets": _streets(inputs, loaded.crs),
        "land": _shapes(inputs.land),
        "townships": [
            {"name": str(name), "rings": _rings(shape)}
            for name, shape in zip(inputs.townships["name"], inputs.townships.geometry, strict=True)
        ],
        "places": places,
        "kinds": [names[key] for key in categories],
        "counts": {names[key]: sum(1 for place in places if place[4] == at) for at, key in enumerate(categories)},
        "residents": len(inputs.residents),
        "people": None if loaded.counts_points else float(inputs.residents["population"].sum()),
        "findings": [
            {"severity": item.severity, "text": item.message(lang), "fix": item.fix(lang), "table": item.table}
            for item in inputs.findings[:200]
        ],
        "crs_name": CRS.from_user_input(loaded.crs).name,
    }


def _streets(inputs: loading.Inputs, crs: str) -> list[list[float]]:
    """Return each line as lat, lon, lat, lon …, as many as a page can draw, the longest first."""
    streets = inputs.streets
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(streets.xy[:, 0], streets.xy[:, 1])
    both = np.round(np.column_stack([lat, lon]), _PLACES)
    sizes = np.diff(streets.offsets)
    kept = np.sort(
        np.argsort(-sizes, kind="stable")[: np.searchsorted(np.cumsum(np.sort(sizes)[::-1]), _MOST_VERTICES)]
    )
    return [both[streets.offsets[at] : streets.offsets[at + 1]].ravel().tolist() for at in kept if sizes[at] > 1]


def _shapes(frame: gpd.GeoDataFrame) -> list[list[float]]:
    return [ring for shape in frame.geometry for ring in _rings(shapely.simplify(shape, 2e-5))]


def _rings(shape: shapely.Geometry) -> list[list[float]]:
    """Return the rings of polygons as lat, lon and so on."""
    rings = [
        ring for part in shapely.get_parts(shape) if part.geom_type == "Polygon" for ring in shapely.get_rings(part)
    ]
    return [np.round(shapely.get_coordinates(ring)[:, ::-1], _PLACES).ravel().tolist() for ring in rings]
