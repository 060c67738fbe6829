"""Missing links: found where a street ends near another, built for real, and named with what they bring."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import circles
from circles.testing import CRS, ORIGIN, area_toml, places, write_city

AREA = area_toml({"clinic": "plain"}, walk={"limit_min": 5, "snap_max_m": 50}, rules=[
    {"id": "near", "category": "clinic", "measure": "population_share", "threshold": 0.6},
])  # fmt: skip


def fork(folder, *, apart_m: float):
    """A clinic at the west end of 南街 (400 m); 北街, so many metres north of it from 100 m on, has no way to it."""
    x, y = ORIGIN
    lines = [
        shapely.LineString([(x, y), (x + 400, y)]),
        shapely.LineString([(x + 100, y + apart_m), (x + 400, y + apart_m)]),
    ]
    streets = gpd.GeoDataFrame({"name": ["南街", "北街"], "highway": "residential"}, geometry=lines, crs=CRS)
    facilities = places([{"id": "c", "name": "院", "category": "clinic", "x": 0, "y": 0}])
    homes = [("s", 50, 0, 40), ("n1", 150, apart_m, 30), ("n2", 390, apart_m, 30)]
    residents = places([{"id": i, "x": px, "y": py, "population": people} for i, px, py, people in homes])
    return circles.load_area(write_city(folder, streets, facilities, residents, AREA))


def test_a_missing_link_is_found_built_and_named(tmp_path):
    """60 m from the end of 北街 to 南街: n1 then walks 50 + 60 + 100 = 210 m, n2 450 m: 70 of 100 people, threshold 60."""
    result = circles.analyse(fork(tmp_path, apart_m=60), is_full=True)
    assert result.check.iloc[0]["value"] == 0.4
    row = result.least_change.query("change == 'link'").iloc[0]
    assert (row["names"], row["count"], row["newly_covered"], row["value"]) == ("北街—南街 60 m", 1, 30, 0.7)
    assert row["verdict"] == "met"
    ends = [tuple(map(float, corner.split(","))) for corner in row["coordinates"].split()]
    xy = gpd.GeoSeries(gpd.points_from_xy(*zip(*ends, strict=True)), crs="EPSG:4326").to_crs(CRS)
    assert [(round(p.x - ORIGIN[0], 2), round(p.y - ORIGIN[1], 2)) for p in xy] == [(100, 60), (100, 0)]
    # what the table promises is what a scenario with this link gives
    from circles.analysis.access import walks_of
    from circles.analysis.scenario import apply, read_scenario
    from circles.analysis.verdicts.of_area import judged
    from circles.inputs.loading import load

    area = circles.load_area(tmp_path / "area.toml")
    content = {"scenario": {"id": "x", "name": "x"}, "links": [{"id": "x", "coordinates": ends}]}
    changed = apply(load(area), read_scenario(content, area))
    assert judged(changed, walks_of(changed)).iloc[0]["value"] == row["value"]


@pytest.mark.parametrize("apart_m", [160, 320])
def test_what_is_too_far_apart_is_no_missing_link(tmp_path, apart_m):
    """Streets more than 150 m apart need a road, not a link: none is proposed."""
    table = circles.analyse(fork(tmp_path, apart_m=apart_m), is_full=True).least_change
    assert "link" not in set(table["change"])
    assert isinstance(table, pd.DataFrame)


def test_a_link_over_water_is_none(tmp_path):
    """Where the sea lies between two streets, the gap is a bridge's, not a link's."""
    x, y = ORIGIN
    area = fork(tmp_path, apart_m=60)
    shores = [shapely.box(x - 50, y - 50, x + 450, y + 10), shapely.box(x + 50, y + 40, x + 450, y + 120)]
    land = gpd.GeoDataFrame(
        {"name": ["岛"]}, geometry=[shapely.union_all([*shores, shapely.box(x + 440, y, x + 450, y + 100)])], crs=CRS
    )
    land.to_crs("EPSG:4326").to_file(tmp_path / "land.geojson")
    text = area.file.read_text(encoding="utf-8").replace("[walk]", 'land = "land.geojson"\n\n[walk]', 1)
    area.file.write_text(text, encoding="utf-8")
    table = circles.analyse(circles.load_area(area.file), is_full=True).least_change
    assert "link" not in set(table["change"])
