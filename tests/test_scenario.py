"""Scenarios: what is added, moved, closed, resized, linked or removed, and everything that is wrong with a scenario."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import circles
from circles.analysis.access import walks_of
from circles.analysis.scenario import apply, load_scenario, read_scenario
from circles.foundation.errors import ScenarioError
from circles.inputs.loading import Inputs, load
from circles.network import noding
from circles.pipeline import analyse_inputs
from circles.testing import ORIGIN, lattice_city, places, write_city

TOML = """
[area]
id = "city"
name = "方格城"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = "{network}"
facilities = ["facilities.csv"]
residents = "residents.csv"
[walk]
limit_min = 3
snap_max_m = 50
[walk.profiles.plain]
speed_m_per_s = 1.0
steps_m_per_s = 0.5
[[categories]]
id = "clinic"
name = "卫生院"
profile = "plain"
[[categories]]
id = "meals"
name = "助餐点"
profile = "plain"
[[rules]]
id = "near"
category = "clinic"
measure = "population_share"
threshold = 0.5
source = "纸上算例"
status = "adopted"
"""
HEAD = {"scenario": {"id": "try", "name": "试一试"}}
TABLES = ("access", "coverage", "coverage_by_island", "coverage_by_village", "coverage_variants", "check", "findings")


def at(x: float, y: float) -> dict[str, float]:
    """Metres from the city's origin as coordinates of the area."""
    return {"x": x + ORIGIN[0], "y": y + ORIGIN[1]}


def write(folder: Path, extra: list[dict[str, object]] = (), streets: gpd.GeoDataFrame | None = None) -> Path:
    """A city of 4 × 3 blocks with one clinic at (50, 0), one closed one, and four homes."""
    folder.mkdir(parents=True, exist_ok=True)
    facilities = [
        {"id": "c1", "name": "甲", "category": "clinic", "x": 50, "y": 20, "capacity": 10},
        {"id": "c0", "name": "旧", "category": "clinic", "x": 400, "y": 300, "status": "closed"},
        *extra,
    ]
    residents = [
        {"id": "r1", "x": 80, "y": 10, "population": 10},
        {"id": "r2", "x": 310, "y": 200, "population": 30},
        {"id": "r3", "x": 390, "y": 300, "population": 20},
        {"id": "r4", "x": 0, "y": 150, "population": 5},
    ]
    table = places(facilities)
    return write_city(
        folder, lattice_city() if streets is None else streets, table.fillna({"status": ""}), places(residents),
        TOML.format(network="streets.gpkg"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """The city's inputs, read once; `apply` is pure, so every test may use them."""
    return load(circles.load_area(write(tmp_path_factory.mktemp("city"))))


def scenario(city: Inputs, **blocks: object):
    return read_scenario(HEAD | blocks, city.area)


def minutes(inputs: Inputs, category: str = "clinic") -> pd.Series:
    found = walks_of(inputs).to_category(category, inputs.area.walker(category))
    return pd.Series(found.minutes, index=inputs.residents["id"])


def test_an_added_facility_on_paper(city):
    """A clinic added at (300, 210) is joined at (300, 200), and the minutes are those worked out on paper."""
    after = apply(city, scenario(city, add=[{"id": "c2", "name": "乙", "category": "卫生院"} | at(300, 210)]))
    # r2 stands on the street at (310, 200): 10 m along it, then the leg of 10 m up to the clinic, at 1 m/s
    assert minutes(after)["r2"] == pytest.approx(20 / 60, abs=1e-9)
    row = after.facilities.set_index("id").loc["c2"]
    assert (row["file"], row["row"], row["status"], row["is_counted"]) == ("scenario.toml [[add]]", 1, "existing", True)


def test_moving_closing_and_resizing_on_paper(city):
    """A moved clinic is reached where it now is, a closed one is not reached at all, a resized one has its new size."""
    moved = apply(city, scenario(city, move=[{"id": "c1"} | at(0, 130)], resize=[{"id": "c1", "capacity": 25}]))
    assert minutes(moved)["r4"] == pytest.approx(20 / 60, abs=1e-9)
    assert moved.facilities.set_index("id").loc["c1", "capacity"] == 25
    closed = apply(city, scenario(city, close=[{"id": "c1"}]))
    assert minutes(closed).isna().all()
    assert closed.facilities.set_index("id").loc["c1", "status"] == "closed"


def test_apply_is_pure(city):
    """Applying a scenario leaves the inputs, their tables and their network untouched, and gives the same twice."""
    before = {name: getattr(city, name).copy() for name in ("facilities", "residents", "facility_xy")}
    edges = city.network.edges.copy()
    what = scenario(
        city, add=[{"id": "c2", "name": "乙", "category": "clinic"} | at(300, 210)], move=[{"id": "c1"} | at(0, 130)],
        links=[{"id": "l", "xy": [list(at(0, 0).values()), list(at(100, 100).values())]}],
    )  # fmt: skip
    one, two = apply(city, what), apply(city, what)
    for name, table in before.items():
        if isinstance(table, pd.DataFrame):
            assert_frame_equal(getattr(city, name), table)
        else:
            np.testing.assert_array_equal(getattr(city, name), table)
    assert_frame_equal(city.network.edges, edges)
    assert_frame_equal(one.facilities, two.facilities)
    assert_frame_equal(one.network.edges, two.network.edges)


def test_an_empty_scenario_changes_no_table(city, tmp_path):
    """The tables of a scenario without changes are, as files, the bytes of the area's own."""
    result = analyse_inputs(city, scenario=scenario(city))
    plain = analyse_inputs(city)
    result.save(tmp_path / "with")
    plain.save(tmp_path / "without")
    for name in TABLES:
        one, two = ((tmp_path / folder / f"{name}.csv").read_bytes() for folder in ("with", "without"))
        assert one == two, name
    for name in ("access.parquet", "residents.parquet", "gaps.geojson"):
        assert (tmp_path / "with" / name).read_bytes() == (tmp_path / "without" / name).read_bytes()
    run = json.loads((tmp_path / "with" / "run.json").read_text(encoding="utf-8"))
    assert run["scenario"]["id"] == "try"
    assert run["scenario"]["base_run_id"] == plain.run["run_id"] != run["run_id"]
    assert "scenario.toml" in run["inputs"]


def test_added_rows_equal_rows_of_the_file(city, tmp_path):
    """Facilities of a scenario give the same minutes, to the bit, as the same rows in the facilities table."""
    rows = [
        {"id": "c2", "name": "乙", "category": "clinic", "x": 333, "y": 77},
        {"id": "m1", "name": "丙", "category": "meals", "x": 120, "y": 260},
    ]
    written = load(circles.load_area(write(tmp_path, rows)))
    added = [{**row, **at(row["x"], row["y"])} for row in rows]
    one, two = analyse_inputs(apply(city, scenario(city, add=added))), analyse_inputs(written)
    assert_frame_equal(one.access, two.access)
    assert_frame_equal(one.coverage, two.coverage)


def test_a_link_on_paper(city):
    """A diagonal from 5 m beside (0, 0) to the middle of a street is walked along, its ends put on the streets."""
    # from (100, -5) it is put on (100, 0), 5 m away; the other end lies 2 m above (350, 200) and is put there
    line = [list(at(100, -5).values()), list(at(350, 202).values())]
    after = apply(city, scenario(city, links=[{"id": "l", "xy": line}]))
    # r2 at (310, 200) walks 40 m to (350, 200), the link to (100, 0), 50 m to the clinic's foot, 20 m of leg
    assert minutes(after)["r2"] * 60 == pytest.approx(40 + np.hypot(250, 200) + 50 + 20, abs=1e-6)
    shown = [item.message("en") for item in after.findings if item.code == "scenario-link-moved"]
    assert len(shown) == 2
    assert shown[0].startswith("end 1 of the link was moved 5.0 m")
    assert shown[1].startswith("end 2 of the link was moved 2.0 m")
    assert after.network.n_nodes == city.network.n_nodes + 1


def test_a_removed_street_on_paper(city):
    """Without the clinic's own street the clinic is joined elsewhere or not at all, as if the line had never been."""
    # the street from (0, 0) to (100, 0); the clinic, moved to (45, 20), is then nearest to the street x = 0
    gone = int(city.streets.lines["street_id"][city.streets.lines["name"] == "0,0→1,0"].iloc[0])
    after = apply(city, scenario(city, move=[{"id": "c1"} | at(45, 20)], remove_streets=[{"street_id": gone}]))
    assert minutes(after)["r4"] == pytest.approx((130 + 45) / 60, abs=1e-9)


@pytest.mark.parametrize("kind", ["drawn", "kept"])
def test_a_link_equals_the_same_line_in_the_file(kind, city, tmp_path):
    """A link gives the same minutes as a network file that holds it as a line, its streets with vertices inserted."""
    ends = np.array([[150.0, 0.0], [250.0, 300.0]]) + ORIGIN
    streets = lattice_city()
    cut = []
    for row in streets.itertuples():
        shape = row.geometry
        for point in ends:
            if shape.distance(shapely.Point(point)) < 1e-9:
                first, last = shape.coords
                shape = shapely.LineString([first, point, last])
        cut.append(shape)
    lines = gpd.GeoDataFrame(streets.drop(columns="geometry"), geometry=cut, crs=streets.crs)
    extra = gpd.GeoDataFrame(
        {"street_id": [99], "name": ["l"], "highway": ["footway"]}, geometry=[shapely.LineString(ends)], crs=streets.crs
    )
    written = load(circles.load_area(write(tmp_path / "a", streets=pd.concat([lines, extra], ignore_index=True))))
    base = city
    if kind == "kept":
        folder = tmp_path / "b"
        area = write(folder)
        from circles.pipeline import keep_network

        keep_network(circles.load_area(area), folder / "kept.gpkg")
        area.write_text(TOML.format(network="kept.gpkg"), encoding="utf-8")
        base = load(circles.load_area(area))
        assert base.streets.is_noded
    link = {"id": "l", "highway": "footway", "xy": ends.tolist()}
    one = minutes(apply(base, scenario(base, links=[link])))
    pd.testing.assert_series_equal(one, minutes(written), rtol=1e-12)
    assert (one < minutes(base)).any()


def osm(folder: Path, ways: list[list[tuple[float, float]]]) -> Path:
    """An area whose streets are an OpenStreetMap file: one node per distinct place, in metres from the origin."""
    folder.mkdir(parents=True, exist_ok=True)
    spots = sorted({point for way in ways for point in way})
    lonlat = gpd.GeoSeries(shapely.points(np.array(spots) + ORIGIN), crs="EPSG:4550").to_crs("EPSG:4326")
    number = {point: i + 1 for i, point in enumerate(spots)}
    nodes = [f'<node id="{number[p]}" lat="{q.y:.12f}" lon="{q.x:.12f}"/>' for p, q in zip(spots, lonlat, strict=True)]
    lines = [
        f'<way id="{i + 1}">{"".join(f"""<nd ref="{number[p]}"/>""" for p in way)}<tag k="highway" v="residential"/></way>'
        for i, way in enumerate(ways)
    ]
    body = "".join([*nodes, *lines])
    (folder / "streets.osm").write_text(f'<osm version="0.6">{body}</osm>', encoding="utf-8")
    area = write(folder)
    area.write_text(TOML.format(network="streets.osm"), encoding="utf-8")
    return area


def test_a_link_between_openstreetmap_ways(tmp_path):
    """Where lines meet by node ids, a link's ends get ids of their own or the node's, and the minutes are the file's."""
    south, north = [(0.0, 0.0), (200.0, 0.0), (400.0, 0.0)], [(0.0, 200.0), (400.0, 200.0), (400.0, 300.0)]
    west = [(0.0, 0.0), (0.0, 200.0)]
    base = load(circles.load_area(osm(tmp_path / "a", [south, north, west])))
    assert base.streets.vertex_id is not None
    # one end on the node (200, 0), the other amid the segment from (0, 200) to (400, 200)
    ends = [(200.0, 0.0), (310.0, 200.0)]
    whole = [south, [north[0], ends[1], *north[1:]], west, ends]
    written = load(circles.load_area(osm(tmp_path / "b", whole)))
    xy = [[x + ORIGIN[0], y + ORIGIN[1]] for x, y in ends]
    one = minutes(apply(base, scenario(base, links=[{"id": "l", "highway": "residential", "xy": xy}])))
    # OpenStreetMap keeps seven decimals of a degree: a centimetre
    pd.testing.assert_series_equal(one, minutes(written), rtol=0, atol=0.01 / 60 * 4)
    assert one["r2"] < minutes(base)["r2"]


def test_links_meet_each_other(city):
    """Two links whose ends are the same place in the open meet there, and together they lead somewhere."""
    middle = list(at(250, 250).values())
    pair = [
        {"id": "a", "xy": [list(at(250, 200).values()), middle]},
        {"id": "b", "xy": [middle, list(at(250, 300).values())]},
    ]
    after = apply(city, scenario(city, links=pair))
    alone = noding.lengths(after.network.offsets, after.network.xy)
    assert np.count_nonzero(np.isclose(alone, 50.0)) >= 4
    graph = after.network.graph(after.area.walkers["plain"])
    assert int(graph.components().max()) == 0


WRONG = {
    "scenario-id-taken": {"add": [{"id": "c1", "name": "x", "category": "clinic"} | at(0, 0)]},
    "id-duplicate": {"add": [{"id": i, "name": "x", "category": "clinic"} | at(0, 0) for i in ("n", "n")]},
    "unknown-category": {"add": [{"id": "n", "name": "x", "category": "clinics"} | at(0, 0)]},
    "coordinates-both": {"add": [{"id": "n", "name": "x", "category": "clinic", "lon": 1.0, "lat": 2.0} | at(0, 0)]},
    "place-far": {"add": [{"id": "n", "name": "x", "category": "clinic", "lon": 100.0, "lat": 10.0}]},
    "negative-number": {"add": [{"id": "n", "name": "x", "category": "clinic", "capacity": -1} | at(0, 0)]},
    "scenario-unknown-key": {"add": [{"id": "n", "name": "x", "category": "clinic", "capasity": 1} | at(0, 0)]},
    "scenario-id-unknown": {"move": [{"id": "c9"} | at(0, 0)]},
    "coordinates-missing": {"move": [{"id": "c1", "x": ORIGIN[0]}]},
    "scenario-closed-already": {"close": [{"id": "c0"}]},
    "scenario-twice": {"close": [{"id": "c1"}, {"id": "c1"}]},
    "scenario-closed-changed": {"close": [{"id": "c1"}], "resize": [{"id": "c1", "capacity": 3}]},
    "scenario-added-changed": {
        "add": [{"id": "n", "name": "x", "category": "clinic"} | at(0, 0)], "close": [{"id": "n"}]
    },
    "scenario-bad-value": {"resize": [{"id": "c1", "capacity": -3}]},
    "scenario-missing-key": {"resize": [{"id": "c1"}]},
    "scenario-link-loose": {"links": [{"id": "l", "xy": [list(at(50, 50).values()), list(at(0, 0).values())]}]},
    "scenario-link-nowhere": {"links": [{"id": "l", "xy": [list(at(9e3, 50).values()), list(at(0, 0).values())]}]},
    "scenario-link-line": {"links": [{"id": "l"}]},
    "scenario-link-points": {"links": [{"id": "l", "xy": [[1, 2], [1, 2]]}]},
    "scenario-link-closed": {
        "links": [{"id": "l", "highway": "motorway", "xy": [list(at(0, 0).values()), list(at(100, 100).values())]}]
    },
    "scenario-link-degrees": {"links": [{"id": "l", "coordinates": [[500000.0, 3.4e6], [122.0, 30.0]]}]},
    "scenario-street-unknown": {"remove_streets": [{"street_id": 12345}]},
}  # fmt: skip


@pytest.mark.parametrize("code", WRONG)
def test_wrong_entries_are_reported(code, city):
    """Each wrong entry raises an error that names the file, the block, the number of the entry and a remedy."""
    with pytest.raises(ScenarioError) as caught:
        apply(city, scenario(city, **WRONG[code]))
    found = [item for item in caught.value.findings if item.code == code]
    assert found, caught.value.render()
    assert all(item.table.startswith("scenario.toml [[") and item.row for item in found)
    assert all(item.fix() and item.fix("en") for item in found)


def test_all_problems_at_once(city):
    """A scenario with three wrong entries is refused once, with all three."""
    wrong = {
        "move": [{"id": "nobody"} | at(0, 0)], "close": [{"id": "c0"}], "remove_streets": [{"street_id": 12345}],
    }  # fmt: skip
    with pytest.raises(ScenarioError) as caught:
        apply(city, scenario(city, **wrong))
    codes = {item.code for item in caught.value.findings}
    assert codes == {"scenario-id-unknown", "scenario-closed-already", "scenario-street-unknown"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "scenario-missing"),
        ("[scenario\n", "scenario-syntax"),
        ("[scenario]\nid = 'x'\n", "scenario-missing-key"),
        ("[scenario]\nid = 'x'\nname = 'y'\n[[ad]]\nid = 'z'\n", "scenario-unknown-key"),
        ("[scenario]\nid = 'x'\nname = 'y'\n[walk]\nsnap_max_m = 9\n", "scenario-unknown-key"),
        ("[scenario]\nid = 'x'\nname = 'y'\n[walk.profiles.pram]\nspeed_m_per_s = 1\n", "scenario-missing-key"),
    ],
)
def test_wrong_files_are_reported(text, code, city, tmp_path):
    """A file that is missing, no TOML, or holds unknown or lacks needed keys is refused by name."""
    if text is not None:
        (tmp_path / "scenario.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(tmp_path, city.area)
    assert caught.value.findings[0].code == code
    assert "scenario.toml" in str(caught.value)


def test_walking_changes(city):
    """A scenario may lengthen the limit and slow one walker; what it leaves out stays the area's."""
    what = scenario(city, walk={"limit_min": 30, "profiles": {"plain": {"speed_m_per_s": 0.5}}})
    after = apply(city, what)
    assert after.area.walk.limit_min == 30
    assert after.area.walkers["plain"].steps_m_per_s == 0.5
    np.testing.assert_allclose(minutes(after), minutes(city) * 2, rtol=1e-12)
    assert city.area.walk.limit_min == 3


point = st.tuples(st.floats(-20, 420), st.floats(-20, 320))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(points=st.lists(point, min_size=1, max_size=3))
def test_more_facilities_never_cover_fewer(points, city):
    """Adding facilities never raises a minute, closing one never lowers a minute, wherever they stand."""
    rows = [{"id": f"n{i}", "name": "x", "category": "clinic"} | at(x, y) for i, (x, y) in enumerate(points)]
    more = apply(city, scenario(city, add=rows))
    base, grown = minutes(city).fillna(np.inf), minutes(more).fillna(np.inf)
    assert (grown <= base + 1e-12).all()
    shut = apply(more, scenario(more, close=[{"id": "n0"}]))
    assert (minutes(shut).fillna(np.inf) >= grown - 1e-12).all()


def test_a_scenario_reaches_verdicts_and_base(city):
    """The result is the scenario's and holds the area as it stands in ``base``."""
    result = analyse_inputs(
        city, scenario=scenario(city, add=[{"id": "c2", "name": "乙", "category": "clinic"} | at(300, 210)])
    )
    verdict = [t.check.set_index("rule_id").loc["near", "verdict"] for t in (result.base, result)]
    assert verdict == ["not_met", "met"]
    assert result.base.base is None
    assert result.findings["code"].isin(["scenario-link-moved"]).sum() == 0
    assert replace(result, base=None).base is None


def test_the_scenario_in_the_docs_is_valid(repository):
    """The example of docs/scenarios.md is a scenario of the embedded area, and uses every block there is."""
    page = (repository / "docs" / "scenarios.md").read_text(encoding="utf-8")
    content = tomllib.loads(page.split("```toml\n")[1].split("```")[0])
    area = circles.load_area()
    what = read_scenario(content, area)
    assert set(what.counts()) == {"add", "move", "close", "resize", "links", "remove_streets", "walk"}
    facilities = pd.read_csv(area.root / "facilities.csv")["id"].tolist()
    assert {row["id"] for block in ("move", "close", "resize") for row in content[block]} <= set(facilities)
