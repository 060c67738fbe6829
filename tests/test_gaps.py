"""Gaps of one service, of any and of all; poverty; the circle; capacity: a line of ten blocks, worked out on paper."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import circles
from circles.analysis import gaps
from circles.foundation.schema.tables import TABLES
from circles.network.isochrones import Parts
from circles.testing import area_toml, lattice_city, places, write_city

AREA = area_toml(
    {"clinic": "plain", "meals": "plain"},
    walk={"limit_min": 5, "snap_max_m": 50},
    rules=[
        {"id": "beds", "category": "clinic", "measure": "capacity_per_1000", "threshold": 500},
        {
            "id": "beds-proposed",
            "category": "clinic",
            "measure": "capacity_per_1000",
            "threshold": 900,
            "status": "proposed",
        },
    ],
)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """A clinic with 20 beds at 0 m, a canteen at 1000 m; homes at 100, 290, 500 and 800 m; one 100 m off the street."""
    facilities = places(
        [
            {"id": "c", "name": "院", "category": "clinic", "x": 0, "y": 0, "capacity": 20},
            {"id": "m", "name": "餐", "category": "meals", "x": 1000, "y": 0, "capacity": None},
        ]
    )
    residents = places(
        [
            {"id": f"h{i}", "x": x, "y": y, "population": people, "age_0_2": people / 10}
            for i, (x, y, people) in enumerate([(100, 0, 10), (290, 0, 20), (500, 0, 30), (800, 0, 40), (250, 100, 5)])
        ]
    )
    folder = tmp_path_factory.mktemp("line")
    return circles.analyse(circles.load_area(write_city(folder, lattice_city(10, 0), facilities, residents, AREA)))


def test_gaps_of_one_service_on_paper(result):
    """Beyond 300 m of the clinic live 30 + 40 people on the street, and 5 at no street; each group is counted."""
    assert list(result.gaps.columns[:-2]) == TABLES["gaps"].names[:-1]
    got = result.gaps[["gap_id", "population", "nearest_minutes_median", "reason", "age_0_2"]].itertuples(index=False)
    assert [tuple(row)[:2] + tuple(row)[3:] for row in got] == [
        ("clinic-1", 70, "too_far", 7.0), ("clinic-2", 5, "not_joined", 0.5),
        ("meals-1", 60, "too_far", 6.0), ("meals-2", 5, "not_joined", 0.5),
    ]  # fmt: skip
    assert result.gaps["nearest_minutes_median"].iloc[0] == pytest.approx(800 / 60)


def test_gaps_of_any_and_all_services_on_paper(result):
    """Any: 300…1000 m and 0…700 m are one street of 100 people; all: 300…700 m with 30; both: 5 at no street."""
    table = result.gaps_any.set_index("gap_id")
    assert table["population"].to_dict() == {"any-1": 100, "any-2": 5, "all-1": 30, "all-2": 5}
    assert table["age_0_2"].to_dict() == {"any-1": 10, "any-2": 0.5, "all-1": 3, "all-2": 0.5}
    assert table["reason"].to_dict() == {"any-1": "too_far", "any-2": "not_joined"} | {
        "all-1": "too_far", "all-2": "not_joined",
    }  # fmt: skip
    # minutes until both are reached: 900, 710, 500 and 800 s for 10, 20, 30 and 40 people: half within 710 s
    assert table.loc["any-1", "nearest_minutes_median"] == pytest.approx(710 / 60)
    assert table.loc["all-1", "nearest_minutes_median"] == pytest.approx(500 / 60)
    metres = table.to_crs("EPSG:4550").geometry.length
    assert metres["any-1"] == pytest.approx(1000, abs=0.5)
    assert metres["all-1"] == pytest.approx(400, abs=0.5)


def test_overlaid_parts_are_unions_and_intersections():
    """Parts of two lists overlap as intervals do, per edge; parts that touch are one, parts that only meet do not cross."""
    nan = np.full(2, np.nan)
    one = Parts(np.array([0, 1]), np.array([0.0, 0.2]), np.array([0.5, 1.0]), nan, nan)
    two = Parts(np.array([0, 1]), np.array([0.5, 0.0]), np.array([1.0, 0.6]), nan, nan)
    union, both = gaps._overlaid([one, two], least=1), gaps._overlaid([one, two], least=2)
    assert (union.edge.tolist(), union.from_fraction.tolist(), union.to_fraction.tolist()) == ([0, 1], [0, 0], [1, 1])
    assert (both.edge.tolist(), both.from_fraction.tolist(), both.to_fraction.tolist()) == ([1], [0.2], [0.6])


def test_poverty_on_paper(result):
    """Nobody reaches both; 10 + 20 lack the canteen only, 40 the clinic only; 30 and the 5 at no street lack both."""
    table = result.poverty
    assert list(table.columns) == TABLES["poverty"].names
    for level in ("township", "island", "village"):
        whole = table[(table["level"] == level) & (table["code"] == "ALL") & (table["group"] == "population")]
        assert whole["people"].tolist() == [0, 70, 35]
        assert whole["share"].tolist() == [0, 70 / 105, 35 / 105]
    for _, part in table.groupby(["level", "code", "group"]):
        assert part["people"].sum() == part["population"].iloc[0]


def test_the_circle_on_paper(result):
    """Within 300 m as the crow flies live the 30 who can walk it, and 5 who are joined to no street."""
    table = result.straight_line
    assert list(table.columns) == TABLES["straight_line"].names
    row = table.query("township_code == 'ALL' and category == 'clinic' and group == 'population'").iloc[0]
    assert (row["radius_m"], row["covered"], row["in_circle"], row["overstated"]) == (300, 30, 35, 5)
    assert (row["share"], row["circle_share"]) == (30 / 105, 35 / 105)
    meals = table.query("township_code == 'ALL' and category == 'meals' and group == 'population'").iloc[0]
    assert (meals["covered"], meals["in_circle"]) == (40, 40)


def test_capacity_on_paper(result):
    """20 beds for the 30 within reach are 2/3 each; half a bed each is the norm: 75 people have none, 37.5 beds short."""
    table = result.capacity
    assert list(table.columns) == TABLES["capacity"].names
    assert set(table["category"]) == {"clinic"}  # the canteen states no capacity
    rows = table[table["township_code"] == "ALL"].set_index(["method", "group"])
    row = rows.loc[("2sfca", "population")]
    assert row["access_per_1000"] == pytest.approx(20 / 105 * 1000)
    assert (row["supply"], row["supply_reached"], row["facilities"], row["without_capacity"]) == (20, 20, 1, 0)
    own = table[(table["township_code"] == "case") & (table["group"] == "population")].set_index("method")
    assert own.loc["2sfca", ["norm_per_1000", "norm_rule", "below_norm", "places_short"]].tolist() == [
        500,
        "beds",
        75,
        37.5,
    ]
    # E2SFCA: 10 people weigh 1, 20 weigh 0.22 (290 s): 20 / 14.4 beds each, times the weight; the 20 have 0.306
    assert own.loc["e2sfca", "places_short"] == pytest.approx(37.5 + 20 * (0.5 - 0.22 * 20 / 14.4))
    assert rows["people"].mul(rows["access_per_1000"]).div(1000).to_numpy() == pytest.approx(rows["supply_reached"])


def test_equity_reaches_the_result(result):
    """The table of equity has its columns and a row per level, category and group."""
    assert list(result.equity.columns) == TABLES["equity"].names
    assert len(result.equity) == 3 * 2 * 2
    minutes = result.equity.query("level == 'people' and category == 'clinic' and group == 'population'").iloc[0]
    assert minutes["without"] == 5
    assert minutes["p50"] == pytest.approx(500 / 60)  # 10 and 20 within 290 s, 30 more within 500 s: 60 of 105


def test_new_tables_land_in_files(result, tmp_path):
    """Each table has a file of its own; gaps of any and all services are GeoJSON with the columns of gaps."""
    from circles.outputs import files

    files.write_tables(result, tmp_path)
    for name in ("poverty", "straight_line", "capacity", "equity"):
        read = pd.read_csv(tmp_path / f"{name}.csv", encoding="utf-8-sig")
        assert list(read.columns) == TABLES[name].names
        assert len(read) == len(getattr(result, name))
    assert '"gap_id": "all-1"' in (tmp_path / "gaps_any.geojson").read_text(encoding="utf-8")
    assert not (tmp_path / "stability.csv").exists()
