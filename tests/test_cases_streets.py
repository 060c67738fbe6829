"""Networks, extracts, coasts and rasters that went wrong once, each with its right answer: all of them as a user runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

import circles
from circles.foundation.errors import InputError

# case → minutes of a resident ("" = none), and finding codes that must be there; or the code of an error
ANSWERS: dict[str, tuple[dict[str, float | str], set[str]] | str] = {
    "bridge_F": ({"a": 14.24}, set()),
    "coast_no_bounds": ({"a": 10.05}, set()),
    "crossing_at_other_height": ({}, {"lines-differ-in-height"}),
    "crossings_no_vertex": ({"a": "no_route"}, {"lines-cross"}),
    "crs_web_mercator": "crs-distorts",
    "facility_disused": ({"a": "no_facility_on_island"}, {"osm-facility-shut"}),
    "facility_opens_2030": ({"a": "no_facility_on_island"}, {"facility-opens-later"}),
    "facility_private": ({"a": "no_facility_on_island"}, {"osm-facility-private"}),
    "fclass_ignored": ({"a": "no_facility_on_island"}, {"lines-column-taken"}),
    "foreign_node_numbers": ({"a": "beyond_horizon"}, {"node-numbers-apart"}),
    "fragment_facility": ({"a": 10.4165}, {"fragment-snap"}),
    "gdal_lines_river": ({"a": "no_facility_on_island"}, {"lines-not-streets"}),
    "grounds_and_building": ({}, {"osm-facility-twin"}),
    "history_deleted_way": ({"a": "no_facility_on_island"}, {"osm-deleted"}),
    "history_moved_node": ({"a": 15.05}, {"osm-old-versions"}),
    "josm_deleted_way": ({"a": "no_facility_on_island"}, {"osm-deleted"}),
    "lock_gate": ({"a": 10.05}, set()),
    "no_residential_street": ({}, {"residents-no-street"}),
    "osmnx_gpkg_list": ({"a": 15.05}, set()),
    "overpass_out_geom": "osm-nodes-missing",
    "pbf_locations_on_ways": "osm-nodes-missing",
    "population_scale": ({}, set()),
    "site_of_relations": ({}, {"osm-facility-of-relations"}),
    "stranded_inner_ring": ({}, set()),
    "stranded_stub": ({"r0": 6.5139}, {"fragment-snap"}),
    "t_junction_no_vertex": ({"a": "no_route"}, {"ends-near-lines"}),
    "touching_enclaves": ({}, set()),
    "townships_overlap": ({}, {"townships-overlap"}),
    "way_abandoned_path": ({"a": "no_facility_on_island"}, {"osm-lines-closed"}),
    "way_alpine_path": ({"a": "no_facility_on_island"}, {"osm-lines-closed"}),
    "way_foot_values": ({"a": "no_facility_on_island"}, {"osm-lines-closed"}),
    "way_ice_road": ({"a": "no_facility_on_island"}, {"osm-lines-closed"}),
    "way_seasonal_bridge": ({}, {"lines-not-always"}),
}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_real_fault_is_answered(name: str, shared_dir: Path) -> None:
    """The right minutes, or a finding that names the matter and what to do; never a crash, never silence."""
    file = shared_dir / "cases" / "streets" / name / "area.toml"
    answer = ANSWERS[name]
    if isinstance(answer, str):
        with pytest.raises(InputError) as caught:
            circles.analyse(circles.load_area(file))
        assert caught.value.findings[0].code == answer
        return
    result = circles.analyse(circles.load_area(file))
    minutes, codes = answer
    by = result.access.set_index("resident_id")
    for resident, wanted in minutes.items():
        if isinstance(wanted, float):
            assert by.loc[resident, "minutes"] == pytest.approx(wanted, abs=0.006)
        elif wanted:
            assert by.loc[resident, "reason"] == wanted
    found = set(result.findings["code"])
    assert codes <= found
    assert {"grounds_and_building": _one_of_two, "no_residential_street": _no_data, "population_scale": _thirty_people,
            "touching_enclaves": _each_its_own, "stranded_inner_ring": _all_reached}.get(name, _fine)(result)  # fmt: skip


def _fine(_: circles.Result) -> bool:
    return True


def _one_of_two(result: circles.Result) -> bool:
    row = result.check.query("rule_id == 'r1'").iloc[0]
    return (row["numerator"], row["verdict"]) == (1, "not_met")


def _no_data(result: circles.Result) -> bool:
    return set(result.check["verdict"]) == {"no_data"}


def _thirty_people(result: circles.Result) -> bool:
    return bool(result.residents["population"].sum() == pytest.approx(30))


def _each_its_own(result: circles.Result) -> bool:
    people = result.coverage.query("group == 'population'").set_index("township")["population"]
    return (people["Around"], people["West"], people["East"]) == (1, 10, 20) and "osm-relation-broken" not in set(
        result.findings["code"]
    )


def _all_reached(result: circles.Result) -> bool:
    return bool((result.access["reason"] == "").all())


def test_every_case_has_an_answer(shared_dir: Path) -> None:
    """A case that is added is looked at."""
    assert {folder.name for folder in (shared_dir / "cases" / "streets").iterdir()} == set(ANSWERS)
