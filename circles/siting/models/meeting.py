"""What covering and median share: interchange from above and Lagrangian bound from below, in turn, until they meet.

Values are costs: less is better. The covering problem hands in the weight that it leaves out, see `flipped`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from circles.foundation.types import F64, I64
from circles.siting.models.constraints import SiteRules
from circles.siting.models.highs import Clock
from circles.siting.models.lagrange import Dual
from circles.siting.models.swap import Allowed, random_start

__all__ = ["Heuristics", "flipped", "meet", "with_open"]


@dataclass(frozen=True)
class Heuristics:
    """A siting model as `meet` needs it; sets of sites are sorted local columns.

    Attributes
    ----------
    value : the cost of a set
    goal : the cost that an answer better than this one would have at most
    swap : the interchange heuristic from a set
    dual : a lower bound of the cost, given the goal and the first multipliers (None: its own)
    allowed : whether a set keeps the rules
    starts : number of random sets to begin from
    slack : how much less a cost must be to count as less
    """

    value: Callable[[I64], float]
    goal: Callable[[float], float]
    swap: Callable[[I64], I64]
    dual: Callable[[float, F64 | None], Dual]
    allowed: Allowed
    starts: int
    slack: float = 0.0

    def better(self, old: I64, new: I64) -> I64:
        """Return the cheaper of two sets, the old one where they are equal."""
        return new if self.value(new) < self.value(old) - self.slack else old


def meet(model: Heuristics, chosen: I64, count: int, clock: Clock) -> tuple[I64, Dual]:
    """Tighten from both sides until they meet or the starting sets are used up.

    Parameters
    ----------
    model : what is minimised
    chosen : (count,) the best set known
    count : number of columns to open
    clock : time limit, and the seed of the random sets

    Returns
    -------
    chosen, dual : the best set found, and the best lower bound
    """
    dual = model.dual(model.goal(model.value(chosen)), None)
    random = np.random.default_rng(clock.options.seed)
    for turn in range(model.starts + 1):
        if dual.bound > model.goal(model.value(chosen)) or clock.left() <= 0:
            break
        trial = dual.chosen if turn == 0 else random_start(random, dual.worth, count, near=turn % 2 == 1)
        if model.allowed(trial):
            chosen = model.better(chosen, model.swap(trial))
    goal = model.goal(model.value(chosen))
    if dual.bound <= goal:
        again = model.dual(goal, dual.multipliers)
        dual = again if again.bound > dual.bound else dual
    return chosen, dual


def flipped(dual: Dual) -> Dual:
    """Return the bound of a problem that is maximised as one of its negative, which is minimised; and back."""
    return replace(dual, bound=-dual.bound, worth=-dual.worth)


def with_open(rules: SiteRules, sites: I64) -> tuple[int, ...]:
    """Return these sites and those that are open already, sorted."""
    return tuple(sorted([*np.flatnonzero(rules.is_open).tolist(), *sites.tolist()]))
