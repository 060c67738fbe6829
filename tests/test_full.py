"""``--full`` on the hand-computable city: what is reused equals what is walked anew, and least changes hold when made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from circles.analysis.access import walks_of
from circles.analysis.robustness import full
from circles.analysis.verdicts.of_area import Verdicts
from circles.area import load_area
from circles.inputs.loading import load
from circles.testing import area_toml, lattice_city, places, write_city

AREA = area_toml(
    {"clinic": "plain", "meals": "plain"},
    walk={"limit_min": 5, "snap_max_m": 50},
    walkers={"plain": {"speed_m_per_s": 1.0, "steps_m_per_s": 0.5}},
    rules=[
        {"id": "near", "category": "clinic", "measure": "population_share", "threshold": 0.8},
        {"id": "streets", "category": "clinic", "measure": "street_share", "threshold": 0.5},
    ],
)


@pytest.fixture
def city(tmp_path: Path):
    """A clinic at (0, 0) on a line of ten blocks; homes at 290, 310 and 900 m; a canteen, not counted here, at 900 m."""
    facilities = places(
        [
            {"id": "c1", "name": "卫生院", "category": "clinic", "x": 0, "y": 0, "position": "approximate",
             "position_accuracy_m": 60},
            {"id": "m1", "name": "食堂", "category": "meals", "x": 900, "y": 0, "position": "exact"},
        ]
    )  # fmt: skip
    residents = places(
        [
            {"id": "r1", "x": 290, "y": 0, "population": 50},
            {"id": "r2", "x": 310, "y": 0, "population": 30},
            {"id": "r3", "x": 900, "y": 0, "population": 20},
        ]
    )
    streets = lattice_city(10, 0)
    area = load_area(write_city(tmp_path, streets, facilities, residents, AREA))
    inputs = load(area)
    return inputs, walks_of(inputs)


def test_stability_of_the_city(city):
    """290 m is within 300 m at 1 m/s and 310 m is not: 50 of 100; 10 % faster brings 80 and turns the verdict."""
    inputs, walks = city
    base = Verdicts(inputs, walks).judged()
    near = full.stability(inputs, walks, base).query("rule_id == 'near'").set_index("variant")
    # 5 minutes are 240, 270, 330 and 360 m
    assert near.loc[["base", "speed=0.8", "speed=0.9", "speed=1.1", "speed=1.2"], "value"].tolist() == [
        0.5, 0, 0, 0.8, 0.8,
    ]  # fmt: skip
    assert near.loc["base", "verdict"] == "not_met"
    assert near.loc["base", "stability"] == "borderline"
    assert {"speed=1.1", "speed=1.2"} <= set(near.loc["base", "turned_by"].split("+"))
    assert "slope=off" not in near.index  # the city is flat
    assert "positions=1" in near.index


@pytest.mark.parametrize("factor", [0.8, 1.1, 1.37])
def test_scaled_seconds_equal_walking_anew(city, factor):
    """Dividing the seconds gives the table that walkers of that speed give, street shares included."""
    inputs, walks = city
    scaled = Verdicts(inputs, walks).judged(speed_factor=factor)
    walkers = {
        name: replace(w, speed_m_per_s=w.speed_m_per_s * factor, steps_m_per_s=w.steps_m_per_s * factor)
        for name, w in inputs.area.walkers.items()
    }
    faster = replace(inputs, area=replace(inputs.area, walkers=walkers))
    anew = Verdicts(faster, walks_of(faster)).judged()
    assert scaled["verdict"].tolist() == anew["verdict"].tolist()
    assert scaled["value"].to_numpy() == pytest.approx(anew["value"].to_numpy(), rel=1e-9, nan_ok=True)


def test_moved_positions_stay_within_their_accuracy(city):
    """Only the approximate facility moves, by 60 m at most, the same for the same seed, and it can still be joined."""
    inputs, walks = city
    before = walks.facility_at.xy
    moved = [full._moved(inputs, walks, seed) for seed in (1, 1, 2)]
    assert np.array_equal(moved[0], moved[1])
    assert not np.array_equal(moved[0], moved[2])
    for xy in moved:
        step = np.hypot(*(xy - before).T)
        assert 0 < step[0] <= 60
        assert step[1] == 0


def test_surveyed_positions_move_by_their_accuracy(city):
    """A surveyed place that says 60 m moves as an approximate one does; an exact or modelled one stays."""
    inputs, walks = city
    for position, moves in {"surveyed": True, "exact": False, "modelled": False}.items():
        changed = replace(inputs, facilities=inputs.facilities.assign(position=[position, "exact"]))
        step = np.hypot(*(full._moved(changed, walks, 1) - walks.facility_at.xy).T)
        assert (0 < step[0] <= 60) == moves
        assert step[1] == 0


def test_the_least_change_of_the_city(city):
    """A clinic at the canteen adds the 20 people there only; no site turns the verdict, and the table says so."""
    inputs, walks = city
    base = Verdicts(inputs, walks).judged()
    table = full.least_change(inputs, walks, base).set_index("rule_id")
    assert table.loc["near", "change"] == "none"
    assert table.loc["near", "value"] == pytest.approx(0.7)
    easier = replace(inputs.area, rules=(inputs.area.rules[0].model_copy(update={"threshold": 0.7}),))
    inputs = replace(inputs, area=easier)
    walks = walks_of(inputs)
    row = full.least_change(inputs, walks, Verdicts(inputs, walks).judged()).iloc[0]
    assert (row["change"], row["count"], row["sites"], row["newly_covered"]) == ("facility", 1, "m1", 20)


@pytest.mark.long
def test_least_changes_of_shengsi_hold_when_made():
    """Every facility that the table names for Shengsi, opened for real, gives the value that the table says."""
    import geopandas as gpd
    import pandas as pd

    from circles.analysis.access import Located, Walks
    from circles.inputs.locating import project

    area = load_area()
    inputs = load(area)
    walks = walks_of(inputs)
    base = Verdicts(inputs, walks).judged()
    parts = [inputs.villages.rename(columns={"code": "id"}), inputs.facilities]
    sites = pd.concat([pd.DataFrame(part[["id", "geometry", "township_code", "island"]]) for part in parts])
    sites = sites.set_index("id")
    named = full.least_change(inputs, walks, base).query("change == 'facility'")
    assert len(named)
    for row in named.to_dict("records"):
        opened = [
            {**inputs.facilities.iloc[0].to_dict(), **sites.loc[site].to_dict(), "id": f"{site}-{category}",
             "category": category, "is_counted": True}
            for site in row["sites"].split("+")
            for category in row["category"].split("+")
        ]  # fmt: skip
        places_now = pd.concat([pd.DataFrame(inputs.facilities), pd.DataFrame(opened)], ignore_index=True)
        places_now["is_counted"] = places_now["is_counted"].astype(bool)
        geometry = [*inputs.facilities.geometry, *(item["geometry"] for item in opened)]
        facilities = gpd.GeoDataFrame(places_now.drop(columns="geometry"), geometry=geometry, crs="EPSG:4326")
        xy = project(facilities, area.crs)
        island = walks.network.islands.of_points(xy, within_m=area.walk.snap_max_m)[0]
        then = replace(inputs, facilities=facilities, facility_xy=xy, facility_island=island)
        there = Walks(area, walks.network, facilities, inputs.residents, Located(xy, island), walks.resident_at)
        after = Verdicts(then, there).judged()
        one = after[(after["township_code"] == row["township_code"]) & (after["rule_id"] == row["rule_id"])].iloc[0]
        assert one["verdict"] == "met"
        assert one["value"] == pytest.approx(row["value"], rel=1e-9)
