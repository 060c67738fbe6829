"""Every model under every kind of constraint at once equals the best of all sets of sites."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.optimize import linprog

from circles import siting


@dataclass
class World:
    """A small random problem with constraints of every kind, and a slow way to test a set of sites against them."""

    seed: int
    given: dict = field(default_factory=dict)

    def __post_init__(self):
        r = np.random.default_rng(self.seed)
        n, m = int(r.integers(3, 9)), int(r.integers(3, 8))
        self.cost = r.integers(0, 30, (n, m)).astype(float)
        self.cost[r.random((n, m)) < 0.2] = np.inf
        self.weights = r.random(n) if r.random() < 0.3 else r.integers(0, 20, n).astype(float)
        self.limit, self.capacity = float(r.integers(4, 20)), r.integers(3, 40, m).astype(float)
        self.existing = tuple(r.permutation(m)[: r.integers(0, 3)].tolist())
        self.fixed = tuple(j for j in self.existing if r.random() < 0.5)
        self.forbidden = tuple(j for j in r.permutation(m)[: r.integers(0, 2)].tolist() if j not in self.existing)
        self.compulsory = tuple(j for j in r.permutation(m)[: r.integers(0, 2)].tolist() if j not in self.forbidden)
        self.apart = [(a, b) for a, b in r.integers(0, m, (int(r.integers(0, 4)), 2)).tolist() if a != b]
        self.differ = [(tuple(r.permutation(m)[:2].tolist()), 1)] if r.random() < 0.3 else []
        self.opening, self.closing = r.integers(0, 10, m).astype(float), r.integers(0, 4, m).astype(float)
        if r.random() < 0.6:
            self.given |= {
                "budget": float(r.integers(3, 25)),
                "opening_cost": self.opening,
                "closing_cost": self.closing,
            }
        if r.random() < 0.4:
            self.given["max_closed"] = int(r.integers(0, 2))
        if r.random() < 0.5:
            some = [frozenset("A"), frozenset("AB"), "A", "B", None, ""]
            self.given["regions"] = [some[k] for k in r.integers(0, 6, m)]
            self.given["at_least"] = 1 if r.random() < 0.5 else {"A": int(r.integers(0, 3))}
        least = max(1, len({*self.fixed, *self.compulsory}))
        self.p = None if "budget" in self.given and r.random() < 0.4 else int(r.integers(min(least, m), m + 1))

    @property
    def constraints(self):
        """Return them as the models take them."""
        return siting.Constraints(
            existing=self.existing, forbidden=self.forbidden, compulsory=self.compulsory, apart=self.apart,
            differ=self.differ, **self.given,
        )  # fmt: skip

    def keeps(self, sites):
        """Return whether a set keeps every constraint."""
        chosen, given = set(sites), self.given
        new, closed = chosen - set(self.existing), set(self.existing) - chosen
        money = sum(self.opening[j] for j in new) + sum(self.closing[j] for j in closed)
        return (
            {*self.fixed, *self.compulsory} <= chosen
            and not set(self.forbidden) & chosen
            and money <= given.get("budget", math.inf)
            and len(closed) <= given.get("max_closed", math.inf)
            and all(count >= least for count, least in self.held(chosen))
            and not any(a in new and b in new for a, b in self.apart)
            and not any(set(sites) <= chosen for sites, _ in self.differ)
        )

    def held(self, chosen):
        """Return, per label that matters, how many of its sites are chosen and how many must be."""
        labels = [frozenset(x or ()) for x in self.given.get("regions", [])]
        least = self.given.get("at_least", 1)
        needs = least if isinstance(least, dict) else dict.fromkeys(frozenset().union(*labels), least)
        return [(sum(name in labels[j] for j in chosen), number) for name, number in needs.items() if labels]

    def sets(self, p):
        """Return every set of p sites (of any number if None) that keeps the constraints."""
        m = self.cost.shape[1]
        every = (s for k in (range(m + 1) if p is None else [p]) for s in itertools.combinations(range(m), k))
        return [s for s in every if self.keeps(s)]

    def nearest(self, sites):
        """Return the cost of each row to its nearest site."""
        return self.cost[:, list(sites)].min(axis=1) if sites else np.full(len(self.cost), np.inf)

    def times(self, sites):
        """Return by how many sites each row is reached."""
        return (self.cost[:, list(sites)] <= self.limit).sum(axis=1)

    def total(self, sites):
        """Return the weighted sum of costs, inf where a row is not reached."""
        near = self.nearest(sites)
        return float(self.weights @ near) if np.isfinite(near).all() else math.inf

    def backup(self, sites):
        """Return the weight reached once and twice, weighed."""
        return 0.7 * self.weights[self.times(sites) >= 1].sum() + 0.3 * self.weights[self.times(sites) >= 2].sum()

    def flow(self, sites, limit, *, everyone):
        """Return the most weight served, or the least cost of serving everyone, by another solver."""
        pairs = [(i, j) for i, j in itertools.product(range(len(self.cost)), sites) if self.cost[i, j] <= limit]
        pairs = [(i, j) for i, j in pairs if np.isfinite(self.cost[i, j])]
        if everyone and not np.isfinite(self.nearest(sites)).all():
            return math.inf
        if not pairs:
            return 0.0
        who, where = np.array(pairs).T
        rows = (who[None] == np.arange(len(self.cost))[:, None]).astype(float)
        columns = (where[None] == np.arange(self.cost.shape[1])[:, None]).astype(float)
        price = self.cost[who, where] if everyone else -np.ones(len(pairs))
        most = {"A_eq": rows, "b_eq": self.weights} if everyone else {}
        upper = (
            (columns, self.capacity)
            if everyone
            else (np.vstack([rows, columns]), np.concatenate([self.weights, self.capacity]))
        )
        plan = linprog(price, A_ub=upper[0], b_ub=upper[1], **most)
        return (plan.fun if everyone else -plan.fun) if plan.success else math.inf


def models(w):
    """Per model: how to solve it, the value of every allowed set, and which value is best."""
    sets, every = w.sets(w.p), w.sets(None)
    given = {"fixed": w.fixed, "constraints": w.constraints}
    covering = [s for s in every if s and (w.nearest(s) <= w.limit).all()]
    yield (
        lambda: siting.max_cover(w.cost, w.p, w.limit, w.weights, **given),
        [math.fsum(w.weights[w.nearest(s) <= w.limit]) for s in sets],
        max,
    )
    yield lambda: siting.p_median(w.cost, w.p, w.weights, **given), [w.total(s) for s in sets if s], min
    yield lambda: siting.p_center(w.cost, w.p, **given), [w.nearest(s).max() for s in sets if s], min
    yield lambda: siting.cover_all(w.cost, w.limit, **given), [len(s) for s in covering], min
    yield (
        lambda: siting.cover_all(w.cost, w.limit, site_costs=w.opening, **given),
        [w.opening[list(s)].sum() for s in covering],
        min,
    )
    yield (
        lambda: siting.backup_cover(w.cost, w.p, w.limit, w.weights, primary=0.7, **given),
        [w.backup(s) for s in sets],
        max,
    )
    yield (
        lambda: siting.backup_cover(w.cost, w.p, w.limit, w.weights, primary=0.7, all_once=True, **given),
        [w.backup(s) for s in sets if (w.times(s) >= 1).all()],
        max,
    )
    yield (
        lambda: siting.capacitated_max_cover(w.cost, w.p, w.limit, w.capacity, w.weights, **given),
        [w.flow(s, w.limit, everyone=False) for s in sets],
        max,
    )
    yield (
        lambda: siting.capacitated_p_median(w.cost, w.p, w.capacity, w.weights, **given),
        [w.flow(s, math.inf, everyone=True) for s in sets if s],
        min,
    )


def equals_enumeration(seed):
    w = World(seed)
    for solve, values, best in models(w):
        real = [value for value in values if math.isfinite(value)]
        if not real:
            with pytest.raises(siting.Infeasible) as caught:
                solve()
            assert caught.value.constraints
            continue
        answer = solve()
        assert answer.objective == pytest.approx(best(real), rel=1e-7, abs=1e-7)
        assert w.keeps(answer.sites)
        assert answer.status == "optimal"


@pytest.mark.parametrize("seed", range(8))
def test_every_model_under_every_constraint(seed):
    """Each model's answer keeps all constraints and is the best of all sets that do; where none does it says why."""
    equals_enumeration(seed)


@pytest.mark.parametrize("seed", range(12))
def test_islands_are_solved_apart(seed):
    """A median whose rows and sites fall into islands equals enumeration: every island is reached, idle sites count."""
    r = np.random.default_rng(seed)
    cost = np.full((9, 9), np.inf)
    for low, high in ((0, 3), (3, 5), (5, 8)):
        cost[low:high, low:high] = r.integers(0, 30, (high - low, high - low))
    cost[8, 5:8] = r.integers(0, 30, 3)  # site 8 reaches nobody
    cost[(r.random(cost.shape) < 0.1) & (np.arange(9)[:, None] != np.arange(9)[None])] = np.inf
    weights, fixed = r.integers(0, 9, 9).astype(float), tuple(r.permutation(9)[: r.integers(0, 3)].tolist())
    for p in range(max(1, len(fixed)), 10):
        best = math.inf
        for sites in itertools.combinations(range(9), p):
            near = cost[:, list(sites)].min(axis=1)
            if set(fixed) <= set(sites) and np.isfinite(near).all():
                best = min(best, float(weights @ near))
        if math.isinf(best):
            with pytest.raises(siting.Infeasible):
                siting.p_median(cost, p, weights, fixed)
            continue
        answer = siting.p_median(cost, p, weights, fixed)
        assert (answer.objective, answer.status, len(answer.sites)) == (best, "optimal", p)
        assert set(fixed) <= set(answer.sites)


@pytest.mark.long
def test_every_model_under_every_constraint_many_times():
    """The same for many more problems."""
    for seed in range(8, 120):
        equals_enumeration(seed)


@pytest.mark.long
def test_large_cover_is_proved_in_a_minute():
    """5,000 demand points × 2,000 candidates, one pair in twenty within reach, p = 10: proved to 0.1 % in a minute."""
    random = np.random.default_rng(0)
    demand, sites = random.random((5000, 2)), random.random((2000, 2))
    cost = np.linalg.norm(demand[:, None] - sites[None], axis=2)
    patience = siting.Options(gap=0.001, time_limit_s=60)
    answer = siting.max_cover(cost, 10, float(np.quantile(cost, 0.05)), random.integers(1, 100, 5000), options=patience)
    assert answer.status in {"optimal", "within_gap"}
    assert answer.gap <= 0.001
