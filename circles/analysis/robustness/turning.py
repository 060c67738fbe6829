"""The fewest sites that lift a rule's numerator to what it needs: greedy first, then exact where it can be proven.

A site hosts every category of the rule. Someone needs, for each walker, that some chosen site lies within the limit,
unless all categories of that walker are reached already.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.foundation.types import F64, Bools

NODE_BUDGET = 2000
"""Nodes that the exact search may visit per number of sites; beyond, the answer stands without proof."""
CELL_BUDGET = 300_000_000
"""Nodes × people × sites that it may look at, with the same consequence."""
_CHUNK = 64
MAX_SITES = 12
"""More sites than this turn no verdict that anybody would act on."""


@dataclass(frozen=True)
class Turning:
    """People not yet reached, the sites that could reach them, and what counts.

    Attributes
    ----------
    weights : (n_people,) people at each point not yet reached
    reach : per walker, (n_people, n_sites) whether the site would be within the limit
    done : per walker, (n_people,) whether nothing more is needed of that walker
    base : numerator as it is
    needed : numerator that meets the rule
    village : (n_people,) village number of each point, or None where people count, not villages
    village_reached, village_people : (n_villages,) people reached already, and all people
    village_min_share : share of its people at which a village counts
    cell_budget : nodes × people × sites that the exact search may look at
    """

    weights: F64
    reach: tuple[Bools, ...]
    done: tuple[Bools, ...]
    base: float
    needed: float
    village: npt.NDArray[np.intp] | None = None
    village_reached: F64 | None = None
    village_people: F64 | None = None
    village_min_share: float = 0.5
    cell_budget: int = CELL_BUDGET

    @property
    def n_sites(self) -> int:
        """Return the number of sites."""
        return int(self.reach[0].shape[1])

    def after(self, done: tuple[Bools, ...], site: int) -> tuple[Bools, ...]:
        """Return ``done`` with one more site."""
        return tuple(have | reach[:, site] for have, reach in zip(done, self.reach, strict=True))

    def numerators(self, done: tuple[Bools, ...]) -> F64:
        """Return the numerator that each site would give on top of ``done``, shape (n_sites,)."""
        parts = []
        for at in _chunks(self.n_sites):
            newly = np.ones((self.weights.size, at.stop - at.start), dtype=bool)
            for have, reach in zip(done, self.reach, strict=True):
                newly &= have[:, np.newaxis] | reach[:, at]
            parts.append(self._numerators(newly))
        return np.concatenate(parts)

    def state(self, chosen: Iterable[int]) -> tuple[Bools, ...]:
        """Return ``done`` with these sites."""
        at = list(chosen)
        return tuple(have | reach[:, at].any(axis=1) for have, reach in zip(self.done, self.reach, strict=True))

    def newly(self, chosen: Iterable[int]) -> Bools:
        """Return who is reached with these sites and was not before, shape (n_people,)."""
        return np.asarray(np.logical_and.reduce(self.state(chosen)), dtype=np.bool_)

    def numerator(self, done: tuple[Bools, ...]) -> float:
        """Return the numerator of ``done``."""
        return float(self._numerators(np.logical_and.reduce(done)[:, np.newaxis])[0])

    def _numerators(self, newly: Bools) -> F64:
        people = self.weights[:, np.newaxis] * newly
        if self.village is None or self.village_reached is None or self.village_people is None:
            return np.asarray(self.base + people.sum(axis=0), dtype=np.float64)
        gained = np.zeros((self.village_people.size, newly.shape[1]))
        np.add.at(gained, self.village, people)
        share = (self.village_reached[:, np.newaxis] + gained) / self.village_people[:, np.newaxis]
        return np.asarray((share >= self.village_min_share - 1e-12).sum(axis=0), dtype=np.float64)

    def bounds(self) -> tuple[F64, Bools]:
        """Return targets that gains cannot exceed: weights (n,) and which site touches which (n, n_sites).

        A point counts for the first walker it still needs: who is reached in the end is reached for that one too. A
        village counts as soon as one of its points is touched.
        """
        first = np.zeros_like(self.reach[0])
        open_still = np.ones(self.weights.size, dtype=bool)
        for have, reach in zip(self.done, self.reach, strict=True):
            here = open_still & ~have
            first[here] = reach[here]
            open_still &= have
        if self.village is None or self.village_reached is None or self.village_people is None:
            return self.weights, first
        touched = np.zeros((self.village_people.size, self.n_sites), dtype=bool)
        np.logical_or.at(touched, self.village, first)
        counts = self.village_reached / self.village_people >= self.village_min_share - 1e-12
        return (~counts).astype(np.float64), touched


def _chunks(n_sites: int) -> list[slice]:
    """Return slices of a few sites each, so that no float table of all people × all sites is ever made."""
    return [slice(start, min(start + _CHUNK, n_sites)) for start in range(0, n_sites, _CHUNK)]


def fewest(problem: Turning) -> tuple[tuple[int, ...] | None, bool]:
    """Return the fewest sites that reach ``needed``, sorted, and whether fewer are proven impossible.

    None where all sites together, or ``MAX_SITES`` of them, are not enough.
    """
    if problem.n_sites == 0 or problem.numerator(problem.state(range(problem.n_sites))) < problem.needed:
        return None, True
    greedy = _greedy(problem)
    most = len(greedy) if greedy is not None else MAX_SITES + 1
    is_proven = True
    for count in range(2, most):
        search = _Search(problem)
        found = search.run(count)
        if found is not None:
            return found, is_proven
        is_proven &= search.nodes < search.budget
        if not is_proven:
            break
    return greedy, is_proven


def _greedy(problem: Turning) -> tuple[int, ...] | None:
    """Return sites chosen one by one: the highest numerator, then the most people brought nearer, then the first.

    Villages may need several sites before any counts, and so may rules of several walkers: hence the second key.
    """
    done: tuple[Bools, ...] = problem.done
    chosen: list[int] = []
    for _ in range(MAX_SITES):
        best = int(np.lexsort((-_needs(problem, done), -problem.numerators(done)))[0])
        chosen.append(best)
        done = problem.after(done, best)
        if problem.numerator(done) >= problem.needed:
            return tuple(sorted(chosen))
    return None


def _needs(problem: Turning, done: tuple[Bools, ...]) -> F64:
    """Return people brought nearer for any walker by each site, shape (n_sites,)."""
    gains = np.zeros(problem.n_sites)
    for have, reach in zip(done, problem.reach, strict=True):
        lacking = problem.weights * ~have
        gains += np.concatenate([lacking @ reach[:, at] for at in _chunks(problem.n_sites)])
    return gains


class _Search:
    """Depth-first search for exactly ``count`` sites, cut by what the best of the rest could add."""

    def __init__(self, problem: Turning) -> None:
        self.problem = problem
        weights, touches = problem.bounds()
        self.weights = weights
        self.touches = sparse.csc_matrix(touches, dtype=np.float64)
        self.nodes = 0
        self.budget = min(NODE_BUDGET, problem.cell_budget // max(1, touches.size))

    def run(self, count: int) -> tuple[int, ...] | None:
        """Return sites, sorted, or None: none exist, or the budget ran out (see ``nodes``)."""
        allowed = np.ones(self.problem.n_sites, dtype=bool)
        return self._down((), self.problem.done, np.ones(self.weights.size), allowed, count)

    def _down(
        self, chosen: tuple[int, ...], done: tuple[Bools, ...], still: F64, allowed: Bools, left: int
    ) -> tuple[int, ...] | None:
        self.nodes += 1
        if self.nodes >= self.budget:
            return None
        if left == 1:
            numerators = np.where(allowed, self.problem.numerators(done), -np.inf)
            best = int(np.argmax(numerators))
            return tuple(sorted({*chosen, best})) if numerators[best] >= self.problem.needed else None
        gains = np.where(allowed, self.touches.T @ (self.weights * still), -1.0)
        order = np.argsort(-gains, kind="stable")[: int(allowed.sum())]
        reached = self.problem.base + float((self.weights * (1.0 - still)).sum())
        allowed = allowed.copy()
        for place, site in enumerate(order.tolist()):
            rest = float(gains[order[place : place + left]].sum())
            if reached + rest < self.problem.needed - 1e-6:
                return None
            allowed[site] = False  # every set with it is searched below; none of its siblings needs it again
            found = self._down(
                (*chosen, site),
                self.problem.after(done, site),
                still * (1.0 - self.touches[:, [site]].toarray().ravel()),
                allowed.copy(),
                left - 1,
            )
            if found is not None:
                return found
        return None
