"""Several populations of one area, and people who relocate: nobody is lost, and every sum closes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rasterio

import circles
from circles.analysis.scenario.relocating import relocated
from circles.foundation.errors import AreaError, InputError, ScenarioError
from circles.testing import ORIGIN, lattice_city, places, write_city

AREA = """
[area]
id = "city"
name = "方格"
crs = "EPSG:4550"
as_of = 2024-05-31
[data]
network = "streets.gpkg"
facilities = ["facilities.csv"]
residents = { file = "residents.csv", groups = ["night", "age_60_plus"] }
[walk]
limit_min = 3
[walk.profiles.even]
speed_m_per_s = 1.0
steps_m_per_s = 1.0
uses_slope = false
[[categories]]
id = "clinic"
name = "卫生院"
profile = "even"
"""
SUMMER = '[[populations]]\nid = "summer"\nname = "夏季"\nfactors = "summer.csv"\n'
NIGHT = '[[populations]]\nid = "night"\ncolumn = "night"\n'
FACTORS = "village_code,township_code,factor\nv1,,3\n,ALL,0.5\n"


def city(folder, more="", factors=FACTORS):
    """A lattice with a clinic at (0, 0); 180 s reach x = 100 of village v1, not x = 300 of village v2."""
    folder.mkdir(exist_ok=True)
    (folder / "summer.csv").write_text(factors, encoding="utf-8")
    shops = places(
        [
            {"id": "c", "name": "c", "category": "clinic", "x": 0, "y": 0},
            {"id": "d", "name": "d", "category": "clinic", "x": 400, "y": 300},
        ]
    )
    homes = places([
        {"id": "a", "x": 100, "y": 0, "population": 10, "night": 7, "age_60_plus": 4, "village_code": "v1"},
        {"id": "b", "x": 300, "y": 0, "population": 20, "night": 5, "age_60_plus": 1, "village_code": "v2"},
        {"id": "e", "x": 400, "y": 200, "population": 7, "night": 3, "age_60_plus": 2, "village_code": "v3"},
    ])  # fmt: skip
    return write_city(folder, lattice_city(), shops, homes, AREA + more)


def test_factors_and_columns_count_other_people_on_the_same_walks(tmp_path):
    """Summer: v1 threefold and covered, the others half: 30 + 3.5 of 43.5; night: the column, 7 + 3 of 15."""
    table = circles.analyse(circles.load_area(city(tmp_path, SUMMER + NIGHT))).coverage_by_population
    whole = table[(table["township_code"] == "ALL") & (table["group"] == "population")].set_index("population_id")
    assert whole.loc["summer", ["population", "covered", "uncovered"]].tolist() == [43.5, 33.5, 10.0]
    assert whole.loc["night", ["population", "covered", "uncovered"]].tolist() == [15.0, 10.0, 5.0]
    older = table[(table["population_id"] == "summer") & (table["group"] == "age_60_plus")]
    assert older["population"].iloc[-1] == 4 * 3 + 1 * 0.5 + 2 * 0.5


def test_a_raster_has_people_and_walks_of_its_own(tmp_path):
    """12 people in the cell at x = 100 walk there in time, 8 at x = 300 do not; residents themselves stay as they are."""
    cells = np.zeros((7, 9), dtype="float32")
    cells[6, 2], cells[6, 6] = 12, 8  # rows from the north: the last is centred on y = 0
    west, north = ORIGIN[0] - 25, ORIGIN[1] + 325
    with rasterio.open(
        tmp_path / "day.tif", "w", driver="GTiff", width=9, height=7, count=1, dtype="float32", crs="EPSG:4550",
        transform=rasterio.Affine(50, 0, west, 0, -50, north), nodata=-1,
    ) as file:  # fmt: skip
        file.write(cells, 1)
    result = circles.analyse(
        circles.load_area(city(tmp_path, '[[populations]]\nid = "day"\nraster = "day.tif"\n' + NIGHT))
    )
    whole = result.coverage_by_population.query("township_code == 'ALL' and group == 'population'")
    whole = whole.set_index("population_id")[["population", "covered", "uncovered"]]
    assert whole.loc["day"].tolist() == [20.0, 12.0, 8.0]
    assert whole.loc["night"].tolist() == [15.0, 10.0, 5.0]
    alone = circles.analyse(circles.load_area(city(tmp_path / "alone")))
    pd.testing.assert_frame_equal(result.access, alone.access)
    pd.testing.assert_frame_equal(result.coverage, alone.coverage)


def test_every_sum_closes_on_the_embedded_area(repository, tmp_path):
    """Covered + uncovered = population in every row, and townships add up to ALL, for each group and population."""
    import shutil

    folder = tmp_path / "shengsi"
    shutil.copytree(repository / "data" / "gis" / "shengsi", folder)
    (folder / "summer.csv").write_text("township_code,factor\n330922202,3\n330922101,2\nALL,1\n", encoding="utf-8")
    with (folder / "area.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + SUMMER + '[[populations]]\nid = "old"\ncolumn = "age_60_plus"\n')
    result = circles.analyse(circles.load_area(folder / "area.toml"))
    table = result.coverage_by_population
    assert np.array_equal(table["covered"] + table["uncovered"], table["population"])
    keys = ["population_id", "category", "group"]
    sums = table[table["township_code"] != "ALL"].groupby(keys)[["population", "covered"]].sum()
    whole = table[table["township_code"] == "ALL"].set_index(keys)[["population", "covered"]]
    pd.testing.assert_frame_equal(sums.sort_index(), whole.sort_index(), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("more", "factors", "code"),
    [
        ('[[populations]]\nid = "x"\ncolumn = "summer"\n', FACTORS, "population-column"),
        (SUMMER, "village_code,factor\nv1,3\n", "factor-missing"),
        (SUMMER, FACTORS + "v1,,2\n", "factor-twice"),
        (SUMMER, FACTORS + "v9,,2\n", "factor-unknown"),
        (SUMMER, FACTORS + "v2,,\n", "value-missing"),
        (SUMMER, FACTORS + "v2,,-1\n", "number-negative"),
        ('[[populations]]\nid = "x"\n', FACTORS, "population-of"),
        (SUMMER.replace("summer.csv", "none.csv"), FACTORS, "data-file-missing"),
    ],
)
def test_what_is_wrong_with_populations_is_reported(tmp_path, more, factors, code):
    """A column that is not there, factors missing, twice, unknown or negative each have their code."""
    with pytest.raises((AreaError, InputError)) as caught:
        circles.analyse(circles.load_area(city(tmp_path, more, factors)))
    found = [item.code for item in caught.value.findings]
    assert code in found or (code == "number-negative" and found), found


def test_people_who_relocate_are_conserved_group_by_group(tmp_path):
    """Half of v2 moves to v3: 10 of 20 and half of 1; the totals stay, verdicts have a before, losers are named."""
    area = circles.load_area(city(tmp_path))
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(
        '[scenario]\nid = "gather"\nname = "聚"\n[[relocate]]\nfrom = { village = "v2" }\nto = { village = "v3" }\nshare = 0.5\n'
        '[[relocate]]\nfrom = { village = "v1" }\nto = { village = "v3" }\nshare = 1.0\n',
        encoding="utf-8",
    )
    result = circles.analyse(area, scenario=circles.load_scenario(scenario, area))
    people = result.residents.set_index("id")
    assert people["population"].to_dict() == {"a": 0.0, "b": 10.0, "e": 27.0}
    assert people["age_60_plus"].to_dict() == {"a": 0.0, "b": 0.5, "e": 6.5}
    for group in ("population", "night", "age_60_plus"):
        assert people[group].sum() == result.base.residents[group].sum()
    table = result.facility_people.set_index("facility_id")
    assert table.loc["c", ["people_before", "people_after"]].tolist() == [10.0, 0.0]
    assert table.loc["d", ["people_before", "people_after"]].tolist() == [7.0, 27.0]


@pytest.mark.parametrize("seed", range(5))
def test_relocation_keeps_every_group_for_any_share(tmp_path, seed):
    """Random moves of random shares keep the sum of every group to the last bit that floats hold."""
    from circles.analysis.scenario.model import Relocate

    area = circles.load_area(city(tmp_path))
    people = circles.analyse(area).residents
    rng = np.random.default_rng(seed)
    for share in rng.uniform(0.01, 1.0, 20).tolist():
        old, new = rng.choice(["v1", "v2", "v3"], 2, replace=False).tolist()
        move = Relocate.model_validate({"from": {"village": old}, "to": {"village": new}, "share": share})
        moved, found = relocated(people, [move], where="scenario")
        assert not found
        for group in ("population", "night", "age_60_plus"):
            assert moved[group].sum() == pytest.approx(people[group].sum(), abs=1e-12)
            assert (moved[group] >= 0).all()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("v9", "v1", "relocate-nobody"), ("v1", "v9", "relocate-nobody"), ("v1", "v1", "relocate-same")],
)
def test_a_relocation_that_makes_no_sense_is_refused(tmp_path, old, new, code):
    """Places where nobody lives, or that overlap, are refused."""
    area = circles.load_area(city(tmp_path))
    scenario = tmp_path / "s.toml"
    scenario.write_text(
        f'[scenario]\nid = "x"\nname = "x"\n[[relocate]]\nfrom = {{ village = "{old}" }}\nto = {{ village = "{new}" }}\nshare = 0.5\n',
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError) as caught:
        circles.analyse(area, scenario=circles.load_scenario(scenario, area))
    assert code in [item.code for item in caught.value.findings]
