"""Shared places and shared walking: by hand, as published, and as PySAL computes them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circles.analysis.coverage import fairness, palma_of_means
from circles.analysis.coverage.capacity import two_step
from circles.analysis.coverage.competition import balanced, binary, spatial_availability
from circles.analysis.coverage.fairness import concentration, palma, poverty_of_minutes, theil

INF = float("inf")


def test_spatial_availability_as_published():
    """The example of Soukhov et al. 2023 that the R package `accessibility` tests: 66833, 133203 and 9963 jobs."""
    minutes = np.array([[15, 30, 100], [30, 15, 100], [100, 100, 15.0]])
    got = spatial_availability(
        minutes, [100_000, 100_000, 10_000], [50_000, 150_000, 10_000], decay=lambda t: np.exp(-0.1 * t)
    )
    assert got.round(0).tolist() == [66833, 133203, 9963]


def test_balanced_catchments_by_hand():
    """60 people reach both sites and 40 the first: 30 + 40 ask there for 10 seats, 30 at the other for 30."""
    got = balanced([[60, 600], [60, INF]], [10, 30], [60, 40], decay=binary(900))
    first, second = 10 / 70, 30 / 30  # levels of service; the first is split between two points, the second is not
    assert got == pytest.approx([first / 2 + second, first / 2])


@st.composite
def counties(draw):
    """Random seconds, supply and demand; some pairs without a way."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n, m = int(rng.integers(1, 12)), int(rng.integers(1, 6))
    cost = np.where(rng.random((n, m)) < 0.3, np.inf, rng.uniform(0, 1800, (n, m)))
    return cost, rng.integers(0, 50, m).astype(float), rng.integers(0, 90, n).astype(float)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(counties())
def test_sums_hold(case):
    """Available places add up to those anyone reaches; over people they are 2SFCA; balanced levels of service are kept."""
    cost, supply, demand = case
    shared = spatial_availability(cost, supply, demand, decay=binary(900))
    two = two_step(cost, supply, demand, limit_s=900)
    assert shared.sum() == pytest.approx(supply[two.is_reached].sum())
    np.testing.assert_allclose(shared, two.access * demand, atol=1e-9)
    near = cost <= 900 + 1e-6
    by_point = near.sum(axis=1)
    asking = (near * (demand / np.maximum(by_point, 1))[:, None]).sum(axis=0)
    level = np.divide(supply, asking, out=np.zeros_like(supply), where=asking > 0)
    assert balanced(cost, supply, demand, decay=binary(900)).sum() == pytest.approx(level.sum())


def test_fairness_by_hand():
    """Palma of ten equal people is a quarter; Theil, concentration and poverty of small examples on paper."""
    assert palma(np.ones(10)) == pytest.approx(0.25)
    assert palma(np.arange(1, 11)) == pytest.approx(10 / (1 + 2 + 3 + 4))
    assert palma_of_means([2, 6], [3, 7]) == pytest.approx(4 * palma([2, 6], [3, 7]))
    found = theil([1, 3], ["a", "b"], [1, 1])  # mean 2: ½·½·ln ½ + ½·1.5·ln 1.5
    assert found.total == pytest.approx(0.5 * 0.5 * np.log(0.5) + 0.5 * 1.5 * np.log(1.5))
    assert found.within == pytest.approx(0, abs=1e-15)
    assert theil([0, 2], ["a", "a"]).within == pytest.approx(np.log(2))
    assert concentration([5, 5, 5], [1, 2, 3]) == pytest.approx(0)
    assert concentration([0, 0, 3], [3, 2, 1]) == pytest.approx(2 / 3 * 0.5 / 1 * 1 - 1)  # all on the lowest: R = 1/6
    minutes, people = [10, 15, 30, np.nan], [1, 2, 3, 4]  # gaps 0, 0, 1 and (60 − 15) / 15 = 3
    got = [poverty_of_minutes(minutes, 15, power=k, horizon_min=60, weights=people) for k in (0, 1, 2)]
    assert got == pytest.approx([0.7, 1.5, 3.9])


def test_theil_equals_pysal():
    """On random values, total, between and within equal PySAL inequality to 1e-9."""
    module = pytest.importorskip("inequality.theil", reason="PySAL inequality is not installed")
    rng = np.random.default_rng(5)
    values, groups = rng.lognormal(size=300), rng.integers(0, 7, 300)
    ours, theirs = theil(values, groups), module.TheilD(values.reshape(-1, 1), groups)
    assert ours.total == pytest.approx(float(theirs.T[0]), rel=1e-9)
    assert ours.between == pytest.approx(float(theirs.bg[0]), rel=1e-9)
    assert ours.within == pytest.approx(float(theirs.wg[0]), rel=1e-9)


@given(st.lists(st.tuples(st.floats(0.1, 100), st.integers(0, 3), st.integers(1, 5)), min_size=2, max_size=30))
def test_weights_are_people_in_every_index(rows):
    """A weight of n is n people, and ranking people by their own minutes gives the Gini coefficient."""
    from circles.analysis.coverage import gini

    x, g, w = (np.array(column) for column in zip(*rows, strict=True))
    each = np.repeat(np.arange(len(x)), w)
    assert theil(x, g, w).between == pytest.approx(theil(x[each], g[each]).between, abs=1e-9)
    assert palma(x, w) == pytest.approx(palma(x[each]), rel=1e-9)
    assert concentration(x, x, w) == pytest.approx(gini(x, w), abs=1e-9)
    assert callable(fairness)
