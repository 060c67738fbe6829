"""Lagrangian bounds by the subgradient method (Cornuéjols, Fisher & Nemhauser 1977; Beasley 1985).

Both relax the link between demand and sites; what remains is solved by taking the best columns. The bound holds for any
multipliers, so nothing here depends on convergence. With an incumbent it fixes most sites in or out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from circles.siting.highs import Clock
from circles.siting.swap import CoverData, MedianData, sums

__all__ = ["Dual", "cover_dual", "median_dual"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MOMENTUM = 0.3
PATIENCE = 20
SHRINK = 1.5
SMALLEST_STEP = 1e-4


@dataclass(frozen=True, eq=False)
class Dual:
    """A bound, its multipliers, each column's worth there (falling is better for cover, rising for median) and sets.

    ``chosen`` is the relaxed problem's choice of columns: a good starting point for the heuristics.
    """

    bound: float
    multipliers: Floats
    worth: Floats
    chosen: Ints


class _Steps:
    """Step length: Polyak's rule towards the incumbent, shrunk after ``PATIENCE`` steps without progress."""

    def __init__(self, size: int) -> None:
        self.scale = 1.0
        self.bad = 0
        self.direction = np.zeros(size)

    def turn(self, gradient: Floats) -> float:
        self.direction = (1 - MOMENTUM) * gradient + MOMENTUM * self.direction
        return float(self.direction @ self.direction)

    def missed(self) -> bool:
        """Count a step without progress; whether to go back to the best point."""
        self.bad += 1
        if self.bad < PATIENCE:
            return False
        self.bad = 0
        self.scale /= SHRINK
        return True


def cover_dual(
    data: CoverData, count: int, goal: float, clock: Clock, *, start: Floats | None = None, steps: int = 1500
) -> Dual:
    """Return an upper bound of the weight that ``count`` columns cover (base included); stops below ``goal``."""
    weights = data.weights
    entries = data.by_row
    point = weights * 0.5 if start is None else start.copy()
    pace = _Steps(weights.size)
    best = Dual(np.inf, point, np.zeros(data.sites.size), np.empty(0, dtype=np.int64))
    total = float(weights.sum()) + data.base
    for step in range(steps):
        worth = data.by_site @ point
        top = np.argpartition(-worth, count - 1)[:count]
        value = total - float(point.sum()) + float(worth[top].sum())
        better = not np.isfinite(best.bound) or value < best.bound - 1e-6 * abs(best.bound)
        if value < best.bound:
            best = Dual(value, point.copy(), worth, np.sort(top))
        if better:
            pace.bad = 0
        elif pace.missed():
            point = best.multipliers.copy()
        open_now = np.zeros(data.sites.size)
        open_now[top] = 1.0
        norm = pace.turn(entries @ open_now - 1.0)
        if best.bound < goal or norm < 1e-12 or pace.scale < SMALLEST_STEP or (step % 50 == 0 and clock.left() <= 0):
            break
        reach = value - min(goal, value) + 0.01 * abs(value)
        point = np.clip(point - pace.scale * reach / norm * pace.direction, 0.0, weights)
    return best


def median_dual(
    data: MedianData, count: int, goal: float, clock: Clock, *, start: Floats | None = None, steps: int = 1500
) -> Dual:
    """Return a lower bound of the weighted cost with ``count`` columns added; stops above ``goal``."""
    cap = _caps(data, count)
    near = data.value < cap[data.row]
    row, column, value = data.row[near], data.column[near], data.value[near]
    point = np.minimum(_first_multipliers(data, count), cap) if start is None else start.copy()
    pace = _Steps(data.n_rows)
    best = Dual(-np.inf, point, np.zeros(data.sites.size), np.empty(0, dtype=np.int64))
    for step in range(steps):
        below = value - point[row]
        used = below < 0
        worth = sums(column[used], below[used], data.sites.size)
        top = np.argpartition(worth, count - 1)[:count] if count else np.empty(0, dtype=np.int64)
        bound = float(np.minimum(point, data.first).sum()) + float(worth[top].sum())
        better = not np.isfinite(best.bound) or bound > best.bound + 1e-6 * abs(best.bound)
        if bound > best.bound:
            best = Dual(bound, point.copy(), worth, np.sort(top))
        if better:
            pace.bad = 0
        elif pace.missed():
            point = best.multipliers.copy()
        is_top = np.zeros(data.sites.size, dtype=bool)
        is_top[top] = True
        taken = used & is_top[column]
        served = np.bincount(row[taken], minlength=data.n_rows) + (data.first < point)
        norm = pace.turn(1.0 - served)
        if best.bound > goal or norm < 1e-12 or pace.scale < SMALLEST_STEP or (step % 50 == 0 and clock.left() <= 0):
            break
        reach = max(goal, bound) - bound + 0.02 * abs(bound)
        point = np.clip(point + pace.scale * reach / norm * pace.direction, 0.0, cap)
    return best


def _caps(data: MedianData, count: int) -> Floats:
    """Return per row the largest multiplier worth trying: entries beyond it never matter, which saves most work."""
    rank = int(np.ceil(4.0 * data.sites.size / max(count, 1))) + 20
    return _ranked(data, rank, data.first)


def _first_multipliers(data: MedianData, count: int) -> Floats:
    return _ranked(data, max(1, data.sites.size // max(count, 1)), data.first)


def _ranked(data: MedianData, rank: int, otherwise: Floats) -> Floats:
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
