"""Where along the streets time runs out: the parts reached, their share of all streets, and what the map draws."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circles.analysis.access import CategoryReach, Walks
from circles.foundation.crs import WGS84, projected, to_crs
from circles.foundation.limits import inclusive
from circles.foundation.schema.tables import TABLES
from circles.foundation.types import F64
from circles.inputs.locating import inside
from circles.network import StreetNetwork, engine, isochrones
from circles.network.isochrones import Shores, concatenated


def metres_beyond(chosen: Sequence[CategoryReach], *, limit_min: float | Sequence[float]) -> F64:
    """Return, per edge, the metres from which not all of the categories chosen are within the limit, or each its own."""
    limits = [limit_min] * len(chosen) if isinstance(limit_min, int | float) else limit_min
    network = chosen[0].network
    length = network.edges["length_m"].to_numpy()
    every = np.arange(len(length))
    parts = concatenated([found.beyond(limit_min=own, rows=every) for found, own in zip(chosen, limits, strict=True)])
    start, stop = parts.from_fraction, parts.to_fraction.copy()
    # sorted by edge and start: what an earlier part of the same edge already covers counts once
    high = np.maximum.accumulate(stop + 2.0 * parts.edge) - 2.0 * parts.edge
    before = np.where(np.r_[True, parts.edge[1:] != parts.edge[:-1]], 0.0, np.r_[0.0, high[:-1]])
    fresh = np.maximum(0.0, stop - np.maximum(start, before))
    return np.asarray(np.bincount(parts.edge, weights=fresh * length[parts.edge], minlength=len(length)))


def township_of_edges(network: StreetNetwork, townships: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Return, per edge, the code of the township in which (or nearest to which) its middle lies."""
    middle = (network.offsets[:-1] + network.offsets[1:] - 1) // 2
    at = (network.xy[middle] + network.xy[np.minimum(middle + 1, network.offsets[1:] - 1)]) / 2
    shape = to_crs(townships.geometry, network.crs).to_numpy()
    codes = townships["code"].to_numpy(dtype=object)
    out = np.full(len(at), "", dtype=object)
    for number in reversed(range(len(shape))):
        out[inside(shape[number], at)] = codes[number]
    rest = np.flatnonzero(out == "")
    if len(rest):
        row, hit = shapely.STRtree(shape).query_nearest(shapely.points(at[rest]), all_matches=False)
        out[rest[row]] = codes[hit]
    return out


def draw(walks: Walks, reaches: Mapping[str, CategoryReach]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the tables ``service_areas`` (per category and break, and per facility at the limit) and ``reached_streets``."""
    area = walks.area
    breaks = sorted({*area.walk.breaks_min, area.walk.limit_min})
    ground = walks.network.islands
    shores = Shores([ground.geometry(i) for i in range(len(ground.names))] if len(ground.polygons) else None)
    whole = _together(list(reaches.values()), breaks, shores)
    shapes: list[gpd.GeoDataFrame] = []
    for found, of_category in zip(reaches.values(), whole, strict=True):
        shapes.append(of_category)
        shapes.append(_own_areas(found, area.walk.limit_min, shores))
    streets = [_streets(found, breaks) for found in reaches.values()]
    return _table("service_areas", shapes, area.crs), _table("reached_streets", streets, WGS84)


def _table(name: str, parts: list[gpd.GeoDataFrame], crs: str) -> gpd.GeoDataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        empty = TABLES[name].empty().drop(columns="geometry")
        return gpd.GeoDataFrame(empty, geometry=[], crs="EPSG:4326")
    table = gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry", crs=crs)
    return to_crs(table, WGS84)


def _together(reaches: Sequence[CategoryReach], breaks: Sequence[float], shores: Shores) -> list[gpd.GeoDataFrame]:
    """Return, per category, its isochrones, one row per break."""

    def areas(found: CategoryReach) -> gpd.GeoDataFrame:
        shapes = isochrones.nested_isochrones(
            found.edges, found.profile, limits_s=[limit * 60 for limit in breaks],
            speed_m_per_s=found.walker.speed_m_per_s, shores=shores,
        )  # fmt: skip
        return _drawn([(found.category, "", limit, shape) for limit, shape in zip(breaks, shapes, strict=True)])

    for found in reaches:
        _ = found.profile, found.edges.metres, found.edges.island_sets  # made once, not by every thread
    return engine.side_by_side(areas, reaches)


def _own_areas(found: CategoryReach, limit_min: float, shores: Shores) -> gpd.GeoDataFrame:
    """Return one row per facility: what it reaches by itself within the limit."""
    if not len(found.positions):
        return _drawn([])
    direction = found.direction
    indptr, node, seconds = found.network.graph(found.walker).reach(
        found.positions, limit_s=limit_min * 60, direction=direction
    )
    reached = (indptr, node.astype(np.int64), seconds)
    drawn = isochrones.facility_areas(
        found.edges, reached, found.positions, limits_s=[limit_min * 60], speed_m_per_s=found.walker.speed_m_per_s,
        direction=direction, shores=shores,
    )  # fmt: skip
    rows = zip(found.facility_ids.tolist(), drawn, strict=True)
    return _drawn([(found.category, facility, limit_min, shapes[0]) for facility, shapes in rows])


def _drawn(rows: list[tuple[str, str, float, shapely.Geometry]]) -> gpd.GeoDataFrame:
    kept = [row for row in rows if row[3] is not None and not row[3].is_empty]
    return gpd.GeoDataFrame(pd.DataFrame(kept, columns=TABLES["service_areas"].names), geometry="geometry")


def _streets(found: CategoryReach, breaks: Sequence[float]) -> gpd.GeoDataFrame:
    """Return one row per break: the streets within it and not within the break before, chained, in EPSG:4326."""
    bands = [
        isochrones.band_parts(found.profile, after_s=inclusive(after * 60), limit_s=inclusive(limit * 60))
        for after, limit in zip([-math.inf, *breaks[:-1]], breaks, strict=True)
    ]
    number = np.repeat(np.arange(len(bands)), [len(band) for band in bands])
    lines = isochrones.chained(found.edges, isochrones.strung(bands), number, len(bands))
    shapes = lines.shapes(projected(lines.xy, found.network.crs, WGS84))
    is_some = np.diff(lines.groups) > 0
    rows = pd.DataFrame({"category": found.category, "limit_min": np.asarray(breaks, dtype=float)[is_some]})
    return gpd.GeoDataFrame(rows, geometry=shapes[is_some])
