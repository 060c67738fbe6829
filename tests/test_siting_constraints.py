"""Side constraints, capacities, backup, combined sites and alternatives against enumeration."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from circles import siting
from circles.foundation import words
from circles.siting import Constraints


def every_set(n_sites, p=None):
    for k in range(n_sites + 1) if p is None else [p]:
        yield from itertools.combinations(range(n_sites), k)


def nearest(cost, sites):
    return cost[:, list(sites)].min(axis=1) if len(sites) else np.full(cost.shape[0], np.inf)


@st.composite
def medium(draw):
    """Problems large enough for the bounds to fix sites and for the solver to close what is left."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_demand, n_sites = draw(st.integers(20, 50)), draw(st.integers(12, 20))
    if draw(st.booleans()):
        cost = np.rint(30 * np.linalg.norm(random.random((n_demand, 1, 2)) - random.random((1, n_sites, 2)), axis=2))
    else:
        cost = random.integers(1, 50, (n_demand, n_sites)).astype(float)
    cost[random.random(cost.shape) < draw(st.sampled_from([0.0, 0.1]))] = np.inf
    weights = draw(st.sampled_from([np.ones(n_demand), random.integers(0, 40, n_demand), random.random(n_demand)]))
    return cost, draw(st.integers(2, 4)), weights.astype(float), draw(st.sampled_from([4.0, 6.0, 9.0]))


@settings(max_examples=25, deadline=None)
@given(medium())
def test_medium_problems_equal_enumeration(problem):
    """Bounds, fixing and branch and bound together lose nothing: all four models equal enumeration."""
    cost, p, weights, limit = problem
    sets = np.array(list(itertools.combinations(range(cost.shape[1]), p)))
    best = np.stack([cost[:, list(s)].min(axis=1) for s in sets])
    reached = best <= limit
    assert siting.max_cover(cost, p, limit, weights).objective == pytest.approx((reached @ weights).max(), rel=1e-9)
    if np.isfinite(best).all(axis=1).any():
        finite = best[np.isfinite(best).all(axis=1)]
        assert siting.p_median(cost, p, weights).objective == pytest.approx((finite @ weights).min(), rel=1e-9)
        assert siting.p_center(cost, p).objective == finite.max(axis=1).min()
        radius = float(finite.max(axis=1).min())
        assert len(siting.cover_all(cost, radius).sites) <= p


def world(seed, n_demand=9, n_sites=8):
    random = np.random.default_rng(seed)
    cost = random.integers(1, 30, (n_demand, n_sites)).astype(float)
    cost[random.random(cost.shape) < 0.15] = np.inf
    cost[:, 0] = np.where(np.isinf(cost[:, 0]), 29.0, cost[:, 0])
    weights = random.integers(1, 20, n_demand).astype(float)
    return random, cost, weights


def random_constraints(random, n_sites):
    """Return constraints of every kind at once, and a function that tests a set of open sites against them."""
    existing = tuple(int(j) for j in random.permutation(n_sites)[:2])
    opening = random.integers(1, 10, n_sites).astype(float)
    closing = random.integers(0, 4, n_sites).astype(float)
    regions = [("A", "B", None)[k] for k in random.integers(0, 3, n_sites)]
    forbidden = tuple(int(j) for j in random.permutation(n_sites)[:1] if j not in existing)
    apart = [(int(a), int(b)) for a, b in random.integers(0, n_sites, (4, 2)) if a != b]
    limits = {"max_closed": int(random.integers(0, 2)), "budget": float(random.integers(8, 25))}
    wanted = Constraints(
        existing=existing,
        opening_cost=opening,
        closing_cost=closing,
        regions=regions,
        forbidden=forbidden,
        apart=apart,
        **limits,
    )

    def keeps(sites):
        new = set(sites) - set(existing)
        closed = set(existing) - set(sites)
        money = sum(opening[j] for j in new) + sum(closing[j] for j in closed)
        return (
            not set(forbidden) & set(sites)
            and len(closed) <= limits["max_closed"]
            and money <= limits["budget"]
            and all(any(regions[j] == label for j in sites) for label in {r for r in regions if r})
            and not any(a in new and b in new for a, b in apart)
        )

    return wanted, keeps


@pytest.mark.parametrize("p", [None, 4])
@pytest.mark.parametrize("seed", range(12))
def test_all_constraints_together_equal_enumeration(seed, p):
    """Existing, closable, forbidden, budget, regions and separation combine in every model as enumeration says."""
    random, cost, weights = world(seed)
    wanted, keeps = random_constraints(random, cost.shape[1])
    sets = [s for s in every_set(cost.shape[1], p) if keeps(s)]
    limit = 8.0
    covers = [math.fsum(weights[nearest(cost, s) <= limit]) for s in sets]
    totals = [t for t in (float(nearest(cost, s) @ weights) for s in sets if s) if math.isfinite(t)]
    worst = [w for w in (nearest(cost, s).max() for s in sets) if math.isfinite(w)]
    if covers:
        answer = siting.max_cover(cost, p, limit, weights, constraints=wanted)
        assert keeps(answer.sites)
        assert answer.objective == max(covers)
    else:
        with pytest.raises(siting.Infeasible):
            siting.max_cover(cost, p, limit, weights, constraints=wanted)
    if totals:
        assert siting.p_median(cost, p, weights, constraints=wanted).objective == pytest.approx(min(totals))
        assert siting.p_center(cost, p, constraints=wanted).objective == min(worst)
    else:
        with pytest.raises(siting.Infeasible):
            siting.p_median(cost, p, weights, constraints=wanted)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (Constraints(opening_cost=np.full(4, 10.0), budget=15.0), "budget"),
        (Constraints(regions=["A", "B", "C", "D"]), "region"),
        (Constraints(apart=[(a, b) for a in range(4) for b in range(a)]), "apart"),
        (Constraints(forbidden=(0, 1, 2)), "forbidden"),
        (Constraints(existing=(0, 1, 2), max_closed=0), "max_closed"),
    ],
)
def test_infeasible_names_the_constraint(wanted, name):
    """Where one constraint makes the problem infeasible the error names it, and dropping it solves the problem."""
    cost = np.ones((3, 4))
    for call in (
        lambda c: siting.max_cover(cost, 2, 5.0, constraints=c),
        lambda c: siting.p_median(cost, 2, constraints=c),
        lambda c: siting.p_center(cost, 2, constraints=c),
        lambda c: siting.capacitated_max_cover(cost, 2, 5.0, np.ones(4), constraints=c),
        lambda c: siting.backup_cover(cost, 2, 5.0, constraints=c),
        lambda c: siting.combined_cover([siting.Service(name="s", cost=cost, limit=5.0)], 2, constraints=c),
    ):
        with pytest.raises(siting.Infeasible) as caught:
            call(wanted)
        assert any(kind.startswith(name) for kind in caught.value.constraints)
        assert str(caught.value) != caught.value.render("en")
        call(Constraints())


def test_conflict_of_several_constraints_is_reported_as_such():
    """Where no single constraint is to blame those that conflict are named together."""
    wanted = Constraints(opening_cost=[9.0, 9.0, 9.0], budget=10.0, regions=["A", "B", "B"], existing=(), max_closed=0)
    with pytest.raises(siting.Infeasible) as caught:
        siting.max_cover(np.ones((2, 3)), None, 5.0, fixed=(0, 1), constraints=wanted)
    assert "budget" in caught.value.constraints


def test_separation_of_many_pairs_is_kept():
    """No two new sites of an answer are nearer than the least distance, existing ones aside."""
    random = np.random.default_rng(5)
    points = random.random((40, 2))
    between = np.linalg.norm(points[:, None] - points[None], axis=2)
    cost = np.linalg.norm(random.random((120, 1, 2)) - points[None], axis=2)
    apart = siting.pairs_within(between, 0.3)
    assert len(apart) == (np.triu(between < 0.3, 1)).sum()
    assert siting.pairs_within(sparse.csr_array(np.where(between < 0.4, between, 0.0)), 0.3) == apart
    answer = siting.max_cover(cost, 5, 0.2, constraints=Constraints(existing=(0, 1), apart=apart))
    new = [j for j in answer.sites if j not in {0, 1}]
    assert all(between[a, b] >= 0.3 for a, b in itertools.combinations(new, 2))


def most_served(cost, weights, capacity, sites, limit):
    """Return the most weight that ``sites`` can serve, by a linear program of another solver."""
    pairs = [(i, j) for i in range(cost.shape[0]) for j in sites if cost[i, j] <= limit]
    if not pairs:
        return 0.0
    rows = np.zeros((cost.shape[0] + cost.shape[1], len(pairs)))
    for k, (i, j) in enumerate(pairs):
        rows[i, k] = rows[cost.shape[0] + j, k] = 1.0
    return -linprog(-np.ones(len(pairs)), A_ub=rows, b_ub=np.concatenate([weights, capacity])).fun


@pytest.mark.parametrize("seed", range(8))
def test_capacitated_cover_equals_enumeration(seed):
    """Capacitated covering serves as many as the best of all sets; nobody is overfull; whole people stay whole."""
    random, cost, weights = world(seed, 8, 6)
    capacity = random.integers(5, 40, 6).astype(float)
    answer = siting.capacitated_max_cover(cost, 3, 12.0, capacity, weights)
    best = max(most_served(cost, weights, capacity, s, 12.0) for s in itertools.combinations(range(6), 3))
    assert answer.objective == pytest.approx(best)
    served = answer.served.toarray()
    assert served.sum() == answer.objective
    assert (served.sum(axis=0) <= capacity).all()
    assert (served.sum(axis=1) <= weights).all()
    assert (served == np.rint(served)).all()
    assert (cost[served > 0] <= 12.0).all()
    assert served[:, [j for j in range(6) if j not in answer.sites]].sum() == 0


@pytest.mark.parametrize("seed", range(6))
def test_capacitated_single_source_equals_enumeration(seed):
    """With single_source every row goes whole to one site: as good as the best of all assignments."""
    random, cost, weights = world(seed, 5, 4)
    capacity = random.integers(10, 40, 4).astype(float)
    best_cover, best_total = 0.0, math.inf
    for pick in itertools.product(range(-1, 4), repeat=5):
        used = {j for j in pick if j >= 0}
        load = np.array([sum(weights[i] for i in range(5) if pick[i] == j) for j in range(4)])
        if len(used) > 2 or (load > capacity).any():
            continue
        if all(j < 0 or cost[i, j] <= 15 for i, j in enumerate(pick)):
            best_cover = max(best_cover, sum(weights[i] for i in range(5) if pick[i] >= 0))
        if min(pick) >= 0:
            best_total = min(best_total, sum(weights[i] * cost[i, j] for i, j in enumerate(pick)))
    answer = siting.capacitated_max_cover(cost, 2, 15.0, capacity, weights, single_source=True)
    assert answer.objective == best_cover
    assert ((answer.served.toarray() > 0).sum(axis=1) <= 1).all()
    if math.isfinite(best_total):
        median = siting.capacitated_p_median(cost, 2, capacity, weights, single_source=True)
        assert median.objective == pytest.approx(best_total)
    else:
        with pytest.raises(siting.Infeasible):
            siting.capacitated_p_median(cost, 2, capacity, weights, single_source=True)


@pytest.mark.parametrize("seed", range(6))
def test_capacitated_median_equals_enumeration(seed):
    """Capacitated p-median costs as little as the best transport plan of all sets."""
    random, cost, weights = world(seed, 7, 6)
    cost[np.isinf(cost)] = 60.0
    capacity = random.integers(15, 60, 6).astype(float)
    best = math.inf
    for sites in itertools.combinations(range(6), 3):
        rows = np.kron(np.ones(7), np.eye(3))
        plan = linprog(
            cost[:, sites].ravel(),
            A_ub=rows,
            b_ub=capacity[list(sites)],
            A_eq=np.kron(np.eye(7), np.ones(3)),
            b_eq=weights,
        )
        best = min(best, plan.fun if plan.success else math.inf)
    if math.isinf(best):
        with pytest.raises(siting.Infeasible) as caught:
            siting.capacitated_p_median(cost, 3, capacity, weights)
        assert "capacity" in caught.value.constraints
        return
    answer = siting.capacitated_p_median(cost, 3, capacity, weights)
    assert answer.objective == pytest.approx(best)
    assert (np.asarray(answer.served.sum(axis=0)).ravel() <= capacity).all()
    assert np.asarray(answer.served.sum(axis=1)).ravel() == pytest.approx(weights)


def test_too_little_capacity_is_said():
    """Where capacities cannot hold the demand the error names them."""
    with pytest.raises(siting.Infeasible) as caught:
        siting.capacitated_p_median(np.ones((4, 3)), 3, [1, 1, 1])
    assert "capacity" in caught.value.constraints
    assert words.text("siting.constraint_capacity", "zh") in str(caught.value)


@pytest.mark.long
def test_capacitated_cover_beats_ten_thousand_random_choices():
    """At a township's size no facility is overfull and no one of 10,000 random feasible choices serves more."""
    random = np.random.default_rng(2)
    cost = np.linalg.norm(random.random((150, 1, 2)) - random.random((1, 40, 2)), axis=2)
    weights = random.integers(1, 60, 150).astype(float)
    capacity = random.integers(100, 500, 40).astype(float)
    answer = siting.capacitated_max_cover(cost, 6, 0.25, capacity, weights)
    assert (np.asarray(answer.served.sum(axis=0)).ravel() <= capacity).all()
    assert answer.status == "optimal"
    for _ in range(10_000):
        sites, left, served = random.choice(40, 6, replace=False), capacity.copy(), 0.0
        for i in random.permutation(150):
            for j in sites[np.argsort(cost[i, sites])]:
                amount = min(left[j], weights[i]) if cost[i, j] <= 0.25 else 0.0
                if amount == weights[i]:
                    left[j] -= amount
                    served += amount
                    break
        assert served <= answer.objective


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("all_once", [False, True])
def test_backup_cover_equals_enumeration(seed, all_once):
    """Backup covering weighs reached once and reached twice as enumeration does."""
    _, cost, weights = world(seed)
    limit = 18.0
    values = []
    for sites in itertools.combinations(range(8), 4):
        times = (cost[:, list(sites)] <= limit).sum(axis=1)
        if not all_once or (times >= 1).all():
            values.append(0.7 * weights[times >= 1].sum() + 0.3 * weights[times >= 2].sum())
    if values:
        answer = siting.backup_cover(cost, 4, limit, weights, primary=0.7, all_once=all_once)
        assert answer.objective == pytest.approx(max(values))
    else:
        with pytest.raises(siting.Infeasible):
            siting.backup_cover(cost, 4, limit, weights, primary=0.7, all_once=all_once)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("together", [False, True])
def test_combined_sites_equal_enumeration(seed, together):
    """Services sharing buildings under one budget cover as much as the best of all placements."""
    random, old, old_weights = world(seed, 6, 4)
    _, young, young_weights = world(seed + 100, 5, 4)
    building, price = random.integers(1, 9, 4).astype(float), random.integers(0, 5, 4).astype(float)
    budget, limit = 14.0, 14.0
    best = 0.0
    for k in (1, 2, 3):
        for sites in itertools.combinations(range(4), k):
            hosts = [c for n in range(k + 1) for c in itertools.combinations(sites, n)]
            for a, b in itertools.product(hosts, repeat=2):
                fits = len(b) <= 2 and sum(building[list(sites)]) + sum(price[list(b)]) <= budget
                if not fits or (together and (a != sites or b != sites)):
                    continue
                value = (
                    old_weights[nearest(old, a) <= limit].sum() + 2 * young_weights[nearest(young, b) <= limit].sum()
                )
                best = max(best, value)
    services = [
        siting.Service(name="meals", cost=old, limit=limit, weights=old_weights),
        siting.Service(
            name="childcare",
            cost=young,
            limit=limit,
            weights=young_weights,
            places=2,
            opening_cost=price,
            importance=2.0,
        ),
    ]
    wanted = Constraints(opening_cost=building, budget=budget)
    answer = siting.combined_cover(services, None, together=together, constraints=wanted)
    assert answer.objective == pytest.approx(best)
    assert len(answer.services["childcare"].sites) <= 2
    for part in answer.services.values():
        assert set(part.sites) <= set(answer.sites)
        assert not together or part.sites == answer.sites


@pytest.mark.parametrize("seed", range(5))
def test_alternatives_are_the_best_different_answers(seed):
    """The n best answers within the share come back best first, all different, the same each time."""
    _, cost, weights = world(seed, 12, 9)
    values = sorted(
        (math.fsum(weights[nearest(cost, s) <= 6.0]) for s in itertools.combinations(range(9), 3)), reverse=True
    )
    expected = [value for value in values[:5] if value >= 0.9 * values[0] - 1e-9]
    answers = siting.alternatives(cost, 3, 6.0, weights, n=5, within=0.1)
    assert [answer.objective for answer in answers] == expected
    assert len({answer.sites for answer in answers}) == len(answers)
    again = siting.alternatives(cost, 3, 6.0, weights, n=5, within=0.1)
    assert [answer.sites for answer in again] == [answer.sites for answer in answers]
    far = siting.alternatives(cost, 3, 6.0, weights, n=5, within=1.0, differ=2)
    assert all(len(set(a.sites) & set(b.sites)) <= 1 for a, b in itertools.combinations(far, 2))
    medians = siting.alternatives(np.minimum(cost, 60), 3, weights=weights, n=3, within=0.5, objective="median")
    assert [a.objective for a in medians] == sorted(a.objective for a in medians)


def test_gain_curve_and_marginal_order():
    """The gain curve holds an optimum for every p, and sites come in the order of what each adds."""
    _, cost, weights = world(4, 15, 9)
    curve = siting.gain_curve(cost, 5, 6.0, weights, fixed=(2,))
    assert curve["p"].tolist() == [1, 2, 3, 4, 5]
    for p, objective in zip(curve["p"], curve["objective"], strict=True):
        sets = [(2, *s) for s in itertools.combinations([0, 1, 3, 4, 5, 6, 7, 8], p - 1)]
        assert objective == max(math.fsum(weights[nearest(cost, s) <= 6.0]) for s in sets)
    assert curve["gain"].iloc[0] == 0
    assert curve["gain"].iloc[1:].tolist() == np.diff(curve["objective"]).tolist()
    sites = curve["sites"].iloc[-1]
    order = siting.marginal_order(sites, cost, 6.0, weights, fixed=(2,), groups={"old": weights / 2})
    assert sorted(order["site"]) == sorted(set(sites) - {2})
    assert order["gain"].tolist() == sorted(order["gain"], reverse=True)
    assert order["covered"].iloc[-1] == curve["objective"].iloc[-1]
    assert order["old"].tolist() == (order["gain"] / 2).tolist()


@settings(max_examples=8, deadline=None)
@given(medium())
def test_branching_on_the_lagrangian_bound_equals_enumeration(problem):
    """The search used where few sites are to open among many rows finds the same optimum."""
    from circles.siting.models import median

    cost, p, weights, _ = problem
    before = median.MANY
    try:
        median.MANY = 0
        sets = itertools.combinations(range(cost.shape[1]), p)
        best = min(
            t
            for t in (
                float(nearest(cost, s) @ weights) if np.isfinite(nearest(cost, s)).all() else math.inf for s in sets
            )
        )
        if math.isfinite(best):
            assert siting.p_median(cost, p, weights).objective == pytest.approx(best, rel=1e-9)
    finally:
        median.MANY = before
