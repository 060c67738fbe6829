"""What is known of an area's inputs, and how."""

from __future__ import annotations

import pytest

import circles
from circles.outputs.text import known_of


@pytest.fixture(scope="module")
def shengsi():
    return circles.analyse(circles.load_area())


def test_shares_of_each_subject_add_up(shengsi):
    """Each subject's shares are 1 together, people add up to the county, kilometres to the streets."""
    table = shengsi.provenance
    assert list(table["subject"].unique()) == ["facilities", "villages", "people", "street_km", "heights"]
    assert table.groupby("subject")["share"].sum().to_numpy() == pytest.approx(1.0)
    amounts = table.groupby("subject")["amount"].sum()
    assert amounts["people"] == 66903
    assert amounts["villages"] == 38
    assert amounts["street_km"] == pytest.approx(shengsi.network.edges["length_m"].sum() / 1000)


def test_shengsi_says_what_is_surveyed(shengsi):
    """Four facilities and 21 villages are surveyed, streets and heights modelled; the sentence says so in both languages."""
    table = shengsi.provenance.set_index(["subject", "kind"])["amount"]
    assert table["facilities", "surveyed"] == 4
    assert table["villages", "surveyed"] == 21
    assert table["heights", "modelled_to_srtm"] == 1
    assert "村社位置实测55%" in known_of(shengsi.provenance, "zh")
    assert "streets modelled 100%" in known_of(shengsi.provenance, "en")
    assert known_of(shengsi.provenance, "zh").endswith("高程模拟，按 SRTM 均值约束")
    assert known_of(shengsi.provenance, "en").endswith("heights modelled, held to SRTM means")
