"""Siting models against enumeration, published optima and other people's formulations."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from circles import siting
from circles.foundation.errors import InputError

P_MEDIAN = {1: 5819, 2: 4093, 3: 4250, 4: 3034, 5: 1355, 6: 7824, 7: 5631, 8: 4445}
P_CENTER = {1: 127, 2: 98, 3: 93, 4: 74, 5: 48, 6: 84, 7: 64, 8: 55}


def or_library(path):
    """Return the matrix of all shortest paths and p; an edge listed twice costs what is said last."""
    numbers = np.array(path.read_text(encoding="utf-8").split(), dtype=int)
    n, m, p = numbers[:3]
    edges = {(min(i, j) - 1, max(i, j) - 1): c for i, j, c in numbers[3 : 3 + 3 * m].reshape(-1, 3)}
    ends = np.array(list(edges))
    graph = sparse.csr_array((np.array(list(edges.values()), float), (ends[:, 0], ends[:, 1])), shape=(n, n))
    return dijkstra(graph, directed=False), int(p)


def nearest(cost, sites):
    return cost[:, list(sites)].min(axis=1) if len(sites) else np.full(cost.shape[0], np.inf)


def subsets(n_sites, p, fixed=()):
    rest = [j for j in range(n_sites) if j not in fixed]
    for more in itertools.combinations(rest, p - len(fixed)):
        yield tuple(sorted((*fixed, *more)))


@st.composite
def problems(draw, max_sites=7):
    """Small random problems: ties, zeros, unreachable pairs, whole and broken numbers, sparse or dense."""
    n_demand, n_sites = draw(st.integers(1, 8)), draw(st.integers(1, max_sites))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cost = random.integers(0, draw(st.sampled_from([3, 12, 100])), (n_demand, n_sites)).astype(float)
    if draw(st.booleans()):
        cost += random.random(cost.shape)
    cost[random.random(cost.shape) < draw(st.sampled_from([0.0, 0.2, 0.6]))] = np.inf
    weights = random.integers(0, 6, n_demand).astype(float) if draw(st.booleans()) else None
    if weights is not None and draw(st.booleans()):
        weights = weights / 37.0
    p = draw(st.integers(1, n_sites))
    fixed = tuple(int(j) for j in random.permutation(n_sites)[: draw(st.integers(0, min(p, 2)))])
    given_cost = cost
    if draw(st.booleans()):
        row, column = np.nonzero(np.isfinite(cost))
        given_cost = sparse.csr_array((cost[row, column], (row, column)), shape=cost.shape)
    return (
        cost,
        given_cost,
        p,
        weights,
        fixed,
        float(np.quantile(cost[np.isfinite(cost)], 0.4)) if np.isfinite(cost).any() else 1.0,
    )


def total(cost, sites, weights):
    best = nearest(cost, sites)
    if np.isinf(best).any():
        return math.inf
    return math.fsum(best * (np.ones(cost.shape[0]) if weights is None else weights))


@settings(max_examples=150, deadline=None)
@given(problems())
def test_p_median_is_the_best_of_all_sets(problem):
    """p_median finds the least total of all sets that hold the fixed sites, or says that none reaches every row."""
    cost, matrix, p, weights, fixed, _ = problem
    best = min(total(cost, sites, weights) for sites in subsets(cost.shape[1], p, fixed))
    if math.isinf(best):
        with pytest.raises(siting.Infeasible) as caught:
            siting.p_median(matrix, p, weights, fixed)
        assert set(caught.value.rows) == set(np.flatnonzero(np.isinf(cost).all(axis=1)))
        return
    answer = siting.p_median(matrix, p, weights, fixed)
    assert answer.objective == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert answer.objective == pytest.approx(total(cost, answer.sites, weights), rel=1e-9, abs=1e-9)
    assert len(answer.sites) == p
    assert set(fixed) <= set(answer.sites)
    assert list(answer.sites) == sorted(answer.sites)
    assert answer.status == "optimal"
    assert answer.gap == 0


@settings(max_examples=150, deadline=None)
@given(problems())
def test_p_center_is_the_best_of_all_sets(problem):
    """p_center finds the least greatest cost of all sets, or says that none reaches every row."""
    cost, matrix, p, _, fixed, _ = problem
    best = min(nearest(cost, sites).max() for sites in subsets(cost.shape[1], p, fixed))
    if math.isinf(best):
        with pytest.raises(siting.Infeasible):
            siting.p_center(matrix, p, fixed)
        return
    answer = siting.p_center(matrix, p, fixed)
    assert answer.objective == best == nearest(cost, answer.sites).max()
    assert len(answer.sites) == p
    assert set(fixed) <= set(answer.sites)
    assert answer.status == "optimal"


@settings(max_examples=150, deadline=None)
@given(problems())
def test_max_cover_is_the_best_of_all_sets(problem):
    """max_cover finds the most weight of all sets; unreachable rows stay uncovered."""
    cost, matrix, p, weights, fixed, limit = problem
    vector = np.ones(cost.shape[0]) if weights is None else weights
    covered = {sites: math.fsum(vector[nearest(cost, sites) <= limit]) for sites in subsets(cost.shape[1], p, fixed)}
    answer = siting.max_cover(matrix, p, limit, weights, fixed)
    assert answer.objective == pytest.approx(max(covered.values()), rel=1e-9, abs=1e-12)
    assert answer.objective == pytest.approx(covered[answer.sites], rel=1e-9, abs=1e-12)
    assert answer.status == "optimal"
    assert ((answer.assignment >= 0) == (nearest(cost, answer.sites) <= limit)).all()


@settings(max_examples=150, deadline=None)
@given(problems())
def test_cover_all_opens_as_few_as_any_set(problem):
    """cover_all opens the fewest sites that reach every row within the limit, or names the rows that none reaches."""
    cost, matrix, _, _, fixed, limit = problem
    lost = np.flatnonzero((cost > limit).all(axis=1))
    if lost.size:
        with pytest.raises(siting.Infeasible) as caught:
            siting.cover_all(matrix, limit, fixed)
        assert caught.value.rows == tuple(lost)
        return
    n_sites = cost.shape[1]
    fewest = next(
        p
        for p in range(len(fixed), n_sites + 1)
        if any((nearest(cost, sites) <= limit).all() for sites in subsets(n_sites, p, fixed))
    )
    answer = siting.cover_all(matrix, limit, fixed)
    assert answer.objective == fewest == len(answer.sites)
    assert set(fixed) <= set(answer.sites)
    assert (nearest(cost, answer.sites) <= limit).all()


@pytest.mark.parametrize("number", [*sorted(set(P_MEDIAN) - {6}), pytest.param(6, marks=pytest.mark.long)])
def test_or_library_optima(shared_dir, number):
    """The published optimum of every OR-Library instance at hand, p-median and p-center, exactly."""
    cost, p = or_library(shared_dir / "orlib" / f"pmed{number}.txt")
    median, center = siting.p_median(cost, p), siting.p_center(cost, p)
    assert (median.objective, center.objective) == (P_MEDIAN[number], P_CENTER[number])
    assert median.status == center.status == "optimal"
    assert len(median.sites) == len(center.sites) == p
    assert cost[:, median.sites].min(axis=1).sum() == P_MEDIAN[number]
    assert cost[:, center.sites].min(axis=1).max() == P_CENTER[number]


def test_same_answer_twice():
    """The same problem gives the same sites every time."""
    random = np.random.default_rng(3)
    cost = random.integers(1, 40, (60, 25)).astype(float)
    for solve in (
        lambda: siting.p_median(cost, 4),
        lambda: siting.p_center(cost, 4),
        lambda: siting.max_cover(cost, 4, 6.0),
        lambda: siting.cover_all(cost, 12.0),
    ):
        assert solve().sites == solve().sites


def test_assignment_is_the_nearest_open_site():
    """Each row is assigned to its nearest open site, the least index when tied, -1 where none is within reach."""
    cost = np.array([[5.0, 1.0, 1.0], [2.0, 9.0, 9.0], [np.inf, np.inf, np.inf]])
    answer = siting.max_cover(cost, 3, 3.0)
    assert answer.assignment.tolist() == [1, 0, -1]


def test_a_stored_zero_is_reached_and_an_unstored_entry_is_not():
    """In a sparse matrix a stored 0 is zero minutes and a missing entry no way at all."""
    cost = sparse.csr_array((np.array([0.0, 0.0, 4.0]), (np.array([0, 1, 1]), np.array([0, 1, 0]))), shape=(2, 2))
    assert siting.p_median(cost, 2).objective == 0
    assert siting.p_median(cost, 1).sites == (0,)
    assert siting.max_cover(cost, 1, 0.0, [3, 2]).sites == (0,)


@pytest.mark.parametrize(
    ("call", "codes"),
    [
        (lambda c: siting.p_median(c, 0), {"siting-p-range"}),
        (lambda c: siting.p_median(c, 4), {"siting-p-range"}),
        (lambda c: siting.p_median(c, 1.5), {"siting-p-whole"}),
        (lambda c: siting.p_center(c, 1, fixed=(0, 1)), {"siting-p-fixed"}),
        (lambda c: siting.p_median(c, 2, fixed=(0, 0)), {"siting-fixed-twice"}),
        (lambda c: siting.p_median(c, 2, fixed=(-1, 7)), {"siting-fixed-range"}),
        (lambda c: siting.p_median(c, 2, fixed=(0.5,)), {"siting-fixed-whole"}),
        (lambda c: siting.p_median(c, 2, [1, 2]), {"siting-vector-shape"}),
        (lambda c: siting.p_median(c, 2, [1, -2, np.nan]), {"siting-vector-value"}),
        (lambda c: siting.p_median(-c, 2), {"siting-cost-negative"}),
        (lambda c: siting.p_median(c * np.nan, 2, [1, 2]), {"siting-cost-nan", "siting-vector-shape"}),
        (lambda c: siting.max_cover(c, 2, -1.0), {"siting-limit"}),
        (lambda c: siting.max_cover(c, None, 1.0), {"siting-p-missing"}),
        (lambda c: siting.cover_all(c[:0], 1.0), {"siting-empty"}),
        (lambda c: siting.cover_all(c[0], 1.0), {"siting-not-a-matrix"}),
        (lambda c: siting.backup_cover(c, 1, 1.0, primary=2.0), {"siting-share"}),
        (lambda c: siting.max_cover(c, 1, 1.0, constraints=siting.Constraints(forbidden=(9,))), {"siting-site-range"}),
        (lambda c: siting.max_cover(c, 1, 1.0, constraints=siting.Constraints(budget=1.0)), {"siting-budget"}),
        (
            lambda c: siting.max_cover(c, 1, 1.0, fixed=(0,), constraints=siting.Constraints(forbidden=(0,))),
            {"siting-open-and-forbidden"},
        ),
    ],
)
def test_bad_input_is_refused_with_every_finding(call, codes):
    """Wrong shapes, numbers and indices raise InputError that carries every finding, in both languages."""
    cost = np.arange(1.0, 10.0).reshape(3, 3)
    with pytest.raises(InputError) as caught:
        call(cost)
    assert {finding.code for finding in caught.value.findings} == codes
    assert caught.value.render("zh") != caught.value.render("en")


def test_unreached_rows_are_named():
    """Infeasible names the rows that no site reaches, as data and in the message, in both languages."""
    cost = np.full((5, 3), 2.0)
    cost[[1, 4]] = np.inf
    for call in (siting.p_median, siting.p_center, siting.cover_all):
        with pytest.raises(siting.Infeasible) as caught:
            call(cost, 2)
        assert caught.value.rows == (1, 4)
        assert "1, 4" in str(caught.value)
        assert "1, 4" in caught.value.render("en")
    assert siting.max_cover(cost, 1, 3.0).objective == 3


def test_p_too_small_is_said():
    """Where p sites cannot reach all rows the error names the number of sites."""
    cost = np.where(np.eye(4) > 0, 1.0, np.inf)
    for call in (siting.p_median, siting.p_center):
        with pytest.raises(siting.Infeasible) as caught:
            call(cost, 3)
        assert "count" in caught.value.constraints
        assert "p = 3" in str(caught.value)
        assert caught.value.rows == ()


def test_time_limit_gives_an_honest_gap():
    """At the time limit the best answer so far comes with its bound and gap, and the status says so."""
    random = np.random.default_rng(0)
    cost = np.where(random.random((400, 150)) < 0.1, 1.0, np.inf)
    answer = siting.max_cover(cost, 12, 1.0, random.integers(1, 99, 400), options=siting.Options(time_limit_s=1.0))
    assert answer.status == "time_limit"
    assert answer.bound > answer.objective
    assert answer.gap == pytest.approx((answer.bound - answer.objective) / answer.objective)
    assert answer.seconds < 10


def test_solving_prints_nothing(capfd):
    """The solver leaves standard output alone, which belongs to data."""
    siting.p_median(np.random.default_rng(1).random((20, 9)), 3)
    siting.cover_all(np.random.default_rng(1).random((20, 9)), 0.5)
    assert capfd.readouterr() == ("", "")
