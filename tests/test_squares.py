"""Squares walked across: with ``cross_squares`` every minute is the optimum of the visibility graph, by another method."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer
from test_osm import Map

import circles
from circles.inputs.loading import load
from circles.network.passability import ACROSS
from circles.testing import CRS, ORIGIN, lattice_city, places, write_city

TOML = """
[area]
id = "city"
name = "广场"
crs = "EPSG:{crs}"
as_of = 2024-12-31
[data]
network = "{network}"
facilities = ["facilities.csv"]
residents = "residents.csv"
[walk]
limit_min = 5
snap_max_m = 80
fragment_max_m = 0
cross_squares = {crossed}
[walk.profiles.plain]
speed_m_per_s = 1.25
steps_m_per_s = 0.5
uses_slope = false
[[categories]]
id = "clinic"
name = "卫生院"
profile = "plain"
[[rules]]
id = "near"
category = "clinic"
measure = "population_share"
threshold = 0.6
source = "paper"
status = "adopted"
"""


def minutes(folder: Path, streets, shops, homes, *, crossed: bool) -> pd.DataFrame:
    """Return the access of an area of lines; places are ``(x, y)`` in metres from the corner."""
    folder.mkdir()
    facilities = places(
        [{"id": f"f{i}", "name": "点", "category": "clinic", "x": x, "y": y} for i, (x, y) in enumerate(shops)]
    )
    residents = places([{"id": f"r{i}", "x": x, "y": y, "population": 1} for i, (x, y) in enumerate(homes)])
    toml = TOML.format(network="streets.gpkg", crossed=str(crossed).lower(), crs=4550)
    return circles.analyse(circles.load_area(write_city(folder, streets, facilities, residents, toml))).access


def test_a_square_is_crossed_on_the_straight(tmp_path: Path) -> None:
    """Hand-derived: along the outline 200 m, across 141.4 m; from the middle of a side 50 or 111.8 m; from inside 50 m."""
    square = shapely.LineString(np.array([(100, 0), (200, 0), (200, 100), (100, 100), (100, 0)]) + ORIGIN)
    streets = lattice_city(4, 3)
    streets["area"] = ""
    one = {"street_id": 99, "name": "广场", "highway": "pedestrian", "area": "yes"}
    streets = pd.concat(
        [streets, gpd.GeoDataFrame([one], geometry=[square], crs=CRS)], ignore_index=True
    )  # the sides are streets as well, which changes nothing
    homes = [(100.0, 0.0), (150.0, 0.0), (150.0, 50.0), (80.0, 0.0)]
    along = minutes(tmp_path / "a", streets, [(200.0, 100.0)], homes, crossed=False)["minutes"] * 75
    across = minutes(tmp_path / "b", streets, [(200.0, 100.0)], homes, crossed=True)["minutes"] * 75
    assert along.tolist() == pytest.approx([200, 150, 50 + 150, 220])
    assert across.tolist() == pytest.approx([20000**0.5, 12500**0.5, 5000**0.5, 20 + 20000**0.5])


def test_a_run_without_the_option_has_no_trace_of_it(tmp_path: Path) -> None:
    """Left out or false, run id, parameters and network are one and the same, and parameters do not name the option."""
    streets = lattice_city(2, 2).assign(area="")
    runs = []
    for name, line in (("a", "cross_squares = false\n"), ("b", "")):
        minutes(tmp_path / name, streets, [(0.0, 0.0)], [(100.0, 50.0)], crossed=False)
        file = tmp_path / name / "area.toml"
        text = file.read_text(encoding="utf-8").replace("cross_squares = false\n", line)
        (tmp_path / "both.toml").write_text(text, encoding="utf-8")
        file.write_text(text, encoding="utf-8")
        run = circles.analyse(circles.load_area(file)).run
        assert "cross_squares" not in run["parameters"]["walk"]
        runs.append((run["parameters"], run["network_sha256"]))
    assert runs[0] == runs[1]


STAR = [
    (0, 0),
    (120, 0),
    (120, 40),
    (60, 45),
    (120, 55),
    (120, 130),
    (70, 130),
    (65, 80),
    (55, 130),
    (0, 130),
    (15, 60),
]
HOLE = [(30, 15), (50, 15), (50, 38), (30, 38)]
ENTRIES = {2: [(180, 40), (180, 90), (220, 90)], 9: [(-60, 150)], 4: [(180, 90)]}


def _county(folder: Path, shops: np.ndarray, homes: np.ndarray) -> tuple[circles.Area, dict]:
    """An extract with a concave square, a hole in it, and three streets that end on its outline."""
    back = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    osm, number, known = Map(), 0, {}

    def node(x: float, y: float) -> int:
        nonlocal number
        if (x, y) not in known:
            number += 1
            known[x, y] = number
            lon, lat = back.transform(x + ORIGIN[0], y + ORIGIN[1])
            osm.parts.append(f'<node id="{number}" version="1" lon="{lon:.7f}" lat="{lat:.7f}"></node>')
        return known[x, y]

    outer, inner = ([node(*p) for p in ring] for ring in (STAR, HOLE))
    ways = [[node(*STAR[at]), *(node(*p) for p in line)] for at, line in ENTRIES.items()]
    osm.way(1, [*outer[:6], outer[5]][:6]).way(2, [*outer[5:], outer[0]]).way(3, [*inner, inner[0]])
    osm.relation(
        9, [("w", 1, "outer"), ("w", 2, "outer"), ("w", 3, "inner")], type="multipolygon", highway="pedestrian"
    )
    for at, refs in enumerate(ways):
        osm.way(20 + at, refs, highway="residential")
    folder.mkdir(exist_ok=True)
    (folder / "x.osm").write_text(osm.text(), encoding="utf-8")
    tables = {"facilities": shops, "residents": homes}
    for name, xy in tables.items():
        frame = places([{"id": f"{name[0]}{i}", "x": x, "y": y} for i, (x, y) in enumerate(xy.tolist())])
        frame = frame.assign(name="点", category="clinic") if name == "facilities" else frame.assign(population=1)
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "area.toml").write_text(TOML.format(network="x.osm", crossed="true", crs=4550), encoding="utf-8")
    there = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)

    def metric(points: list[tuple[float, float]]) -> np.ndarray:
        lonlat = [back.transform(x + ORIGIN[0], y + ORIGIN[1]) for x, y in points]
        return np.array([there.transform(round(a, 7), round(b, 7)) for a, b in lonlat])

    ground = {
        "square": shapely.Polygon(metric(STAR), [metric(HOLE)]),
        "ways": [metric([STAR[at], *line]) for at, line in ENTRIES.items()],
    }
    return circles.load_area(folder / "area.toml"), ground


def _least(ground: dict, shops: np.ndarray, homes: np.ndarray) -> np.ndarray:
    """Return the metres from each home to each facility: Dijkstra over every pair of points that see each other."""
    square, ways = ground["square"], [shapely.LineString(way) for way in ground["ways"]]
    room = square.buffer(1e-7, join_style="mitre")
    things = [square, *ways]
    graph, on_square, on_way = nx.Graph(), [], {number: [] for number in range(len(ways))}
    rings = [square.exterior, *square.interiors]
    on_square += [tuple(p) for ring in rings for p in np.asarray(ring.coords)[:-1].tolist()]
    for number, way in enumerate(ways):
        on_way[number] += [tuple(p) for p in way.coords]
    for letter, xy in (("h", homes), ("s", shops)):
        for at, (x, y) in enumerate((xy + ORIGIN).tolist()):
            point = shapely.Point(x, y)
            nearest = int(np.argmin([thing.distance(point) for thing in things]))
            foot = shapely.shortest_line(things[nearest], point).coords[0]
            graph.add_edge((letter, at), (foot, nearest), weight=things[nearest].distance(point))
            graph.add_edge((foot, nearest), foot, weight=0.0)
            (on_square if nearest == 0 else on_way[nearest - 1]).append(foot)
    for a, b in combinations(dict.fromkeys(on_square), 2):
        if room.covers(shapely.LineString([a, b])):
            graph.add_edge(a, b, weight=float(np.hypot(a[0] - b[0], a[1] - b[1])))
    for number, way in enumerate(ways):
        stops = sorted(dict.fromkeys(on_way[number]), key=lambda p: way.project(shapely.Point(p)))
        for a, b in pairwise(stops):
            graph.add_edge(a, b, weight=way.project(shapely.Point(b)) - way.project(shapely.Point(a)))
    out = np.full((len(homes), len(shops)), np.inf)
    for at in range(len(homes)):
        far = nx.single_source_dijkstra_path_length(graph, ("h", at))
        out[at] = [far.get(("s", one), np.inf) for one in range(len(shops))]
    return out


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_minutes_over_a_square_are_the_visibility_optimum(tmp_path: Path, seed: int) -> None:
    """A concave square with a hole: homes and places inside, in the hole, around and along the streets."""
    rng = np.random.default_rng(seed)
    shops = np.concatenate([rng.uniform((-10, -10), (130, 140), (2, 2)), [[40.0, 25.0], [200.0, 85.0]][: seed % 2 + 1]])
    homes = np.concatenate([rng.uniform((-20, -20), (230, 160), (50, 2)), [[35.0, 30.0], [60.0, 44.0], [1.0, 1.0]]])
    area, ground = _county(tmp_path / "x", shops, homes)
    result = circles.analyse(area)
    metres = result.access["minutes"].to_numpy() * 75
    wanted = _least(ground, shops, homes).min(axis=1)
    is_near = np.array(
        [min(t.distance(shapely.Point(*p)) for t in (ground["square"], *map(shapely.LineString, ground["ways"]))) <= 80
         for p in (homes + ORIGIN).tolist()]
    )  # fmt: skip
    assert is_near.sum() > 40
    assert np.isnan(metres[~is_near]).all()
    assert metres[is_near] == pytest.approx(wanted[is_near], abs=1e-4)
    inputs = load(area)
    edges = inputs.network.edges
    assert (edges["source"] == ACROSS).any()
    mapped = edges["length_m"][edges["source"] != ACROSS].sum()
    assert inputs.network.connected[1].max() == pytest.approx(mapped)  # ways across a square make no piece longer
    assert "lines-cross" not in set(result.findings["code"])
    assert (result.findings["code"] == "squares-crossed").sum() == 1
