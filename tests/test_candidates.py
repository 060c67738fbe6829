"""Candidates: where they are, that they are thinned and joined as facilities are, and the exact seconds to each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import circles
from circles.analysis.access import walks_of
from circles.analysis.scenario import apply, read_scenario
from circles.foundation.errors import InputError
from circles.inputs.loading import load
from circles.siting import candidates
from circles.testing import area_toml, lattice_city, places, write_city

CITY = area_toml(
    {"clinic": "plain", "meals": "plain"}, walk={"limit_min": 5, "snap_max_m": 50}, data={"villages": "villages.csv"}
)


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> Path:
    """Eight by four blocks of 100 m; a clinic in the west, a planned one and a canteen elsewhere; 40 homes."""
    folder = tmp_path_factory.mktemp("city")
    shops = places(
        [
            {"id": "c1", "name": "甲", "category": "clinic", "x": 50, "y": 20},
            {"id": "c2", "name": "乙", "category": "clinic", "x": 700, "y": 300, "status": "planned"},
            {"id": "m1", "name": "丙", "category": "meals", "x": 430, "y": 200},
            {"id": "m2", "name": "丁", "category": "meals", "x": 430, "y": 200.4},
            {"id": "m3", "name": "戊", "category": "meals", "x": 50, "y": 20},
        ]
    ).fillna({"status": ""})
    random = np.random.default_rng(1)
    homes = places(
        [
            {"id": f"r{i}", "x": x, "y": y, "population": n, "age_60_plus": n // 3}
            for i, (x, y, n) in enumerate(
                zip(
                    random.uniform(0, 800, 40).round(1),
                    random.uniform(0, 400, 40).round(1),
                    random.integers(1, 30, 40),
                    strict=True,
                )
            )
        ]
    )
    villages = places(
        [{"code": "v1", "name": "东村", "x": 610, "y": 190}, {"code": "v2", "name": "西村", "x": 120, "y": 210}]
    )
    villages.to_csv(folder / "villages.csv", index=False)
    return write_city(folder, lattice_city(8, 4), shops, homes, CITY)


@pytest.fixture(scope="module")
def inputs(city):
    """The city's inputs, read once."""
    return load(circles.load_area(city))


def test_public_places_are_villages_and_other_buildings_once_each(inputs):
    """Buildings of other services and villages are candidates, once per place, not where the service already is."""
    table = candidates.public_places(inputs, "clinic").table
    # m2 stands 40 cm from m1; m3 stands where the clinic c1 is; the planned clinic does not count, so its plot is free
    assert table["id"].tolist() == ["c2", "m1", "v1", "v2"]
    assert table["kind"].tolist() == ["building", "building", "village", "village"]


@pytest.mark.parametrize(("spacing_m", "count"), [(0, 41), (50, 121), (100, 45)])
def test_corners_of_the_lattice(inputs, spacing_m, count):
    """0 takes the 41 crossings; 50 m also the four bends and the 76 middles of the sides; 100 m all junctions alone."""
    found = candidates.corners(inputs, spacing_m=spacing_m)
    assert len(found) == count
    assert found.table["id"].is_unique


@pytest.mark.parametrize("spacing_m", [30, 70, 120, 150, 260])
def test_corners_keep_their_distance_and_leave_no_hole(inputs, spacing_m):
    """No two corners are nearer than the spacing, and every corner left out has one taken that is nearer than it."""
    found = candidates.corners(inputs, spacing_m=spacing_m)
    apart = np.linalg.norm(found.xy[:, None] - found.xy[None], axis=2)
    assert apart[~np.eye(len(found), dtype=bool)].min() >= spacing_m * (1 - 1e-6)
    every = inputs.network.node_xy
    assert np.linalg.norm(every[:, None] - found.xy[None], axis=2).min(axis=1).max() < spacing_m


def test_a_list_of_ones_own(inputs, tmp_path):
    """A table of candidates may come in either coordinates and carry names, costs and capacities."""
    file = tmp_path / "own.csv"
    frame = places(
        [
            {"编号": "a", "名称": "旧校舍", "x": 333, "y": 105, "造价": "20万", "容量": 40},
            {"编号": "b", "名称": "", "x": 10, "y": 10},
        ]
    )
    frame.to_csv(file, index=False, encoding="utf-8-sig")
    found = candidates.read_candidates(inputs, file)
    assert found.table["id"].tolist() == ["a", "b"]
    assert found.table["cost"].iloc[0] == 200_000
    assert found.table["capacity"].iloc[0] == 40
    assert np.isnan(found.table["cost"].iloc[1])
    assert found.xy[0] == pytest.approx(frame[["x", "y"]].to_numpy()[0], abs=1e-6)


def test_every_problem_of_a_list_is_reported(inputs, tmp_path):
    """Missing files, doubled ids, bad numbers and missing prices are refused, all at once."""
    file = tmp_path / "own.csv"
    file.write_text("id,lon,lat,cost\na,abc,30\na,122.4,30.7,-5\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        candidates.read_candidates(inputs, file)
    assert {"bad-number", "negative-number", "id-duplicate"} <= {item.code for item in caught.value.findings}
    file.write_text("id,cost\na,\nb,3\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        candidates.price_list(file)
    assert [item.code for item in caught.value.findings] == ["value-missing"]
    with pytest.raises(InputError) as caught:
        candidates.price_list(tmp_path / "none.csv")
    assert [item.code for item in caught.value.findings] == ["candidates-missing"]


def test_seconds_are_those_of_a_run(city, inputs):
    """The seconds to a candidate are exactly those that a run gives once a facility stands there, mid-street too."""
    area = circles.load_area(city)
    walks, walker = walks_of(inputs), area.walker("meals")
    table = places([{"id": "a", "name": "", "x": 333.3, "y": 105}, {"id": "b", "name": "", "x": 700, "y": 261.7}])
    own = candidates.located(inputs, table.assign(kind="own"))
    at = inputs.network.snap(own.xy, own.island, walker, snap_max_m=50, fragment_max_m=1000)
    seconds = candidates.seconds_to(walks, at, walker, limit_s=np.inf).toarray()
    for column, row in enumerate(own.table.itertuples()):
        add = [{"id": "new", "name": "新", "category": "clinic", "lon": row.geometry.x, "lat": row.geometry.y}]
        close = [{"id": "c1"}]
        content = {"scenario": {"id": "one", "name": "一处"}, "add": add, "close": close}
        after = walks_of(apply(inputs, read_scenario(content, area)))
        found = after.to_category("clinic", walker).seconds
        assert np.abs(found - seconds[:, column]).max() < 1e-7
    limited = candidates.seconds_to(walks, at, walker, limit_s=300.0)
    assert limited.nnz == (seconds <= 300 + 1e-6).sum()


def test_gaps_are_where_no_facility_is_within_the_limit(inputs):
    """Candidates in gaps are those from which the nearest counted facility is beyond the limit."""
    walks = walks_of(inputs)
    found = walks.to_category("clinic", inputs.area.walker("clinic"))
    corners = candidates.corners(inputs, spacing_m=0)
    beyond = candidates.in_gaps(walks, found, corners, limit_min=5)
    # the clinic is joined at (50, 0), 20 m away: a corner (100 i, 100 j) is |100 i - 50| + 100 j + 20 m from it
    x, y = (corners.xy - np.array([500_000.0, 3_400_000.0])).T
    assert beyond.tolist() == (np.abs(x - 50) + y + 20 > 300 + 1e-6).tolist()


def test_rows_of_other_residents_stay_empty(inputs):
    """Only the residents asked for are walked."""
    walks, walker = walks_of(inputs), inputs.area.walker("clinic")
    corners = candidates.corners(inputs, spacing_m=0)
    at = inputs.network.snap(corners.xy, corners.island, walker, snap_max_m=50, fragment_max_m=1000)
    some = candidates.seconds_to(walks, at, walker, limit_s=300.0, rows=np.array([3, 7]))
    whole = candidates.seconds_to(walks, at, walker, limit_s=300.0)
    assert (some[[3, 7]] != whole[[3, 7]]).nnz == 0
    assert some.nnz == whole[[3, 7]].nnz
    assert isinstance(corners.table, pd.DataFrame)
