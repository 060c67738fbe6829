"""Who is served where: the flows of the capacitated models, as a mixed-integer model and for given open sites."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from circles.foundation.types import F64, I64
from circles.siting.models.constraints import SiteRules
from circles.siting.models.highs import Clock, Model
from circles.siting.models.infeasible import add_rules
from circles.siting.models.problem import Options

__all__ = ["Flows", "flow_model", "is_whole", "served_by", "worth_of"]


STRONG_ENTRIES = 300_000
"""Up to so many entries the model also says entry by entry that a closed site serves nobody: a much better bound."""
NEARNESS = 1e-6
"""Among answers that serve equally many, the nearer one: far too small to change how many are served."""


@dataclass(frozen=True, eq=False)
class Flows:
    """Who may be served where: one entry per demand row and site, with its cost, the rows' weights, the capacities."""

    goal: Literal["cover", "median"]
    row: I64
    site: I64
    cost: F64
    weights: F64
    capacity: F64
    single_source: bool

    def only(self, sites: npt.NDArray[np.bool_]) -> Flows:
        """Return the entries of the sites in this mask."""
        keep = sites[self.site]
        return replace(self, row=self.row[keep], site=self.site[keep], cost=self.cost[keep])


def flow_model(flows: Flows, rules: SiteRules, *, priced: bool = True) -> Model:
    """Return the model: sites first, then one column per entry (the part of the row's weight served there)."""
    model = Model()
    y = add_rules(model, rules, np.arange(rules.n_sites))
    size = flows.row.size
    unit = flows.weights[flows.row]
    price = unit * flows.cost if flows.goal == "median" else -unit
    x = model.columns(size, cost=price if priced else 0.0, integer=flows.single_source)
    entry = np.arange(size)
    needed = flows.weights > 0
    least = needed.astype(np.float64) if flows.goal == "median" else 0.0
    model.rows(flows.weights.size, (flows.row, x + entry, 1.0), lower=least, upper=1.0)
    places = np.minimum(flows.capacity, float(flows.weights.sum()))
    sites = np.arange(rules.n_sites)
    model.rows(rules.n_sites, (flows.site, x + entry, unit), (sites, y + sites, -places), upper=0.0)
    if size <= STRONG_ENTRIES:
        part = np.minimum(1.0, flows.capacity[flows.site] / unit)
        model.rows(size, (entry, x + entry, 1.0), (entry, y + flows.site, -part), upper=0.0)
    return model


def served_by(flows: Flows, sites: I64) -> F64 | None:
    """Return per entry the weight served when ``sites`` are open: a transport problem; None where it has no answer.

    A vertex of the transport problem is whole where weights and capacities are; rounding takes the solver's dust away.
    """
    unit = flows.weights[flows.row]
    n_sites = flows.capacity.size
    is_open = np.zeros(n_sites, dtype=bool)
    is_open[sites] = True
    used = np.flatnonzero(is_open[flows.site])
    entry = np.arange(used.size)
    model = Model()
    dearest = max(float(flows.cost.max(initial=0.0)), 1e-9)
    price = flows.cost[used] if flows.goal == "median" else NEARNESS * flows.cost[used] / dearest - 1.0
    model.columns(used.size, cost=price, upper=np.minimum(unit[used], flows.capacity[flows.site[used]]))
    least = flows.weights if flows.goal == "median" else 0.0
    model.rows(flows.weights.size, (flows.row[used], entry, 1.0), lower=least, upper=flows.weights)
    places = np.minimum(flows.capacity, float(flows.weights.sum()))
    model.rows(n_sites, (flows.site[used], entry, 1.0), upper=places)
    amount = np.zeros(flows.row.size)
    if used.size == 0:
        return amount if flows.goal == "cover" else None
    values = model.solve(Clock(Options(time_limit_s=None))).values
    if values is None:
        return None
    amount[used] = np.maximum(values, 0.0)
    whole = np.rint(amount)
    if np.abs(amount - whole).max() < 1e-6 and is_whole(flows.weights) and is_whole(flows.capacity):
        return whole
    amount[amount < 1e-9] = 0.0
    for index, most in ((flows.row, flows.weights), (flows.site, flows.capacity)):
        total = np.bincount(index, weights=amount, minlength=most.size)
        share = np.divide(most, total, out=np.ones_like(total), where=total > most)
        amount *= share[index]
    return amount


def is_whole(values: F64) -> bool:
    """Whether all of ``values`` are whole numbers."""
    return bool((values == np.rint(values)).all())


def worth_of(flows: Flows, amount: F64) -> float:
    """Return the objective of the flows ``amount``: the weight served, or its cost."""
    return math.fsum((amount * flows.cost if flows.goal == "median" else amount).tolist())
