"""Heuristics that find good answers fast: greedy addition and best-improvement interchange (Teitz & Bart 1968).

They give the incumbent that lets the bounds fix most sites; the proof is never theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.foundation.types import F64, I64

__all__ = ["CoverData", "MedianData", "cover_greedy", "cover_swap", "median_greedy", "median_swap", "random_start"]

Allowed = Callable[[I64], bool]

TRIED = 60
"""How many of the most profitable swaps are tried against side constraints before the search stops."""


def sums(index: I64, values: F64, length: int) -> F64:
    """Return the sums of ``values`` by ``index``, as floats even where there are none."""
    totals: F64 = np.bincount(index, weights=values, minlength=length).astype(np.float64)
    return totals


def random_start(random: np.random.Generator, worth: F64, count: int, *, near: bool) -> I64:
    """Draw a starting set of columns for the heuristics.

    Parameters
    ----------
    random : the generator; advanced
    worth : (columns,) reduced cost of each column in the relaxed problem, the least first
    count : how many columns to draw
    near : whether to draw from the 5 × ``count`` best ones only

    Returns
    -------
    (count,) int64, ascending
    """
    size = min(worth.size, 5 * count) if near else worth.size
    pool = np.argsort(worth, kind="stable")[:size]
    return np.sort(pool[random.choice(size, count, replace=False)])


def anything(chosen: I64) -> bool:
    """Accept every set: no side constraints."""
    del chosen
    return True


@dataclass(frozen=True, eq=False)
class CoverData:
    """Rows still to be covered, by free site. ``row``/``column`` list the entries site by site.

    ``base`` is the weight that is covered beforehand; ``sites`` maps local columns to the caller's.
    """

    weights: F64
    sites: I64
    row: I64
    column: I64
    by_row: sparse.csr_array
    by_site: sparse.csr_array
    base: float

    def value(self, chosen: I64) -> float:
        """Return the weight covered by local columns ``chosen``, the base included."""
        hit = np.zeros(self.weights.size, dtype=bool)
        for site in chosen:
            hit[self.rows_of(site)] = True
        return self.base + float(self.weights[hit].sum())

    def rows_of(self, site: int) -> npt.NDArray[np.int32]:
        """Return the rows that a local column reaches."""
        rows: npt.NDArray[np.int32] = self.by_site.indices[self.by_site.indptr[site] : self.by_site.indptr[site + 1]]
        return rows


def cover_greedy(data: CoverData, count: int) -> I64:
    """Choose ``count`` columns, each time the one that adds most (least index when tied)."""
    left = data.weights.copy()
    chosen: list[int] = []
    for _ in range(count):
        gain = data.by_site @ left
        gain[chosen] = -1.0
        best = int(np.argmax(gain))
        chosen.append(best)
        left[data.rows_of(best)] = 0.0
    return np.asarray(chosen, dtype=np.int64)


def cover_swap(data: CoverData, chosen: I64, allowed: Allowed = anything) -> I64:
    """Swap one chosen column for one other as long as the best allowed swap gains."""
    chosen = np.array(chosen, dtype=np.int64)
    n_sites = data.sites.size
    if chosen.size in {0, n_sites}:
        return chosen
    count = np.zeros(data.weights.size, dtype=np.int64)
    for site in chosen:
        count[data.rows_of(site)] += 1
    while True:
        gain = data.by_site @ (data.weights * (count == 0))
        owner = np.full(data.weights.size, -1, dtype=np.int64)
        for slot, site in enumerate(chosen):
            rows = data.rows_of(site)
            owner[rows[count[rows] == 1]] = slot
        alone = owner >= 0
        loss = sums(owner[alone], data.weights[alone], chosen.size)
        used = alone[data.row]
        key = owner[data.row[used]] * n_sites + data.column[used]
        back = sums(key, data.weights[data.row[used]], chosen.size * n_sites)
        profit = gain[None, :] + back.reshape(chosen.size, n_sites) - loss[:, None]
        profit[:, chosen] = -np.inf
        swap = _best(profit, chosen, 1e-9 * max(1.0, float(data.weights.sum())), allowed)
        if swap is None:
            return np.sort(chosen)
        slot, site = swap
        count[data.rows_of(int(chosen[slot]))] -= 1
        count[data.rows_of(site)] += 1
        chosen[slot] = site


def _best(profit: F64, chosen: I64, least: float, allowed: Allowed) -> tuple[int, int] | None:
    flat = profit.ravel()
    if allowed is anything:
        order = np.array([int(np.argmax(flat))])
    else:
        size = min(TRIED, flat.size)
        order = np.argpartition(-flat, size - 1)[:size]
        order = order[np.lexsort((order, -flat[order]))]
    for place in order:
        if not flat[place] > least:
            return None
        slot, site = divmod(int(place), profit.shape[1])
        trial = chosen.copy()
        trial[slot] = site
        if allowed(trial):
            return slot, site
    return None


@dataclass(frozen=True, eq=False)
class MedianData:
    """Weighted costs over the sites that may open. Entries row by row; ``first`` caps what open sites already give.

    ``penalty`` stands for "no site reaches it": larger than any sum of real costs. ``first`` is per row the weighted
    cost to the nearest site that is open beforehand (``penalty`` if none).
    """

    n_rows: int
    sites: I64
    row: I64
    column: I64
    value: F64
    by_site: sparse.csc_array
    first: F64
    penalty: float

    def column_of(self, site: int) -> F64:
        """Return the costs of a local column per row, ``penalty`` where it does not reach."""
        full = np.full(self.n_rows, self.penalty)
        part = slice(self.by_site.indptr[site], self.by_site.indptr[site + 1])
        full[self.by_site.indices[part]] = self.by_site.data[part]
        return full

    def total(self, chosen: I64) -> float:
        """Return the weighted cost with local columns ``chosen`` open."""
        best = self.first.copy()
        for site in chosen:
            part = slice(self.by_site.indptr[site], self.by_site.indptr[site + 1])
            rows = self.by_site.indices[part]
            best[rows] = np.minimum(best[rows], self.by_site.data[part])
        return float(best.sum())


def median_greedy(data: MedianData, count: int) -> I64:
    """Choose ``count`` columns, each time the one that lowers the total most (least index when tied)."""
    best = data.first.copy()
    chosen: list[int] = []
    for _ in range(count):
        saved = np.maximum(best[data.row] - data.value, 0.0)
        gain = sums(data.column, saved, data.sites.size)
        gain[chosen] = -1.0
        site = int(np.argmax(gain))
        chosen.append(site)
        best = np.minimum(best, data.column_of(site))
    return np.asarray(chosen, dtype=np.int64)


def median_swap(data: MedianData, chosen: I64, allowed: Allowed = anything) -> I64:
    """Swap one chosen column for one other as long as the best allowed swap lowers the total (Whitaker 1983)."""
    chosen = np.array(chosen, dtype=np.int64)
    n_sites = data.sites.size
    if chosen.size in {0, n_sites}:
        return chosen
    table = np.column_stack([*(data.column_of(site) for site in chosen), data.first])
    total = float(table.min(axis=1).sum())
    while True:
        profit = _median_profit(data, table, chosen)
        swap = _best(profit, chosen, 1e-9 * max(1.0, abs(total)), allowed)
        if swap is None:
            return np.sort(chosen)
        slot, site = swap
        before = table[:, slot].copy()
        table[:, slot] = data.column_of(site)
        new_total = float(table.min(axis=1).sum())
        if not new_total < total:
            table[:, slot] = before
            return np.sort(chosen)
        total = new_total
        chosen[slot] = site


def _median_profit(data: MedianData, table: F64, chosen: I64) -> F64:
    """Return per (chosen slot, column) by how much the swap lowers the total."""
    n_sites, n_slots = data.sites.size, chosen.size
    slot = table.argmin(axis=1)
    rows = np.arange(data.n_rows)
    first = table[rows, slot]
    second = np.partition(table, 1, axis=1)[:, 1]
    near = data.value < second[data.row]
    row, column, value = data.row[near], data.column[near], data.value[near]
    gain = sums(column, np.maximum(first[row] - value, 0.0), n_sites)
    movable = slot < n_slots
    loss = sums(slot[movable], (second - first)[movable], n_slots)
    mine = movable[row]
    row, column, value = row[mine], column[mine], value[mine]
    saved = second[row] - np.maximum(first[row], value)
    back = sums(slot[row] * n_sites + column, saved, n_slots * n_sites)
    profit: F64 = gain[None, :] + back.reshape(n_slots, n_sites) - loss[:, None]
    profit[:, chosen] = -np.inf
    return profit
