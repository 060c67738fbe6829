"""The picture of the public edition: land, townships and the areas within reach of each kind, as SVG."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from circles.foundation.budgets import OWN
from circles.inputs.guards.child import reading
from circles.inputs.guards.files import check_file
from circles.inputs.readers import raw
from circles.outputs.text import visible

_WIDE = 460.0
_STEP_DEG = 2e-4
"""About twenty metres: lines are drawn no finer, so that nobody measures them."""
_FILL = "#9cc3e6"


@dataclass(frozen=True)
class Layers:
    """What is drawn: polygons of land, townships (``name``) and areas within the limit (``category``), EPSG:4326."""

    land: gpd.GeoDataFrame
    townships: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame


@reading()
def read_layers(file: Path) -> Layers:
    """Return the layers of ``circles.gpkg`` that the public may see; no point of any kind is read.

    Raises
    ------
    InputError
        The file is missing, damaged or lacks a layer.
    """
    check_file(file)
    land, townships, areas = (
        raw.layer(file, file.name, layer=name, budget=OWN, IMMUTABLE="YES")
        for name in ("land", "townships", "service_areas")
    )
    whole = areas[areas["facility_id"].fillna("").astype(str) == ""] if "facility_id" in areas else areas
    return Layers(land, townships, whole)


def picture(layers: Layers, said: Mapping[str, Any]) -> str:
    """Return a small map per kind of service as one SVG element."""
    frames = [frame for frame in (layers.land, layers.townships) if len(frame)]
    if not frames:
        return ""
    west, south, east, north = _box(frames)
    shrink = math.cos(math.radians((south + north) / 2))
    scale = _WIDE / max((east - west) * shrink, 1e-9)
    high = (north - south) * scale

    def path(geometry: Any) -> str:
        return _path(geometry, west, north, scale, shrink)

    ground = "".join(f'<path d="{path(shape)}"/>' for shape in layers.land.geometry)
    borders = "".join(f'<path d="{path(shape)}"/>' for shape in layers.townships.geometry)
    labels = "".join(
        f'<text x="{(point.x - west) * scale * shrink:.0f}" y="{(north - point.y) * scale:.0f}">{_safe(name)}</text>'
        for name, point in zip(layers.townships["name"], layers.townships.geometry.representative_point(), strict=True)
    )
    parts, last = [], layers.areas["limit_min"].max() if len(layers.areas) else 0
    for number, head in enumerate(said["heads"]):
        own = layers.areas[(layers.areas["category"] == head["category"]) & (layers.areas["limit_min"] == last)]
        reach = "".join(f'<path d="{path(shape)}"/>' for shape in own.geometry)
        x, y = (number % 2) * (_WIDE + 20), (number // 2) * (high + 50)
        parts.append(
            f'<g transform="translate({x:.0f} {y + 30:.0f})"><text class="t" x="0" y="-8">{_safe(head["name"])}</text>'
            f'<g fill="#e9e6df" stroke="#b9b2a4" stroke-width=".5">{ground}</g><g fill="{_FILL}">{reach}</g>'
            f'<g fill="none" stroke="#7c8894" stroke-width=".6" stroke-dasharray="3 2">{borders}</g>'
            f'<g font-size="11" text-anchor="middle">{labels}</g></g>'
        )
    rows = math.ceil(len(said["heads"]) / 2)
    return (
        f'<svg viewBox="0 0 {2 * _WIDE + 20:.0f} {rows * (high + 50):.0f}" xmlns="http://www.w3.org/2000/svg" '
        f'font-family="sans-serif" font-size="16" role="img">{"".join(parts)}</svg>'
    )


def _box(frames: list[gpd.GeoDataFrame]) -> tuple[float, float, float, float]:
    bounds = np.array([frame.total_bounds for frame in frames])
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _path(geometry: Any, west: float, north: float, scale: float, shrink: float) -> str:
    """Return a geometry's outlines as an SVG path, simplified."""
    lines = []
    for part in shapely.get_parts(shapely.simplify(geometry, _STEP_DEG)):
        if part.geom_type != "Polygon" or part.is_empty:
            continue
        for ring in (part.exterior, *part.interiors):
            xy = np.asarray(ring.coords)[:, :2]
            dots = [f"{(x - west) * scale * shrink:.1f} {(north - y) * scale:.1f}" for x, y in xy]
            lines.append("M" + "L".join(dots) + "Z")
    return "".join(lines)


def _safe(value: object) -> str:
    return html.escape(visible(str(value)), quote=True)
