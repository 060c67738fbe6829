"""100,000 residents and 10,000 facilities: read, checked and put into islands and townships; and the same files merely read.

The third row is `circles doctor` on the two tables alone, cell by cell.

    python benchmarks/inputs.py [--residents 100000] [--facilities 10000] [--repeat 3] [--profile]

The peer is what a script would do with pandas and GeoPandas: `read_csv`, points, a spatial join with the townships. It
checks nothing. Files are made with a fixed seed; the first run of each is not counted.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

AREA = """
[area]
id = "bench"
name = "测试县"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = "streets.geojson"
facilities = ["facilities.csv"]
residents = "residents.csv"
townships = "townships.geojson"
land = "land.geojson"
"""


def make(folder: Path, residents: int, facilities: int) -> Path:
    """Write an area of 5 × 4 townships on one island with a coast of 4,000 vertices."""
    rng = np.random.default_rng(330922)
    west, south, side = 122.0, 30.5, 0.1
    boxes, codes = [], []
    for row in range(4):
        for column in range(5):
            boxes.append(
                shapely.box(
                    west + column * side, south + row * side, west + (column + 1) * side, south + (row + 1) * side
                )
            )
            codes.append(f"3309221{row}{column}")
    towns = gpd.GeoDataFrame({"code": codes, "name": [f"第{c}镇" for c in codes]}, geometry=boxes, crs=4326)
    towns.to_file(folder / "townships.geojson", driver="GeoJSON")
    turn = np.linspace(0, 2 * np.pi, 4000, endpoint=False)
    ring = np.column_stack([122.25 + 0.3 * np.cos(turn) * (1 + 0.01 * np.sin(90 * turn)), 30.7 + 0.25 * np.sin(turn)])
    land = gpd.GeoDataFrame({"island": ["大岛"]}, geometry=[shapely.Polygon(ring)], crs=4326)
    land.to_file(folder / "land.geojson", driver="GeoJSON")

    def places(n: int) -> dict[str, np.ndarray]:
        return {"lon": rng.uniform(122.02, 122.48, n).round(7), "lat": rng.uniform(30.55, 30.85, n).round(7)}

    people = {
        "id": [f"r{i}" for i in range(residents)],
        **places(residents),
        "population": rng.integers(1, 90, residents),
    }
    pd.DataFrame(people | {"age_0_2": 0, "age_60_plus": 1}).to_csv(folder / "residents.csv", index=False)
    kinds = np.array(["托育点", "助餐点", "卫生院", "体育设施"])[rng.integers(0, 4, facilities)]
    rows = {
        "编号": [f"f{i}" for i in range(facilities)],
        "名称": [f"设施{i}号" for i in range(facilities)],
        "类别": kinds,
    }
    more = {"托位数": "50", "建设状态": "已建", "更新日期": "2024-05-01"}
    where = {"经度" if k == "lon" else "纬度": v for k, v in places(facilities).items()}
    pd.DataFrame(rows | where | more).to_csv(folder / "facilities.csv", index=False)
    (folder / "streets.geojson").write_text("{}", encoding="utf-8")
    (folder / "area.toml").write_text(AREA, encoding="utf-8")
    return folder / "area.toml"


def circles(file: Path):
    """Read and check everything but the streets."""
    from circles import load_area
    from circles.inputs import checks
    from circles.inputs.locating import placed, project
    from circles.inputs.readers import places, polygons, residents
    from circles.network import islands

    def load():
        area = load_area(file)
        townships, _ = polygons.read_townships(area)
        land, _ = polygons.read_land(area)
        facilities, _ = places.read_facilities(area)
        people, _ = residents.read_residents(area)
        found = checks.check(area, facilities, people, townships, land)
        ground = islands(land.to_crs(area.crs))
        for name, table in (("facilities", facilities), ("residents", people)):
            placed(area, table, project(table, area.crs), ground=ground, towns=townships, table=name)
        return len(facilities), len(people), len(found)

    return load


def doctor(file: Path):
    """Look through the two tables as `circles doctor` does."""
    from circles.inputs.examine import examine

    def load():
        seen = [examine(file.parent / f"{name}.csv") for name in ("facilities", "residents")]
        return "", "", sum(len(one.findings) for one in seen)

    return load


def geopandas(file: Path):
    """Read the same files and join them with the townships, checking nothing."""

    def load():
        towns = gpd.read_file(file.parent / "townships.geojson")
        gpd.read_file(file.parent / "land.geojson")
        counts = []
        for name, lon, lat in (("facilities", "经度", "纬度"), ("residents", "lon", "lat")):
            table = pd.read_csv(file.parent / f"{name}.csv")
            points = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table[lon], table[lat]), crs=4326)
            counts.append(len(points.sjoin(towns, how="left")))
        return (*counts, 0)

    return load


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--residents", type=int, default=100_000)
    parser.add_argument("--facilities", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = make(Path(folder), arguments.residents, arguments.facilities)
        medians = {}
        print(f"{'reader':12}{'median s':>10}{'CPU s':>10}{'facilities':>12}{'residents':>11}{'findings':>10}")
        for name, reader in (("circles", circles(file)), ("doctor", doctor(file)), ("geopandas", geopandas(file))):
            reader()
            walls, cpus, counts = [], [], ()
            for _ in range(arguments.repeat):
                wall, cpu = time.perf_counter(), time.process_time()
                counts = reader()
                walls.append(time.perf_counter() - wall)
                cpus.append(time.process_time() - cpu)
            medians[name] = statistics.median(cpus)
            print(
                f"{name:12}{statistics.median(walls):10.2f}{medians[name]:10.2f}{counts[0]:12}{counts[1]:11}{counts[2]:10}"
            )
        print(f"circles / geopandas (CPU): {medians['circles'] / medians['geopandas']:.1f}")
        if arguments.profile:
            profile = cProfile.Profile()
            profile.runcall(circles(file))
            pstats.Stats(profile).sort_stats("cumulative").print_stats(35)


if __name__ == "__main__":
    main()
