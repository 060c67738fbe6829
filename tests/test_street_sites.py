"""The least change of a rule on streets: which facility reaches how many metres, on a line worked out on paper."""

from __future__ import annotations

import pytest

import circles
from circles.analysis.access import walks_of
from circles.analysis.scenario import apply, read_scenario
from circles.analysis.verdicts.of_area import judged
from circles.inputs.loading import load
from circles.testing import ORIGIN, PLAIN, area_toml, lattice_city, places, write_city

AREA = area_toml(
    {"clinic": "plain", "meals": "slow"},
    walk={"limit_min": 5, "snap_max_m": 50},
    walkers={"plain": PLAIN, "slow": PLAIN | {"speed_m_per_s": 0.5}},
    rules=[
        {"id": i, "categories": kinds, "measure": "street_share", "threshold": threshold}
        for i, kinds, threshold in (
            ("most", ["clinic"], 0.8), ("nearly-all", ["clinic"], 0.95), ("both", ["clinic", "meals"], 0.25)
        )
    ],
)  # fmt: skip


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    """Ten blocks of 100 m; a clinic at 0 m; canteens at 700 and 1000 m are sites; homes at 500 and 800 m."""
    facilities = places(
        [
            {"id": "c", "name": "院", "category": "clinic", "x": 0, "y": 0},
            {"id": "m1", "name": "餐一", "category": "meals", "x": 700, "y": 0},
            {"id": "m2", "name": "餐二", "category": "meals", "x": 1000, "y": 0},
        ]
    )
    homes = [("h1", 500, 30), ("h2", 800, 40)]
    residents = places([{"id": i, "x": x, "y": 0, "population": people} for i, x, people in homes])
    folder = tmp_path_factory.mktemp("line")
    return circles.load_area(write_city(folder, lattice_city(10, 0), facilities, residents, AREA))


def test_one_more_facility_on_paper(line):
    """At 700 m a clinic reaches 400…1000 m: with 0…300 m that is 0.9; every site together reaches no more."""
    result = circles.analyse(line, is_full=True)
    assert result.check.set_index("rule_id").loc[["most", "both"], "value"].tolist() == pytest.approx([0.3, 0.0])
    table = result.least_change.set_index("rule_id")
    most = table.loc["most"]
    assert (most["change"], most["count"], most["sites"], most["newly_covered"]) == ("facility", 1, "m1", 70)
    assert most["value"] == pytest.approx(0.9)
    assert table.loc["nearly-all", "change"] == "none"
    assert table.loc["nearly-all", "value"] == pytest.approx(0.9)
    # both kinds at once: canteens reach 150 m each way at half the speed: 550…850 and 850…1000 m; a site at 700 m
    # brings both to 550…850 m and clinics to 400…1000 m, so that 550…1000 m count: 0.45
    assert (table.loc["both", "sites"], table.loc["both", "is_proven"]) == ("m1", True)
    assert table.loc["both", "value"] == pytest.approx(0.45)


def test_the_promise_holds_when_it_is_built(line):
    """A clinic opened at the site gives the value of the table."""
    content = {
        "scenario": {"id": "x", "name": "x"},
        "add": [{"id": "new", "name": "新", "category": "clinic", "x": 700 + ORIGIN[0], "y": ORIGIN[1]}],
    }
    changed = apply(load(line), read_scenario(content, line))
    value = judged(changed, walks_of(changed)).set_index("rule_id").loc["most", "value"]
    assert value == pytest.approx(0.9)
