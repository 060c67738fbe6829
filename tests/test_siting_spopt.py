"""The models agree with spopt's formulations, and with the answers published for its San Francisco example."""

from __future__ import annotations

import warnings
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from circles import siting


@pytest.fixture(scope="module")
def locate():
    """The formulations of spopt, solved by CBC through PuLP."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("spopt.locate", reason="spopt is only installed for cross-checks (extra crosscheck)")


@pytest.fixture(scope="module")
def san_francisco():
    """205 census tracts, 16 candidate stores, network distances in metres, people of 2000: shipped in spopt's tests."""
    pytest.importorskip("spopt", reason="spopt is only installed for cross-checks (extra crosscheck)")
    folder = resources.files("spopt") / "tests" / "test_locate" / "data"
    distances = folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv"
    if not distances.is_file():
        pytest.skip("this spopt ships no San Francisco data")
    with distances.open(encoding="utf-8") as stream:
        table = pd.read_csv(stream)
    with (folder / "SF_demand_205_centroid_uniform_weight.csv").open(encoding="utf-8") as stream:
        people = pd.read_csv(stream)
    cost = table.pivot_table(values="distance", index="DestinationName", columns="name").to_numpy()
    return cost, people.sort_values("NAME")["POP2000"].to_numpy(dtype=float)


def solved(model):
    """Return the objective that spopt's own solver finds."""
    import pulp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.solve(pulp.PULP_CBC_CMD(msg=False)).problem.objective.value()


def test_san_francisco_gives_the_published_answers(san_francisco):
    """p-median's mean distance 2982.13 m, and 89.76 % of the tracts (all but 21) covered by 4 stores within 5 km."""
    cost, people = san_francisco
    assert cost.shape == (205, 16)
    median = siting.p_median(cost, 4, people)
    assert median.objective / people.sum() == pytest.approx(2982.1268579890657, rel=1e-12)
    cover = siting.max_cover(cost, 4, 5000.0, people)
    assert (cover.assignment < 0).sum() == 21
    assert 100 * (cover.assignment >= 0).mean() == pytest.approx(89.75609756097561)


def test_san_francisco_equals_spopt(san_francisco, locate):
    """All four models give spopt's objective on its own example."""
    cost, people = san_francisco
    assert siting.p_median(cost, 4, people).objective == pytest.approx(
        solved(locate.PMedian.from_cost_matrix(cost, people, p_facilities=4))
    )
    assert siting.p_center(cost, 4).objective == pytest.approx(
        solved(locate.PCenter.from_cost_matrix(cost, p_facilities=4))
    )
    assert siting.max_cover(cost, 4, 5000.0, people).objective == pytest.approx(
        solved(locate.MCLP.from_cost_matrix(cost, people, 5000.0, p_facilities=4))
    )
    assert siting.cover_all(cost, 8000.0).objective == solved(locate.LSCP.from_cost_matrix(cost, 8000.0))


@pytest.mark.parametrize("seed", range(6))
def test_random_problems_equal_spopt(locate, seed):
    """Objectives equal spopt's on random problems, with sites fixed beforehand too."""
    random = np.random.default_rng(seed)
    cost = 10 * np.linalg.norm(random.random((30, 1, 2)) - random.random((1, 12, 2)), axis=2)
    people = random.integers(1, 50, 30).astype(float)
    fixed = (1, 5)
    chosen = np.isin(np.arange(12), fixed).astype(float)
    # spopt names predefined facilities by an array of 0 and 1
    given = {"predefined_facilities_arr": chosen}
    pairs = [
        (siting.p_median(cost, 4, people, fixed), locate.PMedian.from_cost_matrix(cost, people, 4, **given)),
        (siting.p_center(cost, 4, fixed), locate.PCenter.from_cost_matrix(cost, 4, **given)),
        (siting.max_cover(cost, 4, 2.0, people, fixed), locate.MCLP.from_cost_matrix(cost, people, 2.0, 4, **given)),
        (siting.cover_all(cost, 5.0, fixed), locate.LSCP.from_cost_matrix(cost, 5.0, **given)),
    ]
    for ours, theirs in pairs:
        assert ours.objective == pytest.approx(solved(theirs)), ours.model
