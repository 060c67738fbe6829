"""The hand-computable city, and a slow, independent way to every minute: for doctests, tests and notebooks.

The city is a lattice of straight streets 100 m apart, in a metric CRS, so that every distance can be read off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

CRS = "EPSG:4550"
ORIGIN = (500_000.0, 3_400_000.0)
"""Where the city's (0, 0) lies in ``CRS``: on the central meridian, near Shengsi's latitude."""
BLOCK_M = 100.0


def lattice_city(columns: int = 4, rows: int = 3) -> gpd.GeoDataFrame:
    """Return the streets of a city of ``columns`` × ``rows`` blocks: one line per block side, ``highway=residential``.

    Junction (i, j) lies at x = 100 i, y = 100 j metres from the origin.

    >>> len(lattice_city(2, 1))
    7
    """
    lines, names = [], []
    for j in range(rows + 1):
        for i in range(columns + 1):
            here = np.array([i, j]) * BLOCK_M + ORIGIN
            for step, within in (((1, 0), i < columns), ((0, 1), j < rows)):
                if within:
                    lines.append(shapely.LineString([here, here + np.array(step) * BLOCK_M]))
                    names.append(f"{i},{j}→{i + step[0]},{j + step[1]}")
    frame = {"street_id": np.arange(len(lines)), "name": names, "highway": "residential"}
    return gpd.GeoDataFrame(frame, geometry=lines, crs=CRS)


def places(rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    """Return a table of places whose ``x, y`` are metres from the city's origin, as an input file holds them."""
    frame = pd.DataFrame(list(rows))
    return frame.assign(x=frame["x"].astype(float) + ORIGIN[0], y=frame["y"].astype(float) + ORIGIN[1])


def write_city(
    folder: Path, streets: gpd.GeoDataFrame, facilities: pd.DataFrame, residents: pd.DataFrame, area_toml: str
) -> Path:
    """Write an area into ``folder`` and return its ``area.toml``."""
    streets.to_file(folder / "streets.gpkg", driver="GPKG")
    facilities.to_csv(folder / "facilities.csv", index=False)
    residents.to_csv(folder / "residents.csv", index=False)
    file = folder / "area.toml"
    file.write_text(area_toml, encoding="utf-8")
    return file


def brute_force(
    streets: Sequence[tuple[Sequence[tuple[float, float]], float, float]],
    sources: Sequence[tuple[int, float, float]],
    targets: Sequence[tuple[int, float, float]],
) -> np.ndarray:
    """Return the seconds from each source to each target by Dijkstra on a graph cut at every place, with networkx.

    Parameters
    ----------
    streets : (vertices, forward seconds per metre, backward seconds per metre); inf = closed. Streets meet where
        vertices are equal
    sources, targets : (street, metres along it, seconds of the leg)

    Returns
    -------
    (sources, targets) seconds, inf where there is no way
    """
    cuts: dict[int, set[float]] = {i: set() for i in range(len(streets))}
    for street, along, _ in (*sources, *targets):
        cuts[street].add(along)
    graph: nx.MultiDiGraph = nx.MultiDiGraph()
    node_at: dict[tuple[int, float], object] = {}
    for number, (vertices, forward, backward) in enumerate(streets):
        xy = np.asarray(vertices, dtype=float)
        at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
        stops: list[tuple[float, object]] = [(float(d), tuple(v)) for d, v in zip(at, xy.tolist(), strict=True)]
        for along in cuts[number]:
            near = min(stops, key=lambda stop: abs(stop[0] - along))
            node = near[1] if abs(near[0] - along) < 1e-9 else (number, along, "cut")
            node_at[number, along] = node
            if node != near[1]:
                stops.append((along, node))
        stops.sort(key=lambda stop: stop[0])
        for (d0, a), (d1, b) in pairwise(stops):
            for u, v, pace in ((a, b, forward), (b, a, backward)):
                if np.isfinite(pace):
                    graph.add_edge(u, v, weight=(d1 - d0) * pace)
        graph.add_nodes_from(node for _, node in stops)
    out = np.full((len(sources), len(targets)), np.inf)
    for i, (street, along, leg) in enumerate(sources):
        reached = nx.single_source_dijkstra_path_length(graph, node_at[street, along])
        for j, (other, there, other_leg) in enumerate(targets):
            out[i, j] = leg + reached.get(node_at[other, there], np.inf) + other_leg
    return out
