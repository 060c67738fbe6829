"""Coverage: who is within the limit, per township, island and village; shares; conservation of people."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circles.analysis import coverage
from circles.area import Area, Category, DataFiles, MapOptions, Walk
from circles.area.walkers import BUILT_IN
from circles.foundation import limits
from circles.foundation.schema.tables import TABLES

TOWNSHIPS = pd.DataFrame({"code": ["b", "a", "empty"], "name": ["乙", "甲", "空"], "class": ["town", "rural", ""]})
VILLAGES = pd.DataFrame(
    {"code": ["v1", "v2"], "name": ["一村", "二村"], "township_code": ["a", "b"], "island": ["", ""]}
)


def an_area(**walk) -> Area:
    categories = (
        Category(id="clinic", name="卫生院", profile="adult"),
        Category(id="meals", name="助餐点", profile="elder"),
    )
    return Area(
        "city", "试城", "EPSG:4550", dt.date(2024, 12, 31), False, DataFiles(network="n.gpkg", facilities=("f.csv",)),
        Walk(**walk), categories, (), MapOptions(), dict(BUILT_IN), Path("area.toml"),
    )  # fmt: skip


def some_residents() -> pd.DataFrame:
    """Five points: two in a, two in b, one outside every township."""
    return pd.DataFrame(
        {
            "id": ["r1", "r2", "r3", "r4", "r5"],
            "population": [10.0, 20.0, 30.0, 40.0, 5.0],
            "age_0_2": [1, 0, 0, 0, 2],
            "note": ["x"] * 5,
            "lon": [122.0] * 5,
            "is_new": [True] * 5,
            "age_60_plus": [2.0, math.nan, 4.0, 4.0, 0.0],
            "township_code": ["a", "a", "b", "b", "NONE"],
            "village_code": ["v1", "", "v2", "v9", None],
            "island": ["岛", "岛", "", "屿", "屿"],
        }
    )


def some_access() -> pd.DataFrame:
    """The clinic is reached by r1 (15 min exactly), r3; meals by nobody."""
    rows = [("r3", 3.0), ("r1", 15.0), ("r2", 15.01), ("r4", math.nan), ("r5", 1.0)]
    clinic = pd.DataFrame(
        [(r, "clinic", "adult", m) for r, m in rows], columns=["resident_id", "category", "profile", "minutes"]
    )
    return pd.concat([clinic, clinic.assign(category="meals", profile="elder", minutes=math.nan)])


def row_of(table: pd.DataFrame, key: str, category: str, group: str) -> tuple[float, float, float]:
    one = table[(table.iloc[:, 0] == key) & (table["category"] == category) & (table["group"] == group)]
    assert len(one) == 1
    return tuple(one[["population", "covered", "share"]].iloc[0])


def test_groups_are_population_and_numeric_columns():
    """`population` comes first; text, booleans, coordinates and fixed columns are no groups."""
    assert coverage.groups(some_residents()) == ["population", "age_0_2", "age_60_plus"]


def test_coverage_by_hand():
    """Every number of a five-point city equals the sum on paper."""
    table = coverage.coverage(some_residents(), some_access(), an_area(), TOWNSHIPS)
    assert list(table.columns) == TABLES["coverage"].names
    assert row_of(table, "a", "clinic", "population") == (30, 10, 10 / 30)  # r1 of r1 + r2
    assert row_of(table, "b", "clinic", "population") == (70, 30, 30 / 70)  # r3 of r3 + r4
    assert row_of(table, "NONE", "clinic", "population") == (5, 5, 1)
    assert row_of(table, "ALL", "clinic", "population") == (105, 45, 45 / 105)
    assert row_of(table, "ALL", "clinic", "age_60_plus") == (10, 6, 0.6)  # the missing number counts as 0
    assert row_of(table, "ALL", "meals", "population") == (105, 0, 0)


def test_coverage_rows_and_order():
    """Townships keep the order of their table, then NONE and ALL; one without residents has rows with an empty share."""
    table = coverage.coverage(some_residents(), some_access(), an_area(), TOWNSHIPS)
    assert list(dict.fromkeys(table["township_code"])) == ["b", "a", "empty", "NONE", "ALL"]
    assert len(table) == 5 * 2 * 3
    assert not table.duplicated(["township_code", "category", "group"]).any()
    population, covered, share = row_of(table, "empty", "clinic", "population")
    assert (population, covered) == (0, 0)
    assert math.isnan(share)
    inside = some_residents().query("township_code != 'NONE'")
    assert "NONE" not in set(coverage.coverage(inside, some_access(), an_area(), TOWNSHIPS)["township_code"])


def test_coverage_keeps_people_of_unknown_townships():
    """A township code that the townships do not know has a row of its own: nobody falls out of the sum."""
    residents = some_residents().assign(township_code=["a", "z", "b", "b", ""])
    table = coverage.coverage(residents, some_access(), an_area(), TOWNSHIPS)
    assert list(dict.fromkeys(table["township_code"])) == ["b", "a", "empty", "z", "NONE", "ALL"]
    assert row_of(table, "z", "clinic", "population")[0] == 20


def test_coverage_without_anybody():
    """No residents at all give rows of zeros, not an error."""
    table = coverage.coverage(some_residents().iloc[:0], some_access().iloc[:0], an_area(), TOWNSHIPS)
    assert (table["population"] == 0).all()
    assert table["share"].isna().all()


def test_by_island_and_by_village():
    """People at sea and people without a village have the row NONE; unknown villages keep a row; ALL is the sum."""
    islands = coverage.by_island(some_residents(), some_access(), an_area())
    assert list(islands.columns) == TABLES["coverage_by_island"].names
    assert set(islands["island"]) == {"岛", "屿", "NONE", "ALL"}
    assert row_of(islands, "NONE", "clinic", "population") == (30, 30, 1)
    assert row_of(islands, "屿", "clinic", "population") == (45, 5, 5 / 45)
    with_empty = coverage.by_island(some_residents(), some_access(), an_area(), ["无人岛", "岛"])
    assert list(dict.fromkeys(with_empty["island"])) == ["无人岛", "岛", "屿", "NONE", "ALL"]
    villages = coverage.by_village(some_residents(), some_access(), an_area(), VILLAGES)
    assert list(villages.columns) == TABLES["coverage_by_village"].names
    assert list(dict.fromkeys(villages["village_code"])) == ["v1", "v2", "v9", "NONE", "ALL"]
    assert row_of(villages, "NONE", "clinic", "population") == (25, 5, 0.2)
    none_known = coverage.by_village(some_residents(), some_access(), an_area(), pd.DataFrame())
    assert list(dict.fromkeys(none_known["village_code"])) == ["v1", "v2", "v9", "NONE", "ALL"]


def test_variants_count_other_limits_and_walkers():
    """Every break up to the horizon and the limit itself is counted for every walker; the own walker comes first."""
    minutes = some_access().query("category == 'clinic'").set_index("resident_id")["minutes"]
    given_minutes = {("clinic", "carer"): minutes + 10, ("clinic", "adult"): minutes}
    table = coverage.variants(some_residents(), given_minutes, an_area(breaks_min=(5.0, 10.0, 90.0)), TOWNSHIPS)
    assert list(dict.fromkeys(zip(table["profile"], table["limit_min"], strict=True))) == [
        ("adult", 5.0), ("adult", 10.0), ("adult", 15.0), ("carer", 5.0), ("carer", 10.0), ("carer", 15.0),
    ]  # fmt: skip
    everyone = table[(table["township_code"] == "ALL") & (table["group"] == "population")]
    assert everyone["covered"].tolist() == [35, 35, 45, 0, 0, 35]


@pytest.mark.parametrize(
    ("seconds", "is_reached"),
    [(900.0, True), (900.000001, True), (900.0000011, False), (900.0001, False), (math.nan, False), (0.0, True)],
)
def test_reached_is_judged_in_seconds(seconds, is_reached):
    """Within the limit means seconds ≤ limit × 60 + 1e-6, though minutes are seconds / 60."""
    assert bool(limits.reached(seconds / 60, 15.0)) is is_reached


@given(st.floats(0.01, 1440), st.integers(0, 10**6))
def test_reached_survives_the_division_by_sixty(limit_min, seed):
    """A time of exactly the limit in seconds is within it, however the division by 60 rounds."""
    seconds = limit_min * 60 + 1e-6
    assert bool(limits.reached(seconds / 60, limit_min))
    assert bool(limits.reached(limit_min * 60 / 60, limit_min))
    assert not bool(limits.reached((seconds + 2e-7 + 1e-10 * seed % 1) / 60, limit_min))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "NONE", "q"]), st.floats(0, 1e4), st.one_of(st.none(), st.floats(0, 60))),
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
def test_people_are_conserved_and_order_is_nothing(points, random):
    """Rows sum to ALL; covered never exceeds people; a longer limit never covers fewer; shuffling changes no bit."""
    residents = pd.DataFrame(
        {
            "id": [f"r{i}" for i in range(len(points))],
            "population": np.array([p for _, p, _ in points], dtype=float),
            "township_code": pd.Series([t for t, _, _ in points], dtype="str"),
        }
    )
    minutes = pd.Series([math.nan if m is None else m for _, _, m in points], index=residents["id"], dtype=float)
    area = an_area(breaks_min=(5.0, 30.0))
    table = coverage.variants(residents, {("clinic", "adult"): minutes}, area, TOWNSHIPS)
    assert (table["covered"] <= table["population"]).all()
    for _, part in table.groupby("limit_min"):
        everyone = part[part["township_code"] == "ALL"].iloc[0]
        others = part[part["township_code"] != "ALL"]
        assert math.fsum(others["population"]) == pytest.approx(everyone["population"], rel=1e-14)
        assert math.fsum(others["covered"]) == pytest.approx(everyone["covered"], rel=1e-14)
    for _, part in table.groupby("township_code"):
        assert part["covered"].is_monotonic_increasing
    order = list(range(len(points)))
    random.shuffle(order)
    again = coverage.variants(residents.iloc[order], {("clinic", "adult"): minutes.iloc[::-1]}, area, TOWNSHIPS)
    pd.testing.assert_frame_equal(table, again, check_exact=True)


@pytest.mark.parametrize(
    ("value", "threshold", "shown"),
    [
        (0.5, None, "50.0%"), (0.1225, None, "12.2%"), (0.1235, None, "12.4%"), (0.89996, None, "90.0%"),
        (0.89996, 0.9, "89.9%"), (0.9 - 1e-9, 0.9, "89.9%"), (0.9 - 1e-14, 0.9, "90.0%"), (0.9, 0.9, "90.0%"),
        (0.99999, None, "99.9%"), (1.0, None, "100.0%"), (1.5, None, "150.0%"), (0.0, None, "0.0%"),
        (-0.00001, 0.0, "-0.1%"), (0.1 + 0.2, 0.3, "30.0%"), (math.nan, 0.9, "–"), (None, None, "–"),
    ],
)  # fmt: skip
def test_percent_never_contradicts_its_verdict(value, threshold, shown):
    """One decimal, half to even; below a threshold never shows as reaching it, below everyone never as 100.0 %."""
    assert coverage.shown_percent(value, threshold) == shown
