"""The hand-computable city, and a slow, independent computation of travel times: for doctests, tests and notebooks.

The city is a lattice of straight streets 100 m apart, in a metric CRS, so that every distance can be read off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
import tomlkit

CRS = "EPSG:4550"
ORIGIN = (500_000.0, 3_400_000.0)
"""Where the city's (0, 0) lies in ``CRS``: on the central meridian, near Shengsi's latitude."""
BLOCK_M = 100.0
PLAIN = {"speed_m_per_s": 1.0, "steps_m_per_s": 0.5, "uses_slope": False}
"""A walker whose travel times are read off: a second a metre."""


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
    """Write an area into ``folder`` and return its ``area.toml``.

    Parameters
    ----------
    folder : an existing folder
    streets : lines with a CRS, for ``streets.gpkg``
    facilities, residents : for ``facilities.csv`` and ``residents.csv``
    area_toml : content of ``area.toml``
    """
    streets.to_file(folder / "streets.gpkg", driver="GPKG")
    facilities.to_csv(folder / "facilities.csv", index=False)
    residents.to_csv(folder / "residents.csv", index=False)
    file = folder / "area.toml"
    file.write_text(area_toml, encoding="utf-8")
    return file


def area_toml(
    categories: Mapping[str, str | Mapping[str, object]],
    *,
    rules: Iterable[Mapping[str, object]] = (),
    walkers: Mapping[str, Mapping[str, object]] | None = None,
    walk: Mapping[str, object] | None = None,
    data: Mapping[str, object] | None = None,
) -> str:
    """Return an area file for `write_city`: what a case is about, with plain values for all that it does not ask about.

    Parameters
    ----------
    categories : id → the walker's id, or all keys of the category; the name is the id if left out
    rules : keys of each rule; ``source`` and ``status`` are made up if left out
    walkers : id → keys of the walker; one called ``plain`` if left out, at 1 m/s, 0.5 m/s on steps, slopes ignored
    walk, data : keys of these tables, beside those that name the files of `write_city`

    >>> text = area_toml({"clinic": "plain"}, walk={"limit_min": 5.0})
    >>> text[text.index("[walk]") :].split()[:4]
    ['[walk]', 'limit_min', '=', '5.0']
    """
    files: dict[str, object] = {
        "network": "streets.gpkg", "facilities": ["facilities.csv"], "residents": "residents.csv"
    }  # fmt: skip
    own = {i: {"profile": item} if isinstance(item, str) else dict(item) for i, item in categories.items()}
    document = {
        "area": {"id": "case", "name": "案例", "crs": CRS, "as_of": dt.date(2024, 12, 31)},
        "data": files | dict(data or {}),
        "walk": {**(walk or {}), "profiles": {i: dict(w) for i, w in (walkers or {"plain": PLAIN}).items()}},
        "categories": [{"id": i, "name": i, **item} for i, item in own.items()],
        "rules": [{"source": "made up", "status": "adopted", **rule} for rule in rules],
    }
    return tomlkit.dumps({name: table for name, table in document.items() if table})


_COUNTY = """[area]
id = "{id}"
name = "{name}"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = "streets.parquet"
facilities = ["facilities.csv"]
land = "land.parquet"
townships = "townships.parquet"
residents = "residents.csv"
[[categories]]
id = "clinic"
name = "卫生院"
profile = "adult"
[[categories]]
id = "childcare"
name = "托育点"
profile = "carer"
[[rules]]
id = "clinic-town"
category = "clinic"
measure = "population_share"
threshold = 0.8
source = "generated"
status = "assumed"
[[rules]]
id = "childcare-count"
category = "childcare"
measure = "facility_count"
threshold = 1
source = "generated"
status = "assumed"
"""


def write_county(
    folder: Path, *, name: str, side: int, seed: int, residents: int, facilities: int, islands: int = 2
) -> Path:
    """Write a generated county into ``folder`` and return its ``area.toml``.

    Each island is one township: a lattice with a tenth of its streets missing and some of them steps, 300 m of water
    from the next island. The same arguments give the same bytes.

    Parameters
    ----------
    folder : an existing folder
    name : name of the area
    side : blocks of 100 m along each side of an island
    seed : seed of the random numbers
    residents, facilities : numbers of rows, over all islands
    islands : number of islands
    """
    random = np.random.default_rng(seed)
    lines, highway, ground, towns = [], [], [], []
    for island in range(islands):
        east = island * (side * BLOCK_M + 300.0)
        i, j = (grid.ravel() for grid in np.meshgrid(np.arange(side + 1), np.arange(side + 1)))
        for step_x, step_y in ((1, 0), (0, 1)):
            within = (i + step_x <= side) & (j + step_y <= side) & (random.random(len(i)) > 0.1)
            start = np.column_stack([i[within] * BLOCK_M + east, j[within] * BLOCK_M]) + ORIGIN
            end = start + np.array([step_x, step_y]) * BLOCK_M
            lines.append(shapely.linestrings(np.stack([start, end], axis=1)))
            highway.append(np.where(random.random(within.sum()) < 0.02, "steps", "residential"))
        box = shapely.box(
            *(np.array([east, 0.0]) + ORIGIN - 40), *(np.array([east, 0.0]) + ORIGIN + side * BLOCK_M + 40)
        )
        ground.append((f"岛{island + 1}", box))
        towns.append((f"{island + 1:03d}", f"{name}{island + 1}镇", "town", box))
    shapes = np.concatenate(lines)
    frame = {"street_id": np.arange(len(shapes)), "highway": np.concatenate(highway)}
    gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS).to_parquet(folder / "streets.parquet", index=False)
    land = gpd.GeoDataFrame(ground, columns=["island", "geometry"], geometry="geometry", crs=CRS)
    land.to_parquet(folder / "land.parquet", index=False)
    table = gpd.GeoDataFrame(towns, columns=["code", "name", "class", "geometry"], geometry="geometry", crs=CRS)
    table.to_parquet(folder / "townships.parquet", index=False)
    for file, count in (("residents", residents), ("facilities", facilities)):
        at = random.integers(0, islands, count)
        x = random.random(count) * side * BLOCK_M + at * (side * BLOCK_M + 300.0) + ORIGIN[0]
        y = random.random(count) * side * BLOCK_M + ORIGIN[1]
        rows = pd.DataFrame({"id": [f"{file[0]}{n}" for n in range(count)], "x": x.round(1), "y": y.round(1)})
        if file == "residents":
            rows["population"] = random.integers(1, 60, count)
        else:
            rows["name"] = rows["id"]
            rows["category"] = np.where(np.arange(count) % 2 == 0, "clinic", "childcare")
        rows.to_csv(folder / f"{file}.csv", index=False)
    area = folder / "area.toml"
    area.write_text(_COUNTY.format(id=folder.name, name=name), encoding="utf-8", newline="\n")
    return area


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
    sources, targets : (street, metres along it, seconds of the access leg)

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
