"""What tests, doctests and notebooks share: the hand-computable city, generated counties, travel times the slow way."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

import circles
from circles import testing


def test_the_city_is_a_lattice_of_hundred_metre_blocks():
    """A city of c × r blocks has c (r + 1) + r (c + 1) streets of 100 m, whose ends are the junctions."""
    streets = testing.lattice_city(4, 3)
    assert len(streets) == 4 * 4 + 3 * 5
    assert streets.length.tolist() == pytest.approx([100.0] * len(streets))
    ends = {point for line in streets.geometry for point in line.coords}
    assert len(ends) == 5 * 4


def test_travel_times_of_the_slow_way_by_hand():
    """On an L of two streets, one of them one-way, every entry is worked out on paper."""
    # A–B is 100 m at 1 s/m both ways; B–C is 50 m at 2 s/m from B to C only
    streets = [
        ([(0.0, 0.0), (100.0, 0.0)], 1.0, 1.0),
        ([(100.0, 0.0), (100.0, 50.0)], 2.0, np.inf),
    ]
    places = [(0, 30.0, 5.0), (1, 40.0, 7.0)]
    # along to itself: both access legs only; there: 5 + 70 + 80 + 7; back: against the one-way street
    assert testing.brute_force(streets, places, places).tolist() == [[10.0, 162.0], [np.inf, 14.0]]


def test_a_generated_county_is_the_same_each_time(tmp_path):
    """The same arguments write the same bytes, another seed others, and the county can be loaded."""
    found = {}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        folder = tmp_path / name / "county"
        folder.mkdir(parents=True)
        testing.write_county(folder, name="试", side=3, seed=seed, residents=20, facilities=4)
        found[name] = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}
    assert found["a"] == found["b"]
    assert found["a"] != found["c"]
    assert circles.load_area(tmp_path / "a" / "county").name == "试"
