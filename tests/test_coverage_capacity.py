"""Floating catchments and equity: by hand, by the sum rule, and beside PySAL."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from circles.analysis import coverage
from circles.analysis.coverage import capacity
from circles.area import Area, Category, DataFiles, MapOptions, Walk
from circles.area.walkers import BUILT_IN
from circles.foundation.errors import InputError

INF = math.inf
# The three-tract example of PySAL access: 100, 50 and 10 people; 15, 20 and 100 doctors; 1 minute at home, 40 to and
# from the third tract, 80 between the first two.
PEOPLE, DOCTORS = np.array([100.0, 50.0, 10.0]), np.array([15.0, 20.0, 100.0])
MINUTES = np.array([[1.0, 80.0, 40.0], [80.0, 1.0, 40.0], [40.0, 40.0, 1.0]])


def test_two_step_by_hand():
    """Three tracts within 61 minutes: each facility's places are shared by all who reach it, then added up."""
    got = coverage.two_step(MINUTES * 60, DOCTORS, PEOPLE, limit_s=61 * 60)
    # first: tracts 1 and 3, 110 people; second: tracts 2 and 3, 60 people; third: everybody, 160
    assert got.ratio == pytest.approx([15 / 110, 20 / 60, 100 / 160])
    assert got.access == pytest.approx([15 / 110 + 100 / 160, 20 / 60 + 100 / 160, 15 / 110 + 20 / 60 + 100 / 160])
    assert got.is_reached.all()
    assert PEOPLE @ got.access == pytest.approx(135)


def test_enhanced_by_hand():
    """Weights 1 up to 10 minutes and 0.5 up to 60 count in both steps."""
    got = coverage.enhanced(MINUTES, DOCTORS, PEOPLE, zones_s=(10, 60), weights=(1, 0.5))
    # first: 100 + 0.5 × 10 = 105; second: 50 + 5 = 55; third: 0.5 × 100 + 0.5 × 50 + 10 = 85
    assert got.ratio == pytest.approx([15 / 105, 20 / 55, 100 / 85])
    # tract 1: all of the first, half of the third
    assert got.access[0] == pytest.approx(15 / 105 + 0.5 * 100 / 85)
    assert got.access[2] == pytest.approx(0.5 * 15 / 105 + 0.5 * 20 / 55 + 100 / 85)


def test_catchment_limits_are_inclusive_and_zero_is_a_time():
    """900 s is within 900 s and 900.001 s is not; a stored 0 in a sparse matrix is a person at the door."""
    dense = coverage.two_step([[900.0], [900.001], [np.nan]], [6], [1, 1, 1], limit_s=900)
    assert dense.access.tolist() == [6, 0, 0]
    stored = sparse.csr_matrix((np.array([0.0, 901.0]), (np.array([0, 1]), np.array([0, 0]))), shape=(3, 2))
    got = coverage.two_step(stored, [6, 9], [1, 1, 1], limit_s=900)
    assert got.access.tolist() == [6, 0, 0]
    assert got.is_reached.tolist() == [True, False]
    assert got.ratio.tolist() == [6, 0]


def pysal(weight_fn=None, max_cost: float = 61) -> pd.Series:
    fca = pytest.importorskip("access.fca", reason="PySAL access is not installed")
    tracts = pd.DataFrame({"pop": PEOPLE, "doc": DOCTORS}, index=pd.Index([1, 2, 3], name="geoid"))
    costs = pd.DataFrame(
        [(i + 1, j + 1, MINUTES[i, j]) for i in range(3) for j in range(3)], columns=["origin", "dest", "cost"]
    )
    return fca.two_stage_fca(
        tracts[["pop"]], tracts[["doc"]], costs, max_cost, demand_name="pop", supply_name="doc", weight_fn=weight_fn
    )


def test_two_step_agrees_with_pysal():
    """The three-tract example gives the same 2SFCA as PySAL access."""
    got = coverage.two_step(MINUTES, DOCTORS, PEOPLE, limit_s=61)
    assert got.access == pytest.approx(pysal().to_numpy(), rel=1e-12)


def test_enhanced_agrees_with_pysal():
    """The three-tract example gives the same E2SFCA as PySAL access with a step function of the same zones."""
    weights = pytest.importorskip("access.weights", reason="PySAL access is not installed")
    expected = pysal(weights.step_fn({20: 1, 40: 0.68, 61: 0.22}))
    got = coverage.enhanced(MINUTES, DOCTORS, PEOPLE, zones_s=(20, 40, 61))
    assert got.access == pytest.approx(expected.to_numpy(), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_the_sum_rule_holds(n_demand, n_sites, seed):
    """Σ demand × access = Σ supply that anyone reaches, for both methods; dense and sparse costs agree."""
    rng = np.random.default_rng(seed)
    cost = np.where(rng.random((n_demand, n_sites)) < 0.5, np.inf, rng.uniform(0, 1800, (n_demand, n_sites)))
    supply, demand = rng.integers(0, 50, n_sites).astype(float), rng.integers(0, 200, n_demand).astype(float)
    for zones, weights in (((900.0,), (1.0,)), ((300.0, 600.0, 900.0), coverage.capacity.LUO_QI_WEIGHTS)):
        got = coverage.enhanced(cost, supply, demand, zones_s=zones, weights=weights)
        assert demand @ got.access == pytest.approx(supply[got.is_reached].sum(), rel=1e-9, abs=1e-9)
        finite = np.isfinite(cost)
        stored = sparse.csr_matrix((cost[finite], np.nonzero(finite)), shape=cost.shape)
        again = coverage.enhanced(stored, supply, demand, zones_s=zones, weights=weights)
        assert again.access == pytest.approx(got.access)


def test_places_short_by_hand():
    """Places short of a norm add up what each person lacks; who has more than the norm lends nothing to others."""
    residents = pd.DataFrame({"population": [100.0, 50.0, 10.0], "township_code": ["a", "a", "NONE"]})
    townships = pd.DataFrame({"code": ["a", "b"], "name": ["甲", "乙"]})
    table = capacity.by_township(residents, [0.01, 0.05, 0.0], townships, norm_per_1000=30).set_index("township_code")
    # a: 100 people lack 0.03 − 0.01 each = 2; the other 50 lack nothing; mean (1 + 2.5) / 150 per person
    assert table.loc["a", "places_short"] == pytest.approx(2)
    assert table.loc["a", "below_norm"] == 100
    assert table.loc["a", "access_per_1000"] == pytest.approx(3.5 / 150 * 1000)
    assert math.isnan(table.loc["b", "access_per_1000"])
    assert table.loc["ALL", "places_short"] == pytest.approx(2.3)  # and 10 people lack 0.03 each
    assert list(table.index) == ["a", "b", "NONE", "ALL"]
    without_norm = capacity.by_township(residents, [0.01, 0.05, 0.0], townships)
    assert without_norm["places_short"].isna().all()


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"supply": [1.0]}, {"catchment-shape"}),
        ({"supply": [1.0, math.nan, 1.0], "demand": [-1, 0, 0]}, {"catchment-value"}),
        ({"zones_s": (600, 300), "weights": (1, 1)}, {"catchment-zones"}),
        ({"weights": (1, 1)}, {"catchment-zones"}),
        ({"cost": [1.0, 2.0]}, {"catchment-shape"}),
    ],
)
def test_wrong_input_is_named(change, codes):
    """Sizes that do not fit, unknown places and muddled zones are refused with what is wrong."""
    call = {"cost": MINUTES, "supply": DOCTORS, "demand": PEOPLE, "zones_s": (900,), "weights": (1,)} | change
    with pytest.raises(InputError) as caught:
        coverage.enhanced(
            call["cost"], call["supply"], call["demand"], zones_s=call["zones_s"], weights=call["weights"]
        )
    assert {finding.code for finding in caught.value.findings} == codes
    assert caught.value.render("zh")
    assert caught.value.render("en")


def test_gini_by_hand():
    """1, 2, 3, 4: the mean absolute difference of all 16 pairs is 1.25, its half over the mean 2.5 is 0.25."""
    assert coverage.gini([4, 1, 3, 2]) == pytest.approx(0.25)
    assert coverage.gini([5, 5, 5]) == pytest.approx(0)
    assert coverage.gini([0, 0, 0, 8]) == pytest.approx(0.75)  # one of four has all: 1 − 1/4
    assert coverage.gini([0, 8], [3, 1]) == pytest.approx(0.75)  # the same, told by weights
    assert math.isnan(coverage.gini([0, 0]))
    assert math.isnan(coverage.gini([]))


def test_gini_agrees_with_pysal():
    """On 500 seeded numbers Gini equals PySAL inequality."""
    module = pytest.importorskip("inequality.gini", reason="PySAL inequality is not installed")
    values = np.random.default_rng(7).lognormal(size=500)
    assert coverage.gini(values) == pytest.approx(module.Gini(values).g, rel=1e-12)


def test_palma_by_hand():
    """The highest tenth over the lowest four tenths, cut inside a weight where the boundary falls there."""
    # ten people, minutes 1 … 10: highest tenth 10, lowest four tenths mean (1 + 2 + 3 + 4) / 4 = 2.5
    assert coverage.palma_of_means(list(range(1, 11))) == pytest.approx(4)
    # 1 person of weight 5 at 2 and 1 of weight 5 at 6: lowest 4 are at 2, highest 1 is at 6
    assert coverage.palma_of_means([2, 6], [5, 5]) == pytest.approx(3)
    # weights 3 and 7: lowest 4 = 3 at 2 and 1 at 6 → mean 3; highest 1 at 6
    assert coverage.palma_of_means([2, 6], [3, 7]) == pytest.approx(2)
    assert math.isnan(coverage.palma_of_means([0, 0, 0, 0, 1]))


def test_variation_by_hand():
    """2, 4, 4, 4, 5, 5, 7, 9 have mean 5 and standard deviation 2."""
    assert coverage.variation([2, 4, 4, 4, 5, 5, 7, 9]) == pytest.approx(0.4)
    assert coverage.variation([2, 4, 5, 7, 9], [1, 3, 2, 1, 1]) == pytest.approx(0.4)


@given(st.lists(st.tuples(st.floats(0.01, 1e3), st.integers(1, 5)), min_size=1, max_size=20), st.floats(0.01, 100))
def test_weights_are_people(pairs, factor):
    """A weight of n is n people; a change of unit changes no measure; Gini stays within 0 … 1."""
    values, weights = [v for v, _ in pairs], [w for _, w in pairs]
    people = [v for v, w in pairs for _ in range(w)]
    for measure in (coverage.gini, coverage.palma_of_means, coverage.variation):
        got = measure(values, weights)
        assert got == pytest.approx(measure(people), rel=1e-9, abs=1e-9)
        assert got == pytest.approx(measure([v * factor for v in values], weights), rel=1e-9, abs=1e-9)
    assert -1e-12 <= coverage.gini(values, weights) < 1


def test_equity_by_hand():
    """Minutes of people, and covered shares between townships and islands, on four points."""
    category = Category(id="clinic", name="卫生院", profile="adult")
    area = Area(
        "city", "试城", "EPSG:4550", dt.date(2024, 12, 31), False, DataFiles(network="n.gpkg", facilities=("f.csv",)),
        Walk(), (category,), (), MapOptions(), dict(BUILT_IN), Path("area.toml"),
    )  # fmt: skip
    residents = pd.DataFrame(
        {
            "id": ["1", "2", "3", "4"],
            "population": [10.0, 30.0, 40.0, 20.0],
            "township_code": ["a", "a", "b", "b"],
            "island": ["大", "大", "大", "小"],
        }
    )
    access = pd.DataFrame({"resident_id": ["1", "2", "3", "4"], "category": "clinic", "minutes": [5, 25, 15, math.nan]})
    townships = pd.DataFrame({"code": ["a", "b"], "name": ["甲", "乙"]})
    table = coverage.equity(residents, access, area, townships).set_index("level")
    someone = table.loc["people"]
    assert (someone["population"], someone["without"], someone["units"]) == (100, 20, 4)
    assert (someone["p10"], someone["p50"]) == (5, 15)  # 10 within 5, 50 within 15, 80 within 25
    assert math.isnan(someone["p90"])  # 20 of 100 have no way
    assert someone["mean"] == pytest.approx((50 + 750 + 600) / 80)
    # a: 10 of 40 covered = 0.25, b: 40 of 60 = 2/3; G = 0.4 × 0.6 × |2/3 − 1/4| / mean 0.5
    assert table.loc["townships", "mean"] == pytest.approx(0.5)
    assert table.loc["townships", "gini"] == pytest.approx(0.24 * (2 / 3 - 1 / 4) / 0.5)
    # 大: 50 of 80 = 0.625, 小: 0 of 20
    assert table.loc["islands", "gini"] == pytest.approx(0.8 * 0.2 * 0.625 / 0.5)
    assert table.loc["islands", "without"] == 0
