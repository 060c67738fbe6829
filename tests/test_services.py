"""Service beyond the walk to one place: delivery, mobile services, buildings for the old and the very young, competition."""

from __future__ import annotations

import pytest

import circles
from circles import testing
from circles.foundation.errors import InputError
from circles.inputs.served_villages import villages_named

_AREA = testing.area_toml(
    {"meals": {"profile": "plain", "audience": "elder"}, "childcare": {"profile": "plain", "audience": "child"}},
    walk={"limit_min": 5},
)
_FIXED = {"status": "existing", "service_mode": "fixed", "serves": "", "site_id": "", "capacity": ""}


def _city(folder, facilities):
    """Write the city: villages A (x 0 and 100), B (400) and C (800), ten people each point, one infant each."""
    places = testing.places([{**_FIXED, "y": 0, "name": f["id"], **f} for f in facilities])
    homes = testing.places(
        [
            {"id": f"r{x}", "x": x, "y": 0, "population": 10, "age_0_2": 1, "village_code": village}
            for x, village in ((0, "A"), (100, "A"), (400, "B"), (800, "C"))
        ]
    )
    return testing.write_city(folder, testing.lattice_city(8, 1), places, homes, _AREA)


def _analysed(folder, facilities):
    return circles.analyse(circles.load_area(_city(folder, facilities)))


def test_delivery_stands_beside_the_walk_and_never_inside_it(tmp_path):
    """Of 40 people 20 walk to the canteen at x = 0; delivery serves B and A, a mobile service B: 10 more, counted once."""
    result = _analysed(
        tmp_path,
        [
            {"id": "hall", "category": "meals", "x": 0},
            {"id": "van", "category": "meals", "x": 0, "service_mode": "mobile", "serves": "B"},
            {"id": "rider", "category": "meals", "x": 0, "service_mode": "delivery", "serves": "['A', 'B']"},
            {"id": "gone", "category": "meals", "x": 0, "service_mode": "delivery", "serves": "C", "status": "closed"},
        ],
    )
    row = result.served_otherwise.set_index(["township_code", "category", "group"]).loc["ALL", "meals", "population"]
    assert row[["population", "covered", "delivered", "mobile", "served_otherwise", "not_served"]].tolist() == [
        40, 20, 10, 10, 10, 10,
    ]  # fmt: skip
    walked = result.coverage.set_index(["township_code", "category", "group"]).loc["ALL", "meals", "population"]
    assert walked["covered"] == 20
    assert set(result.served_otherwise["category"]) == {"meals"}


@pytest.mark.parametrize(
    ("serves", "mode", "code"),
    [("D", "delivery", "served-village-unknown"), ("A；东村", "mobile", "served-village-unknown")],
)
def test_a_village_that_is_not_there_is_an_error_at_its_row(tmp_path, serves, mode, code):
    """A service that names a village which no table knows stops the run, naming the row and the villages there are."""
    file = _city(tmp_path, [{"id": "van", "category": "meals", "x": 0, "service_mode": mode, "serves": serves}])
    with pytest.raises(InputError) as caught:
        circles.analyse(circles.load_area(file))
    assert [(f.code, f.row, f.id) for f in caught.value.findings] == [(code, 2, "van")]
    assert "A, B, C" in caught.value.findings[0].values["valid"]


def test_a_fixed_place_that_names_villages_is_noted(tmp_path):
    """A fixed place is walked to: the villages that it names change nothing, and the note says so."""
    result = _analysed(tmp_path, [{"id": "hall", "category": "meals", "x": 0, "serves": "C"}])
    assert (result.findings["code"] == "serves-fixed").sum() == 1
    assert result.served_otherwise.empty


def test_the_cell_of_villages_is_read_in_every_usual_spelling():
    """Semicolons, commas of both widths, lists as JSON, line breaks: each village once, in order."""
    for text in ("A;B", "A；B", "A，B, A", '["A", "B"]', "A、B", "A\nB", " A | B ", "A+B"):
        assert villages_named(text) == ("A", "B"), text


def test_one_building_for_old_and_young_by_hand(tmp_path):
    """Only the building with both counts: its canteen at 100 is in reach of 0, 100 and 400; another canteen is not one."""
    result = _analysed(
        tmp_path,
        [
            {"id": "m", "category": "meals", "x": 100, "site_id": "s"},
            {"id": "k", "category": "childcare", "x": 100, "site_id": "s"},
            {"id": "n", "category": "meals", "x": 800, "site_id": "t"},
            {"id": "o", "category": "childcare", "x": 800, "site_id": "t", "status": "planned"},
        ],
    )
    assert result.elder_child[["site_id", "elder", "child"]].to_numpy().tolist() == [["s", "m", "k"]]
    rows = result.elder_child_coverage.set_index(["township_code", "audience", "group"])
    assert rows.loc[("ALL", "elder", "population"), ["population", "covered", "share"]].tolist() == [40, 30, 0.75]
    assert rows.loc[("ALL", "child", "age_0_2"), ["population", "covered", "share"]].tolist() == [4, 3, 0.75]


def test_competition_by_hand_and_its_sums(tmp_path):
    """30 seats at 100 are shared by the 30 people in reach, 10 at 800 by the 10 there: 1 each, 40 available in all, two levels of 1."""
    result = _analysed(
        tmp_path,
        [
            {"id": "m", "category": "meals", "x": 100, "capacity": 30},
            {"id": "n", "category": "meals", "x": 800, "capacity": 10},
        ],
    )
    own = result.competition[result.competition["group"] == "population"].set_index("township_code")
    assert own.loc["ALL", ["population", "two_step_per_1000", "available", "balanced_level"]].tolist() == [
        40, 1000, 40, 2,
    ]  # fmt: skip
    capacity = result.capacity.set_index(["township_code", "method", "group"]).loc["ALL", "2sfca", "population"]
    assert capacity["supply_reached"] == own.loc["ALL", "available"]
