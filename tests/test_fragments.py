"""Fragments: a place beside a cut-off piece of street also has a leg to the streets around, and the least time counts."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

import circles
from circles.analysis.access import explain, walks_of
from circles.inputs.examine import of_area
from circles.inputs.loading import load
from circles.testing import CRS, ORIGIN, PLAIN, area_toml, places, write_city

MAIN = [(0, 0), (1500, 0)]


def area(folder: Path, lines, shops, homes, *, walk=None, profile: str = "plain") -> circles.Area:
    """An area of lines ``(points, highway)``, facilities and homes ``(id, x, y)`` in metres from the corner."""
    folder.mkdir(parents=True, exist_ok=True)
    shapes = [shapely.LineString(np.asarray(points, dtype=float) + ORIGIN) for points, _ in lines]
    streets = gpd.GeoDataFrame({"highway": [kind for _, kind in lines]}, geometry=shapes, crs=CRS)
    facilities = places([{"id": i, "name": i, "category": "clinic", "x": x, "y": y} for i, x, y in shops])
    residents = places([{"id": i, "x": x, "y": y, "population": 10} for i, x, y in homes])
    toml = area_toml(
        {"clinic": profile},
        walk=walk,
        walkers={"plain": PLAIN, "pram": PLAIN | {"steps_m_per_s": 0.0}},
        rules=[{"id": "near", "category": "clinic", "measure": "population_share", "threshold": 0.6}],
    )
    return circles.load_area(write_city(folder, streets, facilities, residents, toml))


def minutes(result: circles.Result) -> dict[str, float]:
    return dict(zip(result.access["resident_id"], result.access["minutes"], strict=True))


def codes(result: circles.Result) -> list[str]:
    return result.findings["code"].tolist()


STUB = ([(600, 2), (600, 26)], "footway")  # 24 m, drawn 2 m short of the main street


def test_a_facility_beside_a_stub_is_reached_from_the_street(tmp_path):
    """3 m to the stub, 15 m to the street behind: 600 m + 15 m at 1 m/s; with fragment_max_m = 0 nobody gets there."""
    shop = [("f", 603, 15)]
    told = circles.analyse(area(tmp_path / "two", [(MAIN, "residential"), STUB], shop, [("r", 0, 0)]))
    assert minutes(told)["r"] == pytest.approx((603 + 15) / 60)
    row = told.findings.set_index("code").loc["fragment-snap"]
    assert (row["severity"], row["table"], row["id"]) == ("warning", "facilities.csv", "f")
    for figure in ("24", "3.0", "15.0"):
        assert figure in row["message"]
    alone = area(tmp_path / "one", [(MAIN, "residential"), STUB], shop, [("r", 0, 0)], walk={"fragment_max_m": 0})
    alone = circles.analyse(alone)
    assert alone.access["reason"].tolist() == ["no_route"]
    assert "fragment-snap" not in codes(alone)


def test_residents_of_a_fragment_are_one_finding_and_may_use_either_leg(tmp_path):
    """A clinic on the stub is reached along it; a home there goes out over its second leg; both are told once."""
    homes = [("a", 602, 20), ("b", 598, 10), ("c", 0, 0)]
    result = circles.analyse(area(tmp_path, [(MAIN, "residential"), STUB], [("f", 600, 26)], homes))
    by = result.access.set_index("resident_id")
    assert by.loc["a", "minutes"] == pytest.approx((2 + 6) / 60)  # 2 m to the stub, 6 m along it, none to the clinic
    assert by.loc["a", "leg_m"] == pytest.approx(2)
    assert by.loc["c", "minutes"] == pytest.approx((600 + 26) / 60)
    found = result.findings.query("code == 'fragment-snap' and table == 'residents'")
    assert len(found) == 1
    assert "2 个点" in found.iloc[0]["message"]


def test_leg_m_is_the_leg_used_and_the_walk_adds_up(tmp_path):
    """From home a of the stub to a clinic on the street the second leg counts: 20 m, not 2 m; the parts add up."""
    built = area(tmp_path, [(MAIN, "residential"), STUB], [("f", 700, 5)], [("a", 602, 20)])
    walks = walks_of(load(built))
    found = walks.to_category("clinic", built.walkers["plain"])
    assert found.resident_leg.leg_m.tolist() == pytest.approx([20])
    pieces = explain(found, 0)
    assert pieces["metres"].tolist() == pytest.approx([20, 98, 5])
    assert pieces["seconds"].sum() / 60 == pytest.approx(found.minutes[0])
    assert circles.analyse(built).access["leg_m"].tolist() == pytest.approx([20])


def test_stairs_still_stop_a_pram(tmp_path):
    """A pram on a stub whose only way on is stairs gets a second leg, but not through a street of stairs alone."""
    steps = [([(0, 300), (1200, 300)], "steps"), ([(600, 305), (600, 330)], "footway"), (MAIN, "residential")]
    home, shop = [("r", 603, 310)], [("f", 600, 0)]
    pram = circles.analyse(area(tmp_path / "pram", steps, shop, home, profile="pram"))
    assert pram.access["reason"].tolist() == ["no_route"]
    message = pram.findings.set_index("code").loc["fragment-snap", "message"]
    assert "到路网 – 米" in message
    plain = circles.analyse(area(tmp_path / "plain", steps, shop, home))
    assert plain.access["reason"].tolist() == ["no_route"]  # the stairs lead nowhere either, but they are a second leg
    assert "10.0" in plain.findings.set_index("code").loc["fragment-snap", "message"]


@pytest.mark.parametrize(
    ("stub_m", "other_m", "is_fragment"),
    [(24, 1000, True), (24, 999, True), (24, 240, True), (24, 239, False), (999, 1000, True), (1000, 9000, False)],
)
def test_a_fragment_is_short_beside_a_long_one_or_one_ten_times_as_long(tmp_path, stub_m, other_m, is_fragment):
    """Less than 1,000 m of line, where a component within reach has 1,000 m or ten times as much."""
    lines = [([(0, 0), (other_m, 0)], "residential"), ([(0, 10), (stub_m, 10)], "residential")]
    result = circles.analyse(area(tmp_path, lines, [("f", other_m, 0)], [("r", 5, 12)]))
    assert ("fragment-snap" in codes(result)) == is_fragment
    assert (result.access["reason"] == "")[0] == is_fragment


def test_beyond_snap_max_there_is_no_second_leg(tmp_path):
    """The long street counts within snap_max_m of the place itself, to the metre."""
    lines = [(MAIN, "residential"), ([(600, 40), (600, 64)], "footway")]
    for snap, reason in ((58, ""), (56, "no_route")):
        built = area(tmp_path / str(snap), lines, [("f", 603, 57)], [("r", 0, 0)], walk={"snap_max_m": snap})
        assert circles.analyse(built).access["reason"].tolist() == [reason]


def test_of_streets_equally_near_the_longer_component_counts_then_the_west_then_the_south(tmp_path):
    """Between two streets at the same distance the one with more line wins; of equal ones the smaller x, then y."""

    def foot(lines, home):
        built = area(tmp_path / str(len(list(tmp_path.iterdir()))), lines, [("f", 0, 0)], [("r", *home)])
        walks = walks_of(load(built))
        return (walks.snapped("residents", built.walkers["plain"]).foot_xy[0] - ORIGIN).round(6).tolist()

    row = [([(0, y), (length, y)], "residential") for y, length in ((0, 900), (20, 950))]
    assert foot(row, (50, 10)) == [50, 20]
    assert foot(row[::-1], (50, 10)) == [50, 20]
    same = [([(x, 0), (x, 100)], "residential") for x in (20, 0)]
    assert foot(same, (10, 50)) == [0, 50]
    lying = [([(0, y), (100, y)], "residential") for y in (20, 0)]
    assert foot(lying, (50, 10)) == [50, 0]


def test_the_doctor_lists_gaps_the_biggest_effect_first(tmp_path):
    """The stub with the clinic comes before the one with a home; each with its gap and where it is."""
    lines = [(MAIN, "residential"), ([(300, 0.4), (300, 20)], "footway"), STUB]
    built = area(tmp_path, lines, [("f", 603, 15)], [("a", 303, 10), ("b", 0, 0)])
    gaps = [item for item in of_area(built) if item.code == "fragment-gap"]
    assert [(item.values["facilities"], item.values["count"], item.values["gap"]) for item in gaps] == [
        (1, 0, "2.00"), (0, 1, "0.40"),
    ]  # fmt: skip
    assert "fragment-gap" not in codes(circles.analyse(built))


def test_the_missing_link_search_closes_a_fragment(tmp_path):
    """A ring of street 1 m from the main one with most people on it: the link that closes the gap is proposed."""
    ring = [(600, 1), (700, 1), (700, 120), (600, 120), (600, 1)]
    homes = [(f"r{i}", 620 + 10 * i, 120) for i in range(7)] + [("s", 550, 0)]
    lines = [(MAIN, "residential"), (ring, "residential"), ([(700, 120), (720, 120)], "steps")]
    built = area(tmp_path, lines, [("f", 500, 0)], homes, walk={"snap_max_m": 20})
    found = circles.analyse(built, is_full=True)
    assert found.check.iloc[0]["verdict"] == "not_met"
    link = found.least_change.query("change == 'link'").iloc[0]
    assert link["verdict"] == "met"


def test_circles_of_a_facility_with_two_legs_grow_from_both_streets(tmp_path):
    """The reached streets hold pieces of the stub and of the main street."""
    result = circles.analyse(area(tmp_path, [(MAIN, "residential"), STUB], [("f", 603, 15)], [("r", 0, 0)]))
    drawn = result.service_areas.to_crs(CRS).geometry.union_all()
    for x, y in ((600, 26), (0, 0), (1400, 0)):
        assert drawn.distance(shapely.Point(x + ORIGIN[0], y + ORIGIN[1])) < 5


def test_each_place_has_the_leg_of_its_own_kinds_walker(tmp_path):
    """Beside steps 2 m off and a street 18 m off, a place for walkers without steps has 18 m, the other 2 m; twins elsewhere differ."""
    streets = gpd.GeoDataFrame(
        {"street_id": [0, 1], "highway": ["residential", "steps"]},
        geometry=[
            shapely.LineString(np.array(c) + ORIGIN) for c in ([(0, 0), (400, 0)], [(0, 0), (10, 20), (400, 20)])
        ],
        crs=CRS,
    )
    shops = places([
        {"id": "w", "category": "wheel", "x": 200, "y": 18}, {"id": "f", "category": "foot", "x": 200, "y": 18},
        {"id": "f2", "category": "foot", "x": 300, "y": 5}, {"id": "w2", "category": "wheel", "x": 300, "y": 5},
    ]).assign(name="x")  # fmt: skip
    homes = places([{"id": "h", "x": 100, "y": 0, "population": 1}])
    walkers = {
        "foot": {"speed_m_per_s": 1.0, "steps_m_per_s": 0.5, "uses_slope": False},
        "wheel": {"speed_m_per_s": 1.0, "steps_m_per_s": 0.0, "uses_slope": False},
    }
    file = write_city(tmp_path, streets, shops, homes, area_toml({"wheel": "wheel", "foot": "foot"}, walkers=walkers))
    found = circles.analyse(circles.load_area(file)).facilities.set_index("id")["leg_m"]
    assert found.to_dict() == pytest.approx({"w": 18, "f": 2, "f2": 5, "w2": 5})
