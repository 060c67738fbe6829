"""Lagrangian bounds by the volume algorithm (Barahona & Anbil 2000) on the classical relaxations.

Both relax the link between demand and sites (Cornuéjols, Fisher & Nemhauser 1977); what remains is solved by taking the
best columns. The bound holds for any multipliers, so nothing here depends on convergence. With an incumbent it fixes
most sites in or out. Steps follow an average of the relaxed answers, which comes close to the linear program's bound at
a fraction of its time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from circles.foundation.types import F64, I64
from circles.siting.models.highs import Clock
from circles.siting.models.swap import CoverData, MedianData, sums

__all__ = ["Dual", "Steps", "cover_dual", "median_dual", "undecided"]


SHARE = 0.03
"""Weight of the newest relaxed answer in the average."""
FIRST_STEP, LARGEST_STEP, SMALLEST_STEP = 0.5, 2.0, 1e-5
PATIENCE = 20
STEPS = 2000
NEAR = 1e-3
"""The bound is aimed a little beyond the goal, as a share of it."""
SHRINK, GROW = 0.66, 1.1


@dataclass(frozen=True, eq=False)
class Dual:
    """A Lagrangian bound and where it is attained.

    Attributes
    ----------
    bound : of the objective: an upper one for cover, a lower one for median; infinite before the first step
    multipliers : (rows,) Lagrange multipliers at the bound
    worth : (columns,) reduced value of each column there: the greatest are chosen for cover, the least for median
    chosen : (count,) columns that the relaxed problem chooses, sorted: a good starting point for the heuristics
    """

    bound: float
    multipliers: F64
    worth: F64
    chosen: I64


class Steps:
    """The averaged direction and the step length: grown while the bound improves, shrunk when it does not."""

    def __init__(self) -> None:
        self.scale = FIRST_STEP
        self.bad = 0
        self._average: F64 | None = None

    def update(self, gradient: F64, *, better: bool) -> None:
        """Take in the direction of one relaxed answer, and whether it improved the bound."""
        old = gradient if self._average is None else self._average
        if better:
            self.bad = 0
            if float(gradient @ old) > 0:
                self.scale = min(self.scale * GROW, LARGEST_STEP)
        else:
            self.bad += 1
            if self.bad >= PATIENCE:
                self.bad = 0
                self.scale *= SHRINK
        self._average = SHARE * gradient + (1.0 - SHARE) * old

    def move(self, point: F64, distance: float, upper: F64, gradient: F64) -> F64 | None:
        """Return the next multipliers of the volume algorithm; None where nothing moves.

        Parameters
        ----------
        point : (rows,) the multipliers now
        distance : how much better than the present bound the target is
        upper : (rows,) upper bounds of the multipliers; the lower ones are 0
        gradient : (rows,) a subgradient at ``point``
        """
        for direction in (self._average, gradient):
            if direction is None:
                continue
            free = np.where(((direction < 0) & (point <= 0)) | ((direction > 0) & (point >= upper)), 0.0, direction)
            norm = float(free @ free)
            if norm > 1e-12:
                step = self.scale * max(distance, 1e-9) / norm
                moved: F64 = np.clip(point + step * free, 0.0, upper)
                return moved
            self._average = None
        return None


def cover_dual(
    data: CoverData, count: int, goal: float, clock: Clock, *, start: F64 | None = None, steps: int = STEPS
) -> Dual:
    """Return an upper bound of the weight that ``count`` columns cover (``data.base`` included).

    Parameters
    ----------
    data : the reduced covering problem
    count : number of columns to open
    goal : value of a known answer; the search stops once the bound is below it
    clock : time limit
    start : (rows,) first multipliers; half the weights where None
    steps : greatest number of steps
    """
    weights = data.weights
    total = float(weights.sum()) + data.base
    point: F64 | None = weights * 0.5 if start is None else start
    pace = Steps()
    best = Dual(np.inf, weights, np.zeros(data.sites.size), np.empty(0, dtype=np.int64))
    for step in range(steps):
        if point is None:
            break
        worth = data.by_site @ point
        top = np.argpartition(-worth, count - 1)[:count]
        value = total - float(point.sum()) + float(worth[top].sum())
        better = value < best.bound
        if better:
            best = Dual(value, point, worth, np.sort(top))
        if best.bound < goal or pace.scale < SMALLEST_STEP or (step % 50 == 0 and clock.left() <= 0):
            break
        open_now = np.zeros(data.sites.size)
        open_now[top] = 1.0
        gradient = 1.0 - data.by_row @ open_now
        pace.update(gradient, better=better)
        distance = best.bound - goal + NEAR * abs(goal)
        point = pace.move(best.multipliers, distance, weights, gradient)
    return best


def median_dual(
    data: MedianData, count: int, goal: float, clock: Clock, *, start: F64 | None = None, steps: int = STEPS
) -> Dual:
    """Return a lower bound of the weighted cost with ``count`` columns opened.

    Parameters
    ----------
    data : the reduced p-median problem
    count : number of columns to open
    goal : value of a known answer; the search stops once the bound is above it
    clock : time limit
    start : (rows,) first multipliers; chosen from the costs where None
    steps : greatest number of steps
    """
    cap = _caps(data, count)
    near = data.value < cap[data.row]
    row, column, value = data.row[near], data.column[near], data.value[near]
    point: F64 | None = np.minimum(_first_multipliers(data, count), cap) if start is None else start
    pace = Steps()
    best = Dual(-np.inf, cap, np.zeros(data.sites.size), np.empty(0, dtype=np.int64))
    for step in range(steps):
        if point is None:
            break
        below = value - point[row]
        used = below < 0
        worth = sums(column[used], below[used], data.sites.size)
        top = np.argpartition(worth, count - 1)[:count]
        bound = float(np.minimum(point, data.first).sum()) + float(worth[top].sum())
        better = bound > best.bound
        if better:
            best = Dual(bound, point, worth, np.sort(top))
        if best.bound > goal or pace.scale < SMALLEST_STEP or (step % 50 == 0 and clock.left() <= 0):
            break
        is_top = np.zeros(data.sites.size, dtype=bool)
        is_top[top] = True
        served = np.bincount(row[used & is_top[column]], minlength=data.n_rows) + (data.first < point)
        gradient = np.asarray(1.0 - served, dtype=np.float64)
        pace.update(gradient, better=better)
        distance = goal - best.bound + NEAR * abs(goal)
        point = pace.move(best.multipliers, distance, cap, gradient)
    return best


def _caps(data: MedianData, count: int) -> F64:
    """Return per row the largest multiplier worth trying: entries beyond it never matter, which saves most work."""
    rank = int(np.ceil(4.0 * data.sites.size / max(count, 1))) + 20
    return _ranked(data, rank, data.first)


def _first_multipliers(data: MedianData, count: int) -> F64:
    return _ranked(data, max(1, data.sites.size // max(count, 1)), data.first)


def _ranked(data: MedianData, rank: int, otherwise: F64) -> F64:
    """Return per row the value of its entry of this rank (from 0), or twice its largest where it has fewer."""
    order = np.lexsort((data.value, data.row))
    size = np.bincount(data.row, minlength=data.n_rows)
    begin = np.concatenate([[0], np.cumsum(size)[:-1]])
    values = data.value[order]
    last = np.maximum(begin + size - 1, 0)
    at = np.minimum(begin + rank, last)
    found = np.where(size > 0, values[at] if values.size else 0.0, 0.0)
    largest = np.where(size > 0, values[last] if values.size else 0.0, 0.0)
    short = size <= rank
    return np.minimum(np.where(short, 2.0 * largest + 1.0, found), otherwise)


def undecided(count: int, dual: Dual, goal: float) -> tuple[I64, I64]:
    """Fix columns by their reduced cost (reduced-cost fixing), for a problem that is minimised.

    Parameters
    ----------
    count : number of columns to open
    dual : a lower bound, with the reduced cost of each column as ``worth``
    goal : the objective of a known answer: only answers at least as good are of interest

    Returns
    -------
    open, fixed : columns that may be in such an answer, sorted; and those of them that are in every one
    """
    order = np.sort(dual.worth)
    last_in = order[count - 1]
    first_out = order[count] if count < order.size else np.inf
    can = dual.bound - last_in + np.maximum(dual.worth, last_in) <= goal
    must = dual.bound - dual.worth + first_out > goal
    return np.flatnonzero(can), np.flatnonzero(must & can & (dual.worth <= last_in))
