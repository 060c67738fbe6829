"""The embedded demonstration data of Shengsi: what is in the committed files, and that the script rebuilds them."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.features
import shapely

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "data" / "gis" / "shengsi"
TOWNSHIPS = {
    "330922100": 37000,
    "330922101": 6778,
    "330922102": 7745,
    "330922200": 3057,
    "330922201": 5622,
    "330922202": 5427,
    "330922203": 1274,
}
UNITS = {
    "绿华": 1289, "壁下": 434, "滩浒": 425, "金平": 3485, "马关": 5349, "菜园": 26877, "嵊山": 6344, "大洋": 7320,
    "五龙": 3057, "黄龙": 5622, "枸杞": 5427, "花鸟": 1274,
}  # fmt: skip
EMPTY_ISLANDS = ("小洋山及填海(洋山港)", "小黄龙山")


@pytest.fixture(scope="module")
def scripts():
    """The build script's package, importable."""
    sys.path.insert(0, str(ROOT / "scripts"))
    yield ROOT / "scripts"
    sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture(scope="module")
def streets() -> gpd.GeoDataFrame:
    return gpd.read_file(FOLDER / "streets.gpkg")


@pytest.fixture(scope="module")
def land() -> gpd.GeoDataFrame:
    return gpd.read_file(FOLDER / "land.geojson").to_crs("EPSG:4550")


@pytest.fixture(scope="module")
def residents() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "residents.csv", dtype={"township_code": str, "village_code": str})


@pytest.fixture(scope="module")
def facilities() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "facilities.csv", dtype=str, keep_default_na=False)


def metric(table: pd.DataFrame) -> gpd.GeoSeries:
    """Return the points of a table with lon and lat, in the area's metres."""
    points = gpd.points_from_xy(table["lon"].astype(float), table["lat"].astype(float))
    return gpd.GeoSeries(points, crs="EPSG:4326").to_crs("EPSG:4550")


def on_land(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the streets that are no bridge."""
    return streets[streets["bridge"].isna()]


def facts(name: str) -> list[dict[str, str]]:
    """Return the rows of one table of facts."""
    with (FOLDER / "facts" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# People


def test_people_add_up(residents):
    """The residents of the county, of each township and of both age groups add up to the published or derived totals."""
    assert residents["population"].sum() == 66903
    assert residents.groupby("township_code")["population"].sum().to_dict() == TOWNSHIPS
    assert residents["age_60_plus"].sum() == 20942
    assert residents["age_0_2"].sum() == 620


def test_people_of_census_units(residents):
    """Inside a township people follow the 13 census units of 2000, so that outlying islands get their own share."""
    unit = {row["village_code"]: row["unit"] for row in facts("village_weights.csv")}
    sums = residents.groupby(residents["village_code"].map(unit))["population"].sum()
    assert sums.to_dict() == UNITS  # nobody in 小洋, the thirteenth: it was cleared for the container port


def test_people_are_whole_and_ages_fit(residents):
    """Each point holds at least one whole person, and not more old and small ones than people."""
    groups = residents[["population", "age_0_2", "age_60_plus"]]
    assert all(kind == np.int64 for kind in groups.dtypes)
    assert (residents["population"] >= 1).all()
    assert (residents["age_0_2"] >= 0).all()
    assert (residents["age_0_2"] + residents["age_60_plus"] <= residents["population"]).all()
    assert residents["id"].is_unique
    assert 500 <= len(residents) <= 2000


def test_outer_islands_are_older(residents):
    """On the outer islands the share of 60 and older is five points above the county's, as the method says."""
    outer = {row["village_code"] for row in facts("village_weights.csv") if row["outer"] == "1"}
    far = residents[residents["village_code"].isin(outer)]
    share = far["age_60_plus"].sum() / far["population"].sum()
    assert share == pytest.approx(20942 / 66903 + 0.05, abs=1e-4)


def test_people_live_on_land_beside_streets(residents, streets, land):
    """Every resident point is on land, within 15 m of a street, and none is where nobody lives."""
    points = metric(residents)
    tree = shapely.STRtree(streets.geometry.to_numpy())
    _, far = tree.query_nearest(points.to_numpy(), return_distance=True, all_matches=False)
    assert far.max() < 15.0
    assert points.within(land.union_all()).all()
    empty = land[land["island"].isin(EMPTY_ISLANDS) | land["island"].isna()].union_all()
    assert not points.within(empty).any()
    maji = residents[residents["village_code"] == "330922100207"]
    assert 0 < maji["population"].sum() < 30


# Places


def test_villages_are_the_published_ones(residents):
    """All 38 villages stand in villages.csv as published, and residents name only them, with the right township."""
    villages = pd.read_csv(FOLDER / "villages.csv", dtype=str)
    assert (FOLDER / "villages.csv").read_text("utf-8") == (FOLDER / "facts" / "villages.csv").read_text("utf-8")
    assert len(villages) == 38
    assert villages["code"].str.fullmatch(r"330922\d{6}").all()
    owner = dict(zip(villages["code"], villages["township_code"], strict=True))
    assert (residents["village_code"].map(owner) == residents["township_code"]).all()


def test_facilities_say_what_they_are(facilities):
    """A facility that no document names is an example by name and status, and an example never counts as documented."""
    is_example = facilities["name"].str.startswith("（示例）")
    assert (facilities.loc[~is_example, "status"].isin({"existing", "under_construction"})).all()
    assert (facilities.loc[is_example, "status"].isin({"example", "planned", "closed"})).all()
    assert (facilities.loc[is_example, "source"].str.contains("演示示例")).all()
    assert (facilities["source"] != "").all()
    inferred = facilities["name"].str.contains("推断")
    assert inferred.sum() == 2
    assert facilities.loc[inferred, "source"].str.contains("推断").all()
    surveyed = facilities[facilities["position"] == "surveyed"]
    assert set(surveyed["id"]) == {"clinic-caiyuan", "clinic-huanglong", "clinic-gouqi", "clinic-yangshan"}
    assert (surveyed["position_accuracy_m"] == "50").all()
    assert surveyed["source"].str.contains("2022年10月").all()
    assert "沙河路215号" in facilities.set_index("id").loc["clinic-caiyuan", "source"]
    assert facilities["id"].is_unique


def test_facilities_stand_in_their_township(facilities, streets, land):
    """Every facility is on land beside a street; all four categories are there and each township has its clinic."""
    points = metric(facilities)
    is_surveyed = (facilities["position"] == "surveyed").to_numpy()
    assert points[~is_surveyed].within(land.union_all()).all()
    assert points[is_surveyed].distance(land.union_all()).max() < 10.0  # 黄龙卫生院: the coast is simplified
    _, far = shapely.STRtree(streets.geometry.to_numpy()).query_nearest(
        points.to_numpy(), return_distance=True, all_matches=False
    )
    assert far[~is_surveyed].max() < 15.0
    assert far[is_surveyed].max() < 30.0
    assert set(facilities["category"]) == {"childcare", "meals", "clinic", "sports"}
    clinics = facilities[(facilities["category"] == "clinic") & (facilities["status"] == "existing")]
    assert set(clinics["township_code"]) == set(TOWNSHIPS)


def test_townships_cover_the_land_once(land):
    """The seven derived townships share out all land without overlap and call themselves approximate."""
    townships = gpd.read_file(FOLDER / "townships.geojson").to_crs("EPSG:4550")
    assert list(townships["code"]) == list(TOWNSHIPS)
    assert set(townships["derivation"]) == {"approximate"}
    assert set(townships["class"]) == {"town", "rural"}
    assert townships.area.sum() == pytest.approx(land.area.sum(), rel=1e-4)
    assert townships.union_all().area == pytest.approx(land.union_all().area, rel=1e-4)


def test_surveyed_places_stand_where_they_are(streets):
    """Each surveyed facility, village and pier keeps its own point's coordinates to a metre, and a street runs within 30 m of each place."""
    points = pd.DataFrame(facts("public_points.csv")).set_index("id")
    assert len(points) == 36
    piers = pd.read_csv(FOLDER / "facts" / "piers.csv", dtype=str)
    piers.loc[piers["name"] == "李柱山码头", "note"] = "编号25730"  # its note says where it stands, not its number
    own = {
        "facility": pd.read_csv(FOLDER / "facilities.csv", dtype=str).rename(columns={"source": "note"}),
        "village": pd.read_csv(FOLDER / "villages.csv", dtype=str).merge(
            pd.DataFrame(facts("village_points.csv"))[["code", "lon", "lat", "source"]].rename(columns={"source": "note"}),
            on=["code", "lon", "lat"], how="left",
        ),  # three villages have several points: one of their own

        "pier": piers,
    }  # fmt: skip
    for kind, size in {"facility": 4, "village": 21, "pier": 3}.items():
        rows = own[kind][own[kind]["position"] == "surveyed"]
        assert len(rows) == size
        known = points.loc[rows["note"].str.extract(r"编号(\d+)$", expand=False)]
        there, back = metric(rows), metric(known)
        assert (np.hypot(there.x.to_numpy() - back.x.to_numpy(), there.y.to_numpy() - back.y.to_numpy()) < 1.0).all()
    _, far = shapely.STRtree(streets.geometry.to_numpy()).query_nearest(
        metric(points).to_numpy(), return_distance=True, all_matches=False
    )
    assert far.max() < 30.0


def test_public_places_are_those_of_the_map(shared_dir):
    """The 36 places are the published ones: each stands within a metre of the point of its number."""
    real = pd.read_csv(shared_dir / "shengsi" / "real" / "public_points_2022.csv", dtype={"org_id": str})
    real = real.drop_duplicates("org_id").set_index("org_id")
    points = pd.DataFrame(facts("public_points.csv")).set_index("id")
    there, back = metric(points), metric(real.loc[points.index])
    assert (np.hypot(there.x.to_numpy() - back.x.to_numpy(), there.y.to_numpy() - back.y.to_numpy()) < 1.0).all()


def test_villages_have_lanes_at_their_points(residents, streets):
    """Every village where somebody lives has a street within 150 m of its point; a surveyed one has people of its own as near."""
    at = metric(residents)
    lines = shapely.STRtree(streets.geometry.to_numpy())
    villages = pd.read_csv(FOLDER / "villages.csv", dtype=str)
    for (_, row), point in zip(villages.iterrows(), metric(villages), strict=True):
        own = at[residents["village_code"] == row["code"]]
        if len(own):
            assert lines.query_nearest(point, return_distance=True)[1].min() < 150.0, row["name"]
        if row["position"] == "surveyed":
            assert own.distance(point).min() < 150.0, row["name"]


def test_villages_without_a_point_say_how_well_they_are_known():
    """Unsurveyed villages are approximate to 2,200 m: nine in ten of the 21 surveyed ones had been put nearer than that."""
    rows = facts("villages.csv")
    assert {row["position_accuracy_m"] for row in rows if row["position"] == "approximate"} == {"2200"}
    moved = (
        pd.DataFrame(facts("village_points.csv"))
        .astype({"moved_m": float})
        .merge(pd.DataFrame(rows)[["code", "lon", "lat"]], on=["code", "lon", "lat"])
    )
    assert len(moved) == 21
    assert np.percentile(moved["moved_m"], 90) < 2200 < np.percentile(moved["moved_m"], 95)


# Streets


def test_streets_are_labelled_as_modelled(streets):
    """The network is metric, has several thousand lines, and every line says that it is modelled."""
    assert streets.crs.to_epsg() == 4550
    assert 3000 <= len(streets) <= 6000
    assert set(streets["source"]) == {"modelled"}
    assert streets["id"].is_unique
    xy = shapely.get_coordinates(streets.geometry.to_numpy())
    assert np.array_equal(xy, np.round(xy, 2))


def test_streets_keep_to_the_land(streets, land):
    """Nothing but a bridge touches water: all other lines keep at least 5 m from the shore."""
    inner = land.union_all().buffer(-5.0)
    assert shapely.covers(inner, on_land(streets).geometry.to_numpy()).all()


def test_bridges_are_the_links(streets):
    """Bridges are exactly those of links.csv, each with the confidence stated there."""
    links = pd.read_csv(FOLDER / "links.csv", dtype=str)
    bridges = streets[streets["bridge"] == "yes"]
    assert sorted(bridges["name"]) == sorted(links["name"])
    stated = dict(zip(bridges["name"], bridges["confidence"], strict=True))
    assert all(row["confidence"] in stated[row["name"]] for _, row in links.iterrows())


def test_streets_meet_only_at_ends(streets):
    """The network is planar: two lines share a point only where both have a vertex, and that vertex ends both."""
    lines = on_land(streets).geometry.to_numpy()
    assert shapely.is_simple(lines).all()
    left, right = shapely.STRtree(lines).query(lines, predicate="intersects")
    pairs = left < right
    ends = [{line.coords[0], line.coords[-1]} for line in lines]
    for i, j in zip(left[pairs], right[pairs], strict=True):
        shared = {tuple(c) for c in shapely.get_coordinates(shapely.intersection(lines[i], lines[j]))}
        assert shared <= ends[i] & ends[j]


def test_no_end_nearly_meets(streets):
    """No end lies within half a metre of another line without meeting it, so that the reader has nothing to doubt."""
    lines = on_land(streets).geometry.to_numpy()
    vertices = [{tuple(c) for c in line.coords} for line in lines]
    ends = sorted({end for line in lines for end in (line.coords[0], line.coords[-1])})
    near, line = shapely.STRtree(lines).query(shapely.points(ends), predicate="dwithin", distance=0.5)
    assert all(ends[i] in vertices[j] for i, j in zip(near, line, strict=True))


def test_each_island_is_one_component(streets, land):
    """The streets of an island hang together, and islands hang together exactly where a link joins them."""
    graph = nx.Graph()
    for line in streets.geometry:
        graph.add_edges_from(zip(list(line.coords)[:-1], list(line.coords)[1:], strict=True))
    islands = land[land["island"].notna()]
    connected = nx.Graph()
    connected.add_edges_from((row["island_from"], row["island_to"]) for row in facts("links.csv") if row["island_to"])
    lived_on = [
        name
        for name, shape in zip(islands["island"], islands.geometry, strict=True)
        if on_land(streets).intersects(shape).any()
    ]
    connected.add_nodes_from(lived_on)
    assert set(connected) == set(lived_on)
    assert nx.number_connected_components(graph) == nx.number_connected_components(connected)


def test_no_lanes_where_nobody_lives(streets, land):
    """There is no street in the container port, on 小黄龙山 or on any islet without a name."""
    empty = land[land["island"].isin(EMPTY_ISLANDS) | land["island"].isna()].union_all()
    assert not on_land(streets).intersects(empty).any()


def test_villages_have_lanes_for_their_people(streets, residents):
    """Streets come dense where people are: the median resident has over 1.5 km of street within 200 m."""
    points = metric(residents)
    tree = shapely.STRtree(streets.geometry.to_numpy())
    sample = points.to_numpy()[::40]
    circles = shapely.buffer(sample, 200.0)
    i, j = tree.query(circles, predicate="intersects")
    inside = shapely.length(shapely.intersection(circles[i], streets.geometry.to_numpy()[j]))
    assert np.median(np.bincount(i, inside)) > 1500.0


# Terrain


def parts_with_slope(streets: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return each street cut into equal parts of at most 50 m: highway, length and |slope| on the modelled terrain."""
    with rasterio.open(FOLDER / "dem.tif") as source:
        height = source.read(1, masked=True).astype(float).filled(np.nan)
        left, top, cell = source.transform.c, source.transform.f, source.transform.a
    rows = []
    for highway, line in zip(streets["highway"], streets.geometry, strict=True):
        n = int(np.ceil(line.length / 50.0))
        xy = shapely.get_coordinates(shapely.line_interpolate_point(line, np.linspace(0, 1, n + 1), normalized=True))
        column, row = (xy[:, 0] - left) / cell - 0.5, (top - xy[:, 1]) / cell - 0.5
        i, j = np.floor(row).astype(int), np.floor(column).astype(int)
        v, u = row - i, column - j
        z = (height[i, j] * (1 - u) + height[i, j + 1] * u) * (1 - v)
        z += (height[i + 1, j] * (1 - u) + height[i + 1, j + 1] * u) * v
        rows += [(highway, line.length / n, slope) for slope in np.abs(np.diff(z)) / (line.length / n)]
    return pd.DataFrame(rows, columns=["highway", "length", "slope"])


def test_streets_climb_believably(streets):
    """No street crosses a void or a cliff; hardly any way but steps is steeper than 1 in 4, and steps are steep."""
    parts = parts_with_slope(on_land(streets))
    assert parts["slope"].notna().all()
    assert parts["slope"].max() < 0.6
    ways = parts[parts["highway"] != "steps"]
    assert ways.loc[ways["slope"] > 0.25, "length"].sum() < 0.01 * ways["length"].sum()
    steps = parts[parts["highway"] == "steps"]
    assert len(steps) > 100
    assert steps["slope"].median() > 0.15


def test_known_peaks_are_met(land):
    """The terrain has the published summits, lies above the sea on land, and is in the area's system."""
    with rasterio.open(FOLDER / "dem.tif") as source:
        assert source.crs.to_epsg() == 4550
        assert 20 <= source.res[0] <= 30
        height = source.read(1, masked=True)
        for row in facts("peaks.csv"):
            shape = land.loc[land["island"] == row["island"], "geometry"].iloc[0]
            window = rasterio.features.geometry_mask([shape], height.shape, source.transform, invert=True)
            assert height[window].max() == pytest.approx(float(row["height_m"]), abs=1.0)
            assert height[window].min() > 0


def test_terrain_has_the_measured_means(land):
    """The mean over each SRTM cell's land pixels is the measured one: to 5 m (root mean square) where a cell is mostly land."""
    from pyproj import Transformer

    with rasterio.open(FOLDER / "dem.tif") as source:
        height, place = source.read(1).astype(float), source.transform
        on_land = rasterio.features.geometry_mask(land.geometry, height.shape, place, invert=True)
    rows, columns = np.nonzero(on_land)
    xs, ys = place.c + (columns + 0.5) * place.a, place.f + (rows + 0.5) * place.e
    lon, lat = Transformer.from_crs("EPSG:4550", "EPSG:4326", always_xy=True).transform(xs, ys)
    with rasterio.open(FOLDER / "facts" / "srtm_mean.tif") as source:
        wanted, grid = source.read(1).astype(float), source.transform
    i, j = np.floor((lat - grid.f) / grid.e).astype(int), np.floor((lon - grid.c) / grid.a).astype(int)
    inside = (i >= 0) & (i < wanted.shape[0]) & (j >= 0) & (j < wanted.shape[1])
    pixels = pd.DataFrame({"i": i[inside], "j": j[inside], "z": height[rows, columns][inside]})
    cells = pixels.groupby(["i", "j"])["z"].agg(["mean", "size"]).reset_index()
    cells["wanted"] = wanted[cells["i"], cells["j"]]
    mostly = cells[(cells["wanted"] > 0) & (cells["size"] * 900.0 > 0.5 * 800.0 * 920.0)]
    assert len(mostly) > 60
    assert np.sqrt(((mostly["mean"] - mostly["wanted"]) ** 2).mean()) < 5.0


def test_single_heights_are_met():
    """The seat of 嵊山 stands at the height that two elevation models give it."""
    with rasterio.open(FOLDER / "dem.tif") as source:
        for row in facts("spot_heights.csv"):
            x, y = metric(pd.DataFrame([row])).iloc[0].coords[0]
            assert next(source.sample([(x, y)]))[0] == pytest.approx(float(row["height_m"]), abs=2.0)


# Files


def test_area_file_says_demonstration():
    """The area file is valid, is marked as a demonstration, and each of its rules is an assumption with a source."""
    from circles.area import load_area

    area = load_area(FOLDER / "area.toml")
    assert area.demonstration
    assert {c.id for c in area.categories} == {"childcare", "meals", "clinic", "sports"}
    assert {rule.status for rule in area.rules} == {"assumed"}
    assert all("演示假定" in rule.source for rule in area.rules)


def test_files_stay_small():
    """The embedded data stay under 3 MB, each file under 1.5 MB, and land carries its attribution."""
    sizes = [file.stat().st_size for file in FOLDER.rglob("*") if file.is_file()]
    assert sum(sizes) < 3_000_000
    assert max(sizes) < 1_500_000
    assert "OpenStreetMap" in json.loads((FOLDER / "land.geojson").read_text("utf-8"))["attribution"]


def test_readme_states_the_figures(streets, facilities):
    """The README's figures are those of the files: lines, kilometres, childcare places."""
    text = (FOLDER.parent / "README.md").read_text("utf-8")
    assert f"{len(streets):,} lines, {streets.length.sum() / 1000:.0f} km" in text
    seats = pd.to_numeric(facilities.loc[facilities["category"] == "childcare", "capacity"]).sum()
    assert f"add up to {seats:.0f} childcare places" in text


# Rebuilding


@pytest.mark.long
def test_rebuilt_terrain_and_townships_equal_the_committed(scripts, tmp_path):
    """Terrain, townships and the carried tables come out of the facts as committed."""
    from shengsi_build import anchors, people, terrain, townships, write
    from shengsi_build.facts import read_facts

    found = read_facts(FOLDER)
    settlements = people.places(found)
    shores = terrain.empty_grid(found.land)
    grid = terrain.build(found, shores, anchors.settle(found, shores, settlements))
    write.terrain(tmp_path / "dem.tif", grid)
    write.townships(tmp_path / "townships.geojson", townships.build(found))
    write.links(tmp_path / "links.csv", found)
    same_raster(tmp_path / "dem.tif", FOLDER / "dem.tif")
    same_lines(tmp_path / "townships.geojson", FOLDER / "townships.geojson", tolerance=2e-5)
    assert (tmp_path / "links.csv").read_bytes() == (FOLDER / "links.csv").read_bytes()


def test_written_twice_is_the_same_file(scripts, tmp_path):
    """A GeoPackage written twice has the same bytes: no clock, no chance."""
    from shengsi_build.streets import Street
    from shengsi_build.write import streets as write_streets

    lines = [Street(((0.0, 0.0), (1.0, 2.0)), "footway", "", 0, "", "modelled")]
    for name in ("a.gpkg", "b.gpkg"):
        write_streets(tmp_path / name, lines)
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


@pytest.mark.long
def test_rebuilt_data_equal_the_committed(scripts, tmp_path):
    """The whole script, run on the committed facts, gives the committed data (geometry to 0.01 m)."""
    from build_shengsi import build

    build(FOLDER, tmp_path)
    same_raster(tmp_path / "dem.tif", FOLDER / "dem.tif")
    same_lines(tmp_path / "streets.gpkg", FOLDER / "streets.gpkg", tolerance=0.01)
    for name in ("area.toml", "land.geojson", "villages.csv", "links.csv"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
    for name in ("residents.csv", "facilities.csv"):
        left, right = (pd.read_csv(folder / name, dtype=str) for folder in (tmp_path, FOLDER))
        degrees = ["lon", "lat"]
        assert left.drop(columns=degrees).equals(right.drop(columns=degrees))
        assert np.abs(left[degrees].astype(float) - right[degrees].astype(float)).to_numpy().max() < 2e-6


def same_raster(left: Path, right: Path) -> None:
    """Fail unless two rasters have the same place and heights."""
    with rasterio.open(left) as a, rasterio.open(right) as b:
        assert a.transform == b.transform
        assert a.crs == b.crs
        assert np.abs(a.read(1) - b.read(1)).max() <= 0.125


def same_lines(left: Path, right: Path, *, tolerance: float) -> None:
    """Fail unless two layers have the same attributes and, within ``tolerance``, the same geometry."""
    a, b = gpd.read_file(left), gpd.read_file(right)
    pd.testing.assert_frame_equal(pd.DataFrame(a.drop(columns="geometry")), pd.DataFrame(b.drop(columns="geometry")))
    assert shapely.equals_exact(a.geometry.to_numpy(), b.geometry.to_numpy(), tolerance=tolerance).all()
