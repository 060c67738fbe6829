"""Where along the streets time runs out: the parts reached, their share of all streets, and what the map draws."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circles import service_areas
from circles.area import Direction
from circles.network import TOLERANCE_S, StreetNetwork
from circles.reach import CategoryReach, Walks
from circles.service_areas import Edges, Parts, Shores
from circles.tables import TABLES
from circles.walking import Walker

Floats = npt.NDArray[np.float64]


def edges_of(network: StreetNetwork, walker: Walker) -> Edges:
    """Return the streets as one walker finds them."""
    forward, backward = network.seconds(walker)
    e = network.edges
    return Edges(
        e["tail"].to_numpy(), e["head"].to_numpy(), forward, backward, network.offsets, network.xy,
        network.island_indptr, network.island_index,
    )  # fmt: skip


def way(direction: Direction) -> Literal["to", "from"]:
    """Return the direction as the network knows it."""
    return "to" if direction is Direction.TO_FACILITY else "from"


def profile(found: CategoryReach, edges: Edges) -> Parts:
    """Return the seconds to the nearest facility of a category along every street."""
    node = found.node_seconds
    return service_areas.time_profile(
        edges, node[edges.tail], node[edges.head], found.positions, direction=way(found.direction)
    )


def beyond(found: CategoryReach, edges: Edges, *, limit_min: float, rows: npt.NDArray[np.int64] | None = None) -> Parts:
    """Return the parts of streets from which no facility is within the limit."""
    limit_s = limit_min * 60 + TOLERANCE_S
    return service_areas.beyond_parts(profile(found, edges), edges, limit_s=limit_s, rows=rows)


def street_share(
    network: StreetNetwork, chosen: Sequence[CategoryReach], mine: npt.NDArray[np.int64], *, limit_min: float
) -> tuple[float, float]:
    """Return ``(reached_m, total_m)`` of the edges ``mine``: within the limit of all the categories chosen."""
    length = network.edges["length_m"].to_numpy()
    total = math.fsum(length[mine].tolist())
    lost = [beyond(found, edges_of(network, found.walker), limit_min=limit_min, rows=mine) for found in chosen]
    return total - _length_of_union(lost, length), total


def _length_of_union(parts: Sequence[Parts], length: Floats) -> float:
    """Return the metres that are in any of the lists of parts."""
    edge = np.concatenate([p.edge for p in parts])
    start = np.concatenate([p.from_fraction for p in parts])
    stop = np.concatenate([p.to_fraction for p in parts])
    order = np.lexsort((start, edge))
    metres: list[float] = []
    last, high = -1, 0.0
    for i in order.tolist():
        if edge[i] != last:
            last, high = int(edge[i]), 0.0
        metres.append(max(0.0, stop[i] - max(start[i], high)) * length[last])
        high = max(high, stop[i])
    return math.fsum(metres)


def township_of_edges(network: StreetNetwork, townships: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Return, per edge, the code of the township in which (or nearest to which) its middle lies."""
    middle = (network.offsets[:-1] + network.offsets[1:] - 1) // 2
    at = (network.xy[middle] + network.xy[np.minimum(middle + 1, network.offsets[1:] - 1)]) / 2
    shape = townships.to_crs(network.crs).geometry.to_numpy()
    codes = townships["code"].to_numpy(dtype=object)
    out = np.full(len(at), "", dtype=object)
    for number in reversed(range(len(shape))):
        shapely.prepare(shape[number])
        out[shapely.intersects_xy(shape[number], at[:, 0], at[:, 1])] = codes[number]
    rest = np.flatnonzero(out == "")
    if len(rest):
        row, hit = shapely.STRtree(shape).query_nearest(shapely.points(at[rest]), all_matches=False)
        out[rest[row]] = codes[hit]
    return out


def draw(walks: Walks, reaches: Mapping[str, CategoryReach]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the tables ``service_areas`` (per category and break, and per facility at the limit) and ``reached_streets``."""
    area = walks.area
    breaks = sorted({*area.walk.breaks_min, area.walk.limit_min})
    shapes: list[gpd.GeoDataFrame] = []
    streets: list[gpd.GeoDataFrame] = []
    ground = walks.network.islands
    shores = Shores([ground.geometry(i) for i in range(len(ground.names))] if len(ground.polygons) else None)
    for found in reaches.values():
        edges = edges_of(walks.network, found.walker)
        shapes.append(_areas(found, edges, breaks, shores))
        shapes.append(_own_areas(found, edges, area.walk.limit_min, shores))
        streets.append(_streets(walks, found, edges, breaks))
    return _table("service_areas", shapes, area.crs), _table("reached_streets", streets, area.crs)


def _table(name: str, parts: list[gpd.GeoDataFrame], crs: str) -> gpd.GeoDataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        empty = TABLES[name].empty().drop(columns="geometry")
        return gpd.GeoDataFrame(empty, geometry=[], crs="EPSG:4326")
    return gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry", crs=crs).to_crs("EPSG:4326")


def _areas(found: CategoryReach, edges: Edges, breaks: Sequence[float], shores: Shores) -> gpd.GeoDataFrame:
    """Return one row per break: the category as a whole."""
    node = found.node_seconds
    whole = service_areas.areas_for(
        edges, node[edges.tail], node[edges.head], found.positions, limits_s=[limit * 60 for limit in breaks],
        speed_m_per_s=found.walker.speed_m_per_s, direction=way(found.direction), shores=shores,
    )  # fmt: skip
    return _drawn([(found.category, "", limit, shape) for limit, shape in zip(breaks, whole, strict=True)])


def _own_areas(found: CategoryReach, edges: Edges, limit_min: float, shores: Shores) -> gpd.GeoDataFrame:
    """Return one row per facility: what it reaches by itself within the limit."""
    if not len(found.positions):
        return _drawn([])
    direction = way(found.direction)
    reached = found.network.graph(found.walker).reach(found.positions, limit_s=limit_min * 60, direction=direction)
    drawn = service_areas.facility_areas(
        edges, reached, found.positions, limits_s=[limit_min * 60], speed_m_per_s=found.walker.speed_m_per_s,
        direction=direction, shores=shores,
    )  # fmt: skip
    rows = zip(found.facility_ids.tolist(), drawn, strict=True)
    return _drawn([(found.category, facility, limit_min, shapes[0]) for facility, shapes in rows])


def _drawn(rows: list[tuple[str, str, float, shapely.Geometry]]) -> gpd.GeoDataFrame:
    kept = [row for row in rows if row[3] is not None and not row[3].is_empty]
    return gpd.GeoDataFrame(pd.DataFrame(kept, columns=TABLES["service_areas"].names), geometry="geometry")


def _streets(walks: Walks, found: CategoryReach, edges: Edges, breaks: Sequence[float]) -> gpd.GeoDataFrame:
    along = profile(found, edges)
    parts = []
    street_id = walks.network.edges["street_id"].to_numpy()
    for after, limit in zip([-math.inf, *breaks[:-1]], breaks, strict=True):
        after_s = after * 60 + TOLERANCE_S
        band = service_areas.band_parts(along, after_s=after_s, limit_s=limit * 60 + TOLERANCE_S)
        lines = service_areas.part_lines(edges, band)
        frame = pd.DataFrame({"category": found.category, "limit_min": limit, "street_id": street_id[band.edge]})
        parts.append(gpd.GeoDataFrame(frame, geometry=lines))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry")
