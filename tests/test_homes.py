"""People without points of their own: spread along streets by village, and scaled to the totals of townships."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import circles
from circles.area import VillagePeople
from circles.foundation import words
from circles.foundation.errors import InputError
from circles.foundation.schema.tables import ALL, NONE, TABLES, Streets
from circles.inputs.loading import load
from circles.inputs.population import control, spread
from circles.network import islands
from circles.outputs import files
from circles.testing import BLOCK_M, CRS, ORIGIN, lattice_city, places, write_city

AREA = """
[area]
id = "city"
name = "方格城"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = "streets.gpkg"
facilities = ["facilities.csv"]
{data}
[[categories]]
id = "clinic"
name = "卫生院"
profile = "adult"
"""
CLINIC = places([{"id": "c1", "name": "甲", "category": "clinic", "x": 50, "y": 20}])
NOBODY = places([{"id": "r1", "x": 0, "y": 0, "population": 1}])


def streets_of(frame: gpd.GeoDataFrame) -> Streets:
    """Lines as flat arrays, as sources hand them on."""
    shapes = frame.geometry.to_numpy()
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    offsets = np.searchsorted(owner, np.arange(len(shapes) + 1))
    return Streets(pd.DataFrame(frame.drop(columns="geometry")), offsets.astype(np.int64), xy)


def villages_at(*rows: tuple[str, float, float], accuracy: float = math.nan, township: str = "t1") -> gpd.GeoDataFrame:
    """Villages at metres from the city's origin."""
    points = [shapely.Point(ORIGIN[0] + x, ORIGIN[1] + y) for _, x, y in rows]
    data = {"code": [r[0] for r in rows], "name": [r[0] for r in rows], "township_code": township}
    frame = pd.DataFrame(data | {"position_accuracy_m": accuracy})
    return gpd.GeoDataFrame(frame, geometry=points, crs=CRS).to_crs("EPSG:4326")


def put(villages, people, *, streets=None, land=None, spacing=25.0, within=1000.0):
    """Spread people on the city of two by one blocks, or on other streets."""
    lines = streets_of(lattice_city(2, 1) if streets is None else streets)
    how = VillagePeople(villages=spacing, within_m=within)
    return spread(villages, pd.DataFrame(people), lines, islands(land), how=how, crs=CRS, table="villages.csv")


def metric(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Places in metres from the city's origin."""
    return shapely.get_coordinates(frame.geometry.to_crs(CRS).to_numpy()) - np.array(ORIGIN)


def city_area(folder: Path, data: str, **files: str) -> circles.Area:
    """The lattice city with other residents."""
    file = write_city(folder, lattice_city(), CLINIC, NOBODY, AREA.format(data=data))
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    return circles.load_area(file)


def test_one_village_on_paper():
    """A village alone gets every street: 700 m in parts of 25 m, 28 points with 10 people each, groups alike."""
    homes, found = put(villages_at(("a", 100, 50)), {"code": ["a"], "population": [280.0], "age_0_2": [14.0]})
    assert found == []
    assert len(homes) == 28
    assert homes["population"].tolist() == pytest.approx([10.0] * 28)
    assert homes["age_0_2"].tolist() == pytest.approx([0.5] * 28)
    assert set(homes["village_code"]) == {"a"}
    assert set(homes["township_code"]) == {"t1"}
    assert homes["id"].tolist()[:2] == ["va-1", "va-2"]
    x, y = metric(homes).T
    off = [np.abs(v - np.round(v / BLOCK_M) * BLOCK_M) for v in (x, y)]
    assert np.minimum(*off).max() < 1e-3  # all lie on streets


def test_each_street_goes_to_the_village_that_is_nearest():
    """Two villages at both ends share the streets at the perpendicular between them, and keep their own numbers."""
    villages = villages_at(("b", 200, 50), ("a", 0, 50))
    homes, _ = put(villages, {"code": ["b", "a"], "population": [70.0, 30.0]})
    x = metric(homes)[:, 0]
    west = x < BLOCK_M - 1
    assert set(homes["village_code"][west]) == {"a"}
    assert set(homes["village_code"][x > BLOCK_M + 1]) == {"b"}
    sums = homes.groupby("village_code")["population"].sum()
    assert sums.to_dict() == pytest.approx({"a": 30, "b": 70})


def test_a_village_far_from_streets_keeps_its_people_and_says_so():
    """No street within reach: the people stay at the village's own point; a rough position widens the reach."""
    far = villages_at(("a", 5000, 50))
    homes, found = put(far, {"code": ["a"], "population": [9.0]})
    assert metric(homes) == pytest.approx(np.array([[5000.0, 50.0]]), abs=1e-3)
    assert [f.code for f in found] == ["village-streetless"]
    assert "4800" in found[0].message("en")
    homes, found = put(villages_at(("a", 5000, 50), accuracy=6000), {"code": ["a"], "population": [9.0]})
    assert (len(homes), found) == (28, [])


def test_nobody_is_put_on_another_island():
    """A village across a strait of 30 m gets no street of this side, however near."""
    land = gpd.GeoDataFrame(
        {"island": ["大", "小"]},
        geometry=[shapely.box(-20, -20, 220, 120), shapely.box(250, -20, 300, 120)], crs=CRS,
    )  # fmt: skip
    land["geometry"] = land.translate(*ORIGIN)
    homes, found = put(
        villages_at(("a", 100, 50), ("z", 260, 50)), {"code": ["a", "z"], "population": [5.0, 7.0]}, land=land
    )
    assert [f.code for f in found] == ["village-island-streetless"]
    assert len(homes[homes["village_code"] == "z"]) == 1
    assert homes["population"].sum() == pytest.approx(12)


def test_streets_where_nobody_lives_get_nobody():
    """Main roads and bridges carry no residents; a village in which nobody lives has no point."""
    lines = lattice_city(2, 1).assign(bridge="")
    lines.loc[0, "highway"], lines.loc[1, "bridge"] = "trunk", "yes"
    homes, found = put(
        villages_at(("a", 0, 0), ("e", 200, 100)), {"code": ["a", "e"], "population": [5.0, 0.0]}, streets=lines
    )
    assert found == []
    assert set(homes["village_code"]) == {"a"}
    shut = shapely.union_all(lines.geometry.to_numpy()[:2])
    inside = shapely.points(metric(homes) + np.array(ORIGIN))
    assert (shapely.distance(shut, inside) > 1).all()


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(st.floats(-50, 450), st.floats(-50, 350), st.floats(0, 1e5), st.floats(0, 1e3)), min_size=1, max_size=8
    ),
    st.floats(10, 200),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_sums_of_villages_are_kept(rows, spacing, chance):
    """Whatever the villages, each keeps its sums in every column, and the order of rows changes nothing."""
    codes = [f"v{i}" for i in range(len(rows))]
    people = {"code": codes, "population": [r[2] for r in rows], "old": [min(r[2], r[3]) for r in rows]}
    villages = villages_at(*((c, r[0], r[1]) for c, r in zip(codes, rows, strict=True)))
    lines = lattice_city(4, 3)
    homes, _ = put(villages, people, streets=lines, spacing=spacing)
    for name in ("population", "old"):
        sums = homes.groupby("village_code")[name].sum().reindex(codes, fill_value=0.0)
        lived_in = np.array(people["population"]) > 0
        assert sums.to_numpy()[lived_in] == pytest.approx(np.array(people[name])[lived_in], rel=1e-9)
    order = list(range(len(rows)))
    chance.shuffle(order)
    again, _ = put(villages.iloc[order], pd.DataFrame(people).iloc[order[::-1]], streets=lines, spacing=spacing)
    pd.testing.assert_frame_equal(pd.DataFrame(homes), pd.DataFrame(again))


VILLAGES = "code,name,lon,lat,township_code,人口,60岁以上,渔民\nv1,甲村,{a},t1,120,30,8\nv2,乙村,{b},t2,80,40,0\n"


def lonlat(x: float, y: float) -> str:
    """A place of the city as the two cells of a CSV."""
    at = gpd.GeoSeries([shapely.Point(ORIGIN[0] + x, ORIGIN[1] + y)], crs=CRS).to_crs("EPSG:4326").iloc[0]
    return f"{at.x:.9f},{at.y:.9f}"


def test_an_area_spreads_its_villages(tmp_path):
    """`residents = {villages = …}` takes the people from the table of villages, with every group in it."""
    content = VILLAGES.format(a=lonlat(0, 150), b=lonlat(400, 150))
    area = city_area(tmp_path, 'villages = "v.csv"\nresidents = {villages = 20}', v=content)
    inputs = load(area)
    sums = inputs.residents.groupby("village_code")[["population", "age_60_plus", "渔民"]].sum()
    assert sums.loc["v1"].tolist() == pytest.approx([120, 30, 8])
    assert sums.loc["v2"].tolist() == pytest.approx([80, 40, 0])
    assert not area.counts_points
    assert inputs.reconciliation.empty


def test_villages_to_spread_need_people(tmp_path):
    """Without villages, or without their people, there is nothing to spread, and the area file's key is named."""
    with pytest.raises(InputError) as caught:
        city_area(tmp_path, "residents = {villages = 20}")
    assert [f.code for f in caught.value.findings] == ["area-residents-villages"]
    bare = f"code,name,lon,lat\nv1,甲村,{lonlat(0, 0)}\n"
    with pytest.raises(InputError) as caught:
        load(city_area(tmp_path, 'villages = "v.csv"\nresidents = {villages = 20}', v=bare))
    assert [f.code for f in caught.value.findings] == ["column-missing"]
    empty = f"code,name,lon,lat,人口\nv1,甲村,{lonlat(0, 0)},\n"
    with pytest.raises(InputError) as caught:
        load(city_area(tmp_path, 'villages = "v.csv"\nresidents = {villages = 20}', v=empty))
    assert [(f.code, f.row) for f in caught.value.findings] == [("value-missing", 2)]


TOWNS = pd.DataFrame({"code": ["t1", "t2"], "name": ["东镇", "西乡"]})


def people_in(*rows: tuple[str, float, float]) -> gpd.GeoDataFrame:
    """Residents by township, population and people of 60 and older."""
    frame = pd.DataFrame(rows, columns=["township_code", "population", "age_60_plus"])
    frame.insert(0, "id", [f"r{i}" for i in range(len(rows))])
    frame = frame.assign(village_code="", island="")[
        ["id", "population", "age_60_plus", "township_code", "village_code", "island"]
    ]
    return gpd.GeoDataFrame(
        frame, geometry=gpd.points_from_xy(np.zeros(len(rows)), np.zeros(len(rows))), crs="EPSG:4326"
    )


def totals_of(**columns: list[object]) -> pd.DataFrame:
    """Totals as their reader returns them."""
    return pd.DataFrame(columns)


def controlled(residents, totals, *, counts_points=False):
    """Scaled residents, the table by township and group, and the codes of the findings, which all have their texts."""
    kept = residents.copy()
    out, table, found = control(residents, totals, TOWNS, table="t.csv", counts_points=counts_points)
    pd.testing.assert_frame_equal(pd.DataFrame(residents), pd.DataFrame(kept))  # the caller's table is untouched
    assert list(table.columns) == TABLES["reconciliation"].names
    assert all(f.line(lang) for f in found for lang in words.LANGS)
    return out, table.set_index(["township_code", "group"]), [f.code for f in found]


def test_township_totals_on_paper():
    """10 + 30 people become 60 by the factor 1.5; the group has its own total; the other township keeps its numbers."""
    residents = people_in(("t1", 10, 5), ("t1", 30, 5), ("t2", 7, 1))
    totals = totals_of(township_code=["t1"], population=[60.0], age_60_plus=[12.0])
    out, table, codes = controlled(residents, totals)
    assert out["population"].tolist() == [15, 45, 7]
    assert out["age_60_plus"].tolist() == [6, 6, 1]
    assert table.loc[("t1", "population"), ["before", "control", "factor", "after", "points"]].tolist() == [
        40,
        60,
        1.5,
        60,
        2,
    ]
    assert math.isnan(table.loc[("t2", "population"), "control"])
    assert table.loc[(ALL, "population"), ["before", "after"]].tolist() == [47, 67]
    assert codes == ["total-missing"]


def test_a_group_without_a_total_keeps_its_share():
    """Where only the population is known, every group is scaled with it."""
    out, _, codes = controlled(
        people_in(("t1", 10, 4), ("t2", 10, 2)), totals_of(township_code=["t1", "t2"], population=[15, 20])
    )
    assert out["age_60_plus"].tolist() == [6, 4]
    assert codes == []


def test_the_rest_of_the_county_is_shared_by_the_others():
    """A row for all together controls the townships that are not listed; one that does not add up is an error."""
    residents = people_in(("t1", 10, 0), ("t2", 10, 0), (NONE, 10, 0))
    out, table, codes = controlled(residents, totals_of(township_code=["t1", ALL], population=[12.0, 40.0]))
    assert out["population"].tolist() == [12, 14, 14]
    assert (table.loc[(ALL, "population"), "control"], codes) == (40, [])
    _, _, codes = controlled(residents, totals_of(township_code=["t1", ALL], population=[50.0, 40.0]))
    assert "totals-do-not-add-up" in codes
    _, _, codes = controlled(
        people_in(("t1", 10, 0)), totals_of(township_code=["t1", "t2", ALL], population=[12.0, 0.0, 40.0])
    )
    assert "totals-do-not-add-up" in codes


def test_doubtful_totals_are_reported():
    """A total without a point, a factor above 2, a group larger than everybody: each has its finding."""
    totals = totals_of(township_code=["t1", "t2"], population=[30.0, 9.0], age_60_plus=[30.0, math.nan])
    _, table, codes = controlled(people_in(("t1", 10, 9), ("t1", 0.5, 0.1)), totals)
    assert sorted(set(codes)) == ["total-factor", "total-group-exceeds", "total-without-points"]
    assert table.loc[("t2", "population"), ["points", "control", "after"]].tolist() == [0, 9, 0]


def test_a_group_nobody_counted_is_shared_like_the_population():
    """A group that only the totals have becomes a column, in proportion to the population; a partial one is left out."""
    residents = people_in(("t1", 10, 0), ("t1", 30, 0), ("t2", 5, 0))
    totals = totals_of(township_code=["t1", "t2"], population=[40, 5], age_60_plus=[8, 1], age_0_2=[4, math.nan])
    out, table, codes = controlled(residents, totals)
    assert out["age_60_plus"].tolist() == [2, 6, 1]
    assert "age_0_2" not in out
    assert codes == ["total-group-partial"]
    totals["age_0_2"] = [4.0, 1.0]
    out, table, codes = controlled(residents, totals)
    assert out["age_0_2"].tolist() == [1, 3, 1]
    assert list(out.columns)[:4] == ["id", "population", "age_60_plus", "age_0_2"]
    assert codes == []
    assert math.isnan(table.loc[("t1", "age_0_2"), "factor"])


def test_street_points_become_people_only_where_every_township_has_a_total():
    """Points of weight 1 are shared out over the total; where one is missing nothing may stay a point: an error."""
    residents = people_in(("t1", 1, 0), ("t1", 1, 0), ("t2", 1, 0), (NONE, 1, 0))
    out, _, codes = controlled(
        residents, totals_of(township_code=["t1", "t2"], population=[500.0, 60.0]), counts_points=True
    )
    assert out["population"].tolist() == [250, 250, 60, 0]
    assert codes == []
    _, _, codes = controlled(residents, totals_of(township_code=["t1"], population=[500.0]), counts_points=True)
    assert codes == ["total-missing-points"]


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from(["t1", "t2", NONE]), st.floats(0, 1e4), st.floats(0, 1)), min_size=1, max_size=30
    ),
    st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)),
    st.randoms(use_true_random=False),
)
def test_totals_are_met_whatever_the_points(rows, wanted, chance):
    """Each township with a point adds up to its total in every group; row order changes nothing; nobody is below 0."""
    rows = [(town, n, n * share) for town, n, share in rows]
    totals = totals_of(township_code=["t1", "t2"], population=list(wanted), age_60_plus=[w / 4 for w in wanted])
    out, table, _ = controlled(people_in(*rows), totals)
    for town, n in zip(("t1", "t2"), wanted, strict=True):
        if any(row[0] == town for row in rows):
            own = out[out["township_code"] == town]
            assert math.fsum(own["population"]) == pytest.approx(n, rel=1e-9)
            assert math.fsum(own["age_60_plus"]) == pytest.approx(n / 4, rel=1e-9)
            assert table.loc[(town, "population"), "after"] == pytest.approx(n, rel=1e-9)
    assert (out[["population", "age_60_plus"]] >= 0).all(axis=None)
    order = list(range(len(rows)))
    chance.shuffle(order)
    again, other, _ = controlled(people_in(*(rows[i] for i in order)), totals)
    assert again["population"].tolist() == out["population"].iloc[order].tolist()
    pd.testing.assert_frame_equal(table, other)


TWO_TOWNS = '{"type":"FeatureCollection","features":[%s]}'


def towns_file(folder: Path) -> None:
    """West of x = 200 lies 东镇, east of it 西乡."""
    boxes = [shapely.box(-50, -50, 200, 350), shapely.box(200, -50, 450, 350)]
    frame = gpd.GeoDataFrame({"code": ["t1", "t2"], "name": ["东镇", "西乡"]}, geometry=boxes, crs=CRS)
    frame["geometry"] = frame.translate(*ORIGIN)
    frame.to_crs("EPSG:4326").to_file(folder / "towns.geojson", driver="GeoJSON")


def test_a_run_leaves_its_reconciliation(tmp_path):
    """Totals by name, with a row for the whole county, turn street points into people; the run leaves the table."""
    towns_file(tmp_path)
    data = 'townships = "towns.geojson"\ntotals = "sums.csv"\nresidents = {streets = 50}'
    area = city_area(tmp_path, data, sums="乡镇,常住人口,60岁及以上\n东镇,900,300\n合计,1000,330\n")
    assert not area.counts_points
    result = circles.analyse(area)
    by_town = result.residents.groupby("township_code")[["population", "age_60_plus"]].sum()
    assert by_town.loc["t1"].tolist() == pytest.approx([900, 300])
    assert by_town.loc["t2"].tolist() == pytest.approx([100, 30])
    everyone = result.coverage.query("township_code == 'ALL' and group == 'population'")["population"]
    assert everyone.tolist() == pytest.approx([1000.0])
    files.write_tables(result, tmp_path)
    read = pd.read_csv(tmp_path / "reconciliation.csv", encoding="utf-8-sig")
    assert list(read.columns) == TABLES["reconciliation"].names
    assert read.query("township_code == 'ALL' and group == 'population'")["after"].tolist() == pytest.approx([1000.0])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("乡镇,人口\n南乡,5\n", [("total-township-unknown", 2)]),
        ("乡镇,人口\n东镇,5\nt1,6\n", [("id-duplicate", 3)]),
        ("乡镇,人口\n东镇,-5\n", [("negative-number", 2)]),
        ("乡镇,人口\n东镇,约5\n", [("bad-number", 2)]),
        ("乡镇\n东镇\n", [("column-missing", None)]),
        ("人口\n5\n", [("column-missing", None), ("value-missing", 2)]),
        ("乡镇代码,人口\n3.30922E+11,5\n", [("code-scientific", 2)]),
    ],
)
def test_bad_totals(tmp_path, content, expected):
    """Whatever is wrong with the table of totals is named by its row, before anything is scaled."""
    towns_file(tmp_path)
    area = city_area(
        tmp_path, 'townships = "towns.geojson"\ntotals = "sums.csv"\nresidents = {streets = 50}', sums=content
    )
    with pytest.raises(InputError) as caught:
        load(area)
    assert [(f.code, f.row) for f in caught.value.findings] == expected


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """Shengsi with the totals of its 38 villages instead of points."""
    folder = tmp_path_factory.mktemp("county")
    home = circles.load_area()
    points = pd.read_csv(home.path("residents.csv"), dtype={"township_code": str, "village_code": str})
    sums = points.groupby("village_code")[["population", "age_0_2", "age_60_plus"]].sum()
    villages = pd.read_csv(home.path("villages.csv"), dtype=str).merge(
        sums, left_on="code", right_index=True, how="left"
    )
    villages.fillna({"population": 0, "age_0_2": 0, "age_60_plus": 0}).to_csv(folder / "villages.csv", index=False)
    tables = ("facilities.csv", "boats.csv", "piers.csv")
    for name in ("streets.gpkg", "land.geojson", "townships.geojson", "dem.tif", *tables):
        (folder / name).write_bytes(home.path(name).read_bytes())
    text = home.file.read_text(encoding="utf-8").replace('residents = "residents.csv"', "residents = {villages = 25}")
    (folder / "area.toml").write_text(text, encoding="utf-8")
    return load(circles.load_area(folder / "area.toml")), sums


def test_shengsi_from_the_totals_of_its_villages(county):
    """The county's 38 villages spread along the streets keep all 66,903 people, village by village, each on an island."""
    inputs, sums = county
    assert math.fsum(inputs.residents["population"]) == pytest.approx(66_903, abs=1e-6)
    spread_sums = inputs.residents.groupby("village_code")[["population", "age_0_2", "age_60_plus"]].sum()
    lived_in = sums[sums["population"] > 0]
    pd.testing.assert_frame_equal(spread_sums.loc[lived_in.index], lived_in, check_dtype=False, rtol=1e-9)
    assert (inputs.resident_island >= 0).all()
    assert not [f for f in inputs.findings if f.severity == "error"]
